"""The form that starts several runs as a group: seeds, folds, or a search over settings."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages._app import state
from pages._app.group_view import TOKEN, show_recent_groups
from pages._app.text import escape
from textcls_core.config import MAX_MEMBERS, RunConfig
from textcls_core.errors import TextclsError
from textcls_core.runs.group import GroupPlan
from textcls_core.runs.search_space import SEARCHABLE, Axis, parse_space, suggested_axis
from textcls_core.runs.store import new_run_id
from textcls_core.training.groups import (
    MAX_TRIALS,
    Method,
    group_command,
    plan_folds,
    plan_search,
    plan_seeds,
    planned_members,
    start_group,
)
from textcls_core.wording import plural

_KINDS = {"seeds": "Seeds", "folds": "Folds", "search": "Settings"}
_KIND_NOTES = {
    "seeds": "The same settings with other random numbers: tells how much of a difference is luck.",
    "folds": "Cross-validation: train and validation rows are cut into parts, and each run "
    "validates on another one. Test rows stay what they are.",
    "search": "Other settings in every run, compared on the validation rows.",
}
_METHODS: dict[Method, str] = {
    "tpe": "TPE: draws where earlier trials did well",
    "random": "Random: draws anywhere in the space",
    "grid": "Grid: tries every combination",
}
_SPACE_HELP = "Values as 2,3,4 or a range as 1e-5:1e-3, with :log for orders of magnitude."


def show_group_form(settings: Mapping[str, Any]) -> None:
    """Offer several runs instead of one, and link to earlier groups.

    Args:
        settings: Field names and values of the form beside.
    """
    with st.expander("Several runs instead of one", icon=":material/stacks:"):
        kind = st.segmented_control(
            "What differs",
            list(_KINDS),
            format_func=_KINDS.__getitem__,
            default="seeds",
            key="group.kind",
        )
        st.caption(_KIND_NOTES[kind or "seeds"])
        try:
            _show_plan(_plan(kind or "seeds", RunConfig.create(settings)))
        except TextclsError as error:
            st.error(escape(str(error)), icon=":material/error:")
    show_recent_groups()


def _plan(kind: str, config: RunConfig) -> GroupPlan:
    """Return the group as it stands in the form."""
    if kind == "search":
        return _search_plan(config)
    is_seeds = kind == "seeds"
    number = st.number_input(
        "Seeds" if is_seeds else "Folds",
        min_value=2,
        max_value=MAX_MEMBERS,
        value=3 if is_seeds else 5,
        key=f"group.{kind}",
    )
    return plan_seeds(config, int(number)) if is_seeds else plan_folds(config, int(number))


def _search_plan(config: RunConfig) -> GroupPlan:
    method: Method = st.selectbox(
        "Method", list(_METHODS), format_func=_METHODS.__getitem__, key="group.method"
    )
    space = _space(is_grid=method == "grid")
    if method == "grid":
        return plan_search(config, space, method)
    left, right = st.columns(2, vertical_alignment="bottom")
    trials = left.number_input(
        "Trials", min_value=2, max_value=MAX_TRIALS, value=20, key="group.trials"
    )
    prune = right.checkbox(
        "Stop runs that fall behind",
        value=True,
        help="A run is stopped when its validation is below the median of the earlier runs.",
        key="group.prune",
    )
    return plan_search(config, space, method, int(trials), prune=prune)


def _space(*, is_grid: bool) -> dict[str, Axis]:
    names = st.multiselect(
        "Settings to vary", SEARCHABLE, ["learning_rate", "num_epochs"], key="group.names"
    )
    columns = st.columns(2)
    items = [
        columns[position % 2].text_input(
            name,
            suggested_axis(name, is_grid=is_grid),
            help=_SPACE_HELP,
            key=f"group.space.{name}.{is_grid}",
        )
        for position, name in enumerate(names)
    ]
    return parse_space([f"{name}={values}" for name, values in zip(names, items, strict=True)])


def _show_plan(plan: GroupPlan) -> None:
    """Show what will be started, and start it on demand."""
    if plan.is_search:
        note = f"{plural(plan.num_planned, 'trial')}, one after another."
    else:
        members, skipped = planned_members(plan)
        note = f"{plural(len(members), 'run')}, one after another."
        if skipped:
            many = "impossible combinations are"
            note += f" {plural(len(skipped), 'impossible combination is', many)} skipped."
    st.caption(f"{note} Each takes about as long as the single run above.")
    st.code(group_command(plan), language=None, wrap_lines=True)
    if st.button("Start the group", icon=":material/playlist_play:", key="group.start"):
        _start(plan)


def _start(plan: GroupPlan) -> None:
    """Start the group once, however often the button is pressed, and show it."""
    group_id = st.session_state.setdefault(TOKEN, new_run_id())
    with st.spinner("Starting"):
        group = start_group(state.workspace(), plan, group_id)
    state.set_parameter("group", group.group_id)
    st.rerun()
