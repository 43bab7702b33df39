"""Tests of the pages on a run that gives several labels per text: messages, never a traceback."""

import pytest

from tests.pages.conftest import shown
from textcls_core.evaluation.by_task import figures_of
from textcls_core.models.classifier import Classifier, Design
from textcls_core.wording import percent


@pytest.fixture
def topics_model(topics_run, topics_dataset, tiny_model_dir):
    """`topics_run` with a model that was never trained."""
    names, design = topics_dataset.label_names, Design(task="multi_label")
    classifier = Classifier.from_pretrained(tiny_model_dir, names, max_length=64, design=design)
    classifier.save(topics_run.model_dir)
    return topics_run


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
    assert "Measure the baselines of this data set" not in [link.label for link in app.page_link]


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


@pytest.mark.parametrize("view", ["Overview", "Explore"])
def test_data_page_shows_the_data_set_without_baselines(open_page, topics_run, view):
    app = open_page("dataset", dataset="topics", view=view)

    assert not app.exception
    assert "multi-label" in [metric.delta for metric in app.metric]
    assert "Baselines" not in shown(app.subheader)


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
