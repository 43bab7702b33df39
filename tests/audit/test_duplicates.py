import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.audit.cases import by_kind, make
from textcls_core.audit.duplicates import (
    check_conflicts,
    check_duplicates,
    check_leaks,
    check_near_conflicts,
    check_near_duplicates,
    check_near_leaks,
    conflicting,
    first_of_each,
    leaked,
    repeats,
)
from textcls_core.audit.rows import AuditedRows

KEYS = st.lists(st.integers(0, 4), min_size=1, max_size=12)
LONG = "the quick brown fox jumps over the lazy dog near the river bank today"


def test_check_duplicates_counts_each_row_at_the_strictest_sameness():
    rows = AuditedRows(make(["One two", "One two ", "one, two", "three", "THREE!"]))

    found = by_kind(check_duplicates(rows))

    assert found["exact_duplicates"].row_ids == ("r1",)
    assert found["normalised_duplicates"].row_ids == ("r2", "r4")
    assert found["normalised_duplicates"].fix == "drop_normalised_duplicates"


def test_check_duplicates_finds_nothing_among_different_texts():
    assert check_duplicates(AuditedRows(make(["one", "two", "three"]))) == []


@pytest.mark.parametrize(("copies", "gate"), [(1, "pass"), (2, "warn")])
def test_duplicates_ask_for_a_look_from_one_in_a_hundred_on(copies, gate):
    texts = [f"text {n}" for n in range(150)] + ["text 0"] * copies

    (finding,) = check_duplicates(AuditedRows(make(texts)))

    assert (finding.count, finding.gate) == (copies, gate)


def test_check_leaks_counts_held_out_rows_of_earlier_splits():
    texts = ["a b", "c d", "a b", "A, b", "e f", "e f"]
    splits = ["train", "train", "test", "validation", "validation", "test"]

    found = by_kind(check_leaks(AuditedRows(make(texts, splits=splits))))

    assert found["leaked_texts"].row_ids == ("r2", "r5")
    assert found["leaked_normalised_texts"].row_ids == ("r3",)
    assert found["leaked_texts"].message == (
        "2 rows of validation and test whose text is in another split too (50.0 % of them); "
        "their figures will look too good."
    )


@pytest.mark.parametrize(("held_out", "gate"), [(20, "fail"), (21, "warn")])
def test_a_leak_of_one_in_twenty_fails(held_out, gate):
    texts = [f"text {n}" for n in range(held_out)]
    splits = ["train"] + ["test"] * (held_out - 1) + ["test"]

    (finding,) = check_leaks(AuditedRows(make(["text 0", *texts], splits=splits)))

    assert finding.gate == gate


def test_check_conflicts_names_texts_with_several_labels():
    texts = ["same", "Same!", "other", "other"]

    (finding,) = check_conflicts(AuditedRows(make(texts, [0, 1, 1, 1])))

    assert (finding.count, finding.row_ids, finding.gate) == (1, ("r0", "r1"), "fail")


def test_check_conflicts_compares_sets_of_labels():
    texts = ["same", "same", "other", "other"]
    rows = AuditedRows(make(texts, [[0, 1], [1, 0], [], [1]], task="multi_label"))

    (finding,) = check_conflicts(rows)

    assert finding.row_ids == ("r2", "r3")


def test_near_duplicates_leave_out_what_is_the_same_after_normalising():
    texts = [LONG, LONG.upper(), LONG.replace("today", "tonight"), "something else entirely"]

    (finding,) = check_near_duplicates(AuditedRows(make(texts)))

    assert finding.row_ids == ("r2",)


def test_near_leaks_and_near_conflicts_are_told_apart():
    texts = [LONG, LONG.replace("today", "tonight"), "something else entirely"]
    rows = AuditedRows(make(texts, [0, 1, 1], ["train", "test", "test"]))

    (leak,), (conflict,) = check_near_leaks(rows), check_near_conflicts(rows)

    assert leak.row_ids == ("r1",)
    assert set(conflict.row_ids) == {"r0", "r1"}


def test_examples_are_masked():
    texts = ["write to ann@example.org", "write to ann@example.org"]

    (finding,) = check_duplicates(AuditedRows(make(texts)))

    assert finding.examples == ("write to [EMAIL]",)


@given(KEYS)
def test_repeats_marks_all_but_the_first(keys):
    expected = [key in keys[:place] for place, key in enumerate(keys)]

    assert repeats(np.array(keys)).tolist() == expected


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=12))
def test_conflicting_agrees_with_comparing_all_pairs(pairs):
    keys, labels = map(np.array, zip(*pairs, strict=True))
    expected = [any(k == a and b != v for a, b in pairs) for k, v in pairs]

    assert conflicting(keys, labels).tolist() == expected


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=12))
def test_leaked_agrees_with_comparing_all_pairs(pairs):
    names = ("train", "validation", "test")
    splits = [names[split] for _, split in pairs]
    rows = AuditedRows(make(["x"] * len(pairs), splits=splits))
    expected = [any(k == a and b < v for a, b in pairs) for k, v in pairs]

    assert leaked(rows, np.array([key for key, _ in pairs])).tolist() == expected


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=12))
def test_first_of_each_keeps_every_combination_once(pairs):
    expected = [place for place, pair in enumerate(pairs) if pair not in pairs[:place]]

    kept = first_of_each(*(np.array(column) for column in zip(*pairs, strict=True)))

    assert kept.tolist() == expected
