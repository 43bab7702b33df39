"""Several runs as a group: the form that starts them, and one group while it runs and after."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from pages._app import controls, state
from pages._app.text import escape, label
from textcls_core.charts.baselines import BaselineLine
from textcls_core.charts.group_spread import (
    SPREAD_FIGURES,
    deviation_text,
    spread_chart,
    spread_rows,
)
from textcls_core.charts.groups import baseline_words, parallel_coordinates_chart, parallel_rows
from textcls_core.errors import TextclsError
from textcls_core.evaluation.metric_names import metric_of
from textcls_core.runs.group import GroupPlan, RunGroup
from textcls_core.runs.group_figures import (
    COMPARED,
    Member,
    Spread,
    best_member,
    members_of,
    seconds_left,
    summary,
)
from textcls_core.runs.group_store import GroupStore
from textcls_core.runs.run import Run, RunStatus
from textcls_core.runs.settings import config_diff
from textcls_core.training.baselines import GroupBaseline, baselines_of_group
from textcls_core.training.groups import cancel, resume
from textcls_core.wording import ago, capitalised, duration, figure_name, percent

TOKEN = "training.group_id"  # noqa: S105 - an idempotency token, not a secret
_STOP, _GO_ON, _STACK = ":material/stop:", ":material/play_arrow:", ":material/stacks:"
_REFRESH_SECONDS = 3.0
_CARD_WIDTH = 190
_NUM_RECENT = 5
_COMPARED = 8
"""Runs in one comparison at most."""
_ADVICE = {
    RunStatus.QUEUED: "The first run waits for its device; it starts by itself.",
    RunStatus.STOPPING: "Active runs finish their step and keep their best model.",
}
_ON_LINES = "Dotted lines: baselines. An arrow: too far from the runs for the axis."
_LEFT_BEHIND = (
    "Nobody sees to the rest of this group: what led it, or a run, was killed or gave up."
)
_PAUSED = "Its last runs are paused: everything is kept in their checkpoints."


def open_group() -> str:
    """Return the id of the group in the URL, or an empty one; a run in the URL goes first."""
    if "watch" in st.query_params:
        state.set_parameter("group", None)
    elif "group" in st.query_params:
        state.set_parameter("watch", None)
    group_id = state.parameter("group")
    known = {group.group_id for group in _store().groups()} if group_id else set()
    if group_id and group_id not in known:
        state.ignore_parameter("group", "group")
        return ""
    return group_id


def _store() -> GroupStore:
    return GroupStore.open(state.workspace())


def show_group(group_id: str) -> None:
    """Show a group; it refreshes itself while somebody is at work on it."""
    st.session_state.pop(TOKEN, None)  # only now: a second click may still be on its way
    is_active = _store().open_group(group_id).status.is_active
    st.fragment(_show, run_every=_REFRESH_SECONDS if is_active else None)(group_id, is_active)


def show_group_link(run: Run) -> None:
    """Lead from a run back to its group."""
    groups = {group.group_id: group for group in _store().groups()} if run.config.group else {}
    group = groups.get(run.config.group)
    if group is not None:
        name = f"Part of {label(group.plan.title, 80)}"
        controls.link("pages/training.py", name, icon=_STACK, group=group.group_id)


def _show(group_id: str, was_active: bool) -> None:
    try:
        _show_group(_store().open_group(group_id), was_active)
    except TextclsError as error:  # for example when the folder was deleted meanwhile
        st.error(escape(str(error)), icon=":material/error:")


def _show_group(group: RunGroup, was_active: bool) -> None:
    """Show the group as it stands now."""
    status, members = group.status, members_of(group)
    if was_active and not status.is_active:
        st.rerun()  # the whole page, so that polling stops
    _show_head(group, status)
    _show_figures(group, status, members)
    baselines = baselines_of_group(group)
    _show_chart(group, members, baselines)
    _show_members(group, members, baselines)
    _show_compare_link(group, members)
    _show_difference(group, members)


def _show_head(group: RunGroup, status: RunStatus) -> None:
    """Show name, state, and what can be done with the group."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(escape(group.plan.title), anchor=False, width="content")
        controls.status_badge(status)
        can_cancel = group.can_cancel and status != RunStatus.STOPPING
        if can_cancel and st.button("Cancel the group", icon=_STOP, key="group.cancel"):
            _act(cancel, group)
        if group.can_resume and st.button("Resume", icon=_GO_ON, key="group.resume"):
            _act(resume, group)
        if st.button("New run", key="group.new"):
            state.set_parameter("group", None)
            st.rerun(scope="app")
    if group.can_resume:
        st.caption(_PAUSED if status == RunStatus.STOPPED else _LEFT_BEHIND)
    elif status in _ADVICE:
        st.caption(_ADVICE[status])
    if group.error:
        st.error(escape(group.error), icon=":material/error:")


