"""One row of the queue of label issues: the evidence, its neighbours, and the decision."""

from typing import Any

import streamlit as st

from pages._app import state
from pages._app.text import badge_label, escape, show_text
from textcls_core.dataset.store import DatasetInfo
from textcls_core.mistakes.examples import neighbours
from textcls_core.mistakes.label_issues.decisions import Decision, DecisionKind, Decisions
from textcls_core.mistakes.label_issues.dynamics import Cartography
from textcls_core.mistakes.label_issues.queue import LabelIssues, reasons
from textcls_core.mistakes.label_issues.review import next_open
from textcls_core.wording import percent, shorten

_TEXT_HEIGHT = 200
_VERBS: dict[DecisionKind, str] = {
    "accept": "The suggestion was accepted",
    "relabel": "It was relabelled",
    "drop": "The row will be dropped",
    "keep": "The label is kept",
}


def show_record(
    info: DatasetInfo,
    issues: LabelIssues,
    decisions: Decisions,
    row_id: str,
    row_ids: list[str],
    found: Cartography | None = None,
) -> None:
    """Show one row in full with everything that can be decided about it.

    Args:
        info: The data set version.
        issues: Its queue.
        decisions: Where decisions are kept.
        row_id: The row.
        row_ids: The list it is read in, for the next and the previous row.
        found: What a run says that was trained on such rows, if there is one.
    """
    record = issues.records([row_id])[0]
    held = decisions.by_row()
    _show_steps(row_id, row_ids, decisions)
    with st.container(border=True):
        _show_badges(record)
        with st.container(height=_TEXT_HEIGHT, border=False):
            show_text(record["text"])
        _show_actions(info, decisions, record, next_open(row_ids, [*held, row_id], row_id))
        if row_id in held:
            _show_held(decisions, held[row_id])
        _show_reasons(issues, record, found)
        st.caption(escape(row_id))


def _show_badges(record: dict[str, Any]) -> None:
    with st.container(horizontal=True):
        st.badge(f"label: {_badge(record['labels'])}", color="gray")
        if record["suggested_labels"] != record["labels"]:
            suggested = _badge(record["suggested_labels"])
            st.badge(f"suggested: {suggested}", icon=":material/arrow_forward:", color="blue")
        st.badge(f"{percent(record['score'])} suspect", color="orange")


def _badge(names: list[str]) -> str:
    return badge_label(", ".join(names) or "no label", 60)


def _show_steps(row_id: str, row_ids: list[str], decisions: Decisions) -> None:
    """Show the way to the rows before and after, and back from the last decision."""
    before, after = neighbours(row_ids, row_id)
    with st.container(horizontal=True, vertical_alignment="center"):
        _step("Previous", ":material/arrow_back:", before, "ArrowLeft")
        _step("Next", ":material/arrow_forward:", after, "ArrowRight")
        held = decisions.in_order()
        last = max(held, key=lambda decision: decision.decision_id, default=None)
        st.button(
            "Undo last",
            icon=":material/undo:",
            disabled=last is None,
            key="issues.undo_last",
            shortcut="U",
            on_click=_undo,
            args=(decisions, last),
        )
        place = row_ids.index(row_id) + 1 if row_id in row_ids else 0
        st.caption(f"{place:,} of {len(row_ids):,}" if place else "not in this list")


def _step(name: str, icon: str, row_id: str | None, shortcut: str) -> None:
    st.button(
        name,
        icon=icon,
        disabled=row_id is None,
        key=f"issues.{name.lower()}",
        shortcut=shortcut,
        on_click=state.set_parameter,
        args=("issue_row", row_id),
    )


def _show_actions(
    info: DatasetInfo, decisions: Decisions, record: dict[str, Any], after: str | None
) -> None:
    """Show the four decisions; each goes on to the next row nobody decided about."""
    row_id, suggested = record["row_id"], record["suggested_labels"]
    goes_on = {"decisions": decisions, "row_id": row_id, "after": after}
    with st.container(horizontal=True):
        _action("Accept suggestion", "accept", "A", suggested, goes_on,
                disabled=suggested == record["labels"])  # fmt: skip
        _action("Keep label", "keep", "K", [], goes_on)
        _action("Drop row", "drop", "D", [], goes_on)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = _choose_labels(info, record)
        is_usable = chosen != record["labels"] and (bool(chosen) or info.task == "multi_label")
        _action("Relabel", "relabel", "L", chosen, goes_on, disabled=not is_usable)


def _choose_labels(info: DatasetInfo, record: dict[str, Any]) -> list[str]:
    """Return the labels chosen by hand, in the order of the data set."""
    names = state.distinct_labels({name: shorten(name, 60) for name in info.label_names})
    key = f"issues.labels.{record['row_id']}"
    if info.task == "multi_label":
        picked = st.multiselect(
            "Other labels", list(names), default=record["labels"], key=key,
            format_func=names.__getitem__,
        )  # fmt: skip
        return [name for name in info.label_names if name in picked]
    one = st.selectbox(
        "Another label", list(names), index=None, key=key, placeholder="Choose a label",
        format_func=names.__getitem__,
    )  # fmt: skip
    return [one] if one else []


def _action(
    name: str,
    kind: DecisionKind,
    shortcut: str,
    labels: list[str],
    goes_on: dict[str, Any],
    *,
    disabled: bool = False,
) -> None:
    st.button(
        name,
        key=f"issues.{kind}",
        type="primary" if kind == "accept" else "secondary",
        shortcut=shortcut,
        disabled=disabled,
        on_click=_decide,
        kwargs={"kind": kind, "labels": labels, **goes_on},
    )


def _decide(
    decisions: Decisions, row_id: str, after: str | None, kind: DecisionKind, labels: list[str]
) -> None:
    """Keep a decision on disk, then open the next row."""
    decisions.record(row_id, kind, labels)
    state.set_parameter("issue_row", after)


def _undo(decisions: Decisions, decision: Decision) -> None:
    """Take a decision back and open its row again."""
    decisions.undo(decision.decision_id)
    state.set_parameter("issue_row", decision.row_id)


def _show_held(decisions: Decisions, decision: Decision) -> None:
    """Say what was decided about the row, with the way back."""
    with st.container(horizontal=True, vertical_alignment="center"):
        now = f": {', '.join(decision.labels)}" if decision.labels else ""
        st.caption(f"{_VERBS[decision.kind]}{escape(shorten(now, 80))}.")
        st.button(
            "Undo",
            icon=":material/undo:",
            key="issues.undo",
            type="tertiary",
            on_click=_undo,
            args=(decisions, decision),
        )


def _show_reasons(
    issues: LabelIssues, record: dict[str, Any], cartography: Cartography | None
) -> None:
    """Show the evidence, with the most similar texts and their labels."""
    place = issues.positions[record["row_id"]]
    learned = cartography.learned(place) if cartography is not None else None
    found = reasons(record, learned)
    st.markdown("**Why it is suspect**" if found else "Nothing speaks against this label.")
    for reason in found:
        st.caption(escape(reason))
    if learned is not None and not learned.is_evidence:
        st.caption(escape(learned.sentence))
    near = issues.records(record["neighbours"])
    if near:
        st.dataframe(
            [{"label": ", ".join(row["labels"]), "similar text": row["text"]} for row in near],
            hide_index=True,
            column_config={"label": st.column_config.TextColumn(width=130)},
            alt="The most similar texts with their labels",
        )
