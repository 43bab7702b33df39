"""Tests of a run on the Train page, while it trains and after."""

import os
import shutil
import time

import pytest

from pages._app.live_run import baseline_lines
from tests.cases import make_baseline
from tests.pages.conftest import (
    HOSTILE_TEXT,
    as_shown,
    labels,
    links,
    make_run,
    metrics,
    predict,
    select_row,
    shown,
)
from textcls_core.config import RunConfig
from textcls_core.files import write_json
from textcls_core.runs.history import append_rows
from textcls_core.runs.run import Run
from textcls_core.runs.store import RunStore


def test_line_of_a_baseline_has_every_score_of_the_charts(monkeypatch, tmp_path):
    baseline = make_baseline("0" * 16, "tfidf", 0.8)
    monkeypatch.setattr("pages._app.state.run_baselines", lambda *_: [baseline])

    [line] = baseline_lines(Run(tmp_path))

    assert line.title == "TF-IDF + linear SVM"
    assert line.figures == pytest.approx(
        {
            "validation_accuracy": 0.8,
            "validation_balanced_accuracy": 0.79,
            "validation_macro_f1": 0.78,
            "validation_weighted_f1": 0.77,
        }
    )


def test_line_of_a_baseline_with_probabilities_has_its_loss(monkeypatch, tmp_path):
    baseline = make_baseline("0" * 16, "frozen", 0.8)
    monkeypatch.setattr("pages._app.state.run_baselines", lambda *_: [baseline])

    [line] = baseline_lines(Run(tmp_path))

    assert line.figures["validation_loss"] == pytest.approx(0.2)


@pytest.fixture
def queued_run(workspace, active_run, hold_lock):
    """A run that waits behind `active_run`."""
    minute_ago = time.time() - 60
    os.utime(active_run.folder / "config.json", (minute_ago, minute_ago))
    run, _ = RunStore.open(workspace).create(RunConfig.create({"dataset": "toy", "name": "Next"}))
    hold_lock(run.lock_file)
    return run


def test_training_finished_run_shows_its_figures(open_page, toy_run):
    app = open_page("training", watch=toy_run.run_id)

    assert not app.exception
    assert metrics(app) == {
        "Test accuracy": "90.9 %",
        "Test macro-F1": "90.9 %",
        "Training time": "4 s",
        "Tokens per second": "100",
    }
    assert list(links(app)) == ["toy v1", "Evaluate", "Mistakes"]
    assert labels(app)[-2:] == ["Train again", "New run"]


def test_training_finished_run_shows_its_curves(open_page, toy_run):
    app = open_page("training", watch=toy_run.run_id)

    assert len(app.get("vega_lite_chart")) == 3
    assert app.dataframe[0].value["step"].tolist() == [10, 20]


def test_training_finished_run_shows_settings_machine_and_log(open_page, toy_run):
    toy_run.log_file.write_text("12:00:00 Loading minilm.\n12:00:01 <b>Run</b> completed.\n")

    app = open_page("training", watch=toy_run.run_id)

    assert app.code[0].value == "12:00:00 Loading minilm.\n12:00:01 <b>Run</b> completed."
    version = toy_run.config.dataset_fingerprint[:16]
    assert app.code[1].value.startswith(f"python -m textcls_core train --dataset {version} ")
    assert "CPU, because there is no other." in [text.value for text in app.text]


def test_training_active_run_shows_progress(open_page, active_run):
    app = open_page("training", watch=active_run.run_id)

    assert not app.exception
    assert metrics(app)["Step"] == "20 of 40"
    assert metrics(app)["Time left"] == "4 s"
    assert labels(app) == ["Pause", "Stop and keep the best", "New run"]
    assert app.progress[0].value == 50


def test_training_active_run_is_in_the_menu_of_every_page(open_page, active_run):
    app = open_page("dataset", view="Explore")

    assert as_shown(app.sidebar.progress[0].text) == (
        ":material/play_arrow: Half way: running, 4 s left"
    )


def test_training_queued_run_says_behind_what(open_page, queued_run):
    app = open_page("training", watch=queued_run.run_id)

    assert not app.exception
    assert "Queued behind Half way." in shown(app.info)
    assert any("queued, behind Half way" in text for text in shown(app.sidebar.caption))


def test_training_queued_run_counts_those_before_it(open_page, workspace, queued_run, hold_lock):
    last, _ = RunStore.open(workspace).create(RunConfig.create({"dataset": "toy", "name": "Last"}))
    hold_lock(last.lock_file)

    app = open_page("training", watch=last.run_id)

    assert "Queued behind Half way and 1 more." in shown(app.info)
    assert any("queued, behind Half way and 1 more" in text for text in shown(app.sidebar.caption))


def test_training_run_with_a_gpu_of_its_own_waits_for_nobody(open_page, active_run, queued_run):
    for run, gpu in ((active_run, "cuda-1"), (queued_run, "cuda-0")):
        write_json(run.folder / "environment.json", {"device": "cuda", "slots": [gpu]})

    app = open_page("training", watch=queued_run.run_id)

    assert "The worker is starting." in shown(app.info)
    assert any("queued, starting" in text for text in shown(app.sidebar.caption))


