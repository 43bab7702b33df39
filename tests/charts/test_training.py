"""Tests of the live charts of one run, which are Altair charts."""

import pytest

from textcls_core.charts.baselines import BaselineLine
from textcls_core.charts.live import MAX_POINTS, View
from textcls_core.charts.training import (
    STEP_FIGURES,
    has_figure,
    loss_chart,
    score_columns,
    scores_chart,
    step_chart,
)
from textcls_core.runs.history import History

EMPTY = History(())
TEN = View(10, smoothing=0.0)
LEARNING_RATE, GRADIENT_NORM = STEP_FIGURES[:2]


def baseline(title, accuracy, macro_f1=0.5, balanced_accuracy=0.5, weighted_f1=0.5):
    figures = {
        "validation_accuracy": accuracy,
        "validation_macro_f1": macro_f1,
        "validation_balanced_accuracy": balanced_accuracy,
        "validation_weighted_f1": weighted_f1,
    }
    return BaselineLine(title, figures)


BASELINES = (
    baseline("majority class", 0.34, 0.17, 0.2, 0.27),
    baseline("TF-IDF", 0.81, 0.8, 0.79, 0.805),
)


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


def history(num_steps, *rows):
    return History((*training_rows(num_steps), *rows))


def layers(chart):
    """Return the rows that each layer draws, without the name of the run."""
    spec = chart.to_dict()
    return [rows_of(spec, layer) for layer in spec["layer"]]


def rows_of(spec, layer):
    data = layer.get("data", spec.get("data"))
    rows = spec["datasets"][data["name"]] if "name" in data else data["values"]
    return [{key: value for key, value in row.items() if key != "run"} for row in rows]


def loss(rows, view=TEN, baselines=()):
    return loss_chart({"run": rows}, view, baselines)


def loss_rows(rows, view=TEN):
    return layers(loss(rows, view))[0]


def scores(rows, metric="validation_macro_f1", kept_by="validation_macro_f1", **options):
    return scores_chart({"run": rows}, TEN, metric, kept_by={"run": kept_by}, **options)


def drawn_with(chart, name):
    """Return the rows of the layers that have a column."""
    found = [rows for rows in layers(chart) if rows and name in rows[0]]
    return found[0] if found else []


def test_loss_chart_draws_every_step_of_a_short_run():
    assert loss_rows(history(3)) == [
        {"step": 1, "value": 1.0, "smoothed": 1.0},
        {"step": 2, "value": 2.0, "smoothed": 2.0},
        {"step": 3, "value": 3.0, "smoothed": 3.0},
    ]


def test_loss_chart_smoothing_is_effective():
    smooth = loss_rows(history(3), View(10, smoothing=0.9))

    assert smooth[-1]["value"] == 3.0
    assert smooth[-1]["smoothed"] == pytest.approx(2.07, abs=0.01)


def test_loss_chart_draws_a_single_run_thin_as_well():
    spec = loss(history(3)).to_dict()["layer"][1]

    assert spec["mark"]["strokeWidth"] == 1
    assert spec["mark"]["opacity"] == 0.4
    assert spec["encoding"]["y"]["field"] == "value"


def test_loss_chart_draws_validations_dotted_and_as_points():
    spec = loss(history(4, validation(2), validation(4, loss=0.4)))
    dotted, points = spec.to_dict()["layer"][2:4]

    assert drawn_with(spec, "held_out") == [
        {"step": 2, "held_out": 0.5},
        {"step": 4, "held_out": 0.4},
    ]
    assert dotted["mark"]["strokeDash"] == [4, 3]
    assert points["mark"]["type"] == "point"


@pytest.mark.parametrize("num_steps", [1, 999, 1_000])
def test_loss_chart_keeps_all_points_up_to_the_limit(num_steps):
    assert len(loss_rows(history(num_steps))) == num_steps


@pytest.mark.parametrize("num_steps", [1_001, 1_999, 2_000, 2_001, 19_990, 50_000])
def test_loss_chart_is_thinned_to_the_limit(num_steps):
    rows = loss_rows(history(num_steps))

    assert MAX_POINTS / 2 < len(rows) <= MAX_POINTS


