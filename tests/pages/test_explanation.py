"""Tests of the Attention page: where the model looks while it reads one text."""

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from tests.pages.conftest import (
    HOSTILE_TEXT,
    as_shown,
    chart,
    save_model,
    set_parameters,
    shown,
)
from textcls_core.files import read_json, write_json
from textcls_core.models.classifier import Classifier
from textcls_core.wording import percent

EXAMPLE = "the old dog"  # how the first test row begins


@pytest.fixture
def row(toy_dataset):
    """Row id, text and class of a row of the test split."""
    position = int(toy_dataset.indices("test")[0])
    name = toy_dataset.label_names[toy_dataset.label_ids[position]]
    return SimpleNamespace(
        row_id=toy_dataset.row_ids()[position], text=toy_dataset.texts()[position], label=name
    )


@pytest.fixture
def open_page(open_page):
    """Open the page at the weights on the text and the matrix, unless the link says otherwise."""
    return lambda page, **parameters: open_page(page, **{"look": "Matrix", **parameters})


def words(app):
    """Return what the component draws."""
    return json.loads(app.get("bidi_component")[0].proto.json)


def weights(app):
    """Return the shares in the titles of the words."""
    return [float(title.removesuffix(" %")) / 100 for title in words(app)["titles"]]


def opacity(color):
    return float(color.removesuffix(")").split(",")[-1])


def press_labelled(app, text):
    return next(button for button in app.button if button.label == text).click().run()


def change(file, **settings):
    write_json(file, read_json(file) | settings)


def look_at(app, text):
    return app.text_area[0].set_value(text).run()


def matrix(app):
    return chart(app, 1)


def test_explanation_without_a_run_leads_to_training(open_page):
    app = open_page("explanation")
    app.button[0].click().run()

    assert not app.exception
    assert app.title[0].value == "Train"


def test_explanation_opens_with_an_example(open_page, runnable_run):
    app = open_page("explanation")

    assert not app.exception
    assert app.text_area[0].value == EXAMPLE
    assert words(app)["words"] == ["[CLS]", "the", "old", "dog", "[SEP]"]
    assert "How a text of the data set begins. Type or paste any other." in shown(app.caption)


def test_explanation_of_a_run_whose_data_set_is_gone_asks_for_a_text(
    open_page, runnable_run, workspace
):
    shutil.rmtree(workspace.datasets_dir / runnable_run.config.dataset_fingerprint[:16])

    app = open_page("explanation")

    assert not app.exception
    assert app.text_area[0].value == ""
    assert words(look_at(app, "a cat"))["words"] == ["[CLS]", "a", "cat", "[SEP]"]


def test_explanation_says_that_attention_is_no_reason(open_page, runnable_run):
    app = open_page("explanation")

    assert shown(app.info)[0].startswith("Attention shows where the model looks, not why")


def test_explanation_shows_the_probability_of_every_class(open_page, runnable_run):
    bars = chart(open_page("explanation"))

    assert sorted(bars["layout"]["yaxis"]["ticktext"]) == ["animals", "food", "weather"]
    assert sum(bars["data"][0]["x"]) == pytest.approx(1)


def test_explanation_weights_are_those_of_the_deciding_token(open_page, runnable_run):
    app = open_page("explanation")

    drawn, shares = words(app), weights(app)
    assert sum(shares) == pytest.approx(1, abs=1e-3)
    assert drawn["marked"] == [0]
    assert drawn["special"][0] is drawn["special"][-1] is True
    strength = [opacity(color) for color in drawn["colors"]]
    assert strength.index(max(strength)) == shares.index(max(shares[1:-1]))
    assert strength[0] == strength[-1] == min(strength)


