"""Useful work of a fine-tuning step: what an encoder must compute for the tokens of the texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict

from bench.errors import BenchError
from textcls_core.arrays import Lengths
from textcls_core.files import read_json

_BERT_SHAPED = {"bert", "roberta", "xlm-roberta", "camembert"}


@dataclass(frozen=True, slots=True)
class Encoder:
    """The sizes that decide what a token costs."""

    num_layers: int
    hidden_size: int
    num_weights: int
    """Weights of the linear layers of all layers, N; embeddings and head excluded."""

    @classmethod
    def of_model(cls, model_dir: Path) -> Self:
        """Return the sizes of a model of BERT's shape: two feed-forward matrices per layer.

        Raises:
            BenchError: If the model has another shape, for which the formula would be wrong.
        """
        config = read_json(model_dir / "config.json")
        if config.get("model_type") not in _BERT_SHAPED:
            raise BenchError(
                f"Expected a model of BERT's shape ({', '.join(sorted(_BERT_SHAPED))}), "
                f'got "{config.get("model_type")}". Choose another --model.'
            )
        layers, width = int(config["num_hidden_layers"]), int(config["hidden_size"])
        per_layer = 4 * width**2 + 2 * width * int(config["intermediate_size"])
        return cls(layers, width, layers * per_layer)

    def training_flops(self, lengths: Lengths) -> float:
        """Return the operations of one forward and backward pass over texts of these lengths.

        Args:
            lengths: Tokens per text, shape (N,).

        Source:
            6 N L + 12 l H L^2 per text of L tokens: Chowdhery et al. 2022, "PaLM", appendix B.
        """
        tokens = lengths.astype(np.float64)
        matrices = 6 * self.num_weights * tokens
        attention = 12 * self.num_layers * self.hidden_size * tokens**2
        return float((matrices + attention).sum())


class Work(BaseModel):
    """What some steps had to compute, and what they did compute."""

    model_config = ConfigDict(frozen=True)

    num_texts: int
    tokens: int
    """Tokens of the texts after truncation, special tokens included."""
    computed_tokens: int
    """The same with padding."""
    flops: float
    """Operations for the tokens of the texts: the useful work."""
    computed_flops: float
    """The same with padding."""


def work(encoder: Encoder, batches: Sequence[Lengths], *, is_padded: bool) -> Work:
    """Return the work of forward and backward passes.

    Args:
        encoder: Sizes of the model.
        batches: Tokens per text of each pass.
        is_padded: Whether every text of a pass is computed at the length of the longest.
    """
    widened = [np.full_like(lengths, lengths.max()) for lengths in batches]
    computed = widened if is_padded else batches
    return Work(
        num_texts=sum(len(lengths) for lengths in batches),
        tokens=int(sum(lengths.sum() for lengths in batches)),
        computed_tokens=int(sum(lengths.sum() for lengths in computed)),
        flops=sum(encoder.training_flops(lengths) for lengths in batches),
        computed_flops=sum(encoder.training_flops(lengths) for lengths in computed),
    )
