"""Tests of maps: principal components against scikit-learn, UMAP kept beside the embeddings."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.decomposition import PCA

from textcls_core.embeddings import projection
from textcls_core.embeddings.neighbours import normalised
from textcls_core.embeddings.projection import (
    Layout,
    principal_components,
    save_umap,
    stored_umap,
    umap_points,
)
from textcls_core.embeddings.store import EmbeddingInfo, StoredEmbeddings
from textcls_core.errors import InvalidArgumentError
from textcls_core.jobs.progress import JobCancelledError


@pytest.fixture
def vectors(generator):
    """500 rows of 12 numbers that differ more in some directions than in others."""
    return normalised(generator.normal(size=(500, 12)) * np.linspace(3, 0.5, 12) + 0.3)


@pytest.fixture
def stored(tmp_path):
    """A folder in which 40 rows might have been embedded."""
    info = EmbeddingInfo(
        fingerprint="f" * 64, source="minilm", digest="d", num_tokens=128,
        num_examples=40, num_rows=40,
    )  # fmt: skip
    return StoredEmbeddings(tmp_path, info)


@pytest.mark.parametrize("block", [4_096, 7])
def test_principal_components_equal_those_of_scikit_learn(vectors, block, monkeypatch):
    monkeypatch.setattr(projection, "_BLOCK_ROWS", block)

    layout = principal_components(vectors)

    oracle = PCA(n_components=2, svd_solver="full").fit(vectors.astype(np.float64))
    np.testing.assert_allclose(layout.points, oracle.transform(vectors), atol=1e-6)
    np.testing.assert_allclose(layout.explained, oracle.explained_variance_ratio_, atol=1e-6)
    assert layout.rows.tolist() == list(range(500))


@given(st.integers(0, 6), st.integers(1, 4))
def test_principal_components_of_few_or_equal_rows_are_finite(count, width):
    layout = principal_components(normalised(np.ones((count, width))))

    assert layout.points.shape == (count, 2)
    np.testing.assert_allclose(layout.points, 0, atol=1e-6)
    assert np.isfinite(layout.explained).all()


def test_umap_refuses_too_few_rows(vectors):
    with pytest.raises(InvalidArgumentError, match=r"more than 15 texts, got 15\. Use PCA"):
        umap_points(vectors[:15])


@pytest.mark.slow
def test_umap_keeps_groups_together_and_can_be_repeated(generator):
    centres = np.eye(3, 8)
    group = np.repeat(np.arange(3), 20)
    vectors = normalised(centres[group] + generator.normal(size=(60, 8)) * 0.02)
    told = []

    points = umap_points(vectors, lambda *step: told.append(step))

    middles = np.stack([points[group == n].mean(axis=0) for n in range(3)])
    nearest_middle = np.linalg.norm(points[:, None] - middles, axis=2).argmin(axis=1)
    assert nearest_middle.tolist() == group.tolist()
    assert {message for *_, message in told} >= {"Finding neighbours", "Arranging the texts"}
    np.testing.assert_array_equal(points, umap_points(vectors))


@pytest.mark.slow
def test_umap_can_be_cancelled_while_it_arranges(vectors):
    def report(done, total, message):
        if message == "Arranging the texts":
            raise JobCancelledError

    with pytest.raises(JobCancelledError):
        umap_points(vectors, report)


def test_stored_umap_is_what_was_saved(stored):
    layout = Layout("umap", np.array([1, 5, 9]), np.array([[0.0, 1], [2, 3], [4, 5]]))

    save_umap(stored, layout)

    found = stored_umap(stored)
    assert found.rows.tolist() == [1, 5, 9]
    np.testing.assert_array_equal(found.points, layout.points)


def test_stored_umap_of_a_new_folder_is_nothing(stored):
    assert stored_umap(stored) is None


@pytest.mark.parametrize("size", [0, 10, 200])
def test_stored_umap_that_is_damaged_is_nothing(stored, size):
    save_umap(stored, Layout("umap", np.arange(3), np.zeros((3, 2))))
    file = next(stored.folder.glob("umap*"))
    file.write_bytes(file.read_bytes()[:size])

    assert stored_umap(stored) is None


@pytest.mark.parametrize(("rows", "points"), [([40], np.zeros((1, 2))), ([1, 2], np.zeros((1, 2)))])
def test_stored_umap_of_other_rows_is_nothing(stored, rows, points):
    save_umap(stored, Layout("umap", np.array(rows), points))

    assert stored_umap(stored) is None
