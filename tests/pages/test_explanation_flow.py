"""Tests of the look Flow: rollout and gradient-weighted rollout on the text."""

import json

import pytest

from tests.explanation.families import LONG, save_family
from tests.pages.conftest import HOSTILE_TEXT, chart, save_model, shown
from tests.pages.test_explanation import look_at


def drawn(app, position):
    """Return what one of both components draws, and its shares."""
    found = json.loads(app.get("bidi_component")[position].proto.json)
    return found, [float(title.removesuffix(" %")) / 100 for title in found["titles"]]


def test_flow_shows_both_rollouts_as_shares(open_page, runnable_run):
    app = open_page("explanation", look="Flow")

    assert not app.exception
    for position in (0, 1):
        words, shares = drawn(app, position)
        assert words["words"][:3] == ["[CLS]", "the", "old"]
        assert sum(shares) == pytest.approx(1, abs=1e-3)
    assert drawn(app, 0)[1] != drawn(app, 1)[1]


def test_flow_ends_with_the_last_layer(open_page, runnable_run):
    app = open_page("explanation", look="Flow")

    layers = chart(app, 1)["data"][0]
    assert layers["y"] == [1, 2]
    assert layers["customdata"][0] == drawn(app, 0)[0]["words"]


def test_flow_of_another_class_weighs_otherwise(open_page, runnable_run):
    other = {"animals": "food", "food": "weather", "weather": "animals"}
    first = open_page("explanation", look="Flow")
    heading = next(text for text in shown(first.subheader) if text.startswith("Gradient"))
    wanted = other[heading.split()[-1]]

    app = open_page("explanation", look="Flow", flow_label=wanted)

    assert f"Gradient-weighted rollout for {wanted}" in shown(app.subheader)
    assert drawn(app, 0) == drawn(first, 0)
    assert drawn(app, 1) != drawn(first, 1)


def test_flow_unknown_class_in_the_link_is_ignored_with_a_note(open_page, runnable_run):
    app = open_page("explanation", look="Flow", flow_label=HOSTILE_TEXT)

    assert not app.exception
    assert "it was ignored" in shown(app.toast)[0]


def test_flow_of_a_long_text_says_which_part_of_it_is_followed(open_page, toy_run):
    save_family("bert", toy_run.model_dir, max_length=LONG)

    app = look_at(open_page("explanation", look="Flow"), "the old cat was here " * 480)

    assert len(drawn(app, 0)[0]["words"]) < 2_402
    said = "Explained: the first 2,048 of 2,402 tokens; the run reads no more."
    assert said in shown(app.caption)


def test_flow_shows_hostile_text_as_it_is(open_page, hostile_run, hostile_dataset, tiny_model_dir):
    save_model(hostile_run.model_dir, hostile_dataset, tiny_model_dir)

    app = look_at(open_page("explanation", look="Flow"), HOSTILE_TEXT)

    assert not app.exception
    assert "<" in drawn(app, 0)[0]["words"]
    assert "&lt;" in chart(app, 1)["layout"]["xaxis"]["ticktext"]
