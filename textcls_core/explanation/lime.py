"""LIME: the weights of a linear model that imitates the classifier around one text."""

import numpy as np
from jaxtyping import Bool, Float

from textcls_core.explanation.attribution import LocalFit
from textcls_core.explanation.occlusion import parts
from textcls_core.explanation.plans import Plan, dealt, shortened
from textcls_core.explanation.score import Score
from textcls_core.explanation.words import ReadText

NUM_SAMPLES = 500
"""Shortened texts that are read unless another number is asked for."""
KERNEL_WIDTH = 25.0
"""Of the kernel on 100 times the cosine distance, as the authors' program sets it."""
_RIDGE = 1.0


def lime_plan(
    read: ReadText, score: Score, num_samples: int | None = None, seed: int = 0
) -> Plan[LocalFit]:
    """Plan to fit a linear model to the score of texts from which words are left out at random.

    Every sample lacks a random number of words, drawn evenly from one to all; the whole text is one
    of them. The nearer a sample is to the whole text, the more it counts. A word is one place in
    the text, not all places where it stands.

    Args:
        read: The text.
        score: What to explain.
        num_samples: Texts that are read; `NUM_SAMPLES` without.
        seed: Decides which words are left out.

    Source:
        Ribeiro, Singh and Guestrin 2016, "Why Should I Trust You? Explaining the Predictions of Any
        Classifier", KDD, equation 2 and algorithm 1, with ridge regression on all words as in the
        authors' program.
    """
    from sklearn.linear_model import Ridge

    part_of = parts(read, "word")
    num_words = int(part_of.max(initial=-1)) + 1
    if not num_words:
        return LocalFit(np.zeros(len(part_of)), 0.0, 0)
    kept = _samples(num_words, num_samples or NUM_SAMPLES, seed)
    logits = yield shortened(read, part_of, kept)
    values, nearness = score.of_logits(logits), _nearness(kept)
    model = Ridge(alpha=_RIDGE).fit(kept, values, sample_weight=nearness)
    fit = float(model.score(kept, values, sample_weight=nearness))
    return LocalFit(dealt(part_of, model.coef_), fit, len(kept))


def _samples(num_words: int, num_samples: int, seed: int) -> Bool[np.ndarray, "N M"]:
    """Return which words stay in each sample, shape (N, M); in the first one all do."""
    generator = np.random.default_rng(seed)
    num_left_out = generator.integers(1, num_words, num_samples, endpoint=True)
    num_left_out[0] = 0
    places = generator.permuted(np.tile(np.arange(num_words), (num_samples, 1)), axis=1)
    return np.asarray(places >= num_left_out[:, None])


def _nearness(kept: Bool[np.ndarray, "N M"]) -> Float[np.ndarray, " N"]:
    """Return how much each sample counts, in [0, 1]: a kernel on its cosine distance."""
    distances = 100 * (1 - np.sqrt(kept.mean(axis=1)))
    return np.asarray(np.sqrt(np.exp(-((distances / KERNEL_WIDTH) ** 2))))
