"""Overview of a data set: class balance, lengths with the cut-off, what was noticed, baselines."""

import streamlit as st

from pages._app import controls, dataset_cache, state
from pages._app.audit_figures import show_mixes
from pages._app.baselines import show_dataset_baselines
from pages._app.text import escape
from textcls_core.charts.dataset import class_counts_chart, lengths_chart
from textcls_core.dataset.findings import Finding
from textcls_core.dataset.statistics import class_table
from textcls_core.dataset.store import DatasetInfo
from textcls_core.errors import ModelError
from textcls_core.models.catalogue import EMBEDDED
from textcls_core.models.token_lengths import share_cut_off
from textcls_core.wording import percent, plural

_ICONS = {"info": ":material/info:", "warning": ":material/warning:", "error": ":material/error:"}
_LENGTHS = ("32", "64", "96", "128", "192", "256", "384", "512")
_DEFAULT_LENGTH = "256"
_MIXES = "data_languages"


def show_overview(info: DatasetInfo) -> None:
    """Show class balance, lengths with the cut-off, what was noticed, and the baselines."""
    left, right = controls.panels()
    with left:
        with st.container(border=True):
            show_balance(info)
        show_scripts_and_languages(info)
        show_findings(info.findings)
    with right, st.container(border=True):
        show_lengths(info)
    if info.label_names:
        show_dataset_baselines(info.fingerprint)


def choose_model() -> tuple[str, int]:
    """Return the model and the `max_length` that tokens are counted for, with their fields."""
    model = state.search("data_model", "Tokens of model", EMBEDDED, icon=":material/token:")
    limit = state.choose(
        "data_max_length",
        "Cut off at (max_length)",
        _LENGTHS,
        default=_DEFAULT_LENGTH,
        draw=st.select_slider,
    )
    return model, int(limit)


def show_balance(info: DatasetInfo) -> None:
    """Show the rows per class and split."""
    if not info.label_names:
        st.info(
            "No row has a label yet. Rows can be labelled on the Mistakes page under Label next, "
            "for the data set of a run."
        )
        return
    counts = dataset_cache.statistics(info.fingerprint).class_counts
    figure = class_counts_chart(info.label_names, counts)
    st.plotly_chart(figure, config=controls.NO_TOOLBAR, alt="Rows per class and split")
    controls.table_twin(class_table(info.label_names, counts), "Rows per class and split")


def show_lengths(info: DatasetInfo) -> None:
    """Show lengths in words, or in tokens of a model with the share it would cut off."""
    unit = state.choose(
        "data_unit", "Length in", ["tokens", "words"], default="tokens", draw=st.segmented_control
    )
    if unit == "words":
        lengths = dataset_cache.word_lengths(info.fingerprint)
        figure = lengths_chart(lengths, "words")
        st.plotly_chart(figure, config=controls.NO_TOOLBAR, alt="Text lengths in words")
        st.caption(_sampled(len(lengths), info))
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model, limit = choose_model()
    try:
        lengths = state.token_lengths(info.fingerprint, model)
    except ModelError as error:
        st.warning(escape(str(error)))
        return
    figure = lengths_chart(lengths, "tokens", limit)
    st.plotly_chart(figure, config=controls.NO_TOOLBAR, alt="Text lengths in tokens")
    of_texts, of_tokens = share_cut_off(lengths, limit)
    st.caption(
        f"At {limit} tokens, {percent(of_texts)} of the texts lose their end: "
        f"{percent(of_tokens)} of all tokens are never read. {_sampled(len(lengths), info)}"
    )


def show_scripts_and_languages(info: DatasetInfo) -> None:
    """Show which scripts and languages the texts are in, when asked to."""
    asked = state.parameter(_MIXES) == info.dataset_id
    if not asked and not st.button("Show scripts and languages", icon=":material/translate:"):
        return
    state.set_parameter(_MIXES, info.dataset_id)
    with st.container(border=True):
        show_mixes(dataset_cache.mixes(info.fingerprint))


def show_findings(findings: tuple[Finding, ...]) -> None:
    """Show what was noticed when the data set was made."""
    st.subheader("What was noticed", anchor=False)
    for finding in findings:
        st.markdown(f"{_ICONS[finding.severity]} {escape(finding.message)}")
        if finding.examples:
            st.caption(escape("For example: " + "; ".join(finding.examples)))


def cut_off_card(info: DatasetInfo) -> tuple[str, str, str]:
    """Return the card of the share of texts that the chosen model cuts off."""
    model = state.parameter("data_model", EMBEDDED)
    limit = state.parameter("data_max_length", _DEFAULT_LENGTH)
    if limit not in _LENGTHS:
        limit = _DEFAULT_LENGTH
    try:
        lengths = state.token_lengths(info.fingerprint, model)
    except ModelError:
        return f"Cut off at {limit}", "unknown", "tokens of this model cannot be counted"
    of_texts, of_tokens = share_cut_off(lengths, int(limit))
    return f"Cut off at {limit}", percent(of_texts), f"{percent(of_tokens)} of tokens"


def _sampled(count: int, info: DatasetInfo) -> str:
    if count == info.num_examples:
        return ""
    return f"Measured on {plural(count, 'text')} drawn from {info.num_examples:,}."
