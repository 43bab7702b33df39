"""Tests of a worker whose folder is deleted under it."""

import shutil

import pytest

from textcls_core.models.classifier import Classifier
from textcls_core.training import checkpoint, fine_tune, loop, run_writer, worker
from textcls_core.training.worker import main


@pytest.fixture
def run(make_run, monkeypatch):
    """A run of two epochs of three steps."""
    monkeypatch.setattr(fine_tune, "ensure_baselines", lambda *_args, **_options: [])
    return make_run(num_epochs=2)


def deleting_around(monkeypatch, run, owner, name, *, calls=1, first=False):
    """Delete the folder of the run before or after a call of a function; return the later calls."""
    function, seen = getattr(owner, name), []

    def delete_and_call(*args, **options):
        seen.append(name)
        if first and len(seen) == calls:
            shutil.rmtree(run.folder)
        result = function(*args, **options)
        if not first and len(seen) == calls:
            shutil.rmtree(run.folder)
        return result

    monkeypatch.setattr(owner, name, delete_and_call)
    return seen


@pytest.mark.parametrize(
    ("owner", "name", "calls"),
    [
        (fine_tune, "_write_started", 1),
        (loop, "predict", 1),
        (loop, "predict", 2),
        (fine_tune, "predict", 1),
        (fine_tune, "predict", 2),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_run_whose_folder_is_deleted_ends_quietly(
    run, monkeypatch, caplog, owner, name, calls, first
):
    seen = deleting_around(monkeypatch, run, owner, name, calls=calls, first=first)

    assert main(run.folder) == 1
    assert not run.folder.exists()
    assert len(seen) == calls
    assert caplog.messages[-1] == f"The folder of run {run.run_id} was deleted."
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    ("owner", "name", "first"),
    [
        (Classifier, "save", True),
        (Classifier, "save", False),
        (checkpoint, "new_checkpoint", True),
        (checkpoint, "save_file", False),
        (checkpoint, "_link_files", False),
        (Classifier, "load", True),
        (Classifier, "load", False),
        (run_writer, "append_rows", False),
        (worker, "_wait_for_device", False),
    ],
)
def test_write_under_way_does_not_bring_a_deleted_folder_back(run, monkeypatch, owner, name, first):
    deleting_around(monkeypatch, run, owner, name, first=first)

    assert main(run.folder) == 1
    assert not run.folder.exists()


def test_rest_of_a_folder_stays_if_only_the_settings_are_gone(run, monkeypatch):
    settings = run.folder / "config.json"
    monkeypatch.setattr(fine_tune, "figures_of", lambda _predictions: settings.unlink())

    assert main(run.folder) == 1
    assert (run.model_dir / "model.safetensors").exists()
