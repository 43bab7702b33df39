"""The trust meter on one text: which explanation names the words that matter in it."""

import streamlit as st

from pages._app import controls, state
from pages._app.explanation_text import choose_text
from pages._app.job_view import offer_job
from pages._app.saving import chart, note
from textcls_core.charts.explanation_trust import trust_chart
from textcls_core.explanation.looked_at import note_on_trust
from textcls_core.explanation.methods import JUDGED_TITLES
from textcls_core.explanation.trust_job import ENTRY, text_arguments, trust_file
from textcls_core.explanation.trust_report import TrustReport
from textcls_core.reporting.explanation_page import Fact, Sentence, Table
from textcls_core.runs.run import Run
from textcls_core.wording import percent

COMPREHENSIVENESS, SUFFICIENCY = "comprehensiveness (AOPC)", "sufficiency (AOPC)"


def show_trust_on_text(run: Run, sample: TrustReport | None) -> None:
    """Ask for a text, and show how faithful every method is on it, or offer to measure it.

    Args:
        run: A finished run.
        sample: What a sample of the split says, to stand beside it.
    """
    st.subheader("On one text", anchor=False)
    text = choose_text(run)
    if not text.strip():
        st.caption("Type or paste a text to judge the methods on.")
        return
    arguments = text_arguments(run.require_model(), run.decision_key, text)
    report = TrustReport.load(trust_file(state.workspace(), arguments))
    if report is None:
        button = "Judge the methods on this text"
        offer_job(ENTRY, arguments, button, key="trust.text", kind="secondary")
        return
    note(Fact("Text", text), Sentence(report.verdict))
    st.markdown(f"**{report.verdict}**")
    show_scores(report, "trust.text.scores")
    _show_methods(report, sample)
    st.caption(
        f"Random orders of the words score {report.random_score:+.3f} here. A method that is good "
        "on the sample can still be wrong about one text, and the other way round. "
        f"{note_on_trust(run.config)}"
    )


def show_scores(report: TrustReport, key: str) -> None:
    """Draw the score of every method with its interval.

    Args:
        report: Of a sample or of one text.
        key: Of the chart.
    """
    best = report.judgements[0]
    chart(
        trust_chart(report),
        alt=f"{JUDGED_TITLES[best.method]} scores highest, {best.score:+.3f}; random orders of the "
        f"words score {report.random_score:+.3f}",
        config=controls.NO_TOOLBAR,
        key=key,
    )


def _show_methods(report: TrustReport, sample: TrustReport | None) -> None:
    on_sample = {found.method: found.score for found in sample.judgements} if sample else {}
    records = [
        {
            "method": JUDGED_TITLES[found.method],
            "score": found.score,
            **({"on the sample": on_sample[found.method]} if found.method in on_sample else {}),
            COMPREHENSIVENESS: found.comprehensiveness,
            SUFFICIENCY: found.sufficiency,
            "like untrained": found.like_untrained,
            **_lost(report, found.taken_out),
        }
        for found in report.judgements
    ]
    note(Table("Methods on one text", records))
    number = st.column_config.NumberColumn(format="%.3f")
    st.dataframe(
        records,
        hide_index=True,
        height=controls.table_height(len(records), 400),
        column_config=dict.fromkeys([name for name in records[0] if name != "method"], number),
        alt="Every method with its faithfulness on this text, the most faithful first",
    )


def _lost(report: TrustReport, taken_out: tuple[float, ...]) -> dict[str, float]:
    """Return the probability that is lost without each share of the words, by column."""
    names = [f"without {percent(share, 0)}" for share in report.shares]
    return dict(zip(names, taken_out, strict=True))
