"""The trust meter: which explanation to believe, on this model.

Every method ranks the words of the same texts; see `faithfulness` for what is measured. A method
that ranks them the same for a model that was never trained explains the architecture, not what was
learned.

Source:
    Adebayo et al. 2018, "Sanity Checks for Saliency Maps", NeurIPS, for the untrained model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from jaxtyping import Float

from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.bootstrap import percentile_interval, resampled_cells
from textcls_core.explanation.attention import attention_of
from textcls_core.explanation.attribution import Coalitions, LocalFit
from textcls_core.explanation.default_label import default_label
from textcls_core.explanation.faithfulness import SHARES, Faithfulness, faithfulness
from textcls_core.explanation.gradients import (
    gradient_x_input,
    integrated_gradients,
    mean_of_pieces,
)
from textcls_core.explanation.judged import judged_part
from textcls_core.explanation.lime import lime_plan
from textcls_core.explanation.methods import JUDGED, Judged
from textcls_core.explanation.occlusion import Unit, occlusion_plan, parts
from textcls_core.explanation.owen import owen_plan
from textcls_core.explanation.plans import Plan, carry_out, dealt
from textcls_core.explanation.rollout import (
    attention_rollout,
    classified_tokens,
    gradient_rollout,
    mean_attention,
)
from textcls_core.explanation.score import Score, logits_of
from textcls_core.explanation.trust_report import (
    NUM_EVALUATIONS,
    SCORE_DIGITS,
    Judgement,
    TrustReport,
)
from textcls_core.explanation.words import ReadText, read_whole
from textcls_core.jobs.progress import Report, ignore
from textcls_core.models.classifier import Classifier
from textcls_core.models.device import exact_products

NUM_RANDOM = 5
"""Random orders of the words of each text; their mean is chance."""
MIN_WORDS = 3
"""Shorter texts have no order to speak of."""
_UNTRAINED_STEPS = 16
"""An untrained model hardly tells texts apart, so no number of steps would make its gap small."""
_STAGES = 3
"""Of one text, for its progress: the model, the untrained one, and what the words were worth."""
Words = Float[np.ndarray, " W"]
Rankings = dict[Judged, Words]
"""The score of every word by each method."""


@dataclass(frozen=True, slots=True)
class Subjects:
    """The model that is explained, and the same architecture without its training."""

    trained: Classifier
    untrained: Classifier

    @classmethod
    def load(cls, folder: Path, seed: int = 0) -> Self:
        """Return both, ready for gradients of texts and for attention weights.

        They read of a text what is judged of it; see `judged_part`.
        """
        trained = Classifier.load(folder, attention="eager")
        reading = judged_part(trained.reading)
        trained.max_length = reading.max_length
        trained.design = replace(trained.design, max_windows=reading.max_windows)
        trained.model.requires_grad_(requires_grad=False)
        torch.manual_seed(seed)
        blank = type(trained.model)(trained.model.config)
        blank.requires_grad_(requires_grad=False)
        return cls(trained, replace(trained, model=blank.eval(), readout=None))


@dataclass(frozen=True)
class _TextFigures:
    """What one text says about every method, in the order of `JUDGED`."""

    faithful: list[Faithfulness]
    random: float
    """Mean score of random orders."""
    agreement: Float[np.ndarray, "M M"]
    like_untrained: Float[np.ndarray, " M"]


def measure_trust(
    subjects: Subjects, texts: Sequence[str], *, seed: int = 0, progress: Report = ignore
) -> TrustReport:
    """Return how faithful every method is on some texts of a model.

    Args:
        subjects: The model, trained and untrained.
        texts: What it reads, over all windows; those with fewer than `MIN_WORDS` words are left
            out.
        seed: Of the random orders.
        progress: Told after every text; may raise to stop.

    Raises:
        InvalidArgumentError: If no text is long enough.
        ModelError: If the model does not give attention weights.
    """
    generator = np.random.default_rng(seed)
    reads = [read_whole(subjects.trained, text) for text in texts if text.strip()]
    reads = [read for read in reads if read.special(by_token=False).count(False) >= MIN_WORDS]
    if not reads:
        raise InvalidArgumentError(
            f"Expected a text of {MIN_WORDS} words or more, got none. Choose longer texts."
        )
    if len(reads) == 1:
        return _report([_judge(subjects, reads[0], generator, progress)])
    figures = []
    for position, read in enumerate(reads):
        progress(position, len(reads), "Judging the methods, text by text")
        figures.append(_judge(subjects, read, generator, ignore))
    return _report(figures)


def rank_words(
    classifier: Classifier, read: ReadText, label_id: int, num_steps: int | None = None
) -> Rankings:
    """Return the score of every word by every method.

    Args:
        classifier: In evaluation mode, with attention weights.
        read: The text.
        label_id: The class to explain.
        num_steps: Of integrated gradients; as many as it takes without.
    """
    score = Score(label_id)
    by_token: Mapping[Judged, Any] = {
        "integrated_gradients": integrated_gradients(classifier, read, score, num_steps).scores,
        "gradient_x_input": gradient_x_input(classifier, read, score),
        **_scores_from_shortened(classifier, read, score),
        **_attention_scores(classifier, read, score),
    }
    by_word = {method: read.sum_by_word(by_token[method]) for method in JUDGED}
    return by_word | {"occlusion_sentence": _evenly_by_word(read, by_token["occlusion_sentence"])}


def _evenly_by_word(read: ReadText, of_tokens: Float[np.ndarray, " T"]) -> Words:
    """Return what each sentence has, dealt evenly to its words instead of its tokens, shape (W,).

    A sentence says nothing about its words, so none may be ahead for being cut into more tokens.
    """
    sentence_of = parts(read, "sentence")
    is_ordinary = sentence_of >= 0
    of_sentences = np.bincount(sentence_of[is_ordinary], weights=of_tokens[is_ordinary])
    firsts = np.unique(read.word_of, return_index=True)[1]
    return dealt(sentence_of[firsts], of_sentences)


def _scores_from_shortened(
    classifier: Classifier, read: ReadText, score: Score
) -> Mapping[Judged, Any]:
    units: tuple[Unit, ...] = ("word", "token", "sentence")
    words, tokens, sentences = carry_out(
        classifier, [occlusion_plan(read, score, unit) for unit in units]
    )
    plans: list[Plan[LocalFit | Coalitions]] = [
        lime_plan(read, score, NUM_EVALUATIONS),
        owen_plan(read, score, NUM_EVALUATIONS),
    ]
    lime, shap = carry_out(classifier, plans)
    return {
        "occlusion": words,
        "occlusion_token": tokens,
        "occlusion_sentence": sentences,
        "lime": lime.scores,
        "shap_partition": shap.scores,
    }


def _attention_scores(classifier: Classifier, read: ReadText, score: Score) -> Mapping[Judged, Any]:
    """Return what each way to read attention says of each token.

    The answer to a text in windows is the mean of theirs, each from attention of its own. So what
    a token has is the mean over all windows, 0 in those without it, as it is for gradients.
    """
    windows = [_attention_scores_at_once(classifier, read.only(one), score) for one in read.pieces]
    return {
        method: mean_of_pieces(read, [found[method] for found in windows]) for method in windows[0]
    }


def _attention_scores_at_once(
    classifier: Classifier, read: ReadText, score: Score
) -> Mapping[Judged, Any]:
    attention = attention_of(classifier, read)
    start = classified_tokens(classifier, read, is_causal=attention.is_causal)
    return {
        "attention_mean": mean_attention(attention, start),
        "attention_rollout": attention_rollout(attention, start),
        "attention_gradient_rollout": gradient_rollout(classifier, read, score),
    }


def _judge(
    subjects: Subjects, read: ReadText, generator: np.random.Generator, progress: Report
) -> _TextFigures:
    """Return what one text says about every method."""
    said = "Judging the methods on this text"
    with exact_products():
        answer = _answer(subjects.trained, read)
        progress(0, _STAGES, said)
        ranked = rank_words(subjects.trained, read, answer)
        progress(1, _STAGES, said)
        blank = rank_words(subjects.untrained, read, answer, _UNTRAINED_STEPS)
        progress(2, _STAGES, said)
        by_chance = [generator.random(len(read.words)) for _ in range(NUM_RANDOM)]
        judged = faithfulness(subjects.trained, read, [*ranked.values(), *by_chance], answer)
    ordinary = ~np.array(read.special(by_token=False))
    scores = [scores[ordinary] for scores in ranked.values()]
    agreement = np.array([[rank_correlation(one, other) for other in scores] for one in scores])
    untrained = [
        rank_correlation(ranked[method][ordinary], blank[method][ordinary]) for method in JUDGED
    ]
    chance = float(np.mean([found.score for found in judged[len(JUDGED) :]]))
    return _TextFigures(judged[: len(JUDGED)], chance, agreement, np.array(untrained))


def _answer(classifier: Classifier, read: ReadText) -> int:
    """Return the label that is explained unless another one is asked for."""
    logits = logits_of(classifier, [read.input_ids])
    probabilities = np.asarray(classifier.probabilities_of(logits), dtype=np.float64)[0]
    return classifier.label_names.index(default_label(classifier, probabilities).name)


def rank_correlation(one: Words, other: Words) -> float:
    """Return Spearman's rank correlation, ties at their mean rank; nan if either is constant.

    Example:
        >>> rank_correlation(np.array([1.0, 2.0, 3.0]), np.array([3.0, 5.0, 9.0]))
        1.0
    """
    first, second = _ranks(one), _ranks(other)
    if first.std() == 0 or second.std() == 0:
        return float("nan")
    return round(float(np.corrcoef(first, second)[0, 1]), 12)


def _ranks(values: Words) -> Words:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[places])


def _report(figures: Sequence[_TextFigures]) -> TrustReport:
    chance = np.array([text.random for text in figures])
    judgements = [_judgement(position, figures, chance) for position in range(len(JUDGED))]
    # less than a point between two methods says nothing: then the order is that of `JUDGED`
    order = sorted(
        range(len(JUDGED)), key=lambda place: -round(judgements[place].score, SCORE_DIGITS)
    )
    first = _scores(order[0], figures)
    for place in order[1:]:
        lag = _interval(first - _scores(place, figures))
        judgements[place] = judgements[place].model_copy(update={"lag": lag})
    agreement = _means(np.stack([text.agreement for text in figures]))[np.ix_(order, order)]
    return TrustReport(
        num_texts=len(figures),
        shares=SHARES,
        random_score=float(chance.mean()),
        judgements=tuple(judgements[position] for position in order),
        agreement=tuple(tuple(map(_number, row)) for row in agreement.tolist()),
    )


def _judgement(
    position: int, figures: Sequence[_TextFigures], chance: Float[np.ndarray, " N"]
) -> Judgement:
    found = [text.faithful[position] for text in figures]
    scores = _scores(position, figures)
    untrained = _means(np.array([text.like_untrained[position] for text in figures]))
    return Judgement(
        method=JUDGED[position],
        comprehensiveness=float(np.mean([each.comprehensiveness for each in found])),
        sufficiency=float(np.mean([each.sufficiency for each in found])),
        taken_out=tuple(np.mean([each.taken_out for each in found], axis=0).tolist()),
        kept=tuple(np.mean([each.kept for each in found], axis=0).tolist()),
        score=float(scores.mean()),
        interval=_interval(scores),
        beats_random=float((scores > chance).mean()),
        like_untrained=_number(float(untrained)),
    )


def _scores(position: int, figures: Sequence[_TextFigures]) -> Float[np.ndarray, " N"]:
    """Return the score of one method on every text, shape (N,)."""
    return np.array([text.faithful[position].score for text in figures])


def _interval(scores: Float[np.ndarray, " N"]) -> tuple[float, float] | None:
    """Return the bootstrap interval of a mean over texts; None for one text."""
    if len(scores) < 2:
        return None
    drawn = resampled_cells(np.arange(len(scores)), len(scores))
    found = percentile_interval(drawn @ scores / len(scores))
    return found.low, found.high


def _means(values: np.ndarray) -> np.ndarray:
    """Return means over the first axis of what is a number; nan where nothing is."""
    known = np.isfinite(values)
    totals = np.where(known, values, 0).sum(axis=0)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known.any(axis=0), totals / known.sum(axis=0), np.nan))


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
