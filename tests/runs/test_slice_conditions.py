"""Tests of conditions: which rows meet them, what they are called, how they are written."""

import numpy as np
import pytest

from tests.runs.slices import make_rows
from textcls_core.dataset.row_filter import Range, RowFilter
from textcls_core.errors import InvalidArgumentError
from textcls_core.runs.slice_conditions import (
    Condition,
    conditions_of,
    parse_condition,
    rows_meeting,
    title_of,
)

ROWS = make_rows()
WORDS = ROWS.facts.num_words


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("class=spam", np.arange(120) % 2 == 1),
        ("words=3..5", (WORDS >= 3) & (WORDS <= 5)),
        ("words=11..", WORDS >= 11),
        ("characters=..8", ROWS.facts.num_characters <= 8),
        ("tokens=4..4", WORDS == 2),
        ("truncated=yes", WORDS > 10),
        ("truncated=no", WORDS <= 10),
        ("device=phone", np.arange(120) % 3 == 0),
        ("age=100..", np.arange(120) >= 100),
        (
            "text=MORE word7",
            [t.startswith("word7") and "more" in t for t in ROWS.texts.to_pylist()],
        ),
        ("pattern=^word1 ", np.arange(120) == 1),
        ("split=test", np.ones(120, bool)),
        ("split=train", np.zeros(120, bool)),
    ],
)
def test_condition_holds_for_the_right_rows(written, expected):
    found = rows_meeting([parse_condition(written)], ROWS)

    np.testing.assert_array_equal(found, expected)


def test_conditions_must_all_hold():
    found = rows_meeting([parse_condition("device=phone"), parse_condition("class=spam")], ROWS)

    assert np.flatnonzero(found)[:3].tolist() == [3, 9, 15]


def test_no_condition_holds_for_all_rows():
    assert rows_meeting([], ROWS).all()


def test_condition_on_rows_follows_their_ids():
    chosen = Condition(kind="rows", row_ids=("row-5", "row-2", "gone"))

    assert np.flatnonzero(rows_meeting([chosen], ROWS)).tolist() == [2, 5]


def test_condition_on_an_empty_cell_takes_missing_values_too():
    rows = make_rows(note=["", None, *["x"] * 118])

    found = rows_meeting([Condition(kind="column", column="note")], rows)

    assert np.flatnonzero(found).tolist() == [0, 1]


def test_condition_on_a_language_looks_at_the_text():
    rows = make_rows()
    rows.__dict__["languages"] = ["de", None, *["en"] * 118]

    found = rows_meeting([Condition(kind="language", value="de")], rows)

    assert np.flatnonzero(found).tolist() == [0]


@pytest.mark.parametrize(
    ("condition", "title"),
    [
        (Condition(kind="class", value="spam"), "class spam"),
        (Condition(kind="words", low=3, high=5), "3 to 5 words"),
        (Condition(kind="tokens", low=3, high=3), "3 tokens"),
        (Condition(kind="words", high=5), "at most 5 words"),
        (Condition(kind="truncated", value="yes"), "cut off by the model"),
        (Condition(kind="truncated", value="no"), "read whole"),
        (Condition(kind="language", value="de"), "language de"),
        (Condition(kind="text", value="late"), "text contains late"),
        (Condition(kind="pattern", value="a+"), "pattern a+"),
        (Condition(kind="column", column="device"), "device: (empty)"),
        (Condition(kind="column", column="age", low=1.5), "age: at least 1.5"),
        (Condition(kind="rows", row_ids=("a", "b")), "2 chosen rows"),
        (Condition(kind="rows", value="Cluster 1", row_ids=("a",)), "Cluster 1"),
    ],
)
def test_condition_has_a_title(condition, title):
    assert condition.title == title


def test_title_of_no_condition_is_all_rows():
    assert title_of([]) == "all rows"


def test_condition_survives_json():
    written = [parse_condition("words=3.."), parse_condition("device=phone")]

    again = [Condition.model_validate_json(one.model_dump_json()) for one in written]

    assert again == written


def test_condition_of_a_column_that_bears_one_of_our_names():
    assert parse_condition("words (file)=ten") == Condition(
        kind="column", column="words", value="ten"
    )


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("words=many", r'^Expected COLUMN=VALUE, or words=LOW\.\.HIGH for a length, got "words=m'),
        ("spam", r'^Expected COLUMN=VALUE, .* got "spam"\.$'),
        ("truncated=maybe", r"^Expected truncated=yes or truncated=no, got"),
    ],
)
def test_condition_that_means_nothing_is_refused(written, message):
    with pytest.raises(InvalidArgumentError, match=message):
        parse_condition(written)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("colour=red", r'This version of the data set has no column "colour"\. Known: "device"'),
        ("class=nope", r'This run knows no class "nope"\. Known: "ham", "spam"'),
        ("device=1..2", r'Expected numbers in the column "device", found words'),
        ("pattern=(", r'"\(" is not a regular expression that can be searched for'),
    ],
)
def test_condition_that_the_rows_cannot_meet_is_refused(written, message):
    with pytest.raises(InvalidArgumentError, match=message):
        rows_meeting([parse_condition(written)], ROWS)


@pytest.mark.parametrize("written", ["tokens=..5", "truncated=yes"])
def test_condition_on_tokens_needs_a_tokenizer(written):
    with pytest.raises(InvalidArgumentError, match=r"has no tokenizer\.json, so its tokens cannot"):
        rows_meeting([parse_condition(written)], make_rows(has_tokens=False))


def test_conditions_of_a_filter_of_the_data_page():
    row_filter = RowFilter(
        split="train",
        label="spam",
        text="late",
        pattern="a+",
        ranges=(Range("words", 3, None), Range("age", None, 5)),
        values=(("device", "phone"), ("text (file)", "x")),
        row_ids=("row-1",),
    )

    assert [condition.title for condition in conditions_of(row_filter)] == [
        "class spam",
        "text contains late",
        "pattern a+",
        "at least 3 words",
        "age: at most 5",
        "device: phone",
        "text: x",
        "1 chosen row",
    ]


def test_conditions_of_no_filter_are_none():
    assert conditions_of(RowFilter(split="test")) == ()
