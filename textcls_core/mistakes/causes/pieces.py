"""Mistakes in texts whose words the tokenizer does not know."""

from collections.abc import Sequence

import numpy as np
from tokenizers import Encoding, Tokenizer

from textcls_core.dataset.sampling import random_rows
from textcls_core.jobs.progress import Report
from textcls_core.mistakes.causes.case import Case, Finding
from textcls_core.models.token_lengths import load_tokenizer, unknown_token
from textcls_core.runs.row_facts import tokens_read
from textcls_core.wording import percent, plural, quoted

MANY_PIECES = 4
"""A word in so many pieces or more is broken up."""
USUAL_SHARE = 0.99
"""So many of the training rows have fewer broken words than a row of which this is the cause."""
MIN_BROKEN = 2
"""Broken words from which a text counts."""
_MAX_MEASURED = 2_000
"""Training rows that decide what is usual; of more a random sample."""
_AT_ONCE = 500
_SHOWN = 3


def unknown_tokens(case: Case, progress: Report) -> Finding:
    """Find mistakes whose words are unknown or in many pieces far more often than in training.

    Looks at the beginning of each text, as far as the run reads.

    Raises:
        ModelError: If the run has no tokenizer.
    """
    tokenizer = load_tokenizer(case.run.model_dir)
    tokenizer.enable_truncation(tokens_read(case.run))
    measured = case.training[random_rows(len(case.training), _MAX_MEASURED)]
    progress(0, 0, "Cutting texts into tokens")
    shares = [broken / words for broken, words in _counts(tokenizer, case.dataset.texts(measured))]
    usual = float(np.quantile(shares, USUAL_SHARE)) if shares else 1.0
    evidence = {}
    for place, (broken, words) in enumerate(_counts(tokenizer, case.texts)):
        if broken >= MIN_BROKEN and broken / words > usual:
            names = _broken_words(tokenizer.encode(case.texts[place]), case.texts[place], tokenizer)
            evidence[place] = (
                f"{broken} of its {plural(words, 'word')} are unknown to the tokenizer or in "
                f"{MANY_PIECES} pieces or more: {quoted(names[:_SHOWN])}. That is "
                f"{percent(broken / words)}; in {percent(USUAL_SHARE, 0)} of the training rows it "
                f"is {percent(usual)} or less."
            )
    return case.finding("unknown_tokens", evidence)


def _counts(tokenizer: Tokenizer, texts: Sequence[str]) -> list[tuple[int, int]]:
    """Return broken words and words of each text, at least 1."""
    unknown, found = unknown_token(tokenizer), []
    for start in range(0, len(texts), _AT_ONCE):
        for encoding in tokenizer.encode_batch(list(texts[start : start + _AT_ONCE])):
            found.append(_broken(encoding, unknown))
    return found


def _broken(encoding: Encoding, unknown: int | None) -> tuple[int, int]:
    flags = _flags(encoding, unknown)
    return sum(flags.values()), max(len(flags), 1)


def _flags(encoding: Encoding, unknown: int | None) -> dict[int, bool]:
    """Return for each word, by its number, whether it is broken."""
    pieces: dict[int, int] = {}
    is_unknown: dict[int, bool] = {}
    for word, token in zip(encoding.word_ids, encoding.ids, strict=True):
        if word is not None:
            pieces[word] = pieces.get(word, 0) + 1
            is_unknown[word] = is_unknown.get(word, False) or token == unknown
    return {word: is_unknown[word] or count >= MANY_PIECES for word, count in pieces.items()}


def _broken_words(encoding: Encoding, text: str, tokenizer: Tokenizer) -> list[str]:
    """Return the broken words of a text, each once, in order."""
    flags = _flags(encoding, unknown_token(tokenizer))
    spans = [encoding.word_to_chars(word) for word, is_broken in flags.items() if is_broken]
    return list(dict.fromkeys(text[span[0] : span[1]] for span in spans if span))
