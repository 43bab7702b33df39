"""`bench explain`: integrated gradients of whole texts, beside Captum's.

Both explain the same class of the same saved model from the same baseline, in fp32, one text at a
time, in turns. Twice: at equal steps, and each with the steps it takes when nobody says otherwise
(ours until the gap is small, Captum 50). Captum takes its steps in portions of as many tokens as
ours does, which is kind to it: by default it computes all steps at once.
"""

import argparse
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bench import data
from bench.machine import Session, say
from bench.summary import Spread, ratios, spread
from textcls_core.explanation.attributions import load_attributable
from textcls_core.explanation.gradients import TOKENS_AT_ONCE, integrated_gradients
from textcls_core.explanation.score import Score
from textcls_core.explanation.words import ReadText, read_text
from textcls_core.models.classifier import Classifier

_LABEL = Score(0)
MARK_SPEED, MARK_DIFFERENCE, MARK_GAP, MARK_SECONDS = 2.0, 1e-3, 0.01, 3.0
"""Of issue 7: times Captum's speed, of the largest score, of the difference, for 400 tokens."""
_LONG_TOKENS = 400


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return documents per second of ours ÷ Captum's, and how far their scores differ."""
    session = Session.begin(options)
    dataset = data.load(data.BBC)
    texts = dataset.texts(dataset.indices("test")[: options.docs])
    classifier = Classifier.from_pretrained(
        session.model_dir, dataset.label_names, max_length=options.max_len
    )
    with tempfile.TemporaryDirectory() as folder:
        classifier.save(Path(folder))
        return session.report(_measure(Path(folder), texts, options.steps))


def _measure(folder: Path, texts: list[str], num_steps: int) -> dict[str, Any]:
    ours, captum = load_attributable(folder), Classifier.load(folder)
    reads = [read_text(ours, text) for text in texts]
    equal = _side_by_side(ours, captum, reads, num_steps)
    defaults = _side_by_side(ours, captum, reads, None)
    of_long = [
        seconds
        for seconds, read in zip(defaults.seconds["ours"], reads, strict=True)
        if len(read.tokens) >= _LONG_TOKENS
    ]
    return {
        "explain": {
            "ratio_captum": equal.ratio,
            "ratio_captum_defaults": defaults.ratio,
            "equal_steps": {"steps": num_steps, **equal.figures},
            "defaults": defaults.figures,
            "tokens": spread([float(len(read.tokens)) for read in reads]),
            "seconds_400_tokens": spread(of_long) if of_long else None,
            "is_met": _marks_met(equal, defaults, of_long),
        }
    }


@dataclass(frozen=True, slots=True)
class _Sides:
    """Both programs on the same texts."""

    seconds: dict[str, list[float]]
    """Of every text, under `ours` and `captum`."""
    gaps: list[float]
    differences: list[float]
    """Largest difference of a score in each text, as a share of its largest score."""
    steps: list[int]

    @property
    def ratio(self) -> Spread:
        """How many times as fast ours is."""
        return ratios(self.seconds["captum"], self.seconds["ours"])

    @property
    def figures(self) -> dict[str, Any]:
        """What is printed beside the ratio."""
        return {
            "documents_per_second": {
                name: round(len(values) / sum(values), 3) for name, values in self.seconds.items()
            },
            "seconds": {name: spread(values) for name, values in self.seconds.items()},
            "our_steps": spread([float(steps) for steps in self.steps]),
            "completeness_gap": spread(self.gaps, 6),
            "largest_difference": max(self.differences),
        }


def _side_by_side(
    ours: Classifier, captum: Classifier, reads: list[ReadText], num_steps: int | None
) -> _Sides:
    """Explain every text by both, in turns.

    Args:
        ours: Ready for attributions.
        captum: The same model as it is loaded.
        reads: The texts.
        num_steps: Of both; each one's own way without.
    """
    sides = _Sides({"ours": [], "captum": []}, [], [], [])
    for position, read in enumerate(reads):
        say(f"text {position + 1} of {len(reads)}, {num_steps or 'default'} steps")
        start = time.perf_counter()
        found = integrated_gradients(ours, read, _LABEL, num_steps)
        middle = time.perf_counter()
        theirs = _captum(captum, read, num_steps)
        end = time.perf_counter()
        sides.seconds["ours"].append(middle - start)
        sides.seconds["captum"].append(end - middle)
        sides.gaps.append(found.gap)
        sides.steps.append(found.num_steps)
        sides.differences.append(float(np.abs(found.scores - theirs).max() / np.abs(theirs).max()))
    return sides


def _marks_met(equal: _Sides, defaults: _Sides, of_long: list[float]) -> dict[str, bool | None]:
    """Return which marks of issue 7 are met; None where nothing was measured."""
    return {
        "speed_at_equal_steps": equal.ratio["median"] >= MARK_SPEED,
        "speed_at_defaults": defaults.ratio["median"] >= MARK_SPEED,
        "scores_at_equal_steps": max(equal.differences) <= MARK_DIFFERENCE,
        "gap_at_defaults": max(defaults.gaps) <= MARK_GAP,
        "seconds_400_tokens": statistics.median(of_long) <= MARK_SECONDS if of_long else None,
    }


def _captum(classifier: Classifier, read: ReadText, num_steps: int | None) -> np.ndarray:
    """Return Captum's integrated gradients of one text, shape (T,); its default steps without."""
    from captum.attr import LayerIntegratedGradients

    ids = torch.from_numpy(read.input_ids)[None]
    padding = torch.tensor(classifier.tokenizer.pad_token_id)
    nothing = torch.where(torch.from_numpy(read.is_special)[None], ids, padding)
    method = LayerIntegratedGradients(
        lambda given: classifier.model(input_ids=given).logits,
        classifier.model.get_input_embeddings(),
    )
    found = method.attribute(
        ids,
        baselines=nothing,
        target=_LABEL.label_id,
        internal_batch_size=max(TOKENS_AT_ONCE // ids.shape[1], 1),
        **({} if num_steps is None else {"n_steps": num_steps}),
    )
    return np.asarray(found.sum(-1)[0].detach().numpy())
