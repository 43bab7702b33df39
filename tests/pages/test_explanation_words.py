"""Tests of the Words view: it offers to ask a sample, and then shows what drives each class."""

import json

import pytest

from pages._app import job_view
from tests.pages.conftest import (
    HOSTILE_CLASSES,
    HOSTILE_TEXT,
    as_shown,
    chart,
    markdown_of,
    press,
    save_model,
    shown,
)
from tests.pages.driving import METHOD, arguments_of, drawn, open_words, write_answers
from textcls_core.explanation.driving_words_job import ENTRY
from textcls_core.jobs.job import job_id_of


@pytest.fixture
def measured(workspace, runnable_run, toy_dataset):
    """A run whose answers lie on disk: "the" adds 2 and a little, "old" takes a little away."""
    write_answers(workspace, runnable_run, toy_dataset, "classes")
    write_answers(workspace, runnable_run, toy_dataset, "mistakes")
    return runnable_run


def test_words_offer_to_measure_and_ask_for_no_text(open_page, runnable_run):
    app = open_words(open_page)

    assert not app.exception
    assert not app.text_area
    assert "test rows are asked" in " ".join(shown(app.markdown))
    assert "Measure" in [button.label for button in app.button]


def test_words_start_the_job_of_this_sample(open_page, runnable_run, monkeypatch):
    started = []
    monkeypatch.setattr(job_view, "start_job", lambda *given, **_: started.append(given[1:]))

    press(open_words(open_page), "words.measure")

    assert started == [(ENTRY, arguments_of(runnable_run, "classes"))]


def test_words_show_the_job_at_work(open_page, runnable_run, workspace):
    app = open_words(open_page)
    arguments = arguments_of(runnable_run, "classes")
    folder = workspace.jobs_dir / job_id_of(ENTRY, arguments)
    folder.mkdir(parents=True)
    plan = {"entry": ENTRY, "arguments": arguments, "started_at": 0.0}
    (folder / "job.json").write_text(json.dumps(plan))
    (folder / "progress.json").write_text("{}")
    app.run()

    assert "Its process ended without a word" in shown(app.error)[0]
    assert "Measure" in [button.label for button in app.button]


def test_words_rank_what_drives_a_class(open_page, measured):
    app = open_words(open_page)

    assert not app.exception
    assert shown(app.subheader)[0] == "“the” raises animals most surely"
    assert chart(app)["layout"]["yaxis"]["ticktext"][0].startswith("the · ")
    said = " ".join(shown(app.caption))
    assert "in fewer than 5 rows are not ranked" in said
    assert "by chance alone it would be about" in said


def test_words_that_lower_the_score_have_no_bar(open_page, measured):
    app = open_words(open_page, drive_rows="2")

    table = app.dataframe[0].value
    assert (table["mean"] < 0).any()
    assert min(chart(app)["data"][0]["x"]) > 0


def test_no_word_is_named_where_chance_would_do_as_much(
    open_page, workspace, runnable_run, toy_dataset
):
    write_answers(
        workspace, runnable_run, toy_dataset, "classes", lambda _, place: 1.0 if place % 2 else -1.1
    )
    app = open_words(open_page)

    assert not app.exception
    assert shown(app.subheader)[0] == "No word is reliably above zero on these rows"


def test_words_of_few_rows_can_be_ranked_too(open_page, measured):
    usual, more = (open_words(open_page, **link) for link in ({}, {"drive_rows": "2"}))

    ranked = [len(chart(app)["data"][0]["y"]) for app in (usual, more)]
    assert ranked[0] < ranked[1]


def test_words_name_all_classes(open_page, measured, toy_dataset):
    table = open_words(open_page).dataframe[-1].value

    assert table["class"].tolist() == list(toy_dataset.label_names)
    assert table["rows asked"].sum() == len(measured.predictions("test"))


def test_words_mark_the_word_in_a_row(open_page, measured):
    app = open_words(open_page, drive_word="old", drive_rows="2")

    text = drawn(app)
    assert [text["words"][place] for place in text["marked"]] == ["old"]
    adds = app.dataframe[1].value["adds"].tolist()
    assert adds == sorted(adds, reverse=True)


