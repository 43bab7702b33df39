"""The app as a visitor meets it: a page in AppTest, on a workspace with runs made on the spot."""

import json
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest
import streamlit as st
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from tests.cases import make_baseline
from textcls_core.config import RunConfig
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import Split, TextDataset
from textcls_core.evaluation.evaluation import evaluate
from textcls_core.evaluation.predictions import Predictions
from textcls_core.files import write_json
from textcls_core.jobs.job import job_id_of
from textcls_core.models.catalogue import SUGGESTED, PretrainedModel
from textcls_core.runs.history import append_rows
from textcls_core.runs.run import Run
from textcls_core.runs.store import RunStore
from textcls_core.training.baseline_fitting import ensure_baselines
from textcls_core.training.baselines import Baseline, BaselineName, save_baseline
from textcls_core.workspace import APP_DIR, Workspace

OpenPage = Callable[..., AppTest]

HOSTILE_CLASSES = (
    "![a](http://127.0.0.1:9/a.png)",
    "<script>alert(1)</script>",
    ":red[b] $$c$$ :material/home: :streamlit:",
    "[d](javascript:alert(1)) `e` **f** _g_",
)
HOSTILE_TEXT = "![h](http://127.0.0.1:9/h.png) <img src=x onerror=alert(1)> :red[i] $$j$$"
MISTAKES = {("food", "animals"): 2, ("weather", "food"): 1}
"""Mistakes on the test split of `toy_run`, by true and predicted class."""


@pytest.fixture(autouse=True)
def _fresh_caches() -> Iterator[None]:
    """Let no test see what another one made the app remember."""
    st.cache_data.clear()
    st.cache_resource.clear()
    yield
    st.cache_data.clear()
    st.cache_resource.clear()


class _NavigatedPages(PagesManager):
    """Takes in what AppTest resets before every run, so that the app keeps its own menu."""


@pytest.fixture
def navigated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Behave like a server that has served a page before; else a click is lost to the guard."""
    monkeypatch.setattr(PagesManager, "uses_pages_directory", False)
    monkeypatch.setattr("streamlit.testing.v1.app_test.PagesManager", _NavigatedPages)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, minilm_dir: Path) -> None:
    """Leave out what takes half a second per test: installed components, the model's checksum."""
    monkeypatch.setattr(BidiComponentManager, "discover_and_register_components", Mock())
    monkeypatch.setattr("textcls_core.models.catalogue._embedded_folder", lambda: minilm_dir)


@pytest.fixture
def open_page(
    workspace: Workspace, navigated: None, quick: None, monkeypatch: pytest.MonkeyPatch
) -> OpenPage:
    """Open a page in a new session, with the parameters in its URL."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))

    def open_(page: str, **parameters: str) -> AppTest:
        app = AppTest.from_file(str(APP_DIR / "streamlit_app.py"), default_timeout=30)
        for name, value in parameters.items():
            app.query_params[name] = value
        return app.switch_page(f"pages/{page}.py").run()

    return open_


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Run]:
    """Runs that a page started; no process is started for them."""
    runs: list[Run] = []
    monkeypatch.setattr("textcls_core.training.launch._start_worker", runs.append)
    return runs


@pytest.fixture
def toy_baselines(workspace: Workspace, toy_dataset: TextDataset) -> list[Baseline]:
    """Three baselines of `toy` on disk: accuracy 33 %, 80 % and 95 %, the last one of `minilm`."""
    accuracies: dict[BaselineName, float] = {"majority": 0.33, "tfidf": 0.8, "frozen": 0.95}
    made = [
        make_baseline(toy_dataset.fingerprint, name, accuracy)
        for name, accuracy in accuracies.items()
    ]
    for baseline in made:
        save_baseline(workspace, baseline)
    return made


@pytest.fixture
def measured_baselines(workspace: Workspace, toy_dataset: TextDataset) -> list[Baseline]:
    """Two baselines of `toy`, measured and with their answers: majority class and TF-IDF."""
    return ensure_baselines(workspace, toy_dataset)


@pytest.fixture
def failed_run(workspace: Workspace, toy_dataset: TextDataset) -> Run:
    """A run on `toy` that failed with a reason."""
    run = make_run(workspace, "toy", toy_dataset, {}, name="Too big")
    facts = {"outcome": "failed", "error": "Out of memory. Halve batch_size."}
    write_json(run.folder / "finished.json", facts)
    return run


@pytest.fixture
def offer_model(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a model into the list of the form; AppTest cannot type a new one."""

    def offer(name: str) -> None:
        model = PretrainedModel(name, "for this test", "hub")
        monkeypatch.setattr("pages._app.training_form.SUGGESTED", (*SUGGESTED, model))

    return offer


