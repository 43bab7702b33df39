"""Tests of what a run is said to take before it starts."""

import os

import numpy as np
import pytest

from textcls_core.config import RunConfig
from textcls_core.files import write_json
from textcls_core.runs.store import RunStore
from textcls_core.training.estimate import Estimate, estimate

CONFIG = RunConfig.create({"dataset": "toy", "num_epochs": 2, "batch_size": 8, "max_length": 100})


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path)


def finish(store, speed, **settings):
    """Make a finished run of some speed, in tokens per second."""
    run, _ = store.create(CONFIG.model_copy(update=settings))
    write_json(run.folder / "finished.json", {"outcome": "completed", "tokens_per_second": speed})
    return run


def test_estimate_without_an_earlier_run_has_no_time():
    result = estimate(CONFIG, 20, np.array([50, 50]), [])

    assert result == Estimate(
        num_steps=6,
        num_tokens=2000,
        seconds=None,
        basis="No run of minilm has finished on this machine yet.",
    )


def test_estimate_counts_only_the_tokens_that_are_kept():
    result = estimate(CONFIG, 20, np.array([50, 900]), [])

    assert result.num_tokens == 2 * 20 * 75


def test_estimate_takes_the_speed_of_the_last_run_of_the_model(store):
    runs = [finish(store, 99.0, model="gpt2"), finish(store, 500.0), finish(store, 7.0)]

    result = estimate(CONFIG, 20, np.array([50]), runs)

    assert result.seconds == 4.0
    assert result.basis == "At 500 tokens/s, as the last run of minilm here."


def test_estimate_leaves_out_runs_without_a_speed(store):
    unfinished, _ = store.create(CONFIG)

    result = estimate(CONFIG, 20, np.array([50]), [unfinished, finish(store, 0.0)])

    assert result.seconds is None


def test_estimate_knows_a_folder_by_any_of_its_names(store, tiny_model_dir):
    runs = [finish(store, 500.0, model=str(tiny_model_dir))]
    config = CONFIG.model_copy(update={"model": os.path.relpath(tiny_model_dir)})

    result = estimate(config, 20, np.array([50]), runs)

    assert result.seconds == 4.0
