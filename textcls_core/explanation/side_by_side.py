"""Two attributions side by side: which words speak differently; free of torch, for pages."""

from collections import defaultdict
from collections.abc import Iterable

Scores = dict[str, float]


def word_changes(
    one: Iterable[tuple[str, float]], other: Iterable[tuple[str, float]]
) -> list[dict[str, str | float | None]]:
    """Return the words of two texts for a table, the largest difference of scores first.

    The places of a word in a text are added up, in lower case; a word that one side does not have
    counts as 0 there.

    Args:
        one: Words of the first side with their scores, special tokens left out.
        other: Of the second side.

    Example:
        >>> word_changes([("a", 1.0), ("A", 2.0)], [("a", 2.5)])
        [{'word': 'a', 'first': 3.0, 'second': 2.5, 'second minus first': -0.5}]
    """
    first, second = _by_word(one), _by_word(other)
    changes = {
        word: second.get(word, 0.0) - first.get(word, 0.0)
        for word in dict.fromkeys([*first, *second])
    }
    order = sorted(changes, key=lambda word: -abs(changes[word]))
    return [
        {
            "word": word,
            "first": first.get(word),
            "second": second.get(word),
            "second minus first": changes[word],
        }
        for word in order
    ]


def _by_word(scored: Iterable[tuple[str, float]]) -> Scores:
    """Return the sum of the scores of each word."""
    sums: Scores = defaultdict(float)
    for word, score in scored:
        sums[word.lower()] += score
    return dict(sums)
