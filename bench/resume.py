"""`bench resume`: runs killed with signal 9 and resumed, against one that was left alone."""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

from bench import data
from bench.arguments import add_one_data, add_shared, whole_number, whole_numbers
from bench.errors import BenchError
from bench.machine import Session, say
from bench.product import Product, kill_at_step, temporary_product
from textcls_core.config import RunConfig
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.runs.history import History
from textcls_core.runs.run import Run
from textcls_core.training.rows import epoch_rows

DEFAULT_STOPS = [*range(4, 80, 4), 79]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `bench resume`."""
    add_shared(parser, "num_epochs", "checkpoint_steps")
    add_one_data(parser, "bbc@64")
    parser.add_argument(
        "--stops", type=whole_numbers, default=DEFAULT_STOPS, help="for example 5,17"
    )
    parser.add_argument("--rows", type=whole_number(16), default=768, help="training rows")
    parser.add_argument("--epochs", type=whole_number(1), default=2)
    parser.add_argument("--checkpoint-steps", type=whole_number(1), default=7)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return how many steps and how far weights differ, for each kill and in all."""
    session = Session.begin(options, is_timed=False)
    with temporary_product() as product:
        dataset = data.subset(data.load(options.data.name), options.rows)
        settings = {
            "dataset": product.import_dataset(dataset, options.data.name),
            "model": str(session.model_dir),
            "max_length": str(options.data.max_length),
            "num_epochs": str(options.epochs),
            "checkpoint_steps": str(options.checkpoint_steps),
            "seed": str(options.seed),
            **options.settings,
        }
        require_inside(options.stops, _num_steps(dataset, settings))
        say(f"{options.data}: undisturbed")
        undisturbed = product.open_run(product.train(settings, "--wait")["run_id"])
        num_steps = undisturbed.history.step
        require_inside(options.stops, num_steps)  # where only the run knows how many it has
        stops = [_disturb(product, settings, stop, undisturbed) for stop in options.stops]
    figures = {
        "num_steps": num_steps,
        "num_stops": len(stops),
        "differing_steps": sum(len(stop["differing_steps"]) for stop in stops),
        "max_weight_difference": max(stop["max_weight_difference"] for stop in stops),
        "stops": stops,
    }
    return session.report({str(options.data): figures})


def _num_steps(dataset: TextDataset, settings: dict[str, str]) -> int:
    """Return the steps of a run before it is made, or more than any has if tokens decide."""
    config = RunConfig.create(settings)
    if config.tokens_per_step:
        return sys.maxsize
    return -(-len(epoch_rows(config, dataset)) // config.documents_per_step) * config.num_epochs


def require_inside(stops: list[int], num_steps: int) -> None:
    """Refuse kills after the end of the run.

    Raises:
        BenchError: If one lies there.
    """
    if stops[-1] >= num_steps:
        raise BenchError(
            f"Expected --stops before the last step, {num_steps}, got {stops[-1]}. Choose earlier "
            "ones, or more --rows or --epochs."
        )


def differing_steps(expected: History, found: History) -> list[int]:
    """Return the steps whose loss or gradient norm is not the same number, or is missing."""
    sides = [
        {row["step"]: (row["train_loss"], row["gradient_norm"]) for row in history.training}
        for history in (expected, found)
    ]
    steps = sorted(set(sides[0]) | set(sides[1]))
    return [step for step in steps if sides[0].get(step) != sides[1].get(step)]


def max_weight_difference(expected: Path, found: Path) -> float:
    """Return the largest difference of any number in the safetensors files that both runs have.

    Raises:
        BenchError: If there is no such file, or a file or tensor of one has no counterpart.
    """
    names = _weight_files(expected)
    if not names or names != _weight_files(found):
        raise BenchError(
            f"Expected the same safetensors files in both runs, found {sorted(names)} and "
            f"{sorted(_weight_files(found))}."
        )
    return max(_difference(expected / name, found / name) for name in names)


def _disturb(
    product: Product, settings: dict[str, str], stop: int, undisturbed: Run
) -> dict[str, Any]:
    """Kill a new run at a step, resume it, and compare it with the undisturbed one."""
    say(f"Killed at step {stop}")
    run = product.open_run(product.train(settings)["run_id"])
    killed_at = kill_at_step(run, stop)
    answer = product.call("runs", "resume", run.run_id, "--wait")
    return {
        "stop": stop,
        "killed_at": killed_at,
        "status": answer["status"],
        "differing_steps": differing_steps(undisturbed.history, run.history),
        "max_weight_difference": max_weight_difference(undisturbed.folder, run.folder),
    }


def _weight_files(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*.safetensors")}


def _difference(expected: Path, found: Path) -> float:
    from safetensors.numpy import load_file

    left, right = load_file(expected), load_file(found)
    if left.keys() != right.keys() or any(left[key].shape != right[key].shape for key in left):
        raise BenchError(f"Expected the same tensors in {expected.name} of both runs.")
    gaps = [np.abs(left[key].astype(np.float64) - right[key]).max() for key in left]
    return float(max(gaps, default=0.0))
