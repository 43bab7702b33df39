"""Tests of the matrix view: cells, totals, and the examples behind them."""

import json

import pytest

from tests.pages.conftest import (
    HOSTILE_CLASSES,
    HOSTILE_TEXT,
    chart,
    click_on,
    make_run,
    select_row,
    shown,
)
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore

TABLE, PAIRS, TWIN = "evaluation.rows.{}.{}", "evaluation.pairs", "evaluation.twin"
SHARE = "share of the true class"


def heading(app):
    """Return what the examples are."""
    return next(text for text in shown(app.markdown) if "row" in text)


def examples(app):
    """Return true and predicted class of the examples shown."""
    table = next(frame.value for frame in app.dataframe if "predicted" in frame.value)
    return sorted(zip(table["true"], table["predicted"], strict=True))


def test_evaluation_matrix_shows_every_cell_and_total(open_page, toy_run):
    cells, totals = chart(open_page("evaluation", panel="Matrix"))["data"]

    notes = {tuple(cell[:2]): cell[2].split(":")[0] for cell in cells["customdata"]}
    assert notes["food", "animals"] == "2 rows"
    assert notes["food", "food"] == "9 rows"
    assert ["food", "", "11", "true"] in totals["customdata"]


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


def test_evaluation_most_frequent_confusions_are_a_list(open_page, toy_run):
    app = open_page("evaluation", panel="Matrix")

    table = next(frame.value for frame in app.dataframe if SHARE in frame.value)

    assert table["true"].tolist() == ["food", "weather"]
    assert table["predicted"].tolist() == ["animals", "food"]
    assert table["rows"].tolist() == [2, 1]
    assert table[SHARE].tolist() == pytest.approx([200 / 11, 100 / 11])


def test_evaluation_most_frequent_confusion_opens_its_cell(open_page, toy_run):
    app = select_row(open_page("evaluation", panel="Matrix"), PAIRS, 1)

    assert heading(app) == "**1 row:** true weather, predicted food"


def test_evaluation_shortcut_wins_over_an_earlier_click(open_page, toy_run):
    app = click_on(open_page("evaluation", panel="Matrix"), "weather", "food")
    select_row(app, PAIRS, 0)

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
    assert (app.query_params["true"], app.query_params["predicted"]) == ("food", "animals")
    assert not any("not in this selection" in caption.value for caption in app.caption)


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


def select_cell(app, key, row, column):
    """Select a cell of a table."""
    app.session_state[key] = {"selection": {"rows": [], "columns": [], "cells": [(row, column)]}}
    return app.run()


@pytest.fixture
def many_run(workspace):
    """A run on 30 classes whose first is taken for the last in each of its three test rows."""
    names = [f"class {n:02}" for n in range(30)]
    texts = [f"{name} text {n}" for name in names for n in range(9)]
    labels = [name for name in names for _ in range(9)]
    splits = ["train", "validation", "test"] * (3 * len(names))
    dataset = build_dataset(Rows(texts, labels, splits, extra={}))
    DatasetStore.open(workspace).save(dataset, "many", "made for the tests")
    mistakes = {("class 00", "class 29"): 3, ("class 04", "class 03"): 1}
    return make_run(workspace, "many", dataset, mistakes)


@pytest.mark.parametrize(
    ("row", "column", "rows"),
    [
        (1, "0", "**2 rows:** true food, predicted animals"),
        (1, "all", "**11 rows:** true food"),
        (1, "", "**11 rows:** true food"),
        (3, "0", "**13 rows:** predicted animals"),
        (3, "all", "**3 rows:** all mistakes"),
    ],
)
def test_evaluation_matrix_as_a_table_opens_the_same_examples(
    open_page, toy_run, row, column, rows
):
    app = select_cell(open_page("evaluation", panel="Matrix"), TWIN, row, column)

    assert not app.exception
    assert heading(app) == rows


def test_evaluation_matrix_as_a_table_counts_like_the_examples(open_page, toy_run):
    app = open_page("evaluation", panel="Matrix")

    table = next(frame.value for frame in app.dataframe if "all" in frame.value)

    assert table[["0", "1", "2", "all"]].to_numpy().tolist() == [
        [11, 0, 0, 11],
        [2, 9, 0, 11],
        [0, 1, 10, 11],
        [13, 10, 10, 33],
    ]


def test_evaluation_matrix_as_a_table_follows_the_order_of_classes(open_page, toy_run):
    app = open_page("evaluation", panel="Matrix", matrix_order="f1")

    select_cell(app, TWIN, 0, "0")

    assert heading(app) == "**2 rows:** true food, predicted animals"
    assert chart(app)["layout"]["yaxis"]["ticktext"] == ["food", "animals", "weather", "all"]


def test_evaluation_matrix_frames_the_cell_in_the_link(open_page, toy_run):
    app = open_page("evaluation", panel="Matrix", true="food", predicted="animals")

    [frame] = chart(app)["layout"]["shapes"]
    assert (frame["x0"], frame["y0"]) == (-0.5, 0.5)


def test_evaluation_matrix_of_many_classes_shows_the_most_confused(open_page, many_run):
    app = open_page("evaluation", panel="Matrix")

    names = chart(app)["layout"]["yaxis"]["ticktext"]
    assert len(names) == 21
    assert {"class 00", "class 29", "class 03", "class 04"} <= set(names)
    assert any("20 of 30 classes are drawn" in text for text in shown(app.caption))


