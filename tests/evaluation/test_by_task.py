"""Tests of what works for one label and for several alike."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.cases import MIXED, make_label_sets
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.by_task import (
    figures_of,
    label_sets,
    load_predictions,
    predictions_of,
    right_rows,
    truth_and_answer,
)
from textcls_core.evaluation.evaluation import Evaluation
from textcls_core.evaluation.multi_label import MultiLabelEvaluation, MultiLabelPredictions
from textcls_core.evaluation.predictions import Predictions

SETS = make_label_sets(
    [[1, 0, 0], [1, 1, 0], [0, 0, 0]], [[0.9, 0.1, 0.1], [0.9, 0.2, 0.1], [0.1, 0.1, 0.6]]
)
SEVERAL = make_label_sets([[1, 0, 1]], [[0.9, 0.1, 0.4]])


def test_targets_of_one_dimension_are_class_ids():
    found = predictions_of(("a",), np.array([1]), np.array([[0.2, 0.8]]), ("x", "y"))

    assert isinstance(found, Predictions)
    assert found.true_label_ids.tolist() == [1]


def test_targets_of_two_dimensions_are_label_sets():
    targets = np.array([[1, 1]], dtype=np.float32)

    found = predictions_of(("a",), targets, np.array([[0.9, 0.8]]), ("x", "y"))

    assert isinstance(found, MultiLabelPredictions)
    assert found.targets.tolist() == [[True, True]]


@pytest.mark.parametrize("predictions", [MIXED, SEVERAL], ids=["one label", "several"])
def test_a_file_says_which_predictions_it_holds(tmp_path, predictions):
    predictions.save(tmp_path / "test.parquet")

    assert type(load_predictions(tmp_path / "test.parquet")) is type(predictions)


def test_a_file_that_does_not_say_holds_one_label_per_row(tmp_path):
    file = tmp_path / "old.parquet"
    MIXED.save(file)
    table = pq.read_table(file)
    names = {"label_names": table.schema.metadata[b"label_names"]}
    pq.write_table(table.replace_schema_metadata(names), file)

    assert isinstance(load_predictions(file), Predictions)


@pytest.mark.parametrize("kept", [0, 100])
def test_a_damaged_file_is_said_to_be_damaged(tmp_path, kept):
    file = tmp_path / "test.parquet"
    SEVERAL.save(file)
    file.write_bytes(file.read_bytes()[:kept])

    with pytest.raises(
        InvalidArgumentError, match=r"The predictions in test\.parquet are damaged\. Train the run"
    ):
        load_predictions(file)


def test_predictions_of_the_other_kind_are_not_read(tmp_path):
    SEVERAL.save(tmp_path / "test.parquet")

    with pytest.raises(InvalidArgumentError, match="are damaged"):
        Predictions.load(tmp_path / "test.parquet")


def test_figures_follow_the_kind_of_predictions():
    assert isinstance(figures_of(MIXED), Evaluation)
    assert isinstance(figures_of(SEVERAL), MultiLabelEvaluation)


def test_figures_of_both_kinds_have_the_names_of_history_rows():
    shared = ("loss", "accuracy", "balanced_accuracy", "macro_f1", "weighted_f1")

    found = [[getattr(figures_of(item), name) for name in shared] for item in (MIXED, SEVERAL)]

    assert np.isfinite(found).all()


def test_right_rows_of_one_label_compare_the_class():
    assert right_rows(MIXED).tolist() == [True, True, False, True, False, True]


def test_right_rows_of_label_sets_need_every_label():
    assert right_rows(SETS).tolist() == [True, False, False]


def test_right_rows_about_one_class_ask_yes_or_no():
    assert right_rows(SETS, "spam").tolist() == [True, False, True]
    assert right_rows(MIXED, "news").tolist() == [True, True, True, True, False, True]


def test_truth_and_answer_of_a_class():
    true, given = truth_and_answer(MIXED, "spam")

    assert true.tolist() == [False, False, False, True, True, False]
    assert given.tolist() == [False, False, True, True, False, False]


def test_right_rows_of_an_unknown_class_are_refused():
    with pytest.raises(InvalidArgumentError, match=r'^"nope" is not a class of this run\. Known: '):
        right_rows(MIXED, "nope")


def test_label_sets_of_one_label_hold_its_class():
    assert label_sets(MIXED).argmax(axis=1).tolist() == MIXED.true_label_ids.tolist()
    assert (label_sets(MIXED).sum(axis=1) == 1).all()


def test_label_sets_of_several_labels_are_the_targets():
    assert label_sets(SETS).tolist() == (SETS.targets == 1).tolist()
