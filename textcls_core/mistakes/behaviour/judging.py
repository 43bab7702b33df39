"""Whether what a model said is what a behavioural test asks for. Free of torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from textcls_core.mistakes.behaviour.kinds import BehaviourTest
from textcls_core.wording import percent, plural, points, shorten

_ROUNDING = 1e-9
"""0.7 - 0.4 is a little less than 0.3."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a model says about one text."""

    labels: tuple[str, ...]
    """Its answer; none where it gives no answer, or no label of several."""
    probabilities: Mapping[str, float]
    """Of every class."""

    @property
    def answer(self) -> str:
        """The labels with their probabilities, or that there is none."""
        shares = [
            f"{shorten(name, 40)} {percent(self.probabilities[name])}" for name in self.labels
        ]
        return ", ".join(shares) or "no answer"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A test, what a model said, and whether it passes."""

    test: BehaviourTest
    passes: bool
    got: str
    """What the model said, in a few words."""
    said: Said
    original: Said | None
    """About the text it is compared with."""

    def to_json(self) -> dict[str, Any]:
        """Return the verdict in the stable form of the command line."""
        return {
            **self.test.to_json(),
            "expected": self.test.expected,
            "passes": self.passes,
            "got": self.got,
            "labels": list(self.said.labels),
            "probabilities": dict(self.said.probabilities),
            "original_labels": None if self.original is None else list(self.original.labels),
            "original_probabilities": self.original and dict(self.original.probabilities),
        }


def judge(test: BehaviourTest, said: Said, original: Said | None) -> Verdict:
    """Return whether a model passes a test.

    With one label per text the answer must be the label; with several the label must be among them,
    and the same answer is the same set. A label that the model does not have fails. More and less
    compare probabilities and must differ, by `by` at least.

    Args:
        test: What is asked for.
        said: About the text of the test.
        original: About the text it is compared with, if it has one.
    """
    if test.label and test.label not in said.probabilities:
        return Verdict(test, False, f"no class {shorten(test.label, 40)}", said, original)
    if test.kind == "label" or original is None:
        return Verdict(test, test.label in said.labels, said.answer, said, original)
    if test.kind == "same":
        got = f"{original.answer}, then {said.answer}"
        return Verdict(test, set(said.labels) == set(original.labels), got, said, original)
    before, after = original.probabilities[test.label], said.probabilities[test.label]
    gain = after - before if test.kind == "more" else before - after
    got = f"{percent(before)}, then {percent(after)} ({points(after, before)})"
    return Verdict(test, gain > 0 and gain >= test.by - _ROUNDING, got, said, original)


def summary(verdicts: Sequence[Verdict]) -> str:
    """Return in a sentence how many tests pass.

    Example:
        >>> summary([])
        'There are no behavioural tests yet.'
    """
    if not verdicts:
        return "There are no behavioural tests yet."
    failed = sum(not verdict.passes for verdict in verdicts)
    whole = plural(len(verdicts), "behavioural test")
    if not failed:
        return f"All of {whole} pass." if len(verdicts) > 1 else "1 behavioural test passes."
    return f"{failed:,} of {whole} fail{'s' if failed == 1 else ''}."
