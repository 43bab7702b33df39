"""Tests of Owen values: equal to their definition, complete, and bounded in what is read."""

import itertools

import numpy as np
import pytest
import torch

from tests.explanation.plans import carried_out
from textcls_core.explanation.attributions import attribute
from textcls_core.explanation.hierarchy import cuts_of, halved
from textcls_core.explanation.owen import MAX_EVALUATIONS, owen_plan
from textcls_core.explanation.score import Score
from textcls_core.explanation.words import read_text

FAMILIES = ["bert", "distilbert", "roberta", "gpt2"]
SHORT = "the old cat, was here"
LONG = "We looked at the old snow. This soup came, in the morning, and was it here? " * 3


def orders(cuts, start, stop):
    """Return every order of words in which the halves of every group stay together."""
    if stop - start == 1:
        return [[start]]
    middle = halved(cuts, start, stop)
    left, right = orders(cuts, start, middle), orders(cuts, middle, stop)
    both = [(one, other) for one in left for other in right]
    return [one + other for one, other in both] + [other + one for one, other in both]


def mean_contributions(value, num_words, all_orders):
    """Return what each word adds when it comes, mean over some orders: the definition."""
    total = np.zeros(num_words)
    for order in all_orders:
        there = np.zeros(num_words, dtype=bool)
        before = value(there)
        for word in order:
            there[word] = True
            after = value(there)
            total[word] += after - before
            before = after
    return total / len(all_orders)


def score_of_words(classifier, read):
    """Return the score of class 1 as a function of which words are there."""
    ordinary = np.flatnonzero(~np.array(read.special(by_token=False)))
    padding, known = np.array([classifier.tokenizer.pad_token_id]), {}

    def value(there):
        if there.tobytes() not in known:
            kept = read.is_special | np.isin(read.word_of, ordinary[there])
            ids = read.input_ids[kept] if kept.any() else padding
            with torch.no_grad():
                logits = classifier.model(input_ids=torch.from_numpy(ids)[None]).logits
            known[there.tobytes()] = float(logits[0, 1])
        return known[there.tobytes()]

    return value, ordinary


@pytest.mark.parametrize("family", FAMILIES)
def test_values_equal_their_definition(attributable, family):
    classifier = attributable[family]
    found = attribute(classifier, SHORT, "shap_partition", label="food")

    value, ordinary = score_of_words(classifier, found.read)
    cuts = cuts_of(found.read)
    expected = mean_contributions(value, len(cuts), orders(cuts, 0, len(cuts)))

    np.testing.assert_allclose(found.word_scores[ordinary], expected, atol=1e-5)
    assert found.exactness.num_together == 0


def test_values_of_two_words_are_shapleys(attributable):
    found = attribute(attributable["bert"], "old cat", "shap_partition", label="food")

    value, ordinary = score_of_words(attributable["bert"], found.read)
    expected = mean_contributions(value, 2, list(itertools.permutations(range(2))))

    np.testing.assert_allclose(found.word_scores[ordinary], expected, atol=1e-5)


def test_values_equal_captums_shapley_values_where_words_act_one_by_one(attributable, generator):
    from captum.attr import ShapleyValueSampling

    read = read_text(attributable["bert"], SHORT)
    weights = generator.normal(size=int(read.input_ids.max()) + 1)
    found = carried_out(owen_plan(read, Score(0)), lambda ids: [weights[ids].sum()])

    def total(there):
        return (there * torch.from_numpy(weights[read.input_ids])).sum(1)

    everything = torch.ones(1, len(read.input_ids), dtype=torch.float64)
    expected = ShapleyValueSampling(total).attribute(everything, n_samples=2)[0].numpy()
    ordinary = ~read.is_special
    np.testing.assert_allclose(found.scores[ordinary], expected[ordinary], atol=1e-9)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("limit", [2, 3, 30, None])
def test_values_add_up_whatever_is_read(attributable, family, limit):
    found = attribute(attributable[family], LONG, "shap_partition", num_steps=limit).exactness

    assert found.gap < 1e-4
    assert found.num_evaluations <= (limit or MAX_EVALUATIONS)
    assert f"reading {found.num_evaluations:,} texts" in found.sentence


def test_words_of_groups_that_were_not_looked_into_share_evenly(attributable):
    found = attribute(attributable["bert"], SHORT, "shap_partition", num_steps=2)

    ordinary = ~np.array(found.read.special(by_token=False))
    shares = found.word_scores[ordinary]
    np.testing.assert_allclose(shares, shares[0])
    assert found.exactness.num_together == ordinary.sum()
    assert f"{ordinary.sum()} words share a part of the value" in found.exactness.sentence


def test_a_text_of_one_word_has_all_of_the_difference(attributable):
    found = attribute(attributable["bert"], "horse", "shap_partition")

    assert found.word_scores[1] == pytest.approx(found.exactness.difference)


@pytest.mark.parametrize(
    ("text", "first_half"),
    [
        ("one line, two. three", ["one", "line", ",", "two", "."]),
        ("the cat, the dog and the cow", ["the", "cat", ","]),
        ("the old cat came", ["the", "old"]),
        ("it (was) here", ["it"]),
        ("今天很好。你好", ["今", "天", "很", "好", "。"]),
    ],
)
def test_texts_are_cut_at_sentences_then_clauses_then_words(attributable, text, first_half):
    read = read_text(attributable["bert"], text)
    cuts = cuts_of(read)

    middle = halved(cuts, 0, len(cuts))

    ordinary = [word for word, span in zip(read.words, read.spans, strict=True) if span != (0, 0)]
    assert ordinary[:middle] == first_half
