"""Tests of LIME: a linear model is recovered, and what is not linear is said to fit badly."""

import numpy as np
import pytest
import torch
from captum._utils.models.linear_model import SkLearnLinearModel
from captum.attr import LimeBase
from captum.attr._core.lime import get_exp_kernel_similarity_function
from sklearn.linear_model import Ridge

from tests.explanation.plans import carried_out
from textcls_core.explanation.attributions import attribute
from textcls_core.explanation.lime import NUM_SAMPLES, lime_plan
from textcls_core.explanation.score import Score, logits_of
from textcls_core.explanation.words import read_text

TEXT = "the old cat was here and we all looked at it"


@pytest.fixture
def read(attributable):
    return read_text(attributable["bert"], TEXT)


@pytest.fixture
def weights(read, generator):
    """A weight for every token id: a bag-of-words model."""
    return generator.normal(size=int(read.input_ids.max()) + 1)


def test_weights_of_a_bag_of_words_are_recovered(read, weights):
    found = carried_out(lime_plan(read, Score(0)), lambda ids: [weights[ids].sum()])

    ordinary = ~np.array(read.special(by_token=False))
    expected = read.sum_by_word(weights[read.input_ids])
    np.testing.assert_allclose(
        read.sum_by_word(found.scores)[ordinary], expected[ordinary], rtol=0.03, atol=0.03
    )
    assert found.r_squared > 0.999
    assert found.num_samples == NUM_SAMPLES


def test_special_tokens_have_no_weight(read, weights):
    found = carried_out(lime_plan(read, Score(0), 50), lambda ids: [weights[ids].sum()])

    assert not found.scores[read.is_special].any()


def test_a_text_without_words_needs_no_samples(attributable):
    found = attribute(attributable["bert"], "\u200b", "lime")

    assert not found.scores.any()
    assert found.exactness.num_samples == 0


def test_a_score_that_is_not_a_sum_fits_badly(read):
    found = carried_out(lime_plan(read, Score(0)), lambda ids: [float(len(ids) % 2)])

    assert found.r_squared < 0.2
    assert not found.is_reliable
    assert found.sentence.endswith("not act one by one here: read their weights with care.")


def test_samples_near_the_text_count_most(read):
    """The kernel, worked out sample by sample from the equation of the paper."""
    asked = []

    def parity(ids):
        asked.append(ids)
        return [float(len(ids) % 2)]

    found = carried_out(lime_plan(read, Score(0), 80, seed=3), parity)

    whole = len(read.words) - 2  # two special tokens
    kept = np.array([np.isin(read.input_ids[1:-1], ids) for ids in asked])  # no token occurs twice
    cosine = [row.sum() / np.sqrt(max(row.sum(), 1) * whole) for row in kept]
    nearness = np.exp(-((100 * (1 - np.array(cosine))) ** 2) / 25**2) ** 0.5
    values = [float(len(ids) % 2) for ids in asked]
    expected = Ridge(alpha=1).fit(kept, values, nearness).coef_
    np.testing.assert_allclose(read.sum_by_word(found.scores)[1:-1], expected, atol=1e-10)


def test_weights_equal_captums_on_the_same_samples_of_a_real_model(attributable, read):
    """The sampling is ours; the kernel and the regression are captum's own."""
    classifier, asked = attributable["bert"], []

    def answer(ids):
        asked.append(ids)
        return logits_of(classifier, [ids])[0]

    found = carried_out(lime_plan(read, Score(1), 60), answer)

    ordinary = read.input_ids[1:-1]  # no token occurs twice
    kept = [torch.tensor(np.isin(ordinary, ids)[None], dtype=torch.float64) for ids in asked]
    samples = iter(kept)
    captums = LimeBase(
        lambda mask: torch.tensor(logits_of(classifier, [_shortened(read, mask)])[:, 1]),
        SkLearnLinearModel("linear_model.Ridge", alpha=1),
        get_exp_kernel_similarity_function("cosine", kernel_width=0.25),
        lambda *_, **__: next(samples),
        perturb_interpretable_space=True,
        from_interp_rep_transform=lambda mask, *_, **__: mask,
        to_interp_rep_transform=None,
    )
    expected = captums.attribute(kept[0], n_samples=60)[0]
    assert np.abs(found.scores).max() > 1e-3
    np.testing.assert_allclose(read.sum_by_word(found.scores)[1:-1], expected, atol=1e-6)


def _shortened(read, mask):
    return read.input_ids[np.array([True, *mask[0].bool().tolist(), True])]
