"""Tests of starting runs, and of their whole life as real processes."""

import argparse
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcls_core.config import RunConfig
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import (
    DatasetFormatError,
    InvalidArgumentError,
    ModelError,
    NotFoundError,
)
from textcls_core.files import write_json
from textcls_core.jobs import process
from textcls_core.runs.run import RunStatus
from textcls_core.runs.store import RunStore
from textcls_core.training import launch
from textcls_core.training.launch import (
    command_line,
    node_commands,
    resume_run,
    start_run,
    wait,
)
from textcls_core.workspace import APP_DIR, Workspace

FIRST = "20260101-000001-0123abcd"
WITHOUT_TORCH = """
import sys
import textcls_core.training.launch
print({"torch", "transformers"} & set(sys.modules))
"""


@pytest.fixture
def started(monkeypatch):
    """Keep workers from starting; the calls that would have started one."""
    calls = []
    monkeypatch.setattr(
        process.subprocess, "Popen", lambda arguments, **options: calls.append((arguments, options))
    )
    return calls


def fill(workspace, name, labels, splits):
    """Store a data set with these labels and splits."""
    texts = [f"text {number}" for number in range(len(labels))]
    dataset = build_dataset(Rows(texts, labels, splits, extra={}))
    return DatasetStore(workspace.datasets_dir).save(dataset, name, "made for the test")


@pytest.mark.usefixtures("started")
def test_start_run_fills_in_the_exact_data_set(workspace, tiny_config):
    stored = DatasetStore(workspace.datasets_dir).find("toy")

    run = start_run(workspace, tiny_config)

    assert run.config.dataset_fingerprint == stored.fingerprint
    assert run.status == RunStatus.QUEUED


@pytest.mark.usefixtures("started")
def test_start_run_names_a_data_set_that_was_asked_for_by_fingerprint(workspace, tiny_config):
    stored = DatasetStore(workspace.datasets_dir).find("toy")

    run = start_run(workspace, tiny_config.model_copy(update={"dataset": stored.fingerprint}))

    assert run.config.dataset == "toy"


def test_start_run_starts_a_process_in_a_session_of_its_own(workspace, tiny_config, started):
    run = start_run(workspace, tiny_config)

    [(arguments, options)] = started
    assert arguments == [sys.executable, "-m", "textcls_core.training.worker", str(run.folder)]
    assert options["start_new_session"]
    assert options["close_fds"]
    assert options["stdin"] == subprocess.DEVNULL
    assert options["stdout"].name == options["stderr"].name == str(run.log_file)
    assert options["cwd"] == APP_DIR


@pytest.mark.usefixtures("started")
@pytest.mark.parametrize(
    ("dataset", "metric", "message"),
    [
        (
            "toy",
            "validation_hamming_loss",
            "validation_hamming_loss is not measured where a text has exactly one label of 3. Set "
            "metric_for_best_model to one of validation_accuracy, ",
        ),
        (
            "topics",
            "validation_mcc",
            "validation_mcc is not measured where a text has any number of labels of ",
        ),
        ("toy", "validation_top_3_accuracy", "validation_top_3_accuracy is not measured where "),
    ],
)
def test_start_run_refuses_a_metric_that_the_data_does_not_have(
    workspace, tiny_config, topics_dataset, dataset, metric, message
):
    DatasetStore(workspace.datasets_dir).save(topics_dataset, "topics", "made for the test")
    config = tiny_config.model_copy(update={"dataset": dataset, "metric_for_best_model": metric})

    with pytest.raises(InvalidArgumentError, match=message):
        start_run(workspace, config)

    assert RunStore.open(workspace).runs() == []


@pytest.mark.usefixtures("started")
@pytest.mark.parametrize("metric", ["validation_macro_roc_auc", "validation_macro_f1"])
def test_start_run_refuses_a_metric_that_is_undefined_for_all_validation_rows(
    workspace, tiny_config, metric
):
    splits = ["train"] * 6 + ["validation"] * 2 + ["test"] * 2
    fill(workspace, "one", ["a", "b"] * 3 + ["a", "a"] + ["a", "b"], splits)
    config = tiny_config.model_copy(update={"dataset": "one", "metric_for_best_model": metric})
    message = (
        r"^validation_macro_roc_auc is undefined for one: all of its 2 validation rows have the "
        r"same labels\. Set metric_for_best_model to another metric, such as validation_macro_f1\.$"
    )

    if metric == "validation_macro_f1":
        assert start_run(workspace, config).config.metric_for_best_model == metric
        return
    with pytest.raises(InvalidArgumentError, match=message):
        start_run(workspace, config)


