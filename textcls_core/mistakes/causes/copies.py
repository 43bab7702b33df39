"""Mistakes whose text is in the training rows too, with another label."""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from textcls_core.arrays import Indices
from textcls_core.dataset.keys import normalised_keys
from textcls_core.dataset.near_duplicates import THRESHOLD, Pairs, groups, near_duplicate_pairs
from textcls_core.jobs.progress import Report
from textcls_core.mistakes.causes.case import Case, Finding
from textcls_core.wording import percent, plural, quoted

_SAME = 1 - 1e-9
"""Jaccard index from which texts have the same words."""


def duplicate_with_other_label(case: Case, progress: Report) -> Finding:
    """Find mistakes of which a training row is a copy, or nearly one, with other labels.

    Copies differ in case, punctuation and spaces only (`normalised_keys`); near-copies share most
    of their words (`near_duplicate_pairs`).
    """
    progress(0, 0, "Looking for copies in the training rows")
    positions = np.union1d(case.training, case.positions)
    texts = case.dataset.table["text"].take(pa.array(positions))
    is_training = np.isin(positions, case.training)
    places = {int(position): place for place, position in enumerate(case.positions)}
    evidence: dict[int, str] = {}
    for same, likeness in _groups_of_copies(texts):
        asked = [int(positions[i]) for i in same if int(positions[i]) in places]
        trained = positions[[i for i in same if is_training[i]]]
        if asked and len(trained):
            said = _conflicts(case, asked, trained, likeness)
            evidence |= {places[position]: sentence for position, sentence in said.items()}
    return case.finding("duplicate_with_other_label", evidence)


def _groups_of_copies(texts: pa.ChunkedArray) -> Iterator[tuple[list[int], str]]:
    """Yield groups of texts that are alike, with how alike they are; the most alike last."""
    pairs = near_duplicate_pairs(texts)
    same_words = groups(_only(pairs, pairs.jaccard >= _SAME), len(texts))
    members = _members(same_words)
    near = pairs.jaccard < _SAME
    for first, second in zip(pairs.first[near], pairs.second[near], strict=True):
        both = members[int(same_words[first])] + members[int(same_words[second])]
        yield both, f"shares at least {percent(THRESHOLD, 0)} of its words"
    for group in members.values():
        if len(group) > 1:
            yield group, "has the same words"
    for group in _members(normalised_keys(texts)).values():
        if len(group) > 1:
            yield group, "has the same text"


def _only(pairs: Pairs, kept: np.ndarray) -> Pairs:
    return Pairs(pairs.first[kept], pairs.second[kept], pairs.jaccard[kept])


def _members(numbers: np.ndarray) -> dict[int, list[int]]:
    """Return the positions that share a number, of those that several share."""
    order = np.argsort(numbers, kind="stable")
    values, starts, counts = np.unique(numbers[order], return_index=True, return_counts=True)
    found: dict[int, list[int]] = defaultdict(list)
    for value, start, count in zip(values, starts, counts, strict=True):
        found[int(value)] = order[start : start + count].tolist()
    return found


def _conflicts(case: Case, asked: list[int], trained: Indices, likeness: str) -> dict[int, str]:
    """Return by position what training rows that are alike say against the labels of some rows."""
    by_labels: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for position, ids in zip(trained.tolist(), case.label_sets_at(trained), strict=True):
        by_labels[tuple(sorted(ids))].append(position)
    found = {}
    for position, own in zip(asked, case.label_sets_at(np.array(asked)), strict=True):
        others = [item for item in by_labels.items() if item[0] != tuple(sorted(own))]
        if others:
            ids, rows = max(others, key=lambda item: len(item[1]))
            names = quoted([case.dataset.label_names[label_id] for label_id in ids])
            row_id = case.dataset.row_ids(np.array(rows[:1]))[0]
            more = f" So are {plural(len(rows) - 1, 'more', 'more')}." if len(rows) > 1 else ""
            found[position] = f"Training row {row_id} {likeness}, but is labelled {names}.{more}"
    return found
