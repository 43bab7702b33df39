"""Which validation rows to look at while a run trains: the best, the worst, and the same few."""

from typing import Any, Literal

import numpy as np

from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.evaluation.by_task import AnyPredictions, predicted_text, true_text

SampleKind = Literal["worst", "best", "random"]
SAMPLE_KINDS: tuple[SampleKind, ...] = ("worst", "best", "random")


def choose_samples(
    predictions: AnyPredictions, kind: SampleKind, num_rows: int, *, seed: int = 0
) -> list[int]:
    """Return positions of at most `num_rows` rows.

    Args:
        predictions: What the model says about the validation rows now.
        kind: Rows with the largest loss, with the smallest, or random ones: those depend on the
            seed and the number of rows alone, so that the same rows are seen at every validation.
        num_rows: Rows wanted.
        seed: Seed of the run.
    """
    if kind == "random":
        order = np.random.default_rng([seed, len(predictions)]).permutation(len(predictions))
    else:
        sign = -1 if kind == "worst" else 1
        order = np.argsort(sign * predictions.loss, kind="stable")
    return [int(position) for position in order[:num_rows]]


def sample_rows(
    predictions: AnyPredictions, dataset: TextDataset, positions: list[int]
) -> list[dict[str, Any]]:
    """Return row id, text, true and predicted class, and loss of some predictions.

    Where a text may have several labels, these stand with commas between them, and the loss is
    the mean over all labels.

    Raises:
        NotFoundError: If a row is not in the data set.
    """
    row_ids = [predictions.row_ids[position] for position in positions]
    texts = dataset.texts(np.array([dataset.position(row_id) for row_id in row_ids], dtype=int))
    return [
        {
            "row_id": row_id,
            "text": text,
            "true": true_text(predictions, position),
            "predicted": predicted_text(predictions, position),
            "loss": float(predictions.loss[position]),
        }
        for position, row_id, text in zip(positions, row_ids, texts, strict=True)
    ]
