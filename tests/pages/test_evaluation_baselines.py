"""Tests of baselines in the views of Evaluate: label sets, samples and hostile names."""

import pytest

from tests.cases import make_baseline
from tests.pages.conftest import HOSTILE_TEXT, chart, shown
from textcls_core.evaluation.by_task import load_predictions
from textcls_core.runs.saved_slices import SavedSlices
from textcls_core.runs.slice_conditions import parse_condition
from textcls_core.training.baseline_answers import answers_of_run, save_answers
from textcls_core.training.baseline_fitting import ensure_baselines
from textcls_core.training.baselines import BaselineFigures, save_baseline

PANELS = ["Overview", "Curves", "Calibration", "Decisions", "Slices"]
DRAWN = [panel for panel in PANELS if panel != "Overview"]


def drawn(app):
    """Return the names of baselines in the first chart."""
    lines = chart(app)["data"]
    return [line["name"] for line in lines if line.get("legendrank") == 3_000]


def keep_frozen(workspace, run, title, num_rows=None):
    """Keep a frozen encoder that answered some of a run's rows as the run did."""
    whole = {split: load_predictions(run.predictions_file(split)) for split in run.splits}
    answers = {
        split: type(known)(
            known.row_ids[:num_rows],
            known.true_label_ids[:num_rows],
            known.probabilities[:num_rows],
            known.label_names,
        )
        for split, known in whole.items()
        if split != "train"
    }
    count = len(answers["test"])
    values = {"accuracy": 0.9, "balanced_accuracy": 0.9, "macro_f1": 0.9, "weighted_f1": 0.9}
    figures = {
        split: BaselineFigures(num_examples=len(known), loss=0.1, **values)
        for split, known in answers.items()
    }
    fingerprint = run.config.dataset_fingerprint
    baseline = make_baseline(fingerprint, "frozen", 0.9, title=title, **figures)
    save_answers(workspace, baseline, answers)
    save_baseline(workspace, baseline)
    return count


@pytest.mark.parametrize("panel", PANELS)
def test_views_of_label_sets_stand_beside_baselines(
    open_page, workspace, topics_run, topics_dataset, panel
):
    ensure_baselines(workspace, topics_dataset)

    app = open_page("evaluation", panel=panel)

    assert not app.exception
    if panel in DRAWN:
        assert drawn(app)[0].startswith("Majority per label")


def test_saved_slices_stand_beside_baselines(open_page, workspace, toy_run, measured_baselines):
    saved = SavedSlices.of_run(workspace, toy_run)
    saved.save("Food", [parse_condition("class=food")])
    saved.save("Gone", [parse_condition("shop=x")])

    app = open_page("evaluation", panel="Slices", slices="Saved")

    assert not app.exception
    table = next(frame.value for frame in app.dataframe if "before" in frame.value)
    assert table["TF-IDF + linear SVM"].tolist() == [
        100.0,
        pytest.approx(float("nan"), nan_ok=True),
    ]


@pytest.mark.parametrize("panel", DRAWN)
def test_views_say_that_a_baseline_answered_a_sample(open_page, workspace, toy_run, panel):
    assert keep_frozen(workspace, toy_run, "Frozen minilm", num_rows=20) == 20

    app = open_page("evaluation", panel=panel)

    assert not app.exception
    assert any("Frozen minilm answered a sample of 20 rows." in text for text in shown(app.caption))


@pytest.mark.parametrize("panel", PANELS)
def test_views_show_a_hostile_title_as_it_is(open_page, workspace, toy_run, panel):
    keep_frozen(workspace, toy_run, HOSTILE_TEXT, num_rows=20)
    (known,) = answers_of_run(workspace, toy_run.config, "test")
    assert known.title == HOSTILE_TEXT

    app = open_page("evaluation", panel=panel)

    assert not app.exception
    assert not any("![h](" in element.value for element in app.caption)
    if panel in DRAWN:
        assert "<img" not in drawn(app)[0]
