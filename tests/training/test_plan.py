"""Tests of the plan of batches."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textcls_core.config import RunConfig
from textcls_core.training.plan import RunPlan, StepShape, epoch_order, plan_epoch, step_ends
from textcls_core.training.rows import oversampled

few = settings(max_examples=40)
lengths = st.lists(st.integers(1, 512), min_size=1, max_size=100).map(np.array)
shapes = st.builds(
    StepShape,
    documents_per_step=st.integers(1, 64),
    batch_size=st.integers(1, 40),
    max_tokens=st.sampled_from([0, 1, 300, 2_000]),
    world_size=st.integers(1, 5),
    is_padded=st.booleans(),
    tokens_per_step=st.sampled_from([0, 0, 1, 300, 2_000]),
)
budgets = st.integers(1, 3_000)
seeds = st.integers(0, 2**32 - 1)


def plan(lengths, shape=None, *, rows=None, seed=42, epoch=1):
    rows = np.arange(len(lengths)) if rows is None else rows
    return plan_epoch(lengths, rows, seed=seed, epoch=epoch, shape=shape or StepShape(4, 4))


def micro_batches(steps):
    return [rows for step in steps for batches in step.ranks for rows in batches]


def as_lists(steps):
    return [[[rows.tolist() for rows in batches] for batches in step.ranks] for step in steps]


def size(lengths, rows, shape):
    """Return the tokens that a forward pass has to hold."""
    chosen = lengths[rows]
    return len(rows) * chosen.max() if shape.is_padded else chosen.sum()


@few
@given(lengths, shapes, seeds, st.integers(1, 1000))
def test_plan_has_every_row_exactly_once(lengths, shape, seed, epoch):
    steps = plan(lengths, shape, seed=seed, epoch=epoch)

    planned = np.concatenate([step.rows for step in steps])
    assert sorted(planned) == list(range(len(lengths)))


@few
@given(st.lists(st.integers(0, 4), min_size=1, max_size=60).map(np.array), shapes)
def test_plan_has_an_oversampled_row_as_often_as_it_was_given(label_ids, shape):
    rows = oversampled(label_ids)

    steps = plan(np.ones(len(label_ids), dtype=np.int64), shape, rows=rows)

    planned = np.concatenate([step.rows for step in steps])
    assert Counter(planned.tolist()) == Counter(rows.tolist())


@few
@given(lengths, st.integers(1, 64))
def test_plan_fills_every_step_but_the_last(lengths, count):
    steps = plan(lengths, shape := StepShape(count, 16))

    sizes = [len(step.rows) for step in steps]
    assert sizes[:-1] == [shape.documents_per_step] * (len(steps) - 1)
    assert 1 <= sizes[-1] <= shape.documents_per_step
    assert len(steps) == len(step_ends(lengths, shape))


@few
@given(lengths, budgets, seeds, st.integers(1, 3))
def test_plan_by_tokens_fills_each_step_as_far_as_the_next_text_allows(
    lengths, budget, seed, world_size
):
    shape = StepShape(16, 16, world_size=world_size, tokens_per_step=budget)
    steps = plan(lengths, shape, seed=seed)

    order = epoch_order(np.arange(len(lengths)), seed=seed, epoch=1).tolist()
    for step in steps:
        drawn, order = order[: len(step.rows)], order[len(step.rows) :]
        tokens = lengths[drawn].sum()
        assert sorted(step.rows) == sorted(drawn)
        assert tokens <= budget or len(drawn) == 1
        assert not order or tokens + lengths[order[0]] > budget
    assert order == []


@few
@given(lengths, budgets, seeds)
def test_number_of_processes_does_not_change_a_step_by_tokens(lengths, budget, seed):
    alone, three = (
        plan(lengths, StepShape(16, 16, world_size=size, tokens_per_step=budget), seed=seed)
        for size in (1, 3)
    )

    assert [set(step.rows) for step in three] == [set(step.rows) for step in alone]


@few
@given(lengths, seeds, st.integers(1, 64))
def test_number_of_processes_and_cuts_do_not_change_the_documents_of_a_step(lengths, seed, count):
    whole = [set(step.rows) for step in plan(lengths, StepShape(count, count), seed=seed)]

    for world_size in (2, 3, 7):
        shape = StepShape(count, 3, 700, world_size, is_padded=True)
        assert [set(step.rows) for step in plan(lengths, shape, seed=seed)] == whole


def run_plan(lengths, *, num_epochs=3, **settings):
    config = RunConfig.create({"dataset": "toy", "num_epochs": num_epochs, **settings})
    return RunPlan.of(config, lengths, np.arange(len(lengths)))


@few
@given(lengths, st.sampled_from([0, 1, 300, 2_000]), seeds, st.data())
def test_plan_of_a_run_goes_on_after_any_step(lengths, budget, seed, data):
    whole = run_plan(lengths, seed=seed, tokens_per_step=budget)
    every = list(whole.remaining(0))
    done = data.draw(st.integers(0, whole.num_steps))

    left = list(whole.remaining(done))

    assert [epoch for epoch, _ in left] == [epoch for epoch, _ in every[done:]]
    assert as_lists(step for _, step in left) == as_lists(step for _, step in every[done:])


@few
@given(lengths, st.sampled_from([0, 1, 300, 2_000]), seeds)
def test_plan_of_a_run_knows_the_epoch_of_each_step(lengths, budget, seed):
    whole = run_plan(lengths, seed=seed, tokens_per_step=budget)

    epochs = [epoch for epoch, _ in whole.remaining(0)]
    steps = range(1, whole.num_steps + 1)
    assert len(epochs) == whole.num_steps
    assert [whole.epoch_of(step) for step in steps] == epochs
    is_last = [left != right for left, right in pairwise([*epochs, 0])]
    assert [whole.ends_epoch(step) for step in steps] == is_last


def test_epochs_by_tokens_may_differ_in_their_steps(generator):
    whole = run_plan(generator.integers(50, 250, 60), num_epochs=20, tokens_per_step=300)

    assert len(set(np.diff(whole.epoch_ends))) > 1


@few
@given(lengths, st.sampled_from([0, 1, 300, 2_000]), seeds)
def test_no_step_of_a_run_has_more_tokens_than_the_largest(lengths, budget, seed):
    whole = run_plan(lengths, seed=seed, tokens_per_step=budget)

    largest = lengths[whole.largest_step().rows].sum()
    assert largest >= max(lengths[step.rows].sum() for _, step in whole.remaining(0))


@few
@given(lengths, shapes)
def test_plan_gives_every_process_a_share_of_each_step(lengths, shape):
    steps = plan(lengths, shape)

    assert {len(step.ranks) for step in steps} == {shape.world_size}
    assert all(len(rows) for rows in micro_batches(steps))


@few
@given(lengths, shapes)
def test_plan_cuts_micro_batches_that_fit(lengths, shape):
    batches = micro_batches(plan(lengths, shape))

    assert all(len(rows) <= shape.batch_size for rows in batches)
    tokens = [size(lengths, rows, shape) for rows in batches if len(rows) > 1]
    assert not shape.max_tokens or all(count <= shape.max_tokens for count in tokens)


def test_plan_lets_a_text_above_the_token_limit_travel_alone():
    steps = plan(np.array([5, 900, 6]), StepShape(3, 3, max_tokens=100))

    assert as_lists(steps) == [[[[0, 2], [1]]]]


@few
@given(lengths, shapes, seeds, st.integers(1, 1000))
def test_plan_is_decided_by_its_arguments(lengths, shape, seed, epoch):
    first = plan(lengths.copy(), shape, seed=seed, epoch=epoch)
    np.random.default_rng().random()

    again = plan(lengths.copy(), shape, seed=seed, epoch=epoch)

    assert as_lists(again) == as_lists(first)


@few
@given(lengths, shapes)
def test_plan_orders_the_documents_of_a_process_by_length(lengths, shape):
    shares = [batches for step in plan(lengths, shape) for batches in step.ranks if batches]

    assert all(np.diff(lengths[np.concatenate(share)]).min(initial=0) >= 0 for share in shares)


@few
@given(st.lists(st.integers(1, 512), min_size=1, max_size=100).map(np.array), st.integers(2, 6))
def test_plan_balances_the_processes_up_to_the_longest_text(lengths, world_size):
    [step] = plan(lengths, StepShape(100, 100, world_size=world_size))

    rows = [np.concatenate(batches) if batches else [] for batches in step.ranks]
    work = [sum(lengths[row] * (1 + lengths[row] / 2_048) for row in share) for share in rows]
    longest = lengths.max() * (1 + lengths.max() / 2_048)
    assert max(work) - min(work) <= longest + 1e-9


def test_plan_with_fewer_documents_than_processes_leaves_some_without():
    [step] = plan(np.array([3, 5]), StepShape(2, 2, world_size=3))

    assert as_lists([step]) == [[[[1]], [[0]], []]]
    assert sorted(step.rows) == [0, 1]


def test_padded_plan_keeps_short_texts_apart_from_long_ones():
    lengths = np.array([10] * 8 + [500] * 8)

    packed, padded = (plan(lengths, StepShape(16, 16, is_padded=flag)) for flag in (False, True))

    assert [len(rows) for rows in micro_batches(packed)] == [16]
    assert [sorted(rows) for rows in micro_batches(padded)] == [
        list(range(8)),
        list(range(8, 16)),
    ]


@few
@given(lengths)
def test_padded_plan_computes_little_padding_per_forward_pass(lengths):
    batches = micro_batches(plan(lengths, StepShape(64, 64, is_padded=True)))

    padding = [int((lengths[rows].max() - lengths[rows]).sum()) for rows in batches]
    assert max(padding) <= 256


def test_lengths_do_not_change_the_documents_of_a_step(generator):
    short, mixed = np.ones(50, dtype=np.int64), generator.integers(1, 512, 50)

    same = [set(step.rows) for step in plan(short)]

    assert same == [set(step.rows) for step in plan(mixed)]


@pytest.mark.parametrize("change", [{"seed": 43}, {"epoch": 2}])
def test_another_seed_or_epoch_is_another_order(change):
    lengths = np.ones(50, dtype=np.int64)

    assert as_lists(plan(lengths, **change)) != as_lists(plan(lengths))


def test_plan_accepts_the_largest_seed():
    assert len(plan(np.ones(10, dtype=np.int64), seed=2**32 - 1)) == 3


@pytest.mark.parametrize(("num_examples", "expected"), [(1, 1), (8, 1), (9, 2), (16, 2), (17, 3)])
def test_plan_of_a_run_counts_the_incomplete_step(num_examples, expected):
    lengths = np.ones(num_examples, dtype=np.int64)

    assert run_plan(lengths, num_epochs=2, batch_size=8).num_steps == 2 * expected


def test_shape_of_a_configuration_counts_all_processes():
    config = RunConfig.create(
        {
            "dataset": "toy",
            "batch_size": 4,
            "gradient_accumulation_steps": 3,
            "num_processes": 2,
            "max_tokens_per_batch": 900,
        }
    )

    assert StepShape.of(config, world_size=2, is_padded=True) == StepShape(24, 4, 900, 2, True)


def test_shape_of_a_configuration_takes_the_tokens_of_a_step():
    config = RunConfig.create({"dataset": "toy", "tokens_per_step": 4_096})

    assert StepShape.of(config).tokens_per_step == 4_096
