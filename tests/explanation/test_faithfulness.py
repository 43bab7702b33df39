"""Tests of faithfulness: what is taken out, what is kept, and what that costs."""

import numpy as np
import pytest

from textcls_core.explanation.faithfulness import (
    SHARES,
    Faithfulness,
    faithfulness,
    words_in_order,
)
from textcls_core.explanation.words import read_text

TEXT = "the old cat was here in the morning and we all looked at it"


def probability(classifier, ids):
    import torch

    with torch.no_grad():
        logits = classifier.model(input_ids=torch.from_numpy(np.asarray(ids))[None]).logits
    return float(logits.softmax(-1)[0, 0])


@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_figures_are_the_means_of_what_is_lost(attributable, family):
    classifier = attributable[family]
    read = read_text(classifier, TEXT)
    scores = -np.arange(len(read.words), dtype=float)
    scores[read.words.index("cat")] = 2.0
    scores[read.words.index("old")] = 1.0

    [found] = faithfulness(classifier, read, [scores], label_id=0)

    whole = probability(classifier, read.input_ids)
    special = np.array(read.special(by_token=False))
    order = [word for word in np.argsort(-scores, kind="stable") if not special[word]]
    taken_out, kept = [], []
    for share in SHARES:
        first = np.isin(read.word_of, order[: max(int(np.ceil(share * len(order))), 1)])
        taken_out.append(whole - probability(classifier, read.input_ids[~first]))
        kept.append(whole - probability(classifier, read.input_ids[first | read.is_special]))
    assert found.comprehensiveness == pytest.approx(np.mean(taken_out), abs=1e-5)
    assert found.sufficiency == pytest.approx(np.mean(kept), abs=1e-5)


def test_words_of_one_score_come_in_an_order_of_their_own(attributable):
    read = read_text(attributable["bert"], TEXT)
    same = np.zeros(len(read.words))

    order = words_in_order(read, same).tolist()

    ordinary = list(range(1, len(read.words) - 1))
    assert sorted(order) == ordinary
    assert order not in (ordinary, ordinary[::-1])
    assert words_in_order(read, same).tolist() == order
    other = read_text(attributable["bert"], TEXT.replace("cat", "dog"))
    assert words_in_order(other, same).tolist() != order


def test_words_are_ordered_by_score_before_anything_else(attributable, generator):
    read = read_text(attributable["bert"], TEXT)
    scores = generator.integers(0, 4, len(read.words)).astype(float)

    found = scores[words_in_order(read, scores)]

    assert found.tolist() == sorted(scores[1:-1], reverse=True)


def test_several_explanations_are_judged_like_one_by_one(attributable, generator):
    read = read_text(attributable["bert"], TEXT)
    rankings = [generator.random(len(read.words)) for _ in range(3)]

    together = faithfulness(attributable["bert"], read, rankings, 1)

    one_by_one = [faithfulness(attributable["bert"], read, [scores], 1)[0] for scores in rankings]
    for one, other in zip(together, one_by_one, strict=True):
        assert one.score == pytest.approx(other.score, abs=1e-5)


def test_score_rewards_what_matters_and_suffices():
    assert Faithfulness((0.8, 1.0), (0.2, 0.0)).score == pytest.approx(0.8)


def test_a_text_that_is_taken_out_as_a_whole_is_still_judged(attributable):
    read = read_text(attributable["gpt2"], "cat")

    [found] = faithfulness(attributable["gpt2"], read, [np.ones(len(read.words))], 0)

    assert np.isfinite(found.score)
    assert found.sufficiency == pytest.approx(0, abs=1e-6)
