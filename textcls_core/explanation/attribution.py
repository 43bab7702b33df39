"""Attribution: what one method says about one text, and how exactly it knows; free of torch."""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from jaxtyping import Float

from textcls_core.explanation.default_label import DefaultLabel
from textcls_core.explanation.methods import Method
from textcls_core.explanation.words import ReadText
from textcls_core.wording import percent, plural

MAX_GAP = 0.01
"""Part of the difference that integrated gradients may leave unexplained."""
MIN_FIT = 0.5
"""R² of LIME's linear model below which its weights describe the model badly."""
_SIGNIFICANT, _SMALLEST = 4, 0.01
"""Digits of a difference, and the one below which it gets no more decimals."""
Tokens = Float[np.ndarray, " T"]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about one text."""

    text: str
    method: Method = "integrated_gradients"
    label: str | None = None
    """Class to explain; the predicted one without."""
    against: str | None = None
    """Explain why `label` and not this class."""
    num_steps: int | None = None
    """Points of integrated gradients, or texts read by LIME and SHAP; as many as it takes
    without."""


@dataclass(frozen=True)
class Integral:
    """Integrated gradients of one text."""

    scores: Tokens
    """Share of each token in the difference, shape (T,)."""
    difference: float
    """Score of the text minus that of the baseline."""
    num_steps: int
    """Points on the way; of a text in windows, on the ways of all of them."""
    leads_before: bool
    """Whether the class has the highest score at the baseline already."""

    @property
    def gap(self) -> float:
        """Part of the difference that the scores do not add up to.

        Source: Sundararajan, Taly and Yan 2017, "Axiomatic Attribution for Deep Networks", ICML,
        proposition 1 (completeness).
        """
        return _gap(self.scores, self.difference)

    @property
    def is_reliable(self) -> bool:
        """Whether the scores add up."""
        return self.gap <= MAX_GAP

    @property
    def sentence(self) -> str:
        """How exact the scores are, in plain words."""
        how = f"{plural(self.num_steps, 'step')} from padding to the text"
        said = (
            f"The words add up to {_sum_of_difference(self.scores, self.difference)}: a gap of "
            f"{percent(self.gap, 2)} after {how}."
        )
        warning = "" if self.is_reliable else " Small differences between words mean nothing here."
        return said + warning + self._what_is_explained

    @property
    def _what_is_explained(self) -> str:
        """Why the words do not explain the answer, if padding alone gets it too."""
        if self.difference <= 0:
            said = "Padding alone scores as high or higher: the words explain that difference"
        elif self.leads_before:
            said = (
                "Padding alone scores highest for this class too: the words explain what the text "
                "adds to that"
            )
        else:
            return ""
        return (
            f" {said}, not the answer. SHAP by partition and leaving out words compare with "
            "shorter texts instead."
        )

    @property
    def facts(self) -> dict[str, float]:
        """Its figures by name, as they are printed."""
        return {"num_steps": self.num_steps, "difference": self.difference, "gap": self.gap}


@dataclass(frozen=True)
class LocalFit:
    """The linear model of LIME around one text."""

    scores: Tokens
    """Weight of each word, dealt evenly to its tokens, shape (T,)."""
    r_squared: float
    """Share of the variation of the score that the linear model accounts for, weighted."""
    num_samples: int
    """Shortened texts that it was fitted to, the whole text among them."""

    @property
    def is_reliable(self) -> bool:
        """Whether a linear model describes what happens around the text."""
        return self.r_squared >= MIN_FIT

    @property
    def sentence(self) -> str:
        """How exact the weights are, in plain words."""
        said = (
            f"A simple sum over the words accounts for {percent(max(self.r_squared, 0), 0)} of how "
            f"the score differs between {self.num_samples:,} shortened texts (its own fit, R²)."
        )
        warning = " The words do not act one by one here: read their weights with care."
        return said if self.is_reliable else said + warning

    @property
    def facts(self) -> dict[str, float]:
        """Its figures by name, as they are printed."""
        return {"r_squared": self.r_squared, "num_samples": self.num_samples}


@dataclass(frozen=True)
class Coalitions:
    """Owen values of the words of one text."""

    scores: Tokens
    """Value of each word, dealt evenly to its tokens, shape (T,)."""
    difference: float
    """Score of the text minus that of the text without any word."""
    num_evaluations: int
    """Texts that were read for them, the whole and the empty one among them."""
    num_together: int
    """Words that share a part of the value of their group, because it was not looked into."""

    @property
    def gap(self) -> float:
        """Part of the difference that the values do not add up to: rounding alone."""
        return _gap(self.scores, self.difference)

    @property
    def is_reliable(self) -> bool:
        """Whether the values add up."""
        return self.gap <= MAX_GAP

    @property
    def sentence(self) -> str:
        """How exact the values are, in plain words."""
        said = (
            f"The words add up to {_sum_of_difference(self.scores, self.difference)} between the "
            "text and nothing: a gap of "
            f"{percent(self.gap, 2)} after reading {plural(self.num_evaluations, 'text')}."
        )
        if not self.num_together:
            return f"{said} Every group of words was looked into."
        return (
            f"{said} There the limit was reached: {plural(self.num_together, 'word')} share a part "
            "of the value of their group evenly."
        )

    @property
    def facts(self) -> dict[str, float]:
        """Its figures by name, as they are printed."""
        return {
            "num_evaluations": self.num_evaluations,
            "num_together": self.num_together,
            "difference": self.difference,
            "gap": self.gap,
        }


Exactness = Integral | LocalFit | Coalitions
_KINDS: dict[str, type[Exactness]] = {
    kind.__name__: kind for kind in (Integral, LocalFit, Coalitions)
}


@dataclass(frozen=True)
class Attribution:
    """What one method says about one text."""

    read: ReadText
    method: Method
    label: str
    """The class whose score is explained."""
    against: str | None
    """The class whose score is taken away from it, if there is one."""
    scores: Tokens
    """Of the tokens, in units of logits, shape (T,)."""
    label_names: tuple[str, ...]
    probabilities: Float[np.ndarray, " C"]
    """Class probabilities, shape (C,)."""
    predicted: DefaultLabel
    """What the model answers, or the most probable label if that is nothing."""
    exactness: Exactness | None = None
    """What the method knows of its own exactness, if it does."""

    @property
    def word_scores(self) -> Float[np.ndarray, " W"]:
        """Sum of the scores of each word's tokens, shape (W,)."""
        return self.read.sum_by_word(self.scores)

    def to_json(self) -> dict[str, Any]:
        """Return plain values that `from_json` reads."""
        return {
            "read": self.read.to_json(),
            "method": self.method,
            "label": self.label,
            "against": self.against,
            "scores": self.scores.tolist(),
            "label_names": list(self.label_names),
            "probabilities": self.probabilities.tolist(),
            "predicted": dataclasses.asdict(self.predicted),
            "exactness": None if self.exactness is None else _exactness_json(self.exactness),
        }

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        """Return what `to_json` wrote.

        Raises:
            ValueError, TypeError or KeyError: If it is something else.
        """
        read, scores = ReadText.from_json(value["read"]), np.array(value["scores"], dtype=float)
        if scores.shape != read.input_ids.shape:
            raise ValueError(f"expected {len(read.input_ids)} scores, got {scores.shape}")
        kind = dict(value["exactness"] or {})
        name = kind.pop("kind", None)
        return cls(
            read=read,
            method=value["method"],
            label=value["label"],
            against=value["against"],
            scores=scores,
            label_names=tuple(value["label_names"]),
            probabilities=np.array(value["probabilities"], dtype=float),
            predicted=DefaultLabel(**value["predicted"]),
            exactness=None if name is None else _KINDS[name](scores=scores, **kind),
        )


def _exactness_json(exactness: Exactness) -> dict[str, Any]:
    """Return all but the scores, which the attribution has."""
    names = [field.name for field in dataclasses.fields(exactness) if field.name != "scores"]
    return {"kind": type(exactness).__name__, **{name: getattr(exactness, name) for name in names}}


def _gap(scores: Tokens, difference: float) -> float:
    return abs(float(scores.sum()) - difference) / max(abs(difference), 1e-12)


def _sum_of_difference(scores: Tokens, difference: float) -> str:
    """Return both numbers with the same decimals, so many that they show the gap too."""
    size = math.floor(math.log10(max(abs(difference), _SMALLEST)))
    decimals = max(_SIGNIFICANT - 1 - size, 2)
    return f"{scores.sum():+.{decimals}f} of a difference of {difference:+.{decimals}f}"
