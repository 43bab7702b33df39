"""Packing: several sequences behind one another in one row, without any padding.

The model stays a stock Hugging Face model with its own weights and its own classification head.
Two things change while it is packed: attention looks only inside each sequence, and between body
and head the row of T tokens becomes one vector per sequence.

Source:
    Krell et al. 2021, "Efficient Sequence Packing without Cross-contamination".
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
import torch

from textcls_core.models.batching import pad_batch
from textcls_core.models.catalogue import POSITIONS_AFTER_PAD
from textcls_core.models.packed_attention import ATTENTION, PackedBatch, pack, register

PROVEN = frozenset(
    {
        *("bert", "roberta", "xlm-roberta", "electra", "distilbert"),
        *("albert", "camembert", "ernie", "modernbert"),
    }
)
"""Model types whose packed logits equal the padded ones."""
_CHECKED_LENGTHS = (3, 11, 160)
"""Sequences of the self-check; the longest one reaches beyond ModernBERT's local window."""
_ONE_AT_A_TIME = threading.RLock()
"""Held while a model is told what the next batch is: visitors of the app share models, and what one
thread says must not be meant for the texts of another."""
_ENDS_OF_BODY = ("encoder", "transformer", "final_norm")
"""Where families keep the module whose output their head reads."""


def first_position(config: Any) -> int:
    """Return the position id at which a model's sequences start."""
    return int(config.pad_token_id) + 1 if config.model_type in POSITIONS_AFTER_PAD else 0


class Readout:
    """Turns the body's output into one vector per sequence, just before the head reads it.

    The head then sees sequences of one token, so every architecture's own head works unchanged.
    Raises `LookupError` for a model whose body has no single last module.
    """

    def __init__(self, model: Any, pooling: Literal["head", "mean"]) -> None:
        own_pooling = getattr(model.config, "classifier_pooling", "")  # of ModernBERT
        self.takes_mean = pooling == "mean" or own_pooling == "mean"
        self.batch: PackedBatch | None = None
        self.mask: torch.Tensor | None = None
        self._is_gathered = False
        body = model.base_model
        name = next((name for name in _ENDS_OF_BODY if hasattr(body, name)), None)
        if name is None:
            raise LookupError(f"the layers of {model.config.model_type} have an unknown end")
        getattr(body, name).register_forward_hook(self._after_body)
        last = getattr(getattr(body, "encoder", None), "layer", [None])[-1]
        if last is not None and hasattr(last, "attention") and not self.takes_mean:
            last.attention.output.register_forward_pre_hook(self._before_last_rows)

    @contextmanager
    def averaging(self, mask: torch.Tensor) -> Iterator[None]:
        """Average over the unmasked tokens of padded batches, if that is what the head reads.

        Args:
            mask: 1 for tokens, 0 for padding, shape (B, T).
        """
        with _ONE_AT_A_TIME:  # a packed batch of another thread changes the model meanwhile
            self.mask = mask if self.takes_mean else None
            try:
                yield
            finally:
                self.mask = None

    def _before_last_rows(
        self, _module: Any, arguments: tuple[torch.Tensor, ...]
    ) -> tuple[torch.Tensor, ...] | None:
        """Keep only first tokens once attention is done: the head never reads the others."""
        if self.batch is None:
            return None
        self._is_gathered = True
        return tuple(tensor[:, self.batch.first_tokens] for tensor in arguments)

    def _after_body(self, _module: Any, _arguments: Any, output: Any) -> Any:
        """Replace (1, T, D), or (B, T, D) with padding, by (B, 1, D)."""
        if self.batch is None and self.mask is None:
            return None
        is_tensor = isinstance(output, torch.Tensor)
        hidden = output if is_tensor else output.last_hidden_state
        vectors = self._read(hidden)[:, None]
        if is_tensor:
            return vectors
        output.last_hidden_state = vectors
        return output

    def _read(self, hidden: torch.Tensor) -> torch.Tensor:
        """Return one vector per sequence, shape (B, D)."""
        if self.batch is None:
            assert self.mask is not None  # noqa: S101 - checked by the caller
            weights = self.mask.to(hidden.dtype)[:, :, None]
            return (hidden * weights).sum(1) / weights.sum(1)
        if self._is_gathered:
            self._is_gathered = False
            return hidden[0]
        if not self.takes_mean:
            return hidden[0, self.batch.first_tokens]
        return _means(hidden, self.batch)


def packed_logits(
    model: Any,
    readout: Readout,
    batch: PackedBatch,
    forward: Callable[..., Any] | None = None,
    embedded: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return the logits of a packed batch, shape (B, C).

    Args:
        model: A sequence-classification model with `readout` attached.
        readout: Made for this model.
        batch: B sequences.
        forward: What to call instead of the model, for example its distributed wrapper.
        embedded: What is read instead of the token ids of the batch, shape (1, T, D).
    """
    words = {"input_ids": batch.input_ids} if embedded is None else {"inputs_embeds": embedded}
    with _packed_attention(model):
        readout.batch = batch
        try:
            logits = (model if forward is None else forward)(
                **words, position_ids=batch.position_ids, packed=batch
            ).logits
        finally:
            readout.batch = None
    assert isinstance(logits, torch.Tensor)  # noqa: S101 - transformers has no types
    return logits


def packed_means(model: Any, batch: PackedBatch) -> torch.Tensor:
    """Return the mean of the body's last hidden layer over each sequence, shape (B, D)."""
    with _packed_attention(model):
        hidden = model.base_model(
            input_ids=batch.input_ids, position_ids=batch.position_ids, packed=batch
        ).last_hidden_state
    return _means(hidden, batch)


def _means(hidden: torch.Tensor, batch: PackedBatch) -> torch.Tensor:
    lengths = torch.tensor(batch.lengths, device=hidden.device)
    return torch.segment_reduce(hidden[0].float(), "mean", lengths=lengths).to(hidden.dtype)


@contextmanager
def _packed_attention(model: Any) -> Iterator[None]:
    """Let a model attend inside each sequence of a packed row, one thread at a time."""
    register()
    with _ONE_AT_A_TIME:
        previous = model.config._attn_implementation
        model.config._attn_implementation = ATTENTION
        try:
            yield
        finally:
            model.config._attn_implementation = previous


def packing_gap(model: Any, readout: Readout, tokenizer: Any, max_length: int) -> float:
    """Return how far packed and padded logits of three sequences differ, relative to the largest.

    Args:
        model: A sequence-classification model with `readout` attached.
        readout: Made for this model.
        tokenizer: Gives the pad token.
        max_length: Tokens the model is used with at most.
    """
    generator = np.random.default_rng(0)
    sequences = [
        generator.integers(5, len(tokenizer), min(length, max_length))
        for length in _CHECKED_LENGTHS
    ]
    device = model.device
    batch = pack([torch.from_numpy(ids) for ids in sequences], first_position(model.config), device)
    padded = {name: tensor.to(device) for name, tensor in pad_batch(sequences, tokenizer).items()}
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode():
            packed = packed_logits(model, readout, batch)
            with readout.averaging(padded["attention_mask"]):
                expected = model(**padded).logits
    finally:
        model.train(was_training)
    return float((packed - expected).abs().max() / expected.abs().max())
