"""Attributions: which words speak for a class, and which against it."""

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._app import controls, explanation_cache, saving, state
from pages._app.explanation_prediction import show_prediction
from pages._app.text import escape, label
from pages._app.words_text import attribution_text
from textcls_core.charts.explanation import attribution_chart
from textcls_core.errors import InvalidArgumentError
from textcls_core.explanation.attribution import Attribution
from textcls_core.explanation.default_label import NO_ANSWER, DefaultLabel
from textcls_core.explanation.looked_at import LookedAt
from textcls_core.explanation.methods import MEANINGS, METHODS, TITLES, Method
from textcls_core.reporting.explanation_page import Fact, Sentence
from textcls_core.runs.run import Run
from textcls_core.wording import shorten

NOTE = (
    "An attribution describes this model and this text. Methods can disagree: Trust measures which "
    "of them to believe on this model."
)
_TABLE_HEIGHT = 380
_WIDTH = 210
"""Of a choice in pixels: the longest name of a method fits."""


def show_attributions(run: Run, text: str, place: DeltaGenerator) -> None:
    """Show how much each word speaks for a class, on the text and as bars.

    Args:
        run: A finished run.
        text: What it reads.
        place: Where the prediction stands.
    """
    names = label_names(run)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = choose_method()
        classes = {"": "the predicted class", **names}
        wanted = state.choose("label", "Explain", classes, default="", width=_WIDTH)
        others = {"": "nothing", **names}
        against = state.choose("against", "Compared with", others, default="", width=_WIDTH)
        by_token = st.toggle("Show sub-tokens", key="attribution.tokens")
    try:
        found = explanation_cache.attribution(run, text, method, wanted, against)
    except InvalidArgumentError as error:
        st.warning(escape(str(error)))
        return
    read = found.read
    shares = dict(zip(found.label_names, found.probabilities.tolist(), strict=True))
    with place:
        show_prediction(run, text, shares, LookedAt(len(read.tokens), read.num_cut, run.config))
    _explain(found, method)
    say_if_no_answer(found.predicted)
    words = read.tokens if by_token else read.words
    scores = (found.scores if by_token else found.word_scores).tolist()
    special = read.special(by_token=by_token)
    attribution_text(words, scores, special)
    _show_bars(found, words, scores, special)
    st.info(NOTE, icon=":material/info:")


def choose_method() -> Method:
    """Return how attributions are computed: one choice for all views that show them."""
    chosen = state.choose("method", "Method", TITLES, default=METHODS[0], width=_WIDTH)
    return next(known for known in METHODS if known == chosen)


def say_if_no_answer(predicted: DefaultLabel) -> None:
    """Say that there is no answer to explain, if there is none."""
    if not predicted.is_answer:
        saving.caption(NO_ANSWER)


def label_names(run: Run) -> dict[str, str]:
    """Return the classes of a run with the labels to show."""
    names = run.predictions(run.splits[0]).label_names
    return {name: shorten(name, 40) for name in names}


def _explain(found: Attribution, method: Method) -> None:
    """Say what is explained, how to read the colours, and how exact it is."""
    against = f" rather than {label(found.against, 40)}" if found.against else ""
    what = found.label + (f" rather than {found.against}" if found.against else "")
    saving.note(
        Fact("Method", TITLES[method]),
        Fact("Explained", what),
        Sentence(f"Orange words raise the score of {what}, blue words lower it."),
        Sentence(f"{MEANINGS[method]} {NOTE}"),
    )
    st.subheader(f"What speaks for {label(found.label, 40)}{against}", anchor=False)
    st.caption(
        f"Orange words raise the score of {label(found.label, 40)}{against}, blue words lower it. "
        f"{MEANINGS[method]}"
    )
    if found.exactness is not None:
        show = st.caption if found.exactness.is_reliable else st.warning
        show(found.exactness.sentence)


def _show_bars(
    found: Attribution, words: Sequence[str], scores: list[float], special: list[bool]
) -> None:
    """Show the strongest words as bars, and all of them as a table."""
    ordinary = [row for row in zip(words, scores, special, strict=True) if not row[2]]
    strongest = sorted(ordinary, key=lambda row: -abs(row[1]))
    ranked: list[dict[str, Any]] = [{"word": word, "score": score} for word, score, _ in strongest]
    if not ranked:
        return
    saving.chart(
        attribution_chart(ranked, found.label, found.against),
        config=controls.NO_TOOLBAR,
        alt=f"The strongest word is {ranked[0]['word']} with {ranked[0]['score']:+.2f}",
    )
    with st.expander("As a table"):
        st.dataframe(
            ranked,
            hide_index=True,
            height=controls.table_height(len(ranked), _TABLE_HEIGHT),
            column_config={"score": st.column_config.NumberColumn(format="%+.4f")},
            alt="Every word with its score, the strongest first",
        )
