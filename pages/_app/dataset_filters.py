"""The filters of the Explore view: what the URL asks for, and the fields that change it."""

import streamlit as st

from pages._app import state
from pages._app.number_range import show_range
from textcls_core.dataset.query import RowTable
from textcls_core.dataset.row_filter import Counts, Order, Range, RowFilter
from textcls_core.dataset.row_index import OWN_COLUMNS, extra_columns
from textcls_core.dataset.store import DatasetInfo
from textcls_core.dataset.text_dataset import SPLITS
from textcls_core.wording import plural, shorten

_PARAMETERS = (
    "data_split", "data_class", "data_query", "data_pattern", "data_characters", "data_words",
    "data_column", "data_value", "data_between", "data_ids", "data_page",
)  # fmt: skip
DATA_FILTER = "(filter)"
"""Stands for this filter where rows are cut into slices; no column is called so there."""
_LENGTHS = ("characters", "words")


def read_filter(info: DatasetInfo) -> RowFilter:
    """Return the filter in the URL; what does not exist in this data set is left out."""
    split, label = state.parameter("data_split"), state.parameter("data_class")
    column, value = state.parameter("data_column"), state.parameter("data_value")
    ids = state.parameter("data_ids")
    between = {name: f"data_{name}" for name in _LENGTHS}
    if column in extra_columns(info):
        between[column] = "data_between"
    ranges = (Range.parse(name, state.parameter(parameter)) for name, parameter in between.items())
    return RowFilter(
        split=next(
            (known for known in SPLITS if known == split and known in info.split_counts), None
        ),
        label=label if label in info.label_names else None,
        text=state.parameter("data_query"),
        pattern=state.parameter("data_pattern"),
        ranges=tuple(item for item in ranges if item is not None),
        values=((column, value),) if value and column in extra_columns(info) else (),
        row_ids=tuple(ids.split(",")) if ids else None,
    )


def filter_parameters() -> dict[str, str]:
    """Return what stands in the URL for the filter, for a link to a page that takes it too."""
    wanted = {name: state.parameter(name) for name in _PARAMETERS if name != "data_page"}
    return {name: value for name, value in wanted.items() if value}


def read_order(info: DatasetInfo) -> Order:
    """Return the order in the URL: a column, with a minus before it for the largest first."""
    wanted = state.parameter("data_sort")
    column = wanted.removeprefix("-")
    if column not in sort_columns(info):
        return Order()
    return Order(column, is_descending=wanted.startswith("-"))


def sort_columns(info: DatasetInfo) -> list[str]:
    """Return what rows can be sorted by."""
    return [*OWN_COLUMNS, *extra_columns(info)]


def show_filters(rows: RowTable, wanted: RowFilter, counts: Counts | None) -> None:
    """Show the fields of the filter with how many rows each choice would keep.

    Args:
        rows: Rows to choose from.
        wanted: The filter in the URL.
        counts: What it keeps; None if that cannot be said.
    """
    info = rows.info
    by_split = counts.by_split if counts else dict.fromkeys(info.split_counts)
    by_class = counts.by_class if counts else dict.fromkeys(info.label_names)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        splits = {"": "All splits"}
        splits |= {name: _counted(name.capitalize(), count) for name, count in by_split.items()}
        state.choose("data_split", "Split", splits, default="")
        classes = {"": "All classes"}
        classes |= {name: _counted(shorten(name, 40), n) for name, n in by_class.items()}
        state.choose("data_class", "Class", classes, default="")
        help_text = 'All of these words or parts of words; "a phrase" between quotation marks.'
        state.search("data_query", "Text contains", help=help_text)
        help_text = "A regular expression (RE2). Start it with (?i) to ignore case."
        state.search("data_pattern", "Pattern", help=help_text)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        show_order(info)
        with st.popover(_length_label(wanted), icon=":material/straighten:"):
            for name in _LENGTHS:
                show_range(f"data_{name}", f"{name.capitalize()} of the text", step=1)
        if extra_columns(info):
            with st.popover(_column_label(wanted), icon=":material/view_column:"):
                show_column(rows, wanted)
        if wanted.row_ids is not None:
            st.badge(f"{plural(len(wanted.row_ids), 'chosen row')}", color="violet")
        st.button("Clear filters", on_click=clear, disabled=wanted == RowFilter(), type="tertiary")


def show_order(info: DatasetInfo) -> None:
    """Show the fields of the order."""
    options = {"": "File order"}
    for name in sort_columns(info):
        options[name] = f"{shorten(name, 30)} ↑"
        options[f"-{name}"] = f"{shorten(name, 30)} ↓"
    state.choose("data_sort", "Sort by", options, default="", width=220)


def show_column(rows: RowTable, wanted: RowFilter) -> None:
    """Show the fields that filter by a further column of the file."""
    columns = {"": "Any column", **{name: shorten(name, 40) for name in extra_columns(rows.info)}}
    column = state.choose("data_column", "Column", columns, default="")
    if not column:
        return
    found = rows.values(wanted, column)
    options = {"": "Any value"}
    options |= {value: _counted(shorten(value, 60), count) for value, count in found if value}
    chosen = state.parameter("data_value")
    if chosen and chosen not in options:
        options[chosen] = _counted(shorten(chosen, 60), 0)
    state.choose("data_value", "Value", options, default="")
    show_range("data_between", "Number")


def clear() -> None:
    """Take every filter out of the URL."""
    for name in _PARAMETERS:
        state.set_parameter(name, None)


def _counted(name: str, count: int | None) -> str:
    return name if count is None else f"{name} · {count:,}"


def _length_label(wanted: RowFilter) -> str:
    active = [item for item in wanted.ranges if item.column in _LENGTHS]
    return f"Length ({len(active)})" if active else "Length"


def _column_label(wanted: RowFilter) -> str:
    active = bool(wanted.values) or any(item.column not in _LENGTHS for item in wanted.ranges)
    return "Other columns (1)" if active else "Other columns"
