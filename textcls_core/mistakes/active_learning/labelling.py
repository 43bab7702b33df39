"""What people say about the rows of a pool, and the training rows that this makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textcls_core.arrays import Mask
from textcls_core.dataset.building import make_row_ids
from textcls_core.dataset.fixes import relabel
from textcls_core.dataset.history import newest_version
from textcls_core.dataset.keys import normalised_keys
from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.dataset.text_dataset import SCHEMA, TextDataset
from textcls_core.errors import InvalidArgumentError
from textcls_core.mistakes.active_learning.pool import known_texts
from textcls_core.mistakes.annotations.annotation import PROPOSED, Annotation, Change
from textcls_core.mistakes.annotations.store import Annotations
from textcls_core.runs.run import Run
from textcls_core.runs.slice_rows import first_of_each
from textcls_core.wording import plural, shorten
from textcls_core.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Progress:
    """How far people are with some rows of a pool."""

    labelled: tuple[str, ...]
    """Row ids with a label."""
    skipped: tuple[str, ...]
    """Row ids somebody looked at without giving a label."""
    open: tuple[str, ...]
    """The others, in their order."""


def progress_of(row_ids: Sequence[str], said: Mapping[str, Annotation]) -> Progress:
    """Return which rows are labelled, skipped and still open."""
    labelled, skipped, rest = [], [], []
    for row_id in row_ids:
        annotation = said.get(row_id)
        if annotation is not None and annotation.proposed is not None:
            labelled.append(row_id)
        elif annotation is not None and annotation.is_reviewed:
            skipped.append(row_id)
        else:
            rest.append(row_id)
    return Progress(tuple(labelled), tuple(skipped), tuple(rest))


def proposed_labels(said: Mapping[str, Annotation]) -> dict[str, tuple[str, ...]]:
    """Return the labels people gave, by row id."""
    return {
        row_id: annotation.proposed
        for row_id, annotation in said.items()
        if annotation.proposed is not None
    }


def give_labels(
    workspace: Workspace, run: Run, pool: DatasetInfo, given: Sequence[str], author: str = ""
) -> int:
    """Keep labels of pool rows, and return of how many rows.

    Args:
        workspace: Where data sets and annotations are.
        run: Decides which classes there are.
        pool: The version that the rows belong to.
        given: `ROW=LABEL`; a row of a multi-label data set may be named several times.
        author: Who says so; may be empty.

    Raises:
        InvalidArgumentError: If a part is missing, or a label does not fit the data set of the run.
        NotFoundError: If a row is not in the pool.
        StorageError: If the system refuses to write; nothing is kept then.
    """
    labels: dict[str, list[str]] = {}
    for item in given:
        row_id, mark, name = item.partition("=")
        if not (row_id and mark and name):
            raise InvalidArgumentError(f'Expected ROW=LABEL, got "{shorten(item, 60)}".')
        labels.setdefault(row_id, []).append(name)
    store = DatasetStore.open(workspace)
    _require_fitting(store.load(run.config.dataset_fingerprint), labels)
    store.load(pool.fingerprint).positions(list(labels))
    changes = [Change(row_id, PROPOSED, tuple(names)) for row_id, names in labels.items()]
    what = f"labelled {plural(len(labels), 'row')}"
    Annotations.open(workspace, pool.name).record(changes, what, author=author)
    return len(labels)


def pending_labels(
    newest: TextDataset,
    pool: TextDataset,
    is_known: Mask,
    said: Mapping[str, Annotation],
    *,
    is_same: bool,
) -> dict[str, tuple[str, ...]]:
    """Return the labels of pool rows that the newest version of a data set does not have yet.

    Args:
        newest: The data set that grows.
        pool: The version that people label rows of, N rows.
        is_known: Which of its texts `newest` has, from `known_texts`, shape (N,).
        said: The annotations of the pool.
        is_same: Whether both are versions of one data set; then rows are looked up by id, and those
            whose label differs are pending.
    """
    labels = proposed_labels(said)
    ids = pa.array(list(labels), pa.string())
    source = newest if is_same else pool
    places = pc.index_in(ids, value_set=source.table["row_id"].combine_chunks()).to_pylist()
    found = dict(zip(labels, places, strict=True))
    if not is_same:
        return {
            row_id: names
            for row_id, names in labels.items()
            if found[row_id] is not None and not is_known[found[row_id]]
        }
    sets = source.table["label_ids"]
    return {
        row_id: names
        for row_id, names in labels.items()
        if (place := found[row_id]) is not None
        and {newest.label_names[i] for i in sets[place].as_py()} != set(names)
    }


def make_labelled_version(workspace: Workspace, run: Run, pool: DatasetInfo) -> DatasetInfo:
    """Store the version of a run's data set that the labels of a pool make, and return it.

    Rows of another data set are added to the training rows of the newest version, unless their text
    is there already. Rows of the run's own data set get their label where they are.

    Args:
        workspace: Where data sets and annotations are.
        run: Decides the data set that grows.
        pool: The version whose rows people labelled.

    Raises:
        InvalidArgumentError: If no labelled row is new, or a label does not fit the data set.
        NotFoundError: If a data set was deleted.
    """
    store = DatasetStore.open(workspace)
    trained_on = store.find(run.config.dataset_fingerprint)
    newest = newest_version(store, trained_on.name)
    said = Annotations.open(workspace, pool.name).by_row()
    dataset, rows = store.load(newest.fingerprint), store.load(pool.fingerprint)
    is_same = pool.name == newest.name
    labels = pending_labels(dataset, rows, known_texts(rows, dataset), said, is_same=is_same)
    if not labels:
        raise InvalidArgumentError(
            f"Expected labelled rows that {newest.name} does not have yet, got none of "
            f"{plural(len(proposed_labels(said)), 'row')} with a label. Label rows first."
        )
    _require_fitting(dataset, labels)
    if is_same:
        made, count = relabel(dataset, labels), len(labels)
    else:
        made, count = add_training_rows(dataset, rows, labels)
    by = f"ranked by run {run.run_id}"
    reason = f'active learning: {plural(count, "row")} of "{shorten(pool.name)}" labelled, {by}'
    return store.derive(newest, made, reason)


def add_training_rows(
    dataset: TextDataset, pool: TextDataset, labels: Mapping[str, Sequence[str]]
) -> tuple[TextDataset, int]:
    """Return a data set with more training rows, and how many were added.

    Rows whose text the data set has already, and repeats within the pool, are left out. Further
    columns that one of both lacks are empty there.

    Args:
        dataset: What grows.
        pool: Where the texts are.
        labels: Names of the labels of some pool rows, by row id.

    Raises:
        InvalidArgumentError: If a row of a single-label data set has not exactly one label, or a
            label is not one of the data set's.
        NotFoundError: If a row is not in the pool.
    """
    _require_fitting(dataset, labels)
    positions = pool.positions(list(labels))
    chosen = pool.table.take(pa.array(positions))
    rows = TextDataset(chosen, pool.label_names, "multi_label")
    is_new = ~known_texts(rows, dataset)
    is_first = first_of_each(normalised_keys(rows.table["text"]))
    kept = np.flatnonzero(is_new & is_first)
    if not len(kept):
        return dataset, 0
    names = list(labels.values())
    added = _training_table(dataset, rows.table.take(pa.array(kept)), [names[i] for i in kept])
    table = pa.concat_tables([dataset.table, added], promote_options="default")
    return TextDataset(table, dataset.label_names, dataset.task), len(kept)


def _require_fitting(dataset: TextDataset, labels: Mapping[str, Sequence[str]]) -> None:
    if dataset.task == "single_label" and any(len(names) != 1 for names in labels.values()):
        raise InvalidArgumentError("Expected exactly one label for every row of this data set.")
    unknown = {name for names in labels.values() for name in names} - set(dataset.label_names)
    if unknown:
        raise InvalidArgumentError(
            f'Expected labels that the data set has, got "{shorten(min(unknown))}". '
            "Choose one of its classes for these rows."
        )


def _training_table(
    dataset: TextDataset, rows: pa.Table, labels: Sequence[Sequence[str]]
) -> pa.Table:
    """Return rows in the columns of a data set, as training rows with these labels."""
    id_of = {name: label_id for label_id, name in enumerate(dataset.label_names)}
    lists = [sorted(id_of[name] for name in names) for names in labels]
    columns = {
        "row_id": _free_ids(dataset, rows),
        "text": rows["text"],
        "label_ids": pa.array(lists, SCHEMA.field("label_ids").type),
        "split": pa.array(["train"] * rows.num_rows, pa.string()),
    }
    shared = [name for name in dataset.extra_columns if name in rows.column_names]
    columns |= {name: rows[name].cast(dataset.table.schema.field(name).type) for name in shared}
    return pa.table(columns)


def _free_ids(dataset: TextDataset, rows: pa.Table) -> list[str]:
    """Return the ids of rows; those that the data set uses for other texts are made new."""
    taken = set(dataset.row_ids())
    ids: list[str] = rows["row_id"].to_pylist()
    fresh = make_row_ids(rows["text"].to_pylist())
    found = []
    for row_id, made in zip(ids, fresh, strict=True):
        name = made if row_id in taken else row_id
        number = 2
        while name in taken:
            name, number = f"{made}.{number}", number + 1
        taken.add(name)
        found.append(name)
    return found
