"""Tests of the matrix view of label sets: outcomes per label, errors together, their rows."""

import pytest

from tests.pages.conftest import HOSTILE_TEXT, chart, select_row, shown
from textcls_core.evaluation.label_errors import OUTCOMES, outcome_counts

TABLE, PAIRS = "evaluation.labels.table", "evaluation.labels.pairs"
BARS, GRID = "evaluation.labels.bars", "evaluation.labels.grid"


def heading(app):
    """Return what the rows are."""
    return next(text for text in shown(app.markdown) if "row" in text)


def rows(app):
    """Return the table of rows."""
    return next(frame.value for frame in app.dataframe if "given" in frame.value)


def select_cell(app, key, row, column):
    """Select a number of a table."""
    app.session_state[key] = {"selection": {"rows": [], "columns": [], "cells": [(row, column)]}}
    return app.run()


def click(app, key, *names):
    """Click a part of a chart."""
    app.session_state[key] = {"selection": {"points": [{"customdata": list(names)}]}}
    return app.run()


@pytest.fixture
def counts(topics_run):
    return outcome_counts(topics_run.predictions("test"))


def test_label_errors_show_what_became_of_each_label(open_page, topics_run, counts):
    app = open_page("evaluation", panel="Matrix")

    assert not app.exception
    right, missed, wrong = chart(app)["data"]
    assert [part["customdata"][0][1] for part in (right, missed, wrong)] == list(OUTCOMES)[:3]
    assert chart(app)["layout"]["yaxis"]["ticktext"] == ["weather", "animals", "food"]
    assert missed["x"] == [int(counts[2, 1]), 0, 0]


def test_label_errors_show_all_rows_with_errors_before_a_click(open_page, topics_run, counts):
    app = open_page("evaluation", panel="Matrix")

    assert heading(app) == f"**{counts[2, 1]} rows:** any label wrong"
    assert "weather" in rows(app)["true"].tolist()[0]


@pytest.mark.parametrize("column", range(4))
@pytest.mark.parametrize("row", range(3))
def test_label_errors_table_opens_as_many_rows_as_it_counts(
    open_page, topics_run, counts, row, column
):
    app = open_page("evaluation", panel="Matrix", label_order="label")
    outcome = list(OUTCOMES)[column]

    select_cell(app, TABLE, row, outcome)

    count = int(counts[row, column])
    name = ("animals", "food", "weather")[row]
    plural = "row" if count == 1 else "rows"
    assert not app.exception
    assert heading(app) == f"**{count} {plural}:** {name} {OUTCOMES[outcome]}"
    assert len(rows(app)) == count if count else True
    assert app.query_params["label_outcome"] == outcome


def test_label_errors_click_on_a_bar_opens_its_rows(open_page, topics_run, counts):
    app = click(open_page("evaluation", panel="Matrix"), BARS, "weather", "false negative")

    assert heading(app) == f"**{counts[2, 1]} rows:** weather missed"
    assert set(rows(app)["p weather"]) == {0.3}


def test_label_errors_show_all_rows_again_on_demand(open_page, topics_run):
    app = open_page(
        "evaluation", panel="Matrix", label_name="weather", label_outcome="false negative"
    )
    app.button(key="evaluation.labels.clear").click().run()

    assert heading(app).endswith("any label wrong")
    assert "label_name" not in app.query_params


def test_label_errors_together_show_pairs(open_page, topics_run, counts):
    app = open_page(
        "evaluation", panel="Matrix", label_view="together", label_pair="missed together"
    )

    assert not app.exception
    cells = chart(app)["data"][0]
    assert cells["text"] == ["", "", "", "", "", "", "", "", f"{counts[2, 1]}"]
    assert len(chart(app)["data"]) == 1


def test_label_errors_together_say_where_there_are_none(open_page, topics_run):
    app = open_page("evaluation", panel="Matrix", label_view="together")

    assert "No two errors of this kind come together." in [text.value for text in app.text]


def test_label_errors_together_cell_opens_its_rows(open_page, topics_run, counts):
    app = open_page(
        "evaluation", panel="Matrix", label_view="together", label_pair="missed together"
    )
    click(app, GRID, "weather", "weather")

    assert heading(app) == f"**{counts[2, 1]} rows:** missed weather, also missed weather"


def test_label_errors_selected_row_is_shown_in_full(open_page, topics_run):
    app = open_page("evaluation", panel="Matrix")
    before = [text.value for text in app.text]
    select_row(app, "evaluation.labels.rows.any label wrong", 0)

    assert not app.exception
    assert rows(app)["text"].tolist()[0] in {text.value for text in app.text} - set(before)


@pytest.mark.parametrize("name", ["nope", HOSTILE_TEXT])
def test_label_errors_unknown_label_in_the_link_is_ignored_with_a_note(open_page, topics_run, name):
    app = open_page("evaluation", panel="Matrix", label_name=name, label_outcome="nope")

    assert not app.exception
    assert shown(app.toast)[0].startswith("The link names a label that this run does not have: ")
    assert heading(app).endswith("any label wrong")
