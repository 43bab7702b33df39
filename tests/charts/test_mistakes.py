"""Tests of the bar of outcomes."""

import numpy as np
import pytest

from tests.cases import NO_EXAMPLE, make_predictions
from textcls_core.charts.mistakes import outcome_counts, outcomes_chart
from textcls_core.charts.theme import OUTCOME_COLORS, SURE

FOUR_OUTCOMES = make_predictions(
    [0, 0, 0, 0, 0, 1],
    [
        [0.95, 0.03, 0.02],
        [0.6, 0.3, 0.1],
        [0.6, 0.3, 0.1],
        [0.3, 0.6, 0.1],
        [0.02, 0.95, 0.03],
        [0.95, 0.03, 0.02],
    ],
)
COUNTS = {"right and sure": 1, "right but unsure": 2, "wrong but unsure": 1, "wrong and sure": 2}


def test_outcome_counts_part_rows_by_right_and_sure():
    assert outcome_counts(FOUR_OUTCOMES) == COUNTS


def test_outcome_counts_take_the_limit_itself_as_sure():
    exactly = make_predictions([0], [[SURE, 1 - SURE, 0.0]])

    assert outcome_counts(exactly)["right and sure"] == 1


def test_outcome_counts_of_no_rows_are_zero():
    assert set(outcome_counts(NO_EXAMPLE).values()) == {0}


@pytest.mark.parametrize("seed", range(5))
def test_outcome_counts_add_up_to_all_rows(seed):
    generator = np.random.default_rng(seed)
    rows = generator.dirichlet(np.ones(3), size=40)

    counts = outcome_counts(make_predictions(generator.integers(0, 3, 40), rows))

    assert sum(counts.values()) == 40


def test_outcomes_chart_has_one_bar_per_outcome_with_its_count():
    traces = outcomes_chart(FOUR_OUTCOMES).to_dict()["data"]

    assert [trace["x"] for trace in traces] == [[1], [2], [1], [2]]
    assert [trace["name"] for trace in traces] == [f"{name} ({n})" for name, n in COUNTS.items()]


def test_outcomes_chart_uses_the_outcome_colours():
    traces = outcomes_chart(FOUR_OUTCOMES).to_dict()["data"]

    assert [trace["marker"]["color"] for trace in traces] == list(OUTCOME_COLORS.values())


def test_outcomes_chart_says_the_outcomes_in_words():
    layout = outcomes_chart(FOUR_OUTCOMES).to_dict()["layout"]

    assert layout["showlegend"] is True
    assert layout["barmode"] == "stack"
