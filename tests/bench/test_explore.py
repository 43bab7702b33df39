"""Tests of the texts that `bench explore` makes and of how it times queries on them."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from bench.__main__ import build_parser
from bench.explore import NAME, time_queries, write_rows
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.row_index import is_indexed
from textcls_core.dataset.store import DatasetStore


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two thousand rows."""
    file = tmp_path_factory.mktemp("explore") / "rows.parquet"
    write_rows(file, 2_000, seed=1)
    return pq.read_table(file)


def test_explore_makes_texts_with_the_frequencies_of_a_language(made):
    words = [word for text in made["text"].to_pylist() for word in text.split()]
    _, counts = np.unique(words, return_counts=True)

    assert made.column_names == ["text", "label"]
    assert made.num_rows == 2_000
    assert len(set(made["label"].to_pylist())) == 20
    assert counts.max() > 0.02 * len(words)
    assert (counts == 1).sum() > 0.3 * len(counts)


def test_explore_times_every_kind_of_query(made, workspace):
    texts, labels = (made[name].to_pylist() for name in ("text", "label"))
    dataset = build_dataset(Rows(texts, labels, ["train"] * 1_500 + ["test"] * 500, {}))
    info = DatasetStore(workspace.datasets_dir).save(dataset, NAME, "for this test")
    assert is_indexed(workspace, info)

    figures = time_queries(workspace, info, seed=0)

    assert figures["num_queries"] == 24 * len(figures["median_ms"])
    assert 0 < figures["p50_ms"] <= figures["p95_ms"] <= max(figures["worst_ms"].values())


def test_explore_takes_the_number_of_rows():
    assert build_parser().parse_args(["explore", "--rows", "5000"]).rows == 5_000
