"""Tests of the Train page: the form, what starts, and a run while it trains and after."""

import os
import time

import pytest

from tests.pages.conftest import HOSTILE_TEXT, as_shown, make_run, set_parameters, shown
from textcls_core.config import RunConfig
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore
from textcls_core.files import write_json
from textcls_core.models.catalogue import SUGGESTED, PretrainedModel
from textcls_core.runs.history import append_rows
from textcls_core.runs.run import RunStatus
from textcls_core.runs.store import RunStore, new_run_id

BAD_SETTINGS = [
    ("learning_rate", 0.0, "learning_rate: input should be greater than 0"),
    ("learning_rate", -1.0, "learning_rate: input should be greater than 0"),
    ("learning_rate", 1e9, "learning_rate: input should be less than 1"),
    ("num_epochs", 0, "num_epochs: input should be greater than or equal to 1"),
    ("num_epochs", 10**6, "num_epochs: input should be less than or equal to 1000"),
    ("batch_size", 0, "batch_size: input should be greater than or equal to 1"),
    ("batch_size", 10**6, "batch_size: input should be less than or equal to 4096"),
    ("seed", -1, "seed: input should be greater than or equal to 0"),
    ("seed", 2**40, "seed: input should be less than 4294967296"),
    ("max_length", 1, "max_length: input should be greater than or equal to 8"),
]


@pytest.fixture
def offer_model(monkeypatch):
    """Put a model into the list of the form; AppTest cannot type a new one."""

    def offer(name):
        model = PretrainedModel(name, "for this test", "hub")
        monkeypatch.setattr("pages._app.training_form.SUGGESTED", (*SUGGESTED, model))

    return offer


@pytest.fixture
def runs(workspace):
    """Read which runs there are now."""
    return lambda: RunStore.open(workspace).runs()


@pytest.fixture
def active_run(workspace, toy_dataset, hold_lock):
    """A run that is alive at step 20 of 40."""
    run = make_run(workspace, "toy", toy_dataset, {}, name="Half way")
    (run.folder / "finished.json").unlink()
    write_json(run.folder / "started.json", {"num_steps": 40})
    hold_lock(run.lock_file)
    return run


@pytest.fixture
def queued_run(workspace, active_run, hold_lock):
    """A run that waits behind `active_run`."""
    minute_ago = time.time() - 60
    os.utime(active_run.folder / "config.json", (minute_ago, minute_ago))
    run, _ = RunStore.open(workspace).create(RunConfig.create({"dataset": "toy", "name": "Next"}))
    hold_lock(run.lock_file)
    return run


@pytest.fixture
def interrupted_run(workspace, toy_dataset):
    """A run whose worker was killed."""
    run = make_run(workspace, "toy", toy_dataset, {})
    (run.folder / "finished.json").unlink()
    return run


def open_form(open_page, **parameters):
    return open_page("training", **{"dataset": "toy", **parameters})


def setting(app, name):
    return next(field for field in app.number_input if field.label == name)


def metrics(app):
    return {metric.label: metric.value for metric in app.metric}


def press(app, key):
    return app.button(key=key).click().run()


def labels(app):
    return [button.label for button in app.button]


def test_training_form_says_what_will_happen(open_page):
    app = open_form(open_page)

    assert not app.exception
    assert app.title[0].value == "Train"
    assert metrics(app) == {"Steps": "12", "Tokens": "1,664", "Time": "unknown"}
    assert "No run of minilm has finished on this machine yet." in shown(app.caption)


def test_training_form_shows_the_same_command(open_page):
    app = open_form(open_page)

    command = "python -m textcls_core train --dataset toy --model minilm --preset fast"
    assert app.code[0].value == command


def test_training_form_setting_is_effective(open_page):
    app = open_form(open_page)
    setting(app, "num_epochs").set_value(5).run()

    assert metrics(app)["Steps"] == "30"
    assert app.code[0].value.endswith("--set num_epochs=5")


def test_training_form_preset_is_effective(open_page):
    app = open_form(open_page)
    app.selectbox(key="choose.preset").set_value("best").run()

    assert app.query_params["preset"] == "best"
    assert setting(app, "max_length").value == 512
    assert metrics(app)["Steps"] == "24"


def test_training_form_takes_the_time_from_an_earlier_run(open_page, toy_run):
    app = open_form(open_page)

    assert metrics(app)["Time"] == "17 s"
    assert "At 100 tokens/s, as the last run of minilm here." in shown(app.caption)


@pytest.mark.parametrize(("name", "value", "message"), BAD_SETTINGS)
def test_training_form_with_a_bad_setting_starts_nothing(
    open_page, runs, started, name, value, message
):
    app = open_form(open_page)
    setting(app, name).set_value(value).run()

    assert not app.exception
    assert message in shown(app.error)[0]
    assert "Train" not in labels(app)
    assert not started
    assert not runs()


def test_training_form_cuts_a_name_that_is_too_long(open_page, started):
    app = open_form(open_page)
    app.text_input(key="training.name").set_value("x" * 10_000).run()
    press(app, "training.start")

    assert not app.exception
    assert started[0].config.name == "x" * 80


