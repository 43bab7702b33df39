"""Tests of the live charts of a run, which are Altair charts."""

import pytest

from textcls_core.charts.training import (
    MAX_POINTS,
    learning_rate_chart,
    loss_chart,
    scores_chart,
)
from textcls_core.runs.history import History

EMPTY = History(())


def training_rows(num_steps):
    return [
        {"step": n, "epoch": 1, "train_loss": float(n), "learning_rate": n * 1e-5}
        for n in range(1, num_steps + 1)
    ]


def validation(step, loss=0.5, accuracy=0.8, macro_f1=0.7):
    return {
        "step": step,
        "epoch": 1,
        "validation_loss": loss,
        "validation_accuracy": accuracy,
        "validation_macro_f1": macro_f1,
    }


def history(num_steps, *validations):
    return History((*training_rows(num_steps), *validations))


def layers(chart):
    """Return the rows that each layer draws."""
    spec = chart.to_dict()
    return [rows_of(spec, layer) for layer in spec["layer"]]


def rows_of(spec, layer):
    data = layer.get("data", spec.get("data"))
    return spec["datasets"][data["name"]] if "name" in data else data["values"]


def loss_rows(*arguments, **options):
    return layers(loss_chart(*arguments, **options))[0]


def test_loss_chart_draws_every_step_of_a_short_run():
    rows = loss_rows(history(3), 10, 0.0)

    assert rows == [
        {"step": 1, "loss": 1.0, "smoothed": 1.0},
        {"step": 2, "loss": 2.0, "smoothed": 2.0},
        {"step": 3, "loss": 3.0, "smoothed": 3.0},
    ]


def test_loss_chart_smoothing_is_effective():
    rough, smooth = loss_rows(history(3), 10, 0.0), loss_rows(history(3), 10, 0.9)

    assert rough[-1]["smoothed"] == 3.0
    assert smooth[-1]["smoothed"] == pytest.approx(2.07, abs=0.01)


def test_loss_chart_draws_validations_as_line_and_points():
    drawn = layers(loss_chart(history(4, validation(2), validation(4, loss=0.4)), 4))

    assert drawn[2] == drawn[3] == [{"step": 2, "loss": 0.5}, {"step": 4, "loss": 0.4}]


@pytest.mark.parametrize("num_steps", [1, 999, 1_000])
def test_loss_chart_keeps_all_points_up_to_the_limit(num_steps):
    assert len(loss_rows(history(num_steps), num_steps)) == num_steps


@pytest.mark.parametrize("num_steps", [1_001, 1_999, 2_000, 2_001, 19_990, 50_000])
def test_loss_chart_is_thinned_to_the_limit(num_steps):
    rows = loss_rows(history(num_steps), num_steps)

    assert len(rows) <= MAX_POINTS
    assert len(rows) > MAX_POINTS / 2


@pytest.mark.parametrize("num_steps", [1_001, 2_000, 4_001, 50_000])
def test_loss_chart_thinned_keeps_the_first_and_the_last_step(num_steps):
    rows = loss_rows(history(num_steps), num_steps)

    assert (rows[0]["step"], rows[-1]["step"]) == (1, num_steps)
    assert rows[-1]["loss"] == num_steps


def test_loss_chart_thinned_smooths_over_all_steps():
    kept = loss_rows(history(4_001), 4_001, 0.9)[-1]

    assert kept["smoothed"] == pytest.approx(4_001 - 9, abs=0.01)


def test_loss_chart_axis_spans_the_whole_run():
    spec = loss_chart(history(3), 250).to_dict()

    assert spec["layer"][0]["encoding"]["x"]["scale"]["domain"] == [0, 250]


def test_loss_chart_axis_is_free_while_the_number_of_steps_is_unknown():
    spec = loss_chart(history(3), None).to_dict()

    assert "domain" not in spec["layer"][0]["encoding"]["x"]["scale"]


def test_loss_chart_axis_starts_at_zero():
    spec = loss_chart(history(3), 10).to_dict()

    assert spec["layer"][0]["encoding"]["y"]["scale"]["zero"] is True


@pytest.mark.parametrize(
    ("rows", "title"),
    [
        (EMPTY, "Waiting for the first step"),
        (history(2), "Loss: training 2.000 (line)"),
        (history(2, validation(2)), "Loss: training 2.000 (line), validation 0.500 (dotted)"),
    ],
)
def test_loss_chart_title_says_the_newest_losses(rows, title):
    assert loss_chart(rows, 10).to_dict()["title"] == title


def test_scores_chart_draws_both_figures_of_every_validation():
    drawn = layers(scores_chart(history(2, validation(2)), 4, "validation_macro_f1"))[0]

    assert drawn == [
        {"step": 2, "score": 0.8, "name": "accuracy"},
        {"step": 2, "score": 0.7, "name": "macro-F1"},
    ]


@pytest.mark.parametrize(
    ("metric", "step"),
    [("validation_accuracy", 2), ("validation_macro_f1", 4), ("validation_loss", 6)],
)
def test_scores_chart_marks_the_kept_model(metric, step):
    rows = history(
        6,
        validation(2, loss=0.6, accuracy=0.9, macro_f1=0.5),
        validation(4, loss=0.5, accuracy=0.7, macro_f1=0.9),
        validation(6, loss=0.4, accuracy=0.8, macro_f1=0.6),
    )

    marked = layers(scores_chart(rows, 6, metric))[1]

    assert {row["step"] for row in marked} == {step}


def test_scores_chart_gives_each_figure_its_own_colour():
    spec = scores_chart(history(2, validation(2)), 4, "validation_loss").to_dict()

    scale = spec["layer"][0]["encoding"]["color"]["scale"]
    assert scale["domain"] == ["accuracy", "macro-F1"]
    assert len(set(scale["range"])) == 2


def test_learning_rate_chart_draws_the_rate_of_every_step():
    spec = learning_rate_chart(history(3), 10).to_dict()

    assert rows_of(spec, spec) == [
        {"step": 1, "rate": 1e-5},
        {"step": 2, "rate": 2e-5},
        {"step": 3, "rate": pytest.approx(3e-5)},
    ]


def test_learning_rate_chart_is_thinned_and_keeps_the_last_step():
    spec = learning_rate_chart(history(5_000), 5_000).to_dict()

    rows = rows_of(spec, spec)
    assert len(rows) <= MAX_POINTS
    assert rows[-1]["step"] == 5_000


@pytest.mark.parametrize(
    "chart",
    [
        loss_chart(EMPTY, None),
        scores_chart(EMPTY, None, "validation_loss"),
        learning_rate_chart(EMPTY, None),
    ],
    ids=["loss", "scores", "learning rate"],
)
def test_live_charts_have_a_fixed_height_before_the_first_step(chart):
    assert chart.to_dict()["height"] in {220, 300}
