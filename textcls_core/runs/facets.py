"""Facets: one property of the rows of a run, cut into slices."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textcls_core.arrays import Indices, Mask
from textcls_core.dataset.languages import MAX_LANGUAGE_ROWS, UNDETERMINED
from textcls_core.dataset.numbers import numbers_of
from textcls_core.dataset.text_dataset import SPLITS
from textcls_core.errors import InvalidArgumentError, did_you_mean
from textcls_core.evaluation.slices import Membership
from textcls_core.runs.slice_conditions import (
    NO,
    YES,
    Condition,
    beside_ours,
    column_of,
    in_file,
    lengths_of,
)
from textcls_core.runs.slice_rows import SliceRows

MAX_VALUES = 50
"""Values of a column that become slices, the most frequent ones."""
MAX_WORDS_AS_VALUES = 20
"""A column of numbers with more different values is cut into bins."""
NUM_BINS = 5
_LANGUAGE = "Language, told from the text"
_LENGTHS = ("words", "characters", "tokens")


@dataclass(frozen=True, slots=True)
class Facet:
    """One property of N rows, and the slices that its values make."""

    title: str
    """What the property is, for people."""
    conditions: tuple[Condition, ...]
    """What makes each of S slices."""
    membership: Membership
    """Which of the N rows are in which slice."""
    looked_at: Mask
    """Rows whose property is known, shape (N,); the others are left out of all figures."""
    num_more_values: int = 0
    """Rarer values of a column that are no slices."""

    @classmethod
    def of_codes(
        cls, title: str, conditions: tuple[Condition, ...], codes: Indices, num_more_values: int = 0
    ) -> "Facet":
        """Return the facet of rows that are in at most one slice each.

        Args:
            title: For people.
            conditions: S conditions.
            codes: Slice of each row, or -1, shape (N,).
            num_more_values: Values that are no slices.
        """
        membership = Membership.of_codes(codes, len(conditions))
        looked_at = np.ones(len(codes), dtype=bool)
        return cls(title, conditions, membership, looked_at, num_more_values)


def facet_names(rows: SliceRows) -> dict[str, str]:
    """Return the properties that the rows can be cut by, with what they are called."""
    names = {"class": "Class", "words": "Length in words", "characters": "Length in characters"}
    if rows.facts.num_tokens is not None:
        names |= {"tokens": "Length in tokens", "truncated": "Cut off or read whole"}
    names["language"] = _LANGUAGE
    if pc.count_distinct(rows.dataset_splits).as_py() > 1:
        names["split"] = "Split in the data set"
    return {**names, **{beside_ours(column): column for column in rows.facts.columns}}


def make_facet(rows: SliceRows, name: str) -> Facet:
    """Return one property of the rows.

    Args:
        rows: N rows of a run.
        name: One of `facet_names`.

    Raises:
        InvalidArgumentError: If there is no such property.
    """
    known = facet_names(rows)
    if name not in known:
        raise InvalidArgumentError(
            f'"{name[:60]}" is nothing that these rows can be cut by. '
            f"{did_you_mean(name, list(known), limit=20)}"
        )
    if name in _LENGTHS:
        return _by_length(rows, name, known[name])
    if name in _MAKERS:
        return _MAKERS[name](rows)
    return _by_column(rows, in_file(name))


def _by_class(rows: SliceRows) -> Facet:
    names = rows.predictions.label_names
    conditions = tuple(Condition(kind="class", value=name) for name in names)
    return Facet("Class", conditions, rows.classes, np.ones(len(rows), dtype=bool))


def _by_length(rows: SliceRows, name: str, title: str) -> Facet:
    lengths = lengths_of(name, rows)
    bins = quantile_bins(lengths)
    conditions = tuple(
        Condition.model_validate({"kind": name, "low": low, "high": high}) for low, high in bins
    )
    return Facet.of_codes(title, conditions, _codes(lengths, bins))


def _by_truncation(rows: SliceRows) -> Facet:
    conditions = tuple(Condition(kind="truncated", value=value) for value in (NO, YES))
    flags = np.asarray(rows.facts.is_truncated, dtype=np.int64)
    return Facet.of_codes("Cut off or read whole", conditions, flags)


def _by_language(rows: SliceRows) -> Facet:
    known = [language for language in rows.languages if language is not None]
    counts = {name: known.count(name) for name in sorted(set(known))}
    names = sorted(counts, key=lambda name: (name == UNDETERMINED, -counts[name]))[:MAX_VALUES]
    number = {name: place for place, name in enumerate(names)}
    codes = np.array([number.get(name or "", -1) for name in rows.languages], dtype=np.int64)
    conditions = tuple(Condition(kind="language", value=name) for name in names)
    facet = Facet.of_codes(_LANGUAGE, conditions, codes, len(counts) - len(names))
    facet.looked_at[:] = [language is not None for language in rows.languages]
    return facet


def _by_split(rows: SliceRows) -> Facet:
    found = pc.index_in(rows.dataset_splits, value_set=pa.array(SPLITS))
    conditions = tuple(Condition(kind="split", value=split) for split in SPLITS)
    return Facet.of_codes("Split in the data set", conditions, np.asarray(found, dtype=np.int64))


_MAKERS: Mapping[str, Callable[[SliceRows], Facet]] = {
    "class": _by_class,
    "truncated": _by_truncation,
    "language": _by_language,
    "split": _by_split,
}


def _by_column(rows: SliceRows, column: str) -> Facet:
    """Return the values of a further column, the most frequent first, or bins of its numbers."""
    values = pc.fill_null(column_of(column, rows), "")
    distinct = pc.count_distinct(values).as_py()
    numbers = numbers_of(values) if distinct > MAX_WORDS_AS_VALUES else None
    if numbers is not None:
        bins = quantile_bins(numbers[np.isfinite(numbers)])
        ranges = (Condition(kind="column", column=column, low=low, high=high) for low, high in bins)
        return Facet.of_codes(column, tuple(ranges), _codes(numbers, bins))
    counted = pc.value_counts(values).to_pylist()
    counted.sort(key=lambda item: (-item["counts"], item["values"]))
    names = [item["values"] for item in counted[:MAX_VALUES]]
    found = pc.fill_null(pc.index_in(values, value_set=pa.array(names, pa.string())), -1)
    conditions = tuple(Condition(kind="column", column=column, value=name) for name in names)
    codes = np.asarray(found, dtype=np.int64)
    return Facet.of_codes(column, conditions, codes, distinct - len(names))


Ends = tuple[float | None, float | None]


def quantile_bins(values: np.ndarray, num_bins: int = NUM_BINS) -> list[Ends]:
    """Return ranges that hold about equally many values; the outer ones are open.

    Both ends belong to a range, and between two ranges there is nothing.

    Args:
        values: At least one number, none of them NaN.
        num_bins: Ranges wanted; equal values stay together, so there may be fewer.

    Example:
        >>> quantile_bins(np.arange(1, 11), 2)
        [(None, 5.0), (6.0, None)]
    """
    shares = np.arange(1, num_bins) / num_bins
    edges = np.unique(np.quantile(values, shares, method="inverted_cdf")).astype(float)
    edges = edges[edges < values.max()]
    if not len(edges):
        return [(float(values.min()), float(values.max()))]
    is_whole = bool((values == np.floor(values)).all())
    starts = edges + 1 if is_whole else np.nextafter(edges, np.inf)
    return list(zip([None, *starts.tolist()], [*edges.tolist(), None], strict=True))


def _codes(values: np.ndarray, bins: list[Ends]) -> Indices:
    """Return the range of each value, -1 for NaN, shape (N,)."""
    ends = [high for _, high in bins[:-1] if high is not None]
    codes = np.searchsorted(np.array(ends), values, side="left")
    return np.where(np.isnan(values.astype(float)), -1, codes)


def joined(facets: list[Facet]) -> tuple[Membership, tuple[Condition, ...]]:
    """Return all slices of several facets as one membership, with their conditions."""
    rows = np.concatenate([facet.membership.rows for facet in facets])
    firsts = np.cumsum([0, *(facet.membership.num_slices for facet in facets)])
    slices = [
        facet.membership.slices + first for facet, first in zip(facets, firsts[:-1], strict=True)
    ]
    conditions = tuple(condition for facet in facets for condition in facet.conditions)
    return Membership(rows, np.concatenate(slices), int(firsts[-1])), conditions


def searched_facets(rows: SliceRows) -> list[Facet]:
    """Return the properties among which the finder looks for weak slices.

    Of the three lengths only words are searched: the others say nearly the same, and every further
    test makes all others less sure. Languages are left out where only a sample of the rows was
    looked at.
    """
    names = [name for name in facet_names(rows) if name not in {"characters", "tokens"}]
    if len(rows) > MAX_LANGUAGE_ROWS:
        names.remove("language")
    return [make_facet(rows, name) for name in names]
