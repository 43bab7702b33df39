"""A square of clickable cells: the same classes as rows and columns.

Cells are bars, because a Plotly heat map gives no click event in Streamlit. `wide_grid` draws the
same for many classes.
"""

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from textcls_core.charts.theme import (
    INK,
    base_layout,
    diverging_scale,
    literal,
    magnitude_scale,
    plain,
)

MAX_CLASSES_WITH_NUMBERS = 25
"""With more classes there is no room for numbers: see `wide_grid`."""
MAX_ROOMY = 10
"""With more classes, names stand upright, numbers are small, and shares carry no sign."""
_TOTAL_GAP = 0.25
_LINE = {"width": 1, "color": "rgba(128,136,152,0.25)"}
ALL = ""
"""Stands for all classes in a click on a total."""


@dataclass(frozen=True, slots=True)
class Grid:
    """What the cells of K rows and K columns show."""

    label_names: tuple[str, ...]
    """Names of the K classes in the order they are drawn in."""
    values: np.ndarray
    """What the colours say, shape (K, K); with a sign in `is_signed` grids."""
    is_drawn: np.ndarray
    """Cells that have rows, shape (K, K); `wide_grid` leaves the others out."""
    text: Callable[[float], str]
    """Returns what is written into a cell with this value."""
    note: Callable[[int, int], str]
    """Returns what is said about the cell in a row and a column when the mouse is over it."""
    totals: tuple[Sequence[int], Sequence[int]] | None = None
    """Margins of rows and columns; None where they would not add up."""
    total_text: Callable[[float], str] = str
    """Returns what is written into a margin with this value."""
    titles: tuple[str, str] = ("True", "Predicted")
    """Of the rows and of the columns."""
    unit: str = ""
    """What the axes say about the numbers in the cells."""
    is_signed: bool = False
    """Whether 0 is the middle of the colours."""
    selected: tuple[str, str] | None = None
    """Names of the cell with a frame; `ALL` in one that is a total."""

    @property
    def is_roomy(self) -> bool:
        """Whether there is room for text of normal size."""
        return len(self.label_names) <= MAX_ROOMY

    @property
    def text_size(self) -> int:
        """Size of the text in the cells, in pixels."""
        return 12 if self.is_roomy else (10 if len(self.label_names) <= 16 else 9)


def grid_chart(grid: Grid, *, is_dark: bool = False) -> go.Figure:
    """Return the cells, and totals at the margins; a click returns the names of row and column.

    Args:
        grid: What to show.
        is_dark: Whether the page behind is dark.
    """
    figure = go.Figure()
    figure.add_bar(**_cells(grid, is_dark=is_dark))
    if grid.totals is not None:
        figure.add_bar(**_totals(grid, grid.totals, is_dark=is_dark))
    _style(figure, grid)
    _frame_selected(figure, grid, is_dark=is_dark)
    return figure


def _cells(grid: Grid, *, is_dark: bool) -> dict[str, Any]:
    """Return the bars of the cells, row by row."""
    names = [literal(name) for name in grid.label_names]
    places = np.argwhere(np.ones_like(grid.is_drawn))
    shares = (grid.values / max(float(np.abs(grid.values).max(initial=0)), 1e-12)).ravel()
    colors = [cell_text_color(abs(share), is_dark) for share in shares.tolist()]
    return {
        **cell_bars(places[:, 0].tolist(), places[:, 1].tolist()),
        "marker": {
            "color": shares.round(4),
            "cmin": -1 if grid.is_signed else 0,
            "cmax": 1,
            "colorscale": diverging_scale() if grid.is_signed else magnitude_scale(),
            "line": _LINE,
        },
        "text": [grid.text(value) for value in grid.values.ravel().tolist()],
        "insidetextfont": {"color": colors, "size": grid.text_size},
        "customdata": _notes(grid, names, places.tolist()),
        "unselected": _unselected(grid),
        "hovertemplate": f"{grid.titles[0].lower()} %{{customdata[0]}}<br>"
        f"{grid.titles[1].lower()} %{{customdata[1]}}<br>%{{customdata[2]}}<extra></extra>",
    }


def _notes(grid: Grid, names: Sequence[str], places: Sequence[Sequence[int]]) -> np.ndarray:
    """Return names and note of each cell, shape (P, 3)."""
    notes = np.empty((len(places), 3), dtype=object)
    notes[:] = [[names[i], names[j], literal(grid.note(i, j))] for i, j in places] or notes
    return notes


