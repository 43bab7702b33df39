"""Over the split: what every head does on many texts, and what each of them looks at."""

import streamlit as st

from pages._app import controls, explanation_heads_cache, state
from pages._app.explanation_one_head import show_head
from pages._app.head_choice import chosen_head, show_grid, show_table
from pages._app.job_view import offer_job
from pages._app.sample_choice import choose_sample, rows_read
from pages._app.saving import note
from textcls_core.explanation.head_job import NUM_TEXTS, SURVEY_ENTRY
from textcls_core.explanation.head_report import HeadReport
from textcls_core.explanation.head_titles import (
    MEANINGS,
    STATISTICS,
    TITLES,
    Statistic,
    is_share,
    written,
)
from textcls_core.explanation.looked_at import note_on_heads
from textcls_core.reporting.explanation_page import Sentence
from textcls_core.runs.run import Run
from textcls_core.wording import plural

_SIZES = (50, NUM_TEXTS, 1_000)
_PLACE = "heads_at"


def show_split(run: Run, _text: str) -> None:
    """Show what every head does on a sample of a split, or offer to look.

    Args:
        run: A finished run.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = controls.choose_split(run)
        total = len(run.predictions(split).row_ids)
        num_texts = choose_sample("heads_texts", "Rows read", _SIZES, NUM_TEXTS, total, width=140)
        by = _choose_statistic()
    arguments = explanation_heads_cache.survey_of(run, split, num_texts)
    report = explanation_heads_cache.survey(arguments)
    if report is None:
        st.markdown(
            f"What does every head do, not on the text above but on "
            f"{rows_read(num_texts, total, split)}? {NUM_TEXTS} rows take a minute or a few on two "
            "cores; you can leave the page meanwhile."
        )
        count = plural(num_texts, "row")
        offer_job(SURVEY_ENTRY, arguments, f"Look at {count}", key="heads.survey")
        return
    blank = num_texts - report.num_texts
    left_out = f", {blank:,} of them blank and left out" if blank else ""
    _show_report(run, rows_read(num_texts, total, split) + left_out, report, by)


def _choose_statistic() -> Statistic:
    chosen = state.choose("split_by", "Heads by", TITLES, default=STATISTICS[0], width=220)
    return next(known for known in STATISTICS if known == chosen)


def _show_report(run: Run, rows: str, report: HeadReport, by: Statistic) -> None:
    records, spread = report.records(by), report.statistics[by]
    place = chosen_head(_PLACE, spread, records)
    read = f"Means over {rows}. {MEANINGS[by]} {note_on_heads(run.config)}".strip()
    note(Sentence(read))
    st.caption(f"{read} The text above is not meant. Click a head to see what it looks at.")
    unit = " in %" if is_share(by) else ""
    show_grid(
        _PLACE,
        spread,
        f"{TITLES[by].lower()}, mean{unit}",
        lambda value: written(by, value).removesuffix(" %"),
        place,
    )
    number = st.column_config.NumberColumn
    columns = {
        TITLES[name]: number(format="%.1f %%" if is_share(name) else "%.2f") for name in STATISTICS
    }
    columns["mostly"] = st.column_config.TextColumn(width=210)
    summary = f"Every head with all statistics, sorted by {TITLES[by].lower()}"
    show_table(_PLACE, records, columns, summary)
    show_head(run, report, by, place)
