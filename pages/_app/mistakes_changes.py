"""Changes: what people said about rows, the version it makes, training again and comparing."""

from pathlib import Path

import streamlit as st

from pages._app import controls, state
from pages._app.annotating import annotations_of, newest_of
from pages._app.mistakes_annotate import show_annotation
from pages._app.mistakes_changes_files import show_files
from pages._app.mistakes_changes_merge import show_merges
from pages._app.mistakes_changes_since import show_since
from pages._app.text import cells, escape, label
from pages._app.version_job import show_version_job, start_version_job
from textcls_core.dataset.diff import CHANGES, Change, RowChange, VersionDiff, diff_datasets
from textcls_core.dataset.store import DatasetInfo
from textcls_core.dataset.text_dataset import Split
from textcls_core.dataset.version_jobs import MAX_ROWS_ON_PAGE
from textcls_core.errors import TextclsError
from textcls_core.mistakes.annotations.pending import (
    VERSION_JOB,
    Pending,
    apply_pending,
    find_pending,
    make_version,
)
from textcls_core.mistakes.annotations.store import Annotations
from textcls_core.runs.run import Run
from textcls_core.wording import ago, plural, shorten

_JOB, _EXAMPLES, _BATCHES = "changes_job", 200, 10
_TABLE_HEIGHT = 320
_SHOWN: tuple[Change, ...] = ("label", "removed")


def show_changes(run: Run, split: Split) -> None:  # noqa: ARG001 - as all views
    """Show the way from what people said to a better model, one step below the other."""
    annotations, info = annotations_of(run), newest_of(run)
    if show_version_job(_JOB, f"Making a version of {shorten(info.name)}", info):
        return
    pending = _pending(info.fingerprint, str(annotations.file), info.name, annotations.stamp)
    _show_figures(annotations, pending)
    left, right = controls.panels(gap="medium")
    with left:
        st.subheader(f"1. What changes in version {info.version}", anchor=False)
        _show_pending(run, info, annotations, pending)
        st.subheader("2. Train again and compare", anchor=False)
        show_since(run, info, is_next=pending.is_empty)
    with right:
        show_merges(info, annotations)
        show_files(info, annotations)
        _show_batches(annotations)


@st.cache_data(max_entries=8, show_spinner="Looking for what changes")
def _pending(fingerprint: str, file: str, name: str, stamp: str) -> Pending:  # noqa: ARG001 - the key
    annotations = Annotations(Path(file), name)
    said = annotations.by_row().values()
    return find_pending(state.dataset(fingerprint), said, annotations.merges())


@st.cache_data(max_entries=8, show_spinner="Comparing every row")
def _diff(fingerprint: str, file: str, name: str, stamp: str) -> VersionDiff:
    dataset = state.dataset(fingerprint)
    changed = apply_pending(dataset, _pending(fingerprint, file, name, stamp))
    return diff_datasets(dataset, changed, num_examples=_EXAMPLES)


def _show_figures(annotations: Annotations, pending: Pending) -> None:
    said = annotations.by_row().values()
    controls.metrics(
        [
            ("Annotated", f"{len(said):,}", "rows"),
            ("Reviewed", f"{sum(one.is_reviewed for one in said):,}", "rows"),
            ("New labels", f"{len(pending.relabels):,}", "rows pending"),
            ("To drop", f"{len(pending.drops):,}", "rows pending"),
            ("To merge", f"{len(pending.merges):,}", "classes pending"),
        ]
    )


def _show_pending(run: Run, info: DatasetInfo, annotations: Annotations, pending: Pending) -> None:
    """Show the diff of the version that would be made, and the button that makes it."""
    _say_left_aside(info, pending)
    if pending.is_empty:
        st.info(
            f"Nothing is waiting: no proposal, drop or merge differs from version {info.version}. "
            "Propose another label for a row under Inspect, and it appears here.",
            icon=":material/done_all:",
        )
        return
    try:
        diff = _diff(info.fingerprint, str(annotations.file), info.name, annotations.stamp)
    except TextclsError as error:  # for example if no row would be left
        st.error(escape(str(error)), icon=":material/error:")
        return
    st.markdown(escape(diff.summary))
    _say_classes(diff)
    _warn_about_test_rows(diff)
    _show_rows(run, diff)
    if st.button(
        "Make a new version", type="primary", icon=":material/library_add:", key="changes.version"
    ):
        _make(info)
    st.caption(f"Version {info.version} stays as it is. Tags and notes stay with the rows.")


def _say_left_aside(info: DatasetInfo, pending: Pending) -> None:
    if pending.absent:
        rows = plural(len(pending.absent), "row")
        st.caption(f"{rows} with another label proposed are not in version {info.version}.")
    if pending.unfit:
        st.warning(
            f"{plural(len(pending.unfit), 'proposal')} left aside: every row of this data set has "
            "exactly one label.",
            icon=":material/warning:",
        )


