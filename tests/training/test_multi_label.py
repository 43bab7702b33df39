"""Tests of fine-tuning on texts that have any number of labels, from the start to the end."""

import itertools
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import InvalidArgumentError, RunStateError
from textcls_core.evaluation.by_task import figures_of
from textcls_core.evaluation.metric_names import metrics_of
from textcls_core.evaluation.multi_label import MultiLabelPredictions
from textcls_core.models.classifier import Classifier
from textcls_core.models.probabilities import sigmoid
from textcls_core.runs.run import RunStatus
from textcls_core.runs.store import RunStore
from textcls_core.training import launch
from textcls_core.training.baselines import baselines_of_run
from textcls_core.training.launch import resume_run, start_run, wait
from textcls_core.training.run_writer import RunWriter
from textcls_core.training.worker import main
from textcls_core.workspace import Workspace

ALWAYS_EVERY_LABEL = 0.65
"""About the macro F1 of giving every label to every text of `topics`."""
START_WORKER = launch._start_worker
TIMES = {"examples_per_second", "tokens_per_second", "train_seconds", "memory_mb", "useful_share"}


@pytest.fixture(scope="module", autouse=True)
def _no_process():
    """Let `main` do the work in this process, and put back what it does on SIGTERM."""
    before = signal.getsignal(signal.SIGTERM)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launch, "_start_worker", lambda _: None)
        yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="module")
def topics(tmp_path_factory, topics_dataset):
    """A workspace with `topics` alone."""
    workspace = Workspace(tmp_path_factory.mktemp("multi-label"))
    DatasetStore(workspace.datasets_dir).save(topics_dataset, "topics", "made for the tests")
    return workspace


@pytest.fixture(scope="module")
def config(tiny_config):
    return tiny_config.model_copy(update={"dataset": "topics", "num_epochs": 8})


@pytest.fixture(scope="module")
def trained(topics, config):
    """A completed run on `topics`; read only."""
    run = start_run(topics, config)
    main(run.folder)
    return run


def without_times(run):
    rows = [row for row in run.history.rows if "note" not in row]
    return [{name: row[name] for name in row.keys() - TIMES} for row in rows]


def test_run_completes_and_learns_more_than_chance(trained):
    assert trained.status == RunStatus.COMPLETED
    assert trained.finished["test"]["macro_f1"] > ALWAYS_EVERY_LABEL + 0.2
    assert trained.finished["test"]["accuracy"] > trained.finished["test"]["majority_accuracy"]


def test_history_has_the_figures_of_label_sets(trained, topics_dataset):
    names = {name for name in trained.history.evaluations[0] if name.startswith("validation_")}

    known = metrics_of("multi_label", topics_dataset.num_labels)
    assert names == {f"validation_{figure}" for figure in known}
    assert {"validation_hamming_loss", "validation_micro_f1"} < names


def test_predictions_are_label_sets_of_every_split(trained, topics_dataset):
    assert trained.splits == ("train", "validation", "test")
    for split in trained.splits:
        rows = topics_dataset.indices(split)
        predictions = trained.predictions(split)
        assert isinstance(predictions, MultiLabelPredictions)
        assert list(predictions.row_ids) == topics_dataset.row_ids(rows)
        np.testing.assert_array_equal(predictions.targets, topics_dataset.targets[rows])


def test_finished_figures_equal_those_of_the_predictions(trained):
    result = figures_of(trained.predictions("test"))

    assert trained.finished["test"] == {
        name: getattr(result, name)
        for name in ("loss", "accuracy", "macro_f1", "majority_accuracy")
    }


def test_live_predictions_are_those_of_the_last_validation(trained):
    result = figures_of(trained.live_predictions())

    assert result.macro_f1 == trained.history.evaluations[-1]["validation_macro_f1"]


