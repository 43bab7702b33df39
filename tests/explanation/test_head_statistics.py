"""Tests of head statistics: worked out by hand, and properties on four families of models."""

from dataclasses import fields

import numpy as np
import pytest

from textcls_core.explanation.attention import (
    AttentionExplanation,
    explain_attention,
    load_explainable,
)
from textcls_core.explanation.head_statistics import HeadStatistics, head_statistics, is_punctuation
from textcls_core.explanation.head_titles import MEANINGS, STATISTICS, TITLES, is_share
from textcls_core.explanation.words import ReadText

SHARES = [name for name in STATISTICS if is_share(name)]


def explanation(attention, tokens=("[CLS]", "a", ".", "[SEP]")):
    size = len(tokens)
    special = [token.startswith("[") for token in tokens]
    return AttentionExplanation(
        read=ReadText(
            text="a" * size,
            input_ids=np.arange(size),
            tokens=tokens,
            words=tokens,
            word_of=np.arange(size),
            spans=tuple((0, 0) if hidden else (n, n + 1) for n, hidden in enumerate(special)),
            num_cut=0,
        ),
        attention=np.asarray(attention, dtype=np.float32),
        label_names=("x", "y"),
        probabilities=np.array([0.25, 0.75]),
        is_causal=False,
    )


@pytest.fixture
def by_hand():
    """One layer with one head; only the rows of "a" and "." count."""
    rows = [[1.0, 0.0, 0.0, 0.0], [0.5, 0.0, 0.5, 0.0], [0.0, 0.25, 0.25, 0.5], [0.0, 0.0, 0.0, 1]]
    return head_statistics(explanation([[rows]]))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("entropy", (1.0 + 1.5) / 2),
        ("distance", (0.5 * 1 + 0.25 * 1 + 0.25 * 0) / 1.0),
        ("on_separators", (0.5 + 0.5) / 2),
        ("on_punctuation", (0.5 + 0.25) / 2),
        ("on_itself", (0.0 + 0.25) / 2),
        ("on_previous", (0.5 + 0.25) / 2),
        ("on_next", (0.5 + 0.5) / 2),
    ],
)
def test_head_statistics_by_hand(by_hand, name, expected):
    assert getattr(by_hand, name).shape == (1, 1)
    assert getattr(by_hand, name)[0, 0] == pytest.approx(expected)


def test_head_statistics_of_even_attention():
    found = head_statistics(explanation(np.full((2, 3, 4, 4), 0.25)))

    np.testing.assert_allclose(found.entropy, np.full((2, 3), 2.0))
    np.testing.assert_allclose(found.on_separators, np.full((2, 3), 0.5))


def test_head_statistics_when_all_attention_goes_to_special_tokens():
    weights = np.zeros((1, 1, 4, 4))
    weights[..., 0] = 1

    found = head_statistics(explanation(weights))

    assert found.distance.tolist() == [[0.0]]
    assert found.on_separators.tolist() == [[1.0]]
    assert found.entropy.tolist() == [[0.0]]


def test_head_statistics_of_a_text_without_ordinary_tokens_look_from_all():
    found = head_statistics(explanation(np.full((1, 1, 2, 2), 0.5), ("[CLS]", "[SEP]")))

    assert found.on_separators.tolist() == [[1.0]]
    assert found.entropy[0, 0] == pytest.approx(1.0)


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "gpt2"])
def test_head_statistics_stay_in_their_ranges(saved, family):
    found = explain_attention(load_explainable(saved[family]), "The old horse wasn't here, was it?")
    statistics = head_statistics(found)
    size = len(found.read.tokens)

    for name in SHARES:
        values = getattr(statistics, name)
        assert values.shape == (2, 2)
        assert ((values >= 0) & (values <= 1 + 1e-6)).all()
    assert ((statistics.entropy >= 0) & (statistics.entropy <= np.log2(size) + 1e-6)).all()
    assert ((statistics.distance >= 0) & (statistics.distance < size)).all()


def test_a_causal_model_never_looks_at_the_next_token(saved):
    found = explain_attention(load_explainable(saved["gpt2"]), "the old cat was here")

    assert head_statistics(found).on_next.tolist() == [[0.0, 0.0], [0.0, 0.0]]


@pytest.mark.parametrize("family", ["bert", "roberta", "gpt2"])
def test_punctuation_of_any_script_is_found(saved, family):
    read = explain_attention(load_explainable(saved[family]), "cat, dog… “cow” you。").read

    marked = {read.words[word] for word in read.word_of[is_punctuation(read)]}

    assert "," in marked
    assert not marked & {"cat", "dog", "cow"}
    assert any(mark in "".join(marked) for mark in "…“”")


def test_special_tokens_are_no_punctuation():
    found = explanation(np.full((1, 1, 3, 3), 1 / 3), ("[CLS]", "##.", "▁,"))

    assert is_punctuation(found.read).tolist() == [False, True, True]


def test_a_byte_that_looks_like_a_sign_is_no_punctuation():
    found = explanation(np.full((1, 1, 2, 2), 0.5), ("[CLS]", "»"))
    read = ReadText(**{**found.read.__dict__, "words": ("[CLS]", "你")})

    assert is_punctuation(read).tolist() == [False, False]


def test_every_statistic_has_a_title_and_a_meaning():
    names = tuple(field.name for field in fields(HeadStatistics))

    assert names == STATISTICS == tuple(TITLES) == tuple(MEANINGS)
