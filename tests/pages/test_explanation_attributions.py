"""Tests of the Attributions view: which words speak for a class, and how exactly that is known."""

import json
from contextlib import contextmanager

import pytest
import streamlit as st

from pages._app import controls
from tests.pages.conftest import HOSTILE_TEXT, chart, markdown_of, save_model, shown
from textcls_core.evaluation.decision import Decision, write_decision
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.explanation import attributions
from textcls_core.explanation.default_label import NO_ANSWER


def open_view(open_page, **parameters):
    return open_page("explanation", panel="Attributions", **parameters)


def words(app):
    """Return what the component draws."""
    return json.loads(app.get("bidi_component")[0].proto.json)


def caption(app, start):
    return next(text for text in shown(app.caption) if text.startswith(start))


def test_attributions_colour_every_word(open_page, runnable_run):
    app = open_view(open_page)

    drawn = words(app)
    assert not app.exception
    assert drawn["words"][:3] == ["[CLS]", "the", "old"]
    assert len(drawn["colors"]) == len(drawn["titles"]) == len(drawn["words"])
    assert any(color.startswith("rgba(190,74,20") for color in drawn["colors"])


def test_attributions_of_a_text_without_an_answer_say_so(open_page, runnable_run):
    rule = DecisionRule(abstain_below=0.99)
    write_decision(runnable_run.model_dir, Decision(rule=rule))

    app = open_view(open_page, method="occlusion")

    assert NO_ANSWER in shown(app.caption)


def test_attributions_say_how_much_is_unexplained(open_page, runnable_run):
    app = open_view(open_page)

    said = caption(app, "The words add up to")
    assert "a gap of 0." in said
    assert "steps from padding to the text." in said


@pytest.mark.parametrize("method", ["gradient_x_input", "occlusion", "occlusion_sentence"])
def test_attributions_by_another_method_have_no_gap(open_page, runnable_run, method):
    app = open_view(open_page, method=method)

    assert not app.exception
    assert words(app)["titles"]
    assert not [text for text in shown(app.caption) if "add up to +" in text]


def test_attributions_bars_are_the_strongest_words(open_page, runnable_run):
    app = open_view(open_page, method="occlusion")

    bars = chart(app, 1)["data"][0]["x"]
    scores = [float(title) for title in words(app)["titles"][1:-1]]
    assert abs(bars[0]) == pytest.approx(max(map(abs, scores)), abs=1e-3)
    assert [abs(bar) for bar in bars] == sorted((abs(bar) for bar in bars), reverse=True)


def test_attributions_of_one_class_against_another(open_page, runnable_run):
    app = open_view(open_page, method="occlusion", label="food", against="animals")

    assert shown(app.subheader)[0] == "What speaks for food rather than animals"
    assert "minus that of animals" in chart(app, 1)["layout"]["xaxis"]["title"]["text"]


def test_attributions_of_a_class_against_itself_are_refused(open_page, runnable_run):
    app = open_view(open_page, label="food", against="food")

    assert not app.exception
    assert shown(app.warning)[0].startswith('Expected two classes, got "food" twice')


def test_attributions_by_sub_token(open_page, runnable_run):
    app = open_view(open_page, method="occlusion")
    app.text_area[0].set_value("catdog").run()
    app.toggle(key="attribution.tokens").set_value(True).run()

    assert words(app)["words"] == ["[CLS]", "cat", "##d", "##o", "##g", "[SEP]"]


def test_attributions_lead_to_the_trust_meter(open_page, runnable_run):
    app = open_view(open_page, method="occlusion")

    assert "Trust measures which of them to believe" in shown(app.info)[0]


def test_attributions_of_hostile_names_and_texts(
    open_page, hostile_run, hostile_dataset, tiny_model_dir
):
    save_model(hostile_run.model_dir, hostile_dataset, tiny_model_dir)
    app = open_view(open_page, method="occlusion")
    app.text_area[0].set_value(HOSTILE_TEXT).run()

    assert not app.exception
    assert "<" in words(app)["words"]
    assert "&lt;" in chart(app, 1)["layout"]["yaxis"]["ticktext"]
    assert not [markdown for markdown in markdown_of(app) if "![h](http" in markdown]


def test_attributions_by_lime_say_how_well_it_fits(open_page, runnable_run):
    app = open_view(open_page, method="lime")

    said = [*shown(app.caption), *shown(app.warning)]
    assert [text for text in said if text.startswith("A simple sum over the words accounts for")]


def test_attributions_by_shap_add_up(open_page, runnable_run):
    app = open_view(open_page, method="shap_partition")

    assert "a gap of 0.00 %" in caption(app, "The words add up to")


def test_attributions_show_how_far_they_are_and_are_made_once(
    open_page, runnable_run, workspace, monkeypatch
):
    told = []

    @contextmanager
    def progress_bar():
        yield lambda *amount: told.append(amount)

    monkeypatch.setattr(controls, "progress_bar", progress_bar)
    workspace.cache_dir.mkdir(exist_ok=True)
    (workspace.cache_dir / "attributions").write_text("a disk that refuses")

    app = open_view(open_page, method="occlusion")
    assert told[0][0] == 0
    assert told[0][1:] == (len(words(app)["words"]) - 1, "Asking the model about shortened texts")
    told.clear()
    app.run()

    assert not app.exception
    assert not told


def test_attributions_on_disk_need_no_model(open_page, runnable_run, monkeypatch):
    drawn = words(open_view(open_page, method="occlusion"))
    st.cache_resource.clear()
    monkeypatch.delattr(attributions, "load_attributable")

    app = open_view(open_page, method="occlusion")

    assert not app.exception
    assert words(app) == drawn
