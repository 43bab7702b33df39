"""Behavioural tests of a data set: a variant kept as one, and how runs do in all of them."""

from typing import Any

import streamlit as st

from pages._app import controls, state
from pages._app.annotating import author, newest_of
from pages._app.explanation_behaviour_table import (
    BESIDE,
    SAID,
    other_runs,
    show_tests,
    show_undo,
)
from pages._app.explanation_what_if_edit import PARAMETER, link_value
from pages._app.text import escape, label
from textcls_core.errors import TextclsError
from textcls_core.mistakes.behaviour.exchange import fitting_test
from textcls_core.mistakes.behaviour.judging import Said
from textcls_core.mistakes.behaviour.kinds import MAX_NOTE, Kind, checked_test
from textcls_core.mistakes.behaviour.store import BehaviourTests
from textcls_core.runs.run import Run
from textcls_core.runs.saved_slices import dataset_name
from textcls_core.wording import shorten

_ASKS: dict[Kind, str] = {
    "label": "the answer must be",
    "same": "the same answer as the text as it is",
    "more": "more probability than the text as it is, of",
    "less": "less probability than the text as it is, of",
}


def show_behaviour(run: Run, text: str, variant: str, before: Said) -> None:
    """Offer to keep the variant as a test, and show the tests of the data set.

    Args:
        run: A finished run.
        text: The text as it is.
        variant: What it is compared with.
        before: What the model says about the text as it is.
    """
    tests = BehaviourTests.open(state.workspace(), dataset_name(state.workspace(), run))
    st.subheader(f"Behavioural tests of {label(tests.dataset_name, 60)}", anchor=False)
    st.caption(
        "A test says what every model of this data set must answer to a text. It stays when data "
        "and models change; run all of them against any run, here or with "
        "`python -m textcls_core behaviour run RUN`."
    )
    _offer_to_keep(run, tests, text, variant, before)
    kept = tests.all()
    if kept:
        show_tests(run, tests, kept)
    else:
        show_undo(tests)
    _show_others(run, text, variant)


def _offer_to_keep(run: Run, tests: BehaviourTests, text: str, variant: str, before: Said) -> None:
    kinds = _ASKS if variant != text else {"label": _ASKS["label"]}
    with st.container(border=True):
        what = "the variant" if variant != text else "the text as it is"
        st.markdown(f"**Keep {what} as a test**")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            kind = st.selectbox(
                "What is expected", list(kinds), format_func=kinds.__getitem__, key="behaviour.kind"
            )
            wanted: dict[str, Any] = {}
            if kind != "same":
                wanted["label"] = _choose_label(before)
            if kind in ("more", "less"):
                by = st.number_input("By points at least", 0, 99, key="behaviour.by")
                wanted["by"] = by / 100
            note = st.text_input(
                "Note", max_chars=MAX_NOTE, key="behaviour.note", placeholder="why this is expected"
            )
            original = "" if kind == "label" else text
            given = {"kind": kind, "text": variant, "original": original, "note": note}
            st.button(
                "Keep",
                icon=":material/bookmark_add:",
                key="behaviour.keep",
                on_click=_keep,
                args=(run, tests, {**given, **wanted, "author": author()}),
            )
    if st.session_state.get(SAID):
        st.toast(escape(st.session_state.pop(SAID)))


def _choose_label(before: Said) -> str:
    """Return the label that is spoken of; at first the answer to the text as it is."""
    names = list(before.probabilities)
    shown = state.distinct_labels({name: shorten(name, 40) for name in names})
    first = names.index(before.labels[0]) if before.labels else 0
    return str(
        st.selectbox(
            "Label", names, index=first, format_func=shown.__getitem__, key="behaviour.label"
        )
    )


def _keep(run: Run, tests: BehaviourTests, given: dict[str, Any]) -> None:
    """Keep a test, or say why it is none."""
    try:
        is_new = tests.add([fitting_test(checked_test(given), newest_of(run))])
    except TextclsError as error:
        st.session_state[SAID] = str(error)
    else:
        st.session_state[SAID] = "The test is kept." if is_new else "This test is there already."


def _show_others(run: Run, text: str, variant: str) -> None:
    """Lead to the same text and variant under another run."""
    name = dataset_name(state.workspace(), run)
    others = other_runs(run, name)
    other = others.get(state.parameter(BESIDE)) or next(iter(others.values()), None)
    if other is None:
        return
    view = {"run": other.run_id, "panel": "What if"}
    if state.parameter("row"):
        view["row"] = state.parameter("row")
    if variant != text and state.parameter(PARAMETER):
        view[PARAMETER] = link_value(text, variant)
    title = controls.run_labels({run.run_id: run, other.run_id: other})[other.run_id]
    controls.link(
        "pages/explanation.py",
        f"The same text and variant under {escape(title)}",
        icon=":material/compare_arrows:",
        **view,
    )
