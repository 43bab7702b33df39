"""Tests of the Evaluate page: its frame, and which run and split it shows."""

import pytest

from tests.pages.conftest import (
    HOSTILE_TEXT,
    make_run,
    shown,
)
from textcls_core.files import write_json

NO_RUN = "The run in this link does not exist in this workspace. Showing the newest."


def metrics(app):
    return {metric.label: metric.value for metric in app.metric}


def test_evaluation_without_a_run_leads_to_training(open_page):
    app = open_page("evaluation")
    app.button[0].click().run()

    assert not app.exception
    assert app.title[0].value == "Train"


def test_evaluation_without_a_run_says_what_will_be_here(open_page):
    app = open_page("evaluation")

    assert shown(app.subheader) == ["No finished run yet"]
    assert "confusion matrix" in app.text[0].value


@pytest.mark.parametrize(
    ("split", "accuracy"), [("train", "100.0 %"), ("validation", "100.0 %"), ("test", "90.9 %")]
)
def test_evaluation_split_in_the_link_is_shown(open_page, toy_run, split, accuracy):
    app = open_page("evaluation", split=split)

    assert metrics(app)["Accuracy"] == accuracy


def test_evaluation_run_is_switched(open_page, workspace, toy_dataset, toy_run):
    better = make_run(workspace, "toy", toy_dataset, {}, name="Better")
    app = open_page("evaluation", run=toy_run.run_id)
    app.selectbox(key="choose.run").set_value(better.run_id).run()

    assert app.query_params["run"] == better.run_id
    assert metrics(app)["Accuracy"] == "100.0 %"


def test_evaluation_runs_with_equal_names_can_be_told_apart(open_page, workspace, toy_dataset):
    first = make_run(workspace, "toy", toy_dataset, {}, name="Same")
    second = make_run(workspace, "toy", toy_dataset, {}, name="Same")
    app = open_page("evaluation", run=second.run_id)
    app.selectbox(key="choose.run").select_index(1).run()

    assert app.query_params["run"] == first.run_id


@pytest.mark.parametrize("run_id", ["nope", "../../etc", "x" * 100_000, HOSTILE_TEXT])
def test_evaluation_unknown_run_in_the_link_is_a_message(open_page, toy_run, run_id):
    app = open_page("evaluation", run=run_id)

    assert not app.exception
    assert shown(app.warning) == [NO_RUN]
    assert metrics(app)["Accuracy"] == "90.9 %"
    assert app.query_params["run"] == toy_run.run_id


def test_evaluation_unknown_run_without_any_run_is_a_message(open_page):
    app = open_page("evaluation", run="../../etc")

    assert not app.exception
    assert len(app.warning) == 1
    assert shown(app.subheader) == ["No finished run yet"]


def test_evaluation_failed_run_in_the_link_is_explained(open_page, toy_run, failed_run):
    app = open_page("evaluation", run=failed_run.run_id)

    assert shown(app.warning) == ["Run Too big is failed. Showing the newest finished run."]
    assert metrics(app)["Accuracy"] == "90.9 %"


def test_evaluation_with_damaged_predictions_is_a_message(open_page, toy_run):
    toy_run.predictions_file("test").write_bytes(b"PAR1")

    app = open_page("evaluation")

    assert not app.exception
    assert shown(app.error) == ["The predictions in test.parquet are damaged. Train the run again."]


def test_evaluation_without_predictions_leads_to_training(open_page, toy_run):
    for split in toy_run.splits:
        toy_run.predictions_file(split).unlink()

    app = open_page("evaluation")

    assert not app.exception
    assert app.subheader[0].value == "No finished run yet"


def test_evaluation_of_a_stopped_run_is_shown(open_page, toy_run):
    write_json(toy_run.folder / "finished.json", {**toy_run.finished, "outcome": "stopped"})

    app = open_page("evaluation")

    assert metrics(app)["Accuracy"] == "90.9 %"
