"""What the colour of a point on a map can say: a category per text, or an amount."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textcls_core.arrays import Indices, Points
from textcls_core.dataset.numbers import numbers_of
from textcls_core.dataset.statistics import word_lengths
from textcls_core.dataset.text_dataset import SPLITS, TextDataset
from textcls_core.evaluation.predictions import Predictions

MAX_CATEGORIES = 20
"""Values of a column that are told apart; the rest are one more."""
_HIGHLIGHTED = 10
OTHER = "other"
NO_LABEL, SEVERAL_LABELS = "no label", "several labels"
NOT_PREDICTED = "not predicted"


@dataclass(frozen=True, slots=True)
class Categories:
    """One of a few names per text."""

    title: str
    names: tuple[str, ...]
    codes: Indices
    """Position in `names` of each of N texts."""
    palette: Literal["classes", "outcomes"] = "classes"
    """Which colours: by position as for classes, or by name as for outcomes."""
    num_coloured: int = MAX_CATEGORIES
    """Names from here on are drawn grey."""

    def at(self, rows: Indices) -> "Categories":
        """Return the same of some of the texts."""
        return replace(self, codes=self.codes[rows])


@dataclass(frozen=True, slots=True)
class Amounts:
    """A number per text."""

    title: str
    values: np.ndarray
    """Shape (N,); NaN where there is none."""

    def at(self, rows: Indices) -> "Amounts":
        """Return the same of some of the texts."""
        return replace(self, values=self.values[rows])


Colouring = Categories | Amounts


def by_class(rows: TextDataset) -> Categories:
    """Return the class of each text; one with several labels says so."""
    names = rows.label_names
    if rows.task == "single_label":
        return Categories("Class", names, rows.label_ids)
    sizes = np.asarray(pc.list_value_length(rows.table["label_ids"]), dtype=np.int64)
    codes = np.where(sizes == 0, len(names), len(names) + 1)
    flat = np.asarray(pc.list_flatten(rows.table["label_ids"]), dtype=np.int64)
    codes[sizes == 1] = flat[np.repeat(sizes == 1, sizes)]
    return Categories("Class", (*names, NO_LABEL, SEVERAL_LABELS), codes)


def highlighted(classes: Categories, chosen: Sequence[int]) -> Categories:
    """Return the same with some of the names in colour and all others as one, grey.

    Args:
        classes: More names than there are colours.
        chosen: Positions of the names; without any, of the most frequent ones.
    """
    counts = np.bincount(classes.codes, minlength=len(classes.names))
    kept = list(chosen) or sorted(np.argsort(-counts, kind="stable")[:_HIGHLIGHTED].tolist())
    place = np.full(len(classes.names), len(kept))
    place[kept] = np.arange(len(kept))
    names = (*(classes.names[code] for code in kept), OTHER)
    return Categories(classes.title, names, place[classes.codes], num_coloured=len(kept))


def by_split(rows: TextDataset) -> Categories:
    """Return the split of each text."""
    found = pc.index_in(rows.table["split"], value_set=pa.array(SPLITS))
    return Categories("Split", SPLITS, np.asarray(found, dtype=np.int64))


def by_length(rows: TextDataset) -> Amounts:
    """Return the number of words of each text."""
    return Amounts("Length (words)", word_lengths(rows).astype(np.float64))


def by_outliers(scores: np.ndarray) -> Amounts:
    """Return how far each text is from its nearest ones; see `neighbours.outlier_scores`."""
    return Amounts("Distance to the 10 nearest texts", scores)


def by_column(rows: TextDataset, name: str) -> Colouring:
    """Return a further column: its numbers, or its most frequent values."""
    column = rows.table[name].cast(pa.string())
    distinct = pc.count_distinct(column).as_py()
    numbers = numbers_of(column) if distinct > MAX_CATEGORIES else None
    if numbers is not None:
        return Amounts(name, numbers)
    filled = pc.fill_null(column, "")
    counts = sorted(
        pc.value_counts(filled).to_pylist(), key=lambda item: (-item["counts"], item["values"])
    )
    frequent = [item["values"] for item in counts[:MAX_CATEGORIES]]
    found = pc.fill_null(pc.index_in(filled, value_set=pa.array(frequent)), len(frequent))
    names = [value or "(empty)" for value in frequent] + [OTHER] * (len(counts) > len(frequent))
    codes = np.asarray(found, dtype=np.int64)
    return Categories(name, tuple(names), codes, num_coloured=len(frequent))


def by_prediction(rows: TextDataset, predictions: Sequence[Predictions]) -> Categories:
    """Return the class that a run predicts for each text.

    Args:
        rows: N rows of the data set version of the run.
        predictions: Of its splits.
    """
    names = rows.label_names
    codes = _placed(rows, predictions, [p.predicted_label_ids for p in predictions], len(names))
    return Categories("Predicted class", (*names, NOT_PREDICTED), codes)


def by_outcome(
    rows: TextDataset, predictions: Sequence[Predictions], outcomes: Sequence[str], sure: float
) -> Categories:
    """Return whether a run is right about each text, and sure.

    Args:
        rows: N rows of the data set version of the run.
        predictions: Of its splits.
        outcomes: Names of right and sure, right but unsure, wrong but unsure, wrong and sure.
        sure: Confidence from which a prediction counts as sure.
    """
    kinds = [
        np.where(p.is_mistake, np.where(p.confidence >= sure, 3, 2), p.confidence < sure)
        for p in predictions
    ]
    codes = _placed(rows, predictions, kinds, len(outcomes))
    return Categories("Outcome", (*outcomes, NOT_PREDICTED), codes, "outcomes")


def group_table(points: Points, colouring: Colouring) -> list[dict[str, Any]]:
    """Return where on a map what has one colour lies: a map as a table.

    Args:
        points: Places, shape (N, 2).
        colouring: Of the same texts; amounts are cut into four groups of equal size.

    Returns:
        For each group that has texts: its name, how many, their middle, and the middle half of
        them from left to right and from bottom to top.
    """
    groups = _members(colouring)
    return [
        {
            colouring.title: name,
            "texts": len(members),
            "across": _spread_of(points[members, 0]),
            "up": _spread_of(points[members, 1]),
        }
        for name, members in groups
        if len(members)
    ]


def _members(colouring: Colouring) -> list[tuple[str, Indices]]:
    if isinstance(colouring, Categories):
        return [(n, np.flatnonzero(colouring.codes == c)) for c, n in enumerate(colouring.names)]
    known = np.flatnonzero(np.isfinite(colouring.values))
    order = known[np.argsort(colouring.values[known], kind="stable")]
    quarters = [quarter for quarter in np.array_split(order, 4) if len(quarter)]
    ends = [colouring.values[quarter[[0, -1]]] for quarter in quarters]
    names = [f"{low:.4g} to {high:.4g}" for low, high in ends]
    return list(zip(names, quarters, strict=True))


def _spread_of(values: np.ndarray) -> str:
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def _placed(
    rows: TextDataset,
    predictions: Sequence[Predictions],
    values: Sequence[np.ndarray],
    otherwise: int,
) -> Indices:
    """Return the value of each row, found by its row id, shape (N,)."""
    row_ids = [row_id for prediction in predictions for row_id in prediction.row_ids]
    joined = np.concatenate([*values, [otherwise]]).astype(np.int64)
    found = pc.index_in(rows.table["row_id"], value_set=pa.array(row_ids, pa.string()))
    return joined[np.asarray(pc.fill_null(found, len(row_ids)), dtype=np.int64)]
