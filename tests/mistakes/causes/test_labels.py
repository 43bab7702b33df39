"""Label suspects: rows at the head of the queue whose suggestion is the prediction."""

import numpy as np
import pytest

from tests.label_issues import plant, stored_queue
from tests.mistakes.causes.cases import make_run
from textcls_core.jobs.progress import ignore
from textcls_core.mistakes.causes.case import Case
from textcls_core.mistakes.causes.labels import label_suspect


@pytest.fixture
def planted(workspace, toy_dataset):
    """Twelve wrong labels, their queue, and a run that knows the true classes."""
    noisy, right = plant(toy_dataset, 12)
    stored_queue(workspace, toy_dataset, noisy, "noisy")
    rows = zip(noisy.row_ids(), noisy.texts(), strict=True)
    texts = {row_id: text for row_id, text in rows if row_id in right}
    names = noisy.label_names
    sure = {row_id: 0.94 * np.eye(3)[names.index(right[row_id])] + 0.02 for row_id in right}
    run = make_run(workspace, noisy, {texts[row_id]: sure[row_id] for row_id in right}, "noisy")
    return run, right, texts


def case_of(workspace, planted):
    return Case.open(workspace, planted[0], "train")


def test_planted_labels_are_suspect(workspace, planted):
    case = case_of(workspace, planted)

    found = label_suspect(case, ignore)

    assert len(case) >= 5
    assert set(found.evidence) >= set(case.row_ids[:4])
    said = found.evidence[case.row_ids[0]]
    assert said.startswith("Models that never saw this row are")


def test_prediction_of_a_third_class_does_not_confirm_the_suspicion(workspace, planted):
    run, right, texts = planted
    noisy = Case.open(workspace, run, "train").dataset
    given = {row_id: noisy.label_ids[noisy.position(row_id)] for row_id in right}
    third = {
        row_id: next(i for i in range(3) if i not in (given[row_id], noisy.label_names.index(name)))
        for row_id, name in right.items()
    }
    answers = {texts[row_id]: 0.94 * np.eye(3)[third[row_id]] + 0.02 for row_id in right}
    other = make_run(workspace, noisy, answers, "noisy")

    found = label_suspect(Case.open(workspace, other, "train"), ignore)

    assert found.evidence == {}
    assert found.coverage.asked > 0
