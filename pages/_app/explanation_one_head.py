"""One head over many texts: its figures, the words it looks at, and rows to see it at work."""

from typing import Literal

import streamlit as st

from pages._app import controls, state
from pages._app.text import cells
from textcls_core.explanation.head_report import KIND_TITLES, HeadReport, Place, WordShare
from textcls_core.explanation.head_titles import TITLES, Statistic, least_first
from textcls_core.runs.run import Run

_TABLE_HEIGHT = 330
_NUMBER = st.column_config.NumberColumn
_COLUMNS = {
    "places": _NUMBER(format="localized"),
    "share": _NUMBER(format="%.2f %%"),
    "times even": _NUMBER(format="%.1f ×"),  # noqa: RUF001 - a product
}
_MEASURES: dict[Literal["share", "times"], str] = {
    "share": "Most attention in all",
    "times": "Most attention for how often it stands",
}
_WORDS = (
    "Share: part of all attention that the words of the texts give. Times even: that part, "
    "compared with looking at every token alike; 1 is no preference. Places: how often it stands "
    "in the texts; words with fewer than five are left out."
)


def show_head(run: Run, report: HeadReport, by: Statistic, place: Place) -> None:
    """Show what one head does over the split.

    Args:
        run: A finished run.
        report: Its heads over a split.
        by: The statistic by which example rows are chosen.
        place: Layer and head, from 0.
    """
    layer, head = place
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(
            f"Layer {layer + 1}, head {head + 1} {report.role(layer, head)}",
            anchor=False,
            width="content",
        )
        if st.button("See it on the text above", icon=":material/arrow_upward:"):
            open_head(place, None)
    figures, kinds = controls.panels()
    with figures:
        st.dataframe(
            report.spread_records(layer, head),
            hide_index=True,
            alt="Every statistic of this head with its spread over the texts",
        )
    with kinds:
        _show_kinds(report, place)
    _show_words(report, place)
    _show_examples(run, report, by, place)


def _show_kinds(report: HeadReport, place: Place) -> None:
    records = [
        {
            "looks at": KIND_TITLES[found.kind],
            "places": found.count,
            "share": 100 * found.share,
            "times even": found.times,
        }
        for found in report.kinds[place[0]][place[1]]
    ]
    st.dataframe(
        records, hide_index=True, column_config=_COLUMNS, alt="What this head gives to each kind"
    )


def _show_words(report: HeadReport, place: Place) -> None:
    st.markdown("**Words it looks at**")
    st.caption(_WORDS)
    for panel, measure in zip(controls.panels(), _MEASURES, strict=True):
        with panel:
            st.caption(_MEASURES[measure])
            _show_word_table(report.words_by(measure, *place), _MEASURES[measure])


def _show_word_table(found: list[WordShare], summary: str) -> None:
    names = cells([one.word for one in found])
    records = [
        {"word": word, "places": one.count, "share": 100 * one.share, "times even": one.times}
        for word, one in zip(names, found, strict=True)
    ]
    st.dataframe(
        records,
        hide_index=True,
        height=controls.table_height(len(records), _TABLE_HEIGHT),
        column_config=_COLUMNS,
        alt=summary,
    )


def _show_examples(run: Run, report: HeadReport, by: Statistic, place: Place) -> None:
    """Show rows on which the head has most of the statistic, or least of entropy."""
    st.markdown("**Rows to see it at work**")
    amount = "Least" if least_first(by) else "Most"
    st.caption(
        f"{amount} {TITLES[by].lower()} of this head. Select a row to look at it with this head."
    )
    show_rows(run, report.example_rows(by, *place), place, f"heads.rows.{run.run_id}.{by}.{place}")


def show_rows(run: Run, row_ids: list[str], place: Place, key: str) -> None:
    """Show some rows; a selected one is opened on Heads with one head.

    Args:
        run: A finished run.
        row_ids: Of its data set.
        place: Layer and head, from 0.
        key: Of the table.
    """
    chosen = choose_row(run, row_ids, key)
    if chosen is not None:
        open_head(place, chosen)


def choose_row(run: Run, row_ids: list[str], key: str) -> str | None:
    """Show some rows that show a head at work; return the selected one.

    Args:
        run: A finished run.
        row_ids: Of its data set.
        key: Of the table.
    """
    rows = state.dataset(run.config.dataset_fingerprint)
    texts = rows.texts(rows.positions(row_ids))
    event = st.dataframe(
        {"row": row_ids, "text": cells(texts)},
        hide_index=True,
        column_config={"text": st.column_config.TextColumn(width="large")},
        on_select="rerun",
        selection_mode="single-row",
        key=key,
        alt="Rows that show this head at work",
    )
    return next((row_ids[position] for position in event["selection"]["rows"]), None)


def open_head(place: Place, row_id: str | None, window: int = 0) -> None:
    """Look at a text, or at a window of it, with one head in the first look."""
    if row_id is not None:
        state.set_parameter("row", row_id)
    state.set_parameter("layer", str(place[0]))
    state.set_parameter("head", str(place[1]))
    state.set_parameter("part", None)
    state.set_parameter("window", str(window) if window else None)
    state.set_parameter("look", None)
    state.set_parameter("panel", None)
    st.rerun()
