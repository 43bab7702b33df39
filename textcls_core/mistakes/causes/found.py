"""The causes of mistakes: their names, what they mean, and what to do about each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Cause = Literal[
    "label_suspect",
    "truncated",
    "no_close_neighbour",
    "conflicting_neighbours",
    "rare_class",
    "almost_right",
    "ambiguous",
    "unknown_tokens",
    "misleading_tokens",
    "duplicate_with_other_label",
]
Action = Literal[
    "correct_labels",
    "read_more",
    "resolve_duplicates",
    "add_counterexamples",
    "collect_rows",
    "sharpen_classes",
    "tune_decision",
    "change_tokenizer",
]


@dataclass(frozen=True, slots=True)
class FoundCause:
    """A likely cause of one mistake."""

    cause: Cause
    evidence: str
    """What was measured on this row, as sentences."""


@dataclass(frozen=True, slots=True)
class CauseWords:
    """What people read about a cause."""

    title: str
    meaning: str
    """When a mistake is given this cause, in a sentence."""
    action: Action
    """What would help."""

    @property
    def action_title(self) -> str:
        """The action in a few words."""
        return ACTIONS[self.action].title

    @property
    def advice(self) -> str:
        """The action in a sentence."""
        return ACTIONS[self.action].advice


@dataclass(frozen=True, slots=True)
class ActionWords:
    """What people read about an action."""

    title: str
    advice: str
    """What to do, in a sentence."""


ACTIONS: dict[Action, ActionWords] = {
    "correct_labels": ActionWords(
        "Correct the label",
        "Read the text, and correct its label if it is wrong.",
    ),
    "read_more": ActionWords(
        "Read more of the text",
        "Train with a larger max_length, or let the model read long texts in windows.",
    ),
    "resolve_duplicates": ActionWords(
        "Resolve duplicates",
        "Decide which label the text has, and give it to all its copies.",
    ),
    "add_counterexamples": ActionWords(
        "Add counterexamples",
        "Add training rows in which the named words occur with the true class.",
    ),
    "collect_rows": ActionWords(
        "Collect more rows",
        "Collect and label more training rows like this one.",
    ),
    "sharpen_classes": ActionWords(
        "Sharpen the classes",
        "Write down what separates the classes, and check similar rows against it; or allow "
        "several labels per text.",
    ),
    "tune_decision": ActionWords(
        "Tune the decision",
        "Train a little longer, or choose another rule on Evaluate, Decisions.",
    ),
    "change_tokenizer": ActionWords(
        "Clean the text or change the model",
        "Repair broken characters, or choose a model whose tokenizer knows these words.",
    ),
}
"""In the order in which they are shown where nothing else decides."""

CAUSES: dict[Cause, CauseWords] = {
    "label_suspect": CauseWords(
        "Label suspect",
        "Models that never saw the row doubt its label, and agree with the prediction.",
        "correct_labels",
    ),
    "duplicate_with_other_label": CauseWords(
        "Duplicate with another label",
        "A training row with the same words, or nearly so, has another label.",
        "resolve_duplicates",
    ),
    "truncated": CauseWords(
        "Truncated",
        "The model read a part of the text only, and finds the true class in the rest.",
        "read_more",
    ),
    "misleading_tokens": CauseWords(
        "Misleading words",
        "Without one or two of its words the text gets its true class.",
        "add_counterexamples",
    ),
    "rare_class": CauseWords(
        "Rare class",
        "There are far fewer training rows of the true class than of the others.",
        "collect_rows",
    ),
    "unknown_tokens": CauseWords(
        "Unknown words",
        "The tokenizer breaks up far more of its words than it does in training rows.",
        "change_tokenizer",
    ),
    "no_close_neighbour": CauseWords(
        "No close neighbour",
        "To the model it is less like any training row than nearly all of those are like "
        "one another.",
        "collect_rows",
    ),
    "conflicting_neighbours": CauseWords(
        "Conflicting neighbours",
        "Most of the training rows that the model finds close have other labels.",
        "sharpen_classes",
    ),
    "ambiguous": CauseWords(
        "Ambiguous",
        "The model wavers between classes, or parts of the text are given different ones.",
        "sharpen_classes",
    ),
    "almost_right": CauseWords(
        "Almost right",
        "The true class is the second choice, and only a little behind.",
        "tune_decision",
    ),
}
"""The most specific first: in this order the causes of a mistake are listed."""


def in_order(causes: Sequence[FoundCause]) -> tuple[FoundCause, ...]:
    """Return causes of one mistake, the most specific first."""
    places = {cause: place for place, cause in enumerate(CAUSES)}
    return tuple(sorted(causes, key=lambda found: places[found.cause]))
