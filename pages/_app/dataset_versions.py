"""Versions on the Data page: history, what changed between two, export and delete."""

from pathlib import Path

import streamlit as st

from pages._app import controls, state
from pages._app.dataset_splits import show_shift, show_split_form
from pages._app.job_view import show_job
from pages._app.text import escape, label
from textcls_core.dataset.diff import CHANGES, Change, RowChange, VersionDiff, diff_versions
from textcls_core.dataset.export import (
    FORMATS,
    ExportFormat,
    export_bytes,
    export_name,
    fits_download,
)
from textcls_core.dataset.history import HistoryEntry, history_of
from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.dataset.version_jobs import EXPORT_JOB
from textcls_core.errors import TextclsError
from textcls_core.jobs.job import start_job
from textcls_core.runs.run import Run
from textcls_core.runs.versions import delete_version, runs_on
from textcls_core.wording import ago, plural, shorten
from textcls_core.workspace import Workspace

_FORMAT_NOTES: dict[ExportFormat, str] = {
    "csv": "CSV, safe for spreadsheets",
    "jsonl": "JSON Lines",
    "parquet": "Parquet",
}
_EXAMPLES = 50
_EXPORTED = "versions.exported"
_CHANGE_HEIGHT = 300


def show_versions(info: DatasetInfo) -> None:
    """Show the history of a data set, and what can be done with the version that is open."""
    _show_damaged()
    entries = history_of(state.dataset_infos(), info)
    _show_history(entries, info)
    left, right = controls.panels()
    with left:
        _show_changes(entries, info)
        _show_export(info)
        _offer_delete(info)
    with right:
        show_split_form(info)
        show_shift(info)


def _show_damaged() -> None:
    for lost in state.dataset_store().damaged():
        st.warning(escape(lost.problem), icon=":material/broken_image:")


def _show_history(entries: list[HistoryEntry], info: DatasetInfo) -> None:
    """Show every version below the one it was made from; selecting a row opens it."""
    st.subheader("History", anchor=False)
    event = st.dataframe(
        [_history_row(entry, info) for entry in entries],
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"versions.history.{info.dataset_id}.{len(entries)}",
        column_config={
            "Why": st.column_config.TextColumn(width="large"),
            **dict.fromkeys(("Rows", "Classes"), st.column_config.NumberColumn(format="localized")),
        },
        alt=f"Versions of the data set: when and why each was made, and what uses it; "
        f"version {info.version} is open",
    )
    st.caption(
        f"Version {info.version} is open. Select a row to open another one. Versions never change: "
        "every fix makes a new one."
    )
    for position in event["selection"]["rows"]:
        chosen = entries[position].info
        if chosen.fingerprint != info.fingerprint:
            state.set_parameter("dataset", chosen.dataset_id)
            st.rerun()


def _history_row(entry: HistoryEntry, opened: DatasetInfo) -> dict[str, object]:
    info = entry.info
    mark = " (open)" if info.fingerprint == opened.fingerprint else ""
    branch = "\u2003" * (entry.depth - 1) + "└ " if entry.depth else ""
    return {
        "Version": f"{branch}v{info.version}{mark}",
        "Why": info.reason,
        "When": ago(info.created_at),
        "Rows": info.num_examples,
        "Classes": len(info.label_names),
        "Train · validation · test": controls.split_note(info),
        "Used by": _used_by(runs_on(state.workspace(), info)),
    }


def _used_by(runs: list[Run]) -> str:
    if not runs:
        return "no run"
    return f"{plural(len(runs), 'run')}, newest {shorten(runs[0].config.title, 40)}"


@st.cache_data(max_entries=16, show_spinner="Comparing every row")
def _diff(root: str, before: str, after: str) -> VersionDiff:
    store = DatasetStore(Path(root))
    return diff_versions(store, store.find(before), store.find(after), num_examples=_EXAMPLES)


def _show_changes(entries: list[HistoryEntry], info: DatasetInfo) -> None:
    """Show what changed from another version to the open one."""
    st.subheader("What changed", anchor=False)
    others = {entry.info.dataset_id: entry for entry in entries if entry.info != info}
    if not others:
        st.caption("This is the only version. A fix, a new split or another import makes the next.")
        return
    parent = (info.parent or "")[: len(info.dataset_id)]
    before = state.choose(
        "compare",
        "Compared with",
        {key: f"v{entry.info.version}, {entry.info.reason}" for key, entry in others.items()},
        default=parent if parent in others else next(iter(others)),
    )
    try:
        root = str(state.dataset_store().root)
        diff = _diff(root, others[before].info.fingerprint, info.fingerprint)
    except TextclsError as error:
        st.error(escape(str(error)))
        return
    st.markdown(escape(diff.summary))
    _say_names(diff)
    _show_changed_rows(diff)


