"""Checks of labelled rows: duplicates, conflicts, leaks, classes too small to learn."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from textcls_core.dataset.building import Rows, duplicate_key
from textcls_core.dataset.findings import Finding, blocker, info, warning
from textcls_core.dataset.text_dataset import SPLITS, Split, TextDataset
from textcls_core.errors import DatasetFormatError
from textcls_core.wording import plural, shorten

MIN_ROWS_PER_CLASS = 3
MAX_CLASSES = 500
_EXAMPLES = 5


def audit_rows(rows: Rows) -> tuple[Finding, ...]:
    """Return what is worth knowing about rows with one label, blocking findings first."""
    pairs = zip(rows.labels, rows.splits, strict=True)
    return _blocking_first(
        [
            *_class_findings(rows.labels),
            *_untrained_classes(rows.labels, {name for name, split in pairs if split == "train"}),
            *_missing_splits(rows.splits),
            *_near_equal_labels(rows.labels),
            *_duplicate_findings(rows),
        ]
    )


def audit(dataset: TextDataset) -> tuple[Finding, ...]:
    """Return the findings of a stored data set."""
    names, sets = dataset.label_names, dataset.label_sets
    rows = Rows(
        texts=dataset.texts(),
        labels=[", ".join(names[label_id] for label_id in sorted(set(ids))) for ids in sets],
        splits=dataset.table["split"].to_pylist(),
        extra={},
    )
    if dataset.task == "single_label":
        return audit_rows(rows)
    trained = {names[i] for row in dataset.indices("train") for i in sets[row]}
    return _blocking_first(
        [
            *_no_class(names),
            *_too_many_classes(len(names)),
            *_untrained_classes(names, trained),
            *_missing_splits(rows.splits),
            *_near_equal_labels(names),
            *_duplicate_findings(rows),
        ]
    )


def _blocking_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: finding.gate != "fail"))


def require_trainable(dataset: TextDataset) -> None:
    """Refuse a data set on which training cannot work.

    Raises:
        DatasetFormatError: With every blocking finding.
    """
    blocking = [finding.message for finding in audit(dataset) if finding.gate == "fail"]
    if blocking:
        raise DatasetFormatError("This data set cannot be trained on. " + " ".join(blocking))


def _class_findings(labels: Sequence[str]) -> list[Finding]:
    counts = Counter(labels)
    if len(counts) == 1:
        name = next(iter(counts))
        message = (
            f'All {plural(len(labels), "row")} have the label "{shorten(name)}". '
            "Add rows of another class."
        )
        return [blocker("one_class", 1, message, (name,))]
    if too_many := _too_many_classes(len(counts)):
        return too_many
    small = sorted(name for name, count in counts.items() if count < MIN_ROWS_PER_CLASS)
    if not small:
        return []
    shown = ", ".join(f'"{shorten(name)}" ({counts[name]})' for name in small[:_EXAMPLES])
    message = (
        f"{plural(len(small), 'class has', 'classes have')} fewer than {MIN_ROWS_PER_CLASS} rows, "
        f"too few for train, validation and test: {shown}. "
        "Add rows, merge the class or leave it out."
    )
    return [blocker("class_too_small", len(small), message, tuple(small[:_EXAMPLES]))]


def _no_class(names: Sequence[str]) -> list[Finding]:
    message = "No row has a label. Add labels to some rows."
    return [] if names else [blocker("no_class", 0, message)]


def _too_many_classes(count: int) -> list[Finding]:
    if count <= MAX_CLASSES:
        return []
    message = (
        f"{count:,} classes; at most {MAX_CLASSES} can be trained. "
        "Check that the label column is the right one."
    )
    return [blocker("too_many_classes", count, message)]


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


def _missing_splits(splits: Sequence[Split]) -> list[Finding]:
    missing = [split for split in SPLITS if split not in splits]
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


def _duplicate_findings(rows: Rows) -> list[Finding]:
    labels_of: dict[str, set[str]] = defaultdict(set)
    splits_of: dict[str, set[str]] = defaultdict(set)
    keys = [duplicate_key(text) for text in rows.texts]
    counts = Counter(keys)
    for key, label, split in zip(keys, rows.labels, rows.splits, strict=True):
        labels_of[key].add(label)
        splits_of[key].add(split)
    findings = []
    repeats = len(keys) - len(counts)
    if repeats:
        message = f"Repeated texts: {plural(repeats, 'row')} with the text of another row."
        findings.append(info("exact_duplicates", repeats, message, _repeated(counts)))
    conflicts = _several(labels_of)
    if conflicts:
        message = f"Conflicting labels: {plural(len(conflicts), 'text')} labelled in several ways."
        findings.append(warning("conflicting_labels", len(conflicts), message, _shown(conflicts)))
    leaks = _several(splits_of)
    if leaks:
        message = (
            f"Leaked texts: {plural(len(leaks), 'text')} in more than one split; "
            "test figures will look too good."
        )
        findings.append(warning("leaked_texts", len(leaks), message, _shown(leaks)))
    return findings


def _several(values_of: Mapping[str, set[str]]) -> list[str]:
    return [text for text, values in values_of.items() if len(values) > 1]


def _repeated(counts: Mapping[str, int]) -> tuple[str, ...]:
    return _shown([text for text, count in counts.items() if count > 1])


def _shown(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(shorten(text, 80) for text in texts[:_EXAMPLES])
