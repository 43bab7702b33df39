"""Ambiguous mistakes: the model wavers, or parts of the text are given different classes."""

import re
from collections.abc import Callable

import numpy as np

from textcls_core.dataset.word_pattern import WORD_PATTERN
from textcls_core.errors import TextclsError
from textcls_core.jobs.progress import Report
from textcls_core.mistakes.causes.case import Case, Finding
from textcls_core.mistakes.causes.model import RunModel
from textcls_core.mistakes.causes.scores import wavering
from textcls_core.wording import percent

MAX_MISTAKES = 300
"""Mistakes whose parts are read, those with the largest loss."""
MAX_PARTS = 4
MIN_PART_WORDS = 15
"""Words that a part has at least: fewer say little."""
SURE_PART = 0.5
"""Probability from which a part speaks for a class."""
_AT_ONCE = 32
_WORD = re.compile(WORD_PATTERN)


def ambiguous(case: Case, load: Callable[[], RunModel], progress: Report) -> Finding:
    """Find mistakes in which several classes have a claim.

    Either the probability is spread (see `wavering`), or the text has several topics: cut into two
    to four parts of equal length, one part is given the true class and another the predicted one,
    each with a probability of one half or more.

    Args:
        case: The mistakes.
        load: Returns the model of the run.
        progress: Told after each portion; may raise to stop.
    """
    if not case.is_single:
        note = "A text may have several labels here, so several topics are no mistake."
        return case.finding("ambiguous", {}, looked=0, note=note)
    evidence = wavering(case)
    looked = min(len(case), MAX_MISTAKES)
    note = ""
    if looked < len(case):
        note = f"Parts of texts were read in the {looked:,} mistakes with the largest loss only."
    try:
        model = load() if looked else None
    except TextclsError as error:
        return case.finding("ambiguous", evidence, note=f"Parts of texts were not read. {error}")
    for start in range(0, looked if model else 0, _AT_ONCE):
        progress(start, looked, "Reading parts of texts")
        portion = range(start, min(start + _AT_ONCE, looked))
        for place, said in _several_topics(case, portion, model).items():
            evidence[place] = " ".join(filter(None, [evidence.get(place), said]))
    return case.finding("ambiguous", evidence, note=note)


def _several_topics(case: Case, places: range, model: RunModel | None) -> dict[int, str]:
    """Return the mistakes whose parts are given both the true and the predicted class."""
    if model is None:
        return {}
    owners, parts = [], []
    for place in places:
        found = cut_into_parts(model.read_part(case.texts[place]))
        owners += [place] * len(found)
        parts += found
    if not parts:
        return {}
    probabilities = model.probabilities(parts)
    return {
        place: said
        for place in dict.fromkeys(owners)
        if (said := _both(case, place, probabilities[np.array(owners) == place]))
    }


def _both(case: Case, place: int, probabilities: np.ndarray) -> str:
    winners, tops = probabilities.argmax(axis=1), probabilities.max(axis=1)
    claims = []
    for labels in (case.true[place], case.given[place]):
        shares = tops[(winners == labels.argmax()) & (tops >= SURE_PART)]
        if not len(shares):
            return ""
        claims.append(f"{case.names(labels)} ({percent(float(shares.max()))})")
    return f"Of {len(winners)} parts of the text one is given {claims[0]} and one {claims[1]}."


def cut_into_parts(text: str) -> list[str]:
    """Return two to four parts of a text with equally many words; none if it is too short.

    Example:
        >>> [len(part.split()) for part in cut_into_parts("some words " * 20)]
        [20, 20]
    """
    starts = [found.start() for found in _WORD.finditer(text)]
    number = min(len(starts) // MIN_PART_WORDS, MAX_PARTS)
    if number < 2:
        return []
    cuts = [starts[len(starts) * part // number] for part in range(1, number)]
    ends = [*cuts, len(text)]
    return [text[start:end].strip() for start, end in zip([0, *cuts], ends, strict=True)]
