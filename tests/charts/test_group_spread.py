"""Tests of the picture of repeated runs: the spread of their figures, and baselines."""

import numpy as np
import pytest

from tests.groups import add_member, figures, finish, make_group
from textcls_core.charts.baselines import BaselineLine
from textcls_core.charts.group_spread import spread_chart, spread_rows
from textcls_core.runs.group_figures import members_of
from textcls_core.workspace import Workspace

ACCURACIES = (0.7, 0.9, 0.8)


@pytest.fixture
def workspace(tmp_path):
    """An empty workspace."""
    return Workspace(tmp_path)


@pytest.fixture
def seeds(workspace):
    """Three completed seeds, and one that failed and does not count."""
    group = make_group(workspace, num_planned=4)
    for number, accuracy in enumerate(ACCURACIES, 1):
        run = add_member(group, number, seed=number)
        finish(run, validation=figures(accuracy), test=figures(accuracy - 0.1))
    finish(add_member(group, 4, seed=4), "failed", error="No.")
    return group


def test_the_spread_has_a_point_per_completed_run_and_their_mean(seeds):
    traces = spread_chart(members_of(seeds)).to_dict()["data"]

    points, mean = traces[0], traces[1]
    assert list(points["x"]) == list(ACCURACIES)
    assert len(set(points["y"])) == 3  # equal figures do not hide one another
    assert mean["x"] == [pytest.approx(np.mean(ACCURACIES))]
    assert mean["error_x"]["array"] == [pytest.approx(np.std(ACCURACIES, ddof=1))]


def test_the_title_of_the_spread_is_the_test_accuracy(seeds):
    layout = spread_chart(members_of(seeds)).to_dict()["layout"]

    assert layout["title"]["text"] == "Test accuracy 70.0 % ± 10.0 over 3 runs"
    assert list(layout["yaxis"]["ticktext"]) == [
        "validation accuracy",
        "validation macro-F1",
        "test accuracy",
        "test macro-F1",
    ]


def test_the_table_of_the_spread_has_its_numbers(seeds):
    rows = spread_rows(members_of(seeds))

    assert rows[0] == {
        "figure": "validation accuracy",
        "mean": "80.00 %",
        "standard deviation": "10.00",
        "smallest": "70.00 %",
        "largest": "90.00 %",
        "runs": 3,
    }


def test_the_spread_of_one_run_has_no_deviation(workspace):
    group = make_group(workspace)
    finish(add_member(group, 1, seed=1), validation=figures(0.7))

    figure = spread_chart(members_of(group), "validation").to_dict()

    assert figure["layout"]["title"]["text"] == "Validation accuracy 70.0 % over 1 run"
    assert spread_rows(members_of(group))[0]["standard deviation"] == ""


def test_the_spread_of_no_run_says_so(workspace):
    figure = spread_chart(members_of(make_group(workspace))).to_dict()

    assert figure["layout"]["title"]["text"] == "No run has ended yet"


@pytest.fixture
def alike(workspace):
    """Three completed seeds that differ by one point in test accuracy."""
    group = make_group(workspace)
    for number, accuracy in enumerate((0.9, 0.9, 0.91), 1):
        finish(add_member(group, number, seed=number), test=figures(accuracy))
    return group


def baseline(title, accuracy):
    return BaselineLine(title, {"test_accuracy": accuracy})


def drawn(group, *baselines):
    """Return the dotted lines, the names from above, and the axis below."""
    figure = spread_chart(members_of(group), baselines=baselines).to_dict()
    lines = [trace for trace in figure["data"] if trace["mode"] == "lines"]
    names = sorted(figure["layout"].get("annotations", []), key=lambda name: name["y"])
    return lines, names, figure["layout"]["xaxis"]["range"]


def test_a_baseline_is_a_line_with_its_name_at_the_figure_it_has(seeds):
    [line], [name], (low, high) = drawn(seeds, baseline("<b>TF-IDF", 0.55))

    assert (list(line["x"]), name["x"]) == ([0.55, 0.55], 0.55)
    assert line["y"][1] == name["y"]
    assert name["text"] == "&lt;b&gt;TF-IDF 55.0 %"
    assert low < 0.55 < high


def test_a_baseline_far_from_all_runs_is_named_at_the_end_of_the_axis(alike):
    levels = (("Majority class", 0.2), ("TF-IDF", 0.88), ("Frozen minilm", 0.999))

    lines, names, (low, high) = drawn(alike, *(baseline(*level) for level in levels))

    assert len(lines) == 1
    assert [(name["text"], name["x"], name["xanchor"]) for name in names] == [
        ("Frozen minilm 99.9 % →", high, "right"),
        ("TF-IDF 88.0 %", 0.88, "left"),
        ("← Majority class 20.0 %", low, "left"),
    ]
    assert 0.87 < low < high < 0.92


def test_names_of_baselines_never_touch(seeds):
    _, names, _ = drawn(seeds, *(baseline(name, 0.55) for name in ("one", "two", "three")))

    assert np.diff([name["y"] for name in names]).tolist() == [15, 15]


def test_a_line_ends_before_it_meets_the_name_of_another_one(seeds):
    titles = {"a": 0.5, "b": 0.52, "c": 0.98, "d": 1.0}

    lines, names, _ = drawn(seeds, *(baseline(*item) for item in titles.items()))

    by_name = {name["text"][0]: name for name in names}
    assert [name["text"][0] for name in names] == ["c", "d", "b", "a"]
    assert [by_name[title]["xanchor"] for title in "abcd"] == ["left", "left", "right", "right"]
    assert sorted(line["x"][0] for line in lines) == [0.5, 0.52, 0.98, 1.0]


def test_the_axis_holds_the_bars_of_all_means(alike):
    low, high = drawn(alike)[2]

    deviation = np.std([0.9, 0.9, 0.91], ddof=1)
    mean = np.mean([0.9, 0.9, 0.91])
    assert mean + deviation < high
    assert low < mean - deviation < 0.9  # beyond the points


def test_the_table_of_the_spread_has_the_baselines_of_each_figure(seeds):
    rows = spread_rows(members_of(seeds), [baseline("TF-IDF", 0.55)])

    assert [row.get("TF-IDF") for row in rows] == [None, None, "55.00 %", None]
