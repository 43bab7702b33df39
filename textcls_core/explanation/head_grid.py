"""All heads at a glance: a small picture of each, and the numbers by which they are ordered."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, UInt8

from textcls_core.explanation.attention import AttentionExplanation
from textcls_core.explanation.head_statistics import HeadStatistics, head_statistics
from textcls_core.explanation.head_titles import STATISTICS, Statistic

MOST_CELLS = 32
"""Rows and columns of a small picture at most."""
RESTING = 0.5
"""Heads that give more than this to special tokens say little about the text."""


@dataclass(frozen=True, slots=True)
class HeadGrid:
    """Small pictures of L x H heads, of S x S cells each."""

    pictures: UInt8[np.ndarray, "L H S S"]
    """Strongest weight in each cell, as a share of the strongest between ordinary words of its
    head, from 0 to 255, shape (L, H, S, S)."""
    words_per_cell: float
    """How many words share a cell, mean."""
    statistics: HeadStatistics

    def order(
        self, by: Statistic | None = None, *, descending: bool = True, without_resting: bool = False
    ) -> list[tuple[int, int]]:
        """Return heads as (layer, head) from 0.

        Args:
            by: What to order by; None for their place in the model.
            descending: Largest first.
            without_resting: Leave out heads that give most of their attention to special tokens.
        """
        resting = self.statistics.on_separators
        heads = [
            (layer, head)
            for layer, head in np.ndindex(*resting.shape)
            if not (without_resting and resting[layer, head] > RESTING)
        ]
        if by is None:
            return heads
        values = getattr(self.statistics, by)
        return sorted(heads, key=lambda place: float(values[place]), reverse=descending)

    def records(self, heads: list[tuple[int, int]]) -> list[dict[str, float]]:
        """Return layer and head, from 1, and all statistics of some heads."""
        return [
            {
                "layer": layer + 1,
                "head": head + 1,
                **{name: float(getattr(self.statistics, name)[layer, head]) for name in STATISTICS},
            }
            for layer, head in heads
        ]


def head_grid(explanation: AttentionExplanation) -> HeadGrid:
    """Return small pictures of all heads on one text, word by word, and their statistics.

    Of a long text only the shown part counts.

    Args:
        explanation: All attention weights of the text.
    """
    inside = explanation.without_rest()
    special = np.array(inside.read.special(by_token=False))
    starts = _cells(len(special))
    pictures = [
        [
            _picture(inside.word_matrix(layer, head), special, starts)
            for head in range(inside.num_heads)
        ]
        for layer in range(inside.num_layers)
    ]
    return HeadGrid(np.array(pictures), len(special) / len(starts), head_statistics(inside))


def _cells(size: int) -> Int[np.ndarray, " S"]:
    """Return the first word of each cell."""
    count = min(size, MOST_CELLS)
    return np.arange(count) * size // count


def _picture(
    matrix: np.ndarray, special: np.ndarray, starts: Int[np.ndarray, " S"]
) -> UInt8[np.ndarray, "S S"]:
    ordinary = matrix[np.ix_(~special, ~special)]
    largest = float(ordinary.max()) if ordinary.size else 1.0
    cells = np.maximum.reduceat(np.maximum.reduceat(matrix, starts, axis=0), starts, axis=1)
    return (255 * np.clip(cells / (largest or 1.0), 0, 1)).round().astype(np.uint8)
