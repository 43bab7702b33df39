"""Which examples are looked at, and how many every other choice would leave."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np

from textcls_core.arrays import Lengths, Mask
from textcls_core.dataset.row_filter import Range
from textcls_core.dataset.search import Search
from textcls_core.errors import InvalidArgumentError, did_you_mean, label_id_of
from textcls_core.evaluation.sureness import OUTCOMES
from textcls_core.mistakes.examples import Examples
from textcls_core.mistakes.marks import RowMarks
from textcls_core.runs.row_facts import RowFacts
from textcls_core.wording import shorten

Outcome = Literal[
    "mistakes", "correct", "all",
    "right-and-sure", "right-but-unsure", "wrong-but-unsure", "wrong-and-sure",
]  # fmt: skip
OUTCOME_CODES: dict[Outcome, tuple[int, ...]] = {
    "mistakes": (2, 3),
    "wrong-and-sure": (3,),
    "wrong-but-unsure": (2,),
    "correct": (0, 1),
    "right-but-unsure": (1,),
    "right-and-sure": (0,),
    "all": (0, 1, 2, 3),
}
"""Positions in `OUTCOMES` that each choice keeps."""
NONE = "none"
"""Asks for rows without any cause, or without any tag."""
CONFIDENCE_BANDS = (
    (0, 100), (99, 100), (95, 100), (90, 100), (80, 100), (70, 100), (50, 100),
    (0, 90), (0, 70), (0, 50),
)  # fmt: skip
"""In percent, ends included; each is counted."""
RANGES = ("confidence", "loss", "words", "tokens")
Facets = Mapping[str, Mapping[str, int]]
"""For every filter the rows that each of its values would leave, all other filters as they are."""


@dataclass(frozen=True, slots=True)
class ExampleFilter:
    """What to keep; every criterion but the outcome keeps everything by default."""

    outcome: Outcome = "mistakes"
    true: str | None = None
    """True class name; of several true labels one of them."""
    predicted: str | None = None
    """Predicted class name; of several predicted labels one of them."""
    ranges: tuple[Range, ...] = ()
    """Of `confidence` and `loss`, and of lengths in `words` or `tokens`; ends included."""
    is_truncated: bool | None = None
    """Whether the model read only a part of the text."""
    cause: str | None = None
    """Name of a cause that was found, or `none`."""
    tag: str | None = None
    """A tag, or `none`."""
    slice_name: str | None = None
    """Name of a saved slice."""
    text: str = ""
    """Words, parts of words and "phrases" the text must contain, whatever their case."""
    pattern: str = ""
    """Regular expression (RE2) that must be found in the text."""
    only_unreviewed: bool = False
    """Leave out what somebody marked as reviewed."""


@dataclass(frozen=True)
class Sides:
    """What filters ask for beside the predictions, of N rows."""

    marks: RowMarks
    facts: RowFacts
    """Lengths of the texts; tokens, and who was cut off, only if they were counted."""
    slices: Mapping[str, Mask | None] = field(default_factory=dict)
    """Rows of every saved slice, shape (N,); None if they cannot be told."""


@dataclass(frozen=True)
class Filtered:
    """What a filter keeps of N rows, and what it would keep if one choice were another one."""

    examples: Examples
    sides: Sides
    masks: Mapping[str, Mask]
    """Rows that pass each filter that is set, shape (N,) each."""

    @cached_property
    def num_failed(self) -> Lengths:
        """How many filters each row fails, shape (N,)."""
        failed = np.zeros(len(self.examples), dtype=np.int64)
        for mask in self.masks.values():
            failed += ~mask
        return failed

    @cached_property
    def kept(self) -> Mask:
        """Rows that pass all filters, shape (N,)."""
        return np.asarray(self.num_failed == 0)

    def passing_others(self, name: str) -> Mask:
        """Return the rows that pass all filters but one, shape (N,): what its choice is among."""
        if name not in self.masks:
            return self.kept
        return np.asarray((self.num_failed - ~self.masks[name]) == 0)

    @cached_property
    def facets(self) -> Facets:
        """The rows that each value of each filter would leave, all other filters as they are."""
        return _facets(self.examples, self.sides, self.passing_others)

    def extent(self, column: str) -> tuple[float, float] | None:
        """Return the smallest and the largest number among which a range can choose.

        Args:
            column: One of `RANGES`.
        """
        rows = self.passing_others(column)
        numbers = numbers_of(column, self.examples, self.sides)[rows]
        return (float(numbers.min()), float(numbers.max())) if len(numbers) else None


def filter_examples(examples: Examples, wanted: ExampleFilter, sides: Sides) -> Filtered:
    """Return which rows pass, and for every value of every filter how many would.

    Raises:
        InvalidArgumentError: If a class or slice is unknown, the pattern cannot be read, or tokens
            are asked for that were not counted.
    """
    masks = {
        **_answer_masks(examples, wanted),
        **_range_masks(examples, wanted, sides),
        **_mark_masks(wanted, sides, len(examples)),
    }
    search = Search.create(wanted.text, wanted.pattern)
    if search.terms or search.pattern:
        masks["search"] = _found(examples, search)
    return Filtered(examples, sides, masks)


def _answer_masks(examples: Examples, wanted: ExampleFilter) -> dict[str, Mask]:
    masks, names = {}, examples.label_names
    if wanted.outcome != "all":
        masks["outcome"] = np.isin(examples.outcomes, OUTCOME_CODES[wanted.outcome])
    if wanted.true is not None:
        masks["true"] = _has_class(examples.true, label_id_of(names, wanted.true))
    if wanted.predicted is not None:
        masks["predicted"] = _has_class(examples.predicted, label_id_of(names, wanted.predicted))
    return masks


def _range_masks(examples: Examples, wanted: ExampleFilter, sides: Sides) -> dict[str, Mask]:
    masks = {
        item.column: _between(numbers_of(item.column, examples, sides), item)
        for item in wanted.ranges
    }
    if wanted.is_truncated is not None:
        masks["truncated"] = _known_truncated(sides) == wanted.is_truncated
    return masks


def _mark_masks(wanted: ExampleFilter, sides: Sides, size: int) -> dict[str, Mask]:
    masks = {}
    if wanted.cause is not None:
        masks["cause"] = _marked(wanted.cause, sides.marks.causes, size)
    if wanted.tag is not None:
        masks["tag"] = _marked(wanted.tag, sides.marks.tags, size)
    if wanted.slice_name is not None:
        masks["slice"] = _in_slice(wanted.slice_name, sides)
    if wanted.only_unreviewed:
        masks["reviewed"] = ~sides.marks.reviewed
    return masks


def numbers_of(column: str, examples: Examples, sides: Sides) -> np.ndarray:
    """Return what a range is about, shape (N,).

    Raises:
        InvalidArgumentError: If there is no such number, or tokens were not counted.
    """
    if column == "confidence":
        return examples.confidence
    if column == "loss":
        return examples.predictions.loss
    if column == "words":
        return sides.facts.num_words
    if column != "tokens":
        raise InvalidArgumentError(
            f'Expected a range of {", ".join(RANGES)}, got "{shorten(column)}".'
        )
    if sides.facts.num_tokens is None:
        raise InvalidArgumentError("The tokens of these texts were not counted. Use words.")
    return sides.facts.num_tokens


def _between(numbers: np.ndarray, wanted: Range) -> Mask:
    low = -np.inf if wanted.low is None else wanted.low
    high = np.inf if wanted.high is None else wanted.high
    return np.asarray((numbers >= low) & (numbers <= high))


def _has_class(answers: np.ndarray, label_id: int) -> Mask:
    if answers.ndim == 1:
        return np.asarray(answers == label_id)
    return np.asarray(answers[:, label_id])


def _known_truncated(sides: Sides) -> Mask:
    if sides.facts.is_truncated is None:
        raise InvalidArgumentError(
            "Which of these texts were cut off is not known: their tokens were not counted."
        )
    return sides.facts.is_truncated


def _marked(name: str, masks: Mapping[str, Mask], size: int) -> Mask:
    """Return the rows with a mark; a mark that no row has (any more) gives no row."""
    if name == NONE and NONE not in masks:
        return unmarked(masks.values(), size)
    return masks.get(name, np.zeros(size, dtype=bool))


def unmarked(masks: Collection[Mask], size: int) -> Mask:
    """Return the rows with none of some marks, shape (N,)."""
    return np.asarray(~np.any([np.zeros(size, dtype=bool), *masks], axis=0))


def _in_slice(name: str, sides: Sides) -> Mask:
    if name not in sides.slices:
        raise InvalidArgumentError(
            f'No slice is named "{name[:60]}". {did_you_mean(name, list(sides.slices))}'
        )
    mask = sides.slices[name]
    if mask is None:
        raise InvalidArgumentError(
            f'The slice "{name[:60]}" asks for what is not known of these rows: its class or column'
            " is missing here, or tokens were not counted."
        )
    return mask


def _found(examples: Examples, search: Search) -> Mask:
    parts = [np.asarray(search.passes(chunk), dtype=bool) for chunk in examples.texts.chunks]
    return np.concatenate([np.zeros(0, dtype=bool), *parts])


def _facets(examples: Examples, sides: Sides, passing: Callable[[str], Mask]) -> Facets:
    outcomes = np.bincount(examples.outcomes[passing("outcome")], minlength=len(OUTCOMES))
    marks = sides.marks
    facets: dict[str, Mapping[str, int]] = {
        "outcome": {
            name: int(outcomes[list(codes)].sum()) for name, codes in OUTCOME_CODES.items()
        },
        "true": _per_class(examples.true[passing("true")], examples.label_names),
        "predicted": _per_class(examples.predicted[passing("predicted")], examples.label_names),
        "confidence": _per_band(examples.confidence[passing("confidence")]),
        "cause": _per_mark(marks.causes, passing("cause")),
        "tag": _per_mark(marks.tags, passing("tag")),
        "reviewed": _yes_no(marks.reviewed, passing("reviewed")),
        "slice": _per_slice(sides.slices, passing("slice")),
    }
    if sides.facts.is_truncated is not None:
        facets["truncated"] = _yes_no(sides.facts.is_truncated, passing("truncated"))
    return facets


def _per_class(answers: np.ndarray, names: Sequence[str]) -> dict[str, int]:
    """Return the rows per class.

    Args:
        answers: Class ids (M,), or whether a row has each label (M, C).
        names: C class names.
    """
    if answers.ndim == 1:
        counts = np.bincount(answers, minlength=len(names))
    else:
        counts = np.count_nonzero(answers, axis=0)
    return dict(zip(names, counts.tolist(), strict=True))


def _per_band(confidence: np.ndarray) -> dict[str, int]:
    return {
        f"{low}-{high}": int(
            np.count_nonzero(_between(confidence, Range("", low / 100, high / 100)))
        )
        for low, high in CONFIDENCE_BANDS
    }


def _per_mark(masks: Mapping[str, Mask], rows: Mask) -> dict[str, int]:
    counts = {name: int(np.count_nonzero(mask & rows)) for name, mask in masks.items()}
    without = int(np.count_nonzero(unmarked(masks.values(), len(rows)) & rows))
    return {NONE: without, **counts}  # a tag may be called so


def _per_slice(masks: Mapping[str, Mask | None], rows: Mask) -> dict[str, int]:
    """Return the rows of every slice that is known."""
    known = {name: mask for name, mask in masks.items() if mask is not None}
    return {name: int(np.count_nonzero(mask & rows)) for name, mask in known.items()}


def _yes_no(mask: Mask, rows: Mask) -> dict[str, int]:
    yes = int(np.count_nonzero(mask & rows))
    return {"yes": yes, "no": int(np.count_nonzero(rows)) - yes}
