"""`bench audit`: seconds of every check of an audit, on made-up texts with planted faults.

Words follow Zipf's law and every class prefers some of them; lengths are log-normal. One row in a
hundred repeats another one, and a few in a thousand carry mail addresses, HTML or wrong encoding.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bench.memory import peak_memory_bytes
from textcls_core.audit.auditing import audit
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import SCHEMA, SPLITS, TextDataset
from textcls_core.workspace import Workspace

_NUM_WORDS = 30_000
_NUM_CLASSES = 10
_SPLIT_SHARES = (0.7, 0.15, 0.15)
_MEAN_LOG_LENGTH, _SPREAD = 2.6, 0.6
_FAULTS = {
    0.01: "{text} Write to user{row}@example.org.",
    0.005: "<p>{text}</p> &amp; more",
    0.002: "{text} cafÃ© dÃ©jÃ  vu",
    0.003: "{text} Call 0871 230 {row:04d}",
}


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return the seconds of every check, of all of them, and the peak of the memory."""
    model = None if options.model == "none" else options.model
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        print(f"Making {options.rows:,} rows", file=sys.stderr)
        stored = DatasetStore.open(workspace).save(make_dataset(options.rows), "made-up", "bench")
        start, processor = time.perf_counter(), time.process_time()
        report = audit(workspace, stored.fingerprint, model, progress=_say)
        return {
            "rows": options.rows,
            "model": model or "none",
            "seconds": round(time.perf_counter() - start, 2),
            "processor_seconds": round(time.process_time() - processor, 2),
            "seconds_by_check": report.seconds,
            "findings": {finding.kind: finding.count for finding in report.findings},
            "gate": report.gate,
            "peak_memory_mb": round(peak_memory_bytes() / 2**20),
        }


def _say(done: int, total: int, message: str) -> None:
    print(f"{100 * done // max(total, 1):3d} %  {message}", file=sys.stderr)


def make_dataset(
    num_rows: int,
    seed: int = 0,
    *,
    num_classes: int = _NUM_CLASSES,
    shares: Sequence[float] = _SPLIT_SHARES,
) -> TextDataset:
    """Return made-up texts in some classes with planted faults, so much of it in each split."""
    generator = np.random.default_rng(seed)
    words = _make_words(generator)
    label_ids = generator.integers(0, num_classes, num_rows)
    texts = _make_texts(generator, words, label_ids)
    copies = generator.choice(num_rows, num_rows // 100, replace=False)
    for copy, original in zip(copies, generator.integers(0, num_rows, len(copies)), strict=True):
        texts[copy] = texts[original]
    for share, shape in _FAULTS.items():
        for row in generator.choice(num_rows, round(share * num_rows), replace=False):
            texts[row] = shape.format(text=texts[row], row=row % 10_000)
    splits = generator.choice(SPLITS, num_rows, p=shares)
    offsets = pa.array(np.arange(num_rows + 1, dtype=np.int32))
    table = pa.table(
        {
            "row_id": pa.array([f"r{row}" for row in range(num_rows)], pa.string()),
            "text": pa.array(texts, pa.string()),
            "label_ids": pa.ListArray.from_arrays(offsets, pa.array(label_ids, pa.int32())),
            "split": pa.array(splits.tolist(), pa.string()),
        },
        schema=SCHEMA,
    )
    return TextDataset(table, tuple(f"class {n}" for n in range(num_classes)))


def _make_words(generator: np.random.Generator) -> np.ndarray:
    syllables = np.array([c + v for c in "bcdfghklmnprstvw" for v in "aeiou"])
    drawn = generator.integers(0, len(syllables), (_NUM_WORDS, 4))
    sizes = generator.integers(1, 5, _NUM_WORDS)
    return np.array(
        ["".join(syllables[row[:size]]) for row, size in zip(drawn, sizes, strict=True)],
        dtype=object,
    )


def _make_texts(
    generator: np.random.Generator, words: np.ndarray, label_ids: np.ndarray
) -> list[str]:
    sizes = np.maximum(generator.lognormal(_MEAN_LOG_LENGTH, _SPREAD, len(label_ids)), 3).astype(
        int
    )
    chances = np.cumsum(1 / np.arange(3, _NUM_WORDS + 3))
    ranks = np.searchsorted(chances, generator.random(int(sizes.sum())) * chances[-1])
    shifts = np.repeat(label_ids, sizes) * 37 * (ranks > 50)
    drawn = words[(ranks + shifts) % _NUM_WORDS].tolist()
    ends = np.cumsum(sizes).tolist()
    return [
        " ".join(drawn[start:end]) + "." for start, end in zip([0, *ends[:-1]], ends, strict=True)
    ]
