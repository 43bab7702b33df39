"""`bench relabel`: how much accuracy the queue of label issues wins back from wrong labels.

A share of the training and validation labels is flipped, each to another class drawn uniformly;
test labels stay right. The suggestions for the rows at the head of the queue are accepted unseen.
Three runs with the same settings and seed learn from the clean, the noisy and the mended labels.
Half of the rows are test rows: among a few hundred, single rows would decide.
"""

import argparse
import statistics
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from bench import data
from bench.arguments import share, whole_number
from bench.label_issues import NAMES, load, plant_noise, seeds
from bench.machine import say
from bench.product import Product, temporary_product
from bench.summary import mean_and_deviation
from textcls_core.arrays import Mask
from textcls_core.config import PRESETS
from textcls_core.dataset.fixes import relabel
from textcls_core.dataset.splitting import stratified_split
from textcls_core.dataset.text_dataset import SCHEMA, TextDataset
from textcls_core.mistakes.label_issues.job import compute_label_issues
from textcls_core.mistakes.label_issues.queue import LabelIssues

TEST_SHARE, VALIDATION_SHARE = 0.5, 0.1
KINDS = ("accuracy_clean", "accuracy_noisy", "accuracy_relabelled")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `bench relabel`."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--data", choices=NAMES, default=data.BBC)
    parser.add_argument("--seeds", type=seeds, default="0,1,2", help="of splits, flips and runs")
    parser.add_argument("--noise", type=share, default=0.1, help="share of labels to flip")
    parser.add_argument("--accept", type=share, default=0.1, help="head of the queue to accept")
    parser.add_argument("--preset", choices=PRESETS, default="fast")
    parser.add_argument("--epochs", type=whole_number(1), help="instead of the preset's")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return the accuracy of all runs, and the share of the loss that is won back."""
    runs = []
    with temporary_product() as product:
        for seed in options.seeds:
            runs.append(_measure_seed(product, options, seed))
    figures = {kind: mean_and_deviation([run[kind] for run in runs]) for kind in KINDS}
    return {
        "data": options.data,
        "noise": options.noise,
        "accepted_share": options.accept,
        **figures,
        "recovered": recovered(runs),
        "runs": runs,
    }


def recovered(runs: list[dict[str, Any]]) -> float | None:
    """Return the share of the lost accuracy that was won back, over all seeds together.

    Returns:
        (relabelled - noisy) / (clean - noisy) of the mean accuracies; None if the noise cost
        nothing.
    """
    clean, noisy, mended = (statistics.fmean(run[kind] for run in runs) for kind in KINDS)
    return round((mended - noisy) / (clean - noisy), 4) if clean > noisy else None


def _measure_seed(product: Product, options: argparse.Namespace, seed: int) -> dict[str, Any]:
    clean = with_splits(load(options.data), seed)
    noisy, flipped = plant_in_training(clean, options.noise, seed)
    fingerprint = product.import_dataset(noisy, f"noisy {seed}")
    say(f"{options.data}: seed {seed}: making the queue")
    issues = compute_label_issues(product.workspace, fingerprint)
    mended, num_accepted = accept_head(noisy, issues, options.accept)
    versions = dict(zip(KINDS, (clean, noisy, mended), strict=True))
    return {
        "seed": seed,
        "flipped": int(flipped.sum()),
        "accepted": num_accepted,
        "wrong_labels_left": int((mended.label_ids != clean.label_ids).sum()),
        **{kind: _accuracy(product, options, kind, rows, seed) for kind, rows in versions.items()},
    }


def with_splits(dataset: TextDataset, seed: int) -> TextDataset:
    """Return the data set with half of its rows as test rows."""
    labels = [dataset.label_names[label_id] for label_id in dataset.label_ids]
    splits = stratified_split(
        dataset.texts(),
        labels,
        test_share=TEST_SHARE,
        validation_share=VALIDATION_SHARE,
        seed=seed,
    )
    column = SCHEMA.get_field_index("split")
    table = dataset.table.set_column(column, SCHEMA.field(column), pa.array(splits))
    return TextDataset(table, dataset.label_names, dataset.task)


def plant_in_training(clean: TextDataset, noise: float, seed: int) -> tuple[TextDataset, Mask]:
    """Return the data set with flipped labels, none of them on a test row, and which those are."""
    everywhere, flipped = plant_noise(clean, noise, seed)
    flipped &= ~np.isin(np.arange(clean.num_examples), clean.indices("test"))
    rows = np.flatnonzero(flipped)
    names = [everywhere.label_names[label_id] for label_id in everywhere.label_ids[rows]]
    return relabel(clean, dict(zip(clean.row_ids(rows), names, strict=True))), flipped


def accept_head(
    noisy: TextDataset, issues: LabelIssues, accepted_share: float
) -> tuple[TextDataset, int]:
    """Return the data set with the suggestions for its most suspect rows, and how many those are.

    Args:
        noisy: One label per row.
        issues: Its queue.
        accepted_share: Of the rows that are not test rows; their suggestions are accepted.
    """
    is_test = set(noisy.row_ids(noisy.indices("test")))
    queue = [row_id for row_id in issues.row_ids if row_id not in is_test]
    head = issues.records(queue[: round(accepted_share * len(queue))])
    changes: Mapping[str, str] = {row["row_id"]: row["suggested_labels"][0] for row in head}
    return relabel(noisy, changes), len(changes)


def _accuracy(
    product: Product, options: argparse.Namespace, kind: str, rows: TextDataset, seed: int
) -> float:
    say(f"{options.data}: seed {seed}: training for {kind}")
    settings = {
        "dataset": product.import_dataset(rows, f"{kind} {seed}"),
        "preset": options.preset,
        "seed": str(seed),
        **({"num_epochs": str(options.epochs)} if options.epochs else {}),
    }
    return float(product.train(settings, "--wait")["test"]["accuracy"])