def _act(action: Any, group: RunGroup) -> None:
    try:
        action(state.workspace(), group.group_id)
    except TextclsError as error:
        st.toast(escape(str(error)))
    else:
        st.rerun(scope="app")


def _show_figures(group: RunGroup, status: RunStatus, members: list[Member]) -> None:
    """Show how far the group is and what it found."""
    plan = group.plan
    ended = ("Ended", f"{group.num_ended} of {plan.num_planned}", _ended_note(members))
    cards = _spread_cards(plan, members) if plan.repeats else _best_cards(group, members)
    left = seconds_left(group) if status.is_active else None
    time_left = [] if left is None else [("Time left", duration(left), "if the rest is alike")]
    controls.metrics([ended, *cards, *time_left], card_width=_CARD_WIDTH)


def _ended_note(members: list[Member]) -> str:
    """Return how many members ended in which way."""
    states = [member.state for member in members]
    words = ("completed", "pruned", "skipped", "stopped", "failed", "paused", "interrupted")
    counted = [f"{states.count(word)} {word}" for word in words if word in states]
    return ", ".join(counted) or "none yet"


def _spread_cards(plan: GroupPlan, members: list[Member]) -> list[tuple[str, str, str]]:
    """Return the figures that speak for the group, and the accuracy on the other split."""
    spreads = summary(members)
    other = next(split for split in COMPARED if split != plan.headline)
    shown = ((plan.headline, "accuracy"), (plan.headline, "macro_f1"), (other, "accuracy"))
    return [
        (capitalised(figure_name(f"{split}_{name}")), _spread_text(found), _range_text(found))
        for split, name in shown
        if (found := spreads[split].get(name)) is not None
    ]


def _spread_text(spread: Spread) -> str:
    around = f" ± {deviation_text(spread)}" if spread.n > 1 else ""
    return f"{percent(spread.mean)}{around}"


def _range_text(spread: Spread) -> str:
    return f"{percent(spread.min)} to {percent(spread.max)}"


def _best_cards(group: RunGroup, members: list[Member]) -> list[tuple[str, str, str]]:
    metric, best = group.plan.metric, best_member(members, group.plan.metric)
    if best is None or best.score is None:
        return []
    test = best.figures.get("test")
    found = percent(best.score) if metric_of(metric).is_share else f"{best.score:.4f}"
    cards = [(f"Best {figure_name(metric)}", found, label(best.label))]
    if test:
        cards.append(("Its test accuracy", percent(test["accuracy"]), "not used to choose"))
    return cards


def _show_chart(group: RunGroup, members: list[Member], baselines: Sequence[GroupBaseline]) -> None:
    """Show the spread of repeated runs, or settings against the figure they led to."""
    plan = group.plan
    lines = [_baseline_line(baseline, plan.metric) for baseline in baselines]
    if plan.repeats and any(member.counts for member in members):
        figure = spread_chart(members, plan.headline, lines)
        rows = spread_rows(members, lines)
        summary_text = "Figures of every run with mean and standard deviation"
    elif not plan.repeats and any(member.score is not None for member in members):
        is_dark = st.context.theme.type == "dark"
        figure = parallel_coordinates_chart(plan, members, lines, is_dark=is_dark)
        rows = parallel_rows(plan, members, lines)
        summary_text = f"Settings of every run and its {figure_name(plan.metric)}"
    else:
        st.info("Here the runs will be compared, once one has been validated.")
        return
    st.plotly_chart(figure, key="group.chart", config=controls.NO_TOOLBAR, alt=summary_text)
    words = _ON_LINES if plan.repeats else escape(baseline_words(plan, members, lines))
    if baselines and words:
        st.caption(words)
    controls.table_twin(rows, summary_text)


def _baseline_line(known: GroupBaseline, metric: str) -> BaselineLine:
    """Return what a baseline reaches in the figures that the charts show."""
    columns = {metric, *("_".join(key) for key in SPREAD_FIGURES)}
    figures = {column: known.figure(column) for column in columns}
    found = {column: value for column, value in figures.items() if value is not None}
    return BaselineLine(known.baseline.title, found)


