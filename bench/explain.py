"""`bench explain`: integrated gradients of whole texts, beside Captum's at equal steps.

Both explain the same class of the same saved model from the same baseline, in fp32, one text at a
time, in turns. Captum takes its steps in portions of as many tokens as ours does, which is kind to
it: by default it computes all steps at once.
"""

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bench import data
from bench.machine import Session, say
from bench.summary import ratios, spread
from textcls_core.explanation.attributions import load_attributable
from textcls_core.explanation.gradients import TOKENS_AT_ONCE, integrated_gradients
from textcls_core.explanation.score import Score
from textcls_core.explanation.words import ReadText, read_text
from textcls_core.models.classifier import Classifier

_LABEL = Score(0)


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
    ours_model, captum_model = load_attributable(folder), Classifier.load(folder)
    seconds: dict[str, list[float]] = {"ours": [], "captum": []}
    gaps, differences, lengths = [], [], []
    for position, text in enumerate(texts):
        say(f"text {position + 1} of {len(texts)}")
        read = read_text(ours_model, text)
        lengths.append(len(read.tokens))
        start = time.perf_counter()
        found = integrated_gradients(ours_model, read, _LABEL, num_steps)
        middle = time.perf_counter()
        theirs = _captum(captum_model, read, num_steps)
        end = time.perf_counter()
        seconds["ours"].append(middle - start)
        seconds["captum"].append(end - middle)
        gaps.append(found.gap)
        differences.append(float(np.abs(found.scores - theirs).max() / np.abs(theirs).max()))
    return {
        "explain": {
            "ratio_captum": ratios(seconds["captum"], seconds["ours"]),
            "documents_per_second": {
                name: round(len(texts) / sum(values), 3) for name, values in seconds.items()
            },
            "seconds": {name: spread(values) for name, values in seconds.items()},
            "tokens": spread([float(length) for length in lengths]),
            "steps": num_steps,
            "completeness_gap": spread(gaps, 6),
            "largest_difference": max(differences),
        }
    }


def _captum(classifier: Classifier, read: ReadText, num_steps: int) -> np.ndarray:
    """Return Captum's integrated gradients of one text, shape (T,)."""
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
        n_steps=num_steps,
        internal_batch_size=max(TOKENS_AT_ONCE // ids.shape[1], 1),
    )
    return np.asarray(found.sum(-1)[0].detach().numpy())
