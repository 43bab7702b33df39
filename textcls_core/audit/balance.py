"""Findings about classes: what blocks training, balance, and shares that differ between splits."""

import numpy as np

from textcls_core.audit.rows import EXAMPLES, AuditedRows, graded
from textcls_core.dataset.audit import audit
from textcls_core.dataset.findings import Finding
from textcls_core.dataset.statistics import class_counts
from textcls_core.dataset.text_dataset import SPLITS
from textcls_core.wording import plural, shorten

FEW_TRAINING_ROWS = 10
_ELSEWHERE = {"exact_duplicates", "conflicting_labels", "leaked_texts"}
_FIXES = {"near_equal_labels": "merge_labels"}


def check_classes(rows: AuditedRows) -> list[Finding]:
    """Report what was checked at import already: what blocks training, and near-equal labels."""
    return [
        finding.model_copy(update={"fix": _FIXES.get(finding.kind)})
        for finding in audit(rows.dataset)
        if finding.kind not in _ELSEWHERE
    ]


def check_balance(rows: AuditedRows) -> list[Finding]:
    """Report how far apart the sizes of classes are, and classes with few training rows."""
    names = rows.dataset.label_names
    counts = class_counts(rows.dataset)
    if not names or not counts:
        return []
    totals = np.sum(list(counts.values()), axis=0)
    largest, smallest = int(totals.argmax()), int(totals.argmin())
    ratio = float(totals[largest] / max(totals[smallest], 1))
    train = np.asarray(counts.get("train", np.zeros(len(names), int)))
    few = np.flatnonzero(train < FEW_TRAINING_ROWS)
    return [
        *graded(
            "class_imbalance",
            int(len(names) > 1),
            f'"{shorten(names[largest])}" has {totals[largest]:,} rows, {ratio:,.1f} times as many '
            f'as "{shorten(names[smallest])}" with {totals[smallest]:,}.',
            ratio,
            [shorten(names[largest]), shorten(names[smallest])],
        ),
        *graded(
            "few_training_rows",
            len(few),
            f"{plural(len(few), 'class has', 'classes have')} fewer than {FEW_TRAINING_ROWS} "
            "training rows.",
            len(few) / len(names),
            [f"{shorten(names[i])} ({train[i]})" for i in few[:EXAMPLES]],
        ),
    ]


def check_split_shift(rows: AuditedRows) -> list[Finding]:
    """Report splits in which the classes have other shares than elsewhere."""
    counts = class_counts(rows.dataset)
    if len(counts) < 2 or rows.dataset.num_labels < 2:
        return []
    table = np.array([counts[split] for split in SPLITS if split in counts], dtype=float)
    effect = cramers_v(table)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    spread = shares.max(axis=0) - shares.min(axis=0)
    widest = int(spread.argmax())
    name = shorten(rows.dataset.label_names[widest])
    parts = ", ".join(
        f"{100 * share:.1f} % of {split}"
        for split, share in zip(counts, shares[:, widest], strict=True)
    )
    message = f'Classes by split: "{name}" differs most, with {parts} (Cramér\'s V {effect:.2f}).'
    return graded("split_shift", 1, message, effect, [name])


def cramers_v(table: np.ndarray) -> float:
    """Return the strength of the association in a table of counts, in [0, 1], bias corrected.

    Args:
        table: Counts, shape (R, C); rows and columns without any count are left out.

    Source:
        Bergsma 2013, "A bias-correction for Cramér's V and Tschuprow's T".
    """
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    num_rows, num_columns = table.shape
    total = table.sum()
    if min(num_rows, num_columns) < 2 or total < 2:
        return 0.0
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / total
    phi = ((table - expected) ** 2 / expected).sum() / total
    corrected = max(phi - (num_columns - 1) * (num_rows - 1) / (total - 1), 0.0)
    width = num_columns - (num_columns - 1) ** 2 / (total - 1)
    height = num_rows - (num_rows - 1) ** 2 / (total - 1)
    smaller = min(width, height) - 1
    return float(min(np.sqrt(corrected / smaller), 1.0)) if smaller > 0 else 0.0
