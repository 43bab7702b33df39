"""`bench dist`: the loss of several processes divided by that of one, ours and P0.

Dropout draws other numbers in other processes, so the model is copied without any, and the loss
of equal texts must be equal.
"""

import argparse
import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import data
from bench.arguments import add_one_data, add_shared, whole_number
from bench.children import run_child
from bench.errors import BenchError
from bench.jobs import Place, StepJob, Timing
from bench.machine import Session, say
from bench.product import temporary_product
from bench.sampling import random_batches

_DROPOUTS = ("hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout")
_TEXTS_PER_STEP = 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `bench dist`."""
    add_shared(parser, "batch_size")
    add_one_data(parser, "bbc@128")
    parser.add_argument("--nproc", type=whole_number(2), default=2, help="processes")
    parser.add_argument("--steps", type=whole_number(1), default=8)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return the loss ratios of the first step and the one farthest from 1."""
    if _TEXTS_PER_STEP % options.nproc:
        raise BenchError(
            f"Expected --nproc to divide the {_TEXTS_PER_STEP} texts of a step, "
            f"got {options.nproc}."
        )
    session = Session.begin(options, is_timed=False)
    with tempfile.TemporaryDirectory() as folder:
        model_dir = without_dropout(session.model_dir, Path(folder) / "model")
        figures = {
            "num_processes": options.nproc,
            "precision": "fp32",
            "ours": loss_ratios(*_our_losses(model_dir, options)),
            "p0": loss_ratios(*_peer_losses(model_dir, session, options)),
        }
    return session.report({str(options.data): figures})


def without_dropout(model_dir: Path, copy: Path) -> Path:
    """Return a copy of a model that drops nothing in training."""
    shutil.copytree(model_dir, copy)
    config = json.loads((copy / "config.json").read_text())
    config |= {name: 0.0 for name in _DROPOUTS if name in config}
    (copy / "config.json").write_text(json.dumps(config))
    return copy


def loss_ratios(alone: Sequence[float], together: Sequence[float]) -> dict[str, Any]:
    """Return the loss of several processes divided by that of one.

    Raises:
        BenchError: If there are no losses, or not as many on both sides.
    """
    if not alone or len(alone) != len(together):
        raise BenchError(
            f"Expected as many losses of one process as of several, got {len(alone)} and "
            f"{len(together)}."
        )
    ratios: list[float] = [many / one for one, many in zip(alone, together, strict=True)]
    return {
        "loss_ratio": round(ratios[0], 7),
        "worst_loss_ratio": round(sorted(ratios, key=_distance)[-1], 7),
        "losses_alone": list(alone),
        "losses_together": list(together),
    }


def _distance(ratio: float) -> float:
    return abs(ratio - 1)


def _our_losses(model_dir: Path, options: argparse.Namespace) -> tuple[list[float], list[float]]:
    """Return the losses of whole runs of the product with one and with several processes."""
    losses = []
    with temporary_product() as product:
        dataset = data.subset(data.load(options.data.name), _TEXTS_PER_STEP * options.steps)
        fingerprint = product.import_dataset(dataset, options.data.name)
        for num_processes in (1, options.nproc):
            say(f"{options.data}: ours, {num_processes} processes")
            settings = {
                "dataset": fingerprint,
                "model": str(model_dir),
                "max_length": str(options.data.max_length),
                "num_epochs": "1",
                "batch_size": str(_TEXTS_PER_STEP // num_processes),
                "num_processes": str(num_processes),
                "precision": "fp32",
                "seed": str(options.seed),
                **options.settings,
            }
            run = product.open_run(product.train(settings, "--wait")["run_id"])
            losses.append([float(row["train_loss"]) for row in run.history.training])
    return losses[0], losses[1]


def _peer_losses(
    model_dir: Path, session: Session, options: argparse.Namespace
) -> tuple[list[float], list[float]]:
    """Return the losses that P0 logs with one and with several processes on the same texts."""
    dataset = data.load(options.data.name)
    num_texts = len(dataset.indices("train"))
    batches = random_batches(num_texts, _TEXTS_PER_STEP, options.steps, options.seed)
    losses = []
    for num_processes in (1, options.nproc):
        say(f"{options.data}: p0, {num_processes} processes")
        job = StepJob(
            engine="p0",
            data=options.data.name,
            max_length=options.data.max_length,
            model_dir=str(model_dir),
            place=Place(device=session.place.device, precision="fp32"),
            batch_size=_TEXTS_PER_STEP // num_processes,
            seed=options.seed,
            batches=batches,
            warmup_steps=0,
            logs_losses=True,
        )
        losses.append(list(run_child(job, Timing, num_processes).losses))
    return losses[0], losses[1]