def _say_classes(diff: VersionDiff) -> None:
    for title, names in (("New classes", diff.added_labels), ("Classes gone", diff.removed_labels)):
        if names:
            shown = ", ".join(label(name) for name in names[:10])
            st.caption(f"{title}: {shown}" + (" and others" if len(names) > 10 else ""))


def _warn_about_test_rows(diff: VersionDiff) -> None:
    """Say in which splits rows change, and what it means when test rows do."""
    by_split: dict[str, int] = {}
    for change in _SHOWN:
        for split, count in diff.by_split[change].items():
            by_split[split] = by_split.get(split, 0) + count
    counted = " · ".join(f"{split} {count:,}" for split, count in by_split.items())
    st.caption(f"Rows that change: {counted}")
    if by_split.get("test"):
        st.warning(
            f"{plural(by_split['test'], 'test row')} would change. Figures on the new test rows "
            "cannot be compared with older ones. The comparison of two runs leaves these rows out "
            "for both, and says so.",
            icon=":material/warning:",
        )


def _show_rows(run: Run, diff: VersionDiff) -> None:
    """Show rows before and after, by the kind of change; a selected one can be changed again."""
    counts = {kind: diff.counts[kind] for kind in _SHOWN if diff.counts[kind]}
    chosen = state.choose(
        "pending_change",
        "Rows",
        {kind: f"{CHANGES[kind]} ({count:,})" for kind, count in counts.items()},
        default=next(iter(counts)),
        draw=st.segmented_control,
        label_visibility="collapsed",
    )
    kind = next(kind for kind in counts if kind == chosen)
    rows = diff.examples[kind]
    event = st.dataframe(
        {
            "before": cells([", ".join(row.labels_before or ()) for row in rows]),
            "after": cells([_after(row) for row in rows]),
            "split": [row.split_before for row in rows],
            "text": cells([row.text_before or "" for row in rows]),
        },
        hide_index=True,
        height=controls.table_height(len(rows), _TABLE_HEIGHT),
        column_config={
            **dict.fromkeys(("before", "after"), st.column_config.TextColumn(width=110)),
            "split": st.column_config.TextColumn(width=80),
            "text": st.column_config.TextColumn(width="large"),
        },
        on_select="rerun",
        selection_mode="single-row",
        key=f"changes.rows.{hash(tuple(row.row_id for row in rows))}",
        alt="Rows that would change, before and after",
    )
    if len(rows) < counts[kind]:
        st.caption(f"Showing the first {len(rows):,}, in the order of their ids.")
    picked = event["selection"]["rows"]
    if not picked:
        st.caption("Select a row to change what is said about it.")
    for position in picked:
        show_annotation(run, rows[position].row_id)


def _after(row: RowChange) -> str:
    return "dropped" if row.labels_after is None else ", ".join(row.labels_after)


def _make(info: DatasetInfo) -> None:
    """Make the version here, or in a job when it is large."""
    if info.num_examples > MAX_ROWS_ON_PAGE:
        start_version_job(_JOB, VERSION_JOB, {"fingerprint": info.fingerprint})
        st.rerun()
    try:
        with st.spinner("Making the version"):
            made = make_version(state.workspace(), info)
    except TextclsError as error:
        st.error(escape(str(error)), icon=":material/error:")
        return
    is_new = made.version > info.version
    said = "is stored" if is_new else "has exactly these rows already; train on that one"
    st.toast(f"Version {made.version} of {label(made.name)} {said}.")
    st.rerun()


def _show_batches(annotations: Annotations) -> None:
    """Show what was done last by anybody, each with the way back."""
    batches = annotations.batches(_BATCHES)
    if not batches:
        return
    st.subheader("Last annotations", anchor=False)
    for batch in batches:
        with st.container(horizontal=True, vertical_alignment="center"):
            by = f"{batch.author}: " if batch.author else ""
            rows = f", {plural(batch.num_rows, 'row')}" if batch.num_rows else ""
            said = f"{by}{batch.what}{rows}, {ago(batch.at)}"
            st.caption(escape(said), width="stretch")
            st.button(
                "Undo",
                icon=":material/undo:",
                key=f"changes.undo.{batch.batch_id}",
                type="tertiary",
                on_click=_undo,
                args=(annotations, batch.batch_id),
            )


def _undo(annotations: Annotations, batch_id: int) -> None:
    try:
        annotations.undo(batch_id)
    except TextclsError as error:
        st.toast(escape(str(error)), icon=":material/error:", duration="infinite")
