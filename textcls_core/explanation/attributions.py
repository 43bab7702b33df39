"""Attributions: how much each token of a text speaks for an answer of the model.

All methods explain one number, the score (logit) of a class, or with `against` the difference of
two scores. Positive means that the token raises it.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float

from textcls_core.errors import InvalidArgumentError
from textcls_core.explanation.gradients import Integral, gradient_x_input, integrated_gradients
from textcls_core.explanation.methods import METHODS, Method
from textcls_core.explanation.occlusion import Unit, occlusion
from textcls_core.explanation.score import Score
from textcls_core.explanation.words import ReadText, read_text
from textcls_core.models.classifier import Classifier
from textcls_core.models.device import exact_products

_UNITS: dict[str, Unit] = {"occlusion_token": "token", "occlusion_sentence": "sentence"}
"""What occlusion leaves out at once; words without."""


@dataclass(frozen=True)
class Attribution:
    """What one method says about one text."""

    read: ReadText
    method: Method
    label: str
    """The class whose score is explained."""
    against: str | None
    """The class whose score is taken away from it, if there is one."""
    scores: Float[np.ndarray, " T"]
    """Of the tokens, in units of logits, shape (T,)."""
    label_names: tuple[str, ...]
    probabilities: Float[np.ndarray, " C"]
    """Class probabilities, shape (C,)."""
    integral: Integral | None = None
    """What integrated gradients know beyond the scores."""

    @property
    def word_scores(self) -> Float[np.ndarray, " W"]:
        """Sum of the scores of each word's tokens, shape (W,)."""
        return self.read.sum_by_word(self.scores)

    @property
    def predicted(self) -> str:
        """Most probable class."""
        return self.label_names[int(self.probabilities.argmax())]


def load_attributable(folder: Path) -> Classifier:
    """Return a saved classifier whose own weights need no gradients; those of texts do."""
    classifier = Classifier.load(folder)
    classifier.model.requires_grad_(requires_grad=False)
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
        text: Any text; it is cut to the classifier's length.
        method: One of `METHODS`.
        label: Class to explain; the predicted one without.
        against: Explain why `label` and not this class.
        num_steps: Points of integrated gradients; as many as it takes without.

    Raises:
        InvalidArgumentError: If the text is empty, or method or class are unknown.
    """
    if method not in METHODS:
        known = ", ".join(METHODS)
        raise InvalidArgumentError(f'Expected a method ({known}), got "{str(method)[:40]}".')
    read = read_text(classifier, text)
    names, integral = classifier.label_names, None
    with exact_products():
        probabilities = _probabilities(classifier, read)
        label = names[int(probabilities.argmax())] if label is None else label
        score = Score.of(names, label, against)
        if method == "integrated_gradients":
            integral = integrated_gradients(classifier, read, score, num_steps)
            scores = integral.scores
        elif method == "gradient_x_input":
            scores = gradient_x_input(classifier, read, score)
        else:
            scores = occlusion(classifier, read, score, _UNITS.get(method, "word"))
    return Attribution(read, method, label, against, scores, names, probabilities, integral)


def _probabilities(classifier: Classifier, read: ReadText) -> Float[np.ndarray, " C"]:
    """Return what the deployed model says about the text, shape (C,)."""
    with torch.inference_mode():
        logits = classifier.output({"input_ids": torch.from_numpy(read.input_ids)[None]}).logits
    return np.asarray(classifier.probabilities_of(logits.float().numpy())[0], dtype=np.float64)
