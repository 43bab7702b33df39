"""Tests of what can be done with a run on the Train page."""

import pytest

from tests.pages.conftest import labels, press, shown
from textcls_core.errors import RunStateError
from textcls_core.files import write_json
from textcls_core.runs.run import Run, RunStatus


def test_training_stop_asks_the_worker(open_page, active_run):
    app = press(open_page("training", watch=active_run.run_id), "training.stop")

    assert not app.exception
    assert active_run.status == RunStatus.STOPPING
    assert "Finishing the step, then saving what is asked for." in shown(app.run().caption)


def test_training_stop_of_a_run_that_has_just_ended_is_a_note(open_page, active_run):
    app = open_page("training", watch=active_run.run_id)
    write_json(active_run.folder / "finished.json", {"outcome": "stopped"})
    press(app, "training.stop")

    assert not app.exception


def test_training_pause_asks_the_worker(open_page, active_run, monkeypatch):
    asked = []
    monkeypatch.setattr(Run, "request_pause", lambda run: asked.append(run.run_id), raising=False)

    app = press(open_page("training", watch=active_run.run_id), "training.pause")

    assert not app.exception
    assert asked == [active_run.run_id]


def test_training_pause_of_a_run_that_has_just_ended_is_a_note(open_page, active_run, monkeypatch):
    def refuse(run):
        raise RunStateError(f"Run {run.run_id} is already stopped.")

    monkeypatch.setattr(Run, "request_pause", refuse, raising=False)

    app = press(open_page("training", watch=active_run.run_id), "training.pause")

    assert f"Run {active_run.run_id} is already stopped." in shown(app.toast)


@pytest.fixture
def resumed(monkeypatch):
    """Runs that were resumed, by id and processes; each has a checkpoint at step 1,050."""
    asked = []
    monkeypatch.setattr(Run, "resumable", property(lambda _: 1_050), raising=False)
    monkeypatch.setattr(
        "textcls_core.training.launch.resume_run",
        lambda _, *of_run: asked.append(of_run),
        raising=False,
    )
    return asked


@pytest.mark.parametrize("state", ["interrupted_run", "failed_run"])
def test_training_resume_goes_on_from_the_checkpoint_it_names(open_page, request, resumed, state):
    run = request.getfixturevalue(state)
    app = open_page("training", watch=run.run_id)
    captions = shown(app.caption)
    press(app, "training.resume")

    assert "Continues from the checkpoint at step 1,050." in captions
    assert resumed == [(run.run_id, None)]
    assert not app.exception


def test_training_resume_goes_on_with_another_number_of_processes(
    open_page, interrupted_run, resumed
):
    app = open_page("training", watch=interrupted_run.run_id)

    app.number_input(key=f"training.processes.{interrupted_run.run_id}").set_value(2).run()
    press(app, "training.resume")

    assert resumed == [(interrupted_run.run_id, 2)]
    assert not app.exception


def test_training_resume_of_a_run_on_several_machines_leaves_the_processes_to_its_commands(
    open_page, interrupted_run, resumed
):
    several = {**interrupted_run.config.model_dump(mode="json"), "num_nodes": 2}
    write_json(interrupted_run.folder / "config.json", several)

    app = open_page("training", watch=interrupted_run.run_id)

    assert "Resume" in labels(app)
    assert not app.number_input


def test_training_resume_without_a_checkpoint_says_that_it_starts_again(
    open_page, interrupted_run, resumed, monkeypatch
):
    monkeypatch.setattr(Run, "resumable", property(lambda _: 0), raising=False)

    app = open_page("training", watch=interrupted_run.run_id)

    assert "Resume" in labels(app)
    assert any("Starts again from the first step" in text for text in shown(app.caption))


def test_training_resume_is_not_offered_when_the_run_cannot_go_on(
    open_page, interrupted_run, monkeypatch
):
    monkeypatch.setattr(Run, "resumable", property(lambda _: None), raising=False)

    assert "Resume" not in labels(open_page("training", watch=interrupted_run.run_id))


def test_training_resume_is_not_offered_for_a_completed_run(open_page, toy_run, resumed):
    assert "Resume" not in labels(open_page("training", watch=toy_run.run_id))


def test_training_resume_that_is_refused_is_a_note(
    open_page, interrupted_run, resumed, monkeypatch
):
    def refuse(*_):
        raise RunStateError("The checkpoint is damaged.")

    monkeypatch.setattr("textcls_core.training.launch.resume_run", refuse, raising=False)

    app = press(open_page("training", watch=interrupted_run.run_id), "training.resume")

    assert not app.exception
    assert shown(app.toast) == ["The checkpoint is damaged."]