def test_words_open_the_row_that_is_clicked(open_page, measured):
    app = open_words(open_page, drive_word="old", drive_rows="2")
    texts = app.dataframe[1].value["text"].tolist()
    app.session_state["words.rows"] = {"selection": {"rows": [], "columns": [], "cells": [(1, "")]}}
    app.run()

    assert " ".join(drawn(app)["words"]) == texts[1]


def test_words_of_a_clicked_bar_are_opened(open_page, measured):
    app = open_words(open_page)
    word = chart(app)["layout"]["yaxis"]["ticktext"][1].split(" · ")[0]
    point = {"point_number": 1}
    app.session_state["words.chart"] = {"selection": {"points": [point], "point_indices": [1]}}
    app.run()

    assert app.query_params["drive_word"] == word
    assert chart(app)["data"][0]["marker"]["line"]["width"][1] == 2


def test_words_lead_to_the_attributions_of_a_row(open_page, measured):
    app = open_words(open_page, drive_word="old", drive_rows="2")
    row = drawn(app)["words"]
    next(button for button in app.button if button.label == "Open in Attributions").click().run()

    assert not app.exception
    assert app.text_area[0].value.split() == row
    assert app.query_params["panel"] == "Attributions"
    assert app.query_params["method"] == METHOD
    assert app.query_params["run"] == measured.run_id


def test_words_lead_to_all_rows_with_the_word(open_page, measured):
    app = open_words(open_page, drive_word="old", drive_rows="2")
    app.session_state["url.row"] = measured.predictions("test").row_ids[-1]
    button = next(button for button in app.button if "on Mistakes" in button.label)
    button.click().run()

    assert not app.exception
    assert app.title[0].value == "Mistakes"
    assert app.query_params["pattern"] == r"(?i)\bold\b"
    assert "row" not in app.query_params
    assert app.query_params["predicted"] == "animals"
    assert app.query_params["run"] == measured.run_id


def test_words_of_mistakes_speak_for_the_wrong_class(open_page, measured):
    app = open_words(open_page, drive_about="mistakes", drive_rows="2")

    assert not app.exception
    said = " ".join(shown(app.caption))
    assert "what each word adds to the wrong class rather than the true one" in said
    assert "Asked of 3 test rows, all there are." in said
    title = chart(app)["layout"]["xaxis"]["title"]["text"]
    assert title == "added to the score (logit) of the class given over the true one"


def test_words_ask_all_rows_if_that_is_chosen(open_page, runnable_run):
    app = open_words(open_page, drive_sample="all")

    count = len(runnable_run.predictions("test").row_ids)
    assert f"{count} test rows are asked." in " ".join(markdown_of(app))


def test_words_without_mistakes_say_so(open_page, runnable_run):
    app = open_words(open_page, drive_about="mistakes", split="train")

    assert not app.exception
    assert "there is no mistake to explain" in shown(app.info)[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [("drive_class", "x"), ("drive_word", "x"), ("drive_rows", "0"), ("drive_sample", "7"),
     ("drive_about", "<b>"), ("drive_row", "nope"), ("drive_method", "lime")],
)  # fmt: skip
def test_words_of_a_bad_link_are_the_usual_ones(open_page, measured, name, value):
    app = open_page("explanation", panel="Words", **{"drive_method": METHOD, name: value})

    assert not app.exception


def test_words_of_hostile_names_and_texts(
    open_page, workspace, hostile_run, hostile_dataset, tiny_model_dir
):
    save_model(hostile_run.model_dir, hostile_dataset, tiny_model_dir)
    write_answers(workspace, hostile_run, hostile_dataset, "classes")
    app = open_words(open_page, drive_rows="2", drive_class=HOSTILE_CLASSES[1])

    assert not app.exception
    assert drawn(app)["words"][:2] == HOSTILE_TEXT.split()[:2]
    assert not [text for text in markdown_of(app) if "![h](http" in text]
    assert as_shown(app.subheader[0].value)
