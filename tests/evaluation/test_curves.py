"""Tests of ROC and precision-recall curves: areas, shapes, averages."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    auc,
    average_precision_score,
    precision_recall_curve,
    precision_recall_fscore_support,
    roc_auc_score,
    roc_curve,
)

from tests.cases import CLASS_ABSENT, MIXED, ONE_CLASS, PERFECT, make_label_sets, make_predictions
from textcls_core.evaluation.curves import MAX_POINTS, Curve, curves_of, points_of, thinned


@st.composite
def scored(draw):
    """Draw rows of two labels with scores that repeat, so that ties are common."""
    size = draw(st.integers(2, 40))
    bits = draw(st.lists(st.booleans(), min_size=size, max_size=size))
    scores = draw(st.lists(st.sampled_from([0, 0.2, 0.5, 0.7, 1]), min_size=size, max_size=size))
    rows = [[bit, True] for bit in bits]
    return make_label_sets(rows, [[score, 0.5] for score in scores], ["one", "always"])


def many_rows(generator, num_rows=20_000, num_labels=3):
    """Return label sets whose scores tell the labels apart by halves."""
    targets = generator.random((num_rows, num_labels)) < [0.5, 0.1, 0.01]
    scores = 1 / (1 + np.exp(-generator.normal(1.5 * targets - 0.7)))
    return make_label_sets(targets, scores)


def height(curve, at, shape):
    """Return the height of a drawn curve at some places, read as lines or as steps."""
    if shape == "linear":
        return np.interp(at, curve.x, curve.y)
    return curve.y[np.minimum(np.searchsorted(curve.x, at), len(curve.x) - 1)]


@settings(max_examples=150, deadline=None)
@given(scored())
def test_areas_equal_scikit_learn(sets):
    true, scores = sets.targets[:, 0], sets.probabilities[:, 0]

    found = curves_of(sets).classes

    assert len(found) == (0 if true.all() or not true.any() else 1)
    for one in found:
        assert one.roc.area == pytest.approx(roc_auc_score(true, scores), abs=1e-12)
        expected = average_precision_score(true, scores)
        assert one.precision_recall.area == pytest.approx(expected, abs=1e-12)


@settings(max_examples=150, deadline=None)
@given(scored())
def test_area_under_the_drawn_curve_is_the_area_it_says(sets):
    for one in curves_of(sets).classes:
        assert auc(one.roc.x, one.roc.y) == pytest.approx(one.roc.area, abs=1e-9)
        steps = np.diff(one.precision_recall.x) * one.precision_recall.y[1:]
        assert steps.sum() == pytest.approx(one.precision_recall.area, abs=1e-9)


@pytest.mark.parametrize("predictions", [MIXED, PERFECT, CLASS_ABSENT])
def test_macro_areas_are_the_means_over_the_classes(predictions):
    found = curves_of(predictions)

    assert found.macro_roc.area == np.mean([one.roc.area for one in found.classes])
    areas = [one.precision_recall.area for one in found.classes]
    assert found.macro_precision_recall.area == np.mean(areas)


def test_macro_areas_equal_scikit_learn(generator):
    sets = many_rows(generator, 500)

    found = curves_of(sets)

    auc_score = roc_auc_score(sets.targets, sets.probabilities, average="macro")
    assert found.macro_roc.area == pytest.approx(auc_score, abs=1e-12)
    ap = average_precision_score(sets.targets, sets.probabilities, average="macro")
    assert found.macro_precision_recall.area == pytest.approx(ap, abs=1e-12)


def test_macro_roc_is_the_vertical_average_of_scikit_learns_example(generator):
    sets = many_rows(generator)
    grid = np.linspace(0, 1, 1_000)
    rates = [roc_curve(t, s) for t, s in zip(sets.targets.T, sets.probabilities.T, strict=True)]
    expected = np.mean([np.interp(grid, fpr, tpr) for fpr, tpr, _ in rates], axis=0)

    macro = curves_of(sets).macro_roc

    assert np.abs(height(macro, grid[1:], "linear") - expected[1:]).max() < 0.005
    assert (macro.x[0], macro.y[0]) == (0, 0)
    assert (macro.x[-1], macro.y[-1]) == (1, 1)


def test_macro_precision_is_the_mean_over_the_classes_at_every_recall(generator):
    sets = many_rows(generator, 2_000)
    at = np.linspace(0.05, 0.95, 19)
    found = curves_of(sets)

    means = np.mean([height(one.precision_recall, at, "step") for one in found.classes], axis=0)

    assert height(found.macro_precision_recall, at, "step") == pytest.approx(means, abs=0.03)


def test_curves_have_few_points_and_the_shape_of_all_of_them(generator):
    sets = many_rows(generator)
    at = np.linspace(0, 1, 400)

    for one in curves_of(sets).classes:
        true, scores = sets.targets[:, one.label_id], sets.probabilities[:, one.label_id]
        rates = roc_curve(true, scores, drop_intermediate=False)
        whole = np.interp(at, rates[0], rates[1])
        assert np.abs(height(one.roc, at, "linear") - whole).max() < 0.012
        assert max(len(one.roc.x), len(one.precision_recall.x)) <= MAX_POINTS


def test_points_of_a_thinned_curve_are_points_of_the_curve(generator):
    sets = many_rows(generator)
    one = curves_of(sets).classes[0]

    precision, recall, _ = precision_recall_curve(sets.targets[:, 0], sets.probabilities[:, 0])

    known = set(zip(recall.tolist(), precision.tolist(), strict=True))
    kept = zip(one.precision_recall.x.tolist(), one.precision_recall.y.tolist(), strict=True)
    assert set(list(kept)[1:]) <= known


def test_thinned_leaves_no_point_far_from_one_that_stays(generator):
    x = np.sort(generator.random(5_000))
    y = np.cumsum(generator.normal(0, 0.01, 5_000))
    along = np.append(0, np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y))))

    kept = thinned(Curve(x, y, 0.0), 100)

    places = along[np.searchsorted(x, kept.x)]
    nearest = np.abs(along[:, None] - places[None, :]).min(axis=1)
    assert len(kept.x) <= 100
    inside = np.diff(along) < along[-1] / 99
    assert nearest[1:][inside].max() <= along[-1] / 99 + 1e-9


def test_thinned_keeps_both_ends_and_every_corner_of_a_short_curve():
    x, y = np.array([0, 0, 0, 0.5, 1, 1]), np.array([0, 0.2, 0.4, 0.4, 0.4, 1])

    kept = thinned(Curve(x, y, 0.4))

    assert kept.x.tolist() == [0, 0, 1, 1]
    assert kept.y.tolist() == [0, 0.4, 0.4, 1]


def test_thinned_keeps_the_tip_where_a_curve_turns_back():
    x, y = np.zeros(3), np.array([0.0, 1.0, 0.5])

    assert thinned(Curve(x, y, 0.0)).y.tolist() == [0, 1, 0.5]


def test_curves_of_single_labels_are_one_against_the_rest():
    found = curves_of(MIXED)

    for one in found.classes:
        true = MIXED.true_label_ids == one.label_id
        expected = roc_auc_score(true, MIXED.probabilities[:, one.label_id])
        assert one.roc.area == pytest.approx(expected)
        assert one.num_positives == true.sum()


def test_curves_leave_out_classes_that_no_row_has():
    assert [one.label_id for one in curves_of(CLASS_ABSENT).classes] == [0, 1]


def test_curves_of_a_single_class_are_none():
    found = curves_of(ONE_CLASS)

    assert found.classes == ()
    assert found.macro_roc is None
    assert found.macro_precision_recall is None


def test_curves_of_equal_scores_are_the_diagonal_and_the_share_of_the_class():
    one, *_ = curves_of(make_predictions([0, 1, 1, 1], [[0.5, 0.5]] * 4, ["a", "b"])).classes

    assert (one.roc.x.tolist(), one.roc.y.tolist()) == ([0, 1], [0, 1])
    assert one.precision_recall.y.tolist() == [0.25, 0.25]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30))
def test_points_of_answers_equal_scikit_learn(pairs):
    true, given_ids = np.array(pairs).T
    predictions = make_predictions(true, np.eye(4)[given_ids], "abcd")
    occurring = [label for label in range(4) if 0 < (true == label).sum() < len(true)]

    roc, precision_recall = points_of(predictions)

    options = {"labels": occurring, "average": None, "zero_division": 0}
    precision, recall, _, _ = precision_recall_fscore_support(true, given_ids, **options)
    false = [((given_ids == c) & (true != c)).sum() / (true != c).sum() for c in occurring]
    means = [np.mean(each) if occurring else 0 for each in (false, recall, recall, precision)]
    assert (*roc, *precision_recall) == pytest.approx(means)


def test_points_of_label_sets_count_the_labels_given():
    sets = make_label_sets([[1, 0], [1, 1], [0, 1]], [[1.0, 0], [0, 1.0], [1.0, 1.0]], "ab")

    roc, precision_recall = points_of(sets)

    assert roc == pytest.approx((0.5, 0.75))
    assert precision_recall == pytest.approx((0.75, 0.75))
