"""Tests of the Attention page on a text that the model reads in windows."""

import json
import shutil

import pytest

from pages._app import explanation_heads_cache, explanation_moved
from tests.pages.conftest import chart, make_run, press, shown
from textcls_core.explanation.head_job import ensure_moved, ensure_survey
from textcls_core.files import read_json, write_json
from textcls_core.models.classifier import Classifier

TEXT = "cat " * 60 + "soup " * 40
"""Two windows of 64 tokens."""


@pytest.fixture
def run(runnable_run):
    """A finished run that reads up to four windows of 64 tokens."""
    for file in (runnable_run.folder / "config.json", runnable_run.model_dir / "textcls.json"):
        write_json(file, read_json(file) | {"long_documents": "windows", "max_windows": 4})
    config = runnable_run.folder / "config.json"
    write_json(config, read_json(config) | {"max_length": 64})
    return runnable_run


def look_at(app, text):
    return app.text_area[0].set_value(text).run()


def words(app):
    """Return the words that the first text on the page shows."""
    return json.loads(app.get("bidi_component")[0].proto.json)["words"]


def choice_of_window(app):
    return next((box for box in app.selectbox if box.key == "choose.window"), None)


def test_attributions_are_of_the_whole_text(open_page, run):
    app = look_at(open_page("explanation", panel="Attributions"), TEXT)

    assert not app.exception
    assert words(app) == ["[CLS]", *TEXT.split(), "[SEP]"]
    said = "Explained: all 102 tokens in windows of 64, whose mean is the answer."
    assert said in shown(app.caption)
    assert not any("Of the whole text" in text for text in shown(app.caption))


def test_attributions_show_the_deployed_answer(open_page, run):
    app = look_at(open_page("explanation", panel="Attributions"), TEXT)

    expected = sorted(Classifier.load(run.model_dir).predict_probabilities([TEXT])[0].tolist())
    drawn = sorted(chart(app, 0)["data"][0]["x"])
    assert drawn == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("look", ["Matrix", "All heads", "Text to text", "Flow"])
def test_a_window_is_chosen(open_page, run, look):
    app = look_at(open_page("explanation", look=look), TEXT)
    titles = choice_of_window(app).options

    app = choice_of_window(app).set_value("1").run()

    assert not app.exception
    assert titles == ["Window 1 of 2, words 1 to 62", "Window 2 of 2, words 47 to 100"]
    assert app.query_params["window"] == "1"
    assert any(text.startswith("Looked at: window 2 of 2") for text in shown(app.caption))


def test_a_window_has_its_own_words(open_page, run):
    app = look_at(open_page("explanation", look="Matrix", window="1"), TEXT)

    assert words(app) == ["[CLS]", *TEXT.split()[46:], "[SEP]"]


@pytest.mark.parametrize("window", ["2", "x", "-1", "01", "9" * 5_000, "\u0661"])
def test_a_window_that_is_not_there_is_ignored_with_a_note(open_page, run, window):
    app = look_at(open_page("explanation", look="Matrix"), TEXT)
    app.query_params["window"] = window

    app.run()

    assert not app.exception
    assert words(app)[1:3] == ["cat", "cat"]
    assert "window of the text that does not exist" in " ".join(shown(app.toast))


def test_a_text_of_one_window_has_no_choice(open_page, run):
    app = look_at(open_page("explanation", look="Matrix", window="1"), "a cat")

    assert not app.exception
    assert choice_of_window(app) is None
    assert not any("window" in text for text in shown(app.caption))


@pytest.fixture
def tuned_run(workspace, toy_dataset, toy_model_dir, tiny_model_dir, monkeypatch):
    """A run that began from the tiny model and reads up to four windows of 8 tokens."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    run = make_run(workspace, "toy", toy_dataset, {}, model=str(tiny_model_dir))
    shutil.copytree(toy_model_dir, run.model_dir)
    design, tokenizer = run.model_dir / "textcls.json", run.model_dir / "tokenizer_config.json"
    write_json(design, read_json(design) | {"long_documents": "windows", "max_windows": 4})
    write_json(tokenizer, read_json(tokenizer) | {"model_max_length": 8})
    return run


def test_a_row_before_and_after_training_is_shown_window_by_window(
    open_page, workspace, tuned_run, toy_dataset, monkeypatch
):
    ensure_moved(workspace, explanation_heads_cache.moved_of(tuned_run, "test", 50))
    rows = tuned_run.predictions("test").row_ids
    texts = toy_dataset.texts(toy_dataset.positions(rows))
    row = rows[max(range(len(texts)), key=lambda place: len(texts[place]))]
    monkeypatch.setattr(explanation_moved, "choose_row", lambda *_: row)
    app = open_page("explanation", panel="Compare", sides="Before and after training")
    first = words(app)

    app = choice_of_window(app).set_value("1").run()

    assert not app.exception
    before, after = (json.loads(each.proto.json) for each in app.get("bidi_component"))
    assert before["words"] == after["words"] != first
    press(app, "moved.open")
    assert (app.query_params["row"], app.query_params["window"]) == (row, "1")


def test_trust_says_how_windows_count(open_page, run):
    trust = open_page("explanation", panel="Trust")

    assert "A text in several windows is judged as a whole." in " ".join(shown(trust.markdown))


def test_heads_over_the_split_say_how_windows_count(open_page, run, workspace, monkeypatch):
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    ensure_survey(workspace, explanation_heads_cache.survey_of(run, "test", 200))

    app = open_page("explanation", look="Over the split")

    said = "A text in several windows counts once, with the mean of its windows."
    assert said in " ".join(shown(app.caption))


def test_two_runs_are_compared_on_a_text_in_windows(open_page, run):
    app = open_page("explanation", panel="Compare")

    app = look_at(app, TEXT)

    assert not app.exception
    assert any("Window 1 of 2, words 1 to 62." in text for text in shown(app.caption))
