"""Tests of fairness between the groups of a property."""

import pyarrow as pa
import pytest

from tests.runs.slices import NUM_ROWS, make_rows
from textcls_core.errors import InvalidArgumentError
from textcls_core.runs.group_fairness import fairness_of, group_names
from textcls_core.runs.slice_rows import SliceRows

ROWS = make_rows()


def test_fairness_of_a_column_has_a_group_per_value():
    desk, phone = fairness_of(ROWS, "device", "spam").groups

    assert (desk.group, desk.num_rows) == ("desk", 80)
    assert desk.rates["true_positive_rate"].value == 1.0
    assert phone.rates["true_positive_rate"].value == 0.0
    assert phone.rates["false_positive_rate"].value == 1.0


def test_fairness_of_label_sets_looks_at_one_label():
    groups = fairness_of(make_rows(is_multi_label=True), "device", "spam").groups

    assert [group.rates["selection_rate"].value for group in groups] == [1.0, 1.0]


def test_fairness_leaves_out_repeats_within_a_group_only():
    texts = ROWS.texts.to_pylist()
    texts[3], texts[1] = texts[0], texts[0]  # rows 0 and 3 are phones, row 1 a desk
    rows = SliceRows(ROWS.predictions, ROWS.facts, pa.chunked_array([texts]), ROWS.dataset_splits)

    desk, phone = fairness_of(rows, "device", "spam").groups

    assert (desk.num_rows, phone.num_rows) == (80, 39)


def test_fairness_names_an_empty_cell():
    rows = make_rows(note=[None] * 60 + ["x"] * (NUM_ROWS - 60))

    names = [group.group for group in fairness_of(rows, "note", "spam").groups]

    assert names == ["(empty)", "x"]


def test_fairness_by_length_names_the_ranges():
    names = [group.group for group in fairness_of(ROWS, "words", "spam").groups]

    assert names[0] == "at most 3 words"


def test_group_names_leave_out_the_class():
    assert "class" not in group_names(ROWS)
    assert "device" in group_names(ROWS)


@pytest.mark.parametrize("by", ["class", "colour"])
def test_fairness_of_no_groups_is_refused(by):
    with pytest.raises(InvalidArgumentError, match=f'^"{by}" makes no groups. Known: '):
        fairness_of(ROWS, by, "spam")


def test_fairness_of_an_unknown_class_is_refused():
    with pytest.raises(InvalidArgumentError, match=r'^"nope" is not a class of this run'):
        fairness_of(ROWS, "device", "nope")
