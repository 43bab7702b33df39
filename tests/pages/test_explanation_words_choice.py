"""Tests of the classes chosen in the Words view: confusions, labels, and samples of their own."""

from dataclasses import replace

import numpy as np
import pytest

from pages._app import job_view
from tests.pages.conftest import chart, make_run, markdown_of, press, save_model, shown
from tests.pages.driving import arguments_of, drawn, open_words, write_answers
from textcls_core.explanation.driving_questions import Choice
from textcls_core.explanation.driving_words_job import ENTRY

CONFUSIONS = {("food", "animals"): 7, ("weather", "animals"): 5, ("weather", "food"): 2}
"""Mistakes by true and predicted class; the last ones are the first of those before."""
PAIR = {"drive_class": "animals", "drive_true": "food"}


@pytest.fixture
def confused_run(workspace, toy_dataset, tiny_model_dir):
    """A run with many mistakes on the test split, and a model."""
    run = make_run(workspace, "toy", toy_dataset, CONFUSIONS)
    save_model(run.model_dir, toy_dataset, tiny_model_dir)
    return run


@pytest.fixture
def measured(workspace, confused_run, toy_dataset):
    """The same with answers on disk to all mistakes."""
    write_answers(workspace, confused_run, toy_dataset, "mistakes")
    return confused_run


def open_mistakes(open_page, **parameters):
    return open_words(open_page, **{"drive_about": "mistakes", "drive_rows": "2", **parameters})


def box(app, title):
    return next(one for one in app.selectbox if one.label == title)


def click_cell(app, key, row):
    app.session_state[key] = {"selection": {"rows": [], "columns": [], "cells": [(row, "")]}}
    return app.run()


def test_mistakes_are_counted_by_given_and_true_class(open_page, measured):
    app = open_mistakes(open_page)
    chosen = open_mistakes(open_page, drive_class="animals")

    assert box(app, "Given class").options == ["all classes", "animals · 10", "food · 2"]
    assert box(app, "True class").options == ["all classes", "food · 7", "weather · 5"]
    assert box(chosen, "True class").options == ["all classes", "food · 7", "weather · 3"]


def test_words_of_one_confusion_are_from_its_rows_alone(open_page, measured, toy_dataset):
    app = open_mistakes(open_page, **PAIR)

    assert not app.exception
    assert shown(app.subheader)[0] == "“the” raises animals over the true food most surely"
    title = chart(app)["layout"]["xaxis"]["title"]["text"]
    assert title == "added to the score (logit) of animals over the true food"
    rows = app.dataframe[1].value
    assert set(zip(rows["given"], rows["true"], strict=True)) == {("animals", "food")}
    assert "From 7 rows" in " ".join(shown(app.caption))
    assert "Asked of 7 test rows, all there are." in " ".join(shown(app.caption))


def test_words_of_one_true_class_speak_for_whatever_was_given(open_page, measured):
    app = open_mistakes(open_page, drive_true="weather")

    rows = app.dataframe[1].value
    assert set(rows["given"]) == {"animals", "food"}
    assert set(rows["true"]) == {"weather"}
    assert "the class given over the true weather" in " ".join(shown(app.subheader))


def test_all_confusions_are_listed_and_a_click_opens_one(open_page, measured):
    app = open_mistakes(open_page)
    table = app.dataframe[-1].value
    app = click_cell(app, "words.overview", 1)

    assert table[["given", "true", "rows asked"]].to_numpy().tolist() == [
        ["animals", "food", 7], ["animals", "weather", 3], ["food", "weather", 2]
    ]  # fmt: skip
    assert (app.query_params["drive_class"], app.query_params["drive_true"]) == (
        "animals", "weather"
    )  # fmt: skip
    assert box(app, "True class").value == "weather"


def test_a_confusion_without_rows_says_so_and_keeps_the_overview(open_page, measured):
    app = open_mistakes(open_page, drive_class="food", drive_true="food")

    assert not app.exception
    assert "0 rows of the sample were asked for this" in shown(app.info)[0]
    assert len(app.dataframe) == 1


def test_rows_are_shown_where_no_word_is_ranked(open_page, measured):
    app = open_mistakes(open_page, drive_class="food", drive_rows="5")

    assert "no word is in 5 of them" in shown(app.info)[0]
    rows = app.dataframe[0].value
    assert list(rows) == ["given", "true", "text"]
    assert " ".join(drawn(app)["words"]) == rows["text"][0]
    assert "All rows on Mistakes" in [button.label for button in app.button]


def test_words_of_a_confusion_lead_to_its_rows_on_mistakes(open_page, measured):
    app = open_mistakes(open_page, **PAIR, drive_word="the")
    next(button for button in app.button if "on Mistakes" in button.label).click().run()

    assert not app.exception
    link = app.query_params
    assert (link["predicted"], link["true"]) == ("animals", "food")
    assert link["outcome"] == "mistakes" or "outcome" not in link
    assert "the" in link["pattern"]


