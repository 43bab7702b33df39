"""Tests of the figures at a glance: their intervals, what they are compared with, the classes."""

import shutil

import numpy as np
import pytest

from tests.cases import make_baseline
from tests.pages.conftest import HOSTILE_CLASSES, links, make_run, metrics, shown
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore
from textcls_core.evaluation.decision import Decision, write_decision
from textcls_core.training.baselines import save_baseline


def captions(app):
    return " ".join(shown(app.caption))


def table(app, column):
    """Return the table with a column."""
    return next(frame.value for frame in app.dataframe if column in frame.value)


def figure_rows(app):
    """Return the table of all figures, by the name of the figure."""
    return table(app, "figure").set_index("figure")


def references(app):
    """Return what stands below the figures."""
    return [text for text in shown(app.caption) if text.startswith(("majority", "best", "no "))]


def test_evaluation_shows_the_figures_with_their_intervals(open_page, toy_run):
    app = open_page("evaluation")

    assert not app.exception
    assert metrics(app)["Accuracy"] == "90.9 %"
    low, high = map(float, app.metric[0].delta.split("\u2013"))
    assert low < 90.9 < high < 100
    assert "95 % interval" in captions(app)
    assert app.query_params["run"] == toy_run.run_id


def test_evaluation_shows_the_majority_class_without_a_baseline(open_page, toy_run):
    assert references(open_page("evaluation"))[0] == "majority 33.3 %"


def test_evaluation_shows_the_figures_beside_the_best_baseline(open_page, toy_run, toy_baselines):
    assert references(open_page("evaluation")) == [
        "best baseline 95.0 %",
        "best baseline 93.0 %",
        "best baseline 92.0 %",
        "best baseline 0.050",
    ]


@pytest.mark.parametrize(
    ("accuracy", "sentence"),
    [
        (0.5, "The whole interval of the accuracy lies above the 50.0 % of the best baseline."),
        (0.9, "these rows alone do not show that the run is better."),
        (0.99, "The whole interval of the accuracy lies below the 99.0 % of the best baseline."),
    ],
)
def test_evaluation_says_whether_the_run_surely_beats_the_best_baseline(
    open_page, workspace, toy_run, toy_dataset, accuracy, sentence
):
    save_baseline(workspace, make_baseline(toy_dataset.fingerprint, "tfidf", accuracy))

    assert sentence in " ".join(shown(open_page("evaluation").markdown))


def test_evaluation_without_baselines_compares_with_the_most_frequent_answer(open_page, toy_run):
    text = " ".join(shown(open_page("evaluation").markdown))

    assert "lies above the 33.3 % of always giving the most frequent answer." in text


def test_evaluation_has_a_table_of_the_baselines(open_page, toy_run, toy_baselines):
    app = open_page("evaluation")

    assert app.expander[0].label == "Baselines as a table"
    methods = table(app, "method")
    assert methods["method"].tolist() == ["This run", *(b.title for b in toy_baselines)]
    assert methods["accuracy"].tolist() == ["90.9 %", "33.0 %", "80.0 %", "95.0 %"]
    assert methods["loss"].tolist()[1:] == ["0.670", "none", "0.050"]
    assert methods["how it was made"].tolist()[0] == "minilm on toy"
    assert methods["how it was made"].tolist()[2] == "How tfidf was made."


def test_evaluation_of_training_rows_has_no_baselines(open_page, toy_run, toy_baselines):
    app = open_page("evaluation", split="train")

    assert references(app)[0] == "majority 33.3 %"
    assert "was trained on these rows" in captions(app)
    assert "Measure the baselines of this data set" not in links(app)
    assert not [frame for frame in app.dataframe if "method" in frame.value]


def test_evaluation_of_a_fold_has_no_baselines_on_its_validation_rows(
    open_page, workspace, toy_dataset, toy_baselines
):
    make_run(workspace, "toy", toy_dataset, {}, num_folds=3, fold=1)

    app = open_page("evaluation", split="validation")

    assert references(app)[0] == "majority 33.3 %"
    assert "Measure the baselines of this data set" not in links(app)


def test_evaluation_without_baselines_leads_to_the_data_page(open_page, toy_run, toy_dataset):
    link = links(open_page("evaluation"))["Measure the baselines of this data set"]

    assert f"dataset={toy_dataset.fingerprint[:16]}" in link.proto.query_string


def test_evaluation_lists_every_figure(open_page, toy_run, toy_baselines):
    rows = figure_rows(open_page("evaluation"))

    assert rows.index.tolist() == [
        *("Accuracy", "Balanced accuracy", "Macro-F1", "Micro-F1", "Weighted F1"),
        *("Matthews correlation", "Cohen's kappa", "Top-2 accuracy"),
        *("ROC-AUC, macro", "Average precision, macro", "Log loss", "Brier score"),
    ]
    assert rows.loc["Accuracy", "best baseline"] == "95.0 %"
    assert rows.loc["Matthews correlation", "best baseline"] == ""
    assert rows.loc["Brier score", "95 % interval"].count("\u2013") == 1


