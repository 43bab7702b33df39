"""Tests of the Evaluate page: figures, the matrix, and the examples behind a cell."""

import pytest

from tests.pages.conftest import (
    HOSTILE_CLASSES,
    HOSTILE_TEXT,
    as_shown,
    chart,
    click_on,
    make_run,
    select_row,
    shown,
)
from textcls_core.files import write_json

NO_RUN = "The run in this link does not exist in this workspace. Showing the newest."
TABLE = "evaluation.rows.{}.{}"


def heading(app):
    """Return what the examples are."""
    return next(text for text in shown(app.markdown) if "row" in text)


def examples(app):
    """Return true and predicted class of the examples shown."""
    table = next(frame.value for frame in app.dataframe if "predicted" in frame.value)
    return sorted(zip(table["true"], table["predicted"], strict=True))


def metrics(app):
    return {metric.label: metric.value for metric in app.metric}


def test_evaluation_without_a_run_leads_to_training(open_page):
    app = open_page("evaluation")
    app.button[0].click().run()

    assert not app.exception
    assert app.title[0].value == "Train"


def test_evaluation_without_a_run_says_what_will_be_here(open_page):
    app = open_page("evaluation")

    assert shown(app.subheader) == ["No finished run yet"]
    assert "confusion matrix" in app.text[0].value


def test_evaluation_shows_the_figures_beside_the_majority_class(open_page, toy_run):
    app = open_page("evaluation")

    assert not app.exception
    assert metrics(app)["Accuracy"] == "90.9 %"
    assert app.metric[0].delta == "majority 33.3 %"
    assert app.query_params["run"] == toy_run.run_id


def test_evaluation_shows_the_figures_beside_the_best_baseline(open_page, toy_run, toy_baselines):
    app = open_page("evaluation")

    assert [metric.delta for metric in app.metric] == [
        "best baseline 95.0 %",
        "best baseline 93.0 %",
        "best baseline 92.0 %",
        "best baseline 0.050",
    ]


def test_evaluation_has_a_table_of_the_baselines(open_page, toy_run, toy_baselines):
    app = open_page("evaluation")

    assert app.expander[0].label == "Baselines as a table"
    table = next(frame.value for frame in app.dataframe if "method" in frame.value)
    assert table["method"].tolist() == ["This run", *(b.title for b in toy_baselines)]
    assert table["accuracy"].tolist() == ["90.9 %", "33.0 %", "80.0 %", "95.0 %"]
    assert table["loss"].tolist()[1:] == ["0.670", "none", "0.050"]
    assert table["how it was made"].tolist()[0] == "minilm on toy"
    assert table["how it was made"].tolist()[2] == "How tfidf was made."


def test_evaluation_of_training_rows_has_no_baselines(open_page, toy_run, toy_baselines):
    app = open_page("evaluation", split="train")

    assert app.metric[0].delta == "majority 33.3 %"
    assert not [link for link in app.page_link if link.label.startswith("Measure")]
    assert not [frame for frame in app.dataframe if "method" in frame.value]


def test_evaluation_of_a_fold_has_no_baselines_on_its_validation_rows(
    open_page, workspace, toy_dataset, toy_baselines
):
    make_run(workspace, "toy", toy_dataset, {}, num_folds=3, fold=1)

    app = open_page("evaluation", split="validation")

    assert app.metric[0].delta == "majority 33.3 %"
    assert not [link for link in app.page_link if link.label.startswith("Measure")]


def test_evaluation_without_baselines_leads_to_the_data_page(open_page, toy_run, toy_dataset):
    link = open_page("evaluation").page_link[-1]

    assert link.label == "Measure the baselines of this data set"
    assert f"dataset={toy_dataset.fingerprint[:16]}" in link.proto.query_string


def test_evaluation_matrix_shows_every_cell_and_total(open_page, toy_run):
    cells, totals = chart(open_page("evaluation"))["data"]

    assert ["food", "animals", 2] in cells["customdata"]
    assert ["food", "food", 9] in cells["customdata"]
    assert ["food", "", 11] in totals["customdata"]


def test_evaluation_shows_all_mistakes_before_a_click(open_page, toy_run):
    app = open_page("evaluation")

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
    app = click_on(open_page("evaluation"), true, predicted)

    assert not app.exception
    assert heading(app) == rows


