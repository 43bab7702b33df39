"""Tests of saved slices on a run and on the run before it."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from tests.pages.conftest import make_run
from tests.runs.slices import NUM_ROWS, make_rows
from textcls_core.evaluation.predictions import Predictions
from textcls_core.runs.saved_slices import SavedSlice
from textcls_core.runs.slice_conditions import parse_condition
from textcls_core.runs.slice_history import measure_saved, previous_run
from textcls_core.runs.store import RunStore

ROWS = make_rows()
"""Wrong in the 40 rows with device `phone`, right in the 80 others."""


def save(*written, label=None):
    """Return a saved slice."""
    conditions = tuple(map(parse_condition, written))
    now = dt.datetime.now(dt.UTC)
    return SavedSlice(name="one", dataset="toy", conditions=conditions, label=label, created_at=now)


def before(is_right) -> Predictions:
    """Return what a run said before that was right in these of the rows."""
    true = ROWS.predictions.true_label_ids
    given = np.where(is_right, true, 1 - true)
    return replace(
        ROWS.predictions, probabilities=np.where(np.arange(2) == given[:, None], 0.9, 0.1)
    )


def measure(saved, earlier=None):
    (change,) = measure_saved([saved], ROWS, earlier)
    return change


def test_saved_slice_that_lost_many_rows_got_worse():
    change = measure(save("device=phone"), before(np.ones(NUM_ROWS, bool)))

    assert change.verdict == "worse"
    assert (change.accuracy, change.previous_accuracy, change.change) == (0.0, 1.0, -1.0)
    assert change.num_shared == 40
    assert change.p_value < 1e-6


def test_saved_slice_that_won_many_rows_got_better():
    change = measure(save("device=desk"), before(np.zeros(NUM_ROWS, bool)))

    assert change.verdict == "better"


def test_saved_slice_that_fell_by_five_points_is_named():
    lost = np.flatnonzero(np.arange(NUM_ROWS) % 3 == 0)[:4]
    was_right = ROWS.predictions.predicted_label_ids == ROWS.predictions.true_label_ids
    was_right[lost] = True

    change = measure(save("words=..12"), before(was_right))

    assert change.verdict == "same"
    assert measure(save("class=spam", "device=phone"), before(was_right)).verdict == "lower"


def test_saved_slice_with_the_same_answers_is_the_same():
    change = measure(save("device=desk"), ROWS.predictions)

    assert (change.verdict, change.change, change.p_value) == ("same", 0.0, 1.0)


def test_saved_slice_is_compared_on_the_rows_that_both_runs_have():
    earlier = before(np.ones(NUM_ROWS, bool))
    some = Predictions(
        earlier.row_ids[:60], earlier.true_label_ids[:60], earlier.probabilities[:60],
        earlier.label_names,
    )  # fmt: skip

    change = measure(save("device=phone"), some)

    assert (change.figures.num_rows, change.num_shared) == (40, 20)


def test_saved_slice_whose_labels_were_mended_is_judged_by_the_new_ones():
    true = ROWS.predictions.true_label_ids
    earlier = replace(ROWS.predictions, true_label_ids=1 - true)

    change = measure(save("device=desk"), earlier)

    assert (change.previous_accuracy, change.verdict) == (1.0, "same")


@pytest.mark.parametrize("is_multi_label", [False, True])
def test_saved_slice_is_compared_by_the_names_of_the_classes(is_multi_label):
    rows = make_rows(is_multi_label=is_multi_label)
    reversed_classes = replace(
        rows.predictions,
        label_names=rows.predictions.label_names[::-1],
        probabilities=rows.predictions.probabilities[:, ::-1],
        **({"targets": rows.predictions.targets[:, ::-1]} if is_multi_label
           else {"true_label_ids": 1 - rows.predictions.true_label_ids}),
    )  # fmt: skip

    (change,) = measure_saved([save("device=desk")], rows, reversed_classes)

    assert (change.num_shared, change.change, change.p_value) == (80, 0.0, 1.0)
    assert change.accuracy == change.figures.accuracy


def test_saved_slice_with_few_shared_rows_gets_no_verdict():
    earlier = before(np.ones(NUM_ROWS, bool))
    some = Predictions(
        earlier.row_ids[:30], earlier.true_label_ids[:30], earlier.probabilities[:30],
        earlier.label_names,
    )  # fmt: skip

    assert measure(save("device=phone"), some).verdict == "too small"


def test_saved_slice_without_a_run_before_is_new():
    change = measure(save("device=phone"))

    assert (change.verdict, change.change, change.p_value) == ("new", None, None)
    assert change.figures.accuracy == 0.0


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("colour=red", 'This version of the data set has no column "colour". Known: "device"'),
        ("class=nope", 'This run knows no class "nope".'),
        ("device=tablet", "No row of this split belongs to it."),
    ],
)
def test_saved_slice_that_cannot_be_measured_says_why(written, problem):
    change = measure(save(written), before(np.ones(NUM_ROWS, bool)))

    assert change.verdict == "not measured"
    assert change.problem.startswith(problem)
    assert change.figures is None


def test_saved_slice_about_one_label_looks_at_its_answer():
    rows = make_rows(is_multi_label=True)

    (all_labels,) = measure_saved([save("device=phone")], rows, None)
    (one,) = measure_saved([save("device=phone", label="spam")], rows, None)

    assert (all_labels.figures.accuracy, one.figures.accuracy) == (0.0, 1.0)


def test_saved_slice_about_a_label_that_the_run_before_lacks_is_new():
    earlier = before(np.ones(NUM_ROWS, bool))
    other = replace(earlier, label_names=("ham", "news"))

    assert measure(save("device=phone", label="spam"), other).verdict == "new"


def test_saved_slice_in_json_has_figures_and_change():
    found = measure(save("device=phone"), before(np.ones(NUM_ROWS, bool))).to_json()

    assert (found["name"], found["slice"], found["verdict"]) == ("one", "device: phone", "worse")
    assert (found["num_rows"], found["change"], found["num_shared"]) == (40, -1.0, 40)


def test_previous_run_is_the_newest_before_on_the_same_data(workspace, toy_dataset, topics_run):
    first, second, third = (make_run(workspace, "toy", toy_dataset, {}) for _ in range(3))
    runs = RunStore.open(workspace).runs()
    newest, middle, oldest = (run for run in runs if run != topics_run)

    assert {newest, middle, oldest} == {first, second, third}
    assert previous_run(workspace, newest, "test") == middle
    assert previous_run(workspace, middle, "test") == oldest
    assert previous_run(workspace, oldest, "test") is None


def test_previous_run_needs_predictions_of_the_split(workspace, toy_dataset):
    for _ in range(2):
        make_run(workspace, "toy", toy_dataset, {})
    newest, oldest = RunStore.open(workspace).runs()
    oldest.predictions_file("test").unlink()

    assert previous_run(workspace, newest, "test") is None
    assert previous_run(workspace, newest, "train") == oldest
