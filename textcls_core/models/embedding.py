"""Embeddings: one vector per text from a model's body, without its head."""

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from textcls_core.arrays import Embeddings, Indices
from textcls_core.errors import ModelError
from textcls_core.models.batching import batches_by_length, pad_batch
from textcls_core.models.classifier import CPU, Classifier
from textcls_core.models.device import Compute
from textcls_core.models.packing import packed_means
from textcls_core.models.tokens import TokenizedTexts

_TOKENS_PER_BATCH = 8_192


class EmbeddingStoppedError(Exception):
    """Whoever asked for embeddings does not want them any more."""


def embed(
    classifier: Classifier,
    tokens: TokenizedTexts,
    compute: Compute = CPU,
    *,
    should_stop: Callable[[], bool] = lambda: False,
) -> Embeddings:
    """Return the mean of the body's last hidden layer over each text's tokens, shape (N, D).

    The vectors are float32 and in the order of the texts, which share batches by length. The model
    is moved to the device and otherwise left as it was.

    Args:
        classifier: Its body computes; its head is not used.
        tokens: N texts; special tokens count like all others, padding does not.
        compute: Device and number format.
        should_stop: Asked before every batch.

    Raises:
        EmbeddingStoppedError: If `should_stop` says so.
        ModelError: If a vector is not finite.
    """
    model = classifier.model.to(compute.device)
    vectors = np.zeros((len(tokens), model.config.hidden_size), np.float32)
    was_training = model.training
    model.eval()
    try:
        with torch.inference_mode(), compute.autocast():
            for rows in batches_by_length(tokens.lengths, _TOKENS_PER_BATCH):
                if should_stop():
                    raise EmbeddingStoppedError
                vectors[rows] = _mean_of_last_layer(classifier, tokens, rows, compute.device)
    finally:
        model.train(was_training)
    if not np.isfinite(vectors).all():
        raise ModelError(
            f"Expected finite embeddings, got overflows in {compute.precision}. "
            "Set precision to fp32, or choose another model."
        )
    return vectors


def _mean_of_last_layer(
    classifier: Classifier, tokens: TokenizedTexts, rows: Indices, device: str
) -> np.ndarray:
    """Return one vector per text of a batch, shape (B, D)."""
    sequences, owners = tokens.sequences(rows)
    assert len(owners) == len(rows)  # noqa: S101 - texts are not read in windows here
    if classifier.is_packed:
        packed = classifier.packed(sequences, device)
        return np.asarray(packed_means(classifier.model, packed).float().cpu().numpy())
    batch = pad_batch(sequences, classifier.tokenizer)
    moved = {name: tensor.to(device) for name, tensor in batch.items()}
    hidden = classifier.model.base_model(**moved).last_hidden_state.float()  # (B, T, D)
    mask = moved.get("attention_mask", torch.ones_like(moved["input_ids"]))[:, :, None]
    # Filled, not multiplied: what a model computes at padding may be NaN.
    total = hidden.masked_fill(mask == 0, 0.0).sum(dim=1)
    return np.asarray((total / mask.sum(dim=1)).cpu().numpy())


def body_digest(model: Any) -> str:
    """Return a hex digest of the weights that embeddings depend on.

    Args:
        model: A `transformers` model; its head, and its pooler, which may be new, do not count.
    """
    digest = hashlib.sha256(model.config.model_type.encode())
    for name, weight in sorted(model.base_model.state_dict().items()):
        if "pooler." not in name:
            digest.update(name.encode())
            digest.update(weight.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()
