"""Checks of labelled rows: duplicates, conflicts, leaks, classes too small to learn."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from textcls_core.arrays import Digests, Indices
from textcls_core.dataset.building import Rows, duplicate_key
from textcls_core.dataset.draft import Draft
from textcls_core.dataset.findings import Finding, blocker, info, warning
from textcls_core.dataset.text_dataset import SPLITS, TextDataset
from textcls_core.errors import DatasetFormatError
from textcls_core.wording import plural, shorten

MIN_ROWS_PER_CLASS = 3
MAX_CLASSES = 500
_EXAMPLES = 5


def audit_rows(rows: Rows) -> tuple[Finding, ...]:
    """Return what is worth knowing about rows with one label, blocking findings first."""
    return check_draft(Draft.of_rows(rows))


def audit(dataset: TextDataset) -> tuple[Finding, ...]:
    """Return the findings of a stored data set."""
    return check_draft(Draft.of_dataset(dataset))


def check_draft(draft: Draft, *, rare_below: int = MIN_ROWS_PER_CLASS) -> tuple[Finding, ...]:
    """Return what is worth knowing about rows that all have a split, blocking findings first.

    Args:
        draft: Any number of rows.
        rare_below: A class with fewer rows is reported as rare, even if it could be trained.
    """
    is_single = draft.task == "single_label"
    counts = {
        name: int(count)
        for name, count in zip(draft.label_names, draft.class_counts, strict=True)
        if count or not is_single
    }
    findings = [
        *(_class_findings(counts) if is_single else _label_findings(counts)),
        *_rare_classes(counts, rare_below),
        *_untrained_classes(counts, _trained(draft)),
        *(_missing_splits(draft) if counts else ()),
        *_near_equal_labels(counts),
        *_duplicate_findings(draft),
    ]
    return tuple(sorted(findings, key=lambda finding: finding.gate != "fail"))


def _trained(draft: Draft) -> set[str]:
    """Return the classes with a training row."""
    in_training = draft.splits[draft.flat_rows] == SPLITS.index("train")
    return {draft.label_names[i] for i in np.unique(draft.flat_ids[in_training])}


def require_trainable(dataset: TextDataset) -> None:
    """Refuse a data set on which training cannot work.

    Raises:
        DatasetFormatError: With every blocking finding.
    """
    blocking = [finding.message for finding in audit(dataset) if finding.gate == "fail"]
    if blocking:
        raise DatasetFormatError("This data set cannot be trained on. " + " ".join(blocking))


def _class_findings(counts: Mapping[str, int]) -> list[Finding]:
    """Return what keeps classes of rows with one label from being trained."""
    if len(counts) == 1:
        name, num_rows = next(iter(counts.items()))
        message = (
            f'All {plural(num_rows, "row")} have the label "{shorten(name)}". '
            "Add rows of another class."
        )
        return [blocker("one_class", 1, message, (name,))]
    if too_many := _too_many_classes(len(counts)):
        return too_many
    small = sorted(name for name, count in counts.items() if count < MIN_ROWS_PER_CLASS)
    if not small:
        return []
    message = (
        f"{plural(len(small), 'class has', 'classes have')} fewer than {MIN_ROWS_PER_CLASS} rows, "
        f"too few for train, validation and test: {_with_counts(small, counts)}. "
        "Add rows, merge the class or leave it out."
    )
    return [blocker("class_too_small", len(small), message, tuple(small[:_EXAMPLES]))]


def _label_findings(counts: Mapping[str, int]) -> list[Finding]:
    """Return what keeps labels of rows with any number of them from being trained."""
    message = (
        "No row has a label. Add labels to some rows: on the Mistakes page under Label next, for "
        "the data set of a run, or in the file."
    )
    return _too_many_classes(len(counts)) if counts else [blocker("no_class", 0, message)]


def _too_many_classes(count: int) -> list[Finding]:
    if count <= MAX_CLASSES:
        return []
    message = (
        f"{count:,} classes; at most {MAX_CLASSES} can be trained. "
        "Check that the label column is the right one."
    )
    return [blocker("too_many_classes", count, message)]


def _rare_classes(counts: Mapping[str, int], rare_below: int) -> list[Finding]:
    rare = sorted(name for name in counts if MIN_ROWS_PER_CLASS <= counts[name] < rare_below)
    if not rare:
        return []
    message = (
        f"{plural(len(rare), 'class has', 'classes have')} fewer than {rare_below} rows: "
        f"{_with_counts(rare, counts)}. Figures about them will be unsure."
    )
    return [warning("rare_classes", len(rare), message, tuple(rare[:_EXAMPLES]))]


def _with_counts(names: Sequence[str], counts: Mapping[str, int]) -> str:
    return ", ".join(f'"{shorten(name)}" ({counts[name]})' for name in names[:_EXAMPLES])


def _untrained_classes(names: Iterable[str], trained: set[str]) -> list[Finding]:
    unseen = sorted(set(names) - trained)
    if not unseen:
        return []
    shown = ", ".join(f'"{shorten(name)}"' for name in unseen[:_EXAMPLES])
    message = (
        f"{plural(len(unseen), 'class has', 'classes have')} no training row: {shown}. "
        "Add some or drop the class."
    )
    return [blocker("class_without_training_rows", len(unseen), message, tuple(unseen[:_EXAMPLES]))]


def _missing_splits(draft: Draft) -> list[Finding]:
    present = np.unique(draft.splits)
    missing = [split for code, split in enumerate(SPLITS) if code not in present]
    if not missing:
        return []
    message = f"No row is left for {' and '.join(missing)}. Add rows, or choose another split."
    return [blocker("missing_split", len(missing), message, tuple(missing))]


def near_equal_groups(names: Iterable[str]) -> list[list[str]]:
    """Return the labels that differ only in case, spaces or number format, group by group."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name in sorted(set(names)):
        groups[_normalised(name)].append(name)
    return sorted(group for group in groups.values() if len(group) > 1)


