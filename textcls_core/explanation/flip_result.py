"""What a search for the smallest edit found, and what that proves, in words."""

from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
from jaxtyping import Float

from textcls_core.errors import InvalidArgumentError, parse_choice
from textcls_core.explanation.edits import Edit
from textcls_core.explanation.words import ReadText
from textcls_core.wording import capitalised, plural, quoted, shorten

Way = Literal["both", "drop", "swap"]
WAYS: tuple[Way, ...] = get_args(Way)
_SHOWN = 12
"""Words named in a sentence at most."""
NUM_EVALUATIONS = 600
MIN_EVALUATIONS, MAX_EVALUATIONS = 10, 20_000


@dataclass(frozen=True, slots=True)
class FlipQuestion:
    """What is searched for."""

    text: str
    """Any text; words beyond what is looked at stay as they are."""
    label: str | None = None
    """The answer wanted: another class, or a label of several to come in or go out. Any other
    answer without."""
    way: Way = "both"
    """Leave words out, swap them, or both; swaps are then tried only if they may be fewer."""
    max_evaluations: int = NUM_EVALUATIONS
    """Texts that the model is asked about at most."""

    def __post_init__(self) -> None:
        """Check what can be checked without a model.

        Raises:
            InvalidArgumentError: If the way is unknown or the number of evaluations out of range.
        """
        parse_choice(self.way, WAYS, "a way")
        if not MIN_EVALUATIONS <= self.max_evaluations <= MAX_EVALUATIONS:
            raise InvalidArgumentError(
                f"Expected {MIN_EVALUATIONS} to {MAX_EVALUATIONS:,} evaluations, got "
                f"{self.max_evaluations:,}. Choose a number in this range."
            )


@dataclass(frozen=True)
class Flip:
    """An edit that gives a text another answer."""

    edit: Edit
    """What stands in the place of which word; see `edits.Edit`."""
    text: str
    """The edited text."""
    labels: tuple[str, ...]
    """The answer to it."""
    probabilities: Float[np.ndarray, " C"]
    """Shape (C,)."""
    is_pruned: bool
    """Whether putting back any one of the words was tried, and undoes the flip each time."""


@dataclass(frozen=True)
class FlipSearch:
    """What a search found, and how much it looked at."""

    question: FlipQuestion
    read: ReadText
    """The text as it is."""
    label_names: tuple[str, ...]
    labels: tuple[str, ...]
    """The answer to the text as it is; none if the model gives none."""
    probabilities: Float[np.ndarray, " C"]
    """Of the text as it is, shape (C,)."""
    drops: Flip | None
    swaps: Flip | None
    num_words: int
    """Words that could be left out."""
    num_single_drops: int
    """Of these, those that were tried by themselves."""
    num_evaluations: int

    @property
    def best(self) -> Flip | None:
        """The flip of fewest words; of equal ones, that which leaves words out."""
        found = [flip for flip in (self.drops, self.swaps) if flip is not None]
        return min(found, key=lambda flip: len(flip.edit), default=None)

    @property
    def headline(self) -> str:
        """What was found, in a sentence."""
        flip = self.best
        if flip is None:
            wanted = self.question.label
            goal = f'"{shorten(wanted, 40)}"' if wanted else "another answer"
            return f"No edit was found that leads to {goal}."
        before, after = (
            quoted(labels, nothing="no answer") for labels in (self.labels, flip.labels)
        )
        return (
            f"{capitalised(self._edit_in_words(flip))} turns the answer from {before} into {after}."
        )

    def _edit_in_words(self, flip: Flip) -> str:
        pairs = [(self.read.words[word], new) for word, new in sorted(flip.edit.items())]
        parts = [
            f'"{shorten(new, 30)}" for "{shorten(old, 30)}"' if new else f'"{shorten(old, 30)}"'
            for old, new in pairs[:_SHOWN]
        ]
        more = f" and {len(pairs) - _SHOWN} more" if len(pairs) > _SHOWN else ""
        is_swap = any(flip.edit.values())
        return f"{'swapping in' if is_swap else 'leaving out'} {', '.join(parts)}{more}"

    @property
    def proof(self) -> str:
        """What is known of how small the edit is, and what is not."""
        asked = f"within {plural(self.num_evaluations, 'evaluation')} of the model"
        flip = self.best
        if flip is None:
            singles = f"{self._singles} " if self.num_single_drops else ""
            return (
                f"{singles}Nothing was found {asked}, which does not prove that there is nothing."
            )
        if len(flip.edit) == 1:
            return f"One word is the smallest edit there is. Found {asked}."
        needed = (
            "Each of these words is needed: with any one of them put back, the flip is undone."
            if flip.is_pruned
            else "Whether each of these words is needed was not fully tried."
        )
        smallest = f"The smallest found {asked}; that there is no smaller one is not proven."
        return " ".join(filter(None, [needed, self._singles, smallest]))

    @property
    def _singles(self) -> str:
        """What is known of leaving out one word, where that is not enough."""
        if not self.num_single_drops:
            return ""
        if self.num_single_drops < self.num_words:
            words = plural(self.num_words, "word")
            return f"Only {self.num_single_drops:,} of {words} were left out singly."
        return f"Leaving out one word is not enough: all {self.num_words:,} were tried."

    def to_json(self) -> dict[str, Any]:
        """Return the search in the stable form of the command line."""
        return {
            "text": self.read.text,
            "labels": list(self.labels),
            "probabilities": self._by_name(self.probabilities),
            "wanted": self.question.label,
            "way": self.question.way,
            "best": self._flip_json(self.best),
            "drops": self._flip_json(self.drops),
            "swaps": self._flip_json(self.swaps),
            "sentence": self.headline,
            "proof": self.proof,
            "num_words": self.num_words,
            "num_single_drops": self.num_single_drops,
            "num_evaluations": self.num_evaluations,
            "max_evaluations": self.question.max_evaluations,
            "num_tokens_not_looked_at": self.read.num_cut,
        }

    def _flip_json(self, flip: Flip | None) -> dict[str, Any] | None:
        if flip is None:
            return None
        edits = [
            {"position": word, "word": self.read.words[word], "replacement": new or None}
            for word, new in sorted(flip.edit.items())
        ]
        return {
            "edits": edits,
            "text": flip.text,
            "labels": list(flip.labels),
            "probabilities": self._by_name(flip.probabilities),
            "every_word_is_needed": flip.is_pruned,
        }

    def _by_name(self, probabilities: Float[np.ndarray, " C"]) -> dict[str, float]:
        return dict(zip(self.label_names, probabilities.tolist(), strict=True))
