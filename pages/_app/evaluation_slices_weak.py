"""The weak slices that the finder found, and how many it tried."""

import streamlit as st

from pages._app import evaluation_slices_cache as cache
from pages._app.evaluation_slices_table import (
    NEEDED,
    choose_label,
    repeats_note,
    show_measured,
)
from textcls_core.dataset.languages import MAX_LANGUAGE_ROWS
from textcls_core.dataset.text_dataset import Split
from textcls_core.runs.measured_slices import FoundSlices
from textcls_core.runs.run import Run
from textcls_core.runs.slice_rows import SliceRows
from textcls_core.wording import plural


def show_weak(run: Run, split: Split) -> None:
    """Show what the finder found, or that it found nothing and what that means."""
    key = cache.key_of(run, split)
    rows = cache.rows_of(key)
    chosen = choose_label(rows)
    embeddings = cache.stored_embeddings(run)
    found = cache.weak_slices(key, chosen or "", embeddings)
    st.markdown(_summary(found))
    if found.slices:
        show_measured(run, split, found.slices, chosen, "weak", of_one_property=False)
    st.caption(
        "A weak slice says where the model fails, not why. At most 5 % of what is listed is "
        f"expected to be chance.{repeats_note(rows)}"
    )
    with st.expander("How weak slices are found"):
        st.markdown(_explanation(rows, has_clusters=bool(embeddings)))


def _summary(found: FoundSlices) -> str:
    tried = (
        f"**{plural(found.num_weak, 'weak slice')}** among {found.num_tried:,} tried: "
        f"{plural(found.num_single, 'condition')} alone and {plural(found.num_pairs, 'pair')}."
    )
    if found.num_similar:
        tried += f" {found.num_similar:,} with nearly the same rows as a listed one left out."
    if found.num_further:
        tried += f" {found.num_further:,} further down left out."
    if found.slices:
        return tried
    return (
        f"{tried} No slice has more mistakes than chance explains. With more rows, smaller "
        "differences would show."
    )


def _explanation(rows: SliceRows, *, has_clusters: bool) -> str:
    searched = "classes, length in words, truncation, languages and all further columns"
    if len(rows) > MAX_LANGUAGE_ROWS:
        searched = "classes, length in words, truncation and all further columns"
    clusters = " and clusters" if has_clusters else ""
    without = "" if has_clusters else " With embeddings (Data page, Map) clusters are searched too."
    return (
        f"Searched: {searched}{clusters}, alone and two together. The surest and largest "
        "differences come first. A pair is listed only if it is also weaker than the other rows of "
        "each of its conditions. The chance of so many mistakes is that of Fisher's exact test, "
        "adjusted by Benjamini and Hochberg for all slices tried, not only for those listed. "
        f"{NEEDED}{without}"
    )
