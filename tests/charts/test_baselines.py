"""Tests of the lines of baselines in the charts of losses."""

import itertools

import pytest

from tests.charts.test_training import EMPTY, drawn_with, history, loss, scores, validation
from textcls_core.charts.baselines import BaselineLine, split_far, split_far_scores
from textcls_core.charts.live import View

BRIER = "validation_brier"
NEAR = BaselineLine("Frozen minilm", {"validation_accuracy": 0.9, "validation_loss": 0.3})
FAR = BaselineLine("Majority class", {"validation_accuracy": 0.2, "validation_loss": 30.0})
SILENT = BaselineLine("TF-IDF", {"validation_accuracy": 0.8})
ROWS = history(4, validation(2))
"""The highest of the losses is 4."""
LINEAR = View(10, smoothing=0.5)
LOG = View(10, smoothing=0.5, log_scale=True)


def drawn(column, *baselines, rows=ROWS, view=LINEAR):
    return drawn_with(loss(rows, view, baselines), column)


def test_loss_of_a_baseline_is_a_line_with_its_name():
    [line] = drawn("level", NEAR)

    assert line.items() >= {"baseline": "Frozen minilm 0.300", "level": 0.3, "name_at": 0.3}.items()


def test_baseline_without_probabilities_has_no_line_of_its_loss():
    assert drawn("level", NEAR, SILENT) == drawn("level", NEAR)


def test_baseline_far_above_the_curves_is_named_at_the_upper_end():
    assert [row["level"] for row in drawn("level", NEAR, FAR)] == [0.3]
    assert [row["far"] for row in drawn("far", NEAR, FAR)] == ["above: Majority class 30.000"]


def test_baseline_somewhat_above_the_curves_is_drawn():
    line = BaselineLine("Majority class", {"validation_loss": 5.9})

    assert [row["level"] for row in drawn("level", line)] == [5.9]
    assert drawn("far", line) == []


def test_logarithmic_axis_has_room_for_every_baseline():
    assert [row["level"] for row in drawn("level", NEAR, FAR, view=LOG)] == [0.3, 30.0]
    assert drawn("far", NEAR, FAR, view=LOG) == []


def test_logarithmic_axis_shows_a_baseline_with_a_loss_of_zero():
    line = BaselineLine("Frozen minilm", {"validation_loss": 0.0})

    [level] = drawn("level", line, view=LOG)

    assert (level["level"], level["name_at"]) == pytest.approx((1e-6, 1e-6))


def test_names_of_baselines_that_would_touch_are_moved_apart():
    other = BaselineLine("Frozen mine", {"validation_loss": 0.301})

    first, second = drawn("level", NEAR, other)

    assert second["name_at"] - first["name_at"] > 0.1


def heights(rows, view=LINEAR):
    """Return where names stand on an axis up to 4, with the middles of those on lines."""
    beside = [row["label_at"] for row in drawn("label_at", *CROWD, rows=rows, view=view)]
    on_lines = [row["name_at"] for row in drawn("name_at", *CROWD, rows=rows, view=view)]
    return sorted(beside), sorted(on_lines)


CROWD = (
    BaselineLine("Frozen minilm", {"validation_loss": 0.5}),
    BaselineLine("Majority class", {"validation_loss": 0.6}),
)


def test_names_of_baselines_leave_those_of_curves_in_the_chart_alone():
    beside, on_lines = heights(ROWS)  # a validation of 0.5

    middles = sorted([*beside, *(place + 0.17 for place in on_lines)])
    assert min(high - low for low, high in itertools.pairwise(middles)) > 0.2


def test_names_of_curves_that_reach_the_last_step_stand_at_their_ends():
    rows = history(4, validation(4))

    assert heights(rows, View(4, smoothing=0.0))[0] == [0.5, 4.0]


@pytest.mark.parametrize("num_steps", [4, 10, None])
def test_names_that_were_moved_up_have_room_on_the_axis(num_steps):
    line = BaselineLine("Frozen minilm", {"validation_loss": 4.0})
    view = View(num_steps, smoothing=0.0)

    names = [row["label_at"] for row in drawn("label_at", line, view=view)]

    assert max(row["room"] for row in drawn("room", line, view=view)) >= max(names)


@pytest.mark.parametrize("view", [LINEAR, LOG], ids=["linear", "logarithmic"])
def test_highest_baseline_leaves_room_for_its_name(view):
    highest = BaselineLine("Majority class", {"validation_loss": 5.0})

    assert 5.0 < max(row["room"] for row in drawn("room", NEAR, highest, view=view)) < 8.0


def test_before_the_first_loss_every_baseline_is_drawn():
    assert [row["level"] for row in drawn("level", NEAR, FAR, rows=EMPTY)] == [0.3, 30.0]


def test_baselines_that_come_while_a_run_trains_do_not_change_the_looks_of_its_chart():
    without, with_lines = (
        loss(ROWS, baselines=lines).to_dict()["layer"] for lines in ((), (NEAR, FAR))
    )

    assert [layer["mark"] for layer in without] == [layer["mark"] for layer in with_lines]
    assert [layer["encoding"] for layer in without] == [layer["encoding"] for layer in with_lines]


@pytest.mark.parametrize(("losses", "is_far"), [([2.0], False), ([1.9], True), ([], False)])
def test_far_is_what_would_take_a_third_of_the_axis(losses, is_far):
    near, far = split_far({"majority": 3.0}, losses)

    assert ("majority" in far, "majority" in near) == (is_far, not is_far)


@pytest.mark.parametrize(
    ("level", "scores", "sign", "is_far"),
    [
        (0.90, [0.94, 0.98], -1, True),
        (0.93, [0.94, 0.98], -1, False),
        (0.99, [0.20, 0.30], -1, False),  # the run has yet to reach it
        (0.95, [0.97], -1, False),  # a single figure has some room, too
        (0.08, [0.97], -1, True),
        (0.30, [0.10, 0.04], 1, True),
        (0.12, [0.10, 0.04], 1, False),
        (0.08, [], -1, False),
    ],
)
def test_far_is_a_score_much_worse_than_all_of_a_run(level, scores, sign, is_far):
    near, far = split_far_scores({"majority": level}, scores, sign)

    assert (far, near) == (({"majority": level}, {}) if is_far else ({}, {"majority": level}))


@pytest.mark.parametrize(("metric", "far"), [("validation_macro_f1", "below"), (BRIER, "above")])
def test_score_far_worse_than_a_run_is_named_at_the_end_of_the_axis(metric, far):
    figures = {"validation_macro_f1": 0.1, BRIER: 0.9}
    rows = history(4, {**validation(2, macro_f1=0.95), BRIER: 0.05})

    chart = scores(rows, metric, baselines=[BaselineLine("Majority class", figures)])

    [named] = drawn_with(chart, "far")
    assert named["far"].startswith(f"{far}: Majority class ")
    assert drawn_with(chart, "level") == []
