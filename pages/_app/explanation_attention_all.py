"""All heads on one text: small pictures, ordered so that interesting ones are found."""

from typing import Any

import streamlit as st

from pages._app import controls, explanation_cache, state
from pages._app.explanation_attention_place import (
    choose_part,
    choose_window,
    part_note,
    place_bar,
)
from pages._app.head_grid_view import head_grid_view
from pages._app.saving import note
from textcls_core.explanation.head_titles import MEANINGS, STATISTICS, TITLES, Statistic, is_share
from textcls_core.reporting.explanation_page import Table
from textcls_core.runs.run import Run
from textcls_core.wording import percent

_PLACE = ""
_HOW = (
    "Each picture is one head: rows look, columns are looked at, a stronger colour "
    "is more. Colours are by head, so compare patterns and not strengths. A click opens the head."
)
_SORTS = {_PLACE: "Place in the model"} | {name: TITLES[name] for name in STATISTICS}
_ORDERS = {"": "Largest first", "smallest": "Smallest first"}
_SHOWN = {"": "All", "words": "Those that look at words"}
_TABLE_HEIGHT = 420


def show_all_heads(run: Run, text: str) -> None:
    """Show a small picture of every head, and the numbers by which they are ordered.

    Args:
        run: A finished run.
        text: What it reads.
    """
    explanation = explanation_cache.attention_part(run, text)
    with place_bar():
        by = state.choose("heads_by", "Order", _SORTS, default=_PLACE, width=210)
        first = state.choose("heads_first", "First", _ORDERS, default="", width=160)
        shown = state.choose("heads_shown", "Heads", _SHOWN, default="", width=230)
        choose_window(explanation.window)
        choose_part(explanation)
    statistic = next((name for name in STATISTICS if name == by), None)
    grid = explanation_cache.head_grid(run, text)
    heads = grid.order(statistic, descending=not first, without_resting=bool(shown))
    st.caption(_explained(grid, statistic, len(heads)) + part_note(explanation))
    records = grid.records(heads)
    note(Table("Heads", records))
    head_grid_view(
        grid.pictures,
        heads,
        ["" if statistic is None else _note(record, statistic) for record in records],
        [_title(record, statistic) for record in records],
        by_place=statistic is None,
        on_click=_open_clicked,
    )
    _show_table(records)


def _explained(grid: Any, statistic: Statistic | None, num_shown: int) -> str:
    num_all = grid.pictures.shape[0] * grid.pictures.shape[1]
    cells = (
        f" A cell is about {grid.words_per_cell:.0f} words, its strongest pair."
        if grid.words_per_cell > 1
        else ""
    )
    hidden = (
        f" {num_all - num_shown} of {num_all} heads are left out: they give more than half of "
        "their attention to special tokens."
        if num_shown < num_all
        else ""
    )
    meaning = f" {TITLES[statistic]}: {MEANINGS[statistic]}" if statistic else ""
    return f"{_HOW}{cells}{hidden}{meaning}"


def _value(record: dict[str, float], statistic: Statistic) -> str:
    value = record[statistic]
    return percent(value, 0) if is_share(statistic) else f"{value:.1f}"


def _note(record: dict[str, float], statistic: Statistic) -> str:
    return f"layer {record['layer']}, head {record['head']} · {_value(record, statistic)}"


def _title(record: dict[str, float], statistic: Statistic | None) -> str:
    more = f", {TITLES[statistic]} {_value(record, statistic)}" if statistic else ""
    return f"Open layer {record['layer']}, head {record['head']}{more}"


def _open_clicked() -> None:
    clicked = st.session_state["attention.grid"].opened
    if clicked is not None:
        _open(*clicked)


def _open(layer: int, head: int) -> None:
    """Look at one head from text to text."""
    state.set_parameter("layer", str(layer))
    state.set_parameter("head", str(head))
    state.set_parameter("look", None)


def _show_table(records: list[dict[str, float]]) -> None:
    with st.expander("As a table"):
        st.caption("A click on a column sorts by it; select a row to open its head.")
        event = st.dataframe(
            [_in_percent(record) for record in records],
            hide_index=True,
            height=controls.table_height(len(records), _TABLE_HEIGHT),
            column_config={
                name: st.column_config.NumberColumn(
                    TITLES[name], help=MEANINGS[name], format=_format(name)
                )
                for name in STATISTICS
            },
            on_select="rerun",
            selection_mode="single-row",
            key=f"attention.table.{hash(tuple((one['layer'], one['head']) for one in records))}",
            alt="Every head with its statistics",
        )
        for row in [row for row in event["selection"]["rows"] if row < len(records)]:
            layer, head = int(records[row]["layer"]), int(records[row]["head"])
            st.button(
                f"Open layer {layer}, head {head}", on_click=_open, args=(layer - 1, head - 1)
            )


def _format(statistic: Statistic) -> str:
    return "%.0f %%" if is_share(statistic) else "%.2f"


def _in_percent(record: dict[str, float]) -> dict[str, float]:
    """Return a record whose shares are in percent, as the table's number format needs them."""
    shares = {name: 100 * record[name] for name in STATISTICS if is_share(name)}
    return record | shares
