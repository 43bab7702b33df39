"""The strongest lines between what looks and what is looked at: few enough to draw."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

SHARE = 0.95
"""Part of each row that is drawn, unless that takes too many lines."""
MAX_EDGES = 24_000
"""Lines in one picture: what a browser draws and receives in a fraction of a second."""
_FEWEST_PER_ROW = 8
STEPS = 10_000
"""Weights are sent to the browser as whole numbers of this, which are shorter."""


@dataclass(frozen=True, slots=True)
class Edges:
    """M lines, in the order of what looks and from the strongest to the weakest of each."""

    starts: Int[np.ndarray, " Q1"]
    """Where the lines of each row begin, and the end, shape (Q + 1,)."""
    keys: Int[np.ndarray, " M"]
    """What is looked at, shape (M,)."""
    weights: Float[np.ndarray, " M"]
    """How much of its attention the row gives it, in [0, 1], shape (M,)."""
    share: float
    """Part of all attention that these lines carry."""

    @property
    def numbers(self) -> dict[str, list[int]]:
        """The lines as lists of whole numbers, weights in units of 1 / `STEPS`."""
        return {
            "starts": self.starts.tolist(),
            "keys": self.keys.tolist(),
            "weights": (self.weights * STEPS).round().astype(int).tolist(),
        }


@dataclass(frozen=True, slots=True)
class TextToText:
    """What a picture of some heads needs: the words and the strongest lines between them."""

    names: tuple[str, ...]
    """W words, or T tokens."""
    special: tuple[bool, ...]
    """Whether each is no word of the text, but a special token of the model."""
    looks_from: int | None
    """The one that is classified, or None if the mean of all is."""
    is_causal: bool
    """Whether each sees only itself and what stands before it."""
    lines: tuple[Edges, ...]
    """The lines of each head, or of the mean over heads."""

    @property
    def share(self) -> float:
        """Part of all attention that the lines carry, mean over the heads."""
        return sum(edges.share for edges in self.lines) / len(self.lines)

    def strongest(self, heads: Sequence[str], most: int = 50) -> list[dict[str, str | float]]:
        """Return the strongest lines between words of the text, for a table.

        Args:
            heads: What the heads of `lines` are called.
            most: Lines at most.
        """
        records: list[dict[str, str | float]] = []
        for head, edges in zip(heads, self.lines, strict=True):
            rows = np.repeat(np.arange(len(self.names)), np.diff(edges.starts))
            records += [
                {"head": head, "word": self.names[row], "looks at": self.names[key], "weight": w}
                for row, key, w in zip(rows, edges.keys, edges.weights.tolist(), strict=True)
                if not (self.special[row] or self.special[key])
            ]
        return sorted(records, key=lambda record: -float(record["weight"]))[:most]


def strongest_edges(
    matrix: Float[np.ndarray, "Q K"], *, share: float = SHARE, most: int | None = None
) -> Edges:
    """Return for each row the fewest entries that carry a share of its sum.

    Args:
        matrix: Attention weights, at least 0, shape (Q, K).
        share: Part of each row that is enough, in (0, 1].
        most: Entries per row at most; then less than `share` is carried.

    Example:
        >>> found = strongest_edges(np.array([[0.7, 0.28, 0.02], [0.0, 0.5, 0.5]]))
        >>> found.keys.tolist(), round(found.share, 2)
        ([0, 1, 1, 2], 0.99)
    """
    order = np.argsort(-matrix, axis=1, kind="stable")[:, :most]  # (Q, K or most)
    weights = np.take_along_axis(matrix, order, axis=1)
    before = np.cumsum(weights, axis=1) - weights
    enough = share * matrix.sum(axis=1, keepdims=True)
    is_drawn = (before < enough) & (weights > 0)
    total = float(matrix.sum())
    return Edges(
        starts=np.concatenate([[0], is_drawn.sum(axis=1).cumsum()]),
        keys=order[is_drawn],
        weights=weights[is_drawn],
        share=float(weights[is_drawn].sum()) / total if total else 1.0,
    )


def most_per_row(num_rows: int, num_heads: int) -> int:
    """Return how many lines each row may have in a picture of several heads.

    Example:
        >>> most_per_row(100, 1), most_per_row(512, 2), most_per_row(512, 12)
        (240, 23, 8)
    """
    return max(MAX_EDGES // (num_rows * num_heads), _FEWEST_PER_ROW)
