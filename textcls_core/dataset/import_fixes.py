"""What can be put right before a data set is stored: merge labels, drop rows."""

from collections.abc import Callable, Mapping, Sequence
from typing import Literal, get_args

import numpy as np

from textcls_core.arrays import Mask
from textcls_core.dataset.audit import MIN_ROWS_PER_CLASS, TextGroups, near_equal_groups
from textcls_core.dataset.draft import Draft
from textcls_core.dataset.findings import Finding, info
from textcls_core.errors import InvalidArgumentError, did_you_mean
from textcls_core.wording import plural, shorten

Fix = Literal[
    "merge_labels",
    "drop_conflicts",
    "keep_majority",
    "drop_duplicates",
    "drop_rare",
    "merge_rare",
    "drop_leaks_from_train",
    "drop_leaks_from_test",
]
FIXES: tuple[Fix, ...] = get_args(Fix)
"""In the order in which they are done."""
TITLES: Mapping[Fix, str] = {
    "merge_labels": "Merge each group into its most frequent spelling",
    "drop_conflicts": "Drop all rows of these texts",
    "keep_majority": "Keep the label of the majority, drop the other rows",
    "drop_duplicates": "Keep the first row of each text",
    "drop_rare": "Drop the rare classes",
    "merge_rare": 'Merge the rare classes into "other"',
    "drop_leaks_from_train": "Drop them from training",
    "drop_leaks_from_test": "Drop them from the test",
}
"""What a person reads on the button."""
FIXES_OF: Mapping[str, tuple[Fix, ...]] = {
    "near_equal_labels": ("merge_labels",),
    "conflicting_labels": ("keep_majority", "drop_conflicts"),
    "exact_duplicates": ("drop_duplicates",),
    "class_too_small": ("drop_rare", "merge_rare"),
    "rare_classes": ("drop_rare", "merge_rare"),
    "leaked_texts": ("drop_leaks_from_train", "drop_leaks_from_test"),
}
"""What can be done about each kind of finding."""
OTHER = "other"
_NEED_SPLITS: tuple[Fix, ...] = ("drop_leaks_from_train", "drop_leaks_from_test")
_EXCLUSIVE = (
    {"drop_conflicts", "keep_majority"},
    {"drop_rare", "merge_rare"},
    {"drop_leaks_from_train", "drop_leaks_from_test"},
)


def parse_fixes(names: Sequence[str]) -> tuple[Fix, ...]:
    """Return fixes by their names, in the order in which they are done.

    Raises:
        InvalidArgumentError: If a name is unknown, or two fixes exclude each other.
    """
    wanted = {name.replace("-", "_") for name in names}
    unknown = sorted(wanted - set(FIXES))
    if unknown:
        raise InvalidArgumentError(
            f'"{shorten(unknown[0])}" is not a fix. {did_you_mean(unknown[0], list(FIXES))}'
        )
    both = next((sorted(wanted & pair) for pair in _EXCLUSIVE if pair <= wanted), None)
    if both:
        raise InvalidArgumentError(f"{both[0]} and {both[1]} exclude each other. Choose one.")
    return tuple(fix for fix in FIXES if fix in wanted)


def fix_rows(
    draft: Draft, fixes: Sequence[Fix], *, rare_below: int = MIN_ROWS_PER_CLASS
) -> tuple[Draft, list[Finding]]:
    """Return rows after the fixes that need no splits, and what was done.

    Args:
        draft: Rows whose splits may be missing.
        fixes: What to do; fixes that need splits are left for `fix_leaks`.
        rare_below: A class is rare with fewer rows.
    """
    rare = "drop_rare", "merge_rare"
    done = []
    for fix in (fix for fix in FIXES if fix in fixes and fix not in _NEED_SPLITS):
        before = draft
        draft = _fix_rare(draft, fix, rare_below) if fix in rare else _FIXES[fix](draft)
        done.append(_what_was_done(fix, before, draft))
    return draft, done


