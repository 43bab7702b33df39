"""Tests of texts longer than what is shown at once: the same weights, in little memory."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from tests.explanation.families import LONG, OF_LONG_TEXTS, explainable
from tests.models.test_packing import CONFIGS
from textcls_core.explanation.attention import attention_of, attention_of_part, explain_attention
from textcls_core.explanation.parts import Part, part_bounds
from textcls_core.explanation.rollout import classified_tokens, gradient_rollout
from textcls_core.explanation.score import Score, logits_of
from textcls_core.explanation.words import MAX_TOKENS, read_text
from textcls_core.models.observed_attention import ROWS_AT_ONCE, observing

SHORT_TEXT = "The old horse was here, was it? A cat and 3 dogs."
LONG_TEXT = "the old cat was here and nooks too, " * 120


@pytest.fixture(scope="module", params=OF_LONG_TEXTS)
def long_models(request, tmp_path_factory):
    """Classifiers of 2,048 tokens: one that gives its weights, and the deployed one."""
    return explainable(request.param, tmp_path_factory.mktemp("long"), max_length=LONG)


@pytest.fixture(scope="module")
def long_bert(tmp_path_factory):
    return explainable("bert", tmp_path_factory.mktemp("bert"), max_length=LONG)[0]


def by_hand(attention, group_of):
    """Return attention among groups: rows averaged, columns summed."""
    member = np.eye(group_of.max() + 1)[group_of]
    return np.einsum("qp,hqk,kr->hpr", member / member.sum(0), attention, member, optimize=True)


@pytest.mark.parametrize("family", [*CONFIGS, "gpt2", "llama"])
def test_observed_attention_is_the_library_s_own(family, tmp_path):
    eager, _ = explainable(family, tmp_path)
    read = read_text(eager, SHORT_TEXT)
    whole = Part(read, np.arange(len(read.tokens)), 0, 1)

    observed = attention_of_part(eager, read, whole)

    expected = attention_of(eager, read)
    np.testing.assert_allclose(observed.attention, expected.attention, atol=1e-5)
    np.testing.assert_allclose(observed.probabilities, expected.probabilities, atol=1e-6)
    assert observed.is_causal == expected.is_causal


def test_long_text_is_read_to_the_end_and_answered_as_deployed(long_models):
    eager, deployed = long_models

    explanation = explain_attention(eager, LONG_TEXT, part=1)

    assert explanation.num_tokens == len(read_text(eager, LONG_TEXT, None).tokens) > 1_000
    np.testing.assert_allclose(explanation.attention.sum(axis=-1), 1, atol=1e-5)
    np.testing.assert_allclose(
        explanation.probabilities, deployed.predict_probabilities([LONG_TEXT])[0], atol=1e-5
    )


def test_weights_of_a_part_are_those_of_the_whole_text_by_group(long_bert):
    explanation = explain_attention(long_bert, LONG_TEXT, part=1)

    whole = attention_of(long_bert, read_text(long_bert, LONG_TEXT, None))
    expected = by_hand(whole.attention[1], explanation.part.group_of)
    np.testing.assert_allclose(explanation.attention[1], expected, atol=1e-6)


def test_mean_over_all_tokens_counts_those_around_a_part(long_bert):
    explanation = explain_attention(long_bert, LONG_TEXT, part=1)

    whole = attention_of(long_bert, read_text(long_bert, LONG_TEXT, None)).matrix().mean(axis=0)
    expected = np.bincount(explanation.part.group_of, weights=whole)
    matrix = explanation.matrix()
    np.testing.assert_allclose(
        explanation.seen_from(matrix, None, by_token=True), expected, atol=1e-6
    )
    np.testing.assert_allclose(
        explanation.seen_from(explanation.word_matrix(), None),
        explanation.part.read.sum_by_word(expected),
        atol=1e-6,
    )


def test_part_shows_its_words_and_what_is_around_them_as_one_each(long_bert):
    read = read_text(long_bert, LONG_TEXT, None)
    start, stop = part_bounds(read)[1]

    part = Part.of(read, 1)

    before, behind = start - 1, len(read.tokens) - stop - 1
    assert part.read.tokens == (
        "[CLS]",
        f"… {before} tokens …",
        *read.tokens[start:stop],
        f"… {behind} tokens …",
        "[SEP]",
    )
    assert part.read.special(by_token=True)[:3] == [True, True, False]
    shown = [read.text[first:last] for first, last in part.read.spans[2:-2]]
    assert list(part.read.words[2:-2]) == shown


def test_parts_are_short_end_at_words_and_leave_nothing_out(long_bert):
    read = read_text(long_bert, LONG_TEXT, None)

    bounds = part_bounds(read)

    assert [start for start, _ in bounds] == [0, *(stop for _, stop in bounds[:-1])]
    assert bounds[-1][1] == len(read.tokens)
    assert max(stop - start for start, stop in bounds) <= MAX_TOKENS
    assert all(read.word_of[start] != read.word_of[start - 1] for start, _ in bounds[1:])


def test_word_longer_than_a_part_is_cut(long_bert):
    read = read_text(long_bert, LONG_TEXT, None)
    one_word = replace(read, word_of=np.zeros_like(read.word_of), words=("x",), spans=((0, 9),))

    bounds = part_bounds(one_word)

    assert len(bounds) > 1
    assert max(stop - start for start, stop in bounds) <= MAX_TOKENS


@pytest.mark.parametrize(("asked", "number"), [(-3, 0), (99, -1)])
def test_part_that_does_not_exist_is_the_first_or_last(long_bert, asked, number):
    read = read_text(long_bert, LONG_TEXT, None)

    part = Part.of(read, asked)

    assert part.number == range(part.count)[number]


def test_long_text_never_lies_in_memory_as_a_whole(long_bert):
    rows = []
    read = read_text(long_bert, LONG_TEXT, None)

    with observing(long_bert.model, lambda _start, weights: rows.append(weights.shape[1])):
        logits_of(long_bert, [read.input_ids])

    assert max(rows) <= ROWS_AT_ONCE
    assert sum(rows) == long_bert.model.config.num_hidden_layers * len(read.tokens)


def test_others_who_share_the_model_get_their_weights_meanwhile(long_bert):
    alone = explain_attention(long_bert, SHORT_TEXT).attention
    found = []

    def look(start, weights):
        if not found:
            other = threading.Thread(
                target=lambda: found.append(explain_attention(long_bert, SHORT_TEXT).attention)
            )
            other.start()
            other.join()

    with observing(long_bert.model, look):
        long_bert.model(input_ids=long_bert.tokenizer("cat", return_tensors="pt").input_ids)

    np.testing.assert_allclose(found[0], alone, atol=1e-6)


def test_others_who_share_the_model_can_take_gradients_meanwhile(long_bert):
    read = read_text(long_bert, SHORT_TEXT)
    alone = gradient_rollout(long_bert, read, Score(0))
    found = []

    def look(start, weights):
        if not found:
            other = threading.Thread(
                target=lambda: found.append(gradient_rollout(long_bert, read, Score(0)))
            )
            other.start()
            other.join()

    with observing(long_bert.model, look):
        long_bert.model(input_ids=long_bert.tokenizer("cat", return_tensors="pt").input_ids)

    np.testing.assert_allclose(found[0], alone, atol=1e-5)


@pytest.mark.parametrize("family", ["modernbert", "modernbert-mean"])
def test_what_the_head_reads_is_said_alike_everywhere(family, tmp_path):
    classifier, _ = explainable(family, tmp_path)
    found = explain_attention(classifier, SHORT_TEXT)

    start = classified_tokens(classifier, found.read, is_causal=found.is_causal)

    assert found.averages == (start.max() < 1) == (family == "modernbert-mean")


def test_rest_can_be_left_out(long_bert):
    explanation = explain_attention(long_bert, LONG_TEXT, part=1)

    inside = explanation.without_rest()

    kept = ["tokens …" not in token for token in explanation.read.tokens]
    assert len(inside.read.tokens) == sum(kept) == len(explanation.read.tokens) - 2
    assert not any("tokens …" in name for name in (*inside.read.tokens, *inside.read.words))
    np.testing.assert_allclose(inside.attention.sum(axis=-1), 1, atol=1e-5)
    np.testing.assert_allclose(inside.word_matrix(0, 0).sum(axis=1), 1, atol=1e-5)


def test_short_text_has_no_rest(long_bert):
    explanation = explain_attention(long_bert, SHORT_TEXT, part=2)

    assert explanation.part is None
    assert explanation.without_rest() is explanation
    assert explanation.num_tokens == len(explanation.read.tokens)


def test_without_a_part_no_more_is_read_than_before(long_bert):
    explanation = explain_attention(long_bert, LONG_TEXT)

    assert len(explanation.read.tokens) == MAX_TOKENS
    assert explanation.read.num_cut > 0


def test_family_that_cannot_be_observed_is_read_as_far_as_it_is_shown(tmp_path):
    eager, _ = explainable("deberta-v2", tmp_path, max_length=LONG)

    explanation = explain_attention(eager, LONG_TEXT, part=1)

    assert explanation.part is None
    assert len(explanation.read.tokens) == MAX_TOKENS
    assert explanation.read.num_cut > 0
