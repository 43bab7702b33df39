"""`bench accuracy`: test accuracy of whole runs of the product, seed by seed."""

import argparse
import statistics
import time
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from bench import data
from bench.arguments import DataSpec, add_data, add_shared, chosen_data, share, whole_number
from bench.children import run_child
from bench.jobs import Course, TargetJob
from bench.machine import Session, say
from bench.product import Product, temporary_product
from bench.summary import mean_and_deviation
from textcls_core.config import PRESETS
from textcls_core.workspace import Workspace

DEFAULT_PEER_EPOCHS, DEFAULT_PEER_RATE = 3, 5e-5
"""Those of `TrainingArguments`."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `bench accuracy`."""
    add_shared(parser)
    add_data(parser, "r8")
    parser.add_argument("--preset", choices=PRESETS, default="best")
    parser.add_argument("--seeds", type=whole_number(1), default=5, help="runs of ours")
    parser.add_argument("--peer-seeds", type=whole_number(0), default=0, help="runs of P0")
    parser.add_argument("--peer-epochs", type=whole_number(1), default=DEFAULT_PEER_EPOCHS)
    parser.add_argument("--peer-learning-rate", type=share, default=DEFAULT_PEER_RATE)
    parser.add_argument(
        "--workspace",
        type=Path,
        help="keep the runs there: ended ones are not trained again, broken-off ones go on",
    )


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return accuracy and minutes per seed, and the difference to P0 on the same seeds."""
    session = Session.begin(options)
    figures = {}
    with _product(options.workspace) as product:
        for spec in chosen_data(options):
            figures[str(spec)] = _measure_set(session, product, spec, options)
    return session.report(figures)


def _product(folder: Path | None) -> AbstractContextManager[Product]:
    """Give the product the workspace that is kept, or one for this measurement only."""
    if folder is None:
        return temporary_product()
    return nullcontext(Product(Workspace(folder.resolve())))


def _measure_set(
    session: Session, product: Product, spec: DataSpec, options: argparse.Namespace
) -> dict[str, Any]:
    fingerprint = product.import_dataset(data.load(spec.name), spec.name)
    settings = {
        "dataset": fingerprint,
        "model": str(session.model_dir),
        "preset": options.preset,
        "max_length": str(_max_length(spec, options)),
        **options.settings,
    }
    seeds = range(options.seed, options.seed + options.seeds)
    peer_seeds = range(options.seed, options.seed + options.peer_seeds)
    runs, peer_runs = [], []
    for seed in range(options.seed, max(seeds.stop, peer_seeds.stop)):  # in turns
        if seed in seeds:
            runs.append(_run(session, product, spec, {**settings, "seed": str(seed)}))
        if seed in peer_seeds:
            peer_runs.append(_peer_run(session, spec, seed, options))
    accuracies = [run["accuracy"] for run in runs]
    timed = [run["minutes"] for run in runs if run["minutes"] is not None]
    figures = {
        "preset": options.preset,
        "max_length": _max_length(spec, options),
        "seeds": list(seeds),
        "accuracy": mean_and_deviation(accuracies),
        "minutes_per_run": max(timed, default=None),
        "runs": runs,
    }
    if peer_runs:
        figures |= _compare(accuracies, peer_runs, options)
    return figures


def _max_length(spec: DataSpec, options: argparse.Namespace) -> int:
    """Return the tokens read of each text: the preset decides unless a length was written."""
    return spec.max_length if spec.is_length_given else PRESETS[options.preset]["max_length"]


def _run(
    session: Session, product: Product, spec: DataSpec, settings: dict[str, str]
) -> dict[str, Any]:
    """Train once with the product; the minutes are those of the whole command, if it is one."""
    say(f"{spec}: ours, seed {settings['seed']}")
    earlier = product.earlier_run(settings)
    minutes = None
    if earlier:
        answer = product.complete(earlier)
    else:
        with session.watched():
            start = time.perf_counter()
            answer = product.train(settings, "--wait")
            minutes = round((time.perf_counter() - start) / 60, 2)
    say(f"{spec}: accuracy {answer['test']['accuracy']:.4f}")  # whoever stops it has the figures
    return {
        "seed": int(settings["seed"]),
        "accuracy": answer["test"]["accuracy"],
        "macro_f1": answer["test"]["macro_f1"],
        "minutes": minutes,
        "train_seconds": answer["train_seconds"],
        "tokens_per_second": answer["tokens_per_second"],
    }


def _peer_run(
    session: Session, spec: DataSpec, seed: int, options: argparse.Namespace
) -> dict[str, Any]:
    say(f"{spec}: p0, seed {seed}")
    job = TargetJob(
        engine="p0",
        data=spec.name,
        max_length=_max_length(spec, options),
        model_dir=str(session.model_dir),
        place=session.peer_place("p0"),
        seed=seed,
        num_epochs=options.peer_epochs,
        learning_rate=options.peer_learning_rate,
        evaluation_steps=0,
    )
    with session.watched():
        last = run_child(job, Course).looks[-1]
    minutes = round(last.seconds / 60, 2)
    return {"seed": seed, "accuracy": last.accuracy, "train_minutes": minutes}


def _compare(
    accuracies: list[float], peer_runs: list[dict[str, Any]], options: argparse.Namespace
) -> dict[str, Any]:
    """Return P0's figures and the mean difference on the seeds that both have."""
    pairs = zip(accuracies, (run["accuracy"] for run in peer_runs), strict=False)
    return {
        "difference_p0": round(statistics.fmean(ours - theirs for ours, theirs in pairs), 5),
        "p0_accuracy": mean_and_deviation([run["accuracy"] for run in peer_runs]),
        "p0_epochs": options.peer_epochs,
        "p0_learning_rate": options.peer_learning_rate,
        "p0_runs": peer_runs,
    }
