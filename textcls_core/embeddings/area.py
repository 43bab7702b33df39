"""Areas of a map that somebody drew: from and to a link, and which points lie inside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from textcls_core.arrays import Mask, Points

MAX_CORNERS = 48
"""Corners of a drawn line that are kept, so that a link stays short."""
_MAX_POLYGONS = 8
_MAX_TEXT = 8_000


@dataclass(frozen=True, slots=True)
class Area:
    """One or more polygons on a map."""

    polygons: tuple[tuple[tuple[float, float], ...], ...]
    """Corners (x, y) of each, three or more."""

    @property
    def text(self) -> str:
        """Short form for a link: `x,y;x,y;x,y` for each polygon, separated by `|`."""
        return "|".join(
            ";".join(f"{x:.4g},{y:.4g}" for x, y in polygon) for polygon in self.polygons
        )

    @property
    def bounds(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Least and largest x, and least and largest y.

        Example:
            >>> Area((((0, 1), (2, 1), (2, 5)),)).bounds
            ((0, 2), (1, 5))
        """
        x, y = zip(*(corner for polygon in self.polygons for corner in polygon), strict=True)
        return (min(x), max(x)), (min(y), max(y))

    def contains(self, points: Points) -> Mask:
        """Return which points lie inside one of the polygons, shape (N,)."""
        inside = np.zeros(len(points), dtype=bool)
        for polygon in self.polygons:
            inside |= _inside(np.asarray(polygon), points)
        return inside


def parse_area(text: str) -> Area | None:
    """Return the area of a link, or None if it names none."""
    if not text or len(text) > _MAX_TEXT:
        return None
    try:
        polygons = [
            [tuple(float(number) for number in corner.split(",")) for corner in polygon.split(";")]
            for polygon in text.split("|")
        ]
    except ValueError:
        return None
    corners = [corner for polygon in polygons for corner in polygon]
    if any(len(corner) != 2 or not np.isfinite(corner).all() for corner in corners):
        return None
    return _area([[(x, y) for x, y in polygon] for polygon in polygons])


def drawn_area(selection: Mapping[str, Any]) -> Area | None:
    """Return the area that was drawn on a chart with a lasso or as a box; None if there is none.

    Args:
        selection: The `selection` of the event that `st.plotly_chart` returns.
    """
    polygons = [_corners(shape) for shape in selection.get("lasso") or ()]
    for shape in selection.get("box") or ():
        sides = _corners(shape)
        if len(sides) == 2:
            (left, top), (right, bottom) = sides
            polygons.append([(left, top), (right, top), (right, bottom), (left, bottom)])
    return _area(polygons)


def _corners(shape: Mapping[str, Any]) -> list[tuple[float, float]]:
    pairs = zip(shape.get("x") or (), shape.get("y") or (), strict=False)
    return [(float(x), float(y)) for x, y in pairs]


def _area(polygons: Sequence[Sequence[tuple[float, float]]]) -> Area | None:
    """Return the area of these polygons; those without an inside are left out."""
    kept = [tuple(_thinned(polygon)) for polygon in polygons if len(polygon) >= 3]
    return Area(tuple(kept[:_MAX_POLYGONS])) if kept else None


def _thinned(polygon: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return evenly spaced corners, `MAX_CORNERS` at most."""
    count = min(len(polygon), MAX_CORNERS)
    return [polygon[position * len(polygon) // count] for position in range(count)]


def _inside(polygon: np.ndarray, points: Points) -> Mask:
    """Count how often a ray to the right crosses the polygon; an odd number means inside."""
    inside = np.zeros(len(points), dtype=bool)
    x, y = points[:, 0], points[:, 1]
    for (x1, y1), (x2, y2) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        crosses = (y1 > y) != (y2 > y)
        if crosses.any():
            inside ^= crosses & (x < (x2 - x1) * (y - y1) / (y2 - y1 or 1.0) + x1)
    return inside
