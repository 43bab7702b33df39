"""Several opinions become one: weights, noise and gradient."""

import numpy as np
import pytest
from scipy.optimize import check_grad

from textcls_core.mistakes.label_issues.fusion import _surprise, fuse, fuse_sets


@pytest.fixture
def noisy(generator):
    """2,000 rows in four classes, 15 % of the labels flipped, with a good and a useless view."""
    true = generator.integers(0, 4, 2_000)
    good = 2.0 * np.eye(4)[true] + generator.normal(0, 0.7, (2_000, 4))
    useless = generator.normal(size=(2_000, 4))
    given = true.copy()
    flipped = generator.random(2_000) < 0.15
    given[flipped] = (given[flipped] + generator.integers(1, 4, flipped.sum())) % 4
    return {"good": good, "useless": useless}, true, given, flipped


def test_gradient_is_that_of_the_surprise(noisy) -> None:
    views, _, given, _ = noisy
    arguments = (np.stack(list(views.values()))[:, :200], given[:200])
    point = np.array([0.7, 0.2, 0.1])

    error = check_grad(
        lambda x: _surprise(x, *arguments)[0], lambda x: _surprise(x, *arguments)[1], point
    )

    assert error < 1e-5


def test_useless_view_hardly_counts_and_noise_is_estimated(noisy) -> None:
    views, _, given, _ = noisy

    fusion = fuse(views, given)

    assert fusion.weights["good"] > 10 * fusion.weights["useless"]
    assert fusion.noise == pytest.approx(0.15, abs=0.02)
    assert fusion.probabilities.sum(axis=1) == pytest.approx(np.ones(2_000))


def test_view_without_any_difference_is_no_opinion(noisy) -> None:
    views, true, given, _ = noisy

    fusion = fuse({"good": views["good"], "flat": np.zeros((2_000, 4))}, given)

    assert np.isfinite(fusion.probabilities).all()
    assert (fusion.probabilities.argmax(axis=1) == true).mean() > 0.95


def test_sets_keep_the_share_of_labels_that_all_rows_have(generator) -> None:
    targets = np.zeros((50, 3), np.float32)
    targets[:, 0] = 1
    targets[:25, 1] = 1
    scores = targets + generator.normal(0, 0.1, targets.shape)

    fusion = fuse_sets({"only": scores}, targets)

    assert fusion.probabilities[:, 0] == pytest.approx(np.ones(50))
    assert fusion.probabilities[:, 2] == pytest.approx(np.zeros(50))
    assert fusion.noise == 0


def test_flipped_label_of_a_set_is_the_most_suspect(generator) -> None:
    true = (generator.random((300, 4)) < 0.4).astype(np.float32)
    scores = true + generator.normal(0, 0.15, true.shape)
    targets = true.copy()
    targets[17, 2] = 1 - targets[17, 2]

    doubt = np.abs(targets - fuse_sets({"only": scores}, targets).probabilities)
    assert doubt.max(axis=1).argmax() == 17
