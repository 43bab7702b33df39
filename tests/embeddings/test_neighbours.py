"""Tests of exact nearest neighbours by cosine."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.neighbors import NearestNeighbors

from textcls_core.embeddings import neighbours
from textcls_core.embeddings.neighbours import (
    nearest,
    nearest_others,
    normalised,
    outlier_scores,
)
from textcls_core.errors import InvalidArgumentError

SHAPES = st.tuples(st.integers(2, 40), st.integers(1, 8))


@pytest.fixture
def vectors(generator):
    """300 rows of 16 numbers, of any length."""
    return generator.normal(size=(300, 16)).astype(np.float32) * 3


def brute_force(vectors, queries, k):
    """Return positions and cosines by scikit-learn."""
    model = NearestNeighbors(n_neighbors=k, metric="cosine", algorithm="brute").fit(vectors)
    distances, positions = model.kneighbors(queries)
    return positions, 1 - distances


@pytest.mark.parametrize("k", [1, 7, 300])
@pytest.mark.parametrize("cells", [2**24, 301], ids=["one block", "a row at a time"])
def test_nearest_equals_brute_force(vectors, generator, k, cells, monkeypatch):
    monkeypatch.setattr(neighbours, "_BLOCK_CELLS", cells)
    queries = generator.normal(size=(25, 16)).astype(np.float32)

    positions, cosines = nearest(normalised(vectors), normalised(queries), k)

    expected_positions, expected_cosines = brute_force(vectors, queries, k)
    np.testing.assert_array_equal(positions, expected_positions)
    np.testing.assert_allclose(cosines, expected_cosines, atol=1e-6)


@given(SHAPES, st.integers(1, 50), st.integers(0, 9))
def test_nearest_others_has_the_largest_cosines_and_never_the_row_itself(shape, k, seed):
    vectors = normalised(np.random.default_rng(seed).integers(-2, 3, shape))  # many ties and zeros

    positions, cosines = nearest_others(vectors, k)

    expected = cosine_similarity(vectors)
    np.fill_diagonal(expected, -np.inf)
    width = min(k, shape[0] - 1)
    assert positions.shape == (shape[0], width)
    assert (positions != np.arange(shape[0])[:, None]).all()
    assert all(len(set(row)) == width for row in positions.tolist())
    np.testing.assert_allclose(cosines, -np.sort(-expected, axis=1)[:, :width], atol=1e-5)
    np.testing.assert_allclose(cosines, np.take_along_axis(expected, positions, 1), atol=1e-5)


def test_nearest_of_equal_rows_names_the_first_one():
    vectors = normalised(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [2.0, 0.0]]))

    positions, _ = nearest(vectors, vectors[2:3], 4)

    assert positions.tolist() == [[0, 2, 3, 1]]


def test_nearest_others_answers_for_some_rows_and_tells_how_far_it_is(vectors, monkeypatch):
    monkeypatch.setattr(neighbours, "_BLOCK_CELLS", 600)
    told = []
    unit = normalised(vectors)

    positions, cosines = nearest_others(
        unit, 5, np.array([7, 3, 9]), progress=lambda *step: told.append(step)
    )

    of_all = nearest_others(unit, 5)
    np.testing.assert_array_equal(positions, of_all[0][[7, 3, 9]])
    np.testing.assert_allclose(cosines, of_all[1][[7, 3, 9]], atol=1e-6)
    assert told == [(2, 3), (3, 3)]


def test_nearest_of_no_query_is_empty(vectors):
    positions, cosines = nearest(normalised(vectors), np.zeros((0, 16), np.float32), 3)

    assert positions.shape == cosines.shape == (0, 3)


def test_normalised_leaves_the_vectors_and_zeros_as_they_are():
    vectors = np.array([[3.0, 4.0], [0.0, 0.0]], np.float32)

    unit = normalised(vectors)

    np.testing.assert_allclose(unit, [[0.6, 0.8], [0.0, 0.0]], rtol=1e-6)
    assert vectors[0, 0] == 3.0


def test_nearest_refuses_vectors_of_another_model(vectors):
    with pytest.raises(InvalidArgumentError, match=r"as wide as the rows \(16\), got 8"):
        nearest(vectors, np.zeros((1, 8), np.float32), 3)


@pytest.mark.parametrize("ask", [lambda v: nearest(v, v, 0), lambda v: nearest_others(v, 0)])
def test_nearest_refuses_no_neighbour(vectors, ask):
    with pytest.raises(InvalidArgumentError, match="Expected 1 neighbour or more, got 0"):
        ask(vectors)


def test_nearest_others_refuses_a_single_row():
    with pytest.raises(InvalidArgumentError, match="Expected 2 rows or more to compare, got 1"):
        nearest_others(np.ones((1, 2), np.float32), 1)


def test_outlier_scores_are_largest_far_from_the_others(generator):
    crowd = generator.normal(size=(50, 4)) * 0.01 + [1, 0, 0, 0]
    vectors = normalised(np.concatenate([crowd, [[0, 0, 1, 0]]]))

    scores = outlier_scores(vectors)

    assert scores.argmax() == 50
    assert scores[50] > 0.9
    assert scores[:50].max() < 0.01


@pytest.mark.parametrize("count", [0, 1])
def test_outlier_scores_of_too_few_rows_are_zero(count):
    assert outlier_scores(np.ones((count, 2), np.float32)).tolist() == [0.0] * count
