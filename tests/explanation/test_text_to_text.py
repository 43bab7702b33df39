"""Tests of the head view: its lines are the weights, of words or tokens, of one head or several."""

import numpy as np
import pytest

from textcls_core.errors import InvalidArgumentError
from textcls_core.explanation.attention import explain_attention, load_explainable
from textcls_core.explanation.edges import STEPS
from textcls_core.explanation.text_to_text import text_to_text

TEXT = "The old horse nooks were here."


@pytest.fixture(scope="module", params=["bert", "gpt2"])
def explained(request, saved):
    return explain_attention(load_explainable(saved[request.param]), TEXT)


def matrix_of(edges, size):
    """Return the lines as a matrix again."""
    matrix = np.zeros((size, size))
    rows = np.repeat(np.arange(size), np.diff(edges.starts))
    matrix[rows, edges.keys] = edges.weights
    return matrix


@pytest.mark.parametrize("by_token", [False, True])
def test_lines_are_the_weights_of_the_chosen_heads(explained, by_token):
    found = text_to_text(explained, 1, (1, 0), by_token=by_token)

    assert len(found.lines) == 2
    for edges, head in zip(found.lines, (1, 0), strict=True):
        weights = explained.weights(1, (head,), by_token=by_token)
        drawn = matrix_of(edges, len(found.names))
        np.testing.assert_allclose(drawn[drawn > 0], weights[drawn > 0])
        assert (drawn.sum(axis=1) >= 0.95 - 1e-6).all()


def test_lines_of_no_head_are_those_of_the_mean(explained):
    found = text_to_text(explained, 0)

    drawn = matrix_of(found.lines[0], len(found.names))
    np.testing.assert_allclose(drawn[drawn > 0], explained.word_matrix(0)[drawn > 0])
    assert 0.95 <= found.share <= 1


def test_lines_know_words_special_tokens_and_the_classified_one(explained):
    found = text_to_text(explained)

    assert found.names == explained.read.words
    assert list(found.special) == explained.read.special(by_token=False)
    assert found.looks_from == explained.deciding_position(by_token=False)
    assert found.is_causal is explained.is_causal


def test_lines_of_a_causal_model_lead_back(saved):
    explained = explain_attention(load_explainable(saved["gpt2"]), TEXT)

    drawn = matrix_of(text_to_text(explained, 0).lines[0], len(explained.read.words))

    assert explained.is_causal
    assert np.triu(drawn, 1).max() == 0


def test_numbers_for_the_browser_are_the_lines(explained):
    edges = text_to_text(explained).lines[0]

    numbers = edges.numbers

    np.testing.assert_array_equal(numbers["keys"], edges.keys)
    np.testing.assert_array_equal(numbers["starts"], edges.starts)
    np.testing.assert_allclose(np.array(numbers["weights"]) / STEPS, edges.weights, atol=1 / STEPS)


def test_head_that_does_not_exist_is_refused(explained):
    with pytest.raises(InvalidArgumentError, match=r"Expected a head from 0 to 1, got 9\."):
        text_to_text(explained, 0, (9,))


def test_weights_of_several_heads_are_their_mean(explained):
    one, other = explained.weights(0, (0,)), explained.weights(0, (1,))

    np.testing.assert_allclose(explained.weights(0, (0, 1)), (one + other) / 2)
