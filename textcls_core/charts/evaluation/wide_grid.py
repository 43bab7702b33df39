"""The same square of clickable cells for many classes, drawn on a canvas.

Plotly makes an element of the page for every cell, which takes seconds for two thousand of them.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas  # noqa: F401 - Altair breaks where another thread has only begun to import it
import pyarrow as pa

from textcls_core.charts.evaluation.grid import ALL, Grid
from textcls_core.charts.theme import INK, TICKS, diverging_color, magnitude_color
from textcls_core.wording import shorten

CELL = "cell"
"""Name of the selection that holds what was clicked."""
_FAINTEST = 0.2
"""Where on the scale of colours single rows stand."""
_LINE_HEIGHT, _LEAST, _MOST, _NAMES_HEIGHT = 12, 600, 1_800, 100
"""Pixels of a row of cells, of all cells, and of the names below them."""
_NAME_LENGTH, _NAME_WIDTH = 20, 120
_TOTAL_COLOR = "rgba(128,136,152,0.25)"
_SCHEMA = pa.schema(
    [
        *((name, pa.int32()) for name in ("row", "column")),
        *((name, pa.string()) for name in ("row_name", "column_name", "note", "color")),
    ]
)
_Row = tuple[int, int, str, str, str, str]


def wide_grid_chart(grid: Grid, *, is_dark: bool = False) -> alt.Chart:
    """Return cells and totals; a click selects the names of row and column, `ALL` on a total.

    Colour grows with the square root, so that single rows among thousands can be seen; cells
    without rows are left out. Nothing but a click changes the chart, which Streamlit would draw
    anew.

    Args:
        grid: What to show.
        is_dark: Whether the page behind is dark.
    """
    rows = [*_cells(grid), *_totals(grid)]
    table = pa.Table.from_pylist(
        [dict(zip(_SCHEMA.names, row, strict=True)) for row in rows], _SCHEMA
    )
    fields = ["row_name", "column_name"]
    clicked = alt.selection_point(name=CELL, fields=fields, on="click", toggle=False, empty=False)
    ink, ticks = (colors["dark" if is_dark else "light"] for colors in (INK, TICKS))
    chart: alt.Chart = (
        alt.Chart(
            table,
            usermeta={"embedOptions": {"renderer": "canvas"}},
        )
        .mark_rect(strokeWidth=2)
        .encode(
            x=alt.X(
                "column:O",
                axis=_axis(grid, labelAngle=-90, labelOverlap=True, labelColor=ticks),
                **_place(grid, grid.titles[1]),
            ),
            y=alt.Y(
                "row:O",
                axis=_axis(grid, labelOverlap=_is_dense(grid), labelColor=ticks),
                **_place(grid, grid.titles[0]),
            ),
            color=alt.Color("color:N", scale=None),
            stroke=alt.condition(clicked, alt.value(ink), alt.value(None)),
            tooltip=[
                alt.Tooltip("row_name:N", title=grid.titles[0].lower()),
                alt.Tooltip("column_name:N", title=grid.titles[1].lower()),
                alt.Tooltip("note:N", title="cell"),
            ],
        )
        .properties(height=_height(len(grid.label_names)))
        .add_params(clicked)
    )
    return chart


def clicked_names(selection: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the names of row and column of a click, `ALL` on a total; None without a click.

    Args:
        selection: The `selection` of the event that `st.altair_chart` returns.
    """
    point = next(iter(selection.get(CELL) or ()), None)
    if not isinstance(point, Mapping):
        return None
    return str(point.get("row_name", ALL)), str(point.get("column_name", ALL))


def _cells(grid: Grid) -> Iterator[_Row]:
    """Yield the cells that have rows."""
    color = diverging_color if grid.is_signed else magnitude_color
    shares = grid.values / max(float(np.abs(grid.values).max(initial=0)), 1e-12)
    shares = np.sign(shares) * (_FAINTEST + (1 - _FAINTEST) * np.sqrt(np.abs(shares)))
    names = grid.label_names
    for i, j in np.argwhere(grid.is_drawn).tolist():
        yield i, j, names[i], names[j], grid.note(i, j), color(float(shares[i, j]))


def _totals(grid: Grid) -> Iterator[_Row]:
    """Yield the margins, behind the last row and the last column."""
    if grid.totals is None:
        return
    end = len(grid.label_names)
    sign = "+" if grid.is_signed else ""
    for place, (name, in_row, in_column) in enumerate(
        zip(grid.label_names, *grid.totals, strict=True)
    ):
        yield place, end, name, ALL, f"{in_row:{sign},} in all", _TOTAL_COLOR
        yield end, place, ALL, name, f"{in_column:{sign},} in all", _TOTAL_COLOR


def _place(grid: Grid, title: str) -> dict[str, Any]:
    """Return title and extent of an axis: all classes, also those without a drawn cell."""
    end = len(grid.label_names) + (grid.totals is not None)
    scale = alt.Scale(domain=list(range(end)), paddingInner=0, paddingOuter=0)
    return {"title": f"{title} ({grid.unit})" if grid.unit else title, "scale": scale}


def _axis(grid: Grid, **options: Any) -> alt.Axis:
    """Return an axis that says names instead of places, as many as fit."""
    names = [shorten(name, _NAME_LENGTH) for name in grid.label_names]
    return alt.Axis(
        labelExpr=f"{_vega_list([*names, 'all'])}[datum.value]",
        labelFontSize=9,
        labelLimit=_NAME_WIDTH,
        ticks=False,
        domain=False,
        **options,
    )


def _is_dense(grid: Grid) -> bool:
    """Tell whether rows are lower than a line of text, so that names must be left out."""
    return len(grid.label_names) * _LINE_HEIGHT > _MOST


def _vega_list(texts: Sequence[str]) -> str:
    """Return texts as a list in Vega's language, whatever they contain."""
    return json.dumps(list(texts))


def _height(size: int) -> int:
    return _NAMES_HEIGHT + max(_LEAST, min(_MOST, _LINE_HEIGHT * size))
