"""Tests of finding rows by split, class and text."""

import pyarrow as pa
import pytest

from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.search import RowFilter, describe_rows, find_rows
from textcls_core.dataset.text_dataset import SCHEMA, TextDataset
from textcls_core.errors import InvalidArgumentError

TEXTS = [
    "The bus is late",
    "A (very) late BUS",
    "cost: $5.00 * 2 = 10?",
    "Ärger mit dem Zug",
    "公交车晚点了",
    "تأخرت الحافلة",
]
LABELS = ["transport", "transport", "money", "transport", "food", "food"]
SPLITS = ["train", "train", "train", "validation", "test", "test"]


@pytest.fixture
def dataset():
    """Six rows in three scripts, with two further columns."""
    extra = {"source": list("abcdef"), "label": list("uvwxyz")}
    return build_dataset(Rows(TEXTS, LABELS, SPLITS, extra=extra), row_ids=list("123456"))


@pytest.fixture
def multi_label():
    """Three rows with two, no and one label."""
    table = pa.table(
        {
            "row_id": ["1", "2", "3"],
            "text": ["a", "b", "c"],
            "label_ids": pa.array([[0, 1], [], [1]], SCHEMA.field(2).type),
            "split": ["train"] * 3,
        }
    )
    return TextDataset(table, ("x", "y"), "multi_label")


def found(dataset, **criteria):
    return find_rows(dataset, RowFilter(**criteria)).tolist()


def test_find_rows_without_criteria_returns_all_in_order(dataset):
    assert found(dataset) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("split", "rows"), [("train", [0, 1, 2]), ("validation", [3]), ("test", [4, 5])]
)
def test_find_rows_by_split(dataset, split, rows):
    assert found(dataset, split=split) == rows


def test_find_rows_by_class(dataset):
    assert found(dataset, label="transport") == [0, 1, 3]


def test_find_rows_by_split_and_class_and_text(dataset):
    assert found(dataset, split="train", label="transport", query="very") == [1]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("bus", [0, 1]),
        ("  late ", [0, 1]),
        ("LATE", [0, 1]),
        ("ärger", [3]),
        ("晚点", [4]),
        ("الحافلة", [5]),
        ("", [0, 1, 2, 3, 4, 5]),
        ("   ", [0, 1, 2, 3, 4, 5]),
        ("nowhere", []),
    ],
)
def test_find_rows_by_text_whatever_its_case(dataset, query, rows):
    assert found(dataset, query=query) == rows


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("(very)", [1]),
        ("$5.00 *", [2]),
        (".", [2]),
        ("?", [2]),
        ("[a-z]", []),
        ("\\", []),
        ("(", [1]),
    ],
)
def test_find_rows_takes_signs_of_patterns_as_they_are(dataset, query, rows):
    assert found(dataset, query=query) == rows


@pytest.mark.parametrize("query", ["x" * 100_000, "é" * 50_000, "(" * 50_000])
def test_find_rows_accepts_a_query_of_any_length(dataset, query):
    assert found(dataset, query=query) == []


def test_find_rows_refuses_an_unknown_class(dataset):
    with pytest.raises(InvalidArgumentError, match=r'"tram" is not a class .*Known: "food"'):
        found(dataset, label="tram")


def test_find_rows_finds_a_row_by_each_of_its_labels(multi_label):
    assert found(multi_label, label="x") == [0]
    assert found(multi_label, label="y") == [0, 2]


def test_find_rows_in_a_table_of_several_chunks(dataset):
    chunks = pa.concat_tables([dataset.table.slice(0, 3), dataset.table.slice(3)])
    chunked = TextDataset(chunks, dataset.label_names)

    assert found(chunked, label="food") == [4, 5]
    assert found(chunked, split="test", query="公") == [4]


def test_describe_rows_names_the_class(dataset):
    record = describe_rows(dataset, [4])[0]

    assert record["row_id"] == "5"
    assert record["split"] == "test"
    assert record["label"] == "food"
    assert record["text"] == "公交车晚点了"


def test_describe_rows_keeps_the_order_asked_for(dataset):
    assert [record["row_id"] for record in describe_rows(dataset, [5, 0, 3])] == ["6", "1", "4"]


def test_describe_rows_keeps_further_columns(dataset):
    assert describe_rows(dataset, [1])[0]["source"] == "b"


def test_describe_rows_parts_the_class_from_a_column_called_label(dataset):
    record = describe_rows(dataset, [0])[0]

    assert (record["label"], record["label (file)"]) == ("transport", "u")


def test_describe_rows_joins_several_labels(multi_label):
    labels = [record["label"] for record in describe_rows(multi_label, [0, 1, 2])]

    assert labels == ["x, y", "", "y"]


def test_describe_rows_of_nothing_is_nothing(dataset):
    assert describe_rows(dataset, []) == []


def test_describe_rows_accepts_what_find_rows_returns(dataset):
    rows = find_rows(dataset, RowFilter(label="money"))

    assert [record["text"] for record in describe_rows(dataset, rows)] == [TEXTS[2]]
