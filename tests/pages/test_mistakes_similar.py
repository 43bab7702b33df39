"""Tests of similar training rows beside an example on the Mistakes page."""

from unittest.mock import Mock

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import HOSTILE_TEXT, make_run, select_row
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore
from textcls_core.embeddings.computing import compute_embeddings


def script(folder, row_id):
    from functools import partial
    from pathlib import Path

    import streamlit as st

    from pages._app.mistakes_similar import open_training_row, show_similar
    from textcls_core.runs.run import Run

    run = Run(Path(folder))
    row_id = st.query_params.get("row", row_id)
    show_similar(run, "test", row_id, partial(open_training_row, run))


@pytest.fixture
def show(workspace, quick, monkeypatch):
    """Show the training rows similar to a row of a run, with parameters in the URL."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))

    def show_(run, row_id, **parameters):
        app = AppTest.from_function(script, args=(str(run.folder), row_id), default_timeout=30)
        for name, value in parameters.items():
            app.query_params[name] = value
        return app.run()

    return show_


@pytest.fixture
def run(workspace, toy_dataset, tiny_model_dir):
    """A completed run on `toy` that began from the tiny model."""
    return make_run(workspace, "toy", toy_dataset, {}, model=str(tiny_model_dir))


@pytest.fixture
def row_id(toy_dataset):
    return toy_dataset.row_ids(toy_dataset.indices("test")[:1])[0]


@pytest.fixture
def jobs(monkeypatch):
    """What a page started; no process is started for it."""
    started = Mock()
    monkeypatch.setattr("pages._app.job_view.start_job", started)
    return started


def test_without_vectors_the_page_offers_to_embed_the_rows(show, run, row_id, jobs, toy_dataset):
    app = show(run, row_id)

    app.button(key="similar.embed").click().run()

    expected = {"fingerprint": toy_dataset.fingerprint, "source": run.run_id}
    assert jobs.call_args.args[1:] == ("textcls_core.embeddings.job:run_job", expected)
    assert not app.exception


@pytest.mark.parametrize(
    ("settings", "link", "read"),
    [
        ({"max_length": 64}, {}, "first 64 tokens"),
        ({"max_length": 256}, {}, "first 128 tokens"),
        ({"max_length": 64}, {"similar_by": "frozen"}, "first 128 tokens"),
        ({"long_documents": "head_tail"}, {}, "first and last tokens, 128 in all"),
    ],
)
def test_what_is_read_of_a_text_is_what_the_encoder_reads(
    show, workspace, toy_dataset, tiny_model_dir, row_id, settings, link, read
):
    run = make_run(workspace, "toy", toy_dataset, {}, model=str(tiny_model_dir), **settings)

    assert f"from their {read}." in show(run, row_id, **link).text[0].value


def test_similar_rows_are_shown_with_labels_conflicts_and_cosines(
    show, workspace, run, row_id, toy_dataset
):
    compute_embeddings(workspace, "toy", run.config.model)

    app = show(run, row_id, similar_by="frozen")

    table = app.dataframe[0].value
    training = set(toy_dataset.texts(toy_dataset.indices("train")))
    assert len(table) == 10
    assert set(table["text"]) <= training
    own = toy_dataset.label_names[toy_dataset.label_ids[toy_dataset.position(row_id)]]
    marks = np.where(table["label"] == own, "✓ same label", "⚠ conflict")
    assert table["agrees"].tolist() == marks.tolist()
    assert f"{(marks == '⚠ conflict').sum()} of the 10 nearest" in app.caption[-1].value
    assert not app.exception


def test_a_selected_row_is_opened_with_its_split(show, workspace, run, row_id):
    compute_embeddings(workspace, "toy", run.config.model)
    app = show(run, row_id, similar_by="frozen")
    text = app.dataframe[0].value["text"][2]

    app = select_row(app, f"similar.table.frozen.{row_id}", 2)

    opened = app.query_params["row"]
    dataset = DatasetStore.open(workspace).load("toy")
    assert app.query_params["split"] == "train"
    assert dataset.texts()[dataset.position(opened)] == text
    assert not app.exception


def test_a_sample_is_said_and_all_rows_can_be_embedded(
    show, workspace, run, jobs, toy_dataset, monkeypatch
):
    stored = compute_embeddings(workspace, "toy", run.config.model, max_rows=60)
    outside = np.setdiff1d(np.arange(toy_dataset.num_examples), stored.positions)

    app = show(run, toy_dataset.row_ids(outside[:1])[0], similar_by="frozen")
    app.button(key="similar.embed_all").click().run()

    captions = [caption.value for caption in app.caption]
    assert "This row is not in the sample that was embedded." in captions
    assert any("60 of 162 rows" in caption for caption in captions)
    assert jobs.call_args.args[2]["max_rows"] == 162


def test_a_large_version_is_embedded_as_a_sample_or_as_a_whole(
    show, run, row_id, jobs, monkeypatch
):
    monkeypatch.setattr("pages._app.mistakes_similar.MAX_ROWS", 100)

    app = show(run, row_id, embed_rows="all")
    app.button(key="similar.embed").click().run()

    assert jobs.call_args.args[2]["max_rows"] == 162


def test_copies_in_training_are_said_with_their_labels_before_anything_is_embedded(show, workspace):
    texts = ["the same words", "The same words!", HOSTILE_TEXT, f" {HOSTILE_TEXT}"]
    labels = ["ham", "![a](http://127.0.0.1:9/a.png)", "ham", "ham"]
    splits = ["test", "train", "test", "train"]
    dataset = build_dataset(Rows(texts, labels, splits, extra={}), row_ids=list("abcd"))
    DatasetStore.open(workspace).save(dataset, "copies", "made for the tests")
    run = make_run(workspace, "copies", dataset, {})

    conflicting, agreeing = show(run, "a"), show(run, "c")

    assert "The label conflicts" in conflicting.warning[0].value.replace("\\", "")
    assert "![a](http" not in conflicting.warning[0].value
    assert 'labelled "ham"' in agreeing.info[0].value.replace("\\", "")


def test_a_deleted_data_set_is_said(show, workspace, run, row_id):
    store = DatasetStore.open(workspace)
    store.delete(store.find("toy"))

    app = show(run, row_id)

    assert "was deleted" in app.info[0].value
    assert not app.exception
