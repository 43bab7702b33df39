"""Occlusion: how far the score falls when a part of the text is left out."""

import re
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from textcls_core.explanation.score import Score, scores_of
from textcls_core.explanation.words import ReadText
from textcls_core.models.classifier import Classifier

Unit = Literal["token", "word", "sentence"]
UNITS: tuple[Unit, ...] = ("token", "word", "sentence")
_SENTENCE_ENDS = re.compile(r"[.!?…]+[\"'”’)\]]*\s+|[。！？।؟]+[」』”’）]*\s*|\n+")  # noqa: RUF001
Tokens = Float[np.ndarray, " T"]


def occlusion(classifier: Classifier, read: ReadText, score: Score, unit: Unit = "word") -> Tokens:
    """Return how far the score falls without each part, dealt evenly to its tokens, shape (T,).

    The text is closed up where a part is missing. Special tokens stay and get 0.

    Args:
        classifier: In evaluation mode.
        read: The text.
        score: What to explain.
        unit: What is left out at once.

    Source:
        Li, Monroe and Jurafsky 2016, "Understanding Neural Networks through Representation
        Erasure", equation 1, with the absolute instead of the relative change.
    """
    part_of = parts(read, unit)
    num_parts = int(part_of.max(initial=-1)) + 1
    masks = [part_of != part for part in range(num_parts)]
    shortened = [read.input_ids[mask] for mask in masks if mask.any()]
    whole, *without = scores_of(classifier, [read.input_ids, *shortened], score)
    falls = np.zeros(num_parts)
    falls[[mask.any() for mask in masks]] = whole - np.array(without)
    sizes = np.bincount(part_of[part_of >= 0], minlength=num_parts)
    scores = np.zeros(len(part_of))
    is_part = part_of >= 0
    scores[is_part] = (falls / np.maximum(sizes, 1))[part_of[is_part]]
    return scores


def parts(read: ReadText, unit: Unit) -> Int[np.ndarray, " T"]:
    """Return which part of the text each token belongs to, from 0; -1 for special tokens."""
    ordinary = ~read.is_special
    if unit == "token":
        names = np.arange(len(read.tokens))
    elif unit == "word":
        names = read.word_of
    else:
        starts = np.array([start for start, _ in read.spans])[read.word_of]
        ends = [found.end() for found in _SENTENCE_ENDS.finditer(read.text)]
        names = np.searchsorted(ends, starts, side="right")
    numbers = np.full(len(read.tokens), -1)
    numbers[ordinary] = np.unique(names[ordinary], return_inverse=True)[1]
    return numbers
