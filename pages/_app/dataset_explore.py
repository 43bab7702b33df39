"""Explore: filter, sort and page through the rows of a data set, and read one of them."""

from typing import Any

import streamlit as st

from pages._app import controls, dataset_cache, state
from pages._app.dataset_filters import (
    DATA_FILTER,
    clear,
    filter_parameters,
    read_filter,
    read_order,
    show_filters,
)
from pages._app.dataset_row import show_row
from pages._app.job_view import show_job
from pages._app.text import escape, label
from textcls_core.dataset.query import RowTable, keep_rows
from textcls_core.dataset.row_filter import Counts, Order, RowFilter, describe_filter
from textcls_core.dataset.row_index import index_job_id, is_indexed, start_index_job
from textcls_core.dataset.store import DatasetInfo
from textcls_core.errors import InvalidArgumentError, NotFoundError
from textcls_core.jobs.job import read_job
from textcls_core.runs.versions import runs_on
from textcls_core.wording import is_right_to_left, plural

PAGE_SIZE = 50
MAX_ROWS_TO_CUT = 1_000_000
"""A version is made in memory."""
_TABLE_HEIGHT = 420
_COLUMNS = ("text", "label", "split", "words", "characters")
"""Shown first, in this order."""


def show_explore(info: DatasetInfo) -> None:
    """Show the filters, the rows that pass, and the row in the URL."""
    if not is_indexed(state.workspace(), info):
        show_preparation(info)
        return
    rows = dataset_cache.row_table(info)
    wanted, order = read_filter(info), read_order(info)
    try:
        with st.spinner("Searching the texts", show_time=True):
            counts = rows.counts(wanted)
    except InvalidArgumentError as error:
        show_filters(rows, wanted, None)
        st.error(escape(str(error)))
        return
    show_filters(rows, wanted, counts)
    start_again_after_changes(info, wanted, order)
    if counts.total:
        show_page(rows, wanted, order, counts)
        if counts.total < info.num_examples:
            with st.container(horizontal=True, vertical_alignment="center"):
                offer_version(rows, wanted, counts)
                offer_evaluation(info)
    else:
        show_nothing_found(info)


def show_preparation(info: DatasetInfo) -> None:
    """Show how far the index of a large version is; start making it if nobody does."""
    st.markdown(
        f"**Preparing {plural(info.num_examples, 'row')} for search.** "
        "This is done once; the other views can be used meanwhile."
    )
    try:
        job = read_job(state.workspace(), index_job_id(info))
    except NotFoundError:
        job = None
    if job is not None and job.error:
        show_job(job.job_id)
        if not st.button("Try again", type="primary"):
            return
    show_job(start_index_job(state.workspace(), info))


def start_again_after_changes(info: DatasetInfo, wanted: RowFilter, order: Order) -> None:
    """Go back to the first page when filter or order are others than a moment ago."""
    now = repr((info.fingerprint, wanted, order))
    before = st.session_state.get("explore.shown")
    st.session_state["explore.shown"] = now
    if before not in (None, now):
        state.set_parameter("data_page", None)


def show_page(rows: RowTable, wanted: RowFilter, order: Order, counts: Counts) -> None:
    """Show one page of the rows that pass, and the row that is chosen."""
    num_pages = -(-counts.total // PAGE_SIZE)
    page = min(_page_number(), num_pages)
    first = (page - 1) * PAGE_SIZE
    before = min(first, 1)  # one row more at both ends, for the way on from the last row shown
    near = rows.page(wanted, order, first - before, PAGE_SIZE + 1 + before)
    shown = near[before : before + PAGE_SIZE]
    st.caption(
        f"{plural(counts.total, 'row')} of {rows.info.num_examples:,} · "
        f"showing {first + 1:,} to {first + len(shown):,}"
    )
    key = f"explore.table.{page}.{hash((rows.info.fingerprint, wanted, order))}"
    for position in show_table(shown, key):
        state.set_parameter("data_row", shown[position]["row_id"])
    if num_pages > 1:
        show_pagination(num_pages, page)
    show_row(rows, near, range(before, before + len(shown)), page)


def show_table(records: list[dict[str, Any]], key: str) -> list[int]:
    """Show rows; return the position of the selected one, if any."""
    rest = [name for name in records[0] if name not in _COLUMNS]
    event = st.dataframe(
        [{name: record[name] for name in (*_COLUMNS, *rest)} for record in records],
        hide_index=True,
        height=_TABLE_HEIGHT,
        on_select="rerun",
        selection_mode="single-row",
        key=key,
        column_config={
            "text": st.column_config.TextColumn(width=540, alignment=_alignment(records)),
            "label": st.column_config.TextColumn(width=130),
            "split": st.column_config.TextColumn(width=85),
            "words": st.column_config.NumberColumn(format="localized", width=80),
            "characters": st.column_config.NumberColumn(format="localized", width=80),
        },
        alt="Rows of the data set that pass the filter",
    )
    return list(event["selection"]["rows"])


def show_pagination(num_pages: int, page: int) -> None:
    """Show the pages; the chosen one goes into the URL."""
    key = f"explore.page.{page}.{num_pages}"  # another page is another field, for its default
    st.pagination(num_pages, default=page, key=key, on_change=_remember_page, args=(key,))


def offer_version(rows: RowTable, wanted: RowFilter, counts: Counts) -> None:
    """Offer to make a version of the rows that pass."""
    info = rows.info
    with st.popover("Make a version of these rows", icon=":material/content_cut:"):
        if info.num_examples > MAX_ROWS_TO_CUT:
            st.text(f"Only data sets of at most {MAX_ROWS_TO_CUT:,} rows can be cut here.")
            return
        reason = st.text_input("Reason", describe_filter(wanted)[:200], max_chars=200)
        make = st.button(f"Make a version of {plural(counts.total, 'row')}", type="primary")
    if make:
        smaller = keep_rows(state.dataset(info.fingerprint), rows.positions(wanted, Order()))
        made = state.dataset_store().derive(info, smaller, reason)
        clear()
        state.set_parameter("dataset", made.dataset_id)
        st.toast(f"Made version {made.version} of {label(made.name)}.")
        st.rerun()


def offer_evaluation(info: DatasetInfo) -> None:
    """Lead to the figures of the newest finished run on the rows that pass, if there is one."""
    run = next((run for run in runs_on(state.workspace(), info) if run.has_model), None)
    if run is None:
        return
    view = {"run": run.run_id, "panel": "Slices", "slices": "By column", "slices_by": DATA_FILTER}
    controls.link(
        "pages/evaluation.py",
        "Evaluate a run on these rows",
        icon=":material/grid_on:",
        **view,
        **filter_parameters(),
    )


def show_nothing_found(info: DatasetInfo) -> None:
    """Say that no row passes, and offer the way back."""
    st.caption(f"0 rows of {info.num_examples:,}")
    with st.container(border=True):
        st.text("No row passes all of these filters.")
        st.button("Clear filters", on_click=clear, key="explore.clear", type="primary")


def _page_number() -> int:
    wanted = state.parameter("data_page", "1")
    return max(int(wanted), 1) if wanted.isdecimal() and len(wanted) < 10 else 1


def _remember_page(key: str) -> None:
    page = st.session_state[key]
    state.set_parameter("data_page", str(page) if page > 1 else None)


def _alignment(records: list[dict[str, Any]]) -> Any:
    """Return the side where most of the texts begin."""
    from_right = sum(is_right_to_left(record["text"]) for record in records)
    return "right" if 2 * from_right > len(records) else "left"
