"""Texts that are there more than once: in one split, in several, with one label or with several.

Each text is reported once, at the strictest of three kinds of sameness: exact (see
`duplicate_key`), normalised (case, punctuation and spaces do not count), and near (most words are
the same).
"""

import numpy as np

from textcls_core.arrays import Indices, Mask
from textcls_core.audit.rows import AuditedRows
from textcls_core.dataset.findings import Finding
from textcls_core.dataset.keys import RowKeys
from textcls_core.dataset.near_duplicates import THRESHOLD, groups
from textcls_core.wording import percent, plural


def check_duplicates(rows: AuditedRows) -> list[Finding]:
    """Report repeated texts, exactly and after normalising."""
    exact, normalised = repeats(rows.exact_keys), repeats(rows.normalised_keys)
    further = normalised & ~exact
    total = rows.dataset.num_examples
    return [
        *_copies(
            rows,
            "exact_duplicates",
            exact,
            total,
            "with the text of another row",
            "drop_duplicates",
        ),
        *_copies(
            rows,
            "normalised_duplicates",
            further,
            total,
            "whose text differs from another one only in case, punctuation or spaces",
            "drop_normalised_duplicates",
        ),
    ]


def check_near_duplicates(rows: AuditedRows) -> list[Finding]:
    """Report texts of which most words are those of another row."""
    known = repeats(rows.normalised_keys)
    is_copy = np.zeros(rows.dataset.num_examples, dtype=bool)
    is_copy[rows.near_pairs.second] = True
    what = f"that share at least {percent(THRESHOLD, 0)} of their words with an earlier one"
    return _copies(
        rows,
        "near_duplicates",
        is_copy & ~known,
        rows.dataset.num_examples,
        what,
        "drop_near_duplicates",
    )


def _copies(
    rows: AuditedRows, kind: str, is_copy: Mask, total: int, what: str, fix: str
) -> list[Finding]:
    found = np.flatnonzero(is_copy)
    share = len(found) / max(total, 1)
    message = f"{plural(len(found), 'row')} {what} ({percent(share)})."
    return rows.finding(kind, found, message, share, fix=fix)


def check_leaks(rows: AuditedRows) -> list[Finding]:
    """Report held-out rows whose text is in an earlier split, exactly and after normalising."""
    exact, normalised = leaked(rows, rows.exact_keys), leaked(rows, rows.normalised_keys)
    return [
        *_leaks(rows, "leaked_texts", exact, "whose text is in another split too", "drop_leaked"),
        *_leaks(
            rows,
            "leaked_normalised_texts",
            normalised & ~exact,
            "whose text is in another split too but for case, punctuation or spaces",
            "drop_leaked",
        ),
    ]


def check_near_leaks(rows: AuditedRows) -> list[Finding]:
    """Report held-out rows that share most words with a row of an earlier split."""
    group = groups(rows.near_pairs, rows.dataset.num_examples)
    further = leaked(rows, group) & ~leaked(rows, rows.normalised_keys)
    what = "that are nearly equal to a row of another split"
    return _leaks(rows, "leaked_near_duplicates", further, what, "drop_near_leaked")


def _leaks(rows: AuditedRows, kind: str, is_leaked: Mask, what: str, fix: str) -> list[Finding]:
    found = np.flatnonzero(is_leaked)
    held_out = int((rows.splits > 0).sum())
    share = len(found) / max(held_out, 1)
    message = (
        f"{plural(len(found), 'row')} of validation and test {what} ({percent(share)} of them); "
        "their figures will look too good."
    )
    return rows.finding(kind, found, message, share, fix=fix)


def check_conflicts(rows: AuditedRows) -> list[Finding]:
    """Report equal texts with different labels."""
    found = np.flatnonzero(conflicting(rows.normalised_keys, rows.label_keys))
    count = len(np.unique(rows.normalised_keys[found]))
    share = len(found) / max(rows.dataset.num_examples, 1)
    message = (
        f"{plural(count, 'text')} labelled in several ways, on {plural(len(found), 'row')} "
        f"({percent(share)}); case, punctuation and spaces do not count."
    )
    by_text = found[np.argsort(rows.normalised_keys[found], kind="stable")]
    return rows.finding(
        "conflicting_labels", by_text, message, share, count=count, fix="drop_conflicting"
    )


def check_near_conflicts(rows: AuditedRows) -> list[Finding]:
    """Report nearly equal texts with different labels."""
    pairs = rows.near_pairs
    differs = rows.label_keys[pairs.first] != rows.label_keys[pairs.second]
    differs &= rows.normalised_keys[pairs.first] != rows.normalised_keys[pairs.second]
    both = np.stack([pairs.first[differs], pairs.second[differs]], axis=1).ravel()
    _, order = np.unique(both, return_index=True)
    found = both[np.sort(order)]
    share = len(found) / max(rows.dataset.num_examples, 1)
    message = (
        f"{plural(int(differs.sum()), 'pair')} of nearly equal texts with different labels, on "
        f"{plural(len(found), 'row')} ({percent(share)})."
    )
    return rows.finding("conflicting_near_duplicates", found, message, share)


def repeats(keys: RowKeys) -> Mask:
    """Tell which rows have the key of an earlier row, shape (N,).

    Example:
        >>> repeats(np.array([3, 1, 3, 3])).tolist()
        [False, False, True, True]
    """
    is_repeat = np.ones(len(keys), dtype=bool)
    is_repeat[np.unique(keys, return_index=True)[1]] = False
    return is_repeat


def leaked(rows: AuditedRows, keys: RowKeys) -> Mask:
    """Tell which rows of validation and test have the key of a row in an earlier split."""
    if not len(keys):
        return np.zeros(0, dtype=bool)
    earliest = np.full(int(keys.max()) + 1, len(rows.splits) + 3, dtype=np.int64)
    np.minimum.at(earliest, keys, rows.splits)
    return np.asarray(rows.splits > earliest[keys])


def conflicting(keys: RowKeys, labels: RowKeys) -> Mask:
    """Tell which rows share their key with a row of other labels, shape (N,).

    Example:
        >>> conflicting(np.array([0, 0, 1, 1]), np.array([5, 6, 7, 7])).tolist()
        [True, True, False, False]
    """
    if not len(keys):
        return np.zeros(0, dtype=bool)
    order = np.argsort(keys, kind="stable")
    starts = np.flatnonzero(np.diff(keys[order], prepend=keys[order[0]] - 1))
    lowest = np.minimum.reduceat(labels[order], starts)
    highest = np.maximum.reduceat(labels[order], starts)
    differs = np.zeros(int(keys.max()) + 1, dtype=bool)
    differs[keys[order[starts]]] = lowest != highest
    return np.asarray(differs[keys])


def first_of_each(*keys: RowKeys) -> Indices:
    """Return the first row of every combination of keys, upwards."""
    combined = np.zeros(len(keys[0]), dtype=np.int64)
    for key in keys:
        _, codes = np.unique(key, return_inverse=True)
        combined = combined * (int(codes.max(initial=0)) + 1) + codes
        _, combined = np.unique(combined, return_inverse=True)
    return np.asarray(np.sort(np.unique(combined, return_index=True)[1]))
