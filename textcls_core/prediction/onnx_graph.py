"""A classifier as an ONNX graph, and the graph held against the classifier.

Needs onnx and onnxscript to write, and onnxruntime to check.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from textcls_core.errors import ModelError
from textcls_core.models.batching import pad_batch
from textcls_core.models.classifier import Classifier
from textcls_core.prediction.onnx_facts import INPUTS, OUTPUT, GraphCheck

MAX_DIFFERENCE = 1e-4
"""Largest difference of two logits, as a share of the largest logit or of 1 if that is more."""
MAX_CHECKED_TOKENS = 512
"""Longer texts are compared as far as this: the memory for attention grows with the square."""
_AXES = {0: "batch", 1: "length"}
_EXAMPLE_SHAPE = (2, 7)
"""Of what the model is traced with; neither axis is 1, which torch would take for a constant."""
PROBES = (
    "a",
    "A text of a few words.",
    "A text that goes on and on. " * MAX_CHECKED_TOKENS,
)
"""Texts that are compared besides those of the data set; the last one is as long as any."""


class _Graph(torch.nn.Module):
    """What becomes the graph: the model, and mean pooling where the classifier has that."""

    def __init__(self, classifier: Classifier) -> None:
        super().__init__()
        self.model = classifier.model
        self._output = classifier.output

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        """Return the logits of B padded sequences, shape (B, C)."""
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask}
        return torch.as_tensor(self._output(inputs).logits)


def write_graph(classifier: Classifier, file: Path) -> None:
    """Write the graph of a classifier; weights above 2 GB come into a second file beside it.

    Args:
        classifier: Loaded for this alone, with eager attention, whose operators every runtime has.
        file: To make.

    Raises:
        ModelError: If torch cannot trace this architecture with axes of any size.
    """
    from onnx_ir.passes.common import ClearMetadataAndDocStringPass

    classifier.model.config.use_cache = False  # a causal model would keep what nobody reads
    try:
        program = torch.onnx.export(
            _Graph(classifier).eval(),
            kwargs={name: torch.ones(_EXAMPLE_SHAPE, dtype=torch.int64) for name in INPUTS},
            input_names=INPUTS,
            output_names=[OUTPUT],
            dynamic_shapes=dict.fromkeys(INPUTS, _AXES),
            verbose=False,
        )
    except Exception as error:  # the exporter lets through whatever a model raises when traced
        raise ModelError(
            f"A {classifier.model.config.model_type} model cannot be written as ONNX: "
            f"{_reason(error)}. Use the run here, or train another architecture."
        ) from error
    assert program is not None  # noqa: S101 - None comes from the old exporter only
    ClearMetadataAndDocStringPass()(program.model)  # names lines of code on this machine
    program.save(file)


def _reason(error: Exception) -> str:
    """Return the first line of what the model said, below what the exporter says about it."""
    cause = error.__cause__ or error
    said = str(cause).strip().splitlines()
    return said[0].rstrip(".")[:200] if said else type(cause).__name__


def check_graph(classifier: Classifier, file: Path, own_texts: Sequence[str]) -> GraphCheck:
    """Compare the logits of ONNX Runtime with the classifier's own.

    The texts make one padded batch; then the shortest is read alone.

    Args:
        classifier: As the app uses it.
        file: Written by `write_graph`.
        own_texts: Texts of the data set; some further ones are added.

    Raises:
        ModelError: If they differ by more than rounding.
    """
    from onnxruntime import InferenceSession

    texts = [*own_texts, *PROBES]
    tokens = classifier.tokenize(texts)
    sequences = [tokens.sequences([row])[0][0][:MAX_CHECKED_TOKENS] for row in range(len(texts))]
    session = InferenceSession(file, providers=["CPUExecutionProvider"])
    gap, largest = 0.0, 1.0
    for group in (sequences, [min(sequences, key=len)]):
        with torch.inference_mode():
            own = classifier.sequence_logits(group).numpy()
        read = session.run([OUTPUT], _inputs(classifier, group))[0]
        gap = float(np.maximum(gap, np.abs(read - own).max()))  # NaN stays NaN
        largest = max(largest, float(np.abs(own).max()))
    allowed = MAX_DIFFERENCE * largest
    if not gap <= allowed:
        raise ModelError(
            f"ONNX Runtime gives other logits than the app: they differ by {gap:.1e}, and at most "
            f"{allowed:.1e} was expected. Nothing was kept. Use the run here."
        )
    return GraphCheck(
        num_texts=len(texts),
        num_own_texts=len(own_texts),
        longest=max(map(len, sequences)),
        largest_difference=gap,
        allowed_difference=allowed,
    )


def _inputs(classifier: Classifier, sequences: list[np.ndarray]) -> dict[str, np.ndarray]:
    """Return what the graph reads of B sequences; unlike the model it always needs a mask."""
    batch = pad_batch(sequences, classifier.tokenizer)
    batch.setdefault("attention_mask", torch.ones_like(batch["input_ids"]))
    return {name: batch[name].numpy() for name in INPUTS}