def test_evaluation_click_goes_into_the_link(open_page, toy_run):
    app = click_on(open_page("evaluation"), "food", "animals")

    assert app.query_params["true"] == "food"
    assert app.query_params["predicted"] == "animals"


def test_evaluation_click_on_a_total_takes_the_other_class_out_of_the_link(open_page, toy_run):
    app = click_on(open_page("evaluation"), "food", "animals")
    click_on(app, "food", "")

    assert app.query_params["true"] == "food"
    assert "predicted" not in app.query_params


def test_evaluation_cell_in_the_link_opens_the_same_view(open_page, toy_run):
    app = open_page("evaluation", run=toy_run.run_id, true="food", predicted="animals")

    assert heading(app) == "**2 rows:** true food, predicted animals"


def test_evaluation_shows_all_mistakes_again_on_demand(open_page, toy_run):
    app = click_on(open_page("evaluation"), "food", "animals")
    app.button(key="evaluation.clear").click().run()

    assert heading(app) == "**3 rows:** all mistakes"
    assert "true" not in app.query_params


def test_evaluation_most_frequent_confusion_is_a_shortcut(open_page, toy_run):
    app = open_page("evaluation")
    labels = [as_shown(button.label) for button in app.button]
    app.button[0].click().run()

    assert labels == ["food → animals: 2", "weather → food: 1"]
    assert heading(app) == "**2 rows:** true food, predicted animals"


def test_evaluation_shortcut_wins_over_an_earlier_click(open_page, toy_run):
    app = click_on(open_page("evaluation"), "weather", "food")
    app.button[0].click().run()

    assert heading(app) == "**2 rows:** true food, predicted animals"


@pytest.mark.parametrize(
    ("split", "accuracy"), [("train", "100.0 %"), ("validation", "100.0 %"), ("test", "90.9 %")]
)
def test_evaluation_split_in_the_link_is_shown(open_page, toy_run, split, accuracy):
    app = open_page("evaluation", split=split)

    assert metrics(app)["Accuracy"] == accuracy


def test_evaluation_split_is_switched(open_page, toy_run):
    app = open_page("evaluation")
    app.selectbox(key="choose.split").set_value("train").run()

    assert app.query_params["split"] == "train"
    assert heading(app) == "**0 rows:** all mistakes"


def test_evaluation_matrix_in_the_link_shows_shares(open_page, toy_run):
    cells, _ = chart(open_page("evaluation", matrix="Row share"))["data"]

    assert "82 %" in cells["text"]


def test_evaluation_matrix_of_mistakes_leaves_the_diagonal_empty(open_page, toy_run):
    app = open_page("evaluation")
    app.toggle(key="evaluation.errors_only").set_value(True).run()

    assert sorted(filter(None, chart(app)["data"][0]["text"])) == ["1", "2"]


def test_evaluation_run_is_switched(open_page, workspace, toy_dataset, toy_run):
    better = make_run(workspace, "toy", toy_dataset, {}, name="Better")
    app = open_page("evaluation", run=toy_run.run_id)
    app.selectbox(key="choose.run").set_value(better.run_id).run()

    assert app.query_params["run"] == better.run_id
    assert metrics(app)["Accuracy"] == "100.0 %"


def test_evaluation_runs_with_equal_names_can_be_told_apart(open_page, workspace, toy_dataset):
    first = make_run(workspace, "toy", toy_dataset, {}, name="Same")
    second = make_run(workspace, "toy", toy_dataset, {}, name="Same")
    app = open_page("evaluation", run=second.run_id)
    app.selectbox(key="choose.run").select_index(1).run()

    assert app.query_params["run"] == first.run_id


def test_evaluation_shows_figures_per_class(open_page, toy_run):
    app = open_page("evaluation")

    table = next(frame.value for frame in app.dataframe if "precision" in frame.value)
    assert table["label"].tolist() == ["animals", "food", "weather"]
    assert table["recall"].round(1).tolist() == [100.0, 81.8, 90.9]


