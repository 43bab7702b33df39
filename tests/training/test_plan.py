"""Tests of the plan of batches."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from textcls_core.training.plan import PlannedStep, plan_epoch, steps_per_epoch

few = settings(max_examples=40)
lengths = st.lists(st.integers(1, 512), min_size=1, max_size=100).map(np.array)
batch_sizes = st.integers(1, 40)
accumulations = st.integers(1, 5)
seeds = st.integers(0, 2**32 - 1)


def plan(lengths, *, seed=42, epoch=1, batch_size=4, gradient_accumulation_steps=1):
    return plan_epoch(
        lengths,
        seed=seed,
        epoch=epoch,
        batch_size=batch_size,
        gradient_accumulation_steps=gradient_accumulation_steps,
    )


def documents(step):
    return np.concatenate(step.micro_batches).tolist()


def as_lists(steps):
    return [[rows.tolist() for rows in step.micro_batches] for step in steps]


@few
@given(lengths, batch_sizes, accumulations, seeds, st.integers(1, 1000))
def test_plan_has_every_document_exactly_once(lengths, batch_size, accumulation, seed, epoch):
    steps = plan(
        lengths,
        seed=seed,
        epoch=epoch,
        batch_size=batch_size,
        gradient_accumulation_steps=accumulation,
    )

    planned = [row for step in steps for row in documents(step)]
    assert sorted(planned) == list(range(len(lengths)))


@few
@given(lengths, batch_sizes, accumulations)
def test_plan_fills_every_step_but_the_last(lengths, batch_size, accumulation):
    steps = plan(lengths, batch_size=batch_size, gradient_accumulation_steps=accumulation)

    full = batch_size * accumulation
    assert [step.num_documents for step in steps[:-1]] == [full] * (len(steps) - 1)
    assert 1 <= steps[-1].num_documents <= full


@few
@given(lengths, batch_sizes, accumulations)
def test_plan_has_as_many_steps_as_were_announced(lengths, batch_size, accumulation):
    steps = plan(lengths, batch_size=batch_size, gradient_accumulation_steps=accumulation)

    assert len(steps) == steps_per_epoch(len(lengths), batch_size * accumulation)


@few
@given(lengths, batch_sizes, accumulations)
def test_plan_cuts_steps_into_micro_batches_that_fit(lengths, batch_size, accumulation):
    steps = plan(lengths, batch_size=batch_size, gradient_accumulation_steps=accumulation)

    sizes = [len(rows) for step in steps for rows in step.micro_batches]
    assert all(1 <= size <= batch_size for size in sizes)
    assert all(len(step.micro_batches) <= accumulation for step in steps)


@few
@given(lengths, seeds, st.integers(1, 1000))
def test_plan_is_decided_by_seed_epoch_and_lengths(lengths, seed, epoch):
    first = plan(lengths.copy(), seed=seed, epoch=epoch)

    again = plan(lengths.copy(), seed=seed, epoch=epoch)

    assert as_lists(again) == as_lists(first)


@few
@given(lengths, st.integers(1, 8), accumulations, seeds)
def test_accumulation_does_not_change_the_documents_of_a_step(
    lengths, batch_size, accumulation, seed
):
    whole = plan(lengths, seed=seed, batch_size=batch_size * accumulation)

    cut = plan(lengths, seed=seed, batch_size=batch_size, gradient_accumulation_steps=accumulation)

    assert [documents(step) for step in cut] == [documents(step) for step in whole]


@few
@given(lengths, batch_sizes, accumulations)
def test_plan_orders_the_documents_of_a_step_by_length(lengths, batch_size, accumulation):
    steps = plan(lengths, batch_size=batch_size, gradient_accumulation_steps=accumulation)

    assert all(np.diff(lengths[documents(step)]).min(initial=0) >= 0 for step in steps)


def test_lengths_do_not_change_the_documents_of_a_step(generator):
    short, mixed = np.ones(50, dtype=np.int64), generator.integers(1, 512, 50)

    same = [set(documents(step)) for step in plan(short)]

    assert same == [set(documents(step)) for step in plan(mixed)]


@pytest.mark.parametrize("change", [{"seed": 43}, {"epoch": 2}])
def test_another_seed_or_epoch_is_another_order(change):
    lengths = np.ones(50, dtype=np.int64)

    assert as_lists(plan(lengths, **change)) != as_lists(plan(lengths))


def test_plan_accepts_the_largest_seed():
    assert len(plan(np.ones(10, dtype=np.int64), seed=2**32 - 1)) == 3


@pytest.mark.parametrize(("num_examples", "expected"), [(1, 1), (8, 1), (9, 2), (16, 2), (17, 3)])
def test_steps_per_epoch_counts_the_incomplete_step(num_examples, expected):
    assert steps_per_epoch(num_examples, 8) == expected


def test_planned_step_counts_its_documents():
    assert PlannedStep((np.array([1, 2, 3]), np.array([4]))).num_documents == 4
