"""Tests of the Train page: what starts, and which run a link opens."""

import pytest

from tests.pages.conftest import HOSTILE_TEXT, open_form, press, set_parameters, setting, shown
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore
from textcls_core.runs.store import new_run_id


def test_training_on_one_class_starts_nothing(open_page, workspace, runs, started):
    rows = Rows(["a", "b", "c"], ["x"] * 3, ["train", "validation", "test"], extra={})
    DatasetStore.open(workspace).save(build_dataset(rows), "alone", "for this test")
    app = press(open_form(open_page, dataset="alone"), "training.start")

    assert not app.exception
    assert 'All 3 rows have the label "x"' in shown(app.error)[0]
    assert not started
    assert not runs()


def test_training_start_makes_a_run_and_watches_it(open_page, runs, started):
    app = press(open_form(open_page), "training.start")

    assert [run.run_id for run in runs()] == [started[0].run_id]
    assert app.query_params["watch"] == started[0].run_id
    assert "minilm on toy" in shown(app.subheader)


def test_training_start_keeps_the_settings_of_the_form(open_page, started):
    app = open_form(open_page)
    setting(app, "learning_rate").set_value(3e-4)
    setting(app, "Name (optional)").set_value("../My *run*").run()
    press(app, "training.start")

    assert started[0].config.learning_rate == 3e-4
    assert started[0].config.name == "../My *run*"
    assert "../My *run*" in shown(app.subheader)


def test_training_start_gives_an_id_without_the_name(open_page, workspace, started):
    app = open_form(open_page)
    setting(app, "Name (optional)").set_value("../../escape").run()
    press(app, "training.start")

    assert started[0].folder.parent == workspace.runs_dir
    assert "escape" not in started[0].run_id


def test_training_two_clicks_with_one_token_are_one_run(open_page, runs, started):
    token = new_run_id()
    first, second = open_form(open_page), open_form(open_page)
    first.session_state["training.run_id"] = token
    second.session_state["training.run_id"] = token
    press(first, "training.start")
    press(second, "training.start")

    assert [run.run_id for run in runs()] == [token]
    assert len(started) == 1
    assert second.query_params["watch"] == token


def test_training_a_second_time_on_purpose_is_another_run(open_page, runs, started):
    app = press(open_form(open_page), "training.start")
    press(app, "training.new")
    press(app, "training.start")

    assert len(runs()) == len(started) == 2


def test_training_on_an_older_version_trains_on_that_version(
    open_page, workspace, toy_dataset, hostile_dataset, started
):
    DatasetStore.open(workspace).save(hostile_dataset, "toy", "a second version")
    app = open_form(open_page, dataset=toy_dataset.fingerprint[:16])
    press(app, "training.start")

    assert started[0].config.dataset_fingerprint == toy_dataset.fingerprint


@pytest.mark.parametrize(
    "run_id", ["nope", "../../etc", "/etc/passwd", "latest/../x", "x" * 100_000, HOSTILE_TEXT]
)
def test_training_unknown_run_in_the_link_is_a_message(open_page, toy_run, run_id):
    app = open_page("training", watch=run_id)

    assert not app.exception
    assert shown(app.warning)[0] == "The run in this link does not exist in this workspace."
    assert f"Known runs: {toy_run.run_id}" in [text.value for text in app.text]


def test_training_run_is_found_again_after_a_refresh(open_page, started):
    app = press(open_form(open_page), "training.start")

    refreshed = open_page("training", watch=app.query_params["watch"])

    assert "minilm on toy" in shown(refreshed.subheader)


def test_training_run_watched_is_kept_over_pages(open_page, toy_run):
    app = open_page("training", watch=toy_run.run_id)
    app.switch_page("pages/dataset.py").run()

    app.switch_page("pages/training.py").run()

    assert "minilm on toy" in shown(app.subheader)


def test_training_link_to_another_run_opens_that_run(open_page, toy_run, failed_run):
    app = open_page("training", watch=toy_run.run_id)

    set_parameters(app, watch=failed_run.run_id)

    assert "Too big" in shown(app.subheader)
