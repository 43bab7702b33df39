"""Attributions from gradients: at the text itself, or along the way from nothing to the text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Self

import numpy as np
import torch
from jaxtyping import Float

from textcls_core.explanation.attribution import MAX_GAP, Integral
from textcls_core.explanation.quadrature import Points, Rule, gauss, kronrod
from textcls_core.explanation.score import Score
from textcls_core.explanation.words import ReadText
from textcls_core.models.classifier import Classifier

MAX_STEPS = 256
"""Points on the way at most, unless a number is asked for."""
_FIRST_STRETCHES, _POINTS = 2, 5
"""Stretches that the way begins with, and points that each begins with."""
TOKENS_AT_ONCE = 4_096
"""Tokens of all steps that are computed together."""
Tokens = Float[np.ndarray, " T"]
Slopes = Float[np.ndarray, "P T"]


def gradient_x_input(classifier: Classifier, read: ReadText, score: Score) -> Tokens:
    """Return the gradient of the score times the embedding of each token, shape (T,).

    The score of a text in windows is their mean, and so is what a token has.
    """
    found = []
    for piece in read.pieces:
        embedded, _ = _ends(classifier, read.only(piece))
        gradient = _gradients(classifier, embedded[None], score)
        found.append((gradient[0] * embedded).sum(-1).double().numpy())
    return mean_of_pieces(read, found)


def mean_of_pieces(read: ReadText, found: Sequence[Tokens]) -> Tokens:
    """Return what each token of a text has, given what those of each of its pieces have there.

    A token in two windows has the sum of both; all is divided by how many windows there are.

    Args:
        read: The text.
        found: For each of its `pieces` what its tokens have.
    """
    total = np.zeros(len(read.tokens))
    for piece, values in zip(read.pieces, found, strict=True):
        total[piece] += values
    return total / len(found)


def integrated_gradients(
    classifier: Classifier, read: ReadText, score: Score, num_steps: int | None = None
) -> Integral:
    """Return what each token adds to the score on the way from the baseline to the text.

    The baseline has the embedding of padding in the place of every token but the special ones. A
    trained model often changes its mind on a short stretch of the way. So the way is cut into
    stretches, each with its own points of Gauss and Legendre. Those that add up badly to what the
    score changes on them get the further points of Kronrod, and are halved if that is not enough.
    Every window of a long text has a way of its own; what is explained is the mean of their scores.

    Args:
        classifier: In evaluation mode.
        read: The text.
        score: What to explain.
        num_steps: Points on each way, undivided; without, as many as it takes until the gaps of all
            stretches together are at most `MAX_GAP` of the difference, or there are `MAX_STEPS`
            for each window.

    Source:
        Sundararajan, Taly and Yan 2017, "Axiomatic Attribution for Deep Networks", ICML,
        equation 1.
    """
    ways = [_Way.of(classifier, read.only(piece), score) for piece in read.pieces]
    if num_steps is not None:
        stretches = [s for way in ways for s in way.stretches([(0.0, 1.0)], gauss(num_steps))]
        return _integral(read, ways, stretches, num_steps * len(ways))
    bounds = list(pairwise(np.linspace(0, 1, _FIRST_STRETCHES + 1).tolist()))
    stretches = [stretch for way in ways for stretch in way.stretches(bounds)]
    difference = sum(stretch.change for stretch in stretches)
    steps = _POINTS * len(stretches)
    while sum(s.gap for s in stretches) > MAX_GAP * abs(difference):
        poor = _worst(stretches, most=(MAX_STEPS * len(ways) - steps) // (2 * _POINTS))
        if not poor:
            break
        stretches = [s for s in stretches if s not in poor]
        stretches += (better := [part for s in poor for part in s.way.improved(s)])
        steps += sum(part.num_new_points for part in better)
    return _integral(read, ways, stretches, steps)


def _integral(
    read: ReadText, ways: Sequence["_Way"], stretches: Sequence["_Stretch"], num_steps: int
) -> Integral:
    """Return what the stretches of all ways add up to, as the mean of the ways."""
    scores = mean_of_pieces(read, [_sum_of([s for s in stretches if s.way is w]) for w in ways])
    difference = sum(stretch.change for stretch in stretches) / len(ways)
    before = torch.stack([way.logits_before() for way in ways]).mean(dim=0)
    return Integral(scores, difference, num_steps, int(before.argmax()) == ways[0].score.label_id)


@dataclass(frozen=True, eq=False)
class _Stretch:
    """A part of the way from the baseline (0) to the text (1)."""

    way: "_Way"
    start: float
    end: float
    change: float
    """Of the score from its start to its end."""
    slopes: Slopes
    """Of the score along the way, by token, at the points of the rule, shape (P, T)."""
    rule: Rule
    num_new_points: int
    """Points that were not known before."""

    @property
    def scores(self) -> Tokens:
        """What each token adds on it, shape (T,)."""
        return np.asarray(self.rule.weights @ self.slopes) * (self.end - self.start) / 2

    @property
    def gap(self) -> float:
        """How far the tokens are from adding up to the change."""
        return abs(float(self.scores.sum()) - self.change)


def _worst(stretches: Sequence[_Stretch], most: int) -> list[_Stretch]:
    """Return the stretches with a gap near the largest one, the worst first."""
    ranked = sorted(stretches, key=lambda stretch: -stretch.gap)
    return [stretch for stretch in ranked if 2 * stretch.gap >= ranked[0].gap][:most]


def _sum_of(stretches: Sequence[_Stretch]) -> Tokens:
    """Return what each token adds on all stretches, shape (T,)."""
    return np.asarray(np.sum([stretch.scores for stretch in stretches], axis=0))


@dataclass(frozen=True, eq=False)
class _Way:
    """The straight way from the baseline of a text, or of a window of it, to the text."""

    classifier: Classifier
    score: Score
    baseline: torch.Tensor
    """Word embeddings, shape (T, D)."""
    direction: torch.Tensor
    """From there to those of the text, shape (T, D)."""

    @classmethod
    def of(cls, classifier: Classifier, read: ReadText, score: Score) -> Self:
        """Return the way of a text."""
        embedded, baseline = _ends(classifier, read)
        return cls(classifier, score, baseline, embedded - baseline)

    def values(self, points: Sequence[float]) -> list[float]:
        """Return the score at some points in [0, 1]."""
        return [float(value) for value in self.score(self._logits(points))]

    def logits_before(self) -> torch.Tensor:
        """Return the logits at the baseline, shape (C,)."""
        return self._logits([0.0])[0]

    def stretches(
        self, bounds: Sequence[tuple[float, float]], rule: Rule | None = None
    ) -> list[_Stretch]:
        """Return what happens on some stretches, given by start and end."""
        rule = rule or gauss(_POINTS)
        count = len(rule.points)
        every = np.concatenate([_between(*bound, rule.points) for bound in bounds])
        slopes = self._slopes(every).reshape(len(bounds), count, -1)
        cuts, places = np.unique(bounds, return_inverse=True)  # neighbours share theirs
        low, high = np.array(self.values(cuts.tolist()))[places].reshape(-1, 2).T
        return [
            _Stretch(self, start, end, float(change), own, rule, count)
            for (start, end), change, own in zip(bounds, high - low, slopes, strict=True)
        ]

    def improved(self, stretch: _Stretch) -> list[_Stretch]:
        """Return a stretch with further points, or its halves if it has them already."""
        start, end, rule = stretch.start, stretch.end, kronrod(_POINTS)
        if stretch.rule is rule:
            middle = (start + end) / 2
            return self.stretches([(start, middle), (middle, end)])
        added = self._slopes(_between(start, end, rule.points[_POINTS:]))
        slopes = np.concatenate([stretch.slopes, added])
        return [replace(stretch, slopes=slopes, rule=rule, num_new_points=len(added))]

    def _logits(self, points: Sequence[float]) -> torch.Tensor:
        """Return the logits at P points in [0, 1], shape (P, C)."""
        with torch.inference_mode():
            logits = [
                self.classifier.embedded_logits(part).float() for part in self._texts_at(points)
            ]
        return torch.cat(logits)

    def _slopes(self, points: Points) -> Slopes:
        """Return the slope of the score along the way, by token, at P points, shape (P, T)."""
        parts = [
            (_gradients(self.classifier, texts, self.score) * self.direction).sum(-1).double()
            for texts in self._texts_at(points.tolist())
        ]
        return np.asarray(torch.cat(parts).numpy())

    def _texts_at(self, points: Sequence[float]) -> Iterator[torch.Tensor]:
        """Yield the embedded texts at some points, as many as are computed together."""
        at_once = max(TOKENS_AT_ONCE // len(self.baseline), 1)
        shares = torch.tensor(points, dtype=self.baseline.dtype)[:, None, None]
        for start in range(0, len(points), at_once):
            yield self.baseline + shares[start : start + at_once] * self.direction


def _between(start: float, end: float, points: Points) -> Points:
    """Return points between -1 and 1 as points between start and end."""
    return start + (end - start) * (points + 1) / 2


def _ends(classifier: Classifier, read: ReadText) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the word embeddings of the text and of its baseline, shape (T, D) each."""
    embedding = classifier.model.get_input_embeddings()
    padding = classifier.tokenizer.pad_token_id
    ids = torch.from_numpy(
        np.stack([read.input_ids, np.where(read.is_special, read.input_ids, padding)])
    )
    with torch.no_grad():
        text, baseline = embedding(ids)
    return text, baseline


def _gradients(classifier: Classifier, embedded: torch.Tensor, score: Score) -> torch.Tensor:
    """Return the gradients of the score at B embedded texts, shape (B, T, D)."""
    with torch.enable_grad():
        inputs = embedded.detach().requires_grad_()
        total = score(classifier.embedded_logits(inputs).float()).sum()
        (gradient,) = torch.autograd.grad(total, inputs)
    return gradient