def test_evaluation_without_baselines_has_no_column_for_them(open_page, toy_run):
    assert "best baseline" not in figure_rows(open_page("evaluation"))


def test_evaluation_without_mistakes_says_why_intervals_are_missing(open_page, toy_run):
    app = open_page("evaluation", split="validation")

    rows = figure_rows(app)
    assert rows.loc["Macro-F1", "95 % interval"] == "none"
    assert rows.loc["Accuracy", "95 % interval"].endswith("\u2013100.0")
    assert [metric.delta for metric in app.metric][1] == "none"
    assert "without any mistake" in captions(app)


def test_evaluation_shows_figures_per_class(open_page, toy_run):
    rows = table(open_page("evaluation"), "precision")

    assert rows["class"].tolist() == ["animals", "food", "weather"]
    assert rows["recall"].round(1).tolist() == [100.0, 81.8, 90.9]
    assert rows["ROC-AUC"].round(3).tolist() == [0.955, 0.886, 0.955]
    assert rows["rows"].tolist() == [11, 11, 11]


def test_evaluation_draws_duplicates_together_and_says_so(open_page, workspace, toy_dataset):
    texts = [f"{word}{mark}" for word in ("cat", "dog", "soup", "rice") for mark in ("", ".", "!")]
    labels = ["animals"] * 6 + ["food"] * 6
    dataset = build_dataset(Rows(texts * 2, labels * 2, ["train"] * 12 + ["test"] * 12, extra={}))
    DatasetStore.open(workspace).save(dataset, "copies", "for this test")
    make_run(workspace, "copies", dataset, {("food", "animals"): 2})

    found = captions(open_page("evaluation"))

    assert "12 rows hold 4 different texts" in found


def test_evaluation_without_duplicates_does_not_mention_them(open_page, toy_run):
    assert "different text" not in captions(open_page("evaluation"))


def test_evaluation_without_its_data_set_still_has_intervals(open_page, workspace, toy_run):
    shutil.rmtree(workspace.datasets_dir / toy_run.config.dataset_fingerprint[:16])

    app = open_page("evaluation")

    assert not app.exception
    assert not app.error
    assert "\u2013" in app.metric[0].delta


def test_evaluation_mentions_a_stored_temperature(open_page, toy_run):
    toy_run.model_dir.mkdir(exist_ok=True)
    write_decision(toy_run.model_dir, Decision(temperature=1.5))

    app = open_page("evaluation")

    assert metrics(app)["Accuracy"] == "90.9 %"
    assert "temperature 1.50 stored with the model" in captions(app)


def test_evaluation_names_classes_without_rows(open_page, workspace, toy_dataset, toy_run):
    predictions = toy_run.predictions("test")
    keep = np.flatnonzero(predictions.true_label_ids != 2)
    fewer = type(predictions)(
        tuple(predictions.row_ids[row] for row in keep),
        predictions.true_label_ids[keep],
        predictions.probabilities[keep],
        predictions.label_names,
    )
    fewer.save(toy_run.predictions_file("test"))

    app = open_page("evaluation")

    assert "leave out classes that no row has, or every row: weather." in captions(app)
    assert table(app, "precision")["ROC-AUC"].isna().tolist() == [False, False, True]


def test_evaluation_shows_hostile_classes_as_they_are(open_page, hostile_run):
    app = open_page("evaluation")

    assert not app.exception
    assert table(app, "precision")["class"].tolist() == sorted(HOSTILE_CLASSES)


@pytest.mark.parametrize("split", ["train", "test"])
def test_evaluation_shows_the_figures_of_label_sets(open_page, topics_run, split):
    app = open_page("evaluation", split=split)

    assert not app.exception
    assert not app.error
    assert "Accuracy (all labels right)" in metrics(app)
    rows = figure_rows(app)
    assert {"Hamming loss", "Label ranking (LRAP)", "ROC-AUC, micro"} <= set(rows.index)
    assert "Cohen's kappa" not in rows.index
    assert "only if every one of its labels is right" in captions(app)
    assert table(app, "precision")["ROC-AUC"].tolist() == [1.0, 1.0, 0.5]


def test_overview_shows_f1_of_the_baselines_class_by_class(open_page, toy_run, measured_baselines):
    app = open_page("evaluation")

    assert not app.exception
    classes = next(frame.value for frame in app.dataframe if "recall" in frame.value)
    assert classes["TF-IDF F1"].tolist() == [100.0] * 3
    assert sorted(classes["Majority F1"])[:2] == [0.0, 0.0]
