"""From fused opinions to the ranked queue of label issues."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from textcls_core.arrays import Embeddings, Losses
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.jobs.progress import Report, ignore
from textcls_core.mistakes.label_issues.confident import (
    estimated_joint,
    noise_pairs,
    normalised_margin,
    self_confidence,
)
from textcls_core.mistakes.label_issues.fusion import Fusion
from textcls_core.mistakes.label_issues.neighbours import Neighbourhood, disagreeing
from textcls_core.mistakes.label_issues.opinions import Material, fused_opinion, gather
from textcls_core.mistakes.label_issues.queue import LabelIssueFacts, LabelIssues, NoisyPair

MIN_TEXTS = 2
"""Distinct texts a class needs to be judged: one to learn from, one to be asked about."""
_SHOWN_NEIGHBOURS = 5


def rank_label_issues(
    rows: TextDataset,
    vectors: Embeddings | None,
    facts: Mapping[str, Any],
    *,
    outside: Mapping[str, np.ndarray] | None = None,
    progress: Report = ignore,
) -> LabelIssues:
    """Return the queue of some rows of one data set version.

    Args:
        rows: N rows to judge.
        vectors: Their embeddings, shape (N, D); without them there are no neighbours.
        facts: `fingerprint`, `source` and `num_examples` of the queue.
        outside: Scores per row and label from elsewhere, such as the log-probabilities of a
            cross-validation, shape (N, C); with them no heads are fitted here.
        progress: Told after each step; may raise to stop.
    """
    start = time.perf_counter()
    material = gather(rows, vectors, outside or {}, progress)
    fusion = fused_opinion(material, progress)
    table = _table(rows, material, fusion)
    said = LabelIssueFacts(
        **facts,
        task=rows.task,
        label_names=rows.label_names,
        num_judged=rows.num_examples,
        num_suspects=_count_suspects(material, fusion),
        weights=dict(fusion.weights),
        pairs=_pairs(material, fusion, rows.label_names),
        seconds=round(time.perf_counter() - start, 2),
    )
    return LabelIssues(said, table)


def _table(rows: TextDataset, material: Material, fusion: Fusion) -> pa.Table:
    """Return the columns of `LabelIssues.table`, the most suspect row first."""
    given, suggested, confidence, suggested_confidence, margin = (
        _several(material, fusion) if material.label_ids is None else _one(material, fusion)
    )
    score = np.where(_can_be_judged(material), 1 - confidence, 0.0)
    order = np.lexsort((margin, -score))
    columns = {
        "label_ids": pa.array(given, pa.list_(pa.int32())),
        "suggested_ids": pa.array(suggested, pa.list_(pa.int32())),
        "score": pa.array(score),
        "confidence": pa.array(confidence),
        "suggested_confidence": pa.array(suggested_confidence),
        **_neighbour_columns(rows, material),
    }
    table = pa.table({**{name: rows.table[name] for name in ("row_id", "text")}, **columns})
    return table.take(pa.array(order))


_Columns = tuple[list[list[int]], list[list[int]], Losses, Losses, Losses]
"""Given and suggested label ids, confidence in each, and the margin."""


def _one(material: Material, fusion: Fusion) -> _Columns:
    """Return what is said about rows with one label."""
    label_ids, probabilities = material.label_ids, fusion.probabilities
    assert label_ids is not None  # noqa: S101 - the caller looked
    return (
        label_ids[:, None].tolist(),
        probabilities.argmax(axis=1)[:, None].tolist(),
        self_confidence(probabilities, label_ids),
        probabilities.max(axis=1),
        normalised_margin(probabilities, label_ids),
    )


def _several(material: Material, fusion: Fusion) -> _Columns:
    """Return what is said about rows with any number of labels: the most doubtful one is changed.

    Confidence is that in the doubtful label as given, and as suggested.
    """
    targets, at = material.targets, np.arange(len(material.targets))
    doubtful = np.abs(targets - fusion.probabilities).argmax(axis=1)
    suggested = targets.copy()
    suggested[at, doubtful] = 1 - targets[at, doubtful]
    wrong = np.abs(targets - fusion.probabilities)[at, doubtful]
    return _sets(targets), _sets(suggested), 1 - wrong, wrong, 1 - 2 * wrong


def _sets(targets: np.ndarray) -> list[list[int]]:
    return [np.flatnonzero(row).tolist() for row in targets]


def _count_suspects(material: Material, fusion: Fusion) -> int:
    """Return the estimated number of rows with a wrong label.

    For one label per row it is what stands beside the diagonal of the estimated joint; else it is
    the number of rows with a label, given or missing, that is more likely wrong than right.
    """
    if material.label_ids is None:
        return round(fusion.noise * len(material.targets))
    joint = estimated_joint(fusion.probabilities, material.label_ids)
    return round(float(1 - np.trace(joint)) * len(material.label_ids))


def _can_be_judged(material: Material) -> np.ndarray:
    """Return whether another text has the label of each row, shape (N,)."""
    if material.label_ids is None:
        return np.ones(len(material.targets), bool)
    pairs = np.unique(np.stack([material.label_ids, material.groups]), axis=1)
    texts = np.bincount(pairs[0], minlength=material.targets.shape[1])
    return np.asarray(texts[material.label_ids] >= MIN_TEXTS)


def _neighbour_columns(rows: TextDataset, material: Material) -> dict[str, pa.Array]:
    near = material.near
    if near is None:
        nobody = np.zeros(rows.num_examples, np.int64)
        empty = pa.array([[]] * rows.num_examples, pa.list_(pa.string()))
        return {"disagreeing": nobody, "num_neighbours": nobody, "neighbours": empty}
    other, known = disagreeing(near, material.targets)
    return {
        "disagreeing": pa.array(other),
        "num_neighbours": pa.array(known),
        "neighbours": _nearest_row_ids(rows, near),
    }


def _nearest_row_ids(rows: TextDataset, near: Neighbourhood) -> pa.Array:
    shown = near.positions[:, :_SHOWN_NEIGHBOURS]
    counts = (shown >= 0).sum(axis=1)
    flat = rows.table["row_id"].combine_chunks().take(pa.array(shown[shown >= 0]))
    return pa.ListArray.from_arrays(np.append(0, np.cumsum(counts)).astype(np.int32), flat)


def _pairs(
    material: Material, fusion: Fusion, label_names: tuple[str, ...]
) -> tuple[NoisyPair, ...]:
    """Return the classes that are confused most often; none where a row may have several."""
    if material.label_ids is None:
        return ()
    return tuple(
        NoisyPair(
            given=label_names[pair.given],
            likely=label_names[pair.likely],
            rows=pair.rows,
            share=pair.share,
        )
        for pair in noise_pairs(fusion.probabilities, material.label_ids)
    )
