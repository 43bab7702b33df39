"""Seriation: an order in which similar things stand together."""

import numpy as np
from jaxtyping import Float

from textcls_core.arrays import LabelIds

Chain = list[int]


def seriate(similarity: Float[np.ndarray, "C C"]) -> LabelIds:
    """Return an order of C things in which similar ones are neighbours, shape (C,).

    Average-linkage clustering (Sokal and Michener 1958): the two most similar groups are joined
    until none have anything in common. Each group is kept as a row of its members, and of the four
    ways to put two rows end to end the one whose touching members are most similar is taken, as in
    Gruvaeus and Wainer (1972). Larger groups come first; ties go to the smaller id, so the order is
    the same every time.

    Args:
        similarity: Symmetric and not negative; 0 says that two things have nothing in common. The
            diagonal is not read.

    Example:
        >>> seriate(np.array([[0, 0, 3], [0, 0, 0], [3, 0, 0]])).tolist()
        [0, 2, 1]
    """
    size = len(similarity)
    chains: dict[int, Chain] = {position: [position] for position in range(size)}
    sums = similarity.astype(np.float64)
    np.fill_diagonal(sums, 0)
    sizes = np.ones(size)
    for _ in range(size - 1):
        averages = sums / np.outer(sizes, sizes)
        first, second = sorted(divmod(int(averages.argmax()), size))
        if averages[first, second] <= 0:
            break
        chains[first] = _joined(chains[first], chains.pop(second), similarity)
        sums[first] += sums[second]
        sums[:, first] = sums[first]
        sums[first, first] = 0
        sums[second] = sums[:, second] = 0
        sizes[first] += sizes[second]
    ordered = sorted(chains.values(), key=lambda chain: (-len(chain), min(chain)))
    return np.array([member for chain in ordered for member in chain], dtype=np.int64)


def _joined(first: Chain, second: Chain, similarity: np.ndarray) -> Chain:
    """Return two rows end to end, turned so that the ends that touch are the most similar."""
    ways = [
        (left, right) for left in (first, first[::-1]) for right in (second, second[::-1])
    ]  # the first of equal ways is taken
    left, right = max(ways, key=lambda way: similarity[way[0][-1], way[1][0]])
    return left + right
