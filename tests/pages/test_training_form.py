"""Tests of the form of the Train page: what it offers, keeps and refuses."""

import pytest

from pages._app.training_form import GROUPS
from tests.pages.conftest import (
    HOSTILE_TEXT,
    labels,
    make_run,
    metrics,
    open_form,
    press,
    set_parameters,
    setting,
    shown,
)
from textcls_core.config import RunConfig
from textcls_core.dataset.store import DatasetStore

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
def form(open_page):
    """The form as it opens."""
    return open_form(open_page)


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


def test_training_form_offers_the_metrics_of_the_data_by_their_titles(
    open_page, workspace, topics_dataset
):
    DatasetStore.open(workspace).save(topics_dataset, "topics", "for this test")

    one, several = (open_form(open_page, dataset=name) for name in ("toy", "topics"))

    for app in (one, several):
        assert not app.exception
        assert setting(app, "metric_for_best_model").value == "validation_macro_f1"
    offered = setting(one, "metric_for_best_model").options
    assert "Matthews correlation" in offered
    assert "Hamming loss" not in offered
    assert "Hamming loss" in setting(several, "metric_for_best_model").options


def test_training_form_metric_is_effective(open_page):
    app = open_form(open_page)
    setting(app, "metric_for_best_model").set_value("validation_brier").run()

    assert not app.exception
    assert app.code[0].value.endswith("--set metric_for_best_model=validation_brier")


def test_training_form_of_a_run_on_other_data_forgets_its_metric(
    open_page, workspace, toy_dataset, topics_dataset
):
    DatasetStore.open(workspace).save(topics_dataset, "topics", "for this test")
    run = make_run(workspace, "toy", toy_dataset, {}, metric_for_best_model="validation_mcc")

    same = open_form(open_page, **{"from": run.run_id})
    other = open_form(open_page, **{"from": run.run_id, "dataset": "topics"})

    assert setting(same, "metric_for_best_model").value == "validation_mcc"
    assert setting(other, "metric_for_best_model").value == "validation_macro_f1"


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
    setting(app, "Name (optional)").set_value("x" * 10_000).run()
    press(app, "training.start")

    assert not app.exception
    assert started[0].config.name == "x" * 80


@pytest.mark.parametrize("model", ["no/such-model", "/nowhere", "../../etc", "a b c", HOSTILE_TEXT])
def test_training_form_with_an_unknown_model_starts_nothing(
    open_page, offer_model, runs, started, model
):
    offer_model(model)
    app = open_form(open_page)
    setting(app, "Model").set_value(model).run()
    press(app, "training.start")

    assert not app.exception
    assert len(shown(app.error)) == 1
    assert not started
    assert not runs()


def test_training_form_with_an_unknown_model_still_shows_the_command(open_page, offer_model):
    offer_model("no/such-model")
    app = open_form(open_page)
    setting(app, "Model").set_value("no/such-model").run()

    assert '"no/such-model" is not on this machine' in shown(app.warning)[0]
    assert "--model no/such-model" in app.code[0].value


@pytest.mark.parametrize("run_id", ["nope", "../../etc", "x" * 100_000])
def test_training_form_ignores_an_unknown_run_to_start_from(open_page, run_id):
    app = open_form(open_page, **{"from": run_id})

    assert not app.exception
    assert metrics(app)["Steps"] == "12"


def test_training_again_takes_data_set_and_settings_of_the_run(open_page, workspace, toy_dataset):
    settings = {"learning_rate": 2e-4, "num_epochs": 7, "preset": "best", "name": "Again"}
    run = make_run(workspace, "toy", toy_dataset, {}, **settings)
    app = open_page("training", watch=run.run_id, dataset="bbc-news")
    press(app, "training.again")

    assert "--dataset toy" in app.code[0].value
    assert setting(app, "learning_rate").value == 2e-4
    assert setting(app, "num_epochs").value == 7
    assert app.selectbox(key="choose.preset").value == "best"
    assert setting(app, "Name (optional)").value == "Again"


def test_training_again_in_a_link_opens_the_same_form(open_page, toy_run):
    app = open_page("training", **{"from": toy_run.run_id})

    assert not app.exception
    assert "--dataset toy" in app.code[0].value


def test_training_form_has_a_field_for_every_setting():
    elsewhere = {"name", "dataset", "dataset_fingerprint", "model", "preset"}
    of_groups = {"num_folds", "fold", "group"}

    shown_fields = [name for names in GROUPS.values() for name in names]

    assert len(shown_fields) == len(set(shown_fields))
    assert set(shown_fields) == set(RunConfig.model_fields) - elsewhere - of_groups


