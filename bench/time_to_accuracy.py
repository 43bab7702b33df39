"""`bench time-to-acc`: training time until a test accuracy is reached, ours and P0.

Both train the same rows for the same number of epochs at the same peak learning rate; both look at
the test rows after the same steps. The clock stands still while they look.
"""

import argparse
from typing import Any

from bench.arguments import DataSpec, add_one_data, add_shared, share, whole_number
from bench.children import run_child
from bench.jobs import Course, Engine, TargetJob
from bench.machine import Session, say
from bench.summary import ratios


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `bench time-to-acc`."""
    add_shared(parser, "batch_size", "num_epochs", "learning_rate")
    add_one_data(parser, "r8")
    parser.add_argument("--target", type=share, default=0.97, help="test accuracy to reach")
    parser.add_argument("--epochs", type=whole_number(1), default=3)
    parser.add_argument("--learning-rate", type=share, default=5e-5)
    parser.add_argument("--every", type=whole_number(1), default=25, help="steps between looks")
    parser.add_argument("--repeats", type=whole_number(1), default=3, help="seeds")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return the seconds of both until the target, and their ratio where both reach it."""
    session = Session.begin(options)
    pairs = [_measure_pair(session, n, options) for n in range(options.repeats)]
    figures: dict[str, Any] = {
        "target": options.target,
        "max_length": options.data.max_length,
        "epochs": options.epochs,
        "learning_rate": options.learning_rate,
        "evaluation_time": "excluded on both sides",
        "ratio_p0": _ratio(pairs),
        "seeds": pairs,
    }
    return session.report({str(options.data): figures})


def _measure_pair(session: Session, repeat: int, options: argparse.Namespace) -> dict[str, Any]:
    """Train with both engines in turns; return when each reached the target, or None."""
    seed = options.seed + repeat
    result: dict[str, Any] = {"seed": seed}
    engines: tuple[Engine, ...] = ("ours", "p0")
    for engine in engines if repeat % 2 == 0 else engines[::-1]:
        say(f"{options.data}: {engine}, seed {seed}")
        with session.watched():
            course = run_child(_job(session, engine, seed, options), Course)
        reached = course.reached(options.target)
        result[f"{engine}_seconds"] = reached.seconds if reached else None
        result[f"{engine}_step"] = reached.step if reached else None
        result[f"{engine}_looks"] = [look.model_dump() for look in course.looks]
    return result


def _job(session: Session, engine: Engine, seed: int, options: argparse.Namespace) -> TargetJob:
    spec: DataSpec = options.data
    return TargetJob(
        engine=engine,
        data=spec.name,
        max_length=spec.max_length,
        model_dir=str(session.model_dir),
        place=session.peer_place(engine),
        seed=seed,
        settings=options.settings if engine == "ours" else {},
        num_epochs=options.epochs,
        learning_rate=options.learning_rate,
        evaluation_steps=options.every,
        target=options.target,
    )


def _ratio(pairs: list[dict[str, Any]]) -> dict[str, float] | None:
    """Return the ratios of the seeds in which both reached the target."""
    both = [
        (pair["ours_seconds"], pair["p0_seconds"])
        for pair in pairs
        if pair["ours_seconds"] and pair["p0_seconds"]
    ]
    return ratios([ours for ours, _ in both], [theirs for _, theirs in both]) if both else None
