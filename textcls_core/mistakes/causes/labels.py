"""Mistakes whose own label is doubted by models that never saw the row."""

from typing import Any

from textcls_core.jobs.progress import Report
from textcls_core.mistakes.causes.case import Case, Finding
from textcls_core.mistakes.label_issues.job import compute_label_issues
from textcls_core.mistakes.label_issues.queue import reasons
from textcls_core.models.catalogue import EMBEDDED


def label_suspect(case: Case, progress: Report) -> Finding:
    """Find mistakes at the head of the queue of label issues whose suggestion is the prediction.

    The head are as many rows as confident learning estimates to be wrong. The queue is the one of
    the Data page, made here unless it is there; every row in it was judged by heads on the frozen
    encoder, on words and by neighbours that never saw the row.

    Raises:
        DatasetFormatError: If the data set has fewer than two labels.
        ModelError: If the encoder is missing.
    """
    issues = compute_label_issues(
        case.workspace, case.run.config.dataset_fingerprint, EMBEDDED, progress=progress
    )
    known = [place for place, row_id in enumerate(case.row_ids) if row_id in issues.positions]
    evidence = {}
    for place in known:
        row_id = case.row_ids[place]
        if issues.positions[row_id] < issues.facts.num_suspects:
            record = issues.records([row_id])[0]
            if _agrees(case, place, record):
                evidence[place] = " ".join(reasons(record))
    return case.finding("label_suspect", evidence, looked=len(known), note=issues.facts.left_out)


def _agrees(case: Case, place: int, record: dict[str, Any]) -> bool:
    """Tell whether the prediction follows the suggestion in every label that it changes."""
    changed = set(record["labels"]) ^ set(record["suggested_labels"])
    names = case.predictions.label_names
    given = {names[i] for i, is_given in enumerate(case.given[place]) if is_given}
    suggested = set(record["suggested_labels"])
    return bool(changed) and all((name in given) == (name in suggested) for name in changed)