def test_training_failed_run_shows_its_reason(open_page, failed_run):
    app = open_page("training", watch=failed_run.run_id)

    assert not app.exception
    assert shown(app.error) == ["Out of memory. Halve batch_size."]
    assert "Train again" in labels(app)
    assert list(links(app)) == ["toy v1"]


def test_training_run_that_stopped_by_itself_shows_its_reason(open_page, failed_run):
    facts = {"outcome": "stopped", "error": "The loss became nan."}
    write_json(failed_run.folder / "finished.json", facts)

    app = open_page("training", watch=failed_run.run_id)

    assert shown(app.error) == ["The loss became nan."]


def test_training_failed_run_shows_a_hostile_reason_as_it_is(open_page, failed_run):
    write_json(failed_run.folder / "finished.json", {"outcome": "failed", "error": HOSTILE_TEXT})

    app = open_page("training", watch=failed_run.run_id)

    assert shown(app.error) == [HOSTILE_TEXT]
    assert "![" not in app.error[0].value


def test_training_interrupted_run_says_what_may_have_happened(open_page, interrupted_run):
    app = open_page("training", watch=interrupted_run.run_id)

    assert not app.exception
    assert any("The worker ended without a word" in text for text in shown(app.caption))


def test_training_paused_run_says_so(open_page, toy_run, monkeypatch):
    facts = {"outcome": "stopped", "paused": True}
    write_json(toy_run.folder / "finished.json", facts)
    monkeypatch.setattr(
        Run, "is_paused", property(lambda run: run.finished.get("paused")), raising=False
    )

    app = open_page("training", watch=toy_run.run_id)

    assert "Paused: everything is kept in its checkpoint." in shown(app.caption)
    assert metrics(app)["Step"] == "20 of 20"


def test_training_run_that_never_came_up_is_shown(open_page, workspace):
    run, _ = RunStore.open(workspace).create(RunConfig.create({"dataset": "toy"}))
    minute_ago = time.time() - 60
    os.utime(run.folder / "config.json", (minute_ago, minute_ago))

    app = open_page("training", watch=run.run_id)

    assert not app.exception
    assert labels(app)[-2:] == ["Train again", "New run"]


def test_training_torn_last_line_of_the_history_is_not_shown(open_page, active_run):
    with active_run.history_file.open("a") as file:
        append_rows(file, [{"step": 21, "epoch": 1, "train_loss": 0.1, "learning_rate": 1e-4}])
        file.write('{"step": 22, "epo')

    app = open_page("training", watch=active_run.run_id)

    assert not app.exception
    assert metrics(app)["Step"] == "21 of 40"


def vega(app, name):
    """Return a chart by its key, and the rows of all its data."""
    return next(c.proto for c in app.get("vega_lite_chart") if f"training.{name}" in c.proto.id)


def test_training_charts_keep_their_zoom(open_page, toy_run):
    app = open_page("training", watch=toy_run.run_id)

    assert [list(c.proto.selection_mode) for c in app.get("vega_lite_chart")] == [["zoom"]] * 3


def test_training_chart_stays_the_same_while_points_come(open_page, active_run):
    app = open_page("training", watch=active_run.run_id)
    before = [vega(app, name) for name in ("loss", "scores")]
    with active_run.history_file.open("a") as file:
        append_rows(file, [training_row(21), validation_row(21)])
    app.run()
    after = [vega(app, name) for name in ("loss", "scores")]

    assert [without_names(chart) for chart in after] == [without_names(chart) for chart in before]
    assert [chart.alt for chart in after] == [chart.alt for chart in before]
    assert [chart.id for chart in after] == [chart.id for chart in before]


def without_names(chart):
    """Return what a chart looks like; the names of its data only say which come first."""
    spec = chart.spec
    for position, dataset in enumerate(chart.datasets):
        spec = spec.replace(dataset.name, f"data{position}")
    return spec


def training_row(step):
    facts = {"gradient_norm": 1.5, "tokens_per_second": 4321.4, "useful_share": 0.413}
    return {
        **{"step": step, "epoch": 1, "train_loss": 0.25, "learning_rate": 1e-4},
        **{"train_seconds": 5.0, "examples_per_second": 40.0, **facts},
    }


def validation_row(step):
    scores = {"validation_accuracy": 0.9, "validation_macro_f1": 0.9, "validation_weighted_f1": 0.8}
    return {"step": step, "epoch": 1, "validation_loss": 0.5, **scores}


def test_training_live_figures_of_the_engine_are_shown(open_page, active_run):
    with active_run.history_file.open("a") as file:
        append_rows(file, [training_row(21)])

    app = open_page("training", watch=active_run.run_id)

    assert metrics(app)["Tokens per second"] == "4,321"
    assert "41 % of the peak" in [metric.delta for metric in app.metric]
    drawn = [chart.proto.id.rsplit("training.")[-1] for chart in app.get("vega_lite_chart")]
    assert drawn == [
        *("loss", "scores", "learning_rate", "gradient_norm"),
        *("tokens_per_second", "useful_share"),
    ]


