"""Tests of the exponential moving average of the weights."""

import pytest
import torch

from textcls_core.training.averaging import WeightAverage


@pytest.fixture
def model():
    made = torch.nn.Linear(1, 1)
    torch.nn.init.constant_(made.weight, 0.0)
    made.bias.requires_grad_(False)
    return made


def trained(average, model, values):
    for value in values:
        model.weight.data.fill_(value)
        average.update(model)


def test_average_equals_its_formula(model):
    average = WeightAverage(model, 0.5)

    trained(average, model, [1.0, 3.0, -2.0, 4.0, 8.0, 1.0, 1.0, 5.0, 2.0])

    expected = 0.0
    for count, value in enumerate([1.0, 3.0, -2.0, 4.0, 8.0, 1.0, 1.0, 5.0, 2.0], 1):
        decay = min(0.5, (1 + count) / (10 + count))
        expected = decay * expected + (1 - decay) * value
    assert average.weights["weight"].item() == pytest.approx(expected)
    assert average.count == 9


def test_average_follows_quickly_at_the_start(model):
    average = WeightAverage(model, 0.999)

    trained(average, model, [1.0])

    assert average.weights["weight"].item() == pytest.approx(1 - 2 / 11)


def test_average_holds_only_weights_that_learn(model):
    assert set(WeightAverage(model, 0.9).weights) == {"weight"}


def test_average_is_in_place_only_inside_the_block(model):
    average = WeightAverage(model, 0.9)
    trained(average, model, [1.0, 2.0])
    kept = average.weights["weight"].clone()

    with average.in_place(model):
        inside = model.weight.detach().clone()

    assert inside.equal(kept)
    assert model.weight.item() == 2.0
    assert average.weights["weight"].equal(kept)


def test_weights_come_back_after_an_error(model):
    average = WeightAverage(model, 0.9)
    trained(average, model, [2.0])

    with pytest.raises(RuntimeError, match="boom"), average.in_place(model):
        raise RuntimeError("boom")

    assert model.weight.item() == 2.0


def test_in_place_keeps_the_parameter_that_the_optimizer_knows(model):
    average, parameter = WeightAverage(model, 0.9), model.weight

    with average.in_place(model):
        assert model.weight is parameter
