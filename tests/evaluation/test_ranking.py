"""Tests of AUC and average precision: scikit-learn, their derivatives, and their intervals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import average_precision_score, roc_auc_score

from tests.evaluation.strategies import EXACT, many_cases, tied_label_sets, tied_predictions
from textcls_core.evaluation.ranking import (
    RankFigure,
    macro_ranking,
    micro_ranking,
    rank_class,
    rank_classes,
    rank_interval,
)
from textcls_core.evaluation.row_scores import one_hot

STEP = 1e-5


@st.composite
def binary(draw):
    """Draw 2 to 30 rows of which some have the class and some have not; scores tie often."""
    size = draw(st.integers(2, 30))
    is_positive = draw(arrays.arrays(np.bool_, size))
    is_positive[:2] = [True, False]
    return is_positive, draw(arrays.arrays(np.int64, size, elements=st.integers(0, 6))) / 6


def occurs(targets) -> np.ndarray:
    """Tell which classes some rows have and others have not."""
    return targets.any(axis=0) & ~targets.all(axis=0)


def weighted(score, is_positive, scores, row, step):
    """Return a figure of scikit-learn with another weight for one row."""
    weights = np.ones(len(scores))
    weights[row] += step
    return score(is_positive, scores, sample_weight=weights)


# Against scikit-learn


@many_cases
@given(binary())
def test_figures_of_a_class_equal_scikit_learn(drawn):
    ranking = rank_class(*drawn)

    assert ranking.roc_auc.value == pytest.approx(roc_auc_score(*drawn), **EXACT)
    expected = average_precision_score(*drawn)
    assert ranking.average_precision.value == pytest.approx(expected, **EXACT)


@many_cases
@given(tied_predictions())
def test_macro_figures_equal_scikit_learn_over_the_classes_that_occur(predictions):
    targets = one_hot(predictions)
    known = occurs(targets)

    ranking = macro_ranking(rank_classes(targets, predictions.probabilities))

    assert (ranking is None) == (not known.any())
    if ranking is not None:
        columns = targets[:, known], predictions.probabilities[:, known]
        by_class = [
            [score(*c) for c in zip(*(a.T for a in columns), strict=True)]
            for score in (roc_auc_score, average_precision_score)
        ]
        assert ranking.roc_auc.value == pytest.approx(np.mean(by_class[0]), **EXACT)
        assert ranking.average_precision.value == pytest.approx(np.mean(by_class[1]), **EXACT)


def test_macro_auc_of_all_classes_equals_scikit_learns_one_against_the_rest(generator):
    true = np.arange(200) % 4
    probabilities = generator.dirichlet(np.ones(4), 200)

    ranking = macro_ranking(rank_classes(np.eye(4, dtype=bool)[true], probabilities))

    expected = roc_auc_score(true, probabilities, multi_class="ovr", average="macro")
    assert ranking.roc_auc.value == pytest.approx(expected, **EXACT)
    expected = average_precision_score(true, probabilities, average="macro")
    assert ranking.average_precision.value == pytest.approx(expected, **EXACT)


@many_cases
@given(tied_label_sets())
def test_micro_figures_equal_scikit_learn(predictions):
    pairs = predictions.targets.ravel(), predictions.probabilities.ravel()
    ranking = micro_ranking(predictions.targets, predictions.probabilities)

    assert (ranking is None) == (len(set(pairs[0].tolist())) == 1)
    if ranking is not None:
        assert ranking.roc_auc.value == pytest.approx(roc_auc_score(*pairs), **EXACT)
        expected = average_precision_score(*pairs)
        assert ranking.average_precision.value == pytest.approx(expected, **EXACT)


@pytest.mark.parametrize("is_positive", [[True] * 3, [False] * 3, []])
def test_a_class_of_all_rows_or_none_has_no_figures(is_positive):
    scores = np.linspace(0, 1, len(is_positive))

    assert rank_class(np.array(is_positive, dtype=bool), scores) is None


def test_constant_scores_are_worth_a_guess():
    ranking = rank_class(np.array([True, False, False, False]), np.full(4, 0.3))

    assert (ranking.roc_auc.value, ranking.average_precision.value) == (0.5, 0.25)


# Derivatives


@many_cases
@given(binary(), st.data())
def test_influence_is_the_derivative_by_the_weight_of_a_row(drawn, data):
    is_positive, scores = drawn
    row = data.draw(st.integers(0, len(scores) - 1))
    ranking = rank_class(is_positive, scores)
    figures = [
        (roc_auc_score, ranking.roc_auc),
        (average_precision_score, ranking.average_precision),
    ]

    for score, figure in figures:
        up, down = (weighted(score, is_positive, scores, row, s) for s in (STEP, -STEP))
        assert figure.influence[row] == pytest.approx((up - down) / (2 * STEP), abs=1e-6)


@many_cases
@given(tied_label_sets())
def test_influence_of_all_rows_together_is_none(predictions):
    rankings = [
        *rank_classes(predictions.targets, predictions.probabilities),
        micro_ranking(predictions.targets, predictions.probabilities),
    ]

    for ranking in filter(None, rankings):
        assert ranking.roc_auc.influence.sum() == pytest.approx(0, abs=1e-12)
        assert ranking.average_precision.influence.sum() == pytest.approx(0, abs=1e-12)


# Intervals


def test_interval_counts_rows_of_one_group_once(generator):
    is_positive, scores = generator.random(150) < 0.4, generator.random(150)
    once = rank_class(is_positive, scores).roc_auc
    twice = rank_class(np.tile(is_positive, 2), np.tile(scores, 2)).roc_auc

    grouped = rank_interval(twice, np.tile(np.arange(150), 2))

    assert grouped.to_json() == pytest.approx(rank_interval(once, None).to_json())
    assert rank_interval(twice, None).low > grouped.low


@pytest.mark.parametrize(
    ("value", "num_rows"), [(1.0, 5), (0.0, 5), (0.5, 1)], ids=["perfect", "worst", "one row"]
)
def test_interval_is_unknown_where_nothing_varies(value, num_rows):
    assert rank_interval(RankFigure(value, np.zeros(num_rows)), None) is None


def test_interval_lies_inside_zero_and_one():
    is_positive = np.array([True, True, True, False, True, False, False, False])
    figure = rank_class(is_positive, np.linspace(1, 0, 8)).roc_auc

    interval = rank_interval(figure, None)

    assert 0 < interval.low < figure.value < interval.high < 1


@pytest.mark.parametrize(("num_rows", "shift"), [(200, 1.0), (400, 2.0)])
def test_auc_interval_covers_the_true_auc(generator, num_rows, shift):
    from scipy.stats import norm

    truth = norm.cdf(shift / np.sqrt(2))
    covered = 0
    for _ in range(1_000):
        is_positive = generator.random(num_rows) < 0.3
        scores = generator.normal(size=num_rows) + shift * is_positive
        interval = rank_interval(rank_class(is_positive, scores).roc_auc, None)
        covered += interval.low <= truth <= interval.high

    assert 930 <= covered <= 970
