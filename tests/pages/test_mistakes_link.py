"""Tests of the way from other pages to a row on the Mistakes page."""

from tests.pages.conftest import select_row, shown


def test_row_of_a_cell_is_not_hidden_by_what_was_filtered_before(open_page, toy_run):
    app = open_page("evaluation", panel="Matrix", true="food", predicted="animals")
    for name, value in (("query", "nowhere"), ("unreviewed", "yes"), ("cause", "ambiguous")):
        app.session_state[f"url.{name}"] = value
    app.session_state["view.mistakes"] = "Changes"
    select_row(app, "evaluation.rows.food.animals", 0)

    assert not app.exception
    assert app.title[0].value == "Mistakes"
    assert app.query_params["panel"] == "Inspect"
    assert not {"query", "unreviewed", "cause"} & set(app.query_params)
    assert "2 rows of 33" in shown(app.caption)


def test_row_of_a_slice_of_label_sets_opens_too(open_page, topics_run):
    app = open_page(
        "evaluation", panel="Slices", slices="By column", slices_by="class", slices_pick="class.:0"
    )
    key = next(frame.key for frame in app.dataframe if str(frame.key).endswith(".rows"))

    select_row(app, key, 0)

    assert not app.exception
    assert app.title[0].value == "Mistakes"
    assert app.query_params["row"] in topics_run.predictions("test").row_ids
