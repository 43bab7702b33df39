"""How far the difference of two classifiers could be chance: both measured on resampled rows."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from textcls_core.dataset.text_dataset import Task
from textcls_core.evaluation.alignment import Pair
from textcls_core.evaluation.bootstrap import Groups, resampled_cells
from textcls_core.evaluation.by_task import AnyPredictions, task_of
from textcls_core.evaluation.figures import ratio
from textcls_core.evaluation.predictions import Predictions

Changes = dict[str, np.ndarray]
"""Differences by figure: shape (S,) over all classes, (S, C) by class."""
_NUMBERS_AT_ONCE = 2**24
"""Numbers held in memory per array while resampling."""


@dataclass(frozen=True, slots=True)
class Totals:
    """What shares are made of, in S samples of rows."""

    hits: Float[np.ndarray, "S C"]
    """Rows of each class that were given it."""
    support: Float[np.ndarray, "S C"]
    """Rows of each class."""
    given: Float[np.ndarray, "S C"]
    """Rows that were given each class."""
    right: Float[np.ndarray, " S"]
    """Rows that are right; with several labels per text, right in every one."""
    rows: Float[np.ndarray, " S"]
    """All rows."""


@dataclass(frozen=True, slots=True)
class Patterns:
    """The K different outcomes (true, given by the reference, given by the other) of N rows.

    A sample of rows is how often each of them occurs, whatever the number of rows.
    """

    cells: Int[np.ndarray, " N"]
    """Which pattern each row has."""
    true: Float[np.ndarray, "K C"]
    """1 where a pattern has a class."""
    reference: Float[np.ndarray, "K C"]
    """1 where the reference gives a class."""
    other: Float[np.ndarray, "K C"]
    """1 where the other one gives a class."""

    @classmethod
    def of(cls, pair: Pair) -> "Patterns":
        """Return the patterns of two predictions of the same rows."""
        sides = (_truth(pair[0]), _answers(pair[0]), _answers(pair[1]))
        if sides[0].ndim == 1:
            size = len(pair[0].label_names)
            keys, cells = np.unique(
                np.ravel_multi_index(sides, (size, size, size)), return_inverse=True
            )
            shown = np.eye(size)
            parts = [shown[ids] for ids in np.unravel_index(keys, (size, size, size))]
        else:
            found, cells = np.unique(np.hstack(sides), axis=0, return_inverse=True)
            parts = np.split(found.astype(np.float64), 3, axis=1)
        return cls(np.reshape(cells, -1), *parts)

    def totals(self, samples: np.ndarray) -> tuple[Totals, Totals]:
        """Return what the shares of both are made of.

        Args:
            samples: How often each pattern occurs in each sample, shape (S, K).
        """
        weights = np.asarray(samples, dtype=np.float64)
        support, rows = weights @ self.true, weights.sum(axis=1)
        first, second = (
            Totals(
                hits=weights @ (self.true * given),
                support=support,
                given=weights @ given,
                right=weights @ (self.true == given).all(axis=1).astype(np.float64),
                rows=rows,
            )
            for given in (self.reference, self.other)
        )
        return first, second


def _truth(predictions: AnyPredictions) -> np.ndarray:
    """Return class ids (N,), or whether a row has each class (N, C)."""
    if isinstance(predictions, Predictions):
        return predictions.true_label_ids
    return np.asarray(predictions.targets == 1)


def _answers(predictions: AnyPredictions) -> np.ndarray:
    """Return what was predicted, in the shape of `_truth`."""
    if isinstance(predictions, Predictions):
        return predictions.predicted_label_ids
    return predictions.predicted


def shares(totals: Totals, task: Task) -> dict[str, np.ndarray]:
    """Return every share over all classes, shape (S,), defined as in `figures_of`."""
    seen = totals.support + totals.given
    f1, recall = ratio(2 * totals.hits, seen), ratio(totals.hits, totals.support)
    occur = (totals.support > 0).sum(axis=1)
    found = {
        "accuracy": ratio(totals.right, totals.rows),
        "balanced_accuracy": ratio(recall.sum(axis=1), occur),
        "macro_f1": ratio(f1.sum(axis=1), (seen > 0).sum(axis=1)),
        "weighted_f1": ratio((f1 * totals.support).sum(axis=1), totals.support.sum(axis=1)),
    }
    if task == "single_label":
        return found
    num_labels = f1.shape[1]
    pairs = totals.rows * num_labels
    return {
        **found,
        "macro_f1": f1.mean(axis=1),
        "micro_f1": ratio(2 * totals.hits.sum(axis=1), seen.sum(axis=1)),
        "hamming_loss": ratio((seen - 2 * totals.hits).sum(axis=1), pairs),
    }


def class_shares(totals: Totals) -> dict[str, np.ndarray]:
    """Return precision, recall and F1 of every class, shape (S, C); 0 where undefined."""
    return {
        "precision": ratio(totals.hits, totals.given),
        "recall": ratio(totals.hits, totals.support),
        "f1": ratio(2 * totals.hits, totals.support + totals.given),
    }


def resampled_changes(
    pair: Pair, groups: Groups | None, *, num_samples: int, seed: int
) -> tuple[Changes, Changes]:
    """Return the differences, other minus reference, in bootstrap samples of the rows.

    Both are measured on the same sample, so that rows which are hard for both cancel out.

    Args:
        pair: Predictions of the same rows.
        groups: Rows with one number are drawn together, shape (N,); None: each by itself.
        num_samples: S.
        seed: Decides the samples.

    Returns:
        Over all classes, shape (S,) each; by class, shape (S, C) each.
    """
    patterns, task = Patterns.of(pair), task_of(pair[0])
    over_all: list[Changes] = []
    by_class: list[Changes] = []
    for samples in _samples(patterns, groups, num_samples, seed):
        first, second = patterns.totals(samples)
        over_all.append(_minus(shares(second, task), shares(first, task)))
        by_class.append(_minus(class_shares(second), class_shares(first)))
    losses = _resampled_means(pair[1].loss - pair[0].loss, groups, num_samples, seed)
    return {**_joined(over_all), "loss": losses}, _joined(by_class)


def _samples(
    patterns: Patterns, groups: Groups | None, num_samples: int, seed: int
) -> Iterator[np.ndarray]:
    """Yield how often each pattern occurs, a block of samples at a time, shape (s, K)."""
    num_patterns = len(patterns.true)
    block = max(1, min(num_samples, _NUMBERS_AT_ONCE // num_patterns))
    for start in range(0, num_samples, block):
        size = min(block, num_samples - start)
        yield resampled_cells(
            patterns.cells, num_patterns, groups, num_samples=size, seed=seed + start
        )


def _minus(one: Changes, another: Changes) -> Changes:
    return {name: values - another[name] for name, values in one.items()}


def _joined(blocks: list[Changes]) -> Changes:
    return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}


def _resampled_means(
    values: Float[np.ndarray, " N"], groups: Groups | None, num_samples: int, seed: int
) -> Float[np.ndarray, " S"]:
    """Return the mean over each bootstrap sample of groups of rows, shape (S,)."""
    ids = np.arange(len(values)) if groups is None else np.unique(groups, return_inverse=True)[1]
    sums, sizes = np.bincount(ids, weights=values), np.bincount(ids)
    generator = np.random.default_rng(seed)
    means = np.empty(num_samples)
    for sample in range(num_samples):
        drawn = generator.integers(0, len(sums), len(sums))
        means[sample] = sums[drawn].sum() / sizes[drawn].sum()
    return means
