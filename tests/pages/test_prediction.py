"""Tests of the Predict page: new texts through a finished run."""

import pytest

from tests.pages.conftest import (
    HOSTILE_CLASSES,
    HOSTILE_TEXT,
    as_shown,
    chart,
    make_run,
    press,
    save_model,
    shown,
)
from tests.prediction.test_onnx_facts import CHECK
from textcls_core.jobs import job as jobs
from textcls_core.jobs.progress import ignore
from textcls_core.prediction import onnx_export, onnx_graph

CLASSES = {"animals", "food", "weather"}


def ask(app, text):
    app.text_area[0].set_value(text)
    return app.button[0].click().run()


def ask_for_many(app, text):
    app.segmented_control[0].set_value("One text per line").run()
    return ask(app, text)


def test_prediction_without_a_run_leads_to_training(open_page):
    app = open_page("prediction")
    app.button[0].click().run()

    assert not app.exception
    assert app.title[0].value == "Train"


def test_prediction_before_a_text_shows_the_form_alone(open_page, runnable_run):
    app = open_page("prediction")

    assert not app.exception
    assert not app.get("plotly_chart")
    assert app.query_params["run"] == runnable_run.run_id


def test_prediction_of_one_text_shows_class_and_probabilities(open_page, runnable_run):
    app = ask(open_page("prediction"), "the old cat was here")

    bars = chart(app)
    assert not app.exception
    assert set(bars["layout"]["yaxis"]["ticktext"]) == CLASSES
    assert sum(bars["data"][0]["x"]) == pytest.approx(1)
    assert app.markdown[0].value == f":blue-badge[{bars['layout']['yaxis']['ticktext'][0]}]"


def test_prediction_of_many_texts_is_a_table(open_page, runnable_run):
    app = ask_for_many(open_page("prediction"), "a cat\n\n  the rain  \nrice")

    table = app.dataframe[0].value
    assert "3 texts" in shown(app.caption)
    assert table["text"].tolist() == ["a cat", "the rain", "rice"]
    assert set(table["label"]) <= CLASSES
    assert table["confidence"].between(100 / 3, 100).all()


@pytest.mark.parametrize("text", ["", "   ", "\n\n"])
def test_prediction_of_no_text_is_a_message(open_page, runnable_run, text):
    app = ask(open_page("prediction"), text)

    assert not app.exception
    assert len(app.error) == 1


def test_prediction_of_an_empty_list_is_a_message(open_page, runnable_run):
    app = ask_for_many(open_page("prediction"), "\n  \n")

    assert not app.exception
    assert "Expected 1 to 10,000 texts, got 0." in shown(app.error)[0]


def test_prediction_of_a_list_that_is_too_long_is_a_message(open_page, runnable_run):
    app = ask_for_many(open_page("prediction"), "a\n" * 10_001)

    assert not app.exception
    assert "got 10,001" in shown(app.error)[0]


@pytest.mark.parametrize(
    "text", ["مرحبا 你好", "\u202eabc\0", "\U0001f600" * 50, "word " * 5_000, HOSTILE_TEXT]
)
def test_prediction_of_any_text_is_an_answer(open_page, runnable_run, text):
    app = ask(open_page("prediction"), text)

    assert not app.exception
    assert not app.error
    assert len(app.get("plotly_chart")) == 1


def test_prediction_shows_how_to_ask_from_a_terminal(open_page, runnable_run):
    app = open_page("prediction")

    assert app.code[0].value.startswith(f"python -m textcls_core predict {runnable_run.run_id}")
    assert str(runnable_run.model_dir) in app.code[1].value


def test_prediction_run_is_switched_by_the_link(open_page, runnable_run):
    app = open_page("prediction", run=runnable_run.run_id)

    assert app.selectbox(key="choose.run").value == runnable_run.run_id


@pytest.mark.parametrize("run_id", ["nope", "../../etc", "x" * 100_000, HOSTILE_TEXT])
def test_prediction_unknown_run_in_the_link_is_a_message(open_page, runnable_run, run_id):
    app = open_page("prediction", run=run_id)

    assert not app.exception
    assert "The run in this link does not exist" in shown(app.warning)[0]


