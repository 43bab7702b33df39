"""Tests of what the Train page says before the start: the first texts, memory and time."""

import json
from importlib.util import find_spec

import pytest

from tests.pages.conftest import (
    HOSTILE_CLASSES,
    HOSTILE_TEXT,
    labels,
    make_run,
    metrics,
    open_form,
    press,
    setting,
    shown,
)
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.folding import with_fold
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import TrainingError

FACTS = {
    **{"seconds": 200.0, "margin": 0.25, "peak_memory_mb": 1432.4, "memory_margin": 1.0},
    **{"seconds_per_step": 0.42, "longest_batch_tokens": 2048},
    "notes": ["Memory is that of the longest texts.", "Another run is at work on this device."],
}


@pytest.fixture
def measured(monkeypatch):
    """Settings that were measured; no step is taken for them."""
    configs = []
    monkeypatch.setattr(
        "textcls_core.training.launch.preflight",
        lambda _, config: configs.append(config) or FACTS,
        raising=False,
    )
    return configs


def first_batch(app):
    """Return the texts that the component draws."""
    return json.loads(app.get("bidi_component")[0].proto.json)["rows"]


def words(row):
    return " ".join(token["text"] for token in row["tokens"])


def test_plan_shows_the_first_texts_as_the_model_sees_them(open_page, toy_dataset):
    app = open_form(open_page)

    rows = first_batch(app)
    assert len(rows) == 8
    assert words(rows[0]).startswith("[CLS] ")
    assert {row["label"] for row in rows} <= set(toy_dataset.label_names)
    assert any("Showing 8 of the 16 texts of the first step; 0 of" in c for c in shown(app.caption))


def test_plan_shows_what_is_cut_off(open_page):
    app = open_form(open_page)
    setting(app, "max_length").set_value(8).run()

    cut = next(row for row in first_batch(app) if row["num_cut"])
    assert len(cut["tokens"]) == 8
    assert cut["gap"] == f"cut off: {cut['num_cut']} tokens"
    assert cut["cut_text"]


def test_plan_follows_how_long_texts_are_read(open_page):
    app = open_form(open_page)
    setting(app, "max_length").set_value(8)
    before = first_batch(setting(app, "long_documents").set_value("truncate").run())
    after = first_batch(setting(app, "long_documents").set_value("head_tail").run())

    assert before != after


@pytest.mark.parametrize("fold", [1, 2])
def test_first_texts_of_a_fold_are_rows_it_trains_on(open_page, workspace, toy_dataset, fold):
    run = make_run(workspace, "toy", toy_dataset, {}, num_folds=2, fold=fold)
    folded = with_fold(toy_dataset, num_folds=2, fold=fold)
    trained = folded.texts(folded.indices("train"))

    app = open_page("training", **{"from": run.run_id})

    shown_texts = {words(row).replace(" ", "") for row in first_batch(app)}
    assert len(shown_texts) == 8
    assert shown_texts <= {f"[CLS]{text}[SEP]".replace(" ", "") for text in trained}


def test_plan_passes_hostile_texts_on_as_text(open_page, workspace, hostile_dataset):
    DatasetStore.open(workspace).save(hostile_dataset, "hostile", "for this test")

    app = open_form(open_page, dataset="hostile")

    assert not app.exception
    assert {row["label"] for row in first_batch(app)} <= set(HOSTILE_CLASSES)
    assert HOSTILE_TEXT.split()[1] not in "".join(shown(app.caption))


def test_plan_counts_the_texts_of_all_processes(open_page):
    app = open_form(open_page)
    setting(app, "num_processes").set_value(2).run()

    assert "2 processes share each step." in shown(app.caption)
    assert metrics(app)["Steps"] == "6"


def test_plan_of_steps_by_tokens_says_about_how_many(open_page):
    app = open_form(open_page)
    setting(app, "tokens_per_step").set_value(60).run()

    assert not app.exception
    assert metrics(app)["Steps"].startswith("about ")
    [text] = [text for text in shown(app.caption) if text.startswith("Showing ")]
    count = len(first_batch(app))
    assert 1 < count < 8
    assert text.startswith(f"Showing {count} of the {count} texts of the first step; ")


