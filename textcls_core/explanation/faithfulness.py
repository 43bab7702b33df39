"""Faithfulness: whether the words that an explanation names first are those that matter.

The best words are taken out of a text, or everything else is. If the explanation is right, the
first costs the answer its probability and the second does not.

Source:
    DeYoung et al. 2020, "ERASER: A Benchmark to Evaluate Rationalized NLP Models", ACL, section 4.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from textcls_core.explanation.score import logits_of
from textcls_core.explanation.words import ReadText
from textcls_core.models.classifier import Classifier

SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)
"""Shares of the words that are taken out, or kept; at least one word."""


@dataclass(frozen=True, slots=True)
class Faithfulness:
    """How much the words that are named first matter, for each of `SHARES`.

    Their means over the shares are the area over the perturbation curve (AOPC) of DeYoung et al.
    """

    taken_out: tuple[float, ...]
    """Probability lost when they are taken out: high is good."""
    kept: tuple[float, ...]
    """Probability lost when only they are kept: low is good."""

    @property
    def comprehensiveness(self) -> float:
        """Mean loss when they are taken out."""
        return statistics.fmean(self.taken_out)

    @property
    def sufficiency(self) -> float:
        """Mean loss when only they are kept."""
        return statistics.fmean(self.kept)

    @property
    def score(self) -> float:
        """Both in one number, by which methods are ranked: higher is more faithful."""
        return self.comprehensiveness - self.sufficiency


def words_in_order(read: ReadText, scores: Float[np.ndarray, " W"]) -> Int[np.ndarray, " V"]:
    """Return the V words that are not special, the highest score first.

    Equal scores come in a random order, the same for every explanation of a text: in that of the
    text, an explanation that tells few words apart would be judged by how the text begins.
    """
    ordinary = np.flatnonzero(~np.array(read.special(by_token=False)))
    shuffled = np.random.default_rng(read.input_ids).permutation(ordinary)
    return np.asarray(shuffled[np.argsort(-scores[shuffled], kind="stable")])


def faithfulness(
    classifier: Classifier,
    read: ReadText,
    rankings: Sequence[Float[np.ndarray, " W"]],
    label_id: int,
) -> list[Faithfulness]:
    """Return how faithful several explanations of one answer are.

    Args:
        classifier: In evaluation mode.
        read: The text.
        rankings: For each explanation the score of every word, shape (W,); high comes first.
        label_id: The class whose probability is looked at.
    """
    sequences = [read.input_ids]
    for scores in rankings:
        order = words_in_order(read, scores)
        for share in SHARES:
            first = order[: max(math.ceil(share * len(order)), 1)]
            is_first = np.isin(read.word_of, first)
            sequences += [
                read.input_ids[~is_first],
                read.input_ids[is_first | read.is_special],
            ]
    probabilities = classifier.probabilities_of(logits_of(classifier, sequences))[:, label_id]
    lost = (probabilities[0] - probabilities[1:]).reshape(len(rankings), len(SHARES), 2)
    return [Faithfulness(tuple(one[:, 0].tolist()), tuple(one[:, 1].tolist())) for one in lost]
