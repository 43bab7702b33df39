"""`bench active-learning`: what labels are worth that a ranking asks for, beside random ones.

A simulation on a labelled data set: its training rows are the pool, their labels are revealed
twenty at a time as the ranking asks for them, and a logistic regression on frozen embeddings
learns from what is revealed. Its accuracy on the test rows is averaged over the rounds.
"""

import argparse
import statistics
from typing import Any

import numpy as np

from bench.arguments import whole_number
from bench.errors import BenchError
from bench.label_issues import seeds
from bench.machine import say
from textcls_core.arrays import Embeddings, Indices, LabelIds
from textcls_core.dataset.store import DatasetStore
from textcls_core.embeddings.computing import compute_embeddings
from textcls_core.embeddings.neighbours import nearest, normalised
from textcls_core.mistakes.active_learning.ranking import (
    BATCH,
    STRATEGIES,
    Measure,
    Strategy,
    parse_measure,
    rank,
    uncertainty,
)
from textcls_core.workspace import Workspace

_START_PER_CLASS = 2
_STRENGTH = 10.0
"""Inverse regularisation; vectors have length 1, so the default would hold back too much."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `bench active-learning`."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--dataset", default="bbc-news", help="a labelled data set of $TEXTCLS_HOME"
    )
    parser.add_argument("--model", default="minilm", help="whose frozen embeddings")
    parser.add_argument("--seeds", type=seeds, default="0,1,2,3,4", help="of the first labels")
    parser.add_argument("--rounds", type=whole_number(1), default=5, help=f"of {BATCH} labels")
    parser.add_argument("--measure", default="margin", help="of uncertainty")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return the mean accuracy over the rounds for every strategy, and its lead over random."""
    workspace, by = Workspace.default(), parse_measure(options.measure)
    dataset = DatasetStore.open(workspace).load(options.dataset)
    if dataset.task != "single_label" or dataset.num_labels < 2:
        raise BenchError("Expected a data set with one label per row and two classes or more.")
    say(f"Embedding {dataset.num_examples:,} texts")
    stored = compute_embeddings(
        workspace, dataset.fingerprint, options.model, max_rows=dataset.num_examples
    )
    simulation = _Simulation(normalised(stored.vectors), dataset.label_ids,
                             dataset.indices("train"), dataset.indices("test"), by)  # fmt: skip
    curves: dict[Strategy, list[list[float]]] = {}
    for strategy in STRATEGIES:
        say(f"{strategy}, {len(options.seeds)} seeds")
        curves[strategy] = [simulation.curve(strategy, s, options.rounds) for s in options.seeds]
    return {
        "dataset": options.dataset,
        "rows": dataset.num_examples,
        "classes": dataset.num_labels,
        "labels": _START_PER_CLASS * dataset.num_labels + BATCH * options.rounds,
        "seeds": len(options.seeds),
        **{strategy: _summary(found, curves["random"]) for strategy, found in curves.items()},
    }


class _Simulation:
    """A pool whose labels are known, and the rows to be tested on."""

    def __init__(
        self,
        vectors: Embeddings,
        label_ids: LabelIds,
        pool: Indices,
        test: Indices,
        by: Measure,
    ) -> None:
        self._pool, self._labels = vectors[pool], label_ids[pool]
        self._test, self._true = vectors[test], label_ids[test]
        self._by = by

    def curve(self, strategy: Strategy, seed: int, rounds: int) -> list[float]:
        """Return the test accuracy at the start and after each round, rounds + 1 numbers."""
        generator = np.random.default_rng(seed)
        order = generator.permutation(len(self._labels))
        is_labelled = np.zeros(len(order), dtype=bool)
        for label_id in np.unique(self._labels):
            is_labelled[order[self._labels[order] == label_id][:_START_PER_CLASS]] = True
        accuracies = []
        for _ in range(rounds):
            accuracy, scores = self._fit(is_labelled)
            accuracies.append(accuracy)
            is_labelled[self._next(strategy, is_labelled, scores, generator)] = True
        return [*accuracies, self._fit(is_labelled)[0]]

    def _fit(self, is_labelled: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the test accuracy of a head on what is labelled, and its doubts of the pool."""
        from sklearn.linear_model import LogisticRegression

        head = LogisticRegression(C=_STRENGTH, max_iter=1_000)
        head.fit(self._pool[is_labelled], self._labels[is_labelled])
        scores = uncertainty(head.predict_proba(self._pool), self._by)
        return float((head.predict(self._test) == self._true).mean()), scores

    def _next(
        self,
        strategy: Strategy,
        is_labelled: np.ndarray,
        scores: np.ndarray,
        generator: np.random.Generator,
    ) -> Indices:
        if strategy == "random":  # the product's own is the same every time
            return generator.choice(np.flatnonzero(~is_labelled), BATCH, replace=False)
        _, cosines = nearest(self._pool[is_labelled], self._pool, 1)
        return rank(strategy, scores, self._pool, 1 - cosines[:, 0], ~is_labelled, BATCH)


def _summary(curves: list[list[float]], random: list[list[float]]) -> dict[str, Any]:
    means = [statistics.fmean(curve) for curve in curves]
    leads = [mean - statistics.fmean(other) for mean, other in zip(means, random, strict=True)]
    return {
        "accuracy": [round(statistics.fmean(step), 4) for step in zip(*curves, strict=True)],
        "mean_accuracy": round(statistics.fmean(means), 4),
        "lead_over_random": round(statistics.fmean(leads), 4),
        "seeds_ahead": sum(lead > 0 for lead in leads),
    }
