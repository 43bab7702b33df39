"""The job: a queue by an encoder or by a cross-validation, found again, never half there."""

import numpy as np
import pytest

from tests.groups import add_member, finish, make_group
from tests.label_issues import plant
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.folding import with_fold
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import DatasetFormatError, NotFoundError, RunStateError
from textcls_core.evaluation.decision import Decision, write_decision
from textcls_core.evaluation.predictions import Predictions
from textcls_core.jobs.progress import JobCancelledError
from textcls_core.mistakes.label_issues import job as label_issues_job
from textcls_core.mistakes.label_issues.folds import cross_validated, finished_cross_validations
from textcls_core.mistakes.label_issues.job import (
    compute_label_issues,
    find_label_issues,
    run_job,
)
from textcls_core.mistakes.label_issues.queue import GROUP_PREFIX, label_issue_rows


@pytest.fixture
def noisy(workspace, toy_dataset):
    dataset, planted = plant(toy_dataset, 12)
    DatasetStore.open(workspace).save(dataset, "noisy", "made for the tests")
    return dataset, planted


def cross_validation(workspace, dataset, folds=(1, 2)):
    """A group of two folds whose runs know the true classes by and by."""
    group = make_group(
        workspace,
        "folds",
        num_planned=2,
        dataset_fingerprint=dataset.fingerprint,
        num_folds=2,
        fold=1,
    )
    for fold in folds:
        run = finish(add_member(group, fold, fold=fold))
        split = with_fold(dataset, num_folds=2, fold=fold)
        rows = split.indices("validation")
        shares = 0.1 + 0.7 * np.eye(3)[split.label_ids[rows]]
        ids = tuple(split.row_ids(rows))
        predictions = Predictions(ids, split.label_ids[rows], shares, split.label_names)
        predictions.save(run.predictions_file("validation"))
    return group


def test_encoder_finds_planted_labels(workspace, noisy, tiny_model_dir) -> None:
    dataset, planted = noisy
    said = []

    run_job(
        workspace,
        {"fingerprint": dataset.fingerprint, "source": str(tiny_model_dir)},
        lambda *amount: said.append(amount),
    )

    issues = find_label_issues(workspace, dataset.fingerprint, str(tiny_model_dir))
    assert issues is not None
    head = {row["row_id"] for row in label_issue_rows(issues)[:12]}
    assert len(head & set(planted)) >= 10
    assert {message for *_, message in said} >= {
        "Embedding texts",
        "Looking for similar texts",
        "Asking heads that never saw the rows",
    }


def test_queue_is_found_again(workspace, noisy, tiny_model_dir, monkeypatch) -> None:
    first = compute_label_issues(workspace, "noisy", str(tiny_model_dir))
    monkeypatch.delattr(label_issues_job, "rank_label_issues")

    assert compute_label_issues(workspace, "noisy", str(tiny_model_dir)).facts == first.facts


def test_cancelled_job_leaves_nothing(workspace, noisy, tiny_model_dir) -> None:
    def stop(_done, _total, message):
        if message.startswith("Asking"):
            raise JobCancelledError

    with pytest.raises(JobCancelledError):
        compute_label_issues(workspace, "noisy", str(tiny_model_dir), progress=stop)

    assert find_label_issues(workspace, noisy[0].fingerprint, str(tiny_model_dir)) is None


def test_finished_cross_validation_gives_the_opinions(workspace, toy_dataset) -> None:
    group = cross_validation(workspace, toy_dataset)
    validated = sum(toy_dataset.table["split"].to_numpy() != "test")

    issues = compute_label_issues(workspace, "toy", GROUP_PREFIX + group.group_id)

    found = finished_cross_validations(workspace, toy_dataset.fingerprint)
    assert [known.group_id for known in found] == [group.group_id]
    assert (issues.facts.num_judged, issues.facts.num_examples) == (validated, 162)
    assert list(issues.facts.weights) == ["cross-validation"]


def test_temperature_of_a_fold_changes_nothing(workspace, toy_dataset) -> None:
    group = cross_validation(workspace, toy_dataset)
    before = cross_validated(group, toy_dataset)
    model_dir = group.members[0].model_dir
    model_dir.mkdir()

    write_decision(model_dir, Decision(temperature=3.0))

    after = cross_validated(group, toy_dataset)
    assert after[0].tolist() == before[0].tolist()
    assert after[1].tolist() == before[1].tolist()


def test_unfinished_cross_validation_is_refused(workspace, toy_dataset) -> None:
    group = cross_validation(workspace, toy_dataset, folds=(1,))

    assert finished_cross_validations(workspace, toy_dataset.fingerprint) == []
    with pytest.raises(RunStateError, match="Expected 2 finished folds, found 1"):
        compute_label_issues(workspace, "toy", GROUP_PREFIX + group.group_id)


def test_unknown_cross_validation_is_refused(workspace) -> None:
    with pytest.raises(NotFoundError):
        compute_label_issues(workspace, "toy", GROUP_PREFIX + "nothing")


def test_one_label_is_refused(workspace) -> None:
    rows = Rows(["a", "b", "c"], ["one"] * 3, ["train"] * 3, extra={})
    DatasetStore.open(workspace).save(build_dataset(rows), "single", "made for the tests")

    with pytest.raises(DatasetFormatError, match="Expected 2 labels or more"):
        compute_label_issues(workspace, "single")


def test_entry_of_the_job_is_the_function_that_does_it() -> None:
    assert f"{run_job.__module__}:{run_job.__name__}" == label_issues_job.ENTRY
