import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cases import (
    CASES,
    MIXED,
    NO_EXAMPLE,
    ONE_EXAMPLE,
    PERFECT,
    TIES,
    make_predictions,
)
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.predictions import Predictions


def test_predictions_count_their_rows():
    assert (len(MIXED), len(NO_EXAMPLE)) == (6, 0)


def test_predicted_class_is_the_most_probable_one():
    assert MIXED.predicted_label_ids.tolist() == [0, 0, 1, 1, 2, 2]


def test_predicted_class_of_a_tie_is_the_first():
    assert TIES.predicted_label_ids.tolist() == [0, 0, 1]


def test_confidence_is_the_largest_probability():
    assert ONE_EXAMPLE.confidence.tolist() == [0.8]


def test_mistakes_are_rows_whose_class_differs():
    assert MIXED.is_mistake.tolist() == [False, False, True, False, True, False]


def test_loss_is_cross_entropy_in_nats():
    assert ONE_EXAMPLE.loss.tolist() == pytest.approx([-math.log(0.8)])


def test_loss_of_an_impossible_class_is_finite():
    predictions = make_predictions([1], [[1.0, 0.0, 0.0]])

    assert 700 < predictions.loss[0] < math.inf


def test_loss_of_a_certain_class_is_zero():
    predictions = make_predictions([0], [[1.0, 0.0, 0.0]])

    assert predictions.loss.tolist() == [0.0]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_predictions_take_single_and_double_precision(dtype):
    probabilities = np.full((2, 3), 1 / 3, dtype=dtype)

    predictions = Predictions(("a", "b"), np.array([0, 1]), probabilities, ("x", "y", "z"))

    assert predictions.loss.tolist() == pytest.approx([math.log(3)] * 2)


@pytest.mark.parametrize(
    ("num_rows", "num_labels", "num_true", "found"),
    [
        (2, 3, 1, r"\(2, 3\) and 1"),
        (1, 3, 2, r"\(1, 3\) and 2"),
        (2, 2, 2, r"\(2, 2\) and 2"),
        (0, 3, 2, r"\(0, 3\) and 2"),
    ],
)
def test_predictions_refuse_arrays_of_other_lengths(num_rows, num_labels, num_true, found):
    probabilities = np.full((num_rows, num_labels), 1 / num_labels)

    with pytest.raises(
        InvalidArgumentError,
        match=rf"Expected probabilities of shape \(2, 3\) and as many true labels, got {found}",
    ):
        Predictions(("a", "b"), np.zeros(num_true, int), probabilities, ("x", "y", "z"))


@pytest.mark.parametrize(
    "row", [[0.5, 0.4, 0.0], [1.2, -0.2, 0.0], [1.0, 1.0, 1.0], [math.nan, 0.5, 0.5], [0, 0, 0]]
)
def test_predictions_refuse_rows_that_do_not_sum_to_one(row):
    with pytest.raises(
        InvalidArgumentError, match=r"^Expected probabilities of at least 0 whose rows sum to 1\.$"
    ):
        make_predictions([0, 1], [[0.8, 0.1, 0.1], row])


@pytest.mark.parametrize("label_id", [-1, 3, 99])
def test_predictions_refuse_an_unknown_label_id(label_id):
    with pytest.raises(InvalidArgumentError, match=r"^Expected label ids from 0 to 2\.$"):
        make_predictions([0, label_id], [[0.8, 0.1, 0.1]] * 2)


@pytest.mark.parametrize("predictions", [*CASES.values(), NO_EXAMPLE], ids=[*CASES, "no example"])
def test_saved_predictions_come_back_unchanged(tmp_path, predictions):
    file = tmp_path / "predictions" / "test.parquet"

    predictions.save(file)

    loaded = Predictions.load(file)
    assert loaded.row_ids == predictions.row_ids
    assert loaded.label_names == predictions.label_names
    np.testing.assert_array_equal(loaded.true_label_ids, predictions.true_label_ids)
    np.testing.assert_array_equal(loaded.probabilities, predictions.probabilities)


@pytest.mark.parametrize("name", ["p0", "row_id", '"', "caf\u00e9", "<b>", "a\nb", ""])
def test_saved_predictions_keep_hostile_class_names(tmp_path, name):
    predictions = make_predictions([0], [[0.5, 0.5]], [name, "other"])

    predictions.save(tmp_path / "test.parquet")

    assert Predictions.load(tmp_path / "test.parquet").label_names == (name, "other")


def test_saving_leaves_one_file(tmp_path):
    PERFECT.save(tmp_path / "test.parquet")

    assert [file.name for file in tmp_path.iterdir()] == ["test.parquet"]


def test_saved_predictions_hold_the_loss_of_every_row(tmp_path):
    MIXED.save(tmp_path / "test.parquet")

    table = pq.read_table(tmp_path / "test.parquet")
    np.testing.assert_array_equal(table["loss"], MIXED.loss)


def saved(predictions: Predictions, file) -> bytes:
    predictions.save(file)
    return file.read_bytes()


@pytest.mark.parametrize("share", [0, 0.3, 0.7, 0.99])
def test_loading_a_cut_file_says_that_it_is_damaged(tmp_path, share):
    file = tmp_path / "test.parquet"
    content = saved(MIXED, file)
    file.write_bytes(content[: int(len(content) * share)])

    with pytest.raises(
        InvalidArgumentError,
        match=r"The predictions in test\.parquet are damaged\. Train the run again",
    ):
        Predictions.load(file)


def flip(content: bytes, position: int) -> bytes:
    return content[:position] + bytes([content[position] ^ 0xFF]) + content[position + 1 :]


@pytest.mark.parametrize("position", [-20, -5, -1])
def test_loading_a_file_with_a_changed_byte_says_that_it_is_damaged(tmp_path, position):
    file = tmp_path / "test.parquet"
    content = saved(MIXED, file)
    file.write_bytes(flip(content, position % len(content)))

    with pytest.raises(InvalidArgumentError, match="are damaged"):
        Predictions.load(file)


@pytest.mark.parametrize(
    "metadata",
    [None, {"label_names": "not JSON"}, {"label_names": "[]"}, {"label_names": '["only one"]'}],
    ids=["no names", "no JSON", "no classes", "too few"],
)
def test_loading_a_foreign_parquet_file_says_that_it_is_damaged(tmp_path, metadata):
    columns = {"row_id": ["a"], "true_label_id": [0], "p0": [0.5], "p1": [0.5]}
    pq.write_table(pa.table(columns).replace_schema_metadata(metadata), tmp_path / "x.parquet")

    with pytest.raises(InvalidArgumentError, match="are damaged"):
        Predictions.load(tmp_path / "x.parquet")
