"""What annotations would change in a version of their data set, and the version they make.

A proposal is pending while the row has other labels, a drop while the row is there, a merge while
the class is. So what was applied is no longer pending, and nothing has to be marked as done.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from textcls_core.dataset.fixes import drop_rows, relabel, rename_labels
from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.errors import InvalidArgumentError
from textcls_core.jobs.progress import Report, ignore
from textcls_core.mistakes.annotations.annotation import Annotation
from textcls_core.mistakes.annotations.store import Annotations
from textcls_core.wording import plural
from textcls_core.workspace import Workspace

VERSION_JOB = f"{__name__}:version_job"


@dataclass(frozen=True, slots=True)
class Pending:
    """What is to change in one version."""

    relabels: Mapping[str, tuple[str, ...]]
    """The labels that rows are to get, by row id, where they have others now."""
    drops: tuple[str, ...]
    """Rows to go."""
    merges: Mapping[str, str]
    """Classes to become part of another one."""
    new_labels: tuple[str, ...]
    """Proposed labels that the version does not have."""
    absent: tuple[str, ...]
    """Rows with other labels proposed that this version does not have; nothing is done."""
    unfit: tuple[str, ...]
    """Rows with none or several proposed labels where each needs one; they stay as they are."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing would change."""
        return not (self.relabels or self.drops or self.merges)

    @property
    def reason(self) -> str:
        """In a few words what a version made now changes."""
        parts = (
            (len(self.relabels), plural(len(self.relabels), "row") + " relabelled"),
            (len(self.drops), plural(len(self.drops), "row") + " dropped"),
            (len(self.merges), plural(len(self.merges), "class", "classes") + " merged"),
        )
        return "annotations: " + (", ".join(said for count, said in parts if count) or "no change")

    def to_json(self) -> dict[str, Any]:
        """Return the changes in the stable form of the command line."""
        return {
            "relabels": {row_id: list(labels) for row_id, labels in self.relabels.items()},
            "drops": list(self.drops),
            "merges": dict(self.merges),
            "new_labels": list(self.new_labels),
            "absent": list(self.absent),
            "unfit": list(self.unfit),
        }


def find_pending(
    dataset: TextDataset, annotations: Iterable[Annotation], merges: Mapping[str, str]
) -> Pending:
    """Return what annotations would change in a version.

    Args:
        dataset: The version.
        annotations: What is said about rows, whether or not the version has them.
        merges: Classes to become part of another one, which may be merged in turn.
    """
    final = {label: _end(label, merges) for label in merges}
    said = {one.row_id: one for one in annotations if one.is_dropped or one.proposed is not None}
    present = _present(dataset, list(said))
    absent = tuple(
        row_id for row_id, one in said.items() if row_id not in present and not one.is_dropped
    )
    drops = tuple(row_id for row_id in present if said[row_id].is_dropped)
    relabels: dict[str, tuple[str, ...]] = {}
    unfit = []
    for row_id, has in present.items():
        proposed = said[row_id].proposed
        if proposed is None or said[row_id].is_dropped:
            continue
        wanted = tuple(dict.fromkeys(final.get(label, label) for label in proposed))
        if dataset.task == "single_label" and len(wanted) != 1:
            unfit.append(row_id)
        elif set(wanted) != {final.get(label, label) for label in has}:
            relabels[row_id] = wanted
    known = {*dataset.label_names, *final.values()}
    new = {label for labels in relabels.values() for label in labels} - known
    merged = {
        label: into
        for label, into in final.items()
        if label != into and label in dataset.label_names
    }
    return Pending(relabels, drops, merged, tuple(sorted(new)), absent, tuple(unfit))


def apply_pending(dataset: TextDataset, pending: Pending) -> TextDataset:
    """Return the data set with everything that is pending done to it.

    Raises:
        InvalidArgumentError: If no row would be left.
    """
    changed = relabel(dataset, pending.relabels) if pending.relabels else dataset
    left = {old: new for old, new in pending.merges.items() if old in changed.label_names}
    changed = rename_labels(changed, left) if left else changed
    return drop_rows(changed, pending.drops) if pending.drops else changed


def pending_of(workspace: Workspace, info: DatasetInfo) -> tuple[TextDataset, Pending]:
    """Return a stored version with what is pending in it."""
    dataset = DatasetStore.open(workspace).load(info.fingerprint)
    annotations = Annotations.open(workspace, info.name)
    return dataset, find_pending(dataset, annotations.by_row().values(), annotations.merges())


def make_version(workspace: Workspace, info: DatasetInfo, report: Report = ignore) -> DatasetInfo:
    """Store the version that the annotations make of another one, and return it.

    Args:
        workspace: Where data sets and annotations are.
        info: The version to change.
        report: Told how far it is; may raise to stop.

    Raises:
        InvalidArgumentError: If nothing is pending, or no row would be left.
    """
    report(0, 3, "Reading the rows")
    dataset, pending = pending_of(workspace, info)
    if pending.is_empty:
        raise InvalidArgumentError(
            f"Expected a proposal, a drop or a merge that changes {info.title}, got none. "
            "Propose another label for a row first."
        )
    report(1, 3, "Changing the rows")
    changed = apply_pending(dataset, pending)
    report(2, 3, "Checking and storing the new version")
    return DatasetStore.open(workspace).derive(info, changed, pending.reason)


def version_job(workspace: Workspace, arguments: dict[str, Any], report: Report) -> str:
    """Make a version of `fingerprint` in a job; return the fingerprint of the new one."""
    info = DatasetStore.open(workspace).find(arguments["fingerprint"])
    return make_version(workspace, info, report).fingerprint


def _end(label: str, merges: Mapping[str, str]) -> str:
    """Return what a class is merged into in the end.

    `Annotations.merge` refuses a circle, but two people may make one together: then all stay.
    """
    seen, here = {label}, label
    while here in merges:
        here = merges[here]
        if here in seen:
            return label
        seen.add(here)
    return here


def _present(dataset: TextDataset, row_ids: list[str]) -> dict[str, list[str]]:
    """Return the labels of the rows that the data set has."""
    wanted = pa.array(row_ids, pa.string())
    places = pc.index_in(wanted, value_set=dataset.table["row_id"].combine_chunks())
    is_there = pc.is_valid(places)
    ids = dataset.table["label_ids"].take(places.filter(is_there)).to_pylist()
    names = dataset.label_names
    return {
        row_id: [names[label_id] for label_id in row]
        for row_id, row in zip(wanted.filter(is_there).to_pylist(), ids, strict=True)
    }