@pytest.mark.parametrize("num_steps", [1_001, 2_000, 4_001, 50_000])
def test_loss_chart_thinned_keeps_the_first_and_the_last_step(num_steps):
    rows = loss_rows(history(num_steps))

    assert (rows[0]["step"], rows[-1]["step"]) == (1, num_steps)
    assert rows[-1]["value"] == num_steps


def test_loss_chart_thinned_smooths_over_all_steps():
    kept = loss_rows(history(4_001), View(4_001, smoothing=0.9))[-1]

    assert kept["smoothed"] == pytest.approx(4_001 - 9, abs=0.01)


def test_loss_chart_axis_spans_the_whole_run():
    spec = loss(history(3), View(250)).to_dict()

    first, last = spec["layer"][0]["encoding"]["x"]["scale"]["domain"]
    assert first == 0
    assert 250 < last < 255  # a ring around the last point is drawn whole


def test_loss_chart_axis_is_free_while_the_number_of_steps_is_unknown():
    spec = loss(history(3), View(None)).to_dict()

    assert "domain" not in spec["layer"][0]["encoding"]["x"]["scale"]


@pytest.mark.parametrize(
    ("log_scale", "scale"), [(False, {"zero": True}), (True, {"type": "log", "nice": False})]
)
def test_loss_chart_axis_starts_at_zero_or_is_logarithmic(log_scale, scale):
    spec = loss(history(3), View(10, log_scale=log_scale)).to_dict()

    assert spec["layer"][0]["encoding"]["y"]["scale"] == scale


def test_loss_chart_shows_a_loss_of_zero_on_a_logarithmic_axis():
    rows = History(({"step": 1, "train_loss": 0.0}, validation(1, loss=0.0)))

    drawn = layers(loss(rows, View(10, log_scale=True)))

    assert drawn[0][0]["value"] == drawn[2][0]["held_out"] == pytest.approx(1e-6)


def test_loss_chart_names_the_ends_of_its_lines_with_the_newest_losses():
    names = drawn_with(loss(history(2, validation(2))), "label")

    assert [row["label"] for row in names] == ["training 2.000", "validation 0.500"]
    assert [row["label_at"] for row in names] == [2.0, 0.5]


def test_loss_chart_moves_names_apart_that_would_touch():
    names = drawn_with(loss(history(2, validation(2, loss=1.99))), "label")

    assert abs(names[0]["label_at"] - names[1]["label_at"]) > 0.1


def test_loss_chart_marks_where_a_note_was_made():
    rows = history(4, {"step": 3, "epoch": 1, "note": "Resumed from step 2."})

    assert drawn_with(loss(rows), "note") == [{"step": 3, "note": "Resumed from step 2."}]


def test_loss_chart_does_not_change_its_looks_when_rows_come():
    few = loss(history(1)).to_dict()
    many = loss(history(9, validation(4), {"step": 5, "note": "Resumed."})).to_dict()

    for spec in (few, many):
        del spec["datasets"]
        for layer in spec["layer"]:
            del layer["data"]
            layer.pop("name", None)
    assert str(many).replace(many["params"][0]["views"][0], "") == str(few).replace(
        few["params"][0]["views"][0], ""
    )


def test_scores_chart_draws_the_chosen_figure_of_every_validation():
    rows = history(4, validation(2), validation(4, macro_f1=0.9))

    drawn = drawn_with(scores(rows), "held_out")

    assert [row["held_out"] for row in drawn] == [0.7, 0.9]


@pytest.mark.parametrize(
    ("kept_by", "step"),
    [("validation_accuracy", 2), ("validation_macro_f1", 4), ("validation_loss", 6)],
)
def test_scores_chart_rings_the_kept_model(kept_by, step):
    rows = history(
        6,
        validation(2, loss=0.6, accuracy=0.9, macro_f1=0.5),
        validation(4, loss=0.5, accuracy=0.7, macro_f1=0.9),
        validation(6, loss=0.4, accuracy=0.8, macro_f1=0.6),
    )

    ringed = drawn_with(scores(rows, "validation_accuracy", kept_by), "kept")

    assert [row["step"] for row in ringed] == [step]


