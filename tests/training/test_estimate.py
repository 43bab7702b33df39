"""Tests of what a run will take, as far as it is known before the start."""

import numpy as np
import pytest
from transformers import AutoTokenizer

from textcls_core.config import RunConfig
from textcls_core.files import write_json
from textcls_core.models.token_lengths import token_lengths
from textcls_core.models.tokens import Reading, tokenize
from textcls_core.runs.store import RunStore
from textcls_core.training.estimate import estimate
from textcls_core.training.plan import RunPlan

LENGTHS = np.array([10, 20, 300])


def config(**settings):
    given = {"dataset": "toy", "num_epochs": 2, "batch_size": 8, "max_length": 100}
    return RunConfig.create({**given, **settings})


def steps(num_examples, **settings):
    return estimate(config(**settings), num_examples, LENGTHS, []).num_steps


@pytest.fixture
def add_run(tmp_path):
    """Make a run that reached a speed."""
    store = RunStore(tmp_path)

    def add(model="minilm", **facts):
        run, _ = store.create(config(model=model))
        write_json(run.folder / "finished.json", {"outcome": "completed", **facts})
        return run

    return add


@pytest.mark.parametrize(
    ("num_examples", "settings", "expected"),
    [
        (80, {}, 20),
        (81, {}, 22),
        (1, {}, 2),
        (80, {"num_epochs": 5}, 50),
        (80, {"batch_size": 80}, 2),
        (80, {"gradient_accumulation_steps": 4}, 6),
        (0, {}, 0),
    ],
)
def test_estimate_counts_the_steps_of_all_epochs(num_examples, settings, expected):
    assert steps(num_examples, **settings) == expected


@pytest.mark.parametrize(
    ("num_examples", "lengths", "expected"),
    [(30, [50], 30), (31, [50], 32), (30, [10], 6), (3, [100], 6), (2, [300], 4)],
)
def test_estimate_counts_steps_by_tokens(num_examples, lengths, expected):
    settings = config(tokens_per_step=100)

    assert estimate(settings, num_examples, np.array(lengths), []).num_steps == expected


def test_estimate_fills_steps_with_texts_as_long_as_those_of_the_sample(generator):
    train, sample = generator.integers(5, 80, 3_000), generator.integers(5, 80, 1_000)
    settings = config(tokens_per_step=500)

    found = estimate(settings, 3_000, sample, []).num_steps

    planned = RunPlan.of(settings, train, np.arange(3_000)).num_steps
    assert found == pytest.approx(planned, rel=0.05)


def test_estimate_counts_only_tokens_that_are_read():
    result = estimate(config(), 30, LENGTHS, [])

    assert result.num_tokens == 2 * (10 + 20 + 100) * 10


def test_estimate_max_length_is_effective():
    result = estimate(config(max_length=15), 3, LENGTHS, [])

    assert result.num_tokens == 2 * (10 + 15 + 15)


@pytest.mark.parametrize(
    ("length", "max_windows", "expected"),
    [
        (100, 8, 100),
        (101, 8, 101 + 25),
        (300, 8, 300 + 3 * 25),  # windows begin at 0, 75, 150 and 225
        (300, 2, 2 * 100),
    ],
)
def test_estimate_counts_the_tokens_of_windows(length, max_windows, expected):
    settings = config(long_documents="windows", max_windows=max_windows)

    result = estimate(settings, 3, np.array([length]), [])

    assert result.num_tokens == 2 * 3 * expected


def test_windows_are_counted_as_they_are_cut(tiny_models):
    tokenizer = AutoTokenizer.from_pretrained(tiny_models["gpt2"])  # it adds no special tokens
    texts = ["cat " * count for count in (3, 40, 41, 90, 400)]
    lengths = np.array([len(ids) for ids in tokenizer(texts)["input_ids"]])
    tokens = tokenize(texts, tokenizer, Reading(32, "windows", 4))

    result = estimate(
        config(long_documents="windows", max_length=32, max_windows=4), 5, lengths, []
    )

    assert result.num_tokens == 2 * tokens.lengths.sum()


def test_estimate_knows_no_time_before_the_first_run():
    result = estimate(config(), 30, LENGTHS, [])

    assert result.seconds is None
    assert result.basis == "No run of minilm has finished on this machine yet."


def test_estimate_takes_the_speed_of_an_earlier_run(add_run):
    runs = [add_run(tokens_per_second=1_300.0)]

    result = estimate(config(), 30, LENGTHS, runs)

    assert result.seconds == 2.0
    assert result.basis == "At 1,300 tokens/s, as the last run of minilm here."


def test_estimate_takes_the_newest_run(add_run):
    runs = [add_run(tokens_per_second=2_600.0), add_run(tokens_per_second=1.0)]

    assert estimate(config(), 30, LENGTHS, runs).seconds == 1.0


def test_estimate_ignores_runs_of_other_models(add_run):
    runs = [add_run("gpt2", tokens_per_second=1.0)]

    assert estimate(config(), 30, LENGTHS, runs).seconds is None


@pytest.mark.parametrize("facts", [{}, {"tokens_per_second": 0}], ids=["failed", "no speed"])
def test_estimate_ignores_runs_without_a_speed(add_run, facts):
    runs = [add_run(**facts), add_run(tokens_per_second=2_600.0)]

    assert estimate(config(), 30, LENGTHS, runs).seconds == 1.0


def test_estimate_knows_a_model_folder_by_its_relative_name(add_run, tmp_path, monkeypatch):
    folder = tmp_path / "my-model"
    folder.mkdir()
    runs = [add_run(str(folder), tokens_per_second=2_600.0)]
    monkeypatch.chdir(tmp_path)

    assert estimate(config(model="./my-model"), 30, LENGTHS, runs).seconds == 1.0


@pytest.mark.slow
def test_estimate_agrees_with_a_real_run(finished_run, toy_dataset, tiny_config, tiny_model_dir):
    lengths = token_lengths(toy_dataset.texts(), tiny_model_dir)
    num_examples = len(toy_dataset.indices("train"))

    result = estimate(tiny_config, num_examples, lengths, [finished_run])

    assert result.num_steps == finished_run.started["num_steps"] == finished_run.history.step
    assert result.seconds == pytest.approx(finished_run.finished["train_seconds"], rel=0.2)
