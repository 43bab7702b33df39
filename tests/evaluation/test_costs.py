"""Tests of costs: matrices from people and files, and what rules cost."""

import numpy as np
import pytest

from tests.cases import MIXED, NO_EXAMPLE, make_predictions
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.costs import (
    compare_costs,
    costs_from_csv,
    costs_of_missing,
    costs_to_csv,
    require_costs,
    row_costs,
    uniform_costs,
)
from textcls_core.evaluation.rule import DecisionRule

NAMES = ("ham", "spam", "news")
COSTS = ((0.0, 5.0, 1.0), (2.0, 0.0, 1.0), (1.0, 3.0, 0.0))
ARGMAX = DecisionRule()


def calibrated(size: int, seed: int = 0):
    """Return predictions whose probabilities are true."""
    generator = np.random.default_rng(seed)
    weights = generator.dirichlet(np.ones(3), size)
    truth = np.array([generator.choice(3, p=row) for row in weights])
    return make_predictions(truth, weights)


def test_uniform_costs_count_mistakes():
    paid = row_costs(MIXED, ARGMAX, uniform_costs(3), None)

    assert paid.tolist() == MIXED.is_mistake.tolist()


def test_costs_of_missing_depend_on_the_true_class():
    assert costs_of_missing([3, 1]) == ((0, 3), (1, 0))


def test_row_costs_read_true_rows_and_predicted_columns():
    paid = row_costs(MIXED, ARGMAX, COSTS, None)

    expected = [COSTS[t][p] for t, p in zip([0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 2], strict=True)]
    assert paid.tolist() == expected


def test_no_answer_has_its_own_price():
    rule = DecisionRule(abstain_below=0.9)

    assert row_costs(MIXED, rule, COSTS, 0.5).tolist() == [0.5] * 6


def test_least_expected_cost_is_the_cheapest_where_probabilities_are_true():
    predictions = calibrated(4_000)
    chow = DecisionRule(kind="costs", costs=COSTS, abstain_cost=0.6)
    rules = {
        "argmax": ARGMAX,
        "costs": DecisionRule(kind="costs", costs=COSTS),
        "chow": chow,
    }

    argmax, least, abstaining = compare_costs(predictions, rules, COSTS, 0.6)

    assert abstaining.mean < least.mean < argmax.mean
    assert least.saved == pytest.approx(argmax.mean - least.mean)
    assert 0 < least.saved_interval.low < least.saved < least.saved_interval.high
    assert argmax.saved_interval.low == argmax.saved_interval.high == 0
    assert argmax.answered == 1.0
    assert 0 < abstaining.answered < 1


def test_interval_of_a_cost_is_that_of_a_mean():
    predictions = calibrated(1_000)

    [cost] = compare_costs(predictions, {"argmax": ARGMAX}, COSTS)

    paid = row_costs(predictions, ARGMAX, COSTS, None)
    error = paid.std() / np.sqrt(len(paid))
    assert cost.mean == pytest.approx(paid.mean())
    assert cost.interval.low == pytest.approx(paid.mean() - 1.96 * error, abs=0.3 * error)
    assert cost.interval.high == pytest.approx(paid.mean() + 1.96 * error, abs=0.3 * error)


def test_interval_is_wider_where_rows_are_copies():
    predictions = calibrated(400)
    copies = np.arange(400) // 20

    [alone] = compare_costs(predictions, {"argmax": ARGMAX}, COSTS)
    doubled = make_predictions(
        np.repeat(predictions.true_label_ids, 5), np.repeat(predictions.probabilities, 5, axis=0)
    )
    [grouped] = compare_costs(doubled, {"argmax": ARGMAX}, COSTS, None, np.repeat(copies, 5))

    assert grouped.mean == pytest.approx(alone.mean)
    assert grouped.interval.high - grouped.interval.low > 0.0


def test_matrix_survives_a_file():
    assert costs_from_csv(costs_to_csv(COSTS, NAMES), NAMES) == COSTS


def test_matrix_in_a_file_may_have_any_order_and_separator():
    text = "\ufeff;news;ham;spam\nspam;1;2;0\n\nham;1;0;5\nnews;0;1;3\n"

    assert costs_from_csv(text, NAMES) == COSTS


def test_matrix_of_hostile_names_survives_a_file():
    names = ('a "b", c', "=1+1;x", "'-line")

    content = costs_to_csv(COSTS, names)

    assert costs_from_csv(content, names) == COSTS
    assert "'=1+1;x" in content  # a spreadsheet shows it, and computes nothing
    assert costs_from_csv(content.replace("'=", "="), names) == COSTS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "got an empty file"),
        (
            ",ham,spam\nham,0,1\nspam,1,0\n",
            'a column for every class, but there is none for "news"',
        ),
        (",ham,spam,news\nham,0,1,1\nspam,1,0,1\n", 'a row for every class, but .* "news"'),
        (",ham,spam,news,x\nham,0,1,1,1\nspam,1,0,1,1\nnews,1,1,0,1\n", "Expected 3 columns, one"),
        (",ham,spam,news\nham,0,1,1\nham,0,1,1\nspam,1,0,1\nnews,1,1,0\n", "Expected 3 rows, one"),
        (",ham,spam,news\nham,0,x,1\nspam,1,0,1\nnews,1,1,0\n", 'where "ham" is true and "spam"'),
        (",ham,spam,news\nham,0,-1,1\nspam,1,0,1\nnews,1,1,0\n", 'predicted, got "-1"'),
        (",ham,spam,news\nham,0,inf,1\nspam,1,0,1\nnews,1,1,0\n", 'predicted, got "inf"'),
        (",ham,spam,news\nham,0,nan,1\nspam,1,0,1\nnews,1,1,0\n", 'predicted, got "nan"'),
        (",ham,spam,news\nham,0\nspam,1,0,1\nnews,1,1,0\n", 'predicted, got ""'),
    ],
)
def test_damaged_matrix_is_refused(text, message):
    with pytest.raises(InvalidArgumentError, match=message):
        costs_from_csv(text, NAMES)


def test_cell_that_is_too_long_is_refused():
    # how long a cell may be is a setting of the process, which reading data sets raises
    with pytest.raises(
        InvalidArgumentError, match=r"Expected a (table of costs as CSV|column for)"
    ):
        costs_from_csv("a," + "x" * 200_000, NAMES)


@pytest.mark.parametrize(
    ("costs", "message"),
    [
        (((0.0, 1.0), (1.0, 0.0)), "Expected 3 rows of 3 costs, got 2"),
        (((0.0, 1.0, 1.0), (1.0, 0.0, -2.0), (1.0, 1.0, 0.0)), "costs of at least 0, got -2"),
    ],
)
def test_matrix_that_does_not_fit_is_refused(costs, message):
    with pytest.raises(InvalidArgumentError, match=message):
        require_costs(costs, 3)


def test_no_answer_without_a_price_is_refused():
    with pytest.raises(InvalidArgumentError, match="Expected a cost of no answer"):
        row_costs(MIXED, DecisionRule(abstain_below=0.9), COSTS, None)


def test_costs_of_no_rows_are_refused():
    with pytest.raises(InvalidArgumentError, match="Expected at least one prediction"):
        compare_costs(NO_EXAMPLE, {"argmax": ARGMAX}, COSTS)
