"""Attributions: how much each token of a text speaks for an answer of the model.

All methods explain one number, the score (logit) of a class, or with `against` the difference of
two scores. Positive means that the token raises it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from textcls_core.errors import parse_choice
from textcls_core.explanation.attribution import Attribution, Exactness, Question
from textcls_core.explanation.default_label import DefaultLabel, default_label
from textcls_core.explanation.gradients import gradient_x_input, integrated_gradients
from textcls_core.explanation.lime import lime_plan
from textcls_core.explanation.methods import METHODS, Method
from textcls_core.explanation.occlusion import occlusion_plan
from textcls_core.explanation.owen import owen_plan
from textcls_core.explanation.plans import Plan, carry_out
from textcls_core.explanation.score import Score, logits_of
from textcls_core.explanation.words import ReadText, read_whole
from textcls_core.jobs.progress import Report, ignore
from textcls_core.models.classifier import Classifier
from textcls_core.models.device import exact_products

Tokens = Float[np.ndarray, " T"]
Found = Tokens | Exactness


def load_attributable(folder: Path) -> Classifier:
    """Return a saved classifier whose own weights need no gradients; those of texts do.

    It computes without padding where that gives the same logits, which also spares the last layer
    the tokens that the head never reads.
    """
    classifier = Classifier.load(folder)
    classifier.model.requires_grad_(requires_grad=False)
    classifier.enable_packing()
    return classifier


def attribute(
    classifier: Classifier,
    text: str,
    method: Method = "integrated_gradients",
    *,
    label: str | None = None,
    against: str | None = None,
    num_steps: int | None = None,
) -> Attribution:
    """Return how much each token of a text speaks for a class.

    Args:
        classifier: From `load_attributable`.
        text: Any text; as much of it is explained as the deployed model reads, over all windows.
        method: One of `METHODS`.
        label: Class to explain; the predicted one without.
        against: Explain why `label` and not this class.
        num_steps: See `Question`.

    Raises:
        InvalidArgumentError: If the text is empty, or method or class are unknown.
    """
    return attribute_many(classifier, [Question(text, method, label, against, num_steps)])[0]


def attribute_many(
    classifier: Classifier, questions: Sequence[Question], progress: Report = ignore
) -> list[Attribution]:
    """Return the answers to some questions, in their order.

    Texts that methods shorten are computed together, so many short texts take less time than one
    after the other.

    Args:
        classifier: From `load_attributable`.
        questions: As many as fit in memory; a few dozen.
        progress: See `carry_out`; methods that take gradients tell nothing.

    Raises:
        InvalidArgumentError: If a text is empty, or a method or class is unknown.
    """
    for question in questions:
        parse_choice(question.method, METHODS, "a method")
    with exact_products():
        subjects = _subjects(classifier, questions)
        plans = {place: plan for place, one in enumerate(subjects) if (plan := _plan(one))}
        carried_out = carry_out(classifier, list(plans.values()), progress)
        found = dict(zip(plans, carried_out, strict=True))
        return [
            _attribution(classifier, one, found[place])
            if place in found
            else _attribution(classifier, one, _from_gradients(classifier, one))
            for place, one in enumerate(subjects)
        ]


@dataclass(frozen=True, slots=True)
class _Subject:
    """One text, read and answered, and what is to be explained of it."""

    question: Question
    read: ReadText
    label: str
    score: Score
    probabilities: Float[np.ndarray, " C"]
    predicted: DefaultLabel


def _subjects(classifier: Classifier, questions: Sequence[Question]) -> list[_Subject]:
    """Read texts, and let the model answer them."""
    reads = [read_whole(classifier, question.text) for question in questions]
    logits = logits_of(classifier, [read.input_ids for read in reads])
    probabilities = np.asarray(classifier.probabilities_of(logits), dtype=np.float64)
    names, subjects = classifier.label_names, []
    for question, read, row in zip(questions, reads, probabilities, strict=True):
        predicted = default_label(classifier, row)
        label = predicted.name if question.label is None else question.label
        score = Score.of(names, label, question.against)
        subjects.append(_Subject(question, read, label, score, row, predicted))
    return subjects


def _plan(subject: _Subject) -> Plan[Found] | None:
    """Return the plan of a method that reads shortened texts; None for the others."""
    read, score, num_steps = subject.read, subject.score, subject.question.num_steps
    match subject.question.method:
        case "occlusion":
            return occlusion_plan(read, score, "word")
        case "occlusion_token":
            return occlusion_plan(read, score, "token")
        case "occlusion_sentence":
            return occlusion_plan(read, score, "sentence")
        case "lime":
            return lime_plan(read, score, num_steps)
        case "shap_partition":
            return owen_plan(read, score, num_steps)
    return None


def _from_gradients(classifier: Classifier, subject: _Subject) -> Found:
    """Return what a method that takes gradients says; the steps of one text fill a batch."""
    if subject.question.method == "gradient_x_input":
        return gradient_x_input(classifier, subject.read, subject.score)
    return integrated_gradients(classifier, subject.read, subject.score, subject.question.num_steps)


def _attribution(classifier: Classifier, subject: _Subject, found: Found) -> Attribution:
    scores, exactness = (found, None) if isinstance(found, np.ndarray) else (found.scores, found)
    return Attribution(
        read=subject.read,
        method=subject.question.method,
        label=subject.label,
        against=subject.question.against,
        scores=scores,
        label_names=classifier.label_names,
        probabilities=subject.probabilities,
        predicted=subject.predicted,
        exactness=exactness,
    )
