import numpy as np
import pytest

from tests.cases import NO_EXAMPLE, make_label_sets, make_predictions
from textcls_core.evaluation.sureness import (
    OUTCOMES,
    SURE,
    confidences,
    entropies,
    margins,
    outcome_codes,
    outcome_counts,
)

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
SETS = make_label_sets(
    [[1, 0, 0], [1, 0, 0], [1, 0, 0], [1, 1, 1]],
    [[0.95, 0.05, 0.01], [0.95, 0.4, 0.01], [0.95, 0.6, 0.01], [0.97, 0.01, 0.99]],
)


def test_outcomes_part_rows_by_right_and_sure():
    assert outcome_codes(FOUR_OUTCOMES).tolist() == [0, 1, 1, 2, 3, 3]
    assert outcome_counts(FOUR_OUTCOMES) == dict(zip(OUTCOMES, (1, 2, 1, 2), strict=True))


def test_outcomes_of_label_sets_ask_for_all_labels():
    assert outcome_codes(SETS).tolist() == [0, 1, 2, 3]


def test_the_limit_itself_is_sure():
    assert outcome_codes(make_predictions([0], [[SURE, 1 - SURE, 0.0]])).tolist() == [0]


def test_outcomes_of_no_rows_are_zero():
    assert set(outcome_counts(NO_EXAMPLE).values()) == {0}


@pytest.mark.parametrize("seed", range(5))
def test_outcomes_add_up_to_all_rows(seed):
    generator = np.random.default_rng(seed)
    rows = generator.dirichlet(np.ones(3), size=40)

    counts = outcome_counts(make_predictions(generator.integers(0, 3, 40), rows))

    assert sum(counts.values()) == 40


def test_confidence_is_that_of_the_class_or_of_the_least_sure_label():
    assert confidences(FOUR_OUTCOMES).tolist() == [0.95, 0.6, 0.6, 0.6, 0.95, 0.95]
    assert confidences(SETS) == pytest.approx([0.95, 0.6, 0.6, 0.97])


def test_confidence_is_never_above_one():
    assert confidences(make_predictions([0], [[1.00005, 0.0, 0.0]])).tolist() == [1.0]


def test_margin_is_the_gap_between_two_choices():
    assert margins(FOUR_OUTCOMES)[:2] == pytest.approx([0.92, 0.3])
    assert margins(SETS)[:2] == pytest.approx([0.9, 0.2])


def test_margin_of_a_single_class_is_whole():
    assert margins(make_predictions([0], [[1.0]], ["only"])).tolist() == [1.0]


def test_entropy_is_largest_where_nothing_is_decided():
    undecided = make_predictions([0, 0], [[1 / 3] * 3, [1.0, 0.0, 0.0]])
    coins = make_label_sets([[1, 0, 0]], [[0.5, 0.5, 0.5]])

    assert entropies(undecided) == pytest.approx([np.log(3), 0])
    assert entropies(coins) == pytest.approx([np.log(2)])
