"""Tests of the Save control: each view notes what it draws, and the file holds it."""

import pytest

from pages._app import saving
from tests.pages.conftest import HOSTILE_TEXT, save_model
from tests.reporting.cases import Document
from textcls_core.reporting.explanation_page import (
    ColouredWords,
    Drawing,
    Fact,
    Heading,
    Sentence,
    Table,
)


@pytest.fixture
def noted(monkeypatch):
    """What the view that was opened last has noted."""
    parts = []

    def offer(_run, view, given):
        parts[:] = [view, *given]

    monkeypatch.setattr(saving, "_offer", offer)
    return parts


def kinds(parts):
    return [type(part) for part in parts[1:]]


def test_save_stands_beside_the_views(open_page, runnable_run):
    app = open_page("explanation", panel="Attributions", method="occlusion")
    [control] = app.get("popover")
    assert not control.proto.popover.disabled
    assert not app.get("download_button")
    app.session_state[saving.OPEN] = True
    app.run()

    (button,) = app.get("download_button")
    assert not app.exception
    assert button.label == "HTML"
    assert button.proto.url or button.proto.deferred_file_id


def test_attributions_are_saved_with_text_words_charts_and_meaning(open_page, runnable_run, noted):
    open_page("explanation", panel="Attributions", method="occlusion", label="food")

    facts = {part.name: part.value for part in noted[1:] if isinstance(part, Fact)}
    assert noted[0] == "Attributions"
    assert facts["Method"] == "Leave out words"
    assert facts["Explained"] == "food"
    assert facts["Text"] == "the old dog"
    assert runnable_run.run_id in facts["Run"]
    assert facts["Data set"].startswith("toy")
    assert kinds(noted).count(Drawing) == 2
    assert kinds(noted).count(ColouredWords) == 1
    assert "How far the score falls" in next(
        part.text for part in noted[2:] if isinstance(part, Sentence) and "score falls" in part.text
    )


def test_heads_are_saved_with_what_attention_is_not(open_page, runnable_run, noted):
    open_page("explanation", look="Matrix")

    said = [part.text for part in noted[1:] if isinstance(part, Sentence)]
    assert any("not why it decides" in sentence for sentence in said)
    assert {ColouredWords, Drawing} <= set(kinds(noted))


def test_lines_from_text_to_text_are_saved_as_a_table_of_the_strongest(
    open_page, runnable_run, noted
):
    open_page("explanation", layer="1", head="0")

    assert Fact("Heads", "layer 2, head 1") in noted
    (table,) = [part for part in noted[1:] if isinstance(part, Table)]
    weights = [record["weight"] for record in table.records]
    assert weights == sorted(weights, reverse=True)
    assert 0 < len(weights) <= 50


def test_flow_is_saved_with_what_each_part_means(open_page, runnable_run, noted):
    open_page("explanation", look="Flow", flow_label="food")

    headings = [part.text for part in noted[1:] if isinstance(part, Heading)]
    said = [part.text for part in noted[1:] if isinstance(part, Sentence)]
    assert headings == [
        "Rollout",
        "Gradient-weighted rollout for food",
        "Rollout, layer by layer",
    ]
    assert any("mean over heads (Abnar and Zuidema 2020)" in sentence for sentence in said)


def test_both_texts_are_saved_side_by_side(open_page, runnable_run, noted):
    open_page("explanation", panel="Compare", method="occlusion")

    facts = {part.name: part.value for part in noted[1:] if isinstance(part, Fact)}
    assert facts["First text"] == "the old dog"
    assert facts["Second text"] == "the old bread was here"
    headings = [part.text for part in noted[1:] if isinstance(part, Heading)]
    assert headings == ["First text", "Second text"]
    (table,) = [part for part in noted[1:] if isinstance(part, Table)]
    assert table.title == "Words whose scores differ most"


def test_a_row_that_was_edited_is_not_saved_as_the_row(open_page, runnable_run, noted):
    row_id = runnable_run.predictions("test").row_ids[0]
    app = open_page("explanation", panel="Attributions", method="occlusion", row=row_id)
    assert any(isinstance(part, Fact) and part.name == "Row" for part in noted[1:])

    app.text_area[0].set_value("the old horse is a horse").run()

    facts = {part.name: part.value for part in noted[1:] if isinstance(part, Fact)}
    assert "Row" not in facts
    assert facts["Text"] == "the old horse is a horse"
    assert any("no longer the text of the row" in caption.value for caption in app.caption)


def test_a_view_without_results_has_nothing_to_save(open_page, runnable_run):
    app = open_page("explanation", panel="Trust")

    [control] = app.get("popover")
    assert control.proto.popover.disabled


def test_a_hostile_text_is_saved_as_text(
    open_page, hostile_run, hostile_dataset, tiny_model_dir, noted, monkeypatch
):
    save_model(hostile_run.model_dir, hostile_dataset, tiny_model_dir)
    app = open_page("explanation", panel="Attributions", method="occlusion")
    app.text_area[0].set_value(HOSTILE_TEXT).run()
    monkeypatch.setattr("textcls_core.reporting.explanation_page._plotly", lambda: "")

    content = saving._page(noted[0], tuple(noted[1:]))

    document = Document(content)
    assert "img" not in document.names
    assert HOSTILE_TEXT in document.text
