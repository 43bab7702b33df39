"""Plans: methods that ask what the model says about shortened texts, whoever asks it.

A plan is a generator. It yields sequences of token ids, is sent their logits, and returns what it
found. Several plans advance side by side, so the sequences of many texts are computed together.
"""

from collections.abc import Generator, Sequence
from typing import TypeVar

import numpy as np
from jaxtyping import Bool, Float, Int

from textcls_core.explanation.score import logits_of
from textcls_core.explanation.words import ReadText
from textcls_core.jobs.progress import Report, ignore
from textcls_core.models.classifier import Classifier

Found = TypeVar("Found")
Logits = Float[np.ndarray, "N C"]
Plan = Generator[list[np.ndarray], Logits, Found]


def carry_out(
    classifier: Classifier, plans: Sequence[Plan[Found]], progress: Report = ignore
) -> list[Found]:
    """Return what some plans found, in their order.

    Args:
        classifier: In evaluation mode.
        plans: Not begun yet.
        progress: Told how much is read of what the plans ask for together; they may ask again
            after that. May raise to stop.
    """
    found: dict[int, Found] = {}
    asked: dict[int, list[np.ndarray]] = {}
    answers: dict[int, Logits | None] = dict.fromkeys(range(len(plans)))
    while answers:
        asked = {}
        for position, logits in answers.items():
            try:
                plan = plans[position]
                asked[position] = next(plan) if logits is None else plan.send(logits)
            except StopIteration as end:
                found[position] = end.value
        answers = _answers(classifier, asked, progress) if asked else {}
    return [found[position] for position in range(len(plans))]


def _answers(
    classifier: Classifier, asked: dict[int, list[np.ndarray]], progress: Report
) -> dict[int, Logits | None]:
    """Return the logits that each plan asked for."""
    together = [ids for sequences in asked.values() for ids in sequences]
    logits = logits_of(classifier, together, progress)
    ends = np.cumsum([len(sequences) for sequences in asked.values()])[:-1]
    return dict(zip(asked, np.split(logits, ends), strict=True))


def shortened(
    read: ReadText, part_of: Int[np.ndarray, " T"], kept: Bool[np.ndarray, "N M"]
) -> list[np.ndarray]:
    """Return N sequences of token ids with some parts of a text; it closes up where one is missing.

    Args:
        read: The text.
        part_of: Part of each token, below 0 for tokens that always stay, shape (T,).
        kept: Which of the M parts stay, shape (N, M).
    """
    always = np.ones((len(kept), 1), dtype=bool)  # what position -1 finds
    masks = np.hstack([kept, always])[:, part_of]
    return [read.input_ids[mask] for mask in masks]


def dealt(
    part_of: Int[np.ndarray, " T"], values: Float[np.ndarray, " M"]
) -> Float[np.ndarray, " T"]:
    """Return the value of each part dealt evenly to its tokens, shape (T,).

    Example:
        >>> dealt(np.array([-1, 0, 0, 1, -1]), np.array([3.0, 5.0])).tolist()
        [0.0, 1.5, 1.5, 5.0, 0.0]
    """
    sizes = np.bincount(part_of[part_of >= 0], minlength=len(values))
    shares = np.append(values / np.maximum(sizes, 1), 0.0)  # what position -1 finds
    return np.asarray(shares[part_of])