@pytest.mark.parametrize("model", ["no/such-model", "/nowhere", "../../etc", "a b c", HOSTILE_TEXT])
def test_training_form_with_an_unknown_model_starts_nothing(
    open_page, offer_model, runs, started, model
):
    offer_model(model)
    app = open_form(open_page)
    app.selectbox(key="training.model").set_value(model).run()
    press(app, "training.start")

    assert not app.exception
    assert len(shown(app.error)) == 1
    assert not started
    assert not runs()


def test_training_form_with_an_unknown_model_still_shows_the_command(open_page, offer_model):
    offer_model("no/such-model")
    app = open_form(open_page)
    app.selectbox(key="training.model").set_value("no/such-model").run()

    assert '"no/such-model" is not on this machine' in shown(app.warning)[0]
    assert "--model no/such-model" in app.code[0].value


def test_training_on_one_class_starts_nothing(open_page, workspace, runs, started):
    rows = Rows(["a", "b", "c"], ["x"] * 3, ["train", "validation", "test"], extra={})
    DatasetStore.open(workspace).save(build_dataset(rows), "alone", "for this test")
    app = press(open_form(open_page, dataset="alone"), "training.start")

    assert not app.exception
    assert 'All 3 rows have the label "x"' in shown(app.error)[0]
    assert not started
    assert not runs()


def test_training_start_makes_a_run_and_watches_it(open_page, runs, started):
    app = press(open_form(open_page), "training.start")

    assert [run.run_id for run in runs()] == [started[0].run_id]
    assert app.query_params["watch"] == started[0].run_id
    assert "minilm on toy" in shown(app.subheader)


def test_training_start_keeps_the_settings_of_the_form(open_page, started):
    app = open_form(open_page)
    setting(app, "learning_rate").set_value(3e-4)
    app.text_input(key="training.name").set_value("../My *run*").run()
    press(app, "training.start")

    assert started[0].config.learning_rate == 3e-4
    assert started[0].config.name == "../My *run*"
    assert "../My *run*" in shown(app.subheader)


def test_training_start_gives_an_id_without_the_name(open_page, workspace, started):
    app = open_form(open_page)
    app.text_input(key="training.name").set_value("../../escape").run()
    press(app, "training.start")

    assert started[0].folder.parent == workspace.runs_dir
    assert "escape" not in started[0].run_id


def test_training_two_clicks_with_one_token_are_one_run(open_page, runs, started):
    token = new_run_id()
    first, second = open_form(open_page), open_form(open_page)
    first.session_state["training.run_id"] = token
    second.session_state["training.run_id"] = token
    press(first, "training.start")
    press(second, "training.start")

    assert [run.run_id for run in runs()] == [token]
    assert len(started) == 1
    assert second.query_params["watch"] == token


def test_training_a_second_time_on_purpose_is_another_run(open_page, runs, started):
    app = press(open_form(open_page), "training.start")
    press(app, "training.new")
    press(app, "training.start")

    assert len(runs()) == len(started) == 2


def test_training_on_an_older_version_trains_on_that_version(
    open_page, workspace, toy_dataset, hostile_dataset, started
):
    DatasetStore.open(workspace).save(hostile_dataset, "toy", "a second version")
    app = open_form(open_page, dataset=toy_dataset.fingerprint[:16])
    press(app, "training.start")

    assert started[0].config.dataset_fingerprint == toy_dataset.fingerprint


def test_training_again_takes_data_set_and_settings_of_the_run(open_page, workspace, toy_dataset):
    settings = {"learning_rate": 2e-4, "num_epochs": 7, "preset": "best", "name": "Again"}
    run = make_run(workspace, "toy", toy_dataset, {}, **settings)
    app = open_page("training", watch=run.run_id, dataset="bbc-news")
    press(app, "training.again")

    assert "--dataset toy" in app.code[0].value
    assert setting(app, "learning_rate").value == 2e-4
    assert setting(app, "num_epochs").value == 7
    assert app.selectbox(key="choose.preset").value == "best"
    assert app.text_input(key="training.name").value == "Again"


def test_training_again_in_a_link_opens_the_same_form(open_page, toy_run):
    app = open_page("training", **{"from": toy_run.run_id})

    assert not app.exception
    assert "--dataset toy" in app.code[0].value


@pytest.mark.parametrize("run_id", ["nope", "../../etc", "x" * 100_000])
def test_training_form_ignores_an_unknown_run_to_start_from(open_page, run_id):
    app = open_form(open_page, **{"from": run_id})

    assert not app.exception
    assert metrics(app)["Steps"] == "12"


@pytest.mark.parametrize(
    "run_id", ["nope", "../../etc", "/etc/passwd", "latest/../x", "x" * 100_000, HOSTILE_TEXT]
)
def test_training_unknown_run_in_the_link_is_a_message(open_page, toy_run, run_id):
    app = open_page("training", watch=run_id)

    assert not app.exception
    assert shown(app.warning)[0] == "The run in this link does not exist in this workspace."
    assert f"Known runs: {toy_run.run_id}" in [text.value for text in app.text]


