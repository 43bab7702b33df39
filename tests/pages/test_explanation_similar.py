"""Tests of similar training rows below the text that is explained: typed, a row, or a variant."""

from unittest.mock import Mock

import pytest

from tests.pages.conftest import HOSTILE_TEXT, press, select_row, set_parameters, shown
from textcls_core.embeddings.computing import compute_embeddings
from textcls_core.errors import ModelError


@pytest.fixture
def open_similar(open_page):
    """Open a view of a text with the similar rows open."""
    return lambda **given: open_page(
        "explanation", **{"panel": "Attributions", "similar_rows": "true", **given}
    )


@pytest.fixture
def embedded(workspace, runnable_run):
    """A run whose encoder embedded its rows."""
    compute_embeddings(workspace, "toy", runnable_run.run_id)
    return runnable_run


def similar_table(app):
    return next(one.value for one in app.dataframe if "similarity" in one.value)


def look_at(app, text):
    return app.text_area[0].set_value(text).run()


def test_similar_rows_are_looked_up_only_when_asked_for(open_page, embedded):
    app = open_page("explanation", panel="Attributions")

    assert "Similar training rows" in [one.label for one in app.expander]
    assert not [one for one in app.dataframe if "similarity" in one.value]


def test_similar_rows_of_a_typed_text_offer_to_embed_the_rows(
    open_similar, runnable_run, monkeypatch
):
    started = Mock()
    monkeypatch.setattr("pages._app.job_view.start_job", started)
    app = press(open_similar(), "similar.embed")

    assert not app.exception
    assert started.call_args.args[2] == {
        "fingerprint": runnable_run.config.dataset_fingerprint, "source": runnable_run.run_id
    }  # fmt: skip


def test_similar_rows_of_a_typed_text_are_compared_with_the_answer(
    open_similar, embedded, toy_dataset
):
    text = toy_dataset.texts(toy_dataset.indices("train")[:1])[0]
    app = look_at(open_similar(), f"{text.upper()}!")

    found = similar_table(app)
    assert not app.exception
    assert len(found) == 10
    assert found["text"][0] == text
    assert found["copy"][0] == "same text"
    assert found["similarity"].tolist() == sorted(found["similarity"], reverse=True)
    said = next(one for one in shown(app.caption) if "than the answer" in one)
    answer = said.split("than the answer, ")[1].split(".")[0]
    agrees = ["✓ same label" if name == answer else "⚠ conflict" for name in found["label"]]
    assert found["agrees"].tolist() == agrees
    assert f"{agrees.count('⚠ conflict')} of the 10 nearest" in said
    alerts = " ".join([*shown(app.warning), *shown(app.info)])
    assert "Found in training" in alerts


def test_similar_rows_of_a_row_are_compared_with_its_label(open_similar, embedded, toy_dataset):
    position = int(toy_dataset.indices("test")[0])
    app = open_similar(row=toy_dataset.row_ids()[position])

    label = toy_dataset.label_names[toy_dataset.label_ids[position]]
    found = similar_table(app)
    assert not app.exception
    assert found["agrees"].tolist() == [
        "✓ same label" if name == label else "⚠ conflict" for name in found["label"]
    ]
    assert any("another label than this example" in text for text in shown(app.caption))


def test_similar_rows_of_a_changed_row_are_those_of_the_text(open_similar, embedded, toy_dataset):
    app = open_similar(row=toy_dataset.row_ids(toy_dataset.indices("test")[:1])[0])
    app = look_at(app, "snow and rain")

    assert not app.exception
    assert any("another label than the answer" in text for text in shown(app.caption))


def test_a_similar_row_that_is_selected_is_looked_at_in_its_place(
    open_similar, embedded, toy_dataset
):
    app = open_similar()
    text = similar_table(app)["text"][2]
    app = select_row(app, "similar.table.own.text", 2)

    assert not app.exception
    assert app.title[0].value == "Attention"
    assert app.text_area[0].value == text
    place = toy_dataset.position(app.query_params["row"])
    assert toy_dataset.texts()[place] == text
    assert app.query_params["panel"] == "Attributions"


def test_similar_rows_of_a_variant_are_one_click_away(open_similar, embedded, toy_dataset):
    from pages._app.explanation_what_if_edit import link_value

    text = "the old cat was here"
    app = look_at(open_similar(panel="What if"), text)
    before = similar_table(app)["text"].tolist()
    same = [one.label for one in app.segmented_control]
    variant = toy_dataset.texts(toy_dataset.indices("train")[-1:])[0]
    app = open_similar(panel="What if")
    app.query_params["what_if"] = link_value(text, variant)
    app = look_at(app, text)

    assert not app.exception
    assert "Rows similar to" not in same
    assert similar_table(app)["text"].tolist() == before
    app = set_parameters(app, similar_to="variant")
    assert similar_table(app)["text"][0] == variant


@pytest.mark.parametrize("text", ["", "   "])
def test_no_text_has_no_similar_rows(open_similar, embedded, text):
    app = look_at(open_similar(), text)

    assert not app.exception
    assert not app.expander


def test_a_hostile_text_has_similar_rows(open_similar, embedded):
    app = look_at(open_similar(), HOSTILE_TEXT)

    assert not app.exception
    assert len(similar_table(app)) == 10


def test_an_encoder_that_is_gone_is_a_message(open_similar, embedded, monkeypatch):
    gone = Mock(side_effect=ModelError("The model is *gone*. Train it again."))
    monkeypatch.setattr("textcls_core.embeddings.encoder.TextEncoder.load", gone)
    app = open_similar()

    assert not app.exception
    assert shown(app.error) == ["The model is *gone*. Train it again."]


def test_similar_rows_stand_beside_texts_that_are_compared(open_similar, embedded):
    app = open_similar(panel="Compare")

    assert not app.exception
    assert len(similar_table(app)) == 10