def test_prediction_shows_hostile_classes_as_they_are(
    open_page, hostile_run, hostile_dataset, tiny_model_dir
):
    save_model(hostile_run.model_dir, hostile_dataset, tiny_model_dir)

    app = ask(open_page("prediction"), HOSTILE_TEXT)

    badge = as_shown(app.markdown[0].value)
    assert not app.exception
    assert badge.removeprefix(":blue-badge[").removesuffix("]") in HOSTILE_CLASSES


def test_prediction_shows_hostile_texts_in_the_table_as_they_are(open_page, runnable_run):
    app = ask_for_many(open_page("prediction"), f"{HOSTILE_TEXT}\n=1+1")

    assert app.dataframe[0].value["text"].tolist() == [HOSTILE_TEXT, "=1+1"]


def test_prediction_without_the_model_is_a_message(open_page, toy_run):
    app = ask(open_page("prediction"), "a cat")

    assert not app.exception
    assert "is not a model folder: config.json is missing" in shown(app.error)[0]


def test_prediction_with_a_damaged_model_is_a_message(open_page, runnable_run):
    (runnable_run.model_dir / "model.safetensors").write_bytes(b"x" * 100)

    app = ask(open_page("prediction"), "a cat")

    assert not app.exception
    assert "cannot be loaded for classification" in shown(app.error)[0]


def test_prediction_answers_are_those_of_the_model(open_page, runnable_run):
    text = "the old cat was here"
    one = chart(ask(open_page("prediction"), text))

    table = ask_for_many(open_page("prediction"), f"rain\n{text}").dataframe[0].value

    assert table["label"].iloc[1] == one["layout"]["yaxis"]["ticktext"][0]
    assert table["confidence"].iloc[1] == pytest.approx(100 * one["data"][0]["x"][0], abs=1e-3)


def test_prediction_with_mean_pooling_offers_no_pipeline(open_page, workspace, toy_dataset):
    make_run(workspace, "toy", toy_dataset, {}, pooling="mean")

    app = open_page("prediction")

    assert "it opens only here and as ONNX" in " ".join(shown(app.text))
    assert not any("pipeline(" in code.value for code in app.code)


@pytest.fixture
def with_onnx(monkeypatch):
    """Behave as if the libraries were installed; graphs are empty files."""
    monkeypatch.setattr(onnx_export, "find_spec", lambda name: name)
    monkeypatch.setattr(onnx_graph, "write_graph", lambda _, file: file.touch())
    monkeypatch.setattr(onnx_graph, "check_graph", lambda *_: CHECK)


def test_prediction_writes_the_onnx_file_in_the_background(
    open_page, runnable_run, with_onnx, monkeypatch
):
    started = []
    monkeypatch.setattr(jobs, "start_detached", lambda _m, folder, _log: started.append(folder))

    app = press(open_page("prediction"), "prediction.onnx")

    assert not app.exception
    assert len(started) == 1
    assert not app.get("plotly_chart")
    assert "Starting" in app.get("progress")[0].proto.text


def test_prediction_says_where_the_onnx_file_lies_and_how_exact_it_is(
    open_page, runnable_run, workspace, with_onnx
):
    onnx_export.run_job(workspace, onnx_export.export_arguments(runnable_run), ignore)

    app = open_page("prediction")

    folder = workspace.exports_dir / f"{runnable_run.run_id}-onnx"
    assert f"Written to {folder}" in shown(app.text)
    assert any(
        "at most 2.0e-06 on 8 texts (1.0e-04 allowed)" in text for text in shown(app.caption)
    )
    assert app.button(key="prediction.onnx").label == "Write the ONNX file again"


def test_prediction_without_the_onnx_libraries_says_what_to_install(
    open_page, runnable_run, monkeypatch
):
    monkeypatch.setattr(onnx_export, "find_spec", lambda _: None)

    app = open_page("prediction")

    assert "pip install -r requirements-onnx.txt" in shown(app.info)[0]
    assert "Write the ONNX file" not in [button.label for button in app.button]
