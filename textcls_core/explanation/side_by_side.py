"""Two attributions side by side: which words speak differently."""

from collections import defaultdict

from textcls_core.explanation.attributions import Attribution

Scores = dict[str, float]


def word_changes(one: Attribution, other: Attribution) -> list[dict[str, str | float | None]]:
    """Return the words of two attributions for a table, the largest difference first.

    The places of a word in a text are added up, in lower case; a word that one side does not have
    counts as 0 there. Special tokens are left out.

    Args:
        one: On the left.
        other: On the right.
    """
    left, right = _by_word(one), _by_word(other)
    words = list(dict.fromkeys([*left, *right]))
    records: list[dict[str, str | float | None]] = [
        {
            "word": word,
            "left": left.get(word),
            "right": right.get(word),
            "right minus left": _difference(left, right, word),
        }
        for word in words
    ]
    order = sorted(range(len(words)), key=lambda row: -abs(_difference(left, right, words[row])))
    return [records[row] for row in order]


def _difference(left: Scores, right: Scores, word: str) -> float:
    return right.get(word, 0.0) - left.get(word, 0.0)


def _by_word(found: Attribution) -> Scores:
    """Return the sum of the scores of each word of a text."""
    sums: Scores = defaultdict(float)
    special = found.read.special(by_token=False)
    for word, score, hidden in zip(
        found.read.words, found.word_scores.tolist(), special, strict=True
    ):
        if not hidden:
            sums[word.lower()] += score
    return dict(sums)
