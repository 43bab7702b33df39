"""`bench label-issues`: how well planted wrong labels are found, beside cleanlab.

A share of the labels is flipped, each to another class drawn uniformly. Average precision says how
far at the head of a queue the flipped rows stand. The plain method is self-confidence of a logistic
regression on the same embeddings over five folds. cleanlab is given both the probabilities that our
scores come from and those of the plain method, and its better ranking counts.
"""

import argparse
import importlib.util
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bench import data
from bench.arguments import share, whole_number
from bench.errors import BenchError
from bench.machine import say
from textcls_core.arrays import Embeddings, LabelIds, Losses, Mask, Probabilities
from textcls_core.dataset.columns import ColumnChoice
from textcls_core.dataset.importing import ImportPlan, import_tables
from textcls_core.dataset.reading import read_table
from textcls_core.dataset.text_dataset import SCHEMA, TextDataset
from textcls_core.embeddings.encoder import TextEncoder
from textcls_core.embeddings.source import open_source
from textcls_core.embeddings.store import MAX_TOKENS
from textcls_core.jobs.progress import ignore
from textcls_core.mistakes.label_issues.confident import self_confidence
from textcls_core.mistakes.label_issues.heads import NUM_FOLDS, deal_folds, same_text_groups
from textcls_core.mistakes.label_issues.opinions import fused_opinion, gather
from textcls_core.workspace import APP_DIR, Workspace

NAMES = ("banking77", data.BBC)
_BANKING77 = Path("banking77") / "train.csv"
_BANKING77_ROWS = 10_003
_CLEANLAB = "cleanlab==2.9.0"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `bench label-issues`."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--data", type=_names, default=",".join(NAMES), metavar="NAME,…")
    parser.add_argument("--seeds", type=seeds, default="0,1,2", help="of the flipped labels")
    parser.add_argument("--noise", type=share, default=0.1, help="share of labels to flip")
    parser.add_argument("--model", default="minilm", help="minilm, a folder or a hub name")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return average precision and seconds of every method, data set by data set."""
    has_peer = importlib.util.find_spec("cleanlab") is not None
    if not has_peer:
        say(f"cleanlab is not installed; to compare with it: pip install {_CLEANLAB}")
    figures = {name: _measure_set(name, options, has_peer=has_peer) for name in options.data}
    return {"noise": options.noise, "model": options.model, **figures}


def _measure_set(name: str, options: argparse.Namespace, *, has_peer: bool) -> dict[str, Any]:
    dataset = load(name)
    say(f"{name}: embedding {dataset.num_examples:,} texts")
    start = time.perf_counter()
    source = open_source(Workspace.default(), options.model)
    vectors = TextEncoder.load(source, MAX_TOKENS).encode(dataset.texts())
    seconds = time.perf_counter() - start
    runs = []
    for seed in options.seeds:
        say(f"{name}: seed {seed}")
        runs.append(_measure_seed(dataset, vectors, seed, options.noise, has_peer=has_peer))
    methods = [key for key in runs[0] if key.startswith("average_precision")]
    return {
        "rows": dataset.num_examples,
        "classes": dataset.num_labels,
        "embedding_seconds": round(seconds, 2),
        **{method: summary([run[method] for run in runs]) for method in methods},
        "seconds": round(statistics.fmean(run["seconds"] for run in runs), 2),
        "self_confidence_seconds": round(
            statistics.fmean(run["self_confidence_seconds"] for run in runs), 2
        ),
        "runs": runs,
    }


def _measure_seed(
    dataset: TextDataset, vectors: Embeddings, seed: int, noise: float, *, has_peer: bool
) -> dict[str, Any]:
    noisy, flipped = plant_noise(dataset, noise, seed)
    start = time.perf_counter()
    fusion = fused_opinion(gather(noisy, vectors, {}, ignore), ignore)
    ours = 1 - self_confidence(fusion.probabilities, noisy.label_ids)
    middle = time.perf_counter()
    plain = plain_probabilities(noisy, vectors)
    end = time.perf_counter()
    figures = {
        "seed": seed,
        "flipped": int(flipped.sum()),
        "average_precision": average_precision(flipped, ours),
        "average_precision_self_confidence": average_precision(
            flipped, -self_confidence(plain, noisy.label_ids)
        ),
        "seconds": round(middle - start, 2),
        "self_confidence_seconds": round(end - middle, 2),
    }
    if has_peer:
        same, own = fusion.probabilities, plain
        figures["average_precision_cleanlab"] = _cleanlab(flipped, same, noisy.label_ids)
        figures["average_precision_cleanlab_plain"] = _cleanlab(flipped, own, noisy.label_ids)
    return figures


def plant_noise(dataset: TextDataset, noise: float, seed: int) -> tuple[TextDataset, Mask]:
    """Return a data set with flipped labels, and which rows were flipped.

    Args:
        dataset: One label per row.
        noise: Share of the rows whose label becomes another one, drawn uniformly.
        seed: Of the draws.
    """
    generator = np.random.default_rng(seed)
    label_ids = dataset.label_ids.copy()
    rows = generator.permutation(len(label_ids))[: round(noise * len(label_ids))]
    label_ids[rows] += generator.integers(1, dataset.num_labels, len(rows))
    label_ids %= dataset.num_labels
    column = SCHEMA.get_field_index("label_ids")
    labels = pa.array(label_ids[:, None].tolist(), SCHEMA.field(column).type)
    table = dataset.table.set_column(column, SCHEMA.field(column), labels)
    flipped = np.isin(np.arange(len(label_ids)), rows)
    return TextDataset(table, dataset.label_names, dataset.task), flipped


def plain_probabilities(dataset: TextDataset, vectors: Embeddings) -> Probabilities:
    """Return what a logistic regression on embeddings says, five folds, scikit-learn's defaults."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import PredefinedSplit, cross_val_predict

    groups = same_text_groups(dataset.texts())
    folds = deal_folds(groups, dataset.label_ids, NUM_FOLDS, seed=0)
    head = LogisticRegression(max_iter=1_000)
    split = PredefinedSplit(folds)
    found = cross_val_predict(head, vectors, dataset.label_ids, cv=split, method="predict_proba")
    return np.asarray(found)


