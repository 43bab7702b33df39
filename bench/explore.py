"""`bench explore`: a data set of millions of rows, from its file to a page of filtered rows.

The texts are made here: words with the frequencies of a language, marks, capitals, numbers and
names that occur once, and words that belong to a class. A query is what one look at the Explore
view asks: how many rows pass in all, per class and per split, and one page of them. Every filter
is new to the process that answers it.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.arguments import whole_number
from bench.machine import say
from textcls_core.dataset.query import RowTable
from textcls_core.dataset.row_filter import Order, Range, RowFilter
from textcls_core.dataset.row_index import index_folder, is_indexed, start_index_job
from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.dataset.text_dataset import SPLITS
from textcls_core.jobs.job import read_job
from textcls_core.workspace import Workspace

NAME = "big"
PAGE_SIZE = 50
_BATCH = 200_000
_NUM_WORDS, _NUM_CLASSES, _POOL = 200_000, 20, 1 << 22
_SYLLABLES = [c + v for c in "bdfgklmnprstvz" for v in ("a", "e", "i", "o", "u", "ar", "en", "ist")]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `bench explore`."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rows", type=whole_number(1_000), default=5_000_000)
    parser.add_argument("--seed", type=whole_number(0), default=0)
    parser.add_argument(
        "--workspace", type=Path, help="keep the data set there, and use it if it is there already"
    )
    parser.add_argument("--no-browser", action="store_true", help="leave the app out")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Make, import and index a data set; time queries; open it in the app."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(options.workspace or Path(folder))
        os.environ["TEXTCLS_HOME"] = str(workspace.root)
        figures: dict[str, Any] = {"rows": options.rows}
        store = DatasetStore(workspace.datasets_dir)
        if not any(info.name == NAME for info in store.versions()):
            figures["import_seconds"] = import_rows(options)
        info = store.find(NAME)
        if not index_folder(workspace, info).exists():
            figures["index_seconds"] = index_rows(workspace, info)
        say("queries")
        figures |= time_queries(workspace, info, options.seed)
        if not options.no_browser:
            from bench import explore_page  # needs a browser library

            say("the page")
            figures |= explore_page.measure(info)
    return figures


def import_rows(options: argparse.Namespace) -> float:
    """Make the file and import it as a visitor of the command line would; return the seconds."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{NAME}.parquet"
        say("making the file")
        write_rows(file, options.rows, options.seed)
        say(f"importing {file.stat().st_size / 2**20:,.0f} MiB")
        command = [sys.executable, "-m", "textcls_core", "dataset", "import", str(file)]
        start = time.perf_counter()
        subprocess.run([*command, "--name", NAME, "--json"], check=True, stdout=subprocess.DEVNULL)
        return round(time.perf_counter() - start, 1)


def index_rows(workspace: Workspace, info: DatasetInfo) -> float:
    """Index the rows as the page does; return the seconds."""
    say("indexing")
    start = time.perf_counter()
    if not is_indexed(workspace, info):
        job_id = start_index_job(workspace, info)
        while (job := read_job(workspace, job_id)).is_active:
            time.sleep(0.2)
        if job.error:
            sys.exit(job.error)
    return round(time.perf_counter() - start, 1)


