"""Tests of the lazily updated embedding: it is torch's AdamW, row by row."""

import numpy as np
import pytest
import torch

from textcls_core.training.lazy_embedding import BETAS, EPSILON, LazyEmbedding

ROWS, WIDTH = 60, 8
NEVER_READ = np.arange(50, 60)
PEAK = 1e-2


class Twins:
    """The same embedding trained by torch's AdamW and lazily, with the same gradients."""

    def __init__(self, weight_decay=0.1) -> None:
        start = torch.randn(ROWS, WIDTH, generator=torch.Generator().manual_seed(0))
        self.plain = torch.nn.Embedding(ROWS, WIDTH, _weight=start.clone())
        self.sparse = torch.nn.Embedding(ROWS, WIDTH, _weight=start.clone(), sparse=True)
        self.adamw = torch.optim.AdamW(
            self.plain.parameters(), weight_decay=weight_decay, betas=BETAS, eps=EPSILON, fused=True
        )
        self.lazy = LazyEmbedding(self.sparse.weight, weight_decay)

    def step(self, ids, learning_rate, generator):
        """Do one step with tokens `ids`; return the largest difference of what it read."""
        tokens = torch.from_numpy(ids)
        upstream = torch.randn(len(ids), WIDTH, generator=generator)
        self.lazy.refresh(np.unique(ids))
        read_plain, read_lazy = self.plain(tokens), self.sparse(tokens)
        gap = float((read_plain - read_lazy).detach().abs().max())
        (read_plain * upstream).sum().backward()
        (read_lazy * upstream).sum().backward()
        self.adamw.param_groups[0]["lr"] = learning_rate
        self.adamw.step()
        self.adamw.zero_grad()
        self.lazy.apply(learning_rate)
        self.sparse.weight.grad = None
        return gap

    def train(self, start, end):
        """Do steps `start` to `end`; ids come back after 1 to 300 steps, some never."""
        gaps = []
        for step in range(start, end + 1):
            rng = np.random.default_rng(step)
            ids = rng.integers(0, 20, 3) if step % 50 else rng.integers(0, NEVER_READ[0], 3)
            generator = torch.Generator().manual_seed(step)
            gaps.append(self.step(ids, PEAK * (1 - step / 400), generator))
        return max(gaps)

    def gap(self):
        self.lazy.refresh()
        return float((self.plain.weight - self.sparse.weight).detach().abs().max())


@pytest.mark.parametrize("weight_decay", [0.0, 0.1])
def test_lazy_embedding_reads_and_ends_as_adamw_does(weight_decay):
    twins = Twins(weight_decay)

    assert twins.train(1, 300) < 1e-5
    assert twins.gap() < 1e-5


def test_lazy_embedding_has_the_moments_of_adamw():
    twins = Twins()
    twins.train(1, 300)

    twins.lazy.refresh()

    state = twins.adamw.state[twins.plain.weight]
    torch.testing.assert_close(twins.lazy.momentum, state["exp_avg"], rtol=1e-4, atol=1e-7)
    torch.testing.assert_close(twins.lazy.variance, state["exp_avg_sq"], rtol=1e-4, atol=1e-9)


def test_rows_that_are_never_read_only_decay():
    twins = Twins(0.1)
    before = twins.sparse.weight.detach()[NEVER_READ].clone()
    twins.train(1, 300)

    twins.lazy.refresh()

    shrunk = np.prod([1 - 0.1 * PEAK * (1 - step / 400) for step in range(1, 301)])
    torch.testing.assert_close(twins.sparse.weight[NEVER_READ], before * shrunk)


def test_row_that_comes_back_after_a_long_time_is_up_to_date():
    twins = Twins()
    rare = np.array([7])
    generator = torch.Generator().manual_seed(0)
    twins.step(rare, PEAK, generator)
    for _ in range(400):
        twins.step(np.array([3]), PEAK, generator)

    # 400 multiplications in float32 round AdamW's own weights by as much
    assert twins.step(rare, PEAK, generator) < 400 * 2**-24


def test_step_without_a_gradient_is_counted():
    twins = Twins()
    twins.train(1, 20)
    twins.lazy.apply(PEAK)
    twins.adamw.param_groups[0]["lr"] = PEAK
    twins.plain.weight.grad = torch.zeros(ROWS, WIDTH)
    twins.adamw.step()

    assert twins.lazy.step == 21
    assert twins.gap() < 1e-6


def test_refresh_of_fresh_rows_changes_nothing():
    twins = Twins()
    twins.train(1, 30)
    twins.lazy.refresh()
    before = twins.sparse.weight.detach().clone()

    twins.lazy.refresh()

    assert twins.sparse.weight.equal(before)


def test_state_does_not_change_what_comes_after():
    plain, watched = Twins(), Twins()
    plain.train(1, 40)
    watched.train(1, 20)

    watched.lazy.state()

    watched.train(21, 40)
    assert watched.sparse.weight.equal(plain.sparse.weight)


def test_loaded_state_goes_on_bit_for_bit():
    whole, second = Twins(), Twins()
    whole.train(1, 100)
    state = {name: tensor.clone() for name, tensor in whole.lazy.state().items()}
    second.sparse.weight.data.copy_(whole.sparse.weight)
    second.lazy.load(state)

    whole.train(101, 200)
    second.train(101, 200)

    assert second.sparse.weight.equal(whole.sparse.weight)
    assert all(second.lazy.state()[name].equal(t) for name, t in whole.lazy.state().items())


def test_start_at_goes_on_from_plain_adamw():
    twins = Twins()
    twins.train(1, 100)
    state = twins.adamw.state[twins.plain.weight]
    twins.sparse.weight.data.copy_(twins.plain.weight.data)
    fresh = LazyEmbedding(twins.sparse.weight, 0.1)
    fresh.start_at(100, state["exp_avg"].clone(), state["exp_avg_sq"].clone())
    twins.lazy = fresh

    assert twins.train(101, 250) < 1e-5
    assert twins.gap() < 1e-5