@pytest.fixture
def runs(workspace: Workspace) -> Callable[[], list[Run]]:
    """Read which runs there are now."""
    return lambda: RunStore.open(workspace).runs()


@pytest.fixture
def active_run(
    workspace: Workspace, toy_dataset: TextDataset, hold_lock: Callable[[Path], Any]
) -> Run:
    """A run that is alive at step 20 of 40."""
    run = make_run(workspace, "toy", toy_dataset, {}, name="Half way")
    (run.folder / "finished.json").unlink()
    write_json(run.folder / "started.json", {"num_steps": 40})
    hold_lock(run.lock_file)
    return run


@pytest.fixture
def interrupted_run(workspace: Workspace, toy_dataset: TextDataset) -> Run:
    """A run whose worker was killed."""
    run = make_run(workspace, "toy", toy_dataset, {})
    (run.folder / "finished.json").unlink()
    return run


@pytest.fixture
def toy_run(workspace: Workspace, toy_dataset: TextDataset) -> Run:
    """A completed run on `toy` whose mistakes on the test split are `MISTAKES`; it has no model."""
    return make_run(workspace, "toy", toy_dataset, MISTAKES)


@pytest.fixture(scope="session")
def toy_model_dir(
    tmp_path_factory: pytest.TempPathFactory, toy_dataset: TextDataset, tiny_model_dir: Path
) -> Path:
    """Folder of a classifier for `toy` that was never trained."""
    folder = tmp_path_factory.mktemp("toy-model")
    save_model(folder, toy_dataset, tiny_model_dir)
    return folder


@pytest.fixture
def runnable_run(toy_run: Run, toy_model_dir: Path) -> Run:
    """`toy_run` with a model."""
    shutil.copytree(toy_model_dir, toy_run.model_dir)
    return toy_run


@pytest.fixture
def hostile_dataset() -> TextDataset:
    """24 rows whose classes, texts and further column try to be Markdown and HTML."""
    texts = [f"{HOSTILE_TEXT} {n}" for n in range(24)]
    labels = [HOSTILE_CLASSES[n % 4] for n in range(24)]
    splits: list[Split] = ["train"] * 8 + ["validation"] * 8 + ["test"] * 8
    return build_dataset(Rows(texts, labels, splits, extra={HOSTILE_TEXT: texts}))


@pytest.fixture
def hostile_run(workspace: Workspace, hostile_dataset: TextDataset) -> Run:
    """A completed run, without a model, on the stored `hostile_dataset`."""
    first, second, third, fourth = HOSTILE_CLASSES
    DatasetStore.open(workspace).save(hostile_dataset, first, HOSTILE_TEXT)
    mistakes = {(first, second): 2, (third, fourth): 1}
    return make_run(workspace, first, hostile_dataset, mistakes, name=first)


def make_run(
    workspace: Workspace,
    dataset_name: str,
    dataset: TextDataset,
    mistakes: Mapping[tuple[str, str], int],
    **settings: Any,
) -> Run:
    """Write the folder of a completed run by hand."""
    config = RunConfig.create(
        {"dataset": dataset_name, "dataset_fingerprint": dataset.fingerprint, **settings}
    )
    run, _ = RunStore.open(workspace).create(config)
    run.predictions_file("test").parent.mkdir()
    figures: dict[str, Any] = {}
    for split in dataset.splits:
        predictions = predict(dataset, split, mistakes if split == "test" else {})
        predictions.save(run.predictions_file(split))
        result = evaluate(predictions)
        names = ("loss", "accuracy", "macro_f1", "majority_accuracy")
        figures[split] = {name: getattr(result, name) for name in names}
    write_json(run.folder / "started.json", {"num_steps": 20})
    write_json(
        run.folder / "environment.json",
        {"device": "cpu", "precision": "fp32", "reasons": ["CPU, because there is no other."]},
    )
    with run.history_file.open("a") as file:
        append_rows(file, history_rows())
    facts = {"outcome": "completed", "train_seconds": 4.2, "tokens_per_second": 100.0}
    write_json(run.folder / "finished.json", {**facts, **figures})
    return run


def history_rows() -> list[dict[str, float]]:
    """Return twenty training rows and two validations."""
    training = [
        {"step": n, "epoch": 1, "train_loss": 1 / n, "learning_rate": 1e-4, "train_seconds": n / 5}
        for n in range(1, 21)
    ]
    validations = [
        {"step": n, "epoch": 1, "validation_loss": 0.5}
        | {"validation_accuracy": 0.9, "validation_macro_f1": 0.9}
        for n in (10, 20)
    ]
    return [*training, *validations]


