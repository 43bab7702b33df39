"""Opinions about every label of every row, none of them formed on the row itself."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from textcls_core.arrays import Embeddings, Indices, LabelIds, LabelProbabilities
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.embeddings.neighbours import nearest_others, normalised
from textcls_core.jobs.progress import Report
from textcls_core.mistakes.label_issues.fusion import Fusion, fuse, fuse_sets
from textcls_core.mistakes.label_issues.heads import (
    NUM_FOLDS,
    deal_folds,
    out_of_fold,
    same_text_groups,
    word_features,
)
from textcls_core.mistakes.label_issues.neighbours import (
    NUM_NEIGHBOURS,
    Neighbourhood,
    neighbour_shares,
    without_same_text,
)

REPEATS = 3
"""Cross-validations whose scores are averaged, each with folds of its own."""
_EXTRA_NEIGHBOURS = 5
"""Looked at beyond those wanted, because copies of the same text do not count."""


@dataclass(frozen=True, slots=True)
class Material:
    """What opinions are formed from, row by row."""

    targets: LabelProbabilities
    """0 or 1 per row and label, shape (N, C)."""
    label_ids: LabelIds | None
    """The one label of each row, shape (N,); None if there may be several."""
    groups: Indices
    """Number of the text of each row, shape (N,)."""
    features: Mapping[str, Embeddings]
    """By view, a vector per row; a head is fitted on each."""
    near: Neighbourhood | None
    """The most similar other rows, if there are embeddings."""
    outside: Mapping[str, np.ndarray]
    """By view, scores per row and label that come from elsewhere, shape (N, C)."""

    @property
    def strata(self) -> LabelIds:
        """A number per row by which rows are spread over the folds: its first label."""
        return self.targets.argmax(axis=1) if self.label_ids is None else self.label_ids


def gather(
    rows: TextDataset,
    vectors: Embeddings | None,
    outside: Mapping[str, np.ndarray],
    progress: Report,
) -> Material:
    """Return what opinions about some rows are formed from.

    Args:
        rows: N rows.
        vectors: Their embeddings, shape (N, D), if there are any.
        outside: Scores from elsewhere; with them no heads are fitted here.
        progress: May raise to stop.
    """
    texts = rows.texts()
    single = rows.label_ids if rows.task == "single_label" else None
    targets = rows.targets if single is None else np.eye(rows.num_labels, dtype=np.float32)[single]
    groups = same_text_groups(texts)
    features: dict[str, Embeddings] = {}
    if not outside:
        progress(0, 0, "Counting words")
        words = word_features(texts)
        features |= {} if words is None else {"words": words}
    near = None
    if vectors is not None and len(vectors) > 1:
        directions = normalised(vectors)
        features |= {} if outside else {"meaning": directions}
        near = without_same_text(*_nearest(directions, progress), groups)
    return Material(targets, single, groups, features, near, outside)


def _nearest(directions: Embeddings, progress: Report) -> tuple[np.ndarray, np.ndarray]:
    def tell(done: int, total: int) -> None:
        progress(done, total, "Looking for similar texts")

    return nearest_others(directions, NUM_NEIGHBOURS + _EXTRA_NEIGHBOURS, progress=tell)


def fused_opinion(material: Material, progress: Report) -> Fusion:
    """Return what all views say together."""
    views = {**material.outside, **_head_opinions(material, progress)}
    if material.near is not None:
        views["neighbours"] = np.log(neighbour_shares(material.near, material.targets))
    if material.label_ids is None:
        return fuse_sets(views, material.targets)
    return fuse(views, material.label_ids)


def _head_opinions(material: Material, progress: Report) -> dict[str, np.ndarray]:
    """Return the scores of the head on each view, each of shape (N, C)."""
    total, done = REPEATS * NUM_FOLDS * len(material.features), 0

    def tell() -> None:
        nonlocal done
        done += 1
        progress(done, total, "Asking heads that never saw the rows")

    deals = [
        deal_folds(material.groups, material.strata, NUM_FOLDS, seed) for seed in range(REPEATS)
    ]
    return {
        name: np.mean([out_of_fold(vectors, material.targets, f, tell=tell) for f in deals], axis=0)
        for name, vectors in material.features.items()
    }
