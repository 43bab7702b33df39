"""Condition: what rows must be like to belong to a slice, in a form that outlives a run.

Conditions speak of texts, classes and columns, never of positions, so that a slice means the same
in a later version of the data set and for a later run.
"""

from collections.abc import Callable, Sequence
from typing import Literal, Self, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, model_validator

from textcls_core.arrays import Lengths, Mask
from textcls_core.dataset.numbers import numbers_of
from textcls_core.dataset.row_filter import Range, RowFilter
from textcls_core.dataset.search import Search
from textcls_core.errors import InvalidArgumentError, did_you_mean
from textcls_core.runs.slice_rows import SliceRows
from textcls_core.wording import plural, shorten

Kind = Literal[
    "class", "words", "characters", "tokens", "truncated", "language", "split", "column", "text",
    "pattern", "rows",
]  # fmt: skip
_LENGTHS = ("words", "characters", "tokens")
_NAMED: tuple[Kind, ...] = ("class", "truncated", "language", "split", "text", "pattern")
_IN_FILE = " (file)"
EMPTY = "(empty)"
"""How a cell without content is shown."""
YES, NO = "yes", "no"
_NO_TOKENIZER = (
    "The model of this run has no tokenizer.json, so its tokens cannot be counted. Use words."
)


class Condition(BaseModel):
    """One condition; which fields count depends on its kind."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind
    column: str = ""
    """With `column`: a further column of the data set."""
    value: str = ""
    """Class, language, split, value of the column, `yes` or `no` for truncated, words of a text,
    a pattern, or what chosen rows are called."""
    low: float | None = None
    """Of a length or of numbers in a column: the smallest value, or None for no lower end."""
    high: float | None = None
    """The largest value, or None for no upper end."""
    row_ids: tuple[str, ...] = ()
    """With `rows`."""

    @model_validator(mode="after")
    def _refuse_empty_range(self) -> Self:
        """Refuse a length without a range."""
        if self.kind in _LENGTHS and not self.has_range:
            raise ValueError(f"{self.kind} need a range")
        return self

    @property
    def has_range(self) -> bool:
        """Whether it is about numbers."""
        return (self.low, self.high) != (None, None)

    @property
    def title(self) -> str:
        """What it asks for, for people."""
        if self.kind in _LENGTHS:
            return f"{_range(self.low, self.high)} {self.kind}"
        if self.kind == "truncated":
            return "cut off by the model" if self.value == YES else "read whole"
        if self.kind == "rows":
            return self.value or plural(len(self.row_ids), "chosen row")
        if self.kind == "column":
            shown = _range(self.low, self.high) if self.has_range else self.value or EMPTY
            return f"{self.column}: {shown}"
        return f"{'text contains' if self.kind == 'text' else self.kind} {self.value}"


def name_of(condition: Condition) -> str:
    """Return what a slice is called where the property that it is a part of is known.

    Example:
        >>> name_of(Condition(kind="class", value="spam")), name_of(Condition(kind="words", low=9))
        ('spam', 'at least 9 words')
    """
    if condition.has_range or condition.kind in {"truncated", "rows"}:
        return condition.title
    return condition.value or EMPTY


def title_of(conditions: Sequence[Condition]) -> str:
    """Return what a slice is, for people.

    Example:
        >>> title_of([Condition(kind="class", value="spam"), Condition(kind="words", low=30)])
        'class spam and at least 30 words'
    """
    return " and ".join(condition.title for condition in conditions) or "all rows"


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {high:.6g}"
    if high is None:
        return f"at least {low:.6g}"
    ends = [f"{end:.6g}" for end in (low, high)]
    return ends[0] if ends[0] == ends[1] else " to ".join(ends)


def rows_meeting(conditions: Sequence[Condition], rows: SliceRows) -> Mask:
    """Return which rows meet all conditions, shape (N,).

    Raises:
        InvalidArgumentError: If a condition asks for what these rows do not have: a column, a class
            or a tokenizer.
    """
    kept = np.ones(len(rows), dtype=bool)
    for condition in conditions:
        kept &= _MASKS[condition.kind](condition, rows)
    return kept


def _has_class(condition: Condition, rows: SliceRows) -> Mask:
    names = list(rows.predictions.label_names)
    if condition.value not in names:
        raise InvalidArgumentError(
            f'This run knows no class "{condition.value[:60]}". {did_you_mean("", names)}'
        )
    return rows.classes.mask(names.index(condition.value), len(rows))


def _has_length(condition: Condition, rows: SliceRows) -> Mask:
    return _between(lengths_of(condition.kind, rows), condition)


def lengths_of(kind: str, rows: SliceRows) -> Lengths:
    """Return the length of each text in words, characters or tokens, shape (N,).

    Raises:
        InvalidArgumentError: If tokens are asked for and the model has no tokenizer.
    """
    if kind == "tokens":
        if rows.facts.num_tokens is None:
            raise InvalidArgumentError(_NO_TOKENIZER)
        return rows.facts.num_tokens
    return rows.facts.num_words if kind == "words" else rows.facts.num_characters


def _is_truncated(condition: Condition, rows: SliceRows) -> Mask:
    if rows.facts.is_truncated is None:
        raise InvalidArgumentError(_NO_TOKENIZER)
    return np.asarray(rows.facts.is_truncated == (condition.value == YES))


def _has_language(condition: Condition, rows: SliceRows) -> Mask:
    return np.array([language == condition.value for language in rows.languages], dtype=bool)


def _has_split(condition: Condition, rows: SliceRows) -> Mask:
    return np.asarray(pc.equal(rows.dataset_splits, condition.value), dtype=bool)


def _has_value(condition: Condition, rows: SliceRows) -> Mask:
    column = column_of(condition.column, rows)
    if not condition.has_range:
        return np.asarray(pc.equal(pc.fill_null(column, ""), condition.value), dtype=bool)
    numbers = numbers_of(column)
    if numbers is None:
        raise InvalidArgumentError(
            f'Expected numbers in the column "{condition.column[:60]}", found words. '
            "Choose one of its values instead."
        )
    return _between(numbers, condition)


def column_of(name: str, rows: SliceRows) -> pa.ChunkedArray:
    """Return a further column as strings.

    Raises:
        InvalidArgumentError: If there is none with this name.
    """
    if name not in rows.facts.columns:
        raise InvalidArgumentError(
            f'This version of the data set has no column "{name[:60]}". '
            f"{did_you_mean(name, list(rows.facts.columns))}"
        )
    return rows.facts.columns[name].cast(pa.string())


def _between(numbers: np.ndarray, condition: Condition) -> Mask:
    low = -np.inf if condition.low is None else condition.low
    high = np.inf if condition.high is None else condition.high
    return np.asarray((numbers >= low) & (numbers <= high))


def _has_text(condition: Condition, rows: SliceRows) -> Mask:
    is_pattern = condition.kind == "pattern"
    search = (
        Search.create("", condition.value) if is_pattern else Search.create(condition.value, "")
    )
    if search == Search():
        return np.ones(len(rows), dtype=bool)
    return np.asarray(search.passes(rows.texts.combine_chunks()), dtype=bool)


def _is_chosen(condition: Condition, rows: SliceRows) -> Mask:
    wanted = pa.array(condition.row_ids, pa.string())
    return np.asarray(pc.is_in(pa.array(rows.facts.row_ids), value_set=wanted), dtype=bool)


_MASKS: dict[Kind, Callable[[Condition, SliceRows], Mask]] = {
    "class": _has_class,
    "words": _has_length,
    "characters": _has_length,
    "tokens": _has_length,
    "truncated": _is_truncated,
    "language": _has_language,
    "split": _has_split,
    "column": _has_value,
    "text": _has_text,
    "pattern": _has_text,
    "rows": _is_chosen,
}


def parse_condition(text: str) -> Condition:
    """Return the condition that `words=10..20`, `class=spam` or `COLUMN=VALUE` means.

    Raises:
        InvalidArgumentError: If it is none.

    Example:
        >>> parse_condition("words=..10").title, parse_condition("sender=ann").title
        ('at most 10 words', 'sender: ann')
    """
    name, equals, value = text.partition("=")
    found = Range.parse(name, value)
    if (name in _LENGTHS and found is None) or not equals:
        raise InvalidArgumentError(
            f'Expected COLUMN=VALUE, or words=LOW..HIGH for a length, got "{shorten(text)}".'
        )
    for kind in _LENGTHS:
        if name == kind and found is not None:
            return Condition(kind=kind, low=found.low, high=found.high)
    if name == "truncated" and value not in {YES, NO}:
        raise InvalidArgumentError(
            f'Expected truncated=yes or truncated=no, got "{shorten(text)}".'
        )
    for named in _NAMED:
        if name == named:
            return Condition(kind=named, value=value)
    if found is not None:
        return Condition(kind="column", column=in_file(name), low=found.low, high=found.high)
    return Condition(kind="column", column=in_file(name), value=value)


def in_file(name: str) -> str:
    """Return the name of a column in the data set; see `row_index.extra_columns`."""
    return name.removesuffix(_IN_FILE)


def beside_ours(column: str) -> str:
    """Return how a further column is called where conditions of ours are offered too.

    Example:
        >>> beside_ours("sender"), beside_ours("words")
        ('sender', 'words (file)')
    """
    return f"{column}{_IN_FILE}" if column in get_args(Kind) else column


def conditions_of(row_filter: RowFilter) -> tuple[Condition, ...]:
    """Return what a filter of the Data page asks for; its split is left out.

    Columns that bear the name of one of ours are called `name (file)` there.
    """
    conditions = []
    if row_filter.label is not None:
        conditions.append(Condition(kind="class", value=row_filter.label))
    if row_filter.text:
        conditions.append(Condition(kind="text", value=row_filter.text))
    if row_filter.pattern:
        conditions.append(Condition(kind="pattern", value=row_filter.pattern))
    for item in row_filter.ranges:
        conditions.append(_of_range(item))
    for column, value in row_filter.values:
        conditions.append(Condition(kind="column", column=in_file(column), value=value))
    if row_filter.row_ids is not None:
        conditions.append(Condition(kind="rows", row_ids=row_filter.row_ids))
    return tuple(conditions)


def _of_range(item: Range) -> Condition:
    for kind in ("characters", "words"):
        if item.column == kind:
            return Condition(kind=kind, low=item.low, high=item.high)
    return Condition(kind="column", column=in_file(item.column), low=item.low, high=item.high)
