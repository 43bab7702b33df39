"""`bench evaluation`: all figures of a large test split with their intervals, and the page on it.

The run is written by hand: made-up texts, and probabilities that are right in about nine of ten
rows, with a mistake likeliest in the class beside the true one. Nothing is trained.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench.audit import make_dataset
from bench.machine import say
from textcls_core.config import RunConfig
from textcls_core.dataset.keys import equal_text_groups
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.evaluation.by_task import figures_of
from textcls_core.evaluation.metrics import measure as measure_metrics
from textcls_core.evaluation.predictions import Predictions
from textcls_core.files import write_json
from textcls_core.runs.run import Run
from textcls_core.runs.store import RunStore
from textcls_core.workspace import Workspace

_MATRIX_ROWS = 20_000
_MARGIN, _BESIDE = 2.0, 1.2


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Make a workspace with two finished runs; time the intervals, then the page."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        os.environ["TEXTCLS_HOME"] = str(workspace.root)
        say(f"Making {options.rows:,} rows in {options.classes} classes")
        run = make_run(workspace, "many rows", options.rows, options.classes)
        figures: dict[str, Any] = {"rows": options.rows, "classes": options.classes}
        figures |= time_intervals(workspace, run, options.repeats)
        if not options.no_browser:
            from bench import evaluation_page  # needs a browser library

            say(f"Making {_MATRIX_ROWS:,} rows in {options.matrix_classes} classes")
            wide = make_run(workspace, "many classes", _MATRIX_ROWS, options.matrix_classes)
            say("The page")
            figures |= {"matrix_classes": options.matrix_classes}
            figures |= evaluation_page.measure(run, wide, options.repeats)
    return figures


def time_intervals(workspace: Workspace, run: Run, repeats: int) -> dict[str, Any]:
    """Return the median seconds of all figures with 1,000 bootstrap samples, and of its parts."""
    dataset = DatasetStore(workspace.datasets_dir).load(run.config.dataset_fingerprint)
    seconds: dict[str, list[float]] = {}
    for _ in range(repeats):
        start = time.perf_counter()
        predictions = run.predictions("test")
        loaded = time.perf_counter()
        figures_of(predictions)
        counted = time.perf_counter()
        groups = equal_text_groups(dataset, predictions.row_ids)
        grouped = time.perf_counter()
        measure_metrics(predictions, groups)
        ends = time.perf_counter()
        parts = {
            "load_seconds": loaded - start,
            "figures_seconds": counted - loaded,
            "group_seconds": grouped - counted,
            "bootstrap_seconds": ends - grouped,
        }
        for name, value in parts.items():
            seconds.setdefault(name, []).append(value)
    return {name: round(statistics.median(values), 3) for name, values in seconds.items()}


def make_run(workspace: Workspace, name: str, num_rows: int, num_classes: int) -> Run:
    """Write a data set of test rows and a finished run on it, without a model."""
    dataset = make_dataset(num_rows, num_classes=num_classes, shares=(0, 0, 1))
    info = DatasetStore.open(workspace).save(dataset, name, "made by bench evaluation")
    settings = {"name": name, "dataset": name, "dataset_fingerprint": info.fingerprint}
    run, _ = RunStore.open(workspace).create(RunConfig.create(settings))
    predictions = make_predictions(dataset)
    run.predictions_file("test").parent.mkdir()
    predictions.save(run.predictions_file("test"))
    result = figures_of(predictions)
    figures = {
        figure: getattr(result, figure)
        for figure in ("loss", "accuracy", "macro_f1", "majority_accuracy")
    }
    write_json(run.folder / "finished.json", {"outcome": "completed", "test": figures})
    return run


def make_predictions(dataset: TextDataset, seed: int = 0) -> Predictions:
    """Return probabilities that are right in about nine of ten rows."""
    generator = np.random.default_rng(seed)
    num_rows, num_classes = dataset.num_examples, dataset.num_labels
    rows, true = np.arange(num_rows), dataset.label_ids
    logits = generator.normal(size=(num_rows, num_classes))
    logits[rows, true] += _MARGIN + 0.45 * np.log(num_classes)
    logits[rows, (true + 1) % num_classes] += _BESIDE
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities = odds / odds.sum(axis=1, keepdims=True)
    return Predictions(tuple(dataset.row_ids()), true, probabilities, dataset.label_names)