def _near_equal_labels(names: Iterable[str]) -> list[Finding]:
    doubtful = near_equal_groups(names)
    if not doubtful:
        return []
    shown = tuple(" / ".join(f'"{name}"' for name in group) for group in doubtful)
    message = (
        f"{plural(len(doubtful), 'group')} of labels differ only in case, spaces or number format."
    )
    return [warning("near_equal_labels", len(doubtful), message, shown[:_EXAMPLES])]


def _normalised(label: str) -> str:
    folded = " ".join(unicodedata.normalize("NFKC", label).casefold().split())
    try:
        return repr(float(folded))
    except ValueError:
        return folded


@dataclass(frozen=True, slots=True)
class TextGroups:
    """Rows in groups of equal texts (see `duplicate_key`)."""

    order: Indices
    """Positions of all rows, those of a group together, in the order of the rows, shape (N,)."""
    starts: Indices
    """Where each of G groups begins in `order`."""

    @classmethod
    def of(cls, keys: Digests) -> "TextGroups":
        """Return the groups of rows that share a key."""
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]][: len(keys)])
        return cls(order, starts)

    @property
    def sizes(self) -> np.ndarray:
        """Rows of each group, shape (G,)."""
        return np.asarray(np.diff(np.r_[self.starts, len(self.order)]))

    @property
    def firsts(self) -> Indices:
        """First row of each group, shape (G,)."""
        return np.asarray(self.order[self.starts])

    @property
    def of_rows(self) -> np.ndarray:
        """Group of every row, shape (N,)."""
        groups = np.empty(len(self.order), np.int64)
        groups[self.order] = np.repeat(np.arange(len(self.starts)), self.sizes)
        return groups

    def differ(self, values: np.ndarray) -> np.ndarray:
        """Tell for each group whether its rows have different values, shape (G,)."""
        if not len(self.order):
            return np.zeros(0, bool)
        ordered = values[self.order]
        lowest = np.minimum.reduceat(ordered, self.starts)
        return np.asarray(lowest != np.maximum.reduceat(ordered, self.starts))


def _duplicate_findings(draft: Draft) -> list[Finding]:
    groups = TextGroups.of(draft.keys)
    findings = []
    repeats = draft.num_rows - len(groups.starts)
    if repeats:
        message = f"Repeated texts: {plural(repeats, 'row')} with the text of another row."
        shown = _shown(draft, groups, groups.sizes > 1)
        findings.append(info("exact_duplicates", repeats, message, shown))
    conflicts = groups.differ(draft.set_codes)
    if count := int(conflicts.sum()):
        message = f"Conflicting labels: {plural(count, 'text')} labelled in several ways."
        shown = _shown(draft, groups, conflicts)
        findings.append(warning("conflicting_labels", count, message, shown))
    leaks = groups.differ(draft.splits)
    if count := int(leaks.sum()):
        message = (
            f"Leaked texts: {plural(count, 'text')} in more than one split; "
            "test figures will look too good."
        )
        findings.append(warning("leaked_texts", count, message, _shown(draft, groups, leaks)))
    return findings


def _shown(draft: Draft, groups: TextGroups, which: np.ndarray) -> tuple[str, ...]:
    """Return the first texts of some groups."""
    rows = np.sort(groups.firsts[which])[:_EXAMPLES]
    texts = draft.texts.take(pa.array(rows)).to_pylist()
    return tuple(shorten(duplicate_key(text), 80) for text in texts)
