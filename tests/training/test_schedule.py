"""Tests of the learning rate as a function of the step."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import (
    get_constant_schedule_with_warmup,
    get_cosine_schedule_with_warmup,
    get_linear_schedule_with_warmup,
)

from textcls_core.training.schedule import learning_rate_factor

KINDS = ["linear", "cosine", "constant"]


def schedule(num_steps, warmup_ratio, kind="linear"):
    return [
        learning_rate_factor(step, num_steps=num_steps, warmup_ratio=warmup_ratio, kind=kind)
        for step in range(1, num_steps + 1)
    ]


def theirs(make, *arguments, num_steps):
    """Return the factors of a transformers schedule for its first steps."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
    factor_of = make(optimizer, *arguments).lr_lambdas[0]
    return [factor_of(step) for step in range(num_steps)]


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
def test_linear_schedule_rises_in_the_warmup_and_falls_after_it(num_steps, warmup_ratio, expected):
    assert schedule(num_steps, warmup_ratio) == pytest.approx(expected)


def test_constant_schedule_stays_at_one_after_the_warmup():
    assert schedule(6, 0.5, "constant") == pytest.approx([1 / 3, 2 / 3, 1, 1, 1, 1])


@pytest.mark.parametrize("warmup", [0, 1, 5, 19])
@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("linear", get_linear_schedule_with_warmup),
        ("cosine", get_cosine_schedule_with_warmup),
    ],
)
def test_schedule_after_the_warmup_is_that_of_transformers(kind, make, warmup):
    factors = schedule(20, warmup / 20, kind)

    expected = theirs(make, warmup, 20, num_steps=20)
    assert factors[warmup:] == pytest.approx(expected[warmup:], abs=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_warmup_is_that_of_transformers_one_step_earlier(kind):
    """Theirs wastes the first step on a learning rate of zero."""
    expected = theirs(get_constant_schedule_with_warmup, 5, num_steps=6)

    assert expected[0] == 0
    assert schedule(20, 0.25, kind)[:5] == pytest.approx(expected[1:])


@pytest.mark.parametrize("kind", ["linear", "cosine"])
def test_schedule_ends_in_zero_after_the_last_step(kind):
    assert learning_rate_factor(11, num_steps=10, warmup_ratio=0.1, kind=kind) == 0


@given(st.integers(1, 500), st.floats(0, 0.999), st.sampled_from(KINDS))
def test_schedule_stays_above_zero_and_reaches_one(num_steps, warmup_ratio, kind):
    factors = schedule(num_steps, warmup_ratio, kind)

    assert all(0 < factor <= 1 for factor in factors)
    assert max(factors) == 1


@given(st.integers(1, 500), st.floats(0, 0.999), st.sampled_from(KINDS))
def test_schedule_rises_before_its_peak_and_never_after_it(num_steps, warmup_ratio, kind):
    factors = schedule(num_steps, warmup_ratio, kind)

    peak = factors.index(1)
    assert factors[: peak + 1] == sorted(factors[: peak + 1])
    assert factors[peak:] == sorted(factors[peak:], reverse=True)
