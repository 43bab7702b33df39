"""SHAP by partition: Owen values of the words, over a hierarchy of sentences, clauses and words.

Shapley values ask every combination of words. Owen values ask only those in which groups come as a
whole, or are cut where the combination ends, so that a text needs a few hundred readings.
"""

import heapq
import itertools
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from textcls_core.explanation.attribution import Coalitions
from textcls_core.explanation.hierarchy import cuts_of, halved
from textcls_core.explanation.occlusion import parts
from textcls_core.explanation.plans import Plan, dealt, shortened
from textcls_core.explanation.score import Score
from textcls_core.explanation.words import ReadText

MAX_EVALUATIONS = 500
"""Shortened texts that are read at most, unless another number is asked for."""
_GROUPS_AT_ONCE = 32
"""Groups that are halved together, so that their texts share batches."""
_NUMBERS = itertools.count()
"""Tells groups of the same effect apart, the older first."""
Words = Float[np.ndarray, " M"]


@dataclass(frozen=True, slots=True)
class _Group:
    """Neighbouring words, some of the others beside them, and what the words add there."""

    start: int
    stop: int
    others: Bool[np.ndarray, " M"]
    """Which words outside the group are there, shape (M,)."""
    without: float
    """Score of the others alone."""
    together: float
    """Score of the others with the whole group."""
    weight: float
    """Share of the orders of the hierarchy in which the group meets just these others."""

    @property
    def effect(self) -> float:
        """What the group adds, weighted."""
        return self.weight * (self.together - self.without)

    def joined(self, start: int, stop: int) -> Bool[np.ndarray, " M"]:
        """Return the others and the words from start to stop, shape (M,)."""
        words = self.others.copy()
        words[start:stop] = True
        return words

    def halves(self, middle: int, left: float, right: float) -> list["_Group"]:
        """Return both halves, each without and with the other one.

        Args:
            middle: Where the right half begins.
            left: Score of the others with the left half alone.
            right: The same for the right half.
        """
        weight = self.weight / 2
        with_left, with_right = self.joined(self.start, middle), self.joined(middle, self.stop)
        return [
            _Group(self.start, middle, self.others, self.without, left, weight),
            _Group(self.start, middle, with_right, right, self.together, weight),
            _Group(middle, self.stop, self.others, self.without, right, weight),
            _Group(middle, self.stop, with_left, left, self.together, weight),
        ]


def owen_plan(read: ReadText, score: Score, max_evaluations: int | None = None) -> Plan[Coalitions]:
    """Plan to find the Owen value of every word.

    Groups are halved where their effect is largest until the limit is reached; what is left of a
    group is dealt evenly to its words. The values add up to the difference between the text and the
    text without any word, whatever the limit.

    Args:
        read: The text.
        score: What to explain.
        max_evaluations: Texts that are read at most, two at least; `MAX_EVALUATIONS` without.

    Source:
        Owen 1977, "Values of Games with a Priori Unions", for a hierarchy of unions as in Winter
        1989, "A Value for Cooperative Games with Levels Structure of Cooperation"; halved in the
        order of `PartitionExplainer` of Lundberg's program `shap`.
    """
    part_of, cuts = parts(read, "word"), cuts_of(read)
    num_words = len(cuts)
    none = np.zeros(num_words, dtype=bool)
    logits = yield shortened(read, part_of, np.array([none, ~none]))
    nothing, whole = score.of_logits(logits).tolist()
    shares, num_read = np.zeros(num_words), len(logits)
    waiting = _sorted_in([_Group(0, num_words, none, nothing, whole, 1.0)], [], shares)
    limit = max_evaluations or MAX_EVALUATIONS
    while groups := _most_important(waiting, min(_GROUPS_AT_ONCE, (limit - num_read) // 2)):
        middles = [halved(cuts, group.start, group.stop) for group in groups]
        asked = [_each_half(group, middle) for group, middle in zip(groups, middles, strict=True)]
        values = score.of_logits((yield shortened(read, part_of, np.concatenate(asked))))
        num_read += len(values)
        for group, middle, pair in zip(groups, middles, values.reshape(-1, 2), strict=True):
            _sorted_in(group.halves(middle, *pair.tolist()), waiting, shares)
    num_together = _share_evenly([group for *_, group in waiting], shares)
    return Coalitions(dealt(part_of, shares), whole - nothing, num_read, num_together)


_Waiting = list[tuple[float, int, _Group]]
"""A heap of groups of several words, the largest effect first."""


def _sorted_in(groups: list[_Group], waiting: _Waiting, shares: Words) -> _Waiting:
    """Give single words their share, and let larger groups wait."""
    for group in groups:
        if group.stop - group.start == 1:
            shares[group.start] += group.effect
        elif group.stop > group.start:
            heapq.heappush(waiting, (-abs(group.effect), next(_NUMBERS), group))
    return waiting


def _most_important(waiting: _Waiting, count: int) -> list[_Group]:
    """Take groups from those that wait."""
    return [heapq.heappop(waiting)[-1] for _ in range(min(count, len(waiting)))]


def _each_half(group: _Group, middle: int) -> Bool[np.ndarray, "2 M"]:
    """Return the words of the others with either half of a group."""
    return np.array([group.joined(group.start, middle), group.joined(middle, group.stop)])


def _share_evenly(groups: list[_Group], shares: Words) -> int:
    """Deal the effect of groups to their words, and return how many words these are."""
    touched = np.zeros(len(shares), dtype=bool)
    for group in groups:
        shares[group.start : group.stop] += group.effect / (group.stop - group.start)
        touched[group.start : group.stop] = True
    return int(touched.sum())
