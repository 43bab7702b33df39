"""`bench label-dynamics`: whether training dynamics find planted wrong labels, beside the queue.

A share of the labels is flipped, each to another class drawn uniformly. A run learns from the noisy
labels and records its dynamics. Average precision over its training rows: of the queue of label
issues, of 1 minus the run's mean probability of the given label, and of the mean of both ranks.
"""

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from bench.arguments import share, whole_number
from bench.errors import BenchError
from bench.label_issues import NAMES, average_precision, load, plant_noise, seeds, summary
from bench.machine import say
from textcls_core.arrays import Losses
from textcls_core.config import RunConfig
from textcls_core.dataset.store import DatasetStore
from textcls_core.mistakes.label_issues.job import compute_label_issues
from textcls_core.training.launch import start_run, wait
from textcls_core.workspace import Workspace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `bench label-dynamics`."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--data", choices=NAMES, default="bbc")
    parser.add_argument("--seeds", type=seeds, default="0,1,2", help="of the flipped labels")
    parser.add_argument("--noise", type=share, default=0.1, help="share of labels to flip")
    parser.add_argument("--epochs", type=whole_number(2), default=4, help="of each run")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return the average precision of every method over the seeds."""
    runs = [_measure_seed(options, seed) for seed in options.seeds]
    methods = [key for key in runs[0] if key.startswith("average_precision")]
    return {
        "data": options.data,
        "noise": options.noise,
        "epochs": options.epochs,
        **{method: summary([run[method] for run in runs]) for method in methods},
        "runs": runs,
    }


def _measure_seed(options: argparse.Namespace, seed: int) -> dict[str, Any]:
    noisy, flipped = plant_noise(load(options.data), options.noise, seed)
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        info = DatasetStore.open(workspace).save(noisy, "noisy", "planted noise")
        say(f"{options.data}: seed {seed}: training")
        settings = {
            "dataset": info.fingerprint,
            "preset": "fast",
            "num_epochs": options.epochs,
            "record_dynamics": True,
        }
        run = start_run(workspace, RunConfig.create(settings))
        status = wait(run)
        dynamics, seconds = run.dynamics, run.finished.get("train_seconds")
        if dynamics is None:
            raise BenchError(f"The run is {status}: {run.finished.get('error', 'no dynamics')}")
        say(f"{options.data}: seed {seed}: making the queue")
        issues = compute_label_issues(workspace, info.fingerprint)
    by_row = dict(zip(issues.row_ids, issues.table["score"].to_pylist(), strict=True))
    queue = np.array([by_row[row_id] for row_id in dynamics.row_ids])
    is_flipped = flipped[noisy.positions(dynamics.row_ids)]
    together = (_ranks(queue) + _ranks(-dynamics.confidence)) / 2
    return {
        "seed": seed,
        "rows": len(queue),
        "flipped": int(is_flipped.sum()),
        "epochs": dynamics.num_epochs,
        "train_seconds": seconds,
        "average_precision_queue": average_precision(is_flipped, queue),
        "average_precision_dynamics": average_precision(is_flipped, -dynamics.confidence),
        "average_precision_together": average_precision(is_flipped, together),
    }


def _ranks(scores: Losses) -> Losses:
    """Return the place of each score, 0 for the lowest."""
    return np.asarray(scores.argsort(kind="stable").argsort(kind="stable"), dtype=float)