def test_training_device_memory_is_drawn_where_it_is_known(open_page, active_run):
    with active_run.history_file.open("a") as file:
        append_rows(file, [{**training_row(21), "memory_mb": 2048.0}])

    app = open_page("training", watch=active_run.run_id)

    assert vega(app, "memory_mb")


def test_training_notes_of_a_run_are_listed(open_page, active_run):
    with active_run.history_file.open("a") as file:
        append_rows(file, [{"step": 21, "epoch": 1, "note": f"Resumed. {HOSTILE_TEXT}"}])

    app = open_page("training", watch=active_run.run_id)

    assert f":material/info: Step 21: Resumed. {HOSTILE_TEXT}" in shown(app.caption)


def test_training_smoothing_and_figure_survive_a_page_switch(open_page, toy_run):
    app = open_page("training", watch=toy_run.run_id)
    app.slider(key="training.smoothing").set_value(0.5)
    app.selectbox(key="training.metric").set_value("validation_accuracy")
    app.toggle(key="training.log").set_value(True).run()
    app.switch_page("pages/dataset.py").run()
    app.switch_page("pages/training.py").run()

    assert app.slider(key="training.smoothing").value == 0.5
    assert app.selectbox(key="training.metric").value == "validation_accuracy"
    assert '"type": "log"' in vega(app, "loss").spec


def test_training_shows_the_figure_that_decides_first(open_page, workspace, toy_dataset):
    run = make_run(workspace, "toy", toy_dataset, {}, metric_for_best_model="validation_accuracy")

    app = open_page("training", watch=run.run_id)

    assert app.selectbox(key="training.metric").value == "validation_accuracy"


def test_training_draws_and_lists_another_figure_that_decides(open_page, workspace, toy_dataset):
    run = make_run(workspace, "toy", toy_dataset, {}, metric_for_best_model="validation_brier")
    figures = {"validation_loss": 0.4, "validation_accuracy": 0.8, "validation_macro_f1": 0.8}
    with run.history_file.open("a") as file:
        rows = [
            {"step": 50, "epoch": 1, **figures, "validation_brier": 0.125},
            {"step": 51, "epoch": 1, **figures, "validation_brier": None},
        ]
        append_rows(file, rows)

    app = open_page("training", watch=run.run_id)

    assert not app.exception
    assert app.selectbox(key="training.metric").value == "validation_brier"
    assert "Validation Brier score" in vega(app, "scores").spec
    [table] = [one.value for one in app.dataframe if "Brier score" in one.value]
    assert table["Brier score"].tolist()[-2:] == ["0.125", "undefined"]


@pytest.fixture
def sampled_run(active_run, toy_dataset):
    """An active run with predictions of its validation rows, two of them wrong."""
    predictions = predict(toy_dataset, "validation", {("food", "animals"): 2})
    predictions.save(active_run.folder / "live_validation.parquet")
    return active_run


def rows_shown(app):
    return app.dataframe[0].value


def test_training_worst_validation_rows_come_first(open_page, sampled_run):
    app = open_page("training", watch=sampled_run.run_id)

    assert rows_shown(app)["true"].tolist()[:2] == ["food", "food"]
    assert rows_shown(app)["predicted"].tolist()[:2] == ["animals", "animals"]
    assert len(rows_shown(app)) == 5


def test_training_validation_rows_follow_the_newest_validation(open_page, sampled_run, toy_dataset):
    app = open_page("training", watch=sampled_run.run_id)
    newer = predict(toy_dataset, "validation", {("weather", "food"): 2})
    newer.save(sampled_run.folder / "live_validation.parquet")
    app.run()

    assert rows_shown(app)["true"].tolist()[:2] == ["weather", "weather"]


@pytest.mark.parametrize("kind", ["best", "random"])
def test_training_other_validation_rows_can_be_chosen(open_page, sampled_run, kind):
    app = open_page("training", watch=sampled_run.run_id)
    worst = rows_shown(app)["text"].tolist()
    app.segmented_control(key="training.samples").set_value(kind).run()

    assert rows_shown(app)["text"].tolist() != worst


def test_training_validation_row_is_shown_in_full_when_it_is_chosen(open_page, sampled_run):
    app = open_page("training", watch=sampled_run.run_id)
    text = rows_shown(app)["text"][1]
    select_row(app, "training.rows.worst", 1)

    assert text in [element.value for element in app.text]


def test_training_validation_rows_without_their_data_set_are_a_note(
    open_page, workspace, sampled_run, toy_dataset
):
    shutil.rmtree(workspace.datasets_dir / toy_dataset.fingerprint[:16])

    app = open_page("training", watch=sampled_run.run_id)

    assert not app.exception
    assert any("so its rows cannot be shown" in text for text in shown(app.caption))
