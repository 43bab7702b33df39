"""Measured slices of a run: by a property, by conditions, or found; and the rows behind one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from textcls_core.arrays import Mask
from textcls_core.evaluation.by_task import predicted_text, true_text
from textcls_core.evaluation.slices import (
    KnownRight,
    Membership,
    SliceFigures,
    measure_slices,
)
from textcls_core.evaluation.weak_slices import WeakSlices, find_weak_slices
from textcls_core.runs.facets import Facet, joined, searched_facets
from textcls_core.runs.slice_conditions import Condition, name_of, rows_meeting, title_of
from textcls_core.runs.slice_rows import SliceRows


@dataclass(frozen=True, slots=True)
class MeasuredSlice:
    """A slice and its figures."""

    conditions: tuple[Condition, ...]
    """All of them hold for its rows."""
    figures: SliceFigures
    num_similar: int = 0
    """Other weak slices with nearly the same rows, which are not listed."""

    @property
    def title(self) -> str:
        """What it is, for people."""
        return title_of(self.conditions)

    @property
    def name(self) -> str:
        """What it is called among the slices of one property."""
        return name_of(self.conditions[0]) if len(self.conditions) == 1 else self.title

    def to_json(self) -> dict[str, Any]:
        """Return the slice in the form of the command line."""
        conditions = [
            condition.model_dump(mode="json", exclude_defaults=True, exclude={"row_ids"})
            for condition in self.conditions
        ]
        return {"slice": self.title, "conditions": conditions, **self.figures.to_json()}


@dataclass(frozen=True, slots=True)
class FoundSlices:
    """What the finder of weak slices tried and found."""

    slices: tuple[MeasuredSlice, ...]
    num_single: int
    """Conditions that were tried alone."""
    num_pairs: int
    """Pairs of conditions that were tried."""
    num_weak: int
    """Slices weaker beyond chance, those with nearly the same rows counted too."""

    @property
    def num_tried(self) -> int:
        """Slices that were tried."""
        return self.num_single + self.num_pairs

    @property
    def num_similar(self) -> int:
        """Weak slices that are not listed because one that is has nearly the same rows."""
        return sum(one.num_similar for one in self.slices)

    @property
    def num_further(self) -> int:
        """Weak slices that are not listed because the list is full."""
        return self.num_weak - len(self.slices) - self.num_similar


def measure_facet(rows: SliceRows, facet: Facet, right: Mask) -> list[MeasuredSlice]:
    """Return the slices of a property, over the rows where it is known; repeats are left out.

    Args:
        rows: N rows.
        facet: One of their properties.
        right: Which rows are right, shape (N,).

    Raises:
        InvalidArgumentError: If the property is known of no row.
    """
    kept = rows.is_distinct & facet.looked_at
    figures = measure_slices(facet.membership.among(kept), right[kept])
    return [
        MeasuredSlice((condition,), found)
        for condition, found in zip(facet.conditions, figures, strict=True)
    ]


def weakest_first(measured: Sequence[MeasuredSlice]) -> list[MeasuredSlice]:
    """Return slices with the surest and largest differences first; ranges stay in their order."""
    if any(condition.has_range for one in measured for condition in one.conditions):
        return list(measured)
    return sorted(measured, key=_strength)


def _strength(one: MeasuredSlice) -> tuple[bool, float]:
    """Return a number that is small for slices that are surely weaker; small slices come last."""
    return one.figures.is_small, one.figures.difference_interval[1]


def measure_conditions(
    rows: SliceRows, conditions: Sequence[Condition], right: Mask
) -> MeasuredSlice:
    """Return the slice of the rows that meet all conditions; repeats are left out.

    Args:
        rows: N rows.
        conditions: All of them must hold.
        right: Which rows are right, shape (N,).

    Raises:
        InvalidArgumentError: If a condition asks for what these rows do not have.
    """
    kept = rows.is_distinct
    inside = Membership.of_sets(rows_meeting(conditions, rows)[kept][:, None])
    (figures,) = measure_slices(inside, right[kept])
    return MeasuredSlice(tuple(conditions), figures)


def micro_f1(rows: SliceRows, conditions: Sequence[Condition]) -> float | None:
    """Return F1 over all pairs of row and label of a slice, in [0, 1]; repeats are left out.

    It is gentler than accuracy on texts of which one label of several is wrong. None where a text
    has one label: there it equals accuracy.

    Args:
        rows: N rows.
        conditions: All of them must hold.
    """
    if rows.label_agreement is None:
        return None
    inside = rows_meeting(conditions, rows) & rows.is_distinct
    hits, counts = (int(part[inside].sum()) for part in rows.label_agreement)
    return 2 * hits / max(counts, 1)


def shares_of_others(
    rows: SliceRows, measured: Sequence[MeasuredSlice], others: Sequence[KnownRight]
) -> list[list[float | None]]:
    """Return the accuracy of other models in each slice, a list per model; repeats are left out.

    Args:
        rows: N rows.
        measured: S slices of them.
        others: Which of the rows each of the other models has right.
    """
    if not others:  # finding the rows of every slice takes its time
        return []
    inside = [rows_meeting(one.conditions, rows) & rows.is_distinct for one in measured]
    return [[other.share(members) for members in inside] for other in others]


def find_weak(rows: SliceRows, right: Mask, further: Sequence[Facet] = ()) -> FoundSlices:
    """Return the slices of one or two conditions that are weaker than the rest.

    Args:
        rows: N rows; repeats are left out.
        right: Which rows are right, shape (N,).
        further: Facets from elsewhere, such as clusters.
    """
    membership, conditions = joined([*searched_facets(rows), *further])
    kept = rows.is_distinct
    result: WeakSlices = find_weak_slices(membership.among(kept), right[kept])
    slices = tuple(
        MeasuredSlice(
            tuple(conditions[number] for number in weak.conditions), weak.figures, weak.num_similar
        )
        for weak in result.found
    )
    return FoundSlices(slices, result.num_single, result.num_pairs, result.num_weak)


def slice_examples(
    rows: SliceRows, conditions: Sequence[Condition], right: Mask, limit: int
) -> list[dict[str, Any]]:
    """Return rows of a slice with what was true and what was predicted, mistakes first.

    Args:
        rows: N rows; repeats are left out.
        conditions: All of them must hold.
        right: Which rows are right, shape (N,).
        limit: Rows returned at most.
    """
    inside = np.flatnonzero(rows_meeting(conditions, rows) & rows.is_distinct)
    chosen = inside[np.argsort(right[inside], kind="stable")][:limit]
    texts = rows.texts.take(pa.array(chosen)).to_pylist()
    return [
        {
            "answer": "right" if right[row] else "wrong",
            "true": true_text(rows.predictions, row),
            "predicted": predicted_text(rows.predictions, row),
            "text": text,
            "row_id": rows.facts.row_ids[row],
        }
        for row, text in zip(chosen.tolist(), texts, strict=True)
    ]
