"""Tests of the pages on a run that gives several labels per text: messages, never a traceback."""

import pytest

from tests.pages.conftest import history_rows, links, shown
from textcls_core.evaluation.by_task import figures_of, predicted_text, true_text
from textcls_core.models.classifier import Classifier, Design
from textcls_core.runs.history import append_rows
from textcls_core.training.baseline_fitting import ensure_baselines
from textcls_core.training.samples import choose_samples
from textcls_core.wording import percent
from textcls_core.workspace import Workspace


@pytest.fixture
def topics_model(topics_run, topics_dataset, tiny_model_dir):
    """`topics_run` with a model that was never trained."""
    names, design = topics_dataset.label_names, Design(task="multi_label")
    classifier = Classifier.from_pretrained(tiny_model_dir, names, max_length=64, design=design)
    classifier.save(topics_run.model_dir)
    return topics_run


@pytest.fixture
def topics_baselines(topics_run, topics_dataset):
    """The baselines of `topics` that need no model, on disk."""
    return ensure_baselines(Workspace(topics_run.folder.parent.parent), topics_dataset)


def ask(app, text):
    app.text_area[0].set_value(text)
    return app.button[0].click().run()


def test_mistakes_page_shows_label_sets(open_page, topics_run):
    app = open_page("mistakes")

    assert not app.exception
    assert not app.error
    assert any("A text may have several labels here" in text for text in shown(app.caption))


def test_evaluation_page_shows_the_figures_of_label_sets(open_page, topics_run):
    result = figures_of(topics_run.predictions("test"))

    app = open_page("evaluation")

    assert not app.exception
    assert not app.error
    assert not app.get("plotly_chart")
    values = [metric.value for metric in app.metric]
    assert values[:2] == [percent(result.accuracy), percent(result.macro_f1)]
    assert app.dataframe[1].value["class"].tolist() == ["animals", "food", "weather"]
    assert "Measure the baselines of this data set" in links(app)


def test_evaluation_page_shows_the_baselines_of_label_sets(open_page, topics_run, topics_baselines):
    app = open_page("evaluation")

    best = max(baseline.test.micro_f1 for baseline in topics_baselines)
    least = min(baseline.test.hamming_loss for baseline in topics_baselines)
    table = next(frame.value for frame in app.dataframe if "method" in frame.value)
    rows = next(frame.value for frame in app.dataframe if "best baseline" in frame.value)
    figures = rows.set_index("figure")["best baseline"]
    assert not app.exception
    assert table["method"].tolist() == ["This run", "Majority per label", "TF-IDF + linear SVM"]
    assert {"micro-F1", "Hamming loss"} <= set(table)
    assert figures["Micro-F1"] == percent(best)
    assert figures["Hamming loss"] == percent(least)


def test_home_page_compares_with_all_baselines(open_page, topics_run, topics_baselines):
    row = open_page("home").dataframe[0].value.iloc[0]

    expected = [percent(baseline.test.accuracy) for baseline in topics_baselines]
    assert row[["Majority", "TF-IDF"]].tolist() == expected


def test_training_page_draws_the_baselines_of_label_sets(open_page, topics_run, topics_baselines):
    with topics_run.history_file.open("a") as file:
        append_rows(file, history_rows())

    app = open_page("training", watch=topics_run.run_id)

    majority = topics_baselines[0].validation
    drawn = b"".join(
        dataset.data.data
        for element in app.get("vega_lite_chart")
        for dataset in element.proto.datasets
    )
    assert not app.exception
    assert f"Majority per label {majority.loss:.3f}".encode() in drawn
    assert f"Majority per label {percent(majority.macro_f1)}".encode() in drawn


def test_home_page_lists_the_run(open_page, topics_run):
    app = open_page("home")

    accuracy = figures_of(topics_run.predictions("test")).accuracy
    assert not app.exception
    assert app.dataframe[0].value["Test accuracy"].tolist() == [percent(accuracy)]


def test_training_page_shows_the_run(open_page, topics_run):
    app = open_page("training", watch=topics_run.run_id)

    assert not app.exception
    assert not app.error
    assert "Test accuracy" in [metric.label for metric in app.metric]


@pytest.mark.parametrize("kind", ["worst", "best", "random"])
def test_training_page_shows_validation_rows_with_their_label_sets(open_page, topics_run, kind):
    with topics_run.history_file.open("a") as file:
        append_rows(file, history_rows())
    predictions = topics_run.predictions("validation")
    predictions.save(topics_run.live_predictions_file)
    app = open_page("training", watch=topics_run.run_id)

    app.segmented_control(key="training.samples").set_value(kind).run()

    table = next(frame.value for frame in app.dataframe if "true" in frame.value)
    chosen = choose_samples(predictions, kind, 5, seed=topics_run.config.seed)
    assert not app.exception
    assert table["loss"].tolist() == pytest.approx(predictions.loss[chosen].tolist())
    assert table["true"].tolist() == [true_text(predictions, row) for row in chosen]
    assert table["predicted"].tolist() == [predicted_text(predictions, row) for row in chosen]


@pytest.mark.parametrize("view", ["Overview", "Explore"])
def test_data_page_shows_the_data_set(open_page, topics_run, view):
    app = open_page("dataset", dataset="topics", view=view)

    assert not app.exception
    assert "multi-label" in [metric.delta for metric in app.metric]


def test_data_page_measures_the_baselines_of_label_sets(open_page, topics_run):
    app = open_page("dataset", dataset="topics")
    app.button(key="dataset.measure").click().run()

    table = next(frame.value for frame in app.dataframe if "method" in frame.value)
    assert not app.exception
    assert table["method"].tolist() == ["Majority per label", "TF-IDF + linear SVM"]


def test_training_page_offers_to_train_on_the_data_set(open_page, topics_run):
    app = open_page("training", dataset="topics")

    assert not app.exception
    assert not app.error
    assert "--dataset topics" in app.code[0].value


def test_prediction_page_shows_every_label_that_is_given(open_page, topics_model):
    classifier = Classifier.load(topics_model.model_dir)
    [row] = classifier.predict_probabilities(["the old cat"])
    given = {name for name, p in zip(classifier.label_names, row, strict=True) if p >= 0.5}

    app = ask(open_page("prediction"), "the old cat")

    badges = {item.value.split("[")[1][:-1] for item in app.markdown if "-badge[" in item.value}
    assert not app.exception
    assert badges == (given or {"no label"})
    assert any("each label is judged by itself" in text for text in shown(app.caption))


def test_prediction_page_lists_labels_with_their_probabilities(open_page, topics_model):
    app = open_page("prediction")
    app.segmented_control[0].set_value("One text per line").run()

    app = ask(app, "the old cat\nsnow and bread")

    table = app.dataframe[0].value
    assert not app.exception
    assert list(table) == ["labels", "text"]
    assert table["labels"].str.contains(" %").all()


def test_attention_page_gives_each_label_its_own_probability(open_page, topics_model):
    row_id = topics_model.predictions("test").row_ids[0]

    app = open_page("explanation", row=row_id, look="Matrix")

    assert not app.exception
    assert not app.error
    assert len(app.get("plotly_chart")) == 2