def test_scores_to_choose_from_are_those_of_any_run_and_those_that_decide():
    old = history(2, validation(2))
    new = history(2, {**validation(2), "validation_mcc": 0.5, "validation_macro_roc_auc": None})

    assert score_columns({"old": old}, {"old": "validation_loss"}) == [
        "validation_accuracy",
        "validation_macro_f1",
    ]
    assert score_columns({"old": old, "new": new}, {"new": "validation_brier"}) == [
        "validation_accuracy",
        "validation_macro_f1",
        "validation_mcc",
        "validation_brier",
    ]
    assert score_columns({"new": EMPTY}, {"new": "validation_macro_f1"}) == ["validation_macro_f1"]


def test_scores_chart_of_a_figure_that_is_no_share_is_not_in_percent():
    rows = history(2, {**validation(2), "validation_brier": 0.25})

    chart = scores(rows, "validation_brier", "validation_brier", baselines=BASELINES)

    spec = chart.to_dict()
    assert spec["title"] == "Validation Brier score; a ring: the kept model"
    assert spec["layer"][0]["encoding"]["y"]["axis"]["format"] == ".4~f"
    assert drawn_with(chart, "label")[0]["label"] == "0.250"
    assert drawn_with(chart, "kept") == [{"step": 2, "kept": 0.25}]
    assert drawn_with(chart, "level") == []  # the baselines were not measured by it


def test_scores_chart_has_digits_for_figures_that_lie_close_together():
    spec = scores(history(2, validation(2))).to_dict()

    assert spec["layer"][0]["encoding"]["y"]["axis"]["format"] == ".2~%"


def test_scores_chart_of_a_figure_the_run_does_not_have_is_empty():
    rows = history(2, validation(2))

    assert drawn_with(scores(rows, "validation_weighted_f1"), "held_out") == []


@pytest.mark.parametrize(
    ("metric", "levels"),
    [
        ("validation_accuracy", [0.34, 0.81]),
        ("validation_macro_f1", [0.17, 0.8]),
        ("validation_balanced_accuracy", [0.2, 0.79]),
        ("validation_weighted_f1", [0.27, 0.805]),
    ],
)
def test_scores_chart_draws_baselines_as_lines_with_names(metric, levels):
    rows = history(2, validation(2, accuracy=0.4, macro_f1=0.2))

    lines = drawn_with(scores(rows, metric, baselines=BASELINES), "level")

    assert [row["level"] for row in lines] == levels
    assert lines[1]["baseline"] == f"TF-IDF {100 * levels[1]:.1f} %"


def test_scores_chart_moves_baselines_apart_that_would_touch():
    near = (baseline("a", 0.80), baseline("b", 0.801), baseline("c", 0.3))

    lines = drawn_with(scores(EMPTY, "validation_accuracy", baselines=near), "level")

    assert lines[1]["name_at"] - lines[0]["name_at"] > 0.03


def test_step_chart_draws_the_figure_of_every_step():
    drawn = layers(step_chart({"run": history(3)}, TEN, LEARNING_RATE))[0]

    assert [row["value"] for row in drawn] == [1e-5, 2e-5, pytest.approx(3e-5)]


def test_step_chart_is_thinned_and_keeps_the_last_step():
    drawn = layers(step_chart({"run": history(5_000)}, TEN, LEARNING_RATE))[0]

    assert len(drawn) <= MAX_POINTS
    assert drawn[-1]["step"] == 5_000


@pytest.mark.parametrize(
    ("figure", "column"), [(LEARNING_RATE, "value"), (GRADIENT_NORM, "smoothed")]
)
def test_step_chart_smooths_what_is_noisy(figure, column):
    spec = step_chart({"run": history(3)}, TEN, figure).to_dict()

    assert spec["layer"][0]["encoding"]["y"]["field"] == column


def test_step_figure_that_no_run_has_is_known_to_be_missing():
    assert has_figure({"run": history(1)}, LEARNING_RATE)
    assert not has_figure({"run": history(1)}, GRADIENT_NORM)


@pytest.mark.parametrize("chart", [loss, scores], ids=["loss", "scores"])
def test_live_charts_have_a_fixed_height_before_the_first_step(chart):
    assert chart(EMPTY).to_dict()["height"] in {270, 300}
