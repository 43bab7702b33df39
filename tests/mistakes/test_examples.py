import numpy as np
import pytest

from tests.cases import make_label_sets, make_predictions
from tests.mistakes.examples import make_examples
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.mistakes.examples import SHOWN_CHARACTERS, Examples, neighbours
from textcls_core.runs.run import Run

PREDICTIONS = make_predictions(
    [0, 1],
    [[0.3, 0.6, 0.1], [0.02, 0.95, 0.03]],
)
SETS = make_label_sets(
    [[1, 1, 0], [0, 0, 0]],
    [[0.9, 0.8, 0.3], [0.1, 0.2, 0.05]],
)


def test_row_has_the_fields_scripts_rely_on():
    assert make_examples(PREDICTIONS, ["win a PRIZE", "b"]).row(0) == {
        "row_id": "row-0",
        "text": "win a PRIZE",
        "true": "ham",
        "predicted": "spam",
        "confidence": 0.6,
        "loss": pytest.approx(-np.log(0.3)),
        "outcome": "wrong but unsure",
        "probabilities": {"ham": 0.3, "spam": 0.6, "news": 0.1},
    }


def test_row_with_several_labels_has_lists_of_them():
    row = make_examples(SETS).row(0)

    assert (row["true"], row["predicted"]) == (["ham", "spam"], ["ham", "spam"])
    assert row["confidence"] == pytest.approx(0.7)  # of its least sure label, which is a no
    assert row["loss"] == pytest.approx(-np.log([0.9, 0.8, 0.7]).mean())
    assert row["outcome"] == "right but unsure"


def test_row_without_any_label_has_empty_lists():
    row = make_examples(SETS).row(1)

    assert (row["true"], row["predicted"]) == ([], [])


def test_rows_are_in_the_order_that_was_asked_for():
    examples = make_examples(PREDICTIONS, ["a", "b"])

    assert [row["text"] for row in examples.rows([1, 0])] == ["b", "a"]
    assert examples.rows([]) == []


def test_columns_hold_short_texts_and_words_for_outcomes():
    examples = make_examples(PREDICTIONS, ["x" * 1_000, "b"])

    assert examples.columns(np.array([1, 0])) == {
        "outcome": ["right and sure", "wrong but unsure"],
        "true": [["spam"], ["ham"]],
        "predicted": [["spam"], ["spam"]],
        "confidence": [0.95, 0.6],
        "loss": pytest.approx(-np.log([0.95, 0.3])),
        "text": ["b", "x" * SHOWN_CHARACTERS],
    }


def test_columns_name_all_labels_of_a_row():
    columns = make_examples(SETS).columns(np.array([0, 1]))

    assert columns["true"] == [["ham", "spam"], []]


def test_examples_of_a_run_have_the_texts_of_its_predictions(tmp_path):
    rows = Rows(["one", "two", "three"], ["x", "y", "x"], ["test", "train", "test"], extra={})
    dataset = build_dataset(rows, ["row-1", "row-2", "row-0"])
    run = Run(tmp_path)
    make_predictions([0, 1], [[0.5, 0.5]] * 2, ["x", "y"]).save(run.predictions_file("test"))

    examples = Examples.of_run(run, dataset, "test")

    assert examples.texts.to_pylist() == examples.texts_at([0, 1]) == ["three", "one"]


def test_examples_of_a_fold_have_texts_of_other_splits(tmp_path):
    rows = Rows(["one", "two"], ["x", "y"], ["train", "validation"], extra={})
    dataset = build_dataset(rows, ["row-1", "row-0"])
    run = Run(tmp_path)
    predictions = make_predictions([0, 1], [[0.5, 0.5]] * 2, ["x", "y"])
    predictions.save(run.predictions_file("validation"))

    assert Examples.of_run(run, dataset, "validation").text(0) == "two"


@pytest.mark.parametrize(
    ("row_id", "expected"),
    [
        ("a", (None, "b")),
        ("b", ("a", "c")),
        ("c", ("b", None)),
        ("unknown", (None, None)),
    ],
)
def test_neighbours_are_the_rows_before_and_after(row_id, expected):
    assert neighbours(["a", "b", "c"], row_id) == expected


def test_neighbours_of_the_only_row_are_none():
    assert neighbours(["a"], "a") == (None, None)
