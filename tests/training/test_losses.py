"""Tests of the loss of a step against torch and scikit-learn."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional

from textcls_core.config import RunConfig
from textcls_core.training.losses import Loss, balanced_weights

few = settings(max_examples=40)
labels = st.lists(st.integers(0, 3), min_size=2, max_size=30).map(np.array)
CUTS = [[12], [6, 6], [1] * 12, [1, 4, 7]]


def loss_of(targets, num_labels=4, **settings):
    config = RunConfig.create({"dataset": "toy", **settings})
    return Loss.of(config, np.asarray(targets), num_labels, "cpu")


def mean_over_cuts(loss, logits, targets, sizes):
    """Return what a step minimises when its documents are cut into micro-batches."""
    total = loss.weight_of(targets)
    starts = [0, *itertools.accumulate(sizes)]
    parts = [loss.summed(logits[a:b], targets[a:b]) / total for a, b in itertools.pairwise(starts)]
    return torch.stack(parts).sum()


@pytest.fixture
def logits():
    return torch.randn(12, 4, generator=torch.Generator().manual_seed(1)) * 3


@pytest.fixture
def targets():
    return torch.tensor([0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 0])


@pytest.mark.parametrize("sizes", CUTS, ids=str)
@pytest.mark.parametrize("class_weights", ["none", "balanced"])
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_cross_entropy_is_torchs_mean_for_any_cut(logits, targets, class_weights, smoothing, sizes):
    loss = loss_of(targets, class_weights=class_weights, label_smoothing_factor=smoothing)
    weight = None if class_weights == "none" else loss.class_weights
    expected = torch.nn.CrossEntropyLoss(weight, label_smoothing=smoothing)(logits, targets)

    assert mean_over_cuts(loss, logits, targets, sizes) == pytest.approx(expected.item(), abs=1e-6)


@few
@given(labels)
def test_balanced_weights_equal_those_of_scikit_learn(label_ids):
    present = np.unique(label_ids)

    weights = balanced_weights(np.bincount(label_ids, minlength=5))

    expected = compute_class_weight("balanced", classes=present, y=label_ids)
    np.testing.assert_allclose(weights[present], expected)
    assert (np.delete(weights, present) == 1).all()


@few
@given(labels)
def test_balanced_weights_are_one_on_average_over_the_rows(label_ids):
    weights = balanced_weights(np.bincount(label_ids, minlength=5))

    assert weights[label_ids].mean() == pytest.approx(1)


def test_balanced_weights_come_from_the_training_rows():
    loss = loss_of([0, 0, 0, 1], 3, class_weights="balanced")

    assert loss.class_weights.tolist() == pytest.approx([2 / 3, 2, 1])


@pytest.mark.parametrize("sizes", CUTS, ids=str)
@pytest.mark.parametrize("gamma", [0.0, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("class_weights", ["none", "balanced"])
def test_focal_loss_equals_its_formula_for_any_cut(logits, targets, class_weights, gamma, sizes):
    loss = loss_of(targets, loss="focal", focal_gamma=gamma, class_weights=class_weights)
    truth = logits.double().softmax(1)[torch.arange(12), targets]
    weights = loss.class_weights.double()[targets]
    expected = (weights * (1 - truth) ** gamma * -truth.log()).sum() / weights.sum()

    assert mean_over_cuts(loss, logits, targets, sizes) == pytest.approx(expected.item(), abs=1e-5)


def test_focal_loss_without_focus_is_cross_entropy(logits, targets):
    focal = loss_of(targets, loss="focal", focal_gamma=0)

    assert focal.summed(logits, targets).equal(loss_of(targets).summed(logits, targets))


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_focal_loss_of_a_sure_answer_has_a_finite_gradient(gamma):
    logits = torch.tensor([[60.0, -60.0]], requires_grad=True)

    loss_of([0], 2, loss="focal", focal_gamma=gamma).summed(logits, torch.tensor([0])).backward()

    assert logits.grad.isfinite().all()


@pytest.fixture
def label_sets(targets):
    generator = torch.Generator().manual_seed(2)
    return (torch.rand(12, 4, generator=generator) < 0.4).float()


@pytest.mark.parametrize("sizes", CUTS, ids=str)
def test_loss_of_several_labels_is_binary_cross_entropy_for_any_cut(logits, label_sets, sizes):
    loss = loss_of(label_sets.numpy())
    expected = functional.binary_cross_entropy_with_logits(logits, label_sets)

    assert mean_over_cuts(loss, logits, label_sets, sizes) == pytest.approx(
        expected.item(), abs=1e-6
    )


def test_loss_of_several_labels_smooths_towards_one_half(logits, label_sets):
    loss = loss_of(label_sets.numpy(), label_smoothing_factor=0.2)
    expected = functional.binary_cross_entropy_with_logits(logits, label_sets * 0.8 + 0.1)

    assert loss.summed(logits, label_sets).item() / 12 == pytest.approx(expected.item())


def test_loss_of_several_labels_weighs_classes(logits, label_sets):
    loss = loss_of(label_sets.numpy(), class_weights="balanced")
    counts = label_sets.sum(0)
    weights = counts.sum() / (4 * counts)
    expected = functional.binary_cross_entropy_with_logits(logits, label_sets, weights)

    assert loss.summed(logits, label_sets).item() / 12 == pytest.approx(expected.item())


def test_loss_of_several_labels_focuses_each_of_them(logits, label_sets):
    loss = loss_of(label_sets.numpy(), loss="focal", focal_gamma=2)
    chance = torch.where(label_sets.bool(), logits.sigmoid(), 1 - logits.sigmoid()).double()
    expected = ((1 - chance) ** 2 * -chance.log()).mean()

    assert loss.summed(logits, label_sets).item() / 12 == pytest.approx(expected.item(), abs=1e-5)


def test_loss_is_computed_in_float32(targets):
    rounded = torch.randn(12, 4).to(torch.bfloat16)

    assert loss_of(targets).summed(rounded, targets).dtype == torch.float32
