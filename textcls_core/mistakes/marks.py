"""RowMarks: what was found or said about rows beside the prediction, as one mask per mark."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from textcls_core.arrays import Mask
from textcls_core.mistakes.annotations.annotation import Annotation
from textcls_core.mistakes.causes.found import FoundCause


@dataclass(frozen=True)
class RowMarks:
    """Marks of N rows, each of shape (N,)."""

    causes: Mapping[str, Mask]
    """By name of the cause; causes of no row are left out."""
    tags: Mapping[str, Mask]
    """By tag, in alphabetical order."""
    reviewed: Mask

    @classmethod
    def of(
        cls,
        places: Mapping[str, int],
        causes_by_row: Mapping[str, Sequence[FoundCause]],
        annotations_by_row: Mapping[str, Annotation],
    ) -> "RowMarks":
        """Return the marks of the rows of a split; what is said about other rows is left out.

        Args:
            places: Position of each of the N rows by row id.
            causes_by_row: From a triage; empty without one.
            annotations_by_row: From the annotations of the data set.
        """
        said = {
            places[row_id]: one for row_id, one in annotations_by_row.items() if row_id in places
        }
        found = (
            (one.cause, places[row_id])
            for row_id, several in causes_by_row.items()
            if row_id in places
            for one in several
        )
        tags = ((tag, place) for place, one in said.items() for tag in one.tags)
        reviewed = np.zeros(len(places), dtype=bool)
        reviewed[[place for place, one in said.items() if one.is_reviewed]] = True
        by_tag = _masks(tags, len(places))
        ordered = {tag: by_tag[tag] for tag in sorted(by_tag, key=str.casefold)}
        return cls(_masks(found, len(places)), ordered, reviewed)

    @classmethod
    def none(cls, num_rows: int) -> "RowMarks":
        """Return the marks of rows about which nothing is known."""
        return cls({}, {}, np.zeros(num_rows, dtype=bool))


def _masks(pairs: Iterable[tuple[str, int]], size: int) -> dict[str, Mask]:
    places: dict[str, list[int]] = {}
    for name, place in pairs:
        places.setdefault(name, []).append(place)
    masks = {}
    for name, marked in places.items():
        masks[name] = np.zeros(size, dtype=bool)
        masks[name][marked] = True
    return masks
