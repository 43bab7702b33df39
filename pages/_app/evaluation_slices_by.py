"""Slices by one property of the rows, or by the filter of the Data page."""

from collections.abc import Sequence

import streamlit as st

from pages._app import evaluation_slices_cache as cache
from pages._app import state
from pages._app.dataset_filters import DATA_FILTER, read_filter
from pages._app.evaluation_slices_table import (
    NEEDED,
    choose_label,
    repeats_note,
    show_measured,
)
from pages._app.text import escape
from textcls_core.arrays import Mask
from textcls_core.dataset.languages import MAX_LANGUAGE_ROWS
from textcls_core.dataset.text_dataset import Split
from textcls_core.embeddings.clusters import CLUSTER, CLUSTER_TITLE
from textcls_core.errors import TextclsError
from textcls_core.evaluation.by_task import right_rows
from textcls_core.runs.facets import facet_names
from textcls_core.runs.measured_slices import (
    MeasuredSlice,
    measure_conditions,
    measure_facet,
    weakest_first,
)
from textcls_core.runs.run import Run
from textcls_core.runs.slice_conditions import Condition, conditions_of
from textcls_core.runs.slice_rows import SliceRows
from textcls_core.wording import plural, shorten


def show_by(run: Run, split: Split) -> None:
    """Show the slices of the property in the URL, and the rows of the one that is picked."""
    key = cache.key_of(run, split)
    rows = cache.rows_of(key)
    wanted = _data_filter(run)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = _choose_property(rows, wanted)
        chosen = choose_label(rows)
    right = right_rows(rows.predictions, chosen)
    try:
        measured, note = _measured(run, split, rows, name, wanted, right)
    except TextclsError as error:
        st.info(escape(str(error)), icon=":material/info:")
        return
    show_measured(run, split, measured, chosen, name, of_one_property=name != DATA_FILTER)
    st.caption(
        "“Weaker” means more mistakes than chance explains, with at most 5 % false alarms among "
        "the slices so marked: Fisher's exact test against all other rows, adjusted by Benjamini "
        f"and Hochberg. {NEEDED}{repeats_note(rows)}{note}"
    )


def _choose_property(rows: SliceRows, wanted: Sequence[Condition]) -> str:
    names = {name: shorten(title, 40) for name, title in facet_names(rows).items()}
    names = {**names, CLUSTER: CLUSTER_TITLE} if CLUSTER not in names else names
    if wanted:
        names[DATA_FILTER] = "The filter of the Data page"
    return state.choose("slices_by", "Cut the rows by", names, default="class")


def _data_filter(run: Run) -> tuple[Condition, ...]:
    """Return what the filter of the Data page asks for, if one is set there."""
    info = state.dataset_store().get(run.config.dataset_fingerprint)
    return () if info is None else conditions_of(read_filter(info))


def _measured(
    run: Run,
    split: Split,
    rows: SliceRows,
    name: str,
    wanted: Sequence[Condition],
    right: Mask,
) -> tuple[list[MeasuredSlice], str]:
    """Return the slices, and what to know about how they were made.

    Raises:
        TextclsError: If they cannot be made.
    """
    if name == DATA_FILTER:
        return [measure_conditions(rows, wanted, right)], ""
    embeddings = cache.stored_embeddings(run) if name == CLUSTER else ""
    facet = cache.facet(cache.key_of(run, split), name, embeddings)
    measured = weakest_first(measure_facet(rows, facet, right))
    return measured, _note(name, rows, facet.num_more_values)


def _note(name: str, rows: SliceRows, num_more_values: int) -> str:
    if name == "language" and len(rows) > MAX_LANGUAGE_ROWS:
        return f" Languages are told for a random sample of {MAX_LANGUAGE_ROWS:,} rows."
    if num_more_values:
        return f" {plural(num_more_values, 'rarer value')} of this column not shown."
    return ""