def test_training_finished_run_shows_its_figures(open_page, toy_run):
    app = open_page("training", watch=toy_run.run_id)

    assert not app.exception
    assert metrics(app) == {
        "Test accuracy": "90.9 %",
        "Test macro-F1": "90.9 %",
        "Training time": "4 s",
        "Speed": "100 tokens/s",
    }
    assert [link.label for link in app.page_link] == ["Evaluate", "Mistakes"]
    assert labels(app) == ["Train again", "New run"]


def test_training_finished_run_shows_its_curves(open_page, toy_run):
    app = open_page("training", watch=toy_run.run_id)

    assert len(app.get("vega_lite_chart")) == 3
    assert app.dataframe[0].value["step"].tolist() == [10, 20]


def test_training_finished_run_shows_settings_machine_and_log(open_page, toy_run):
    toy_run.log_file.write_text("12:00:00 Loading minilm.\n12:00:01 <b>Run</b> completed.\n")

    app = open_page("training", watch=toy_run.run_id)

    assert app.code[0].value == "12:00:00 Loading minilm.\n12:00:01 <b>Run</b> completed."
    assert app.code[1].value.startswith("python -m textcls_core train --dataset toy")
    assert "CPU, because there is no other." in [text.value for text in app.text]


def test_training_active_run_shows_progress(open_page, active_run):
    app = open_page("training", watch=active_run.run_id)

    assert not app.exception
    assert metrics(app)["Step"] == "20 of 40"
    assert metrics(app)["Time left"] == "4 s"
    assert labels(app) == ["Stop and keep the best", "New run"]
    assert app.progress[0].value == 50


def test_training_active_run_is_in_the_menu_of_every_page(open_page, active_run):
    app = open_page("dataset", view="Examples")

    assert as_shown(app.sidebar.progress[0].text) == (
        ":material/play_arrow: Half way: running, 4 s left"
    )


def test_training_stop_asks_the_worker(open_page, active_run):
    app = press(open_page("training", watch=active_run.run_id), "training.stop")

    assert not app.exception
    assert active_run.status == RunStatus.STOPPING
    assert "Finishing the step, then keeping the best model." in shown(app.run().caption)


def test_training_stop_of_a_run_that_has_just_ended_is_a_note(open_page, active_run):
    app = open_page("training", watch=active_run.run_id)
    write_json(active_run.folder / "finished.json", {"outcome": "stopped"})
    press(app, "training.stop")

    assert not app.exception


def test_training_queued_run_says_behind_what(open_page, queued_run):
    app = open_page("training", watch=queued_run.run_id)

    assert not app.exception
    assert "Queued behind Half way." in shown(app.info)
    assert any("queued, behind Half way" in text for text in shown(app.sidebar.caption))


def test_training_failed_run_shows_its_reason(open_page, failed_run):
    app = open_page("training", watch=failed_run.run_id)

    assert not app.exception
    assert shown(app.error) == ["Out of memory. Halve batch_size."]
    assert "Train again" in labels(app)
    assert not app.page_link


def test_training_failed_run_shows_a_hostile_reason_as_it_is(open_page, failed_run):
    write_json(failed_run.folder / "finished.json", {"outcome": "failed", "error": HOSTILE_TEXT})

    app = open_page("training", watch=failed_run.run_id)

    assert shown(app.error) == [HOSTILE_TEXT]
    assert "![" not in app.error[0].value


def test_training_interrupted_run_says_what_may_have_happened(open_page, interrupted_run):
    app = open_page("training", watch=interrupted_run.run_id)

    assert not app.exception
    assert any("The worker ended without a word" in text for text in shown(app.caption))


def test_training_run_that_never_came_up_is_shown(open_page, workspace):
    run, _ = RunStore.open(workspace).create(RunConfig.create({"dataset": "toy"}))
    minute_ago = time.time() - 60
    os.utime(run.folder / "config.json", (minute_ago, minute_ago))

    app = open_page("training", watch=run.run_id)

    assert not app.exception
    assert labels(app) == ["Train again", "New run"]


def test_training_torn_last_line_of_the_history_is_not_shown(open_page, active_run):
    with active_run.history_file.open("a") as file:
        append_rows(file, [{"step": 21, "epoch": 1, "train_loss": 0.1, "learning_rate": 1e-4}])
        file.write('{"step": 22, "epo')

    app = open_page("training", watch=active_run.run_id)

    assert not app.exception
    assert metrics(app)["Step"] == "21 of 40"


def test_training_run_is_found_again_after_a_refresh(open_page, started):
    app = press(open_form(open_page), "training.start")

    refreshed = open_page("training", watch=app.query_params["watch"])

    assert "minilm on toy" in shown(refreshed.subheader)


def test_training_run_watched_is_kept_over_pages(open_page, toy_run):
    app = open_page("training", watch=toy_run.run_id)
    app.switch_page("pages/dataset.py").run()

    app.switch_page("pages/training.py").run()

    assert "minilm on toy" in shown(app.subheader)


def test_training_link_to_another_run_opens_that_run(open_page, toy_run, failed_run):
    app = open_page("training", watch=toy_run.run_id)

    set_parameters(app, watch=failed_run.run_id)

    assert "Too big" in shown(app.subheader)
