"""Tests of baselines on the Train page: in the loss chart, and what is said of them."""

import pytest

from tests.cases import make_baseline
from tests.pages.conftest import make_run, shown
from textcls_core.training.baselines import save_baseline


def loss_chart(app):
    charts = [element.proto for element in app.get("vega_lite_chart")]
    return next(chart for chart in charts if "training.loss" in chart.id)


def is_drawn(app, words):
    return any(words.encode() in dataset.data.data for dataset in loss_chart(app).datasets)


def said(app):
    return next((text for text in shown(app.caption) if text.startswith("Grey lines")), "")


def test_losses_of_baselines_stand_in_the_loss_chart(open_page, toy_run, toy_baselines):
    app = open_page("training", watch=toy_run.run_id)

    assert not app.exception
    assert is_drawn(app, "Majority class 0.670")
    assert is_drawn(app, "Frozen minilm 0.050")
    assert not is_drawn(app, "TF-IDF")
    assert said(app).endswith("Without probabilities, so without a loss: TF-IDF + linear SVM.")


def test_losses_of_baselines_stand_beside_an_active_run(open_page, active_run, toy_baselines):
    assert is_drawn(open_page("training", watch=active_run.run_id), "Frozen minilm 0.050")


def test_losses_of_baselines_stand_beside_several_runs(
    open_page, toy_run, workspace, toy_dataset, toy_baselines
):
    other = make_run(workspace, "toy", toy_dataset, {}, name="Other")

    app = open_page("training", watch=toy_run.run_id, compare=other.run_id)

    assert is_drawn(app, "Other")
    assert is_drawn(app, "Frozen minilm 0.050")


def test_loss_far_above_the_curves_is_only_named(open_page, toy_run, workspace, toy_dataset):
    figures = make_baseline(toy_dataset.fingerprint, "majority", 0.3).validation
    far = figures.model_copy(update={"loss": 40.0})
    baseline = make_baseline(toy_dataset.fingerprint, "majority", 0.3, validation=far)
    save_baseline(workspace, baseline)

    app = open_page("training", watch=toy_run.run_id)

    assert is_drawn(app, "above: Majority class 40.000")


@pytest.mark.parametrize(
    "settings", [{"loss": "focal"}, {"class_weights": "balanced"}, {"label_smoothing_factor": 0.1}]
)
def test_training_loss_in_another_unit_is_told(
    open_page, workspace, toy_dataset, toy_baselines, settings
):
    run = make_run(workspace, "toy", toy_dataset, {}, **settings)

    app = open_page("training", watch=run.run_id)

    assert "The training loss of this run is focal, weighted or smoothed" in said(app)


def test_fold_has_no_lines_because_its_validation_rows_are_others(
    open_page, workspace, toy_dataset, toy_baselines
):
    run = make_run(workspace, "toy", toy_dataset, {}, num_folds=3, fold=1)

    app = open_page("training", watch=run.run_id)

    assert not is_drawn(app, "Frozen minilm")
    assert said(app) == ""