def test_evaluation_selected_example_opens_on_the_mistakes_page(open_page, toy_run):
    app = click_on(open_page("evaluation"), "food", "animals")
    select_row(app, TABLE.format("food", "animals"), 1)

    assert app.title[0].value == "Mistakes"
    assert app.query_params["run"] == toy_run.run_id
    assert app.query_params["row"] in toy_run.predictions("test").row_ids


@pytest.mark.parametrize("run_id", ["nope", "../../etc", "x" * 100_000, HOSTILE_TEXT])
def test_evaluation_unknown_run_in_the_link_is_a_message(open_page, toy_run, run_id):
    app = open_page("evaluation", run=run_id)

    assert not app.exception
    assert shown(app.warning) == [NO_RUN]
    assert metrics(app)["Accuracy"] == "90.9 %"
    assert app.query_params["run"] == toy_run.run_id


def test_evaluation_unknown_run_without_any_run_is_a_message(open_page):
    app = open_page("evaluation", run="../../etc")

    assert not app.exception
    assert len(app.warning) == 1
    assert shown(app.subheader) == ["No finished run yet"]


def test_evaluation_failed_run_in_the_link_is_explained(open_page, toy_run, failed_run):
    app = open_page("evaluation", run=failed_run.run_id)

    assert shown(app.warning) == ["Run Too big is failed. Showing the newest finished run."]
    assert metrics(app)["Accuracy"] == "90.9 %"


@pytest.mark.parametrize(
    ("name", "value"),
    [("true", "nope"), ("predicted", "nope"), ("true", HOSTILE_TEXT), ("predicted", "x" * 100_000)],
)
def test_evaluation_unknown_class_in_the_link_is_ignored_with_a_note(
    open_page, toy_run, name, value
):
    app = open_page("evaluation", **{name: value})

    assert not app.exception
    assert shown(app.toast)[0].startswith("The link names a class that this run does not have: ")
    assert heading(app) == "**3 rows:** all mistakes"
    assert name not in app.query_params


@pytest.mark.parametrize(("name", "what"), [("split", "split"), ("matrix", "cells show")])
def test_evaluation_unknown_choice_in_the_link_is_ignored_with_a_note(
    open_page, toy_run, name, what
):
    app = open_page("evaluation", **{name: "nope"})

    assert not app.exception
    assert shown(app.toast) == [
        f"The link names a {what} that does not exist here; it was ignored."
    ]


def test_evaluation_click_on_a_class_that_is_gone_is_ignored_with_a_note(open_page, toy_run):
    app = click_on(open_page("evaluation"), "gone", "food")

    assert not app.exception
    assert shown(app.toast) == ["The link names a class that this run does not have: gone"]
    assert heading(app).endswith("predicted food")


def test_evaluation_shows_hostile_classes_as_they_are(open_page, hostile_run):
    app = click_on(open_page("evaluation"), HOSTILE_CLASSES[0], HOSTILE_CLASSES[1])

    assert not app.exception
    assert heading(app) == f"**2 rows:** true {HOSTILE_CLASSES[0]}, predicted {HOSTILE_CLASSES[1]}"
    assert examples(app)[0] == (HOSTILE_CLASSES[0], HOSTILE_CLASSES[1])


def test_evaluation_with_damaged_predictions_is_a_message(open_page, toy_run):
    toy_run.predictions_file("test").write_bytes(b"PAR1")

    app = open_page("evaluation")

    assert not app.exception
    assert shown(app.error) == ["The predictions in test.parquet are damaged. Train the run again."]


def test_evaluation_without_predictions_leads_to_training(open_page, toy_run):
    for split in toy_run.splits:
        toy_run.predictions_file(split).unlink()

    app = open_page("evaluation")

    assert not app.exception
    assert app.subheader[0].value == "No finished run yet"


def test_evaluation_of_a_stopped_run_is_shown(open_page, toy_run):
    write_json(toy_run.folder / "finished.json", {**toy_run.finished, "outcome": "stopped"})

    app = open_page("evaluation")

    assert metrics(app)["Accuracy"] == "90.9 %"


def test_evaluation_view_is_kept_over_pages(open_page, toy_run):
    app = click_on(open_page("evaluation"), "food", "animals")
    app.switch_page("pages/dataset.py").run()
    app.switch_page("pages/evaluation.py").run()

    assert heading(app) == "**2 rows:** true food, predicted animals"