def test_evaluation_matrix_of_many_classes_shows_all_on_demand(open_page, many_run):
    app = open_page("evaluation", panel="Matrix", matrix_classes="all")

    [wide] = app.get("vega_lite_chart")
    assert json.loads(wide.proto.spec)["encoding"]["y"]["scale"]["domain"] == list(range(31))
    assert heading(app) == "**4 rows:** all mistakes"


@pytest.mark.parametrize(
    ("cell", "rows"),
    [
        ({"row_name": "class 00", "column_name": "class 29"}, "**3 rows:** true class 00"),
        ({"row_name": "class 07", "column_name": ""}, "**3 rows:** true class 07"),
        ({"row_name": "", "column_name": "class 03"}, "**4 rows:** predicted class 03"),
    ],
)
def test_evaluation_matrix_of_all_classes_opens_what_is_clicked(open_page, many_run, cell, rows):
    app = open_page("evaluation", panel="Matrix", matrix_classes="all")

    app.session_state["evaluation.wide_confusion"] = {"selection": {"cell": [cell]}}
    app.run()

    assert not app.exception
    assert heading(app).startswith(rows)


def test_evaluation_matrix_of_many_classes_shows_one_and_what_it_is_confused_with(
    open_page, many_run
):
    app = open_page("evaluation", panel="Matrix", matrix_classes="around.class 29")

    assert chart(app)["layout"]["yaxis"]["ticktext"] == ["class 00", "class 29", "all"]


def test_evaluation_matrix_puts_confused_classes_side_by_side(open_page, many_run):
    app = open_page("evaluation", panel="Matrix", matrix_classes="all", matrix_order="confusion")

    table = next(frame.value for frame in app.dataframe if "all" in frame.value)
    assert table[""].tolist()[:4] == ["class 00", "class 29", "class 03", "class 04"]


def test_evaluation_cell_of_a_class_that_is_not_drawn_opens_its_examples(open_page, many_run):
    app = open_page("evaluation", panel="Matrix", matrix_classes="around.class 29", true="class 07")

    assert not app.exception
    assert heading(app) == "**3 rows:** true class 07"


@pytest.fixture
def other(workspace, toy_dataset):
    """A run on the rows of `toy_run` that makes one of its mistakes only."""
    return make_run(workspace, "toy", toy_dataset, {("food", "animals"): 1}, name="Other")


def test_evaluation_matrix_shows_the_difference_to_another_run(open_page, toy_run, other):
    app = open_page("evaluation", panel="Matrix", run=toy_run.run_id, matrix_other=other.run_id)

    cells = chart(app)["data"][0]
    assert sorted(filter(None, cells["text"])) == ["+1", "+1", "-1", "-1"]
    assert heading(app) == "**2 rows:** predicted differently by the other run"
    table = next(frame.value for frame in app.dataframe if "difference" in frame.value)
    assert table["difference"].tolist() == [1, 1]


def test_evaluation_difference_opens_the_rows_of_both_runs(open_page, toy_run, other):
    app = open_page(
        "evaluation", panel="Matrix", run=toy_run.run_id, matrix_other=other.run_id,
        true="food", predicted="animals",
    )  # fmt: skip

    assert heading(app) == "**2 rows here, 1 in the other run:** true food, predicted animals"
    table = next(frame.value for frame in app.dataframe if "in the cell of" in frame.value)
    assert table["in the cell of"].tolist() == ["this run", "both"]
    assert table["other run"].tolist() == ["food", "animals"]


def test_row_that_only_the_other_run_has_in_a_cell_opens_among_its_own(open_page, toy_run, other):
    app = open_page(
        "evaluation", panel="Matrix", run=other.run_id, matrix_other=toy_run.run_id,
        true="food", predicted="animals",
    )  # fmt: skip
    rows = next(t.value for t in app.dataframe if "in the cell of" in t.value)
    place = rows["in the cell of"].tolist().index("other run")
    select_row(app, TABLE.format("changes.food", "animals"), place)

    assert app.title[0].value == "Mistakes"
    assert app.query_params["predicted"] == rows["predicted"].tolist()[place] != "animals"
    assert not any("not in this selection" in caption.value for caption in app.caption)


def test_evaluation_difference_to_a_run_on_other_rows_is_refused(
    open_page, workspace, toy_run, many_run
):
    app = open_page("evaluation", panel="Matrix", run=toy_run.run_id, matrix_other=many_run.run_id)

    assert not app.exception
    assert shown(app.warning)[0].startswith("Expected two runs with the same classes, got 3 and 30")
    assert heading(app) == "**3 rows:** all mistakes"


def test_evaluation_difference_to_a_run_with_label_sets_is_refused(open_page, toy_run, topics_run):
    app = open_page(
        "evaluation", panel="Matrix", run=toy_run.run_id, matrix_other=topics_run.run_id
    )

    assert not app.exception
    assert shown(app.warning)[0].startswith("Expected a run with one label per text")


def test_evaluation_every_cell_counts_the_examples_that_it_opens(open_page, hostile_run):
    app = open_page("evaluation", panel="Matrix")
    cells, totals = (part["customdata"] for part in chart(app)["data"])

    for true, predicted, note, *_ in [*cells, *totals]:
        app = click_on(app, true, predicted)
        assert heading(app).split("**")[1].split(" ")[0] == note.split(" ")[0]
        assert not app.exception
