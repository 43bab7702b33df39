"""Tests of the optimizer: groups, clipping, and a state that both kinds of embedding understand."""

import copy
import dataclasses

import numpy as np
import pytest
import torch

from textcls_core.config import RunConfig
from textcls_core.models.classifier import Classifier
from textcls_core.training import optimizer as optimizer_module
from textcls_core.training.optimizer import Optimizer

EMBEDDING = "bert.embeddings.word_embeddings.weight"


@pytest.fixture
def model(tiny_model_dir):
    loaded = Classifier.from_pretrained(tiny_model_dir, ("a", "b"), max_length=32).model
    return loaded.eval()


@pytest.fixture
def _small_is_large(monkeypatch):
    """Let the tiny embedding count as one that pays off to update lazily."""
    monkeypatch.setattr(optimizer_module, "_LAZY_ROWS", 10)


def config(**settings):
    return RunConfig.create(
        {"dataset": "toy", "learning_rate": 1e-2, "head_learning_rate": 0, **settings}
    )


@dataclasses.dataclass
class Training:
    """A model and its optimizer, stepped on random tokens."""

    model: object
    optimizer: Optimizer

    def steps(self, start, end):
        norms = []
        for step in range(start, end + 1):
            ids = np.random.default_rng(step).integers(0, 40, (2, 5))
            self.optimizer.prepare(ids)
            tokens = torch.from_numpy(ids)
            labels = torch.tensor([0, 1])
            self.model(input_ids=tokens, labels=labels).loss.backward()
            norms.append(self.optimizer.step(1e-3 / step))
        return norms

    def weights(self):
        self.optimizer.prepare_all()
        return {name: value.detach() for name, value in self.model.named_parameters()}


@pytest.fixture
def train(model):
    """Make trainings of copies of one model, with a lazy embedding or with a plain one."""

    def make(is_lazy, **settings):
        clone = copy.deepcopy(model)
        training = Training(clone, Optimizer(clone, config(**settings), may_be_lazy=is_lazy))
        assert (training.optimizer.embedding is not None) == is_lazy
        return training

    return make


def test_optimizer_decays_matrices_only(model):
    decayed, others = Optimizer(model, config(weight_decay=0.1)).adamw.param_groups

    named = {id(parameter): name for name, parameter in model.named_parameters()}
    decayed_names = {named[id(parameter)] for parameter in decayed["params"]}
    other_names = {named[id(parameter)] for parameter in others["params"]}
    assert (decayed["weight_decay"], others["weight_decay"]) == (0.1, 0.0)
    assert other_names == {name for name in named.values() if "bias" in name or "LayerNorm" in name}
    assert decayed_names | other_names == set(named.values())


def test_optimizer_leaves_frozen_weights_alone(model):
    model.classifier.weight.requires_grad_(False)

    optimizer = Optimizer(model, config())

    groups = optimizer.adamw.param_groups
    held = {id(parameter) for group in groups for parameter in group["params"]}
    assert id(model.classifier.weight) not in held


def test_learning_rate_of_a_group_falls_with_its_depth(model):
    optimizer = Optimizer(model, config(layer_wise_learning_rate_decay=0.5))
    model(input_ids=torch.tensor([[5, 6]]), labels=torch.tensor([0])).loss.backward()

    optimizer.step(0.1)

    rates = {
        id(parameter): group["lr"]
        for group in optimizer.adamw.param_groups
        for parameter in group["params"]
    }
    body = model.bert
    assert rates[id(model.classifier.weight)] == pytest.approx(0.1)
    assert rates[id(body.pooler.dense.weight)] == pytest.approx(0.1)
    assert rates[id(body.encoder.layer[1].output.dense.weight)] == pytest.approx(0.05)
    assert rates[id(body.encoder.layer[0].output.dense.bias)] == pytest.approx(0.025)
    assert rates[id(body.embeddings.word_embeddings.weight)] == pytest.approx(0.0125)


def test_a_head_has_a_learning_rate_of_its_own(model):
    optimizer = Optimizer(model, config(learning_rate=1e-4, head_learning_rate=1e-3))
    model(input_ids=torch.tensor([[5, 6]]), labels=torch.tensor([0])).loss.backward()

    optimizer.step(1e-4 / 2)  # halfway through the schedule

    rates = {
        id(parameter): group["lr"]
        for group in optimizer.adamw.param_groups
        for parameter in group["params"]
    }
    assert rates[id(model.classifier.weight)] == pytest.approx(5e-4)
    assert rates[id(model.bert.pooler.dense.bias)] == pytest.approx(5e-4)
    assert rates[id(model.bert.encoder.layer[1].output.dense.weight)] == pytest.approx(5e-5)
    assert rates[id(model.bert.embeddings.word_embeddings.weight)] == pytest.approx(5e-5)


@pytest.mark.usefixtures("_small_is_large")
def test_lazy_embedding_learns_at_the_rate_of_its_depth(train):
    settings = {"layer_wise_learning_rate_decay": 0.5, "max_grad_norm": 1e9}
    plain, lazy = train(is_lazy=False, **settings), train(is_lazy=True, **settings)

    plain.steps(1, 3)
    lazy.steps(1, 3)

    torch.testing.assert_close(lazy.weights()[EMBEDDING], plain.weights()[EMBEDDING])