def fix_leaks(draft: Draft, fixes: Sequence[Fix]) -> tuple[Draft, list[Finding]]:
    """Return rows that all have a split, without texts in several splits if a fix says so."""
    done = []
    for fix in (fix for fix in _NEED_SPLITS if fix in fixes):
        before, draft = draft, _drop_leaks(draft, from_train=fix == "drop_leaks_from_train")
        done.append(_what_was_done(fix, before, draft))
    return draft, done


def _what_was_done(fix: Fix, before: Draft, after: Draft) -> Finding:
    rows = before.num_rows - after.num_rows
    classes = int((before.class_counts > 0).sum() - (after.class_counts > 0).sum())
    changes = [
        *([f"{plural(rows, 'row')} dropped"] if rows else []),
        *([f"{plural(classes, 'class', 'classes')} fewer"] if classes else []),
    ]
    message = f"Put right: {TITLES[fix]} ({', '.join(changes) or 'nothing had to change'})."
    return info(f"fixed_{fix}", max(rows, classes), message)


def _merge_labels(draft: Draft) -> Draft:
    """Give labels that differ in case, spaces or number format the spelling most rows have."""
    counts = dict(zip(draft.label_names, draft.class_counts.tolist(), strict=True))
    new_names: dict[str, str] = {}
    for group in near_equal_groups(draft.label_names):
        best = max(group, key=lambda name: (counts[name], name == name.strip()))
        new_names |= dict.fromkeys(group, best.strip() or best)
    return draft.rename_labels(new_names)


def _fix_rare(draft: Draft, fix: Fix, rare_below: int) -> Draft:
    rare = draft.class_counts < rare_below
    if fix == "drop_rare":
        return draft.without_labels(rare)
    names = [name for name, is_rare in zip(draft.label_names, rare, strict=True) if is_rare]
    return draft.rename_labels(dict.fromkeys(names, OTHER))


def _drop_duplicates(draft: Draft) -> Draft:
    kept = np.zeros(draft.num_rows, bool)
    kept[TextGroups.of(draft.keys).firsts] = True
    return draft.keep(kept)


def _drop_conflicts(draft: Draft) -> Draft:
    groups = TextGroups.of(draft.keys)
    return draft.keep(~groups.differ(draft.set_codes)[groups.of_rows])


def _keep_majority(draft: Draft) -> Draft:
    """Drop rows whose text has other labels in more rows; without a majority all of them."""
    groups = TextGroups.of(draft.keys)
    group_of = groups.of_rows
    conflicting = groups.differ(draft.set_codes)[group_of]
    kept = ~conflicting
    kept[conflicting] = _in_majority(group_of[conflicting], draft.set_codes[conflicting])
    return draft.keep(kept)


def _in_majority(groups: np.ndarray, codes: np.ndarray) -> Mask:
    """Tell for every row whether no other code is as frequent in its group as its own."""
    _, code_ids = np.unique(codes, return_inverse=True)
    num_codes = int(code_ids.max(initial=0)) + 1
    _, pair_of, counts = np.unique(
        groups * num_codes + code_ids, return_inverse=True, return_counts=True
    )
    own = counts[pair_of]
    best = np.zeros(int(groups.max(initial=0)) + 1, np.int64)
    np.maximum.at(best, groups, own)
    is_best = own == best[groups]
    num_best = np.bincount(groups[is_best], minlength=len(best))
    return np.asarray(is_best & (num_best[groups] == own))


def _drop_leaks(draft: Draft, *, from_train: bool) -> Draft:
    """Keep each text in one split only: the last one that has it, or the first one."""
    if not draft.num_rows:
        return draft
    groups = TextGroups.of(draft.keys)
    ordered = draft.splits[groups.order]
    pick = np.maximum if from_train else np.minimum
    return draft.keep(draft.splits == pick.reduceat(ordered, groups.starts)[groups.of_rows])


_FIXES: Mapping[Fix, Callable[[Draft], Draft]] = {
    "merge_labels": _merge_labels,
    "drop_conflicts": _drop_conflicts,
    "keep_majority": _keep_majority,
    "drop_duplicates": _drop_duplicates,
}