def _cleanlab(flipped: Mask, probabilities: Probabilities, label_ids: LabelIds) -> float:
    """Return the average precision of the better one of cleanlab's rankings."""
    from cleanlab.rank import get_label_quality_scores

    methods = ("self_confidence", "normalized_margin")
    return max(
        average_precision(
            flipped, -get_label_quality_scores(label_ids, probabilities, method=method)
        )
        for method in methods
    )


def average_precision(flipped: Mask, scores: Losses) -> float:
    """Return how far at the head of a queue the flipped rows stand, in [0, 1]."""
    from sklearn.metrics import average_precision_score

    return round(float(average_precision_score(flipped, scores)), 5)


def summary(values: list[float]) -> dict[str, float]:
    """Return mean and smallest of the figures of all seeds."""
    return {"mean": round(statistics.fmean(values), 5), "min": min(values)}


def load(name: str) -> TextDataset:
    """Return one of the data sets of `NAMES`.

    Raises:
        BenchError: If its file is missing or another one.
    """
    if name == data.BBC:
        return data.load(name)
    places = (data.cache_dir(), APP_DIR.parent / "shared/data", APP_DIR.parents[1] / "shared/data")
    file = next((place / _BANKING77 for place in places if (place / _BANKING77).exists()), None)
    if file is None:
        raise BenchError(
            f"Expected {_BANKING77} in {places[0]}, found none. Put the training file of "
            "PolyAI's task-specific-datasets (banking_data) there."
        )
    table = read_table(file)
    choice = ColumnChoice(text="text", label="category")
    dataset = import_tables(table, None, ImportPlan(columns=choice)).dataset
    if dataset.num_examples != _BANKING77_ROWS:
        raise BenchError(
            f"Expected {_BANKING77_ROWS:,} rows in {file}, found {dataset.num_examples:,}."
        )
    return dataset


def _names(text: str) -> list[str]:
    words = [word.strip() for word in text.split(",")]
    unknown = [word for word in words if word not in NAMES]
    if unknown:
        raise argparse.ArgumentTypeError(
            f'expected data sets out of {", ".join(NAMES)}, got "{unknown[0]}"'
        )
    return words


def seeds(text: str) -> list[int]:
    """Read numbers separated by commas."""
    return [whole_number(0)(word.strip()) for word in text.split(",")]