def predict(
    dataset: TextDataset, split: Split, mistakes: Mapping[tuple[str, str], int]
) -> Predictions:
    """Return predictions that are sure and right, but for so many rows of each true class."""
    rows, names = dataset.indices(split), dataset.label_names
    true = dataset.label_ids[rows]
    predicted = true.copy()
    for (true_name, predicted_name), count in mistakes.items():
        wrong = np.flatnonzero(true == names.index(true_name))[:count]
        predicted[wrong] = names.index(predicted_name)
    rest = 0.08 / (len(names) - 1)
    probabilities = np.full((len(rows), len(names)), rest)
    probabilities[np.arange(len(rows)), predicted] = 0.92
    return Predictions(tuple(dataset.row_ids(rows)), true, probabilities, names)


def save_model(folder: Path, dataset: TextDataset, model_dir: Path) -> None:
    """Write a model with a fresh head for the classes of a data set."""
    from textcls_core.models.classifier import Classifier

    classifier = Classifier.from_pretrained(model_dir, dataset.label_names, max_length=64)
    classifier.save(folder)


def markdown_of(app: AppTest) -> list[str]:
    """Return everything on the page, menu included, that the browser reads as Markdown."""
    alerts = [*app.error, *app.warning, *app.info, *app.success, *app.toast]
    headings = [*app.title, *app.header, *app.subheader]
    bodies = [element.value for element in (*alerts, *headings, *app.markdown, *app.caption)]
    labels = [element.label for element in (*app.button, *app.metric, *app.expander)]
    values = [text for metric in app.metric for text in (metric.value, metric.delta)]
    links = [link.label for link in app.page_link]
    bars = [bar.text for bar in app.progress]
    return [*bodies, *labels, *values, *links, *bars]


def links(app: AppTest) -> dict[str, Any]:
    """Return the links of the page, menu excluded, by what a reader sees of them."""
    return {as_shown(re.sub(r"^:blue\[(.*)\]$", r"\1", link.label)): link for link in app.page_link}


def as_shown(markdown: str) -> str:
    """Return what a reader sees of escaped text."""
    return re.sub(r"\\([\W_])", r"\1", markdown).replace("\u2060", "")


def shown(elements: Any) -> list[str]:
    """Return what a reader sees of elements."""
    return [as_shown(element.value) for element in elements]


def chart(app: AppTest, position: int = 0) -> dict[str, Any]:
    """Return a Plotly figure of the page as a dictionary."""
    spec = app.get("plotly_chart")[position].proto.spec
    return dict(json.loads(spec))


def click_on(app: AppTest, true: str, predicted: str) -> AppTest:
    """Click on a cell of the confusion matrix."""
    point = {"customdata": [true, predicted, 1]}
    app.session_state["evaluation.confusion"] = {
        "selection": {"points": [point], "point_indices": [0], "box": [], "lasso": []}
    }
    return app.run()


def select_row(app: AppTest, key: str, position: int) -> AppTest:
    """Select a row of a table."""
    app.session_state[key] = {"selection": {"rows": [position], "columns": [], "cells": []}}
    return app.run()


def set_parameters(app: AppTest, **parameters: str) -> AppTest:
    """Follow a link to the page that is open."""
    for name, value in parameters.items():
        app.query_params[name] = value
    return app.run()


def open_form(open_page: OpenPage, **parameters: str) -> AppTest:
    """Open the form of the Train page on `toy`."""
    return open_page("training", **{"dataset": "toy", **parameters})


def setting(app: AppTest, name: str) -> Any:
    """Return the widget of a setting."""
    fields = (app.number_input, app.selectbox, app.toggle, app.multiselect, app.text_input)
    return next(field for group in fields for field in group if field.label == name)


def metrics(app: AppTest) -> dict[str, str]:
    """Return the figures on cards by their title."""
    return {metric.label: metric.value for metric in app.metric}


def press(app: AppTest, key: str) -> AppTest:
    """Press a button."""
    return app.button(key=key).click().run()


def labels(app: AppTest) -> list[str]:
    """Return what is written on the buttons."""
    return [button.label for button in app.button]


def make_job(workspace: Workspace, message: str = "") -> Path:
    """Write the folder of a job that is a quarter done; nobody works on it."""
    job_id = job_id_of("textcls_core.jobs.progress:ignore", {})
    folder = workspace.jobs_dir / job_id
    folder.mkdir(parents=True)
    plan = {"entry": "textcls_core.jobs.progress:ignore", "arguments": {}, "started_at": 0.0}
    write_json(folder / "job.json", plan)
    write_json(folder / "progress.json", {"done": 1, "total": 4, "message": message})
    return folder
