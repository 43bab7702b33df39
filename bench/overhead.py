"""`bench overhead`: speed with live metrics divided by speed without them."""

import argparse
from typing import Any

from bench import data
from bench.arguments import add_one_data, add_shared, add_steps
from bench.children import run_child
from bench.jobs import Overhead, OverheadJob
from bench.machine import Session, say
from bench.sampling import random_batches
from bench.summary import ratios, spread

_BATCH_SIZE = 16


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `bench overhead`."""
    add_shared(parser, "batch_size")
    add_one_data(parser, "r8")
    add_steps(parser, steps=12, repeats=8)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Time the same steps in turns with the product's writer and with a silent observer.

    Both sides share one process: the difference looked for is smaller than that of two processes.
    """
    session = Session.begin(options)
    say(f"{options.data}: {options.repeats} repeats")
    num_texts = len(data.load(options.data.name).indices("train"))
    count = options.warmup + options.steps
    job = OverheadJob(
        engine="ours",
        data=options.data.name,
        max_length=options.data.max_length,
        model_dir=str(session.model_dir),
        place=session.place,
        batch_size=_BATCH_SIZE,
        seed=options.seed,
        settings=options.settings,
        batches=random_batches(num_texts, _BATCH_SIZE, count, options.seed),
        warmup_steps=options.warmup,
        repeats=options.repeats,
    )
    with session.watched():
        found = run_child(job, Overhead)
    figures = {
        "writer_share": found.writer_seconds / sum(found.live_seconds),
        "ratio_silent": ratios(found.silent_seconds, found.live_seconds),
        "tokens_per_second": spread([found.tokens / s for s in found.live_seconds], 1)["median"],
        "live_seconds": list(found.live_seconds),
        "silent_seconds": list(found.silent_seconds),
    }
    return session.report({str(options.data): figures})