def _say_names(diff: VersionDiff) -> None:
    """Name the classes and columns that came or went."""
    lists = {
        "New classes": diff.added_labels,
        "Classes gone": diff.removed_labels,
        "New columns": diff.added_columns,
        "Columns gone": diff.removed_columns,
    }
    for title, names in lists.items():
        if names:
            shown = ", ".join(label(name) for name in names[:10])
            st.caption(f"{title}: {shown}" + (" and others" if len(names) > 10 else ""))


def _show_changed_rows(diff: VersionDiff) -> None:
    """Show rows of one kind of change, before and after."""
    kinds = {
        change: f"{title} ({diff.counts[change]:,})"
        for change, title in CHANGES.items()
        if diff.counts[change]
    }
    if not kinds:
        return
    chosen = state.choose(
        "change", "Rows", kinds, default=next(iter(kinds)),
        draw=st.segmented_control, label_visibility="collapsed",
    )  # fmt: skip
    kind: Change = next(change for change in kinds if change == chosen)
    rows = diff.examples[kind]
    st.dataframe(
        [_change_row(row, kind) for row in rows],
        hide_index=True,
        height=_CHANGE_HEIGHT,
        alt=f"{CHANGES[kind]}: rows before and after",
    )
    st.caption(f"Showing {len(rows):,} of {diff.counts[kind]:,}")


def _change_row(row: RowChange, kind: Change) -> dict[str, object]:
    """Return what is worth seeing of a change: both sides of what differs, the rest once."""
    labels = [None if names is None else ", ".join(names) for names in
              (row.labels_before, row.labels_after)]  # fmt: skip
    record: dict[str, object] = {}
    if kind == "label":
        record = {"label before": labels[0], "label after": labels[1]}
    elif kind == "split":
        record = {"split before": row.split_before, "split after": row.split_after}
    elif kind == "text":
        record = {"text before": row.text_before, "text after": row.text_after}
    if kind not in {"label", "split"}:
        record |= {"label": labels[0] if kind == "removed" else labels[1]}
    if kind != "text":
        record |= {"text": row.text_before if row.text_after is None else row.text_after}
    return record | {"row_id": row.row_id}


@st.cache_data(max_entries=2, show_spinner="Writing the file")
def _download(root: str, fingerprint: str, file_format: ExportFormat) -> bytes:
    store = DatasetStore(Path(root))
    return export_bytes(store, store.find(fingerprint), file_format)


def _show_export(info: DatasetInfo) -> None:
    """Offer the version as a file: to the browser, or in the workspace when it is large."""
    st.subheader("Export", anchor=False)
    store = state.dataset_store()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Format", FORMATS, format_func=_FORMAT_NOTES.__getitem__, key="versions.format"
        )
        name = export_name(info, chosen)
        if fits_download(info, store.path(info).stat().st_size):
            st.download_button(
                f"Download version {info.version}",
                lambda: _download(str(store.root), info.fingerprint, chosen),
                file_name=name,
                icon=":material/download:",
                on_click="ignore",
                key="versions.download",
            )
        elif st.button("Write the file", icon=":material/save:", key="versions.write"):
            arguments = {"fingerprint": info.fingerprint, "format": chosen}
            job_id = start_job(state.workspace(), EXPORT_JOB, arguments, again=True)
            st.session_state[_EXPORTED] = {"job": job_id, "name": name}
    _show_written(name)


def _show_written(name: str) -> None:
    """Show how far the file of a large version is, and where it lies in the end."""
    exported = st.session_state.get(_EXPORTED, {})
    if exported.get("name") == name and show_job(exported["job"]).state == "finished":
        st.caption(escape(f"Written to {state.workspace().exports_dir / name}"))


def _offer_delete(info: DatasetInfo) -> None:
    """Offer to delete the version unless something needs it."""
    st.subheader("Delete", anchor=False)
    runs = runs_on(state.workspace(), info)
    if info.is_embedded:
        st.caption("This version comes with the product and stays.")
    elif runs:
        st.caption(
            f"{plural(len(runs), 'run')} used this version, so it stays: their results can only be "
            "read with it."
        )
    elif st.button("Delete this version", icon=":material/delete:", key="versions.delete"):
        _confirm_delete(state.workspace(), info)


@st.dialog("Delete a version")
def _confirm_delete(workspace: Workspace, info: DatasetInfo) -> None:
    """Ask once more, with the name."""
    st.markdown(
        f"**{label(info.title, 90)}** with {plural(info.num_examples, 'row')}, "
        f"{escape(info.reason)}, made {ago(info.created_at)}. This cannot be undone."
    )
    with st.container(horizontal=True):
        if st.button("Delete", type="primary", key="versions.delete.yes"):
            try:
                delete_version(workspace, info)
            except TextclsError as error:
                st.error(escape(str(error)))
                return
            state.set_parameter("dataset", (info.parent or "")[:16] or None)
            st.rerun()
        if st.button("Keep", key="versions.delete.no"):
            st.rerun()
