"""The mistakes of a run: which ones, in which order, and what would be right for each."""

import numpy as np
import pytest

from tests.mistakes.causes.cases import dataset_of, make_case, make_run
from textcls_core.errors import NotFoundError
from textcls_core.mistakes.causes.case import Case

ROWS = [
    *((f"train {name}", name, "train") for name in ("ham", "news", "spam")),
    ("x", "ham", "test"),
    ("y", "spam", "test"),
    ("z", "news", "test"),
]


@pytest.fixture
def labelled_sets(workspace, topics_dataset):
    """A run that misses one label of one text."""
    text = topics_dataset.texts(topics_dataset.indices("test"))[0]
    run = make_run(workspace, topics_dataset, {text: (0.9, 0.2, 0.1)})
    return Case.open(workspace, run, "test")


def test_mistakes_come_with_the_largest_loss_first(workspace):
    case = make_case(workspace, ROWS, {"x": (0.3, 0.4, 0.3), "y": (0.9, 0.05, 0.05)})

    assert case.texts == ["y", "x"]
    assert case.true.argmax(axis=1).tolist() == [2, 0]
    assert case.given.argmax(axis=1).tolist() == [0, 1]
    assert [case.true_names(place) for place in (0, 1)] == ['"spam"', '"ham"']


def test_truth_is_the_probability_of_the_true_class(workspace):
    case = make_case(workspace, ROWS, {"x": (0.3, 0.4, 0.3)})
    answers = np.array([[0.6, 0.2, 0.2], [0.1, 0.8, 0.1]])

    assert case.is_right(0, answers).tolist() == [True, False]
    assert case.truth(0, answers).tolist() == [0.6, 0.1]


def test_truth_with_several_labels_is_that_of_the_least_sure_one(labelled_sets):
    case = labelled_sets
    answers = np.array([[0.9, 0.6, 0.1], [0.9, 0.2, 0.1], [0.9, 0.9, 0.7]])

    assert not case.is_single
    assert case.true[0].tolist() == [True, True, False]
    assert case.is_right(0, answers).tolist() == [True, False, False]
    assert case.truth(0, answers) == pytest.approx([0.6, 0.2, 0.3])


def test_training_rows_are_those_of_the_fold(workspace, toy_dataset):
    run = make_run(workspace, toy_dataset, {}, num_folds=4, fold=2)

    case = Case.open(workspace, run, "test")

    assert len(case.training) == pytest.approx(
        0.75 * (len(toy_dataset.indices("train")) + len(toy_dataset.indices("validation"))), abs=3
    )
    assert set(case.training) != set(toy_dataset.indices("train"))


def test_training_rows_are_counted_by_class(workspace):
    case = make_case(workspace, [*ROWS, ("one more", "spam", "train")], {})

    assert case.training_counts().tolist() == [1, 1, 2]


def test_finding_is_by_row_id_and_counts_what_was_looked_at(workspace):
    case = make_case(workspace, ROWS, {"x": (0.3, 0.4, 0.3), "y": (0.9, 0.05, 0.05)})

    found = case.finding("truncated", {1: "Cut."}, asked=[1], note="So.")

    assert found.evidence == {case.row_ids[1]: "Cut."}
    assert (found.coverage.asked, found.coverage.looked, found.coverage.note) == (1, 1, "So.")


def test_data_set_that_is_gone_is_refused(workspace):
    run = make_run(workspace, dataset_of(ROWS), {"x": (0.1, 0.8, 0.1)})
    config = run.config.model_copy(update={"dataset_fingerprint": "0" * 64})
    (run.folder / "config.json").write_text(config.model_dump_json())

    with pytest.raises(NotFoundError):
        Case.open(workspace, type(run)(run.folder), "test")
