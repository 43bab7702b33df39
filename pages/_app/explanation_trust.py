"""The trust meter: which explanation to believe on this model, on a sample and on one text."""

from typing import Any

import streamlit as st

from pages._app import controls, state
from pages._app.explanation_trust_text import (
    COMPREHENSIVENESS,
    SUFFICIENCY,
    show_scores,
    show_trust_on_text,
)
from pages._app.job_view import offer_job
from pages._app.sample_choice import choose_sample, rows_read
from pages._app.saving import note
from textcls_core.dataset.text_dataset import Split
from textcls_core.explanation.looked_at import note_on_trust
from textcls_core.explanation.methods import JUDGED_TITLES
from textcls_core.explanation.trust_job import (
    ENTRY,
    NUM_TEXTS,
    sample_rows,
    trust_arguments,
    trust_file,
)
from textcls_core.explanation.trust_report import NUM_EVALUATIONS, TrustReport
from textcls_core.reporting.explanation_page import Fact, Sentence, Table
from textcls_core.runs.run import Run
from textcls_core.wording import percent, plural

_SIZES = (NUM_TEXTS, 50, 200)
_HOW = (
    "Every method ranks the words of the same texts for the predicted class. Then the first words "
    "are taken out (1, 5, 10, 20 and 50 % of them): the more probability that costs, the better "
    "(comprehensiveness). Then only they are kept: the less that costs, the better (sufficiency). "
    "Both are means over these shares, the area over the perturbation curve (AOPC). Score is the "
    "first minus the second. The same is done with random orders, which is chance."
)
_UNTRAINED = (
    "Like untrained: rank correlation with the explanation of the same model before any training. "
    "A method near 1 would say the same whatever the model had learned."
)


def show_trust(run: Run) -> None:
    """Show how faithful every method was on a sample of a split and on one text, or measure it."""
    report = _show_sample(run)
    show_trust_on_text(run, report)


def _show_sample(run: Run) -> TrustReport | None:
    """Show what a sample says, or offer to measure it; return it if it is known."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        split = controls.choose_split(run)
        every = run.predictions(split).row_ids
        count = choose_sample("trust_texts", "Rows read", _SIZES, NUM_TEXTS, len(every), width=140)
    row_ids = sample_rows(every, count)
    fingerprint = run.config.dataset_fingerprint
    arguments = trust_arguments(run.require_model(), run.decision_key, fingerprint, row_ids)
    report = TrustReport.load(trust_file(state.workspace(), arguments))
    if report is None:
        _offer(run, arguments, split, len(row_ids))
        return None
    measured_on = f"{plural(report.num_texts, 'text')} of {rows_read(count, len(every), split)}"
    note(Fact("Measured on", measured_on))
    note(Sentence(report.verdict), Sentence(_HOW), Sentence(_UNTRAINED))
    st.subheader(report.verdict, anchor=False)
    st.caption(
        f"Measured on {measured_on}. {_HOW} LIME and SHAP read {NUM_EVALUATIONS} shortened texts "
        f"each, fewer than on Attributions. {note_on_trust(run.config)}"
    )
    show_scores(report, "trust.sample.scores")
    _show_methods(report)
    st.caption(
        f"{_UNTRAINED} Better than chance: share of the texts on which the score is above that of "
        f"random orders, {report.random_score:+.3f} on average."
    )
    with st.expander("How far the methods agree"):
        _show_agreement(report)
    return report


def _offer(run: Run, arguments: dict[str, Any], split: Split, num_texts: int) -> None:
    """Say what would be measured, and show the job or the button that starts it."""
    st.markdown(
        f"Which explanation is to be believed on this model? {len(JUDGED_TITLES)} methods are "
        f"compared on {plural(num_texts, 'text')} of the {split} rows. On two cores "
        f"{NUM_TEXTS} short texts take some minutes, long ones hours; you can leave the page "
        "meanwhile. "
        f"{note_on_trust(run.config)}"
    )
    offer_job(ENTRY, arguments, "Measure", key="trust.sample", icon=":material/speed:")
    st.caption(f"{_HOW} LIME and SHAP read {NUM_EVALUATIONS} shortened texts each.")


def _show_methods(report: TrustReport) -> None:
    records = [
        {
            "method": JUDGED_TITLES[found.method],
            "score": found.score,
            "95 % interval": _interval(found.interval),
            COMPREHENSIVENESS: found.comprehensiveness,
            SUFFICIENCY: found.sufficiency,
            "better than chance": percent(found.beats_random, 0),
            "like untrained": found.like_untrained,
        }
        for found in report.judgements
    ]
    note(Table("Methods", records))
    figures = ("score", COMPREHENSIVENESS, SUFFICIENCY, "like untrained")
    number = st.column_config.NumberColumn(format="%.3f")
    st.dataframe(
        records,
        hide_index=True,
        height=controls.table_height(len(records), 400),
        column_config=dict.fromkeys(figures, number),
        alt="Every method with its faithfulness, the most faithful first",
    )


def _interval(interval: tuple[float, float] | None) -> str:
    return "" if interval is None else f"{interval[0]:.3f} to {interval[1]:.3f}"


def _show_agreement(report: TrustReport) -> None:
    titles = [JUDGED_TITLES[found.method] for found in report.judgements]
    st.caption(
        "Rank correlation of the words between two methods, mean over the texts: 1 is the same "
        f"order, 0 no relation. {plural(report.num_texts, 'text')} give a rough idea."
    )
    st.dataframe(
        [
            {"method": title, **dict(zip(titles, row, strict=True))}
            for title, row in zip(titles, report.agreement, strict=True)
        ],
        hide_index=True,
        column_config=dict.fromkeys(titles, st.column_config.NumberColumn(format="%.2f")),
        alt="How far each pair of methods agrees",
    )
