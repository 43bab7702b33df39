"""Training again on the newest version, and what came of it."""

import streamlit as st

from pages._app import controls, state
from pages._app.run_actions import train_again
from pages._app.text import escape, label
from textcls_core.dataset.store import DatasetInfo
from textcls_core.runs.run import Run
from textcls_core.runs.successors import Successor, successors
from textcls_core.training.launch import clone_command
from textcls_core.wording import ago, percent, shorten

_SHOWN = 5


def show_since(run: Run, info: DatasetInfo, *, is_next: bool) -> None:
    """Offer to train on the newest version, and lead to the runs that came after this one.

    Args:
        run: The run to start from.
        info: The newest version of its data set.
        is_next: Whether this is the next step, because nothing waits for another version.
    """
    if run.config.dataset_fingerprint == info.fingerprint:
        st.caption(
            f"This run was trained on version {info.version}, the newest one. Make a new version "
            "first; then the same settings can be trained on it, and both runs compared."
        )
        return
    found = successors(run, state.run_store().runs(), state.dataset_infos())
    for successor in found[:_SHOWN]:
        _show_successor(run, successor)
    if len(found) > _SHOWN:
        st.caption(f"Showing {_SHOWN} of {len(found)} runs on later versions.")
    has_newest = any(one.info.fingerprint == info.fingerprint for one in found)
    if st.button(
        f"Train again on version {info.version}",
        type="primary" if is_next and not has_newest else "secondary",
        icon=":material/replay:",
        key="changes.train",
        help="Opens the settings of this run with the newest version of the data set.",
    ):
        train_again(run, info.dataset_id)
    st.caption("The same from a terminal:")
    st.code(clone_command(run, info.dataset_id), language=None, wrap_lines=True)


def _show_successor(run: Run, successor: Successor) -> None:
    """Show one run that came after, with the way to the comparison."""
    later, info = successor.run, successor.info
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            controls.status_badge(later.status)
            st.markdown(f"**{label(later.config.title)}** on version {info.version}")
            st.caption(ago(later.created_at))
        st.caption(escape(_said(run, successor)))
        if later.has_model:
            view = {"run": run.run_id, "panel": "Compare", "compare_runs": later.run_id}
            controls.link(
                "pages/evaluation.py",
                "Compare before and after",
                icon=":material/compare_arrows:",
                **view,
            )
        elif later.status.is_active:
            controls.link(
                "pages/training.py",
                "Watch it train",
                icon=":material/monitoring:",
                watch=later.run_id,
            )


def _said(run: Run, successor: Successor) -> str:
    """Return what changed besides the data, and both test accuracies."""
    accuracies = [one.finished.get("test", {}).get("accuracy") for one in (run, successor.run)]
    parts = [f"Why this version: {shorten(successor.info.reason, 120)}."]
    if None not in accuracies:
        before, after = (percent(accuracy) for accuracy in accuracies)
        parts.append(f"Test accuracy {before} before, {after} after.")
    differs = ", ".join(successor.differs_in[:_SHOWN])
    parts.append(f"Other settings differ too: {differs}." if differs else "The same settings.")
    return " ".join(parts)
