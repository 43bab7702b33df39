"""Over the split: what every head does on many texts, and what each of them looks at."""

import streamlit as st

from pages._app import controls, explanation_heads_cache, state
from pages._app.evaluation_cell import new_click
from pages._app.explanation_one_head import show_head
from pages._app.job_view import offer_job
from textcls_core.charts.explanation_heads import clicked_head, head_map
from textcls_core.dataset.text_dataset import Split
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
from textcls_core.runs.run import Run
from textcls_core.wording import plural

_SIZES = ("50", str(NUM_TEXTS), "1000")
_CHART, _TABLE, _PLACE = "heads.map", "heads.table", "heads_at"
_TABLE_HEIGHT = 320


def show_split(run: Run, _text: str) -> None:
    """Show what every head does on a sample of a split, or offer to look.

    Args:
        run: A finished run.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = controls.choose_split(run)
        num_texts = _choose_size()
        by = _choose_statistic()
    arguments = explanation_heads_cache.survey_of(run, split, num_texts)
    report = explanation_heads_cache.survey(arguments)
    if report is None:
        count = plural(len(arguments["row_ids"]), "text")
        st.markdown(
            f"What does every head do, not on the text above but on {count} of the {split} rows? "
            "It takes a minute or a few on two cores; you can leave the page meanwhile."
        )
        offer_job(SURVEY_ENTRY, arguments, f"Look at {count}", key="heads.survey")
        return
    _show_report(run, split, report, by)


def _choose_size() -> int:
    labels = {size: f"{int(size):,} texts" for size in _SIZES}
    return int(state.choose("heads_texts", "Sample", labels, default=str(NUM_TEXTS), width=140))


def _choose_statistic() -> Statistic:
    chosen = state.choose("heads_by", "Heads by", TITLES, default=STATISTICS[0], width=220)
    return next(known for known in STATISTICS if known == chosen)


def _show_report(run: Run, split: Split, report: HeadReport, by: Statistic) -> None:
    records = report.records(by)
    _take_clicks(records)
    place = _place(report, by)
    total = len(run.predictions(split).row_ids)
    st.caption(
        f"Means over {plural(report.num_texts, 'text')}, a random sample of {total:,} {split} "
        f"rows, and not the text above. {MEANINGS[by]} Click a head to see what it looks at."
    )
    st.plotly_chart(
        head_map(
            report.statistics[by].means,
            f"{TITLES[by].lower()}, mean",
            lambda value: written(by, value).removesuffix(" %"),
            selected=place,
            is_dark=state.theme() == "dark",
        ),
        key=_CHART,
        on_select="rerun",
        selection_mode="points",
        config=controls.NO_TOOLBAR,
        alt=f"{TITLES[by]} of every head: a row is a layer",
    )
    _show_table(records, by)
    show_head(run, report, by, place)


def _show_table(records: list[dict[str, float | str]], by: Statistic) -> None:
    number = st.column_config.NumberColumn
    formats = {
        TITLES[name]: number(format="%.1f %%" if is_share(name) else "%.2f") for name in STATISTICS
    }
    st.dataframe(
        records,
        key=_TABLE,
        hide_index=True,
        height=controls.table_height(len(records), _TABLE_HEIGHT),
        column_config={"mostly": st.column_config.TextColumn(width=210), **formats},
        on_select="rerun",
        selection_mode="single-row",
        alt=f"Every head with all statistics; most {TITLES[by].lower()} first",
    )


def _take_clicks(records: list[dict[str, float | str]]) -> None:
    """Put a head that was clicked in the chart or in the table into the URL."""
    clicked = clicked_head(new_click(_CHART, "points"))
    if clicked is not None:
        state.set_parameter(_PLACE, f"{clicked[0] + 1}.{clicked[1] + 1}")
    row = new_click(_TABLE, "rows")
    if row is not None and row < len(records):
        state.set_parameter(_PLACE, f"{records[row]['layer']}.{records[row]['head']}")


def _place(report: HeadReport, by: Statistic) -> tuple[int, int]:
    """Return layer and head in the URL, from 0; those with most of the statistic without."""
    wanted = state.parameter(_PLACE)
    known = report.place(wanted)
    if wanted and known is None:
        state.ignore_parameter(_PLACE, "head")
    return known or report.first(by)