def test_explanation_of_a_typed_text(open_page, runnable_run):
    app = look_at(open_page("explanation"), "the old cat was here")

    assert words(app)["words"] == ["[CLS]", "the", "old", "cat", "was", "here", "[SEP]"]
    assert matrix(app)["layout"]["yaxis"]["ticktext"] == words(app)["words"]


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_explanation_of_no_text_asks_for_one(open_page, runnable_run, text):
    app = look_at(open_page("explanation"), text)

    assert not app.exception
    assert "Type or paste a text to look at." in [element.value for element in app.text]


def test_explanation_keeps_a_typed_text_while_a_view_needs_none(open_page, runnable_run):
    app = look_at(open_page("explanation"), "the old cat was here")
    set_parameters(app, panel="Trust")
    set_parameters(app, panel="Heads")

    assert app.text_area[0].value == "the old cat was here"
    assert words(app)["words"][1:-1] == ["the", "old", "cat", "was", "here"]


def test_explanation_row_in_the_link_is_looked_at(open_page, runnable_run, row):
    app = open_page("explanation", run=runnable_run.run_id, row=row.row_id)

    assert not app.exception
    assert app.text_area[0].value == row.text
    assert as_shown(app.markdown[0].value) == f":gray-badge[true: {row.label}]"
    assert f"Row {row.row_id}, test" in shown(app.caption)


def test_explanation_of_a_row_can_be_left_for_a_text_of_my_own(open_page, runnable_run, row):
    app = open_page("explanation", row=row.row_id)
    next(button for button in app.button if "my own" in button.label).click().run()

    assert "row" not in app.query_params
    assert app.text_area[0].value == EXAMPLE


def test_explanation_gives_the_typed_text_back_after_a_row(open_page, runnable_run, row):
    app = look_at(open_page("explanation"), "the old cat was here")
    set_parameters(app, row=row.row_id)
    assert app.text_area[0].value == row.text
    next(button for button in app.button if "my own" in button.label).click().run()

    assert app.text_area[0].value == "the old cat was here"


def test_explanation_is_one_click_from_a_mistake(open_page, runnable_run, toy_dataset):
    app = open_page("mistakes", run=runnable_run.run_id)
    app.session_state["view.explanation"] = "Words"  # where the Attention page was left
    press_labelled(app, "Look at its attention")

    assert not app.exception
    assert app.title[0].value == "Attention"
    assert app.query_params["run"] == runnable_run.run_id
    place = toy_dataset.position(app.query_params["row"])
    assert app.text_area[0].value == toy_dataset.texts()[place]


def test_explanation_leads_to_the_mistakes_page_and_keeps_run_and_row(open_page, runnable_run, row):
    app = open_page("explanation", run=runnable_run.run_id, row=row.row_id)
    press_labelled(app, "Read it on Mistakes")

    assert not app.exception
    assert app.title[0].value == "Mistakes"
    assert app.query_params["run"] == runnable_run.run_id
    assert app.query_params["row"] == row.row_id


@pytest.mark.parametrize("row_id", ["nope", "../../etc", "x" * 100_000, HOSTILE_TEXT])
def test_explanation_unknown_row_in_the_link_is_ignored_with_a_note(
    open_page, runnable_run, row_id
):
    app = open_page("explanation", row=row_id)

    assert not app.exception
    assert shown(app.toast) == ["The link names a row that does not exist here; it was ignored."]
    assert app.text_area[0].value == EXAMPLE


@pytest.mark.parametrize("run_id", ["nope", "../../etc", "x" * 100_000])
def test_explanation_unknown_run_in_the_link_is_a_message(open_page, runnable_run, run_id):
    app = open_page("explanation", run=run_id)

    assert not app.exception
    assert "The run in this link does not exist" in shown(app.warning)[0]
    assert words(app)["words"]


def test_explanation_layer_and_head_in_the_link_are_effective(open_page, runnable_run):
    mean = weights(open_page("explanation"))

    one = weights(open_page("explanation", layer="1", head="0"))

    assert not np.allclose(one, mean, atol=1e-4)
    assert sum(one) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(("name", "value"), [("layer", "2"), ("layer", "-1"), ("head", "x")])
