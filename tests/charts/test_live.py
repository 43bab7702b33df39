"""Tests of charts of several runs, and of the parts all live charts share."""

import subprocess
import sys

import pytest

from textcls_core.charts.live import (
    MAX_RUNS,
    ZOOM,
    View,
    layered,
    moved_apart,
    places_for_labels,
)
from textcls_core.charts.theme import CLASS_COLORS, INK, PAPER
from textcls_core.charts.training import STEP_FIGURES, loss_chart, scores_chart, step_chart
from textcls_core.runs.history import History

VIEW = View(10, smoothing=0.0)


@pytest.mark.parametrize("module", ["live", "evaluation.wide_grid"])
def test_charts_of_altair_have_pandas_whole_before_they_draw(module):
    code = f"import sys, textcls_core.charts.{module}; print('pandas' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "True"


def history(num_steps, scale):
    training = [
        {"step": n, "epoch": 1, "train_loss": scale / n, "learning_rate": 1e-4}
        for n in range(1, num_steps + 1)
    ]
    last = {"step": num_steps, "epoch": 1, "validation_loss": scale, "validation_macro_f1": 0.5}
    return History((*training, last))


TWO = {"first": history(3, 1.0), "second": history(2, 4.0)}
KEPT_BY = {"first": "validation_loss", "second": "validation_macro_f1"}
CHARTS = {
    "loss": lambda: loss_chart(TWO, VIEW),
    "scores": lambda: scores_chart(TWO, VIEW, "validation_macro_f1", kept_by=KEPT_BY),
    "steps": lambda: step_chart(TWO, VIEW, STEP_FIGURES[0]),
}


@pytest.fixture(params=CHARTS)
def chart(request):
    """One of the live charts, of two runs."""
    return CHARTS[request.param]()


def rows(chart, column):
    """Return the rows of the data that has a column."""
    datasets = chart.to_dict()["datasets"].values()
    return next(found for found in datasets if found and column in found[0])


def test_live_chart_of_several_runs_gives_each_its_colour(chart):
    scale = chart.to_dict()["layer"][0]["encoding"]["color"]["scale"]

    assert scale == {"domain": ["first", "second"], "range": list(CLASS_COLORS[:2])}


@pytest.mark.parametrize("name", ["loss", "scores"])
def test_live_chart_of_several_runs_names_their_ends(name):
    labels = rows(CHARTS[name](), "label")

    assert [row["label"] for row in labels] == ["first", "second"]
    assert [row["step"] for row in labels] == [3, 2]


def test_live_chart_of_several_runs_says_which_run_is_under_the_pointer():
    tooltip = CHARTS["loss"]().to_dict()["layer"][0]["encoding"]["tooltip"]

    assert tooltip[0] == {"field": "run", "title": "Run", "type": "nominal"}


def test_live_chart_of_several_runs_has_no_thin_lines():
    assert CHARTS["loss"]().to_dict()["layer"][1]["mark"]["opacity"] == 0


def test_live_chart_of_several_runs_rings_the_kept_model_of_each():
    assert [row["run"] for row in rows(CHARTS["scores"](), "kept")] == ["first", "second"]


def test_live_chart_of_a_long_name_shortens_it():
    long = {"x" * 80: history(3, 1.0), "second": history(2, 4.0)}

    assert len(rows(loss_chart(long, VIEW), "label")[0]["label"]) == 20


def test_live_chart_colours_are_enough_for_all_runs():
    assert len(set(CLASS_COLORS)) >= MAX_RUNS


def test_live_chart_can_be_zoomed_along_both_axes(chart):
    parameter = chart.to_dict()["params"][0]

    assert parameter["name"] == ZOOM
    assert parameter["bind"] == "scales"


def test_live_chart_clips_lines_that_are_zoomed_out_of_it(chart):
    marks = [layer["mark"] for layer in chart.to_dict()["layer"]]

    assert all(mark["clip"] for mark in marks if mark["type"] in {"line", "point", "rule"})


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_live_chart_words_follow_the_theme(theme):
    chart = loss_chart(TWO, View(10, theme=theme)).to_dict()

    marks = [layer["mark"] for layer in chart["layer"] if layer["mark"]["type"] == "text"]
    assert marks
    assert all(halo["stroke"] == PAPER[theme] for halo in marks[::2])
    assert all(ink["color"] == INK[theme] for ink in marks[1::2])


def test_live_chart_keeps_room_for_names():
    chart = layered([loss_chart(TWO, VIEW).layer[0]], 200, "x", VIEW)

    assert chart.to_dict()["padding"]["right"] == 130


@pytest.mark.parametrize(
    ("values", "gap", "expected"),
    [
        ([], 1.0, []),
        ([1.0], 1.0, [1.0]),
        ([1.0, 3.0], 1.0, [1.0, 3.0]),
        ([1.0, 1.0, 1.0], 1.0, [1.0, 2.0, 3.0]),
        ([5.0, 4.5, 0.0], 1.0, [5.5, 4.5, 0.0]),
    ],
)
def test_labels_are_moved_apart_upwards(values, gap, expected):
    assert moved_apart(values, gap) == expected


def test_labels_on_a_logarithmic_axis_are_moved_by_a_factor():
    places = places_for_labels([0.01, 0.01], [0.01, 1.0], 300, log_scale=True)

    assert places[0] == pytest.approx(0.01)
    assert places[1] / places[0] == pytest.approx(100 ** (14 / 215))


@pytest.mark.parametrize(("values", "drawn"), [([], []), ([], [1.0]), ([1.0], [1.0])])
def test_labels_without_room_to_move_stay(values, drawn):
    assert places_for_labels(values, drawn, 300) == values
