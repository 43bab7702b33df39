"""`bench similar`: the training rows most similar to a row, among many.

Texts and vectors are made up: how long a lookup takes depends on their number and width, not on
what they say. Everything else is what the Mistakes page does.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from bench.arguments import whole_number
from bench.audit import make_dataset
from bench.errors import BenchError
from bench.machine import machine_facts, say
from textcls_core.config import RunConfig
from textcls_core.dataset.keys import normalised_keys
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.embeddings.store import MAX_TOKENS, EmbeddingInfo, embeddings_dir
from textcls_core.files import write_json
from textcls_core.mistakes.similar_training_rows import same_texts, similar_training_rows
from textcls_core.mistakes.training_neighbours import TrainingNeighbours
from textcls_core.models.catalogue import EMBEDDED
from textcls_core.runs.run import Run
from textcls_core.runs.store import RunStore
from textcls_core.workspace import Workspace

_CLASSES = 20
_TEST_SHARE = 0.05


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `bench similar`."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rows", type=whole_number(1_000), default=100_000, help="training rows")
    parser.add_argument("--width", type=whole_number(8), default=384, help="of a vector")
    parser.add_argument("--lookups", type=whole_number(20), default=200, help="rows asked about")
    parser.add_argument("--seed", type=whole_number(0), default=0)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return the quantiles of lookups, and what is done once before the first one."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        say(f"Making {options.rows:,} training rows")
        dataset, run = _make_run(workspace, options)
        say(f"{options.lookups} lookups")
        figures = _time_lookups(workspace, dataset, run, options)
    return {
        "rows": options.rows,
        "width": options.width,
        "lookups": options.lookups,
        **figures,
        "machine": machine_facts(),
    }


def _make_run(workspace: Workspace, options: argparse.Namespace) -> tuple[TextDataset, Run]:
    """Write a data set, a run on it, and vectors of all rows as if the frozen model made them."""
    total = round(options.rows / (1 - _TEST_SHARE))
    shares = (1 - _TEST_SHARE, 0, _TEST_SHARE)
    dataset = make_dataset(total, num_classes=_CLASSES, shares=shares)
    store = DatasetStore.open(workspace)
    info = store.save(dataset, "many rows", "made by bench similar")
    settings = {"dataset": "many rows", "dataset_fingerprint": info.fingerprint}
    run, _ = RunStore.open(workspace).create(RunConfig.create(settings))
    described = EmbeddingInfo(
        fingerprint=info.fingerprint,
        source=EMBEDDED,
        digest="made up",
        num_tokens=MAX_TOKENS,
        num_examples=total,
        num_rows=total,
    )
    folder = embeddings_dir(workspace) / described.folder_name
    folder.mkdir(parents=True)
    generator = np.random.default_rng(options.seed)
    vectors = generator.normal(size=(total, options.width)).astype(np.float32)
    np.save(folder / "vectors.npy", vectors)
    np.save(folder / "positions.npy", np.arange(total))
    pq.write_table(dataset.table, folder / "rows.parquet")
    write_json(folder / "info.json", described.model_dump(mode="json"))
    return dataset, run


def _time_lookups(
    workspace: Workspace, dataset: TextDataset, run: Run, options: argparse.Namespace
) -> dict[str, Any]:
    start = time.perf_counter()
    keys = normalised_keys(dataset.table["text"])
    keyed = time.perf_counter()
    neighbours = TrainingNeighbours.open(workspace, run, EMBEDDED)
    opened = time.perf_counter()
    if neighbours is None:
        raise BenchError("The vectors that were just written were not found.")
    generator = np.random.default_rng(options.seed)
    asked = generator.choice(dataset.indices("test"), options.lookups)
    seconds = [_seconds_of(neighbours, dataset, keys, row_id) for row_id in dataset.row_ids(asked)]
    milliseconds = 1_000 * np.array(seconds)
    later = milliseconds[1:]  # the first one makes the vectors as long as each other
    return {
        "training_rows": len(neighbours.training_rows),
        "keys_seconds": round(keyed - start, 3),
        "open_seconds": round(opened - keyed, 3),
        "first_ms": round(float(milliseconds[0]), 1),
        "median_ms": round(float(np.median(later)), 1),
        "p95_ms": round(float(np.quantile(later, 0.95)), 1),
        "max_ms": round(float(later.max()), 1),
    }


def _seconds_of(
    neighbours: TrainingNeighbours, dataset: TextDataset, keys: np.ndarray, row_id: str
) -> float:
    """Return how long it takes to find what the page shows beside one row."""
    start = time.perf_counter()
    same = same_texts(dataset, keys, neighbours.is_training, row_id)
    similar_training_rows(neighbours, row_id, same)
    return time.perf_counter() - start