def test_start_run_twice_with_an_id_makes_one_run_and_one_process(workspace, tiny_config, started):
    first = start_run(workspace, tiny_config, FIRST)

    second = start_run(workspace, tiny_config, FIRST)

    assert second == first
    assert len(started) == 1
    assert RunStore.open(workspace).runs() == [first]


def test_start_run_twice_without_an_id_makes_two_runs(workspace, tiny_config, started):
    start_run(workspace, tiny_config)

    start_run(workspace, tiny_config)

    assert len(started) == len(RunStore.open(workspace).runs()) == 2


def test_start_run_makes_folders_absolute_for_a_worker_that_lives_elsewhere(
    workspace, tiny_config, tiny_model_dir, started, monkeypatch
):
    monkeypatch.chdir(workspace.root.parent)
    relative_model = os.path.relpath(tiny_model_dir)

    run = start_run(
        Workspace(Path("workspace")), tiny_config.model_copy(update={"model": relative_model})
    )

    assert run.config.model == str(tiny_model_dir)
    assert started[0][0][-1] == str(workspace.runs_dir / run.run_id)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"dataset": "nosuch"}, NotFoundError, 'Data set "nosuch" does not exist. Known: '),
        ({"model": "./nosuch"}, ModelError, "nosuch is not a model folder: config.json is missing"),
        ({"model": "no/such"}, ModelError, '"no/such" is not on this machine and HF_HUB_OFFLINE'),
    ],
)
def test_start_run_refuses_what_does_not_exist_and_stores_nothing(
    workspace, tiny_config, started, settings, error, message
):
    with pytest.raises(error, match=message):
        start_run(workspace, tiny_config.model_copy(update=settings))

    assert started == []
    assert not workspace.runs_dir.exists()


def test_start_run_refuses_a_data_set_that_cannot_be_trained_on(workspace, tiny_config, started):
    fill(workspace, "one-class", ["only"] * 6, ["train"] * 4 + ["validation", "test"])
    message = r'This data set cannot be trained on\. All 6 rows have the label "only"'

    with pytest.raises(DatasetFormatError, match=message):
        start_run(workspace, tiny_config.model_copy(update={"dataset": "one-class"}))

    assert started == []
    assert not workspace.runs_dir.exists()


def test_launch_imports_no_torch():
    output = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH], cwd=APP_DIR, capture_output=True, check=True
    ).stdout

    assert output == b"set()\n"


@pytest.fixture
def measured_with(workspace, tiny_config, pretend_gpus, monkeypatch):
    """Measure a run on a machine with two GPUs; return which of them the measurement may see."""
    pretend_gpus(2)

    def measure(**settings):
        seen = []

        def answer(command, env, **_options):
            seen.append(env.get("CUDA_VISIBLE_DEVICES"))
            return subprocess.CompletedProcess(command, 0, stdout='{"seconds": 1.0}')

        monkeypatch.setattr(launch.subprocess, "run", answer)
        assert launch.preflight(workspace, tiny_config.model_copy(update=settings)) == {
            "seconds": 1
        }
        return seen

    return measure


@pytest.mark.parametrize(
    ("busy", "expected"), [([], "1"), (["cuda-1"], "0"), (["cuda-0", "cuda-1"], "1")]
)
def test_preflight_of_one_process_sees_a_gpu_that_is_free(
    workspace, measured_with, hold_lock, busy, expected
):
    for slot in busy:
        hold_lock(RunStore.open(workspace).slot_file(slot))

    assert measured_with(device="auto") == [expected]


@pytest.mark.parametrize("settings", [{"device": "cpu"}, {"device": "auto", "num_processes": 2}])
def test_preflight_hides_no_gpu_from_other_runs(measured_with, settings):
    assert measured_with(**settings) == [None]


def test_wait_returns_the_final_status(workspace, tiny_config):
    run, _ = RunStore.open(workspace).create(tiny_config)
    write_json(run.folder / "finished.json", {"outcome": "stopped"})

    assert wait(run) == RunStatus.STOPPED


def test_wait_goes_on_while_the_run_is_active(workspace, tiny_config, monkeypatch):
    run, _ = RunStore.open(workspace).create(tiny_config)
    monkeypatch.setattr(
        launch.time,
        "sleep",
        lambda _: write_json(run.folder / "finished.json", {"outcome": "completed"}),
    )

    assert wait(run) == RunStatus.COMPLETED


def test_node_commands_start_the_same_run_on_every_machine(workspace, tiny_config):
    config = tiny_config.model_copy(update={"num_nodes": 2, "num_processes": 4})
    run = RunStore.open(workspace).create(config, FIRST)[0]

    commands = node_commands(run)

    assert commands == [
        f"torchrun --nnodes 2 --nproc-per-node 4 --node-rank {node} --rdzv-backend c10d "
        f"--rdzv-endpoint FIRST:29400 --rdzv-id {FIRST} -m textcls_core.training.worker "
        f"{shlex.quote(str(run.folder))}"
        for node in (0, 1)
    ]


