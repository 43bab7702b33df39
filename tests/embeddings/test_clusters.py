"""Tests of clusters of stored embeddings as slices."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from tests.runs.slices import NUM_ROWS, make_rows
from textcls_core.embeddings.clusters import cluster_facet, k_means, stored_cluster_facet
from textcls_core.embeddings.neighbours import normalised
from textcls_core.embeddings.store import EmbeddingInfo, StoredEmbeddings
from textcls_core.files import write_json
from textcls_core.runs.slice_conditions import rows_meeting

ROWS = make_rows()
CENTRES = normalised(np.eye(10, 12))


def write_embeddings(folder, positions, vectors) -> StoredEmbeddings:
    """Write embeddings of rows of a data set with 200 rows."""
    info = EmbeddingInfo(
        fingerprint="f" * 64,
        source="minilm",
        digest="d" * 64,
        num_tokens=128,
        num_examples=200,
        num_rows=len(positions),
    )
    place = folder / info.folder_name
    place.mkdir(parents=True)
    np.save(place / "vectors.npy", vectors.astype(np.float32))
    np.save(place / "positions.npy", np.asarray(positions))
    (place / "rows.parquet").touch()
    write_json(place / "info.json", info.model_dump(mode="json"))
    return StoredEmbeddings(place, info)


@pytest.fixture
def stored(tmp_path, generator):
    """Ten clouds of embeddings, of which row n of the data set is in cloud n modulo 10."""
    positions = np.arange(200)
    noise = generator.normal(0, 0.01, (200, 12))
    return write_embeddings(tmp_path, positions, CENTRES[positions % 10] + noise)


def test_cluster_facet_holds_the_rows_of_each_cloud(stored):
    facet = cluster_facet(stored, ROWS)

    clouds = ROWS.facts.positions % 10
    found = [set(clouds[facet.membership.mask(n, NUM_ROWS)].tolist()) for n in range(10)]
    assert sorted(cloud for clouds in found for cloud in clouds) == list(range(10))
    assert facet.looked_at.all()


def test_cluster_facet_can_be_saved_as_its_rows(stored):
    facet = cluster_facet(stored, ROWS)

    for number, condition in enumerate(facet.conditions):
        expected = facet.membership.mask(number, NUM_ROWS)
        np.testing.assert_array_equal(rows_meeting([condition], ROWS), expected)
        assert condition.title.startswith("Cluster ")


def test_cluster_facet_is_named_by_words_that_set_it_apart(tmp_path, monkeypatch):
    is_food = np.arange(NUM_ROWS) % 3 == 0
    texts = ["fresh bread today" if food else "heavy rain today" for food in is_food]
    rows = replace(ROWS, texts=pa.chunked_array([texts]))
    vectors = np.where(is_food[:, None], CENTRES[0], -CENTRES[0])
    monkeypatch.setattr("textcls_core.embeddings.clusters.NUM_CLUSTERS", 2)

    facet = cluster_facet(write_embeddings(tmp_path, rows.facts.positions, vectors), rows)

    assert [condition.title for condition in facet.conditions] == [
        "Cluster 1 (heavy, rain)",
        "Cluster 2 (bread, fresh)",
    ]


def test_cluster_facet_leaves_out_rows_without_an_embedding(tmp_path):
    positions = ROWS.facts.positions[:50]
    stored = write_embeddings(tmp_path, positions, CENTRES[positions % 10])

    facet = cluster_facet(stored, ROWS)

    assert facet.looked_at.tolist() == [True] * 50 + [False] * 70
    assert facet.membership.counts().sum() == 50


def test_stored_cluster_facet_needs_embeddings(workspace):
    assert stored_cluster_facet(workspace, "f" * 64, ROWS) is None


def test_k_means_gives_the_largest_cluster_first():
    vectors = CENTRES[np.repeat([3, 1, 2], [5, 20, 10])]

    assert np.bincount(k_means(vectors, 3)).tolist() == [20, 10, 5]


def test_k_means_of_few_rows_gives_each_its_own():
    assert sorted(k_means(CENTRES[:3], 10).tolist()) == [0, 1, 2]