def _show_members(
    group: RunGroup, members: list[Member], baselines: Sequence[GroupBaseline]
) -> None:
    """Show the members and the baselines; choosing a member leads to the pages of its run."""
    st.subheader("Runs", anchor=False)
    is_share = metric_of(group.plan.metric).is_share
    score = figure_name(group.plan.metric)
    share = st.column_config.NumberColumn(format="%.1f %%")
    rows = [_member_row(member, score, is_share=is_share) for member in members]
    rows += [_baseline_row(baseline, group.plan.metric) for baseline in baselines]
    event = st.dataframe(
        rows or [{"Run": "none yet"}],
        hide_index=True,
        placeholder="",
        column_config={
            "State": controls.status_column(),
            score: share if is_share else st.column_config.NumberColumn(format="%.4f"),
            "test accuracy": share,
            "learning_rate": st.column_config.NumberColumn(format="%.2e"),
            "Note": st.column_config.TextColumn(width="medium"),
        },
        on_select="rerun",
        selection_mode="single-row",
        key=f"group.members.{len(members)}",
        alt="Runs of the group with their state, settings and figures, and the baselines",
    )
    fold = " They have no validation figure: every fold validates on other rows."
    below = f" Baselines stand below the runs.{fold if group.plan.kind == 'folds' else ''}"
    st.caption(f"Select a row to open its run.{below if baselines else ''}")
    for position in event["selection"]["rows"]:
        if position < len(members) and members[position].run_id:
            _show_links(members[position])


def _show_compare_link(group: RunGroup, members: list[Member]) -> None:
    """Lead from the best member to what sets the others apart from it, row by row."""
    best = best_member(members, group.plan.metric)
    ended = [one.run_id for one in members if one.has_model]
    others = [run_id for run_id in ended if best is None or run_id != best.run_id]
    if best is None or not others:
        return
    controls.link(
        "pages/evaluation.py",
        "Compare the best run with the others, row by row",
        icon=":material/compare_arrows:",
        run=best.run_id,
        panel="Compare",
        compare_runs=",".join(others[:_COMPARED]),
    )


def _member_row(member: Member, score: str, *, is_share: bool) -> dict[str, Any]:
    accuracy = member.figures.get("test", {}).get("accuracy")
    factor = 100 if is_share else 1
    return {
        "Run": member.label,
        "State": controls.status_cell(member.status) if member.status else [],
        score: None if member.score is None else factor * member.score,
        "test accuracy": None if accuracy is None else 100 * accuracy,
        **member.settings,
        **({"Note": member.reason} if member.reason else {}),
    }


def _baseline_row(known: GroupBaseline, metric: str) -> dict[str, Any]:
    score, accuracy = known.figure(metric), known.figure("test_accuracy")
    factor = 100 if metric_of(metric).is_share else 1
    return {
        "Run": known.baseline.title,
        "State": [],
        figure_name(metric): None if score is None else factor * score,
        "test accuracy": None if accuracy is None else 100 * accuracy,
        "Note": f"Baseline. {known.baseline.description}",
    }


def _show_links(member: Member) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(member.label)
        controls.link("pages/training.py", "Progress", watch=member.run_id)
        if member.has_model:
            controls.link("pages/evaluation.py", "Evaluation", run=member.run_id)
            controls.link("pages/mistakes.py", "Mistakes", run=member.run_id)


def _show_difference(group: RunGroup, members: list[Member]) -> None:
    """Show the settings in which two chosen members differ."""
    runs = {run.run_id: run for run in group.members}
    if len(runs) < 2:
        return
    own = {one.run_id: one.label for one in members if one.run_id in runs}  # as in the table above
    names = state.distinct_labels(own)
    with st.expander("Compare the settings of two runs"):
        columns = st.columns(2)
        first, second = (
            columns[place].selectbox(
                title,
                list(names),
                place,
                format_func=names.__getitem__,
                key=f"group.compare.{place}",
            )
            for place, title in enumerate(("One run", "Another run"))
        )
        rows = config_diff(runs[first].config, runs[second].config)
        if not rows:
            st.caption("The settings are the same.")
        else:
            table = [{"setting": n, "one": str(a), "another": str(b)} for n, a, b in rows]
            st.dataframe(table, hide_index=True, alt="Settings in which the two runs differ")


def show_recent_groups() -> None:
    """Link to the newest groups."""
    groups = _store().groups()[:_NUM_RECENT]
    if groups:
        st.caption("Newest groups")
    for group in groups:
        name = f"{label(group.plan.title, 80)}, {ago(group.plan.created_at)}"
        controls.link("pages/training.py", name, icon=_STACK, group=group.group_id)
