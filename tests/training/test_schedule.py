"""Tests of the learning rate and of what it is applied to."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from textcls_core.models.classifier import Classifier
from textcls_core.training.schedule import build_optimizer, linear_schedule


def schedule(num_steps, warmup_ratio):
    return [
        linear_schedule(step, num_steps=num_steps, warmup_ratio=warmup_ratio)
        for step in range(1, num_steps + 1)
    ]


@pytest.mark.parametrize(
    ("num_steps", "warmup_ratio", "expected"),
    [
        (4, 0.0, [1.0, 0.75, 0.5, 0.25]),
        (4, 0.5, [0.5, 1.0, 1.0, 0.5]),
        (10, 0.2, [0.5, 1.0, 1.0, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125]),
        (1, 0.0, [1.0]),
        (1, 0.9, [1.0]),
        (2, 0.9, [0.5, 1.0]),
    ],
)
def test_schedule_rises_in_the_warmup_and_falls_after_it(num_steps, warmup_ratio, expected):
    assert schedule(num_steps, warmup_ratio) == pytest.approx(expected)


def test_schedule_ends_in_zero_after_the_last_step():
    assert linear_schedule(11, num_steps=10, warmup_ratio=0.1) == 0


@given(st.integers(1, 500), st.floats(0, 0.999))
def test_schedule_stays_above_zero_and_reaches_one(num_steps, warmup_ratio):
    factors = schedule(num_steps, warmup_ratio)

    assert all(0 < factor <= 1 for factor in factors)
    assert max(factors) == 1


@given(st.integers(1, 500), st.floats(0, 0.999))
def test_schedule_rises_before_its_peak_and_falls_after_it(num_steps, warmup_ratio):
    factors = schedule(num_steps, warmup_ratio)

    peak = factors.index(1)
    assert factors[: peak + 1] == sorted(factors[: peak + 1])
    assert factors[peak:] == sorted(factors[peak:], reverse=True)


def test_optimizer_decays_matrices_only(tiny_model_dir):
    model = Classifier.from_pretrained(tiny_model_dir, ("a", "b"), max_length=32).model

    decayed, others = build_optimizer(model, learning_rate=1e-3, weight_decay=0.1).param_groups

    named = {id(parameter): name for name, parameter in model.named_parameters()}
    decayed_names = {named[id(parameter)] for parameter in decayed["params"]}
    other_names = {named[id(parameter)] for parameter in others["params"]}
    assert (decayed["weight_decay"], others["weight_decay"]) == (0.1, 0.0)
    assert other_names == {name for name in named.values() if "bias" in name or "LayerNorm" in name}
    assert decayed_names | other_names == set(named.values())


def test_optimizer_leaves_frozen_weights_alone():
    model = torch.nn.Linear(2, 2)
    model.weight.requires_grad_(False)

    optimizer = build_optimizer(model, learning_rate=1e-3, weight_decay=0.1)

    assert [len(group["params"]) for group in optimizer.param_groups] == [0, 1]


def test_optimizer_steps_like_adamw_by_hand():
    model = torch.nn.Linear(1, 1, bias=False)
    torch.nn.init.constant_(model.weight, 2.0)
    model.weight.grad = torch.tensor([[0.5]])

    build_optimizer(model, learning_rate=0.1, weight_decay=0.25).step()

    # decoupled decay 2 * (1 - 0.1 * 0.25), then a first Adam step of 0.1 * sign(gradient)
    assert model.weight.item() == pytest.approx(2 * 0.975 - 0.1, abs=1e-6)
