"""Behavioural tests of a data set: a variant kept as one, and how runs do in all of them."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages._app import controls, state
from pages._app.annotating import author, newest_of
from pages._app.explanation_what_if_cache import verdicts
from pages._app.explanation_what_if_edit import PARAMETER, link_value
from pages._app.text import cells, escape, label
from textcls_core.errors import TextclsError
from textcls_core.mistakes.behaviour.exchange import export_tests, fitting_test
from textcls_core.mistakes.behaviour.judging import Said, Verdict, summary
from textcls_core.mistakes.behaviour.kinds import MAX_NOTE, BehaviourTest, Kind, checked_test
from textcls_core.mistakes.behaviour.store import BehaviourTests
from textcls_core.runs.run import Run
from textcls_core.runs.saved_slices import dataset_name
from textcls_core.wording import plural, shorten

_ASKS: dict[Kind, str] = {
    "label": "the answer must be",
    "same": "the same answer as the text as it is",
    "more": "more probability than the text as it is, of",
    "less": "less probability than the text as it is, of",
}
_RUN, _REMOVED, _SAID = "behaviour.run", "behaviour.removed", "behaviour.said"
_BESIDE = "behaviour_beside"
_TABLE_HEIGHT = 420


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
        _show_tests(run, tests, kept)
    else:
        _show_undo(tests)
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
    if st.session_state.get(_SAID):
        st.toast(escape(st.session_state.pop(_SAID)))


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
        st.session_state[_SAID] = str(error)
    else:
        st.session_state[_SAID] = "The test is kept." if is_new else "This test is there already."


def _show_tests(run: Run, tests: BehaviourTests, kept: Sequence[BehaviourTest]) -> None:
    """Show the tests, and how this run and another one do in them once that is asked for."""
    others = _other_runs(run, tests.dataset_name)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        run_now = st.button(
            f"Run {plural(len(kept), 'test')} on this run",
            icon=":material/play_arrow:",
            key="behaviour.run_now",
        )
        beside = ""
        if others:
            options = {"": "no other run"} | {
                run_id: controls.run_label(other) for run_id, other in others.items()
            }
            beside = state.choose(_BESIDE, "Beside", options, default="")
    if run_now:
        st.session_state[_RUN] = run.run_id
    found = None
    if st.session_state.get(_RUN) == run.run_id:
        found = verdicts(run, tests, is_open=True)
        st.markdown(f"**{summary(found)}**")
    second = verdicts(others[beside], tests, is_open=False) if beside else None
    if second is not None:
        st.caption(f"{label(others[beside].config.title, 60)}: {summary(second)}")
    _show_table(tests, kept, found, second)


def _other_runs(run: Run, name: str) -> dict[str, Run]:
    """Return the other finished runs on the same data set, the newest first."""
    return {
        other.run_id: other
        for other in state.run_store().runs()
        if other.has_model
        and other.run_id != run.run_id
        and dataset_name(state.workspace(), other) == name
    }


def _show_table(
    tests: BehaviourTests,
    kept: Sequence[BehaviourTest],
    found: Sequence[Verdict] | None,
    second: Sequence[Verdict] | None,
) -> None:
    columns = {
        "result": _results(found),
        "beside": _results(second),
        "text": cells([test.text for test in kept]),
        "expected": cells([test.expected for test in kept]),
        "got": None if found is None else [verdict.got for verdict in found],
        "original": cells([test.original for test in kept]),
        "note": cells([test.note for test in kept]),
    }
    shown = {name: column for name, column in columns.items() if column and any(column)}
    event = st.dataframe(
        [dict(zip(shown, row, strict=True)) for row in zip(*shown.values(), strict=True)],
        hide_index=True,
        height=controls.table_height(len(kept), _TABLE_HEIGHT),
        column_config={
            "result": st.column_config.TextColumn(width=80),
            "beside": st.column_config.TextColumn(width=80),
            "text": st.column_config.TextColumn(width="large"),
            "expected": st.column_config.TextColumn(width="medium"),
            "got": st.column_config.TextColumn(width="medium"),
        },
        on_select="rerun",
        selection_mode="multi-row",
        key=f"behaviour.table.{tests.stamp}",
        alt="Every behavioural test with what is expected and what the run said",
    )
    chosen = [kept[row].test_id for row in event["selection"]["rows"] if row < len(kept)]
    with st.container(horizontal=True):
        st.button(
            f"Remove {plural(len(chosen), 'test')}" if chosen else "Remove",
            icon=":material/delete:",
            disabled=not chosen,
            key="behaviour.remove",
            help="Select tests in the table first.",
            on_click=_remove,
            args=(tests, chosen),
        )
        _show_undo(tests)
        st.download_button(
            "Download",
            lambda: export_tests(kept),
            file_name="behaviour.jsonl",
            icon=":material/download:",
            on_click="ignore",
            key="behaviour.download",
        )


def _results(found: Sequence[Verdict] | None) -> list[str] | None:
    if found is None:
        return None
    return ["✓ passes" if verdict.passes else "✕ fails" for verdict in found]


def _remove(tests: BehaviourTests, test_ids: list[str]) -> None:
    """Take tests away and remember them for Undo."""
    try:
        tests.remove(test_ids)
    except TextclsError as error:
        st.session_state[_SAID] = str(error)
    else:
        removed = st.session_state.get(_REMOVED, [])
        st.session_state[_REMOVED] = [*removed, [tests.dataset_name, test_ids]]


def _show_undo(tests: BehaviourTests) -> None:
    if any(name == tests.dataset_name for name, _ in st.session_state.get(_REMOVED, [])):
        st.button(
            "Undo removal",
            icon=":material/undo:",
            key="behaviour.undo",
            on_click=_restore,
            args=(tests,),
        )


def _restore(tests: BehaviourTests) -> None:
    """Bring back what this session removed last from this data set."""
    removed = st.session_state.get(_REMOVED, [])
    last = max(place for place, (name, _) in enumerate(removed) if name == tests.dataset_name)
    try:
        tests.restore(removed[last][1])
    except TextclsError as error:
        st.session_state[_SAID] = str(error)
    else:
        st.session_state[_REMOVED] = [*removed[:last], *removed[last + 1 :]]


def _show_others(run: Run, text: str, variant: str) -> None:
    """Lead to the same text and variant under another run."""
    name = dataset_name(state.workspace(), run)
    others = _other_runs(run, name)
    other = others.get(state.parameter(_BESIDE)) or next(iter(others.values()), None)
    if other is None:
        return
    link = {"run": other.run_id, "panel": "What if"}
    if state.parameter("row"):
        link["row"] = state.parameter("row")
    if variant != text and state.parameter(PARAMETER):
        link[PARAMETER] = link_value(text, variant)
    st.page_link(
        "pages/explanation.py",
        label=f"The same text and variant under {label(controls.run_label(other), 60)}",
        icon=":material/compare_arrows:",
        query_params=link,
    )