@pytest.mark.usefixtures("_small_is_large")
def test_lazy_and_plain_optimizers_train_alike(train):
    plain, lazy = train(is_lazy=False), train(is_lazy=True)

    norms_plain, norms_lazy = plain.steps(1, 40), lazy.steps(1, 40)

    torch.testing.assert_close(norms_lazy, norms_plain, rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(
        lazy.weights()[EMBEDDING], plain.weights()[EMBEDDING], atol=1e-4, rtol=0
    )


def test_optimizer_is_not_lazy_for_a_small_embedding(train):
    train(is_lazy=False)  # which asserts it

    assert optimizer_module._LAZY_ROWS == 10_000


@pytest.mark.usefixtures("_small_is_large")
def test_optimizer_is_not_lazy_where_every_row_must_be_fresh(model):
    averaged = Optimizer(model, config(ema_decay=0.9), may_be_lazy=True)
    model.get_input_embeddings().weight.requires_grad_(False)
    frozen = Optimizer(model, config(), may_be_lazy=True)

    assert averaged.embedding is None
    assert frozen.embedding is None


@pytest.mark.usefixtures("_small_is_large")
@pytest.mark.parametrize("max_grad_norm", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("is_lazy", [False, True])
def test_clipping_equals_that_of_torch(train, model, max_grad_norm, is_lazy):
    training = train(is_lazy=is_lazy, max_grad_norm=max_grad_norm)
    tokens, labels = torch.tensor([[5, 6, 6], [7, 5, 8]]), torch.tensor([0, 1])
    model(input_ids=tokens, labels=labels).loss.backward()
    training.model(input_ids=tokens, labels=labels).loss.backward()

    norm = training.optimizer._clip()

    expected = torch.nn.utils.clip_grad_norm_(model.parameters(), max_grad_norm)
    assert norm.item() == pytest.approx(expected.item(), rel=1e-5)
    clipped = dict(training.model.named_parameters())
    for name, parameter in model.named_parameters():
        gradient = clipped[name].grad
        dense = gradient.to_dense() if gradient.is_sparse else gradient
        torch.testing.assert_close(dense, parameter.grad, rtol=1e-4, atol=1e-8)


@pytest.mark.usefixtures("_small_is_large")
@pytest.mark.parametrize("is_lazy", [False, True])
def test_step_forgets_its_gradients(train, is_lazy):
    training = train(is_lazy=is_lazy)

    training.steps(1, 1)

    assert all(parameter.grad is None for parameter in training.model.parameters())


@pytest.mark.usefixtures("_small_is_large")
@pytest.mark.parametrize("is_lazy", [False, True])
def test_loaded_state_goes_on_bit_for_bit(train, is_lazy):
    whole, second = train(is_lazy=is_lazy), train(is_lazy=is_lazy)
    whole.steps(1, 5)
    transfer(whole, second, step=5)

    whole.steps(6, 10)
    second.steps(6, 10)

    expected = whole.weights()
    assert all(value.equal(expected[name]) for name, value in second.weights().items())


def transfer(source, target, step):
    """Hand weights and optimizer state over as a checkpoint does."""
    state = {name: tensor.clone() for name, tensor in source.optimizer.state().items()}
    target.model.load_state_dict(source.model.state_dict())
    target.optimizer.load(state, step)


@pytest.mark.usefixtures("_small_is_large")
def test_state_survives_the_way_from_lazy_to_plain_and_back(train):
    reference, lazy = train(is_lazy=True), train(is_lazy=True)
    plain, again = train(is_lazy=False), train(is_lazy=True)
    reference.steps(1, 60)

    lazy.steps(1, 20)
    transfer(lazy, plain, step=20)
    plain.steps(21, 40)
    transfer(plain, again, step=40)
    again.steps(41, 60)

    expected, weights = reference.weights(), again.weights()
    assert max(float((weights[n] - expected[n]).abs().max()) for n in expected) < 1e-3
    torch.testing.assert_close(weights[EMBEDDING], expected[EMBEDDING], atol=1e-4, rtol=0)


@pytest.mark.usefixtures("_small_is_large")
def test_state_made_plain_has_the_moments_of_adamw(train):
    plain, lazy, loaded = (train(is_lazy=flag) for flag in (False, True, False))
    plain.steps(1, 1)
    lazy.steps(1, 1)

    transfer(lazy, loaded, step=1)

    expected = plain.optimizer.state()
    actual = loaded.optimizer.state()
    assert set(actual) == set(expected)
    for name in expected:
        torch.testing.assert_close(actual[name], expected[name], rtol=1e-4, atol=1e-9)


def test_state_of_other_weights_is_refused(train):
    training = train(is_lazy=False)
    training.steps(1, 1)
    state = training.optimizer.state()
    state.pop("classifier.weight/exp_avg")

    with pytest.raises(KeyError, match=r"classifier\.weight/exp_avg"):
        training.optimizer.load(state, 1)


def test_optimizer_steps_like_adamw_by_hand(model):
    optimizer = Optimizer(model, config(weight_decay=0.25, max_grad_norm=1e9))
    torch.nn.init.constant_(model.classifier.weight, 2.0)
    model.classifier.weight.grad = torch.full_like(model.classifier.weight, 0.5)

    optimizer.step(0.1)

    # decoupled decay 2 * (1 - 0.1 * 0.25), then a first Adam step of 0.1 * sign(gradient)
    expected = torch.full_like(model.classifier.weight, 2 * 0.975 - 0.1)
    torch.testing.assert_close(model.classifier.weight.detach(), expected)


def test_weight_without_a_gradient_is_resumed_as_it_was(train):
    training, second = train(is_lazy=False), train(is_lazy=False)
    unused = training.model.bert.embeddings.token_type_embeddings.weight
    training.model(input_ids=torch.tensor([[5]]), labels=torch.tensor([0])).loss.backward()
    unused.grad = None
    training.optimizer.step(1e-3)

    transfer(training, second, step=1)

    for tuned in (training, second):
        tuned.steps(2, 4)
    expected = training.weights()
    assert all(value.equal(expected[name]) for name, value in second.weights().items())