def test_saved_model_says_its_task_and_gives_plain_transformers_the_same_logits(
    trained, topics_dataset
):
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(trained.model_dir).eval()
    tokenizer = AutoTokenizer.from_pretrained(trained.model_dir)
    texts = topics_dataset.texts(topics_dataset.indices("test"))

    with torch.inference_mode():
        logits = model(**tokenizer(texts, padding=True, return_tensors="pt")).logits

    assert model.config.problem_type == "multi_label_classification"
    predictions = trained.predictions("test")
    np.testing.assert_allclose(sigmoid(logits.numpy()), predictions.probabilities, atol=1e-5)
    again = Classifier.load(trained.model_dir)
    assert again.design.task == "multi_label"
    np.testing.assert_allclose(
        again.predict_probabilities(texts), predictions.probabilities, atol=1e-5
    )


def test_run_measures_its_baselines(trained, topics):
    found = baselines_of_run(topics, trained.config, "test")

    assert [baseline.name for baseline in found] == ["majority", "tfidf", "frozen"]
    assert found[1].test.num_examples == len(trained.predictions("test"))
    assert found[2].title == f"Frozen {Path(trained.config.model).name}"


def test_views_of_one_label_per_text_are_refused_in_one_sentence(trained):
    with pytest.raises(
        RunStateError,
        match=r"This run gives several labels per text\. The list of mistakes comes for "
        rf"single-label runs only so far; `evaluate {trained.run_id}` prints its figures\.",
    ):
        trained.single_label_predictions("test", "The list of mistakes")


def test_a_paused_run_goes_on_as_if_nothing_had_happened(topics, config, trained, monkeypatch):
    commands = itertools.chain(["go"] * 17, ["pause"], itertools.repeat("go"))
    monkeypatch.setattr(RunWriter, "command", lambda _: next(commands))
    run = start_run(topics, config)

    main(run.folder)

    assert (run.is_paused, run.history.step) == (True, 18)
    resume_run(topics, run.run_id)
    main(run.folder)
    assert run.status == RunStatus.COMPLETED
    assert without_times(run) == without_times(trained)
    resumed, undisturbed = (item.predictions("test").probabilities for item in (run, trained))
    np.testing.assert_array_equal(resumed, undisturbed)


@pytest.mark.parametrize(
    "settings",
    [
        {"class_weights": "balanced", "label_smoothing_factor": 0.1},
        {"loss": "focal"},
        {"ema_decay": 0.9, "early_stopping_patience": 1},
        {"metric_for_best_model": "validation_loss", "packing": "off"},
    ],
    ids=["weights and smoothing", "focal", "average of weights", "padded"],
)
def test_settings_of_the_loss_and_the_loop_work_with_label_sets(topics, config, settings):
    run = start_run(topics, config.model_copy(update={**settings, "num_epochs": 1}))

    exit_code = main(run.folder)

    assert (exit_code, run.status) == (0, RunStatus.COMPLETED)


def test_oversampling_of_label_sets_is_refused_before_a_run_is_made(topics, config):
    before = len(RunStore.open(topics).runs())

    with pytest.raises(InvalidArgumentError, match="topics has several labels per text, so no"):
        start_run(topics, config.model_copy(update={"oversampling": True}))

    assert len(RunStore.open(topics).runs()) == before


def test_dynamics_are_how_sure_the_labels_are_as_given(topics, config):
    run = start_run(topics, config.model_copy(update={"record_dynamics": True, "num_epochs": 2}))

    main(run.folder)

    dynamics, predictions = run.dynamics, run.predictions("train")
    assert dynamics.row_ids == tuple(predictions.row_ids)
    assert 0 < dynamics.confidence.min() <= dynamics.confidence.max() < 1
    assert set(dynamics.correctness) <= {0, 0.5, 1}


@pytest.mark.slow
def test_worker_process_completes_a_run(topics, config, monkeypatch):
    monkeypatch.setattr(launch, "_start_worker", START_WORKER)
    run = start_run(topics, config.model_copy(update={"num_epochs": 1}))

    status = wait(run)

    assert status == RunStatus.COMPLETED
    assert run.log_tail(1)[0].endswith("Run completed.")