@pytest.mark.parametrize("name", [name for names in GROUPS.values() for name in names])
def test_training_form_explains_every_setting(form, name):
    assert setting(form, name).help == RunConfig.model_fields[name].description


@pytest.mark.parametrize(
    ("name", "value", "command"),
    [
        ("lr_scheduler_type", "cosine", "--set lr_scheduler_type=cosine"),
        ("class_weights", "balanced", "--set class_weights=balanced"),
        ("oversampling", True, "--set oversampling=True"),
        ("pooling", "mean", "--set pooling=mean"),
        ("lora_rank", 8, "--set lora_rank=8"),
        ("ema_decay", 0.999, "--set ema_decay=0.999"),
        ("long_documents", "windows", "--set long_documents=windows"),
        ("checkpoint_steps", 50, "--set checkpoint_steps=50"),
        ("num_processes", 2, "--set num_processes=2"),
        ("torch_compile", True, "--set torch_compile=True"),
    ],
)
def test_training_form_field_is_effective(open_page, name, value, command):
    app = open_form(open_page)
    setting(app, name).set_value(value).run()

    assert not app.exception
    assert not app.error
    assert command in app.code[0].value


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"lora_rank": 8, "freeze_layers": 2}, "LoRA already leaves all pretrained weights"),
        ({"oversampling": True, "class_weights": "balanced"}, "would count rare classes twice"),
        ({"long_documents": "windows", "max_length": 8}, "windows need a max_length of at least"),
        ({"loss": "focal", "label_smoothing_factor": 0.1}, "focal loss is not defined for"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_training_form_reports_a_contradiction(open_page, settings, message):
    app = open_form(open_page)
    for name, value in settings.items():
        setting(app, name).set_value(value)
    app.run()

    assert message in shown(app.error)[0]
    assert len(app.error) == 1
    assert "Train" not in labels(app)


@pytest.mark.parametrize(
    ("name", "needed", "value"),
    [
        ("focal_gamma", "loss", "focal"),
        ("max_windows", "long_documents", "windows"),
        ("lora_alpha", "lora_rank", 4),
        ("lora_dropout", "lora_rank", 4),
    ],
)
def test_training_form_field_without_meaning_is_idle(open_page, name, needed, value):
    app = open_form(open_page)
    before = setting(app, name).disabled
    setting(app, needed).set_value(value).run()

    assert before
    assert not setting(app, name).disabled


def test_training_form_says_how_much_the_model_can_read(form):
    assert "minilm reads at most 512 tokens at once." in shown(form.caption)


def test_training_form_settings_survive_a_page_switch(open_page):
    app = open_form(open_page)
    changes = {"num_epochs": 7, "loss": "focal", "oversampling": True, "report_to": ["tensorboard"]}
    for name, value in {**changes, "Name (optional)": "Kept"}.items():
        setting(app, name).set_value(value)
    app.run()
    app.switch_page("pages/dataset.py").run()
    app.switch_page("pages/training.py").run()

    assert {name: setting(app, name).value for name in changes} == changes
    assert setting(app, "Name (optional)").value == "Kept"


def test_training_form_keeps_what_no_preset_decides(open_page):
    app = open_form(open_page)
    setting(app, "lora_rank").set_value(8)
    setting(app, "num_epochs").set_value(9).run()
    app.selectbox(key="choose.preset").set_value("best").run()
    best = setting(app, "num_epochs").value, setting(app, "lora_rank").value
    app.selectbox(key="choose.preset").set_value("fast").run()

    assert best == (4, 8)
    assert setting(app, "num_epochs").value == 9


def test_training_form_can_be_set_back(open_page):
    app = open_form(open_page)
    setting(app, "lora_rank").set_value(8)
    setting(app, "num_epochs").set_value(9).run()
    press(app, "training.reset")

    assert app.code[0].value.endswith("--preset fast")


def test_training_again_starts_from_the_run_and_not_from_the_form(open_page, toy_run):
    app = open_page("training", **{"from": toy_run.run_id})
    setting(app, "seed").set_value(7).run()
    set_parameters(app, watch=toy_run.run_id)
    press(app, "training.again")

    assert setting(app, "seed").value == 42


def test_training_again_keeps_the_part_of_a_cross_validation(open_page, workspace, toy_dataset):
    run = make_run(workspace, "toy", toy_dataset, {}, num_folds=5, fold=2)

    app = open_page("training", **{"from": run.run_id})

    assert "--set num_folds=5 --set fold=2" in app.code[0].value
    assert "Validates on part 2 of 5, as the run before." in shown(app.caption)
