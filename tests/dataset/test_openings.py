"""Tests of the examples a data set gives of its texts."""

import pyarrow as pa
import pytest

from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.openings import openings
from textcls_core.dataset.text_dataset import SCHEMA, TextDataset


def dataset(texts, labels, splits):
    return build_dataset(Rows(texts, labels, splits, extra={}))


def test_openings_are_of_two_labels_in_the_last_split(toy_dataset):
    test = toy_dataset.indices("test")
    label_ids = toy_dataset.label_ids

    one, two = openings(toy_dataset)

    texts = toy_dataset.texts()
    other = next(row for row in test if label_ids[row] != label_ids[test[0]])
    assert (one, two) == (texts[test[0]], texts[other])


def test_openings_of_one_label_are_the_same_text():
    rows = dataset(["a cat", "a dog", "rain"], ["x", "x", "y"], ["test", "test", "train"])

    assert openings(rows) == ("a cat", "a cat")


@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("word " * 100, " ".join(["word"] * 40)),
        ("\n one\n  two\tthree\n", "one\n  two\tthree"),
        ("数据" * 300, "数据" * 100),
        ("a well-kept " + "x" * 300, "a well-kept"),
    ],
)
def test_openings_are_cut_between_words(text, begins):
    rows = dataset([text, "other"], ["x", "y"], ["test", "train"])

    assert openings(rows)[0] == begins


def test_openings_of_label_sets_differ_in_any_label():
    one_label = dataset(["a", "b", "c"], ["x"] * 3, ["test"] * 3).table
    sets = pa.array([[0], [0], [0, 1]], SCHEMA.field("label_ids").type)
    rows = TextDataset(one_label.set_column(2, "label_ids", sets), ("x", "y"), "multi_label")

    assert openings(rows) == ("a", "c")
