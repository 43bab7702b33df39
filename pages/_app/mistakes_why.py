"""Why one example is a mistake: its causes with their evidence, and what to do about each."""

from typing import Any

import streamlit as st

from pages._app.mistakes_cache import triage_of
from pages._app.mistakes_causes import offer_triage
from pages._app.text import escape
from textcls_core.dataset.text_dataset import Split
from textcls_core.mistakes.causes.found import CAUSES, Action, FoundCause
from textcls_core.runs.run import Run

_ICONS: dict[Action, str] = {
    "correct_labels": ":material/label:",
    "read_more": ":material/content_cut:",
    "resolve_duplicates": ":material/content_copy:",
    "add_counterexamples": ":material/playlist_add:",
    "collect_rows": ":material/library_add:",
    "sharpen_classes": ":material/call_split:",
    "tune_decision": ":material/tune:",
    "change_tokenizer": ":material/translate:",
}


def show_why(run: Run, split: Split, row_id: str) -> None:
    """Show the likely causes of a mistake, or offer to look for those of all mistakes.

    Args:
        run: A finished run.
        split: One of its splits.
        row_id: A row that the run got wrong.
    """
    triage = triage_of(run, split)
    if triage is None:
        offer_triage(run, split, is_there=False)
        return
    found = triage.by_row.get(row_id, ())
    if not found:
        st.caption("No likely cause was found for this row.")
        return
    with st.container(horizontal=True, gap="small"):
        for one in found:
            _chip(one)
    for one in found:
        words = CAUSES[one.cause]
        said = f"**{words.title}.** {escape(one.evidence)}"
        st.caption(f"{said} **What helps:** {escape(words.advice)}")


def _chip(found: FoundCause) -> None:
    color: Any = "orange"
    words = CAUSES[found.cause]
    st.badge(words.title, icon=_ICONS[words.action], color=color)