def test_explanation_unknown_layer_or_head_is_ignored_with_a_note(
    open_page, runnable_run, name, value
):
    app = open_page("explanation", **{name: value})

    assert not app.exception
    assert shown(app.toast) == [
        f"The link names a {name} that does not exist here; it was ignored."
    ]


def test_explanation_shows_sub_tokens_on_demand(open_page, runnable_run):
    app = look_at(open_page("explanation"), "catdog")
    app.toggle(key="attention.tokens").set_value(True).run()

    assert words(app)["words"] == ["[CLS]", "cat", "##d", "##o", "##g", "[SEP]"]


def test_explanation_looks_from_the_clicked_word(open_page, runnable_run):
    app = open_page("explanation")
    app.session_state["attention.from"] = {
        "view": f"{runnable_run.run_id}   False {EXAMPLE}",
        "position": 1,
    }
    app.run()

    assert words(app)["marked"] == [1]
    assert any("Seen from the clicked word (the)" in text for text in shown(app.caption))


def test_explanation_click_in_another_text_is_forgotten(open_page, runnable_run):
    app = open_page("explanation")
    app.session_state["attention.from"] = {
        "view": f"{runnable_run.run_id}   False {EXAMPLE}",
        "position": 1,
    }
    look_at(app, "a cat")

    assert not app.exception
    assert words(app)["marked"] == [0]


def test_explanation_of_a_long_text_says_what_is_read(open_page, runnable_run):
    change(runnable_run.folder / "config.json", max_length=64)

    app = look_at(open_page("explanation"), "cat " * 500)

    assert not app.exception
    assert "Explained: the first 64 of 502 tokens; the run reads no more." in shown(app.caption)
    assert not any("Of the whole text" in text for text in shown(app.caption))


def test_explanation_of_a_window_gives_the_answer_to_the_whole_text(open_page, runnable_run):
    change(runnable_run.folder / "config.json", max_length=64, long_documents="windows")
    change(runnable_run.model_dir / "textcls.json", long_documents="windows")
    text = "cat " * 60 + "soup " * 200
    classifier = Classifier.load(runnable_run.model_dir)
    whole = classifier.predict_probabilities([text])[0]

    app = look_at(open_page("explanation"), text)

    answer = f"{classifier.label_names[whole.argmax()]} {percent(whole.max())}"
    assert not app.exception
    assert (
        "Looked at: window 1 of 6, words 1 to 62. The run reads all of these windows, and its "
        "answer is their mean." in shown(app.caption)
    )
    assert (
        f"These are the probabilities of this window by itself. Of the whole text: {answer}."
        in shown(app.caption)
    )


def test_explanation_of_arabic_and_chinese_shows_whole_words(open_page, runnable_run):
    app = look_at(open_page("explanation"), "مرحبا 你好")

    assert words(app)["words"] == ["[CLS]", "مرحبا", "你", "好", "[SEP]"]


def test_explanation_shows_hostile_text_as_it_is(
    open_page, hostile_run, hostile_dataset, tiny_model_dir
):
    save_model(hostile_run.model_dir, hostile_dataset, tiny_model_dir)

    app = look_at(open_page("explanation"), HOSTILE_TEXT)

    assert not app.exception
    assert "<" in words(app)["words"]
    assert "&lt;" in matrix(app)["layout"]["yaxis"]["ticktext"]
    assert chart(app)["layout"]["yaxis"]["ticktext"][0].count("<") == 0


def test_explanation_without_the_model_is_a_message(open_page, toy_run):
    app = open_page("explanation")

    assert not app.exception
    assert "is not a model folder: config.json is missing" in shown(app.error)[0]


def test_explanation_with_a_damaged_model_is_a_message(open_page, runnable_run):
    (runnable_run.model_dir / "model.safetensors").write_bytes(b"x" * 100)

    app = open_page("explanation")

    assert not app.exception
    assert "cannot be loaded for classification" in shown(app.error)[0]
