"""Tests of the looks at attention: from text to text, and all heads at a glance."""

import json

import pytest

from tests.explanation.families import LONG, save_family
from tests.pages.conftest import HOSTILE_TEXT, chart, save_model, shown
from textcls_core.explanation.edges import STEPS

LONG_TEXT = "the old cat was here " * 240


@pytest.fixture
def run_with(toy_run):
    """Give the finished run a random model of another family."""

    def give(family, **options):
        save_family(family, toy_run.model_dir, **options)
        return toy_run

    return give


def view(app):
    """Return what the component draws."""
    return json.loads(app.get("bidi_component")[0].proto.json)


def look_at(app, text):
    return app.text_area[0].set_value(text).run()


def captions(app):
    return " ".join(shown(app.caption))


def test_attention_opens_from_text_to_text_with_the_mean_of_all(open_page, runnable_run):
    app = open_page("explanation")

    drawn = view(app)
    assert not app.exception
    assert drawn["words"][:3] == ["[CLS]", "the", "old"]
    assert drawn["looks_from"] == 0
    assert [head["name"] for head in drawn["heads"]] == ["mean of all heads"]
    assert "Mean of all layers, mean of all heads." in captions(app)


def test_text_to_text_sends_lines_that_sum_to_what_is_said(open_page, runnable_run):
    app = open_page("explanation", layer="1", head="0")

    drawn = view(app)
    head = drawn["heads"][0]
    size = len(drawn["words"])
    assert head["starts"][-1] == len(head["keys"]) == len(head["weights"])
    share = sum(head["weights"]) / STEPS / size
    assert f"Drawn are the strongest lines, {share:.0%} of".replace("%", " %") in captions(app)
    assert 0.95 <= share <= 1


def test_text_to_text_lays_several_heads_over_one_another(open_page, runnable_run):
    app = open_page("explanation", layer="1", head="0,1")

    heads = view(app)["heads"]
    assert [head["name"] for head in heads] == ["head 1", "head 2"]
    assert heads[0]["color"] != heads[1]["color"]
    assert heads[0]["weights"] != heads[1]["weights"]
    assert "Layer 2, heads 1 and 2." in captions(app)


def test_text_to_text_shows_sub_tokens_and_leaves_out_special_ones_on_demand(
    open_page, runnable_run
):
    app = look_at(open_page("explanation"), "catdog")
    app.toggle(key="attention.tokens").set_value(True)
    app.toggle(key="attention.hide_special").set_value(True).run()

    drawn = view(app)
    assert drawn["words"] == ["[CLS]", "cat", "##d", "##o", "##g", "[SEP]"]
    assert drawn["special"] == [True, False, False, False, False, True]
    assert drawn["hide_special"] is True


def test_text_to_text_says_that_a_causal_model_sees_one_side_only(open_page, run_with):
    run_with("gpt2")

    app = open_page("explanation")

    drawn = view(app)
    assert not app.exception
    assert drawn["is_causal"] is True
    assert drawn["looks_from"] == len(drawn["words"]) - 1
    assert "hatched words are out of sight" in captions(app)


def test_matrix_of_a_causal_model_greys_what_is_out_of_sight(open_page, run_with):
    run_with("gpt2")

    app = open_page("explanation", look="Matrix")

    assert len(chart(app, 1)["data"]) == 2
    assert "Grey is out of sight" in captions(app)


@pytest.mark.parametrize("look", ["Text to text", "Matrix"])
def test_model_that_averages_has_no_classified_token(open_page, run_with, look):
    run_with("bert", pooling="mean")

    app = open_page("explanation", look=look)

    drawn = view(app)
    assert not app.exception
    assert drawn.get("looks_from", drawn.get("from")) is None
    assert "classifies the mean" in captions(app) or "whose mean is classified" in captions(app)


