"""Tests of the bar of outcomes."""

from textcls_core.charts.mistakes import outcomes_chart
from textcls_core.charts.theme import OUTCOME_COLORS
from textcls_core.evaluation.sureness import OUTCOMES

COUNTS = dict(zip(OUTCOMES, (1, 2, 1, 2_000), strict=True))
WRONG = OUTCOMES[2:]


def traces(kept=WRONG):
    return outcomes_chart(COUNTS, kept).to_dict()["data"]


def test_outcomes_chart_has_one_bar_per_outcome_with_its_count():
    assert [trace["x"] for trace in traces()] == [[1], [2], [1], [2_000]]
    assert [trace["name"] for trace in traces()] == [
        "right and sure (1)",
        "right but unsure (2)",
        "wrong but unsure (1)",
        "wrong and sure (2,000)",
    ]


def test_outcomes_chart_uses_the_outcome_colours():
    assert list(OUTCOME_COLORS) == list(OUTCOMES)
    assert [trace["marker"]["color"] for trace in traces()] == list(OUTCOME_COLORS.values())


def test_outcomes_chart_fades_what_is_not_shown_below():
    strong = [trace["marker"]["opacity"] == 1 for trace in traces()]

    assert strong == [False, False, True, True]


def test_outcomes_chart_names_the_outcome_of_a_click():
    assert [trace["customdata"] for trace in traces()] == [[name] for name in OUTCOMES]


def test_outcomes_chart_says_the_outcomes_in_words():
    layout = outcomes_chart(COUNTS, WRONG).to_dict()["layout"]

    assert layout["showlegend"] is True
    assert layout["barmode"] == "stack"
