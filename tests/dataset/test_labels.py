import re
from collections.abc import Sequence

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcls_core.dataset.labels import (
    MAX_LABELS,
    LabelFormat,
    Labels,
    is_indicator,
    label_examples,
    names_in,
    read_labels,
    settle_label_format,
)
from textcls_core.errors import DatasetFormatError

GUESS = LabelFormat()
LABEL = st.text(st.characters(codec="utf-8", exclude_characters="|"), min_size=1).map(str.strip)


def column(values: Sequence) -> pa.ChunkedArray:
    """Return cells in two chunks, as a file of several blocks has them."""
    is_list = any(isinstance(value, list) for value in values)
    array = pa.array(values, pa.list_(pa.string()) if is_list else pa.string())
    return pa.chunked_array([array.slice(0, 1), array.slice(1)])


def read(values: Sequence, **chosen) -> Labels:
    return read_labels([column(values)], ["topic"], LabelFormat(**chosen))


def sets_of(labels: Labels) -> list[list[str] | None]:
    """Return the label names of every row, None where they are missing."""
    named = [[labels.names[i] for i in ids] for ids in labels.ids.to_pylist()]
    return [None if gone else row for row, gone in zip(named, labels.missing, strict=True)]


def test_single_labels_are_kept_as_they_are():
    assert sets_of(read(["b ", "a", None, "  ", "1.0"], kind="single")) == [
        ["b "], ["a"], None, None, ["1.0"],
    ]  # fmt: skip


def test_delimited_labels_are_stripped_and_each_counts_once():
    found = read(["b;a", " a ;a;", ";", None, "c"], kind="delimited", delimiter=";")

    assert sets_of(found) == [["a", "b"], ["a"], None, None, ["c"]]


def test_lists_of_labels_may_be_empty():
    assert sets_of(read([["b", "a", "b"], [], None, [None, "a", " "]], kind="lists")) == [
        ["a", "b"], [], None, ["a"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "labels"),
    [
        ('["a", "b"]', ["a", "b"]),
        ("['a', 'b c']", ["a", "b c"]),
        ("[]", []),
        ("[1, 2]", ["1", "2"]),
        ("[0 12]", ["0", "12"]),
        (' ["a"] ', ["a"]),
    ],
)
def test_lists_written_as_text_are_read(cell, labels):
    assert sets_of(read([cell], kind="lists")) == [labels]


@pytest.mark.parametrize(
    "cell", ["a, b", '["a"', "[[1], [2]]", "[__import__('os')]", "[" * 100_000, "[a b]"]
)
def test_text_that_is_no_list_is_refused(cell):
    with pytest.raises(DatasetFormatError, match=r'Column "topic" holds .* not a list of labels'):
        read([cell], kind="lists")


def test_positions_become_names():
    found = read(["4,0", "1", "2.0"], kind="delimited", names=["zero", "one", "two", "x", "four"])

    assert sets_of(found) == [["four", "zero"], ["one"], ["two"]]
    assert found.names == ("four", "one", "two", "zero")


def test_positions_in_lists_become_names():
    assert sets_of(read([["1", "0"], ["1"]], kind="lists", names=["a", "b"])) == [["a", "b"], ["b"]]


@pytest.mark.parametrize("cell", ["2", "-1", "joy", "1.5", "²", "9" * 5_000])
def test_a_position_without_a_name_is_refused(cell):
    with pytest.raises(
        DatasetFormatError, match="Expected a position from 0 to 1, because 2 names"
    ):
        read(["0", cell], kind="single", names=["a", "b"])


def test_label_columns_count_from_the_threshold_on():
    good, fast = column(["1", "0", None, "0.5"]), column(["0.4", "true", " ", "No"])

    found = read_labels([good, fast], ["good", "fast"], LabelFormat(kind="columns", threshold=0.4))

    assert sets_of(found) == [["fast", "good"], ["fast"], None, ["good"]]


@pytest.mark.parametrize("cell", ["2", "-0.1", "maybe", "nan", "inf", "1e3"])
def test_a_label_column_with_another_value_is_refused(cell):
    with pytest.raises(DatasetFormatError, match=r'Column "good" holds .* Expected 0, 1 or a frac'):
        read_labels([column(["1", cell])], ["good"], LabelFormat(kind="columns"))


