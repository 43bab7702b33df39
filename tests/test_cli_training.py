"""The command line: starting, stopping, pausing and resuming runs."""

import json
from pathlib import Path

import pytest

from tests.pages.conftest import MISTAKES, make_run
from tests.test_cli import answer, complaint
from textcls_core.cli.main import main
from textcls_core.files import write_json
from textcls_core.runs.run import Run
from textcls_core.workspace import Workspace


@pytest.fixture
def home(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The command line works in a workspace with `bbc-news` and `toy`."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    return workspace


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """Runs that a command started; no process is started for them."""
    runs: list[Run] = []
    monkeypatch.setattr("textcls_core.training.launch._start_worker", runs.append)
    return runs


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[1]", "Expected one JSON object of settings in"),
        (b"7", "got int"),
        (b'{"dataset": ', "settings.json is not valid JSON"),
        (b"\xff\xfe\x00", "settings.json is not valid JSON"),
        (b'{"dataset": "toy", "learning_rat": 1}', 'Did you mean "learning_rate"'),
        (b'{"dataset": "toy", "preset": ["x"]}', "preset: input should be"),
        (b'{"dataset": null}', "dataset: input should be a valid string"),
    ],
)
def test_train_with_a_bad_settings_file_starts_nothing(home, capsys, tmp_path, content, message):
    file = tmp_path / "settings.json"
    file.write_bytes(content)

    error = complaint(capsys, "train", "--config", str(file))

    assert message in error
    assert answer(capsys, "runs", "list") == []


@pytest.mark.parametrize(
    ("name", "message"), [("none.json", "No such file"), (".", "Is a directory")]
)
def test_train_without_a_settings_file_starts_nothing(home, capsys, tmp_path, name, message):
    error = complaint(capsys, "train", "--config", str(tmp_path / name))

    assert message in error
    assert answer(capsys, "runs", "list") == []


def test_train_without_waiting_gives_the_id_at_once(home, capsys, started):
    made = answer(capsys, "train", "--dataset", "toy", "--preset", "fast", "--set", "seed=7")

    assert made == {"run_id": started[0].run_id, "status": "queued"}
    assert started[0].config.seed == 7


def test_train_settings_on_the_command_line_win_over_the_file(home, capsys, tmp_path, started):
    file = tmp_path / "settings.json"
    file.write_text('{"dataset": "bbc-news", "num_epochs": 9, "batch_size": 4}')

    answer(capsys, "train", "--config", str(file), "--dataset", "toy", "--set", "num_epochs = 2")

    config = started[0].config
    assert (config.dataset, config.num_epochs, config.batch_size) == ("toy", 2, 4)


def test_train_that_fails_has_exit_code_1(home, capsys, monkeypatch):
    def fail(run):
        facts = {"outcome": "failed", "error": "Out of memory."}
        write_json(run.folder / "finished.json", facts)

    monkeypatch.setattr("textcls_core.training.launch._start_worker", fail)

    code = main(["train", "--dataset", "toy", "--wait", "--json"])

    assert code == 1
    assert json.loads(capsys.readouterr().out)["error"] == "Out of memory."


def test_hostile_run_name_is_refused_before_anything_is_stored(home, capsys):
    error = complaint(capsys, "train", "--dataset", "toy", "--set", "name=\udcff")

    assert "name: input should be a valid string" in error
    assert answer(capsys, "runs", "list") == []


def test_runs_stop_asks_the_worker(home, capsys, started, hold_lock):
    answer(capsys, "train", "--dataset", "toy")
    run = started[0]
    hold_lock(run.lock_file)

    assert answer(capsys, "runs", "stop", run.run_id) == {
        "run_id": run.run_id,
        "status": "stopping",
    }


def test_runs_stop_of_a_finished_run_says_so(home, toy_dataset, capsys):
    run = make_run(home, "toy", toy_dataset, MISTAKES)

    error = complaint(capsys, "runs", "stop", run.run_id)

    assert "already completed" in error


@pytest.mark.slow
def test_train_and_wait_prints_the_result(home, tiny_model_dir: Path, tmp_path, capsys):
    settings = tmp_path / "run.json"
    settings.write_text(json.dumps({"dataset": "toy", "max_length": 32, "num_epochs": 1}))

    result = answer(
        capsys,
        *("train", "--config", str(settings), "--model", str(tiny_model_dir), "--preset", "fast"),
        *("--wait", "--set", "learning_rate=0.003"),
    )

    assert result["status"] == "completed"
    assert {"run_id", "test", "train_seconds", "tokens_per_second"} <= set(result)


