import numpy as np
import pytest
from textcls_core.mistakes.selection import ORDERS, Examples, Selection, neighbours

from tests.cases import MIXED, NO_EXAMPLE, make_predictions
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.errors import InvalidArgumentError
from textcls_core.runs.run import Run

PREDICTIONS = make_predictions(
    [0, 0, 1, 1, 2],
    [
        [0.9, 0.05, 0.05],  # ham, right
        [0.3, 0.6, 0.1],  # ham, taken for spam
        [0.45, 0.5, 0.05],  # spam, right
        [0.7, 0.2, 0.1],  # spam, taken for ham
        [0.05, 0.9, 0.05],  # news, taken for spam
    ],
)
TEXTS = ("Hello World", "win a PRIZE", "caf\u00e9 \u4f60\u597d", "Stra\u00dfe", "hello again")
EXAMPLES = Examples(PREDICTIONS, TEXTS)


def select(**criteria) -> list[int]:
    return EXAMPLES.select(Selection(**criteria)).tolist()


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [("mistakes", [1, 3, 4]), ("correct", [0, 2]), ("all", [0, 1, 2, 3, 4])],
)
def test_selection_by_outcome(outcome, expected):
    assert select(outcome=outcome, order="position") == expected


def test_selection_without_criteria_gives_the_mistakes():
    assert sorted(select()) == [1, 3, 4]


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({"true": "ham"}, [0, 1]),
        ({"true": "news"}, [4]),
        ({"predicted": "spam"}, [1, 2, 4]),
        ({"predicted": "news"}, []),
        ({"true": "ham", "predicted": "spam"}, [1]),
        ({"true": "news", "predicted": "ham"}, []),
    ],
)
def test_selection_by_class(criteria, expected):
    assert select(outcome="all", order="position", **criteria) == expected


@pytest.mark.parametrize("true", range(3))
@pytest.mark.parametrize("predicted", range(3))
def test_selection_of_a_cell_has_as_many_rows_as_the_confusion(true, predicted):
    names = MIXED.label_names
    examples = Examples(MIXED, ("",) * len(MIXED))

    rows = examples.select(Selection("all", names[true], names[predicted]))

    expected = [[2, 1, 0], [0, 1, 1], [0, 0, 1]]
    assert len(rows) == expected[true][predicted]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0.0, 1.0, [0, 1, 2, 3, 4]), (0.6, 1.0, [0, 1, 3, 4]), (0.6, 0.7, [1, 3]), (0.95, 1.0, [])],
)
def test_selection_by_confidence_includes_both_ends(low, high, expected):
    found = select(outcome="all", order="position", min_confidence=low, max_confidence=high)

    assert found == expected


def test_selection_keeps_a_confidence_that_is_rounded_above_one():
    predictions = make_predictions([0], [[1.00005, 0.0, 0.0]])

    rows = Examples(predictions, ("a",)).select(Selection("all"))

    assert rows.tolist() == [0]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("hello", [0, 4]),
        ("HELLO", [0, 4]),
        ("  prize ", [1]),
        ("\u4f60", [2]),
        ("CAF\u00c9", [2]),
        ("strasse", [3]),
        ("o w", [0]),
        ("nothing", []),
        (".*", []),
        ("   ", [0, 1, 2, 3, 4]),
    ],
)
def test_selection_by_words(query, expected):
    assert select(outcome="all", order="position", query=query) == expected


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("loss", [4, 3, 1, 2, 0]),
        ("confidence", [0, 4, 3, 1, 2]),
        ("margin", [2, 1, 3, 0, 4]),
        ("position", [0, 1, 2, 3, 4]),
    ],
)
def test_selection_order(order, expected):
    assert select(outcome="all", order=order) == expected


@pytest.mark.parametrize("order", ORDERS)
def test_selection_order_keeps_equal_rows_in_place(order):
    predictions = make_predictions([0] * 4, [[0.5, 0.3, 0.2]] * 4)

    rows = Examples(predictions, ("a",) * 4).select(Selection("all", order=order))

    assert rows.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("order", ORDERS)
def test_selection_of_no_rows_is_empty(order):
    rows = Examples(NO_EXAMPLE, ()).select(Selection("all", query="a", order=order))

    assert rows.tolist() == []


@pytest.mark.parametrize("outcome", ["mistakes", "correct", "all"])
def test_selection_is_the_same_after_another_selection(outcome):
    examples = Examples(make_predictions([0, 1], [[0.1, 0.9, 0.0]] * 2), ("a", "b"))
    before = examples.select(Selection(outcome)).tolist()

    examples.select(Selection("mistakes", query="nothing"))

    assert examples.select(Selection(outcome)).tolist() == before


@pytest.mark.parametrize("side", ["true", "predicted"])
def test_selection_refuses_an_unknown_class(side):
    with pytest.raises(
        InvalidArgumentError,
        match=r'"sports" is not a class of this run\. Known: "ham", "spam", "news"\.',
    ):
        select(**{side: "sports"})


def test_selection_cuts_a_long_unknown_class():
    with pytest.raises(InvalidArgumentError, match=r'^"x{60}" is not a class'):
        select(true="x" * 10_000)


def test_row_has_the_fields_scripts_rely_on():
    assert EXAMPLES.row(1) == {
        "row_id": "row-1",
        "text": "win a PRIZE",
        "true": "ham",
        "predicted": "spam",
        "confidence": 0.6,
        "loss": pytest.approx(-np.log(0.3)),
        "probabilities": {"ham": 0.3, "spam": 0.6, "news": 0.1},
    }


def test_examples_of_a_run_have_the_texts_of_its_predictions(tmp_path):
    rows = Rows(["one", "two", "three"], ["x", "y", "x"], ["test", "train", "test"], extra={})
    dataset = build_dataset(rows, ["row-1", "row-2", "row-0"])
    predictions = make_predictions([0, 1], [[0.5, 0.5]] * 2, ["x", "y"])
    run = Run(tmp_path)
    predictions.save(run.predictions_file("test"))

    examples = Examples.of_run(run, dataset, "test")

    assert examples.texts == ("three", "one")


def test_examples_of_a_fold_have_texts_of_other_splits(tmp_path):
    rows = Rows(["one", "two"], ["x", "y"], ["train", "validation"], extra={})
    dataset = build_dataset(rows, ["row-1", "row-0"])
    predictions = make_predictions([0, 1], [[0.5, 0.5]] * 2, ["x", "y"])
    run = Run(tmp_path)
    predictions.save(run.predictions_file("validation"))

    examples = Examples.of_run(run, dataset, "validation")

    assert examples.texts == ("two", "one")


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
