"""Tests of the charts of errors in label sets."""

import numpy as np

from tests.cases import make_label_sets
from textcls_core.charts.evaluation.grid import selected_cell
from textcls_core.charts.evaluation.label_errors import error_pairs_chart, label_outcomes_chart
from textcls_core.evaluation.label_errors import error_pairs, outcome_counts

NAMES = ("<b>ham</b>", "spam & eggs", "news")
SETS = make_label_sets(
    [[1, 0, 0], [1, 0, 0], [0, 1, 1], [0, 0, 0]],
    [[0.9, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.3, 0.1], [0.1, 0.8, 0.6]],
    NAMES,
)
COUNTS = outcome_counts(SETS)


def bars(ids=(0, 1, 2), **options):
    return label_outcomes_chart(NAMES, COUNTS, np.array(ids), **options).to_dict()


def test_label_outcomes_chart_has_a_part_for_right_missed_and_wrongly_given():
    right, missed, wrong = bars()["data"]

    assert (right["x"], missed["x"], wrong["x"]) == ([1, 0, 0], [1, 1, 1], [0, 2, 1])


def test_label_outcomes_chart_draws_labels_in_the_wanted_order():
    figure = bars((2, 1))

    assert figure["layout"]["yaxis"]["ticktext"] == ["news", "spam &amp; eggs"]
    assert figure["data"][2]["x"] == [1, 2]


def test_label_outcomes_chart_click_gives_back_label_and_outcome():
    for part in bars()["data"]:
        for name, cell in zip(NAMES, part["customdata"], strict=True):
            found = selected_cell({"points": [{"customdata": cell}]})
            assert found == (name, part["customdata"][0][1])


def test_label_outcomes_chart_frames_the_selected_part():
    parts = bars(selected=(NAMES[1], "false positive"))["data"]

    widths = [part["marker"]["line"]["width"] for part in parts]
    assert widths == [[0, 0, 0], [0, 0, 0], [0, 2.5, 0]]


def test_label_outcomes_chart_of_no_rows_is_drawn():
    figure = label_outcomes_chart(NAMES, np.zeros((3, 4), dtype=int), np.arange(3))

    assert len(figure.data) == 3


def test_error_pairs_chart_counts_rows():
    counts = error_pairs(SETS, "given together")
    figure = error_pairs_chart(NAMES, counts, np.array([2, 1]), ("Given", "Also given")).to_dict()

    [cells] = figure["data"]
    assert cells["text"] == ["1", "1", "1", "2"]
    assert cells["customdata"][1].tolist() == ["news", "spam &amp; eggs", "1 row"]
    assert figure["layout"]["yaxis"]["title"]["text"] == "Given"
    assert figure["layout"]["xaxis"]["ticktext"] == ["news", "spam &amp; eggs"]
