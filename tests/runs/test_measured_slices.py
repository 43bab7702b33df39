"""Tests of measured slices: figures, what the finder finds, and the rows behind a slice."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import f1_score

from tests.runs.slices import NUM_ROWS, make_rows
from textcls_core.evaluation.by_task import right_rows
from textcls_core.evaluation.slices import KnownRight
from textcls_core.runs.facets import make_facet
from textcls_core.runs.measured_slices import (
    find_weak,
    measure_conditions,
    measure_facet,
    micro_f1,
    shares_of_others,
    slice_examples,
    weakest_first,
)
from textcls_core.runs.slice_conditions import parse_condition
from textcls_core.runs.slice_rows import SliceRows

ROWS = make_rows()
RIGHT = right_rows(ROWS.predictions)


def with_repeats() -> SliceRows:
    """Return the rows with the text of row 0 in rows 3 and 6 too, which are wrong like it."""
    texts = ROWS.texts.to_pylist()
    texts[3], texts[6] = texts[0], texts[0].upper() + "!"
    return SliceRows(ROWS.predictions, ROWS.facts, pa.chunked_array([texts]), ROWS.dataset_splits)


def test_measured_facet_has_the_figures_of_its_slices():
    desk, phone = measure_facet(ROWS, make_facet(ROWS, "device"), RIGHT)

    assert (desk.title, desk.figures.num_rows, desk.figures.accuracy) == ("device: desk", 80, 1.0)
    assert (phone.figures.num_rows, phone.figures.accuracy) == (40, 0.0)
    assert (desk.figures.is_weaker, phone.figures.is_weaker) == (False, True)


def test_measured_facet_leaves_out_repeats():
    rows = with_repeats()

    desk, phone = measure_facet(rows, make_facet(rows, "device"), RIGHT)

    assert rows.num_repeats == 2
    assert (desk.figures.num_rows, phone.figures.num_rows) == (80, 38)
    assert rows.accuracy(RIGHT) == 80 / 118


def test_measured_facet_leaves_out_rows_that_were_not_looked_at(monkeypatch):
    monkeypatch.setattr("textcls_core.runs.slice_rows.MAX_LANGUAGE_ROWS", 30)
    rows = make_rows()

    measured = measure_facet(rows, make_facet(rows, "language"), RIGHT)

    assert sum(one.figures.num_rows for one in measured) == 30
    assert {one.figures.num_rows + one.figures.num_rest for one in measured} == {30}


def test_measured_slices_come_weakest_first_but_ranges_in_order():
    devices = weakest_first(measure_facet(ROWS, make_facet(ROWS, "device"), RIGHT))
    lengths = weakest_first(measure_facet(ROWS, make_facet(ROWS, "words"), RIGHT))

    assert [one.name for one in devices] == ["phone", "desk"]
    assert lengths[0].name == "at most 3 words"


def test_measured_conditions_are_one_slice():
    conditions = [parse_condition("device=phone"), parse_condition("class=spam")]

    one = measure_conditions(ROWS, conditions, RIGHT)

    assert (one.title, one.figures.num_rows) == ("device: phone and class spam", 20)
    assert one.figures.accuracy == 0.0


def test_micro_f1_of_label_sets_is_that_of_scikit_learn():
    rows = make_rows(is_multi_label=True)
    inside = np.arange(NUM_ROWS) % 3 == 0

    found = micro_f1(rows, [parse_condition("device=phone")])

    true, given = rows.predictions.targets[inside], rows.predictions.predicted[inside]
    assert found == pytest.approx(f1_score(true, given, average="micro"))


def test_micro_f1_of_one_label_is_left_out():
    assert micro_f1(ROWS, []) is None


def test_found_slices_begin_with_the_planted_one():
    found = find_weak(ROWS, RIGHT)

    assert found.slices[0].title == "device: phone"
    assert found.num_tried == found.num_single + found.num_pairs
    assert found.num_weak == len(found.slices) + found.num_similar + found.num_further


def test_found_slices_take_further_facets():
    facet = make_facet(ROWS, "characters")

    assert find_weak(ROWS, RIGHT, [facet]).num_single > find_weak(ROWS, RIGHT).num_single


def test_slice_examples_put_mistakes_first():
    examples = slice_examples(ROWS, [parse_condition("class=spam")], RIGHT, limit=25)

    assert [example["answer"] for example in examples] == ["wrong"] * 20 + ["right"] * 5
    assert examples[0] == {
        **{"answer": "wrong", "true": "spam", "predicted": "ham"},
        **{"text": "word3 more more more", "row_id": "row-3"},
    }


@pytest.mark.parametrize("name", ["class", "device", "words", "age", "truncated", "language"])
def test_slice_examples_are_as_many_as_the_figures_say(name):
    rows = with_repeats()

    measured = measure_facet(rows, make_facet(rows, name), RIGHT)

    for one in measured:
        examples = slice_examples(rows, one.conditions, RIGHT, limit=NUM_ROWS)
        assert len(examples) == one.figures.num_rows
        shares = np.mean([example["answer"] == "right" for example in examples])
        assert shares == one.figures.accuracy


def test_slice_examples_of_label_sets_name_all_labels():
    rows = make_rows(is_multi_label=True)

    (example,) = slice_examples(rows, [parse_condition("pattern=^word1 ")], RIGHT, limit=5)

    assert (example["true"], example["predicted"]) == ("ham, spam", "ham, spam")


def test_measured_slice_in_json_leaves_out_row_ids():
    one = measure_conditions(ROWS, [parse_condition("words=..3")], RIGHT)

    found = one.to_json()

    assert found["slice"] == "at most 3 words"
    assert found["conditions"] == [{"kind": "words", "high": 3.0}]
    assert found["num_rows"] == one.figures.num_rows


def test_shares_of_others_are_of_the_same_rows_without_repeats():
    rows = make_rows()
    right = right_rows(rows.predictions)
    measured = measure_facet(rows, make_facet(rows, "class"), right)
    everything = np.ones(NUM_ROWS, dtype=bool)

    same, unknown = shares_of_others(
        rows, measured, [KnownRight(everything, right), KnownRight(~everything, right)]
    )

    assert same == [pytest.approx(one.figures.accuracy) for one in measured]
    assert unknown == [None] * len(measured)
