"""Findings about classes and splits: what blocks training, balance, and shift."""

import numpy as np

from textcls_core.audit.rows import EXAMPLES, AuditedRows, graded
from textcls_core.dataset.audit import audit
from textcls_core.dataset.findings import Finding
from textcls_core.dataset.shift import CLEAR_EFFECT, shift_tests
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
    counts = rows.dataset.class_counts
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
    """Report splits whose classes, lengths or words are others than those of train."""
    findings = []
    tests = [test for test in shift_tests(rows.dataset) if test.verdict != "none"]
    for kind in CLEAR_EFFECT:
        found = sorted((t for t in tests if t.kind == kind), key=lambda test: -test.effect)
        if found:
            share = found[0].effect if found[0].verdict == "clear" else 0.0
            message = " ".join(test.sentence for test in found)
            splits = [test.split for test in found]
            findings += graded(f"shift_of_{kind}", len(found), message, share, splits)
    return findings