def _totals(
    grid: Grid, totals: tuple[Sequence[int], Sequence[int]], *, is_dark: bool
) -> dict[str, Any]:
    """Return the bars of the margin: clickable totals of rows and columns."""
    names = [literal(name) for name in grid.label_names]
    size, (row_title, column_title) = len(names), grid.titles
    end = size + _TOTAL_GAP
    rows = [(i, end, total, names[i], ALL, row_title) for i, total in enumerate(totals[0])]
    columns = [(end, j, total, ALL, names[j], column_title) for j, total in enumerate(totals[1])]
    margin = [*rows, *columns]
    text = [grid.total_text(total) or "0" for _, _, total, *_ in margin]
    return {
        **cell_bars([y for y, *_ in margin], [x for _, x, *_ in margin]),
        "marker": {"color": "rgba(128,136,152,0.12)", "line": _LINE},
        "text": text,
        "insidetextfont": {"color": cell_text_color(0.0, is_dark), "size": grid.text_size},
        "customdata": [
            [row, column, f"{total:+,}" if grid.is_signed else f"{total:,}", title.lower()]
            for _, _, total, row, column, title in margin
        ],
        "unselected": _unselected(grid),
        "hovertemplate": "%{customdata[3]} %{customdata[0]}%{customdata[1]}<br>"
        "%{customdata[2]} rows in all<extra></extra>",
    }


def cell_bars(rows: Sequence[float], columns: Sequence[float]) -> dict[str, Any]:
    """Return bars of width and height 1 around these places."""
    return {
        "orientation": "h",
        "width": 1,
        "y": list(rows),
        "x": [1] * len(rows),
        "base": [column - 0.5 for column in columns],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "textangle": 0,
        "constraintext": "none",
    }


def _unselected(grid: Grid) -> dict[str, Any]:
    """Return how other cells look after a click; where a frame marks the cell, no different."""
    return {"marker": {"opacity": 1 if grid.is_roomy else 0.4}}


def _style(figure: go.Figure, grid: Grid) -> None:
    size = len(grid.label_names)
    font_size = 13 if grid.is_roomy else 11
    shared = {
        **{"fixedrange": True, "showgrid": False, "zeroline": False},
        "tickfont": {"size": font_size},
    }
    end = size + (_TOTAL_GAP + 0.55 if grid.totals is not None else -0.45)
    ticks = _ticks(grid)
    figure.update_layout(
        **base_layout(_height(size)),
        barmode="overlay",
        bargap=0,
        xaxis={
            **shared,
            **ticks,
            "title": f"{grid.titles[1]} ({grid.unit})" if grid.unit else grid.titles[1],
            "tickangle": -35 if grid.is_roomy else -90,
            "range": [-0.55, end],
            "side": "bottom",
        },
        yaxis={
            **shared,
            **ticks,
            "title": grid.titles[0],
            "range": [end, -0.55],
        },
    )
    figure.update_layout(margin_t=8)


def _height(size: int) -> int:
    """Return the height in pixels."""
    return max(340, min(820, 130 + 52 * size))


def _ticks(grid: Grid) -> dict[str, Any]:
    """Return the names along an axis, and the one of the totals."""
    size, has_totals = len(grid.label_names), grid.totals is not None
    limit = 16 if grid.is_roomy else 20
    return {
        "tickvals": [*range(size), *([size + _TOTAL_GAP] if has_totals else [])],
        "ticktext": [
            *(plain(name, limit) for name in grid.label_names),
            *(["all"] if has_totals else []),
        ],
    }


def _frame_selected(figure: go.Figure, grid: Grid, *, is_dark: bool) -> None:
    """Draw a frame around the cell whose rows are shown; the link says which one that is.

    With more classes the browser takes long to draw the chart anew, so it stays as it is, and
    Plotly alone marks the cell that was clicked.
    """
    place_of = {name: place for place, name in enumerate(grid.label_names)}
    if grid.totals is not None:
        place_of[ALL] = len(place_of) + _TOTAL_GAP  # type: ignore[assignment]
    if not grid.is_roomy or grid.selected is None or grid.selected == (ALL, ALL):
        return
    if any(name not in place_of for name in grid.selected):
        return
    y, x = (place_of[name] for name in grid.selected)
    figure.add_shape(
        type="rect",
        **{"x0": x - 0.5, "x1": x + 0.5, "y0": y - 0.5, "y1": y + 0.5},
        line={"width": 2.5, "color": INK["dark" if is_dark else "light"]},
    )


def cell_text_color(share: float, is_dark: bool) -> str:
    """Return white or black, whichever reaches a contrast of 4.5 on the cell's colour."""
    return "#FFFFFF" if is_dark or share > 0.94 else "#000000"


def selected_cell(selection: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the names of row and column of a click, `ALL` on a total; None without a click.

    Args:
        selection: The `selection` of the event that `st.plotly_chart` returns.
    """
    point = next(iter(selection.get("points") or ()), None)
    names = point.get("customdata") if isinstance(point, Mapping) else None
    if not isinstance(names, Sequence) or len(names) < 2:
        return None
    row, column = (html.unescape(str(name)) for name in names[:2])
    return row, column
