"""Tests of the dropout for the CPU."""

import pytest
import torch

from textcls_core.models.dropout import FastDropout, RandomBits, use_fast_dropout


@pytest.fixture
def dropout():
    return FastDropout(0.1, RandomBits())


def test_dropout_drops_its_share_and_keeps_the_mean(dropout):
    values = dropout(torch.ones(1000, 1000))

    assert float((values == 0).float().mean()) == pytest.approx(0.1, abs=2e-3)
    assert float(values.mean()) == pytest.approx(1, abs=3e-3)
    assert values.unique().tolist() == pytest.approx([0, 1 / 0.9])


def test_dropout_drops_the_same_values_forwards_and_backwards(dropout):
    values = torch.ones(50, 7, requires_grad=True)

    result = dropout(values)
    result.sum().backward()

    assert torch.equal(values.grad, result.detach())


def test_dropout_does_nothing_outside_training(dropout):
    values = torch.rand(5)

    assert dropout.eval()(values) is values


def test_dropout_follows_its_seed(dropout):
    values = torch.ones(40)
    dropout.bits.seed(7)
    first = dropout(values)
    other = dropout(values)
    dropout.bits.seed(7)

    assert torch.equal(dropout(values), first)
    assert not torch.equal(first, other)


def test_every_dropout_of_a_model_is_replaced_and_shares_one_source():
    inner = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Dropout(0.3))
    model = torch.nn.Sequential(inner, torch.nn.Dropout(0.2))

    bits = use_fast_dropout(model)

    found = [module for module in model.modules() if isinstance(module, torch.nn.Dropout)]
    assert [module.p for module in found] == [0.3, 0.2]
    assert all(isinstance(module, FastDropout) and module.bits is bits for module in found)