def test_several_label_columns_are_not_one_label():
    with pytest.raises(DatasetFormatError, match="Expected one label column, got 2"):
        read_labels([column(["a"]), column(["b"])], ["x", "y"], LabelFormat(kind="single"))


def test_lists_are_not_single_labels():
    with pytest.raises(DatasetFormatError, match=r'Column "topic" holds lists\. Choose'):
        read([["a"]], kind="single")


def test_too_many_labels_are_another_column():
    values = [str(n) for n in range(MAX_LABELS + 1)]

    with pytest.raises(DatasetFormatError, match="100,001 different labels; at most 100,000"):
        read(values, kind="single")


@pytest.mark.parametrize(
    ("values", "kind", "delimiter"),
    [
        (["a", "b", "a"], "single", ","),
        (["science/technology", "sports, local", "a, b"], "single", ","),
        (["0", "1", "0,1", "1,2", "0,2", "2"], "delimited", ","),
        (["x|y", "y", "x", "z|x", "z", "z|y"], "delimited", "|"),
        (['["a"]', "[]"], "lists", ","),
        ([["a"], ["b"]], "lists", ","),
        ([None, " "], "single", ","),
    ],
)
def test_the_way_labels_are_written_is_guessed(values, kind, delimiter):
    found = settle_label_format([column(values)], GUESS)

    assert (found.kind, found.delimiter) == (kind, delimiter)


def test_names_are_kept_with_a_guess():
    found = settle_label_format([column(["0", "1"])], LabelFormat(names=("a", "b")))

    assert (found.kind, found.names) == ("single", ("a", "b"))


def test_several_columns_are_guessed_as_one_per_label():
    assert settle_label_format([column(["1"]), column(["0"])], GUESS).kind == "columns"


def test_a_choice_is_not_guessed_again():
    chosen = LabelFormat(kind="single")

    assert settle_label_format([column(["0", "1", "0,1", "1,0"])], chosen) == chosen


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["0", "1", None, ""], True),
        (["0.25", "True"], True),
        (["2"], False),
        (["a"], False),
        ([None, " "], False),
    ],
)
def test_indicator_columns_are_known(values, expected):
    assert is_indicator(values) is expected


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("joy\nanger\n", ("joy", "anger")),
        ("\ufeff joy \r\n\r\nanger", ("joy", "anger")),
        ('["joy", "anger"]', ("joy", "anger")),
    ],
)
def test_names_are_read_from_a_file(text, names):
    assert names_in(text) == names


@pytest.mark.parametrize("text", ["", " \n ", "a\na\n", "[]"])
def test_a_names_file_without_distinct_names_is_refused(text):
    with pytest.raises(DatasetFormatError, match="one label name per line, or a JSON list"):
        names_in(text)


def test_examples_show_cells_with_several_labels_first():
    shown = label_examples(
        [column(["a", "a", "a,b", None])], ["topic"], LabelFormat(kind="delimited"), limit=2
    )

    assert shown == [("a,b", ["a", "b"]), ("a", ["a"])]


def test_examples_of_label_columns_name_those_that_are_given():
    columns = [column(["1", "0"]), column(["0.7", "0"])]

    shown = label_examples(columns, ["good", "fast"], LabelFormat(kind="columns"))

    assert shown == [("good 1, fast 0.7", ["fast", "good"]), ("", [])]


@given(st.lists(st.lists(LABEL.filter(bool), max_size=4), min_size=1, max_size=20))
def test_delimited_labels_are_what_was_joined(rows):
    found = read(["|".join(row) for row in rows], kind="delimited", delimiter="|")

    assert sets_of(found) == [sorted(set(row)) if row else None for row in rows]


@given(st.lists(st.lists(LABEL.filter(bool), max_size=4), min_size=1, max_size=20))
def test_lists_as_text_and_as_lists_give_the_same(rows):
    as_lists = read([*rows, ["x"]], kind="lists")
    as_text = read([*[repr(row) for row in rows], "['x']"], kind="lists")

    assert re.sub(r"\s", "", str(sets_of(as_lists))) == re.sub(r"\s", "", str(sets_of(as_text)))