@pytest.fixture
def small_samples(monkeypatch):
    """Let samples have five rows."""
    monkeypatch.setattr("pages._app.explanation_words_choice._SAMPLES", (5,))
    monkeypatch.setattr("pages._app.explanation_words_choice.NUM_ROWS", 5)


def test_more_rows_of_a_confusion_are_offered_where_the_sample_has_few(
    open_page, workspace, confused_run, toy_dataset, small_samples, monkeypatch
):
    write_answers(workspace, confused_run, toy_dataset, "mistakes", num_rows=5)
    started = []
    monkeypatch.setattr(job_view, "start_job", lambda *given, **_: started.append(given[1:]))
    app = open_mistakes(open_page, **PAIR)
    known = sum(
        question[1:] == ["animals", "food"]
        for question in arguments_of(confused_run, "mistakes", num_rows=5)["questions"]
    )

    said = " ".join(shown(app.caption))
    press(app, "words.more")

    assert f"{known} such rows in the sample; 5 can be asked." in said
    assert f"Asked of {known} test rows, drawn at random." in said
    wanted = arguments_of(confused_run, "mistakes", choice=Choice("animals", "food"), num_rows=5)
    assert started == [(ENTRY, wanted)]


def test_words_are_from_the_larger_sample_once_it_was_asked(
    open_page, workspace, confused_run, toy_dataset, small_samples
):
    write_answers(workspace, confused_run, toy_dataset, "mistakes", num_rows=5)
    choice = Choice("animals", "food")
    write_answers(workspace, confused_run, toy_dataset, "mistakes", choice=choice, num_rows=5)
    app = open_mistakes(open_page, **PAIR)

    assert "words.more" not in [button.key for button in app.button]
    assert "From 5 rows" in " ".join(shown(app.caption))
    assert app.dataframe[-1].value["rows asked"].sum() == 5


@pytest.fixture
def topics(workspace, topics_run, topics_dataset, tiny_model_dir):
    """A run that gives several labels, with answers about labels given, wrong and missed."""
    right = topics_run.predictions("test")
    wrong = right.probabilities.copy()
    wrong[-4:, 1] = 0.9
    replace(right, probabilities=wrong).save(topics_run.predictions_file("test"))
    save_model(topics_run.model_dir, topics_dataset, tiny_model_dir)
    for about in ("classes", "mistakes"):
        write_answers(workspace, topics_run, topics_dataset, about)
    write_answers(workspace, topics_run, topics_dataset, "missed", lambda _, place: -1 - place / 99)
    return topics_run


@pytest.mark.parametrize("about", ["classes", "mistakes", "missed"])
def test_labels_of_several_have_words_of_their_own(open_page, topics, topics_dataset, about):
    app = open_words(open_page, drive_about=about, drive_rows="2")

    assert not app.exception
    assert [one.label for one in app.segmented_control][-1] == "What drives"
    assert app.segmented_control[-1].options == ["Labels given", "Given wrongly", "Missed"]
    assert app.dataframe[-1].value["label"].tolist() == list(topics_dataset.label_names)
    assert "True class" not in [one.label for one in app.selectbox]


def test_words_of_missed_labels_lower_their_score(open_page, topics):
    predictions = topics.predictions("test")
    missed = (predictions.targets == 1) & ~predictions.predicted
    name = predictions.label_names[int(missed.sum(axis=0).argmax())]
    app = open_words(open_page, drive_about="missed", drive_class=name, drive_rows="2")

    assert f"lowers {name} most surely" in shown(app.subheader)[0]
    assert max(chart(app)["data"][0]["x"]) < 0
    adds = app.dataframe[1].value["adds"].tolist()
    assert adds == sorted(adds)
    wrong = np.array(predictions.row_ids)[missed[:, predictions.label_names.index(name)]]
    assert f"From {len(wrong)} rows" in " ".join(shown(app.caption))
    assert "A label is also missed where no word speaks for it" in " ".join(shown(app.caption))

    next(button for button in app.button if "on Mistakes" in button.label).click().run()
    assert not app.exception
    assert app.query_params["true"] == name
    assert "predicted" not in app.query_params


def test_missed_labels_are_offered_with_what_they_are(open_page, topics):
    app = open_words(open_page, drive_about="missed", split="train")

    assert not app.exception
    assert "asked which of its words speak against it." in " ".join(markdown_of(app))


def test_missed_is_not_offered_where_a_text_has_one_class(open_page, measured):
    app = open_words(open_page, drive_about="missed")

    assert not app.exception
    assert app.segmented_control[-1].options == ["Classes", "Mistakes"]
    assert "drive_about" not in app.query_params
