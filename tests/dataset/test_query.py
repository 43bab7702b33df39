"""Tests of filtering, counting, sorting and paging rows in the index of a version."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.query import RowTable
from textcls_core.dataset.row_filter import Counts, Order, Range, RowFilter
from textcls_core.dataset.row_index import is_indexed
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import SCHEMA, TextDataset
from textcls_core.errors import InvalidArgumentError
from textcls_core.workspace import Workspace

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


@pytest.fixture(scope="module")
def open_rows(tmp_path_factory):
    """Store a data set and open its rows."""

    def open_(dataset):
        workspace = Workspace(tmp_path_factory.mktemp("workspace"))
        info = DatasetStore(workspace.datasets_dir).save(dataset, "set", "for this test")
        assert is_indexed(workspace, info)
        return RowTable.open(workspace, info)

    return open_


@pytest.fixture(scope="module")
def rows(open_rows):
    """Six rows in four scripts, with three further columns."""
    return open_rows(build_dataset(Rows(TEXTS, LABELS, SPLITS, EXTRA), row_ids=list("123456")))


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
def many(open_rows):
    """Three hundred texts of few words that overlap, in any case and with any space between."""
    draw = np.random.default_rng(3)
    words = ["ab", "B", "abc", "ca", "Ä", "ä.", "你好", "aé", "c" * 120, "x1", "K", "10,5"]
    gaps = [" ", "  ", "\n", "\u00a0", " \t", "\x0b"]
    texts = [
        "".join(
            str(draw.choice(words)) + str(draw.choice(gaps)) for _ in range(draw.integers(1, 7))
        )
        for _ in range(300)
    ]
    labels = [f"class {n}" for n in draw.integers(5, size=300)]
    splits = draw.choice(["train", "validation", "test"], 300).tolist()
    extra = {"group": [str(n) for n in draw.integers(4, size=300)]}
    return open_rows(build_dataset(Rows(texts, labels, splits, extra))), texts, labels, splits


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


PIECES = st.text(alphabet="abcxÄä你好é1K,.", min_size=1, max_size=4)


@given(st.lists(PIECES, max_size=3).map(" ".join))
def test_rows_found_by_words_are_those_whose_texts_contain_them(many, text):
    rows, texts, *_ = many
    wanted = [part.lower() for part in text.split()]

    expected = [n for n, t in enumerate(texts) if all(part in t.lower() for part in wanted)]

    assert found(rows, text=text) == expected


@given(PIECES, st.sampled_from([" ", "  ", "\n", "\u00a0"]), PIECES)
def test_rows_found_by_a_phrase_are_those_whose_texts_contain_it(many, first, gap, last):
    rows, texts, *_ = many
    phrase = f"{first}{gap}{last}"

    expected = [n for n, text in enumerate(texts) if phrase.lower() in text.lower()]

    assert found(rows, text=f'"{phrase}"') == expected


PATTERN_PIECES = (
    *("a", "b", "c", "B", "x1", "你", ".", "[ab]", "[^a]", r"\d", r"\w+", r"\s", r"\b", r"\S"),
    *("a?", "c+", "(ab|B)", "(?:a|b c)", "^", "$", " ", "c{3,}", "(a)?", "é", "[à-ü]", "K", "k"),
)
PATTERNS = st.lists(st.sampled_from(PATTERN_PIECES), min_size=1, max_size=5).map("".join)


@given(st.sampled_from(["", "(?i)", "(?s)"]), PATTERNS)
def test_rows_found_by_a_pattern_are_those_in_whose_texts_it_is_found(many, flags, pattern):
    rows, texts, *_ = many
    try:
        matched = pc.match_substring_regex(pa.array(texts), flags + pattern)
    except pa.ArrowInvalid:
        with pytest.raises(InvalidArgumentError, match="regular expression"):
            found(rows, pattern=flags + pattern)
        return

    assert found(rows, pattern=flags + pattern) == np.flatnonzero(matched).tolist()


@pytest.mark.parametrize("label", [None, "class 2"])
@pytest.mark.parametrize("split", [None, "test"])
@pytest.mark.parametrize("text", ["", "b"])
def test_counts_are_those_of_the_rows_one_by_one(many, label, split, text):
    rows, texts, labels, splits = many
    passing = [
        (row_label, row_split)
        for row_text, row_label, row_split in zip(texts, labels, splits, strict=True)
        if text in row_text.lower()
    ]

    counts = rows.counts(RowFilter(split=split, label=label, text=text))

    assert counts.total == sum(split in (None, s) and label in (None, c) for c, s in passing)
    assert counts.by_split == {
        name: sum(s == name and label in (None, c) for c, s in passing)
        for name in ("train", "validation", "test")
    }
    assert counts.by_class == {
        name: sum(c == name and split in (None, s) for c, s in passing)
        for name in rows.info.label_names
    }


def test_counts_of_label_sets_count_a_row_for_each_of_its_classes(tags):
    assert tags.counts(RowFilter()) == Counts(3, {"train": 2, "test": 1}, {"x": 1, "y": 2})
    assert tags.counts(RowFilter(label="y")) == Counts(2, {"train": 1, "test": 1}, {"x": 1, "y": 2})
    assert tags.counts(RowFilter(split="train", label="x")).total == 1


def test_rows_with_several_labels_are_found_by_each(tags):
    assert found(tags, label="x") == [0]
    assert found(tags, label="y") == [0, 2]
    assert [record["label"] for record in tags.rows([0, 1, 2])] == ["x, y", "", "y"]


@pytest.mark.parametrize(
    ("column", "positions"),
    [
        ("characters", [4, 5, 0, 3, 2, 1]),
        ("price", [5, 1, 0, 2, 3, 4]),
        ("label", [4, 5, 2, 0, 1, 3]),
        ("split", [0, 1, 2, 3, 4, 5]),
        ("source", [1, 5, 0, 2, 4, 3]),
    ],
)
def test_rows_are_sorted_by_a_column_with_missing_values_last(rows, column, positions):
    assert found(rows, Order(column)) == positions


def test_rows_are_sorted_backwards_with_ties_in_file_order(rows):
    assert found(rows, Order("split", is_descending=True)) == [4, 5, 3, 0, 1, 2]
    assert found(rows, Order("", is_descending=True)) == [5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize("order", [Order(), Order("words"), Order("text", is_descending=True)])
@pytest.mark.parametrize("criteria", [{}, {"text": "b"}, {"split": "train"}])
def test_pages_put_together_are_all_rows_once(many, order, criteria):
    rows, *_ = many
    row_filter = RowFilter(**criteria)
    total = rows.counts(row_filter).total

    pages = [rows.page(row_filter, order, offset, 40) for offset in range(0, total, 40)]

    ids = [record["row_id"] for page in pages for record in page]
    assert len(ids) == len(set(ids)) == total
    assert [len(page) for page in pages[:-1]] == [40] * (len(pages) - 1)
    assert rows.page(row_filter, order, total, 40) == []


def test_pages_are_sorted_across_their_ends(many):
    rows, *_ = many

    lengths = [
        r["words"] for start in (0, 150) for r in rows.page(RowFilter(), Order("words"), start, 150)
    ]

    assert all(one <= other for one, other in pairwise(lengths))


def test_values_of_a_column_are_counted_among_the_rows_that_pass(rows):
    assert rows.values(RowFilter(split="train"), "source") == [("web", 2), ("mail", 1)]
    assert rows.values(RowFilter(values=(("source", "web"),)), "source") == [
        ("web", 3),
        ("mail", 2),
    ]
    assert rows.values(RowFilter(text="bus"), "source") == [("mail", 1), ("web", 1)]


def test_rows_are_described_by_the_names_people_see(rows):
    assert rows.rows([3, 0])[0] == {
        "row_id": "4",
        "split": "validation",
        "label": "transport",
        "text": "Ärger mit dem Zug",
        "characters": 17,
        "words": 4,
        "source": None,
        "price": "none",
        "label (file)": "x",
    }


def test_row_is_found_by_its_id(rows):
    assert rows.find("5")["position"] == 4
    assert rows.find("nope") is None


def test_page_cuts_texts_short_and_a_row_is_whole(open_rows):
    text = "word " * 1_000
    rows = open_rows(
        build_dataset(Rows([text, "b"], ["x", "y"], ["train"] * 2, {"note": [text] * 2}))
    )

    record = rows.page(RowFilter(), Order(), 0, 1)[0]

    assert (len(record["text"]), len(record["note"])) == (300, 100)
    assert rows.find(record["row_id"])["text"] == text


@pytest.mark.parametrize(
    "row_filter",
    [
        RowFilter(label="tram"),
        RowFilter(values=(("x; DROP TABLE rows", "1"),)),
        RowFilter(ranges=(Range("none", 1, 2),)),
    ],
)
def test_rows_refuse_what_is_not_in_the_data_set(rows, row_filter):
    with pytest.raises(InvalidArgumentError, match="Known: "):
        rows.counts(row_filter)


def test_rows_take_hostile_names_and_values_as_they_are(open_rows):
    name = '"; DROP TABLE rows; --'
    names = {name: ["1", "2"], "TEXT": ["a", "b"], "position": ["p", "q"], "words": ["w", "v"]}
    rows = open_rows(build_dataset(Rows(["a", "b"], ["x", "y"], ["train"] * 2, names)))

    assert found(rows, values=((name, "2"),)) == [1]
    assert found(rows, values=(("TEXT", "' OR 1=1"),)) == []
    assert found(rows, Order("words (file)")) == [1, 0]
    assert found(rows, Order("position", is_descending=True)) == [1, 0]
