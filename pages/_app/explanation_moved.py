"""Before and after training: how far every head moved away from the pretrained model."""

import streamlit as st

from pages._app import controls, explanation_heads_cache
from pages._app.explanation_moved_row import show_before_and_after
from pages._app.explanation_one_head import choose_row
from pages._app.head_choice import chosen_head, show_grid, show_table
from pages._app.job_view import offer_job
from pages._app.sample_choice import rows_read
from pages._app.saving import caption, heading
from pages._app.text import label
from textcls_core.explanation.head_job import MOVED_ENTRY, NUM_MOVED_TEXTS
from textcls_core.explanation.head_report import MovedReport
from textcls_core.explanation.looked_at import note_on_heads
from textcls_core.runs.run import Run
from textcls_core.wording import plural, shorten

_PLACE = "moved_at"
_HOW = (
    "Both models read the same tokens. Moved is the Jensen-Shannon divergence of where a token "
    "looks before and after, in bits, mean over the words of a text and over the texts: 0 is "
    "unchanged, 1 means that both look at entirely different tokens."
)


def show_moved(run: Run) -> None:
    """Show how far every head moved in training, or offer to measure it.

    Args:
        run: A finished run.
    """
    split = controls.choose_split(run)
    arguments = explanation_heads_cache.moved_of(run, split, NUM_MOVED_TEXTS)
    report = explanation_heads_cache.moved(arguments)
    if report is None:
        count = plural(len(arguments["row_ids"]), "text")
        st.markdown(
            f"How far did training move every head away from {label(run.config.model, 60)}? "
            f"Both models read {count} of the {split} rows, a minute or so on two cores; you can "
            "leave the page meanwhile. The pretrained model has to be there still."
        )
        st.caption(_HOW)
        offer_job(MOVED_ENTRY, arguments, f"Compare on {count}", key="heads.moved")
        return
    total = len(run.predictions(split).row_ids)
    _show_report(run, report, rows_read(len(arguments["row_ids"]), total, split))


def _show_report(run: Run, report: MovedReport, read: str) -> None:
    records = report.records()
    layer, head = chosen_head(_PLACE, report.moved, records)
    heading(report.verdict)
    long_texts = note_on_heads(run.config)
    caption(f"Against {shorten(report.base, 60)}, on {read}. {_HOW} {long_texts}".strip())
    show_grid(_PLACE, report.moved, "moved, in bits", "{:.2f}".format, (layer, head))
    table, rows = controls.panels()
    with table:
        number = st.column_config.NumberColumn
        columns = {
            "moved": number(format="%.3f"),
            "deviation": number("standard deviation", format="%.3f"),
        }
        show_table(_PLACE, records, columns, "Every head with how far it moved")
    with rows:
        st.markdown(f"**Layer {layer + 1}, head {head + 1}: rows on which it moved most**")
        st.caption("Select a row to see where this head looks in it, before and after.")
        found = report.example_rows(layer, head)
        chosen = choose_row(run, found, f"{_PLACE}.rows.{run.run_id}.{layer}.{head}")
    if chosen is not None:
        show_before_and_after(run, chosen, (layer, head))