@pytest.fixture
def paused(home, capsys, started):
    """A run that was paused at step 12."""
    answer(capsys, "train", "--dataset", "toy")
    [run] = started
    started.clear()
    write_json(run.folder / "finished.json", {"outcome": "stopped", "paused": True, "steps": 12})
    return run


def test_runs_pause_asks_the_worker(home, capsys, started, hold_lock):
    answer(capsys, "train", "--dataset", "toy")
    run = started[0]
    hold_lock(run.lock_file)

    told = answer(capsys, "runs", "pause", "latest")

    assert told == {"run_id": run.run_id, "status": "stopping"}
    assert run.pause_file.exists()
    assert not run.stop_file.exists()


def test_runs_pause_is_readable(home, capsys, started, hold_lock):
    answer(capsys, "train", "--dataset", "toy")
    hold_lock(started[0].lock_file)

    assert main(["runs", "pause", "latest"]) == 0
    assert capsys.readouterr().out == "stopping\n"


def test_runs_pause_of_an_ended_run_says_so(paused, capsys):
    error = complaint(capsys, "runs", "pause", paused.run_id)

    assert "already stopped; there is nothing to pause" in error


def test_runs_resume_starts_the_run_again(paused, capsys, started):
    told = answer(capsys, "runs", "resume", paused.run_id)

    assert told == {"run_id": paused.run_id, "status": "queued"}
    assert started == [paused]


def test_runs_resume_with_another_number_of_processes(paused, capsys, started):
    answer(capsys, "runs", "resume", paused.run_id, "--processes", "3")

    assert [run.num_processes for run in started] == [3]


def test_runs_resume_and_wait_prints_the_result(paused, capsys, monkeypatch):
    def complete(run):
        write_json(run.folder / "finished.json", {"outcome": "completed", "steps": 30})

    monkeypatch.setattr("textcls_core.training.launch._start_worker", complete)

    told = answer(capsys, "runs", "resume", "latest", "--wait")

    assert told["status"] == "completed"


def test_runs_resume_that_fails_has_exit_code_1(paused, capsys, monkeypatch):
    def fail(run):
        write_json(run.folder / "finished.json", {"outcome": "failed", "error": "No space."})

    monkeypatch.setattr("textcls_core.training.launch._start_worker", fail)

    assert main(["runs", "resume", paused.run_id, "--wait", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["error"] == "No space."


@pytest.mark.parametrize("wish", ["pause", "resume"])
def test_wish_for_a_run_that_does_not_exist_is_one_line(home, capsys, wish):
    error = complaint(capsys, "runs", wish, "nope")

    assert 'Run "nope" does not exist' in error


def test_runs_resume_of_a_completed_run_says_so(home, toy_dataset, capsys, started):
    run = make_run(home, "toy", toy_dataset, MISTAKES)

    error = complaint(capsys, "runs", "resume", run.run_id)

    assert "is completed; only a run that was paused, stopped, interrupted or failed" in error
    assert started == []


@pytest.mark.slow
def test_train_dry_run_measures_and_starts_nothing(home, started, capsys, tiny_model_dir):
    command = ("train", "--dataset", "toy", "--model", str(tiny_model_dir), "--dry-run")

    figures = answer(capsys, *command, "--set", "device=cpu", "--set", "max_length=32")

    assert figures["seconds"] > 0
    assert figures["notes"][0].startswith("The time is that of the steps alone; ")
    assert started == []
    assert answer(capsys, "runs", "list") == []


def test_train_dry_run_says_what_its_figures_leave_out(home, capsys, monkeypatch, tiny_model_dir):
    figures = {
        **{"seconds": 200.0, "margin": 0.25, "peak_memory_mb": 1432.4, "device": "cpu"},
        **{"longest_batch_tokens": 2048, "precision": "fp32", "memory_margin": 1.0},
        **{"reasons": ["Packed."], "notes": ["Validations add to it."]},
    }
    monkeypatch.setattr("textcls_core.cli.training.preflight", lambda *_: figures)

    assert main(["train", "--dataset", "toy", "--model", str(tiny_model_dir), "--dry-run"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "3 min 20 s of training (give or take 25 %) on cpu, fp32",
        "1,432 MB with the largest step (2,048 tokens), up to 2,865 MB as the run goes on",
        "Packed.",
        "Validations add to it.",
    ]
