"""Occlusion: how far the score falls when a part of the text is left out."""

import re
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from textcls_core.explanation.plans import Plan, dealt, shortened
from textcls_core.explanation.score import Score
from textcls_core.explanation.words import ReadText

Unit = Literal["token", "word", "sentence"]
UNITS: tuple[Unit, ...] = ("token", "word", "sentence")
SENTENCE_ENDS = re.compile(r"[.!?…]+[\"'”’)\]]*\s+|[。！？।؟]+[」』”’）]*\s*|\n+")  # noqa: RUF001
Tokens = Float[np.ndarray, " T"]


def occlusion_plan(read: ReadText, score: Score, unit: Unit = "word") -> Plan[Tokens]:
    """Plan to find how far the score falls without each part, dealt evenly to its tokens.

    The text is closed up where a part is missing. Special tokens stay and get 0.

    Args:
        read: The text.
        score: What to explain.
        unit: What is left out at once.

    Source:
        Li, Monroe and Jurafsky 2016, "Understanding Neural Networks through Representation
        Erasure", equation 1, with the absolute instead of the relative change.
    """
    part_of = parts(read, unit)
    num_parts = int(part_of.max(initial=-1)) + 1
    without = shortened(read, part_of, ~np.eye(num_parts, dtype=bool))
    is_left = np.array([len(ids) > 0 for ids in without], dtype=bool)  # else nothing to compare
    logits = yield [read.input_ids, *(ids for ids in without if len(ids))]
    whole, *rest = score.of_logits(logits)
    falls = np.zeros(num_parts)
    falls[is_left] = whole - np.array(rest)
    return dealt(part_of, falls)


def parts(read: ReadText, unit: Unit) -> Int[np.ndarray, " T"]:
    """Return which part of the text each token belongs to, from 0; -1 for special tokens."""
    ordinary = ~read.is_special
    if unit == "token":
        names = np.arange(len(read.tokens))
    elif unit == "word":
        names = read.word_of
    else:
        starts = np.array([start for start, _ in read.spans])[read.word_of]
        ends = [found.end() for found in SENTENCE_ENDS.finditer(read.text)]
        names = np.searchsorted(ends, starts, side="right")
    numbers = np.full(len(read.tokens), -1)
    numbers[ordinary] = np.unique(names[ordinary], return_inverse=True)[1]
    return numbers