def time_queries(workspace: Workspace, info: DatasetInfo, seed: int) -> dict[str, Any]:
    """Return the 95 % quantile of the time of a query, and the median of every kind."""
    rows = RowTable.open(workspace, info)
    list(rows.page(RowFilter(), Order(), 0, PAGE_SIZE))
    seconds: dict[str, list[float]] = {}
    for kind, row_filter, order in queries(rows, np.random.default_rng(seed)):
        start = time.perf_counter()
        total = rows.counts(row_filter).total
        rows.page(row_filter, order, min(total // 2, 5_000), PAGE_SIZE)
        seconds.setdefault(kind, []).append(1000 * (time.perf_counter() - start))
    every = np.concatenate(list(seconds.values()))
    return {
        "num_queries": len(every),
        "p50_ms": round(float(np.quantile(every, 0.5)), 1),
        "p95_ms": round(float(np.quantile(every, 0.95)), 1),
        "median_ms": {kind: round(float(np.median(ms)), 1) for kind, ms in seconds.items()},
        "worst_ms": {kind: round(max(ms), 1) for kind, ms in seconds.items()},
    }


def queries(
    rows: RowTable, generator: np.random.Generator
) -> Iterator[tuple[str, RowFilter, Order]]:
    """Yield filters of every kind, words as they occur in the texts."""
    info = rows.info
    some = rows.rows(np.sort(generator.choice(info.num_examples, 24, replace=False)))
    for number, row in enumerate(some):
        words = row["text"].split()
        word = words[int(generator.integers(len(words)))]
        label = info.label_names[number % len(info.label_names)]
        split = next(split for split in SPLITS if split in info.split_counts)
        longest = sorted(words, key=len)[-2:]
        yield "class and split", RowFilter(split=split, label=label), Order()
        yield "length", RowFilter(ranges=(Range("characters", 20 + number, 90),)), Order("words")
        yield "word", RowFilter(text=word), Order()
        yield "part of a word", RowFilter(text=longest[0][:4], split=split), Order()
        yield "two words", RowFilter(text=" ".join(longest), label=row["label"]), Order()
        yield "phrase", RowFilter(text=f'"{" ".join(words[:2])}"'), Order()
        yield "pattern", RowFilter(pattern=rf"\b{longest[1][:3]}\w+{number % 10}?"), Order()
        yield (
            "pattern of words",
            RowFilter(pattern=rf"{longest[0][:5]}.* {longest[1][:4]}"),
            Order(),
        )
        yield "row ids", RowFilter(row_ids=tuple(item["row_id"] for item in some[number:])), Order()


def write_rows(file: Path, num_rows: int, seed: int) -> None:
    """Write texts with labels as Parquet."""
    generator = np.random.default_rng(seed)
    words, pool = _vocabulary(generator)
    schema = pa.schema([("text", pa.string()), ("label", pa.string())])
    with pq.ParquetWriter(file, schema) as writer:
        for start in range(0, num_rows, _BATCH):
            count = min(_BATCH, num_rows - start)
            writer.write_table(_batch(generator, words, pool, count, start).cast(schema))


def _vocabulary(generator: np.random.Generator) -> tuple[pa.Array, np.ndarray]:
    """Return words as they are written, and a pool to draw their numbers from."""
    syllables = generator.choice(_SYLLABLES, (_NUM_WORDS, 4))
    lengths = 1 + generator.binomial(3, 0.25 + 0.6 * np.arange(_NUM_WORDS) / _NUM_WORDS)
    plain = ["".join(row[:n]) for row, n in zip(syllables, lengths, strict=True)]
    written = [
        *plain,
        *(f"{w}," for w in plain),
        *(f"{w}." for w in plain),
        *(w.title() for w in plain),
    ]
    shares = 1 / (np.arange(_NUM_WORDS) + 2.7) ** 1.05
    drawn = generator.choice(_NUM_WORDS, _POOL, p=shares / shares.sum())
    form = generator.choice(4, _POOL, p=[0.82, 0.06, 0.07, 0.05])
    return pa.array(written), drawn + form * _NUM_WORDS


def _batch(
    generator: np.random.Generator, words: pa.Array, pool: np.ndarray, count: int, start: int
) -> pa.Table:
    """Return so many rows; each class prefers its own tenth of a row's words."""
    lengths = np.clip(generator.lognormal(2.75, 0.6, count), 3, 200).astype(np.int32)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    labels = generator.integers(_NUM_CLASSES, size=count)
    ids = pool[generator.integers(_POOL, size=offsets[-1])]
    own = generator.random(offsets[-1]) < 0.1
    topic = 1_000 + 200 * np.repeat(labels, lengths) + generator.integers(200, size=offsets[-1])
    ids[own] = topic[own]
    lists = pa.ListArray.from_arrays(pa.array(offsets), words.take(pa.array(ids)))
    texts = pc.binary_join(lists, " ")
    names = pa.array([f"#{start + row:x}" for row in range(count)])
    named = pc.binary_join_element_wise(texts, names, " ")
    texts = pc.if_else(pa.array(generator.random(count) < 0.2), named, texts)
    classes = pa.array([f"class {n:02}" for n in range(_NUM_CLASSES)]).take(pa.array(labels))
    return pa.table({"text": texts, "label": classes})