def test_plan_refuses_steps_by_tokens_with_accumulation(open_page):
    app = open_form(open_page)
    setting(app, "tokens_per_step").set_value(100)
    setting(app, "gradient_accumulation_steps").set_value(2).run()

    assert any("tokens_per_step alone decides the texts of a step" in e for e in shown(app.error))


def test_plan_says_how_many_gpus_there_are(open_page, pretend_gpus):
    pretend_gpus(4)

    app = open_form(open_page)

    assert any(text.startswith("Runs can use 4 GPUs here; ") for text in shown(app.caption))


def test_plan_counts_what_oversampling_repeats(open_page, workspace):
    labels = ["many"] * 40 + ["few"] * 8
    texts = [f"{label} {number}" for number, label in enumerate(labels)]
    splits = (["train"] * 3 + ["validation"]) * 12
    dataset = build_dataset(Rows(texts, labels, splits, extra={}))
    DatasetStore.open(workspace).save(dataset, "skewed", "for this test")
    app = setting(open_form(open_page, dataset="skewed"), "num_epochs").set_value(1).run()
    before = metrics(app)["Steps"]

    setting(app, "oversampling").set_value(True).run()

    assert (before, metrics(app)["Steps"]) == ("3", "4")  # 36 texts, then 30 of each class


def test_plan_says_that_several_machines_need_a_command_each(open_page):
    app = open_form(open_page)
    setting(app, "num_nodes").set_value(2).run()

    assert any(text.startswith("2 machines with 1 process each") for text in shown(app.caption))


def test_plan_measures_memory_and_time_on_demand(open_page, measured):
    app = press(open_form(open_page), "training.measure")

    assert [config.dataset for config in measured] == ["toy"]
    assert metrics(app)["Measured time"] == "3 min 20 s"
    assert metrics(app)["Peak memory"] == "1,432 MB"
    assert metrics(app)["Largest step"] == "2,048"
    assert " ".join(FACTS["notes"]) in shown(app.caption)


def test_plan_keeps_what_was_measured_for_these_settings_only(open_page, measured):
    app = press(open_form(open_page), "training.measure")
    kept = metrics(app.run())
    setting(app, "batch_size").set_value(8).run()

    assert "Peak memory" in kept
    assert "Peak memory" not in metrics(app)
    assert len(measured) == 1


def test_plan_that_cannot_be_measured_says_why(open_page, monkeypatch):
    def refuse(*_):
        raise TrainingError(f"Out of memory. Halve batch_size. {HOSTILE_TEXT}")

    monkeypatch.setattr("textcls_core.training.launch.preflight", refuse, raising=False)

    app = press(open_form(open_page), "training.measure")

    assert not app.exception
    assert shown(app.error) == [f"Out of memory. Halve batch_size. {HOSTILE_TEXT}"]
    assert "Train" in labels(app)


def test_plan_refuses_a_length_the_model_cannot_read(open_page, started):
    app = open_form(open_page)
    setting(app, "max_length").set_value(513).run()

    assert shown(app.error) == [
        "max_length 513 is more than the 512 tokens minilm can read. Set max_length to 512 or less."
    ]
    assert "Train" not in labels(app)


def test_plan_refuses_a_tool_that_is_not_installed(open_page, monkeypatch):
    monkeypatch.setattr(
        "textcls_core.training.trackers.find_spec",
        lambda name: None if name == "mlflow" else find_spec(name),
    )
    app = open_form(open_page)
    setting(app, "report_to").set_value(["mlflow"]).run()

    assert "report_to names mlflow, which is not installed here." in shown(app.error)[0]
    assert "Train" not in labels(app)


def test_plan_without_the_model_still_shows_the_command(open_page, offer_model):
    offer_model("no/such-model")
    app = open_form(open_page)
    setting(app, "Model").set_value("no/such-model").run()

    assert not app.exception
    assert "--model no/such-model" in app.code[0].value
    assert not app.get("bidi_component")
