"""The changes that findings offer: each makes a new data set, and says what it changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from textcls_core.arrays import Indices
from textcls_core.audit.damage import (
    remove_control_characters,
    remove_html,
    repair_encoding,
    rows_with_control_characters,
    rows_with_html,
    rows_with_wrong_encoding,
)
from textcls_core.audit.duplicates import conflicting, first_of_each
from textcls_core.audit.personal import mask_personal, personal_rows
from textcls_core.audit.rows import AuditedRows
from textcls_core.dataset.audit import near_equal_groups
from textcls_core.dataset.fixes import drop_positions, rename_labels, replace_texts
from textcls_core.dataset.keys import RowKeys
from textcls_core.dataset.near_duplicates import groups
from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.errors import InvalidArgumentError, did_you_mean
from textcls_core.jobs.progress import Report, ignore
from textcls_core.wording import plural


@dataclass(frozen=True, slots=True)
class Change:
    """What a fix would make of a data set."""

    dataset: TextDataset
    summary: str
    """One sentence: how much changes and what is left."""
    is_empty: bool
    """Whether nothing would change."""


@dataclass(frozen=True, slots=True)
class Fix:
    """A change that is known by name."""

    title: str
    """What to write on its button."""
    explanation: str
    """What it does, and what it leaves alone."""
    make: Callable[[AuditedRows], Change]


def plan_fix(dataset: TextDataset, name: str, report: Report = ignore) -> Change:
    """Return what a fix would make of a data set; nothing is stored.

    Args:
        dataset: What to mend.
        name: One of `FIXES`.
        report: Told how far it is; may raise to stop.

    Raises:
        InvalidArgumentError: If there is no such fix, or it would leave no row.
    """
    if name not in FIXES:
        raise InvalidArgumentError(
            f'"{name[:40]}" is not a fix. {did_you_mean(name, sorted(FIXES))}'
        )
    return FIXES[name].make(AuditedRows(dataset, report))


def apply_fix(
    store: DatasetStore, parent: DatasetInfo, name: str, report: Report = ignore
) -> DatasetInfo:
    """Store what a fix makes of a data set as a new version of it.

    The same fix of the same version gives the same content, which is stored once.

    Args:
        store: Where versions are kept.
        parent: The version to mend.
        name: One of `FIXES`.
        report: Told how far it is; may raise to stop.

    Raises:
        InvalidArgumentError: If there is no such fix, or nothing to change.
    """
    report(0, 0, "Reading the rows")
    dataset = store.load(parent.fingerprint)
    report(0, 0, "Looking for rows to change")
    change = plan_fix(dataset, name, report)
    if change.is_empty:
        raise InvalidArgumentError(
            f'"{FIXES[name].title}" changes nothing in this version. Run the audit again.'
        )
    report(0, 0, "Checking and storing the new version")
    return store.derive(parent, change.dataset, f"{FIXES[name].title}: {change.summary}")


def _dropped(dataset: TextDataset, rows: Indices) -> Change:
    left = dataset.num_examples - len(rows)
    changed = drop_positions(dataset, rows) if len(rows) else dataset
    summary = f"{plural(len(rows), 'row')} dropped, {left:,} left"
    lost = dataset.num_labels - changed.num_labels
    if lost:
        summary += f"; {plural(lost, 'class', 'classes')} lost all rows"
    return Change(changed, summary, not len(rows))


def _rewritten(dataset: TextDataset, rows: Indices, rewrite: Callable[[str], str]) -> Change:
    """Return the data set with rewritten texts; a text of which nothing is left stays."""
    pairs = zip(dataset.row_ids(rows), dataset.texts(rows), strict=True)
    rewritten = {row_id: (text, rewrite(text)) for row_id, text in pairs}
    texts = {row_id: new for row_id, (old, new) in rewritten.items() if new.strip() and new != old}
    changed = replace_texts(dataset, texts) if texts else dataset
    return Change(changed, f"{plural(len(texts), 'text')} changed", not texts)


def _drop_copies(rows: AuditedRows, keys: RowKeys) -> Change:
    """Keep the first row of each text, split and set of labels."""
    kept = first_of_each(keys, rows.splits, rows.label_keys)
    return _dropped(rows.dataset, np.setdiff1d(np.arange(len(keys)), kept))


def _near_keys(rows: AuditedRows) -> RowKeys:
    return groups(rows.near_pairs, rows.dataset.num_examples)


def _drop_leaked(rows: AuditedRows, keys: RowKeys) -> Change:
    """Drop the rows whose text is in a later split too."""
    latest = np.zeros(int(keys.max(initial=-1)) + 1, dtype=np.int64)
    np.maximum.at(latest, keys, rows.splits)
    return _dropped(rows.dataset, np.flatnonzero(rows.splits < latest[keys]))


def _drop_conflicting(rows: AuditedRows) -> Change:
    found = conflicting(rows.normalised_keys, rows.label_keys)
    return _dropped(rows.dataset, np.flatnonzero(found))


def _merge_labels(rows: AuditedRows) -> Change:
    """Give near-equal labels the name that most rows have."""
    names = rows.dataset.label_names
    totals = np.sum(list(rows.dataset.class_counts.values()), axis=0)
    size = dict(zip(names, totals.tolist(), strict=True))
    renamed = {
        name: max(group, key=lambda known: (size[known], known))
        for group in near_equal_groups(names)
        for name in group
    }
    changes = {old: new for old, new in renamed.items() if old != new}
    changed = rename_labels(rows.dataset, changes) if changes else rows.dataset
    count = sum(size[old] for old in changes)
    merged = plural(len(changes), "class", "classes")
    summary = f"{merged} merged into others, {plural(count, 'row')} relabelled"
    return Change(changed, summary, not changes)


def _mask(rows: AuditedRows) -> Change:
    found = personal_rows(rows.texts)
    every = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *found.values()]))
    return _rewritten(rows.dataset, every, mask_personal)


def _rewriter(
    find: Callable[[pa.ChunkedArray], Indices], rewrite: Callable[[str], str]
) -> Callable[[AuditedRows], Change]:
    return lambda rows: _rewritten(rows.dataset, find(rows.texts), rewrite)


_COPIES = (
    "Keeps the first row of every text, split and label. Copies in other splits or with other "
    "labels stay: they have findings of their own."
)
_LEAKED = "Drops the copy in the earlier split, so that test rows stay what they are."

FIXES: Mapping[str, Fix] = {
    "drop_duplicates": Fix(
        "Drop repeated texts", _COPIES, lambda rows: _drop_copies(rows, rows.exact_keys)
    ),
    "drop_normalised_duplicates": Fix(
        "Drop copies that differ in case or punctuation",
        _COPIES,
        lambda rows: _drop_copies(rows, rows.normalised_keys),
    ),
    "drop_near_duplicates": Fix(
        "Drop nearly equal texts", _COPIES, lambda rows: _drop_copies(rows, _near_keys(rows))
    ),
    "drop_leaked": Fix(
        "Drop leaked texts", _LEAKED, lambda rows: _drop_leaked(rows, rows.normalised_keys)
    ),
    "drop_near_leaked": Fix(
        "Drop nearly equal leaked texts",
        _LEAKED,
        lambda rows: _drop_leaked(rows, _near_keys(rows)),
    ),
    "drop_conflicting": Fix(
        "Drop texts with conflicting labels",
        "Drops every row of a text that has several labels; nobody has to guess which is right.",
        _drop_conflicting,
    ),
    "merge_labels": Fix(
        "Merge near-equal labels",
        "Labels that differ only in case, spaces or number format get the most frequent spelling.",
        _merge_labels,
    ),
    "repair_encoding": Fix(
        "Repair the encoding",
        "Turns texts back into what was written, where that can be proved; others stay.",
        _rewriter(rows_with_wrong_encoding, repair_encoding),
    ),
    "remove_control_characters": Fix(
        "Remove control characters",
        "Takes out characters that no screen shows; tabs and line ends stay.",
        _rewriter(rows_with_control_characters, remove_control_characters),
    ),
    "remove_html": Fix(
        "Remove HTML",
        'Takes out tags, scripts and comments; entities such as "&amp;" become characters.',
        _rewriter(rows_with_html, remove_html),
    ),
    "mask_personal_data": Fix(
        "Mask personal content",
        "Puts [EMAIL], [PHONE], [CARD] and [IBAN] in place of what looks like one.",
        _mask,
    ),
}
"""By the name that findings give."""
