"""Tests of the matrix view: cells, totals, and the examples behind them."""

import pytest

from tests.pages.conftest import (
    HOSTILE_CLASSES,
    HOSTILE_TEXT,
    as_shown,
    chart,
    click_on,
    select_row,
    shown,
)

TABLE = "evaluation.rows.{}.{}"


def heading(app):
    """Return what the examples are."""
    return next(text for text in shown(app.markdown) if "row" in text)


def examples(app):
    """Return true and predicted class of the examples shown."""
    table = next(frame.value for frame in app.dataframe if "predicted" in frame.value)
    return sorted(zip(table["true"], table["predicted"], strict=True))


def test_evaluation_matrix_shows_every_cell_and_total(open_page, toy_run):
    cells, totals = chart(open_page("evaluation", panel="Matrix"))["data"]

    assert ["food", "animals", 2] in cells["customdata"]
    assert ["food", "food", 9] in cells["customdata"]
    assert ["food", "", 11] in totals["customdata"]


def test_evaluation_shows_all_mistakes_before_a_click(open_page, toy_run):
    app = open_page("evaluation", panel="Matrix")

    assert heading(app) == "**3 rows:** all mistakes"
    assert examples(app) == [("food", "animals"), ("food", "animals"), ("weather", "food")]


@pytest.mark.parametrize(
    ("true", "predicted", "rows"),
    [
        ("food", "animals", "**2 rows:** true food, predicted animals"),
        ("weather", "food", "**1 row:** true weather, predicted food"),
        ("food", "food", "**9 rows:** true food, predicted food"),
        ("animals", "food", "**0 rows:** true animals, predicted food"),
        ("food", "", "**11 rows:** true food"),
        ("", "animals", "**13 rows:** predicted animals"),
    ],
)
def test_evaluation_click_shows_the_examples_of_the_cell(open_page, toy_run, true, predicted, rows):
    app = click_on(open_page("evaluation", panel="Matrix"), true, predicted)

    assert not app.exception
    assert heading(app) == rows


def test_evaluation_click_goes_into_the_link(open_page, toy_run):
    app = click_on(open_page("evaluation", panel="Matrix"), "food", "animals")

    assert app.query_params["true"] == "food"
    assert app.query_params["predicted"] == "animals"


def test_evaluation_click_on_a_total_takes_the_other_class_out_of_the_link(open_page, toy_run):
    app = click_on(open_page("evaluation", panel="Matrix"), "food", "animals")
    click_on(app, "food", "")

    assert app.query_params["true"] == "food"
    assert "predicted" not in app.query_params


def test_evaluation_cell_in_the_link_opens_the_same_view(open_page, toy_run):
    app = open_page(
        "evaluation", panel="Matrix", run=toy_run.run_id, true="food", predicted="animals"
    )

    assert heading(app) == "**2 rows:** true food, predicted animals"


def test_evaluation_shows_all_mistakes_again_on_demand(open_page, toy_run):
    app = click_on(open_page("evaluation", panel="Matrix"), "food", "animals")
    app.button(key="evaluation.clear").click().run()

    assert heading(app) == "**3 rows:** all mistakes"
    assert "true" not in app.query_params


def test_evaluation_most_frequent_confusion_is_a_shortcut(open_page, toy_run):
    app = open_page("evaluation", panel="Matrix")
    labels = [as_shown(button.label) for button in app.button]
    app.button[0].click().run()

    assert labels == ["food → animals: 2", "weather → food: 1"]
    assert heading(app) == "**2 rows:** true food, predicted animals"


def test_evaluation_shortcut_wins_over_an_earlier_click(open_page, toy_run):
    app = click_on(open_page("evaluation", panel="Matrix"), "weather", "food")
    app.button[0].click().run()

    assert heading(app) == "**2 rows:** true food, predicted animals"


def test_evaluation_split_is_switched(open_page, toy_run):
    app = open_page("evaluation", panel="Matrix")
    app.selectbox(key="choose.split").set_value("train").run()

    assert app.query_params["split"] == "train"
    assert heading(app) == "**0 rows:** all mistakes"


def test_evaluation_matrix_in_the_link_shows_shares(open_page, toy_run):
    cells, _ = chart(open_page("evaluation", panel="Matrix", matrix="Row share"))["data"]

    assert "82 %" in cells["text"]


def test_evaluation_matrix_of_mistakes_leaves_the_diagonal_empty(open_page, toy_run):
    app = open_page("evaluation", panel="Matrix")
    app.toggle(key="evaluation.errors_only").set_value(True).run()

    assert sorted(filter(None, chart(app)["data"][0]["text"])) == ["1", "2"]


def test_evaluation_selected_example_opens_on_the_mistakes_page(open_page, toy_run):
    app = click_on(open_page("evaluation", panel="Matrix"), "food", "animals")
    select_row(app, TABLE.format("food", "animals"), 1)

    assert app.title[0].value == "Mistakes"
    assert app.query_params["run"] == toy_run.run_id
    assert app.query_params["row"] in toy_run.predictions("test").row_ids


@pytest.mark.parametrize(
    ("name", "value"),
    [("true", "nope"), ("predicted", "nope"), ("true", HOSTILE_TEXT), ("predicted", "x" * 100_000)],
)
def test_evaluation_unknown_class_in_the_link_is_ignored_with_a_note(
    open_page, toy_run, name, value
):
    app = open_page("evaluation", panel="Matrix", **{name: value})

    assert not app.exception
    assert shown(app.toast)[0].startswith("The link names a class that this run does not have: ")
    assert heading(app) == "**3 rows:** all mistakes"
    assert name not in app.query_params


@pytest.mark.parametrize(("name", "what"), [("split", "split"), ("matrix", "cells show")])
def test_evaluation_unknown_choice_in_the_link_is_ignored_with_a_note(
    open_page, toy_run, name, what
):
    app = open_page("evaluation", panel="Matrix", **{name: "nope"})

    assert not app.exception
    assert shown(app.toast) == [
        f"The link names a {what} that does not exist here; it was ignored."
    ]


def test_evaluation_click_on_a_class_that_is_gone_is_ignored_with_a_note(open_page, toy_run):
    app = click_on(open_page("evaluation", panel="Matrix"), "gone", "food")

    assert not app.exception
    assert shown(app.toast) == ["The link names a class that this run does not have: gone"]
    assert heading(app).endswith("predicted food")


def test_evaluation_shows_hostile_classes_as_they_are(open_page, hostile_run):
    app = click_on(open_page("evaluation", panel="Matrix"), HOSTILE_CLASSES[0], HOSTILE_CLASSES[1])

    assert not app.exception
    assert heading(app) == f"**2 rows:** true {HOSTILE_CLASSES[0]}, predicted {HOSTILE_CLASSES[1]}"
    assert examples(app)[0] == (HOSTILE_CLASSES[0], HOSTILE_CLASSES[1])


def test_evaluation_view_is_kept_over_pages(open_page, toy_run):
    app = click_on(open_page("evaluation", panel="Matrix"), "food", "animals")
    app.switch_page("pages/dataset.py").run()
    app.switch_page("pages/evaluation.py").run()

    assert heading(app) == "**2 rows:** true food, predicted animals"
