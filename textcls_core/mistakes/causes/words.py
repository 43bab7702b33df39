"""Words that mislead: without them the text gets its true class."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from textcls_core.dataset.word_pattern import WORD_PATTERN
from textcls_core.jobs.progress import Report
from textcls_core.mistakes.causes.case import Case, Finding
from textcls_core.mistakes.causes.model import RunModel
from textcls_core.wording import percent, plural, quoted

MAX_MISTAKES = 100
"""Mistakes whose words are left out one by one, those with the largest loss."""
MAX_WORDS = 100
"""Different words of a text that are tried at most, the first ones."""
MIN_GAIN = 0.5
"""How much the probability of the truth must rise: else almost any word mends a close decision."""
_SECOND_WORDS = 10
"""Words tried beside the best one, those that help most by themselves."""
_WORD = re.compile(WORD_PATTERN)
_SPACES = re.compile(r"[ \t]{2,}")


@dataclass(frozen=True, slots=True)
class Misleading:
    """Words of one text whose absence gives it its true class."""

    words: tuple[str, ...]
    """One word, or two that do it together, as they stand in the text."""
    alone: frozenset[str]
    """Every word that does it alone, in lower case."""
    before: float
    """Probability of the truth with them, in [0, 1]."""
    after: float
    """Without them."""


def misleading_tokens(case: Case, model: RunModel, progress: Report) -> Finding:
    """Find mistakes that one word, or two, explain.

    Each word of the part that is read is left out wherever it stands; if none mends the answer, the
    best one is left out together with each of the next best. It counts if the answer becomes right
    and the truth gains half of all probability or more.

    Source:
        Li, Monroe and Jurafsky 2016, "Understanding Neural Networks through Representation
        Erasure", arXiv:1612.08220, section 4.

    Args:
        case: The mistakes.
        model: Of the run.
        progress: Told after each mistake; may raise to stop.
    """
    looked = min(len(case), MAX_MISTAKES)
    found: dict[int, Misleading] = {}
    for place in range(looked):
        progress(place, looked, "Leaving out words")
        hit = _search(case, place, model)
        if hit is not None:
            found[place] = hit
    counts = Counter(word for hit in found.values() for word in hit.alone)
    evidence = {place: _sentence(case, place, hit, counts) for place, hit in found.items()}
    note = "Those with the largest loss." if looked < len(case) else ""
    return case.finding("misleading_tokens", evidence, looked=looked, note=note)


def _search(case: Case, place: int, model: RunModel) -> Misleading | None:
    text = model.read_part(case.texts[place])
    words = different_words(text)[:MAX_WORDS]
    if not words:
        return None
    variants = [text, *(without(text, [word]) for word in words)]
    probabilities = model.probabilities(variants)
    before, *_ = truth = case.truth(place, probabilities)
    mends = case.is_right(place, probabilities)[1:] & (truth[1:] - before >= MIN_GAIN)
    best_first = np.argsort(-truth[1:], kind="stable")
    if mends.any():
        alone = frozenset(words[i] for i in np.flatnonzero(mends))
        best = next(i for i in best_first if mends[i])
        return Misleading((words[best],), alone, float(before), float(truth[1 + best]))
    return _pair(case, place, model, text, [words[i] for i in best_first], float(before))


def _pair(
    case: Case, place: int, model: RunModel, text: str, words: Sequence[str], before: float
) -> Misleading | None:
    """Return the best word with one of the next best, if both together mend the answer."""
    seconds = words[1 : 1 + _SECOND_WORDS]
    if not seconds:
        return None
    probabilities = model.probabilities([without(text, [words[0], word]) for word in seconds])
    truth = case.truth(place, probabilities)
    mends = case.is_right(place, probabilities) & (truth - before >= MIN_GAIN)
    if not mends.any():
        return None
    best = int(np.where(mends, truth, -1.0).argmax())
    return Misleading((words[0], seconds[best]), frozenset(), before, float(truth[best]))


def _sentence(case: Case, place: int, hit: Misleading, counts: Counter[str]) -> str:
    shares = f"{percent(hit.after)}; with {_them(hit)} {percent(hit.before)}"
    said = f"Without {quoted(hit.words)} the answer is {case.true_names(place)} ({shares})."
    others = counts[hit.words[0]] - 1
    if len(hit.words) == 1 and others > 0:
        said += f" The same word does so in {plural(others, 'other mistake')}."
    return said


def _them(hit: Misleading) -> str:
    return "it" if len(hit.words) == 1 else "them"


def different_words(text: str) -> list[str]:
    """Return the words of a text in lower case, each once, in order.

    Example:
        >>> different_words("Rain, rain and RAINBOWS")
        ['rain', 'and', 'rainbows']
    """
    return list(dict.fromkeys(found.group().casefold() for found in _WORD.finditer(text)))


def without(text: str, words: Sequence[str]) -> str:
    """Return a text without some words, wherever and in whatever case they stand.

    Example:
        >>> without("Rain, rain and rainbows", ["rain"])
        ', and rainbows'
    """
    unwanted = set(words)
    rest = _WORD.sub(
        lambda found: "" if found.group().casefold() in unwanted else found.group(), text
    )
    return _SPACES.sub(" ", rest).strip()
