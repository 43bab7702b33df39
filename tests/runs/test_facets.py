"""Tests of facets: every property cuts the rows into slices that its conditions describe."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runs.slices import NUM_ROWS, make_rows
from textcls_core.errors import InvalidArgumentError
from textcls_core.runs.facets import (
    MAX_VALUES,
    facet_names,
    joined,
    make_facet,
    quantile_bins,
    searched_facets,
)
from textcls_core.runs.slice_conditions import rows_meeting

ROWS = make_rows(words=[f"w{n % 2}" for n in range(NUM_ROWS)])


@pytest.mark.parametrize("name", list(facet_names(ROWS)))
def test_facet_holds_the_rows_that_its_conditions_ask_for(name):
    facet = make_facet(ROWS, name)

    masks = [facet.membership.mask(n, NUM_ROWS) for n in range(len(facet.conditions))]
    expected = [rows_meeting([condition], ROWS) for condition in facet.conditions]
    np.testing.assert_array_equal(masks, expected)
    assert sum(mask.sum() for mask in masks) == facet.looked_at.sum() == NUM_ROWS


def test_facet_names_put_columns_last_and_keep_ours_apart():
    assert list(facet_names(ROWS))[-4:] == ["language", "device", "age", "words (file)"]


def test_facet_names_leave_out_tokens_without_a_tokenizer():
    assert {"tokens", "truncated"}.isdisjoint(facet_names(make_rows(has_tokens=False)))


def test_facet_of_a_column_puts_the_most_frequent_value_first():
    titles = [condition.title for condition in make_facet(ROWS, "device").conditions]

    assert titles == ["device: desk", "device: phone"]


def test_facet_of_many_numbers_is_cut_into_bins():
    titles = [condition.title for condition in make_facet(ROWS, "age").conditions]

    assert titles == [
        "age: at most 23",
        "age: 24 to 47",
        "age: 48 to 71",
        "age: 72 to 95",
        "age: at least 96",
    ]


def test_facet_of_many_words_keeps_the_most_frequent():
    rows = make_rows(author=[f"author {n}" for n in range(NUM_ROWS)])

    facet = make_facet(rows, "author")

    assert len(facet.conditions) == MAX_VALUES
    assert facet.num_more_values == NUM_ROWS - MAX_VALUES


def test_facet_of_label_sets_lets_a_row_be_in_several_classes():
    facet = make_facet(make_rows(is_multi_label=True), "class")

    assert facet.membership.counts().tolist() == [60, 120]


def test_facet_of_languages_looks_at_a_sample(monkeypatch):
    monkeypatch.setattr("textcls_core.runs.slice_rows.MAX_LANGUAGE_ROWS", 30)

    facet = make_facet(make_rows(), "language")

    assert facet.looked_at.sum() == 30
    assert facet.membership.counts().sum() == 30


def test_facet_of_an_unknown_property_is_refused():
    with pytest.raises(InvalidArgumentError, match=r'^"colour" is nothing that these rows can be '):
        make_facet(ROWS, "colour")


def test_searched_facets_have_one_length_only():
    titles = [facet.title for facet in searched_facets(ROWS)]

    assert "Length in words" in titles
    assert {"Length in characters", "Length in tokens"}.isdisjoint(titles)


def test_searched_facets_leave_out_languages_of_a_sample(monkeypatch):
    monkeypatch.setattr("textcls_core.runs.facets.MAX_LANGUAGE_ROWS", 100)

    titles = [facet.title for facet in searched_facets(ROWS)]

    assert "Language, told from the text" not in titles


def test_joined_facets_number_their_conditions_through():
    facets = [make_facet(ROWS, "device"), make_facet(ROWS, "class")]

    membership, conditions = joined(facets)

    assert [c.title for c in conditions] == [
        *("device: desk", "device: phone"),
        *("class ham", "class spam"),
    ]
    assert membership.counts().tolist() == [80, 40, 60, 60]


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)
    | st.lists(st.integers(0, 9), min_size=1, max_size=60)
)
def test_quantile_bins_hold_every_value_once(values):
    values = np.array(values, dtype=float)

    bins = quantile_bins(values)

    inside = [
        (values >= (-np.inf if low is None else low))
        & (values <= (np.inf if high is None else high))
        for low, high in bins
    ]
    np.testing.assert_array_equal(np.sum(inside, axis=0), 1)
    assert all(part.any() for part in inside)
