import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.data_bad import HOSTILE_TEXTS
from textcls_core.dataset.building import (
    Rows,
    build_dataset,
    clean_text,
    duplicate_key,
    make_row_ids,
)
from textcls_core.errors import DatasetFormatError


def make_rows(labels=("b", "a", "b"), **changes) -> Rows:
    values = {
        "texts": ["one", "two", "three"],
        "labels": labels,
        "splits": ["train", "test", "train"],
        "extra": {},
        **changes,
    }
    return Rows(**values)


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("a\0b", "ab"),
        ("\0", ""),
        ("\ud800", "\ufffd"),
        ("a\udfffb", "a\ufffdb"),
        ("\ud83d\0\ude00", "\ufffd\ufffd"),
        ("\u00e9\0", "\u00e9"),
    ],
)
def test_clean_text_removes_what_cannot_be_stored(text, cleaned):
    assert clean_text(text) == cleaned


@pytest.mark.parametrize("text", [*HOSTILE_TEXTS, "", " a ", "\t\n", "e\u0301", "\U0001f600"])
def test_clean_text_keeps_everything_else(text):
    assert clean_text(text) == text


@given(st.text())
def test_clean_text_gives_text_that_can_be_stored(text):
    cleaned = clean_text(text)

    assert cleaned.encode().decode() == cleaned
    assert "\0" not in cleaned


@pytest.mark.parametrize(
    ("text", "same"),
    [("a", "a "), ("a", "\na"), ("cafe\u0301", "caf\u00e9"), ("\uac00", "\u1100\u1161")],
)
def test_duplicate_key_is_shared_by_texts_that_look_equal(text, same):
    assert duplicate_key(text) == duplicate_key(same)


@pytest.mark.parametrize(("text", "other"), [("a", "A"), ("a b", "a  b"), ("a", "\u0430")])
def test_duplicate_key_tells_other_texts_apart(text, other):
    assert duplicate_key(text) != duplicate_key(other)


def test_build_sorts_the_class_names():
    dataset = build_dataset(make_rows())

    assert dataset.label_names == ("a", "b")


def test_build_gives_every_row_the_id_of_its_class():
    dataset = build_dataset(make_rows())

    assert dataset.label_ids.tolist() == [1, 0, 1]


def test_build_keeps_number_labels_apart():
    dataset = build_dataset(make_rows(labels=["01", "1", "1.0"]))

    assert dataset.label_names == ("01", "1", "1.0")


def test_build_keeps_labels_that_look_like_nothing():
    dataset = build_dataset(make_rows(labels=["NA", "null", "nan"]))

    assert dataset.label_names == ("NA", "nan", "null")


def test_build_keeps_further_columns():
    dataset = build_dataset(make_rows(extra={"source": ["x", None, "y"]}))

    assert dataset.table["source"].to_pylist() == ["x", None, "y"]


def test_build_uses_the_row_ids_it_is_given():
    dataset = build_dataset(make_rows(), ["r1", "r2", "r3"])

    assert dataset.row_ids() == ["r1", "r2", "r3"]


def test_build_makes_row_ids_from_the_texts():
    dataset = build_dataset(make_rows())

    assert dataset.row_ids() == make_row_ids(["one", "two", "three"])


def test_build_refuses_repeated_row_ids():
    with pytest.raises(DatasetFormatError, match="Expected unique row ids"):
        build_dataset(make_rows(), ["r", "r", "s"])


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=3), max_size=30))
def test_row_ids_are_unique(texts):
    row_ids = make_row_ids(texts)

    assert len(set(row_ids)) == len(texts)


def test_row_ids_number_the_copies_of_a_text():
    first, second, third = make_row_ids(["same", "same", "same"])

    assert (second, third) == (f"{first}.2", f"{first}.3")


def test_row_ids_stay_when_rows_are_reordered():
    before = make_row_ids(["one", "two", "three"])

    after = make_row_ids(["three", "one", "two"])

    assert after == [before[2], before[0], before[1]]


def test_row_ids_hold_no_text():
    (row_id,) = make_row_ids(["../../etc/passwd <script>"])

    assert row_id.isalnum()
