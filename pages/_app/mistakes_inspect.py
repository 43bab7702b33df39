"""Inspect: filter, sort and read the examples of a run one by one."""

from typing import Any

import streamlit as st

from pages._app import controls, mistakes_cache, run_cache, state
from pages._app.mistakes_annotate import show_annotation, show_bulk
from pages._app.mistakes_cache import Found, Key
from pages._app.mistakes_detail import show_example
from pages._app.mistakes_filters import read_filter, read_order, show_filters
from pages._app.mistakes_table import ROWS_SHOWN, show_table
from pages._app.text import escape
from textcls_core.charts.mistakes import outcomes_chart
from textcls_core.dataset.text_dataset import Split
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.sureness import OUTCOMES, SURE
from textcls_core.mistakes.example_filter import OUTCOME_CODES, ExampleFilter
from textcls_core.mistakes.examples import Examples
from textcls_core.mistakes.order import can_sort_by_forgetting, steps
from textcls_core.runs.run import Run
from textcls_core.wording import percent, plural

_CHART, _SHOWN = "mistakes.outcomes", "mistakes.shown"
_SURE_MEANS = (
    f"Sure: a confidence of {percent(SURE, 0)} or more. Click a part of the bar to show its rows."
)
_SEVERAL_LABELS = (
    "A text may have several labels here: it is right when all of them are, its confidence is that "
    "of the least sure label, and its loss is the mean over the labels."
)


def show_inspect(run: Run, split: Split) -> None:
    """Show outcomes, filters, table and the open example."""
    examples = run_cache.examples(run, split)
    key = mistakes_cache.key_of(run, split)
    can_forget = can_sort_by_forgetting(examples, mistakes_cache.dynamics(run))
    sides = mistakes_cache.sides(key)
    wanted = read_filter(examples.label_names, sides, has_causes=bool(key.triage))
    found, problem = _find(key, wanted, can_forget)
    _show_outcomes(found, wanted)
    show_filters(found.filtered, key, can_forget)
    if problem:
        st.error(escape(problem), icon=":material/error:")
    if not examples.is_single_label:
        st.caption(_SEVERAL_LABELS)
    opened = _opened(key, examples, found)
    table, detail = controls.panels()
    with table:
        ticked = _show_list(key, examples, found, opened)
        _show_bulk(run, examples, found, ticked)
        if opened is not None:
            show_annotation(run, examples.row_ids[opened])
    with detail:
        if opened is None:
            st.info("No example passes these filters.", icon=":material/filter_alt_off:")
        else:
            show_example(run, key, examples, opened, found)


def _find(key: Key, wanted: ExampleFilter, can_forget: bool) -> tuple[Found, str]:
    """Return the rows that pass, and what is wrong with the filter if it cannot be followed."""
    order = read_order(can_forget)
    try:
        return mistakes_cache.found(key, wanted, order), ""
    except InvalidArgumentError as error:
        return mistakes_cache.found(key, ExampleFilter(wanted.outcome), order), str(error)


def _show_outcomes(found: Found, wanted: ExampleFilter) -> None:
    """Show how many rows have which outcome; a click on one shows its rows."""
    counts = found.filtered.facets["outcome"]
    by_outcome = {name: counts[name.replace(" ", "-")] for name in OUTCOMES}
    kept = [OUTCOMES[code] for code in OUTCOME_CODES[wanted.outcome]]
    st.plotly_chart(
        outcomes_chart(by_outcome, kept),
        config=controls.NO_TOOLBAR,
        key=_CHART,
        on_select=_choose_outcome,
        selection_mode="points",
        alt=f"{counts['mistakes']} of {counts['all']} rows are wrong",
    )
    st.caption(_SURE_MEANS)


def _choose_outcome() -> None:
    points: Any = st.session_state[_CHART]["selection"]["points"]
    for point in points:
        outcome = point["customdata"]
        name = outcome if isinstance(outcome, str) else outcome[0]
        state.set_parameter("outcome", name.replace(" ", "-"))
        state.set_parameter("row", None)


def _opened(key: Key, examples: Examples, found: Found) -> int | None:
    """Return the row in the URL, or the first one that passes."""
    wanted, shown = state.parameter("row"), f"{key.run_id} {key.split}"
    before = st.session_state.get(_SHOWN, shown)
    st.session_state[_SHOWN] = shown
    if wanted and wanted not in examples.places:
        if before == shown:
            state.ignore_parameter("row", "row")
        else:  # it was open in the run or split shown before
            state.set_parameter("row", None)
        wanted = ""
    if wanted:
        return examples.places[wanted]
    return int(found.places[0]) if len(found.places) else None


def _show_list(key: Key, examples: Examples, found: Found, opened: int | None) -> list[str]:
    """Show the part of the list that the open row is in; return the ids that are ticked."""
    total = len(found.places)
    here = None if opened is None else steps(found.places, found.sort_key, opened).position
    first = 0 if here is None else here // ROWS_SHOWN * ROWS_SHOWN
    shown = found.places[first : first + ROWS_SHOWN]
    st.caption(f"{plural(total, 'row')} of {len(examples):,}{_part(first, len(shown), total)}")
    if not total:
        return []
    ticked = show_table(key, examples, shown, opened)
    st.caption("A click on a cell opens its row; the boxes choose several for a change at once.")
    return ticked


def _show_bulk(run: Run, examples: Examples, found: Found, ticked: list[str]) -> None:
    """Offer to say something about the ticked rows, or about all that pass the filter."""
    if ticked:
        st.markdown(f"**{plural(len(ticked), 'ticked row')}**")
        show_bulk(run, ticked)
        return
    if not len(found.places):
        return
    title = f"Change all {plural(len(found.places), 'row')} of this selection"
    place = st.expander(title, icon=":material/select_all:", key="bulk_all", on_change="rerun")
    if place.open:
        with place:
            show_bulk(run, [examples.row_ids[row] for row in found.places])


def _part(first: int, count: int, total: int) -> str:
    """Say which part of the list the table shows."""
    if count == total:
        return ""
    part = f"the first {count:,}" if not first else f"{first + 1:,} to {first + count:,}"
    return f". The table shows {part}; Next and Previous go through all."
