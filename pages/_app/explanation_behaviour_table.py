"""The table of behavioural tests: how this run and another one do, and taking tests away."""

from collections.abc import Sequence

import streamlit as st

from pages._app import controls, state
from pages._app.explanation_what_if_cache import verdicts
from pages._app.text import cells, label
from textcls_core.errors import TextclsError
from textcls_core.mistakes.behaviour.exchange import export_tests
from textcls_core.mistakes.behaviour.judging import Verdict, summary
from textcls_core.mistakes.behaviour.kinds import BehaviourTest
from textcls_core.mistakes.behaviour.store import BehaviourTests
from textcls_core.runs.run import Run
from textcls_core.runs.saved_slices import dataset_name
from textcls_core.wording import plural

SAID = "behaviour.said"
"""Session state: what is to be said of the last click."""
BESIDE = "behaviour_beside"
"""URL parameter: the run whose results stand beside those of the page's run."""
_RUN, _REMOVED = "behaviour.run", "behaviour.removed"
_TABLE_HEIGHT = 420
_WIDTHS = {
    "result": st.column_config.TextColumn(width=80),
    "beside": st.column_config.TextColumn(width=80),
    "text": st.column_config.TextColumn(width="large"),
    "expected": st.column_config.TextColumn(width="medium"),
    "got": st.column_config.TextColumn(width="medium"),
}


def show_tests(run: Run, tests: BehaviourTests, kept: Sequence[BehaviourTest]) -> None:
    """Show the tests, and how this run and another one do in them once that is asked for."""
    others = other_runs(run, tests.dataset_name)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        run_now = st.button(
            f"Run {plural(len(kept), 'test')} on this run",
            icon=":material/play_arrow:",
            key="behaviour.run_now",
        )
        beside = ""
        if others:
            options = {"": "no other run"} | controls.run_labels(others)
            beside = state.choose(BESIDE, "Beside", options, default="")
    if run_now:
        st.session_state[_RUN] = run.run_id
    found = None
    if st.session_state.get(_RUN) == run.run_id:
        found = verdicts(run, tests, is_open=True)
        st.markdown(f"**{summary(found)}**")
    # a link alone starts no tests: both runs wait for the button
    second = verdicts(others[beside], tests, is_open=False) if beside and found else None
    if any(len(one) != len(kept) for one in (found, second) if one is not None):
        st.rerun()  # somebody kept or removed a test meanwhile
    if second is not None:
        st.caption(f"{label(others[beside].config.title, 60)}: {summary(second)}")
    _show_table(tests, kept, found, second)


def other_runs(run: Run, name: str) -> dict[str, Run]:
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
    event = st.dataframe(
        _rows(kept, found, second),
        hide_index=True,
        height=controls.table_height(len(kept), _TABLE_HEIGHT),
        column_config=_WIDTHS,
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
        show_undo(tests)
        st.download_button(
            "Download",
            lambda: export_tests(kept),
            file_name="behaviour.jsonl",
            icon=":material/download:",
            on_click="ignore",
            key="behaviour.download",
        )


def _rows(
    kept: Sequence[BehaviourTest],
    found: Sequence[Verdict] | None,
    second: Sequence[Verdict] | None,
) -> list[dict[str, str]]:
    """Return the tests as records, without the columns in which nothing stands."""
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
    return [dict(zip(shown, row, strict=True)) for row in zip(*shown.values(), strict=True)]


def _results(found: Sequence[Verdict] | None) -> list[str] | None:
    if found is None:
        return None
    return ["✓ passes" if verdict.passes else "✕ fails" for verdict in found]


def _remove(tests: BehaviourTests, test_ids: list[str]) -> None:
    """Take tests away and remember them for Undo."""
    try:
        tests.remove(test_ids)
    except TextclsError as error:
        st.session_state[SAID] = str(error)
    else:
        removed = st.session_state.get(_REMOVED, [])
        st.session_state[_REMOVED] = [*removed, [tests.dataset_name, test_ids]]


def show_undo(tests: BehaviourTests) -> None:
    """Show the button that brings back what this session removed, if it removed anything."""
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
    places = [place for place, (name, _) in enumerate(removed) if name == tests.dataset_name]
    if not places:  # a second click, when all are back
        return
    last = places[-1]
    try:
        tests.restore(removed[last][1])
    except TextclsError as error:
        st.session_state[SAID] = str(error)
    else:
        st.session_state[_REMOVED] = [*removed[:last], *removed[last + 1 :]]