def test_start_run_on_several_machines_starts_no_local_process(workspace, tiny_config, started):
    run = start_run(workspace, tiny_config.model_copy(update={"num_nodes": 2}))

    assert started == []
    assert run.status == RunStatus.QUEUED


def test_start_run_with_several_processes_starts_the_launcher(workspace, tiny_config, started):
    run = start_run(workspace, tiny_config.model_copy(update={"num_processes": 2}))

    [(arguments, _)] = started
    assert arguments == [sys.executable, "-m", "textcls_core.training.launcher", str(run.folder)]


@pytest.mark.parametrize("num_processes", [1, 2])
def test_resume_run_starts_what_start_run_did(workspace, tiny_config, started, num_processes):
    config = tiny_config.model_copy(update={"num_processes": num_processes})
    run = start_run(workspace, config)
    write_json(run.folder / "finished.json", {"outcome": "stopped", "paused": True})

    write_json(run.folder / "environment.json", {"device": "cuda", "slots": ["cuda-0"]})

    resume_run(workspace, run.run_id)

    assert started[1][0] == started[0][0]
    assert run.status == RunStatus.QUEUED
    assert run.environment == {}  # it has no slot any more


@pytest.mark.parametrize(("num_processes", "module"), [(4, "launcher"), (1, "worker")])
def test_resume_run_goes_on_with_as_many_processes_as_asked_for(
    workspace, tiny_config, started, num_processes, module
):
    run = start_run(workspace, tiny_config.model_copy(update={"num_processes": 2}))
    write_json(run.folder / "finished.json", {"outcome": "stopped", "paused": True})

    resume_run(workspace, run.run_id, num_processes)

    assert started[1][0][2] == f"textcls_core.training.{module}"
    assert run.num_processes == num_processes
    assert run.config.num_processes == 2


@pytest.mark.usefixtures("started")
@pytest.mark.parametrize(
    ("settings", "num_processes", "message"),
    [
        ({}, 0, "num_processes.*greater than or equal to 1"),
        ({"record_dynamics": True}, 2, "record_dynamics works with one process only"),
        ({"num_nodes": 2}, 4, "is on 2 machines, .* give --nproc-per-node 4 in the command"),
    ],
)
def test_resume_run_refuses_a_number_of_processes_that_cannot_be(
    workspace, tiny_config, settings, num_processes, message
):
    run = start_run(workspace, tiny_config.model_copy(update=settings))
    write_json(run.folder / "finished.json", {"outcome": "stopped", "paused": True})

    with pytest.raises(InvalidArgumentError, match=message):
        resume_run(workspace, run.run_id, num_processes)

    assert run.status == RunStatus.STOPPED


def settings_in(command):
    """Read the settings back as a shell and an argument parser would."""
    parser = argparse.ArgumentParser()
    for option in ("--dataset", "--model", "--preset"):
        parser.add_argument(option)
    parser.add_argument("--set", action="append", default=[])
    settings = vars(parser.parse_args(shlex.split(command)[4:]))
    pairs = settings.pop("set")
    return {**settings, **dict(pair.split("=", 1) for pair in pairs)}


def test_command_line_names_only_what_differs_from_the_preset():
    config = RunConfig.create({"dataset": "toy", "preset": "fast", "seed": 7})

    assert command_line(config) == (
        "python -m textcls_core train --dataset toy --model minilm --preset fast --set seed=7"
    )


@given(
    dataset=st.sampled_from(["toy", "my data", "it's; rm -rf $HOME", "データ"]),
    name=st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=80),
    preset=st.sampled_from(["fast", "balanced", "best"]),
    learning_rate=st.floats(1e-7, 0.5),
    batch_size=st.integers(1, 64),
    metric=st.sampled_from(["validation_loss", "validation_accuracy", "validation_brier"]),
    report_to=st.sampled_from([(), ("mlflow",), ("tensorboard", "mlflow")]),
    oversampling=st.booleans(),
)
def test_command_line_gives_the_same_settings_back(
    dataset, name, preset, learning_rate, batch_size, metric, report_to, oversampling
):
    config = RunConfig.create(
        {
            "dataset": dataset,
            "name": name,
            "preset": preset,
            "learning_rate": learning_rate,
            "batch_size": batch_size,
            "metric_for_best_model": metric,
            "report_to": report_to,
            "oversampling": oversampling,
        }
    )

    command = command_line(config)

    assert RunConfig.create(settings_in(command)) == config