@pytest.mark.parametrize("look", ["Text to text", "Matrix", "All heads"])
def test_attention_of_a_run_with_several_labels(open_page, topics_run, look):
    save_family("bert", topics_run.model_dir, task="multi_label")

    app = open_page("explanation", look=look)

    assert not app.exception
    assert len(chart(app)["data"][0]["x"]) == 3
    assert view(app)


@pytest.mark.parametrize("look", ["Text to text", "Matrix", "All heads"])
def test_long_text_is_shown_in_parts(open_page, run_with, look):
    run_with("bert", max_length=LONG)

    app = look_at(open_page("explanation", look=look), LONG_TEXT)
    app = app.selectbox(key="choose.part").set_value("1").run()

    assert not app.exception
    assert app.query_params["part"] == "1"
    assert "The text has 1,202 tokens" in captions(app)
    assert "are read;" not in captions(app)
    if look == "Text to text":
        assert view(app)["words"][1] == "… 400 tokens …"
        assert view(app)["special"][1] is True


@pytest.mark.parametrize("part", ["9", "x", "9" * 5_000, "\u0663"])
def test_unknown_part_in_the_link_is_ignored_with_a_note(open_page, run_with, part):
    run_with("bert", max_length=LONG)

    app = look_at(open_page("explanation"), LONG_TEXT)
    app.query_params["part"] = part
    app.run()

    assert not app.exception
    assert "part of the text that does not exist" in " ".join(shown(app.toast))


def test_text_to_text_sends_hostile_text_as_it_is(
    open_page, hostile_run, hostile_dataset, tiny_model_dir
):
    save_model(hostile_run.model_dir, hostile_dataset, tiny_model_dir)

    app = look_at(open_page("explanation"), HOSTILE_TEXT)

    assert not app.exception
    assert "<" in view(app)["words"]


def test_all_heads_shows_every_head_in_its_place(open_page, runnable_run):
    app = open_page("explanation", look="All heads")

    drawn = view(app)
    places = [(head["layer"], head["head"]) for head in drawn["heads"]]
    assert not app.exception
    assert drawn["by_place"] is True
    assert places == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert drawn["heads"][0]["title"] == "Open layer 1, head 1"
    assert len(app.dataframe[0].value) == 4


def test_all_heads_are_ordered_by_a_statistic(open_page, runnable_run):
    app = open_page("explanation", look="All heads", heads_by="entropy", heads_first="smallest")

    drawn = view(app)
    table = app.dataframe[0].value
    assert drawn["by_place"] is False
    assert list(table["entropy"]) == sorted(table["entropy"])
    first = table.iloc[0]
    assert drawn["heads"][0]["note"] == (
        f"layer {first['layer']:.0f}, head {first['head']:.0f} · {first['entropy']:.1f}"
    )
    assert "How spread out a token looks" in captions(app)


@pytest.mark.parametrize("name", ["heads_by", "heads_first", "heads_shown", "look"])
def test_unknown_order_in_the_link_is_ignored_with_a_note(open_page, runnable_run, name):
    app = open_page("explanation", **{"look": "All heads", name: "nope"})

    assert not app.exception
    assert "does not exist here; it was ignored." in shown(app.toast)[0]


def test_table_of_heads_opens_one_from_text_to_text(open_page, runnable_run):
    app = open_page("explanation", look="All heads")
    selection = {"selection": {"rows": [3], "columns": [], "cells": []}}
    heads = ((1, 1), (1, 2), (2, 1), (2, 2))
    app.session_state[f"attention.table.{hash(heads)}"] = selection
    app.run()
    next(button for button in app.button if button.label == "Open layer 2, head 2").click().run()

    assert "look" not in app.query_params
    assert (app.query_params["layer"], app.query_params["head"]) == ("1", "1")
    assert "Layer 2, head 2." in captions(app)


@pytest.mark.parametrize("look", ["Matrix", "All heads"])
def test_colours_are_explained_for_both_themes(open_page, runnable_run, look):
    app = open_page("explanation", look=look)

    assert "stronger colour" in captions(app).lower()
    assert "darker" not in captions(app).lower()
