"""A head chosen in the URL, by a click on a grid of all heads or in a table of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from pages._app import controls, state
from pages._app.evaluation_cell import new_click
from pages._app.saving import chart
from textcls_core.charts.explanation_heads import clicked_head, head_map
from textcls_core.explanation.head_report import Place, Spread

_TABLE_HEIGHT = 320


def chosen_head(name: str, spread: Spread, records: Sequence[Mapping[str, Any]]) -> Place:
    """Return layer and head in the URL, from 0; the first one of its order without.

    A new click in the grid or in the table is taken first, so that everything follows it.

    Args:
        name: URL parameter; grid and table have keys that begin with it.
        spread: What the grid shows.
        records: What the table shows, with `layer` and `head` from 1.
    """
    clicked = clicked_head(new_click(f"{name}.map", "points"))
    if clicked is not None:
        state.set_parameter(name, f"{clicked[0] + 1}.{clicked[1] + 1}")
    row = new_click(f"{name}.table", "rows")
    if row is not None and row < len(records):
        state.set_parameter(name, f"{records[row]['layer']}.{records[row]['head']}")
    wanted = state.parameter(name)
    known = spread.place(wanted)
    if wanted and known is None:
        state.ignore_parameter(name, "head")
    return known or spread.order[0]


def show_grid(
    name: str, spread: Spread, title: str, text: Callable[[float], str], place: Place
) -> None:
    """Show the mean of every head; a click chooses one.

    Args:
        name: URL parameter.
        spread: One statistic of all heads.
        title: What the numbers are.
        text: Writes a number.
        place: The chosen head.
    """
    is_dark = state.theme() == "dark"
    chart(
        head_map(spread.means, title, text, selected=place, is_dark=is_dark),
        key=f"{name}.map",
        on_select="rerun",
        selection_mode="points",
        config=controls.NO_TOOLBAR,
        alt=f"Every head by {title}: a row is a layer",
    )


def show_table(
    name: str, records: Sequence[dict[str, Any]], columns: Mapping[str, Any], summary: str
) -> None:
    """Show every head as a row, to be sorted by any column; a selected row chooses a head.

    Args:
        name: URL parameter.
        records: With `layer` and `head` from 1.
        columns: How columns are drawn.
        summary: What the table shows, for those who do not see it.
    """
    st.dataframe(
        list(records),
        key=f"{name}.table",
        hide_index=True,
        height=controls.table_height(len(records), _TABLE_HEIGHT),
        column_config=dict(columns),
        on_select="rerun",
        selection_mode="single-row",
        alt=summary,
    )
