"""Tests of what the colour of a point on a map says."""

import numpy as np
import pytest

from tests.pages.conftest import predict
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.embeddings.colouring import (
    MAX_CATEGORIES,
    NOT_PREDICTED,
    OTHER,
    Amounts,
    Categories,
    by_class,
    by_column,
    by_length,
    by_outcome,
    by_outliers,
    by_prediction,
    by_split,
    group_table,
    highlighted,
)

OUTCOMES = ("right and sure", "right but unsure", "wrong but unsure", "wrong and sure")


def names_of(colouring):
    return [colouring.names[code] for code in colouring.codes]


def with_column(values):
    texts = [f"text {n}" for n in range(len(values))]
    rows = Rows(texts, ["a"] * len(texts), ["train"] * len(texts), extra={"column": values})
    return build_dataset(rows)


def test_colour_by_class_is_the_label(toy_dataset):
    colouring = by_class(toy_dataset)

    assert colouring.codes.tolist() == toy_dataset.label_ids.tolist()
    assert colouring.names == ("animals", "food", "weather")


def test_colour_by_class_says_where_there_are_several_labels_or_none(topics_dataset):
    names = names_of(by_class(topics_dataset))

    expected = {(): "no label", (0, 1): "several labels", (2,): "weather"}
    for labels, name in expected.items():
        where = [n for n, ids in enumerate(topics_dataset.label_sets) if tuple(ids) == labels]
        assert {names[n] for n in where} == {name}


def test_colour_by_split_is_the_split(toy_dataset):
    assert names_of(by_split(toy_dataset)) == toy_dataset.table["split"].to_pylist()


def test_colour_by_length_counts_words(toy_dataset):
    expected = [len(text.split()) for text in toy_dataset.texts()]

    assert by_length(toy_dataset).values.tolist() == expected


def test_colour_by_a_column_of_few_values_names_them():
    colouring = by_column(with_column(["b", "a", "b", None, ""]), "column")

    assert names_of(colouring) == ["b", "a", "b", "(empty)", "(empty)"]


def test_colour_by_a_column_of_numbers_is_an_amount():
    values = [str(n / 2) for n in range(30)] + [None, " ", "inf"]

    colouring = by_column(with_column(values), "column")

    assert isinstance(colouring, Amounts)
    assert colouring.values[:30].tolist() == [n / 2 for n in range(30)]
    assert np.isnan(colouring.values[30:]).all()


def test_colour_by_a_column_of_few_numbers_tells_them_apart():
    assert isinstance(by_column(with_column(["1", "2"] * 20), "column"), Categories)


def test_colour_by_a_column_of_many_words_keeps_the_most_frequent():
    values = [f"v{n:03}" for n in range(50)] + ["v030"] * 5

    colouring = by_column(with_column(values), "column")

    assert len(colouring.names) == MAX_CATEGORIES + 1
    assert (colouring.names[0], colouring.names[-1]) == ("v030", OTHER)
    assert names_of(colouring).count(OTHER) == 30
    assert colouring.num_coloured == MAX_CATEGORIES


def test_colour_by_outliers_is_the_score():
    assert by_outliers(np.array([0.5, 0.1])).values.tolist() == [0.5, 0.1]


def test_colour_by_prediction_is_found_by_row_id(toy_dataset):
    mistakes = {("food", "animals"): 2}
    test_rows = toy_dataset.indices("test")

    colouring = by_prediction(toy_dataset, [predict(toy_dataset, "test", mistakes)])

    names = names_of(colouring)
    expected = [toy_dataset.label_names[n] for n in toy_dataset.label_ids]
    differs = [n for n in test_rows if names[n] != expected[n]]
    assert [names[n] for n in differs] == ["animals", "animals"]
    assert {names[n] for n in toy_dataset.indices("train")} == {NOT_PREDICTED}


def test_colour_by_outcome_is_right_or_wrong_and_sure_or_not(toy_dataset):
    predictions = predict(toy_dataset, "test", {("food", "animals"): 2})

    of_sure = names_of(by_outcome(toy_dataset, [predictions], OUTCOMES, 0.9))
    of_unsure = names_of(by_outcome(toy_dataset, [predictions], OUTCOMES, 0.95))

    total = len(toy_dataset.indices("test"))
    assert of_sure.count("wrong and sure") == 2
    assert of_sure.count("right and sure") == total - 2
    assert of_unsure.count("wrong but unsure") == 2
    assert of_unsure.count("right but unsure") == total - 2
    assert of_sure.count(NOT_PREDICTED) == toy_dataset.num_examples - total


def test_highlighted_keeps_the_chosen_classes():
    classes = Categories("Class", tuple("abcde"), np.array([0, 1, 2, 3, 4, 1]))

    colouring = highlighted(classes, [3, 1])

    assert names_of(colouring) == [OTHER, "b", OTHER, "d", OTHER, "b"]
    assert colouring.num_coloured == 2


def test_highlighted_without_a_choice_keeps_the_ten_most_frequent():
    codes = np.concatenate([np.arange(30), np.repeat(np.arange(20, 30), 3)])

    colouring = highlighted(Categories("Class", tuple(map(str, range(30))), codes), [])

    assert colouring.names == (*map(str, range(20, 30)), OTHER)


@pytest.mark.parametrize(
    "colouring",
    [Categories("x", ("a", "b"), np.array([0, 1, 1])), Amounts("x", np.array([0.0, 1.0, 1.0]))],
)
def test_colouring_of_some_texts(colouring):
    taken = colouring.at(np.array([2, 0]))

    assert getattr(taken, "codes", getattr(taken, "values", None)).tolist() == [1, 0]


def test_group_table_says_where_each_class_lies():
    points = np.array([[0.0, 1.0], [2.0, 1.0], [9.0, -1.0]])
    colouring = Categories("Class", ("a", "b", "none"), np.array([0, 0, 1]))

    assert group_table(points, colouring) == [
        {"Class": "a", "texts": 2, "across": "1.00 (0.50 to 1.50)", "up": "1.00 (1.00 to 1.00)"},
        {"Class": "b", "texts": 1, "across": "9.00 (9.00 to 9.00)", "up": "-1.00 (-1.00 to -1.00)"},
    ]


def test_group_table_cuts_amounts_into_quarters():
    values = np.append(np.arange(8.0), np.nan)

    found = group_table(np.zeros((9, 2)), Amounts("Length", values))

    assert [row["Length"] for row in found] == ["0 to 1", "2 to 3", "4 to 5", "6 to 7"]
    assert [row["texts"] for row in found] == [2] * 4


@pytest.mark.parametrize("values", [[], [np.nan, np.nan], [1.0]])
def test_group_table_of_few_amounts(values):
    found = group_table(np.zeros((len(values), 2)), Amounts("x", np.array(values)))

    assert len(found) == np.isfinite(values).sum()
