"""`bench near`: near-duplicates of planted texts, ours against datasketch, in turns."""

import argparse
from typing import Any

from bench.arguments import share, whole_number
from bench.children import run_child
from bench.jobs import NearEngine, NearFound, NearJob
from bench.machine import MAX_LOAD, machine_facts, require_quiet, say
from bench.near_data import Planted, near, plant
from bench.summary import ratios, spread

_ENGINES: tuple[NearEngine, ...] = ("ours", "datasketch")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `bench near`."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rows", type=whole_number(100), default=100_000, help="texts")
    parser.add_argument("--threshold", type=share, default=0.8, help="least Jaccard index")
    parser.add_argument("--repeats", type=whole_number(1), default=3)
    parser.add_argument("--seed", type=whole_number(0), default=0)
    parser.add_argument("--no-peer", action="store_true", help="leave datasketch out")
    parser.add_argument(
        "--allow-load", action="store_true", help="measure on a busy machine; figures are void"
    )


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return seconds, recall and precision of both, and how often faster ours is."""
    load = require_quiet(is_allowed=options.allow_load)
    engines = _ENGINES[:1] if options.no_peer else _ENGINES
    found: dict[NearEngine, list[NearFound]] = {engine: [] for engine in engines}
    for repeat in range(options.repeats):
        for engine in engines:
            say(f"{engine}, {repeat + 1} of {options.repeats}")
            job = NearJob(
                engine=engine,
                num_rows=options.rows,
                seed=options.seed,
                threshold=options.threshold,
            )
            found[engine].append(run_child(job, NearFound))
    planted = plant(options.rows, options.seed)
    figures: dict[str, Any] = {"rows": options.rows, "threshold": options.threshold}
    for engine in engines:
        figures[engine] = quality(planted, found[engine][0].pairs, options.threshold) | {
            "seconds": spread([one.seconds for one in found[engine]]),
            "peak_memory_mb": round(max(one.peak_memory_bytes for one in found[engine]) / 2**20),
        }
    if not options.no_peer:
        seconds = {engine: [one.seconds for one in found[engine]] for engine in engines}
        figures["ratio_datasketch"] = ratios(seconds["datasketch"], seconds["ours"])
    void = [f"The load average was {load:.2f} at the start."] if load > MAX_LOAD else []
    return {**figures, "machine": {**machine_facts(), "load_before": load}, "void": void}


def quality(
    planted: Planted, found: tuple[tuple[int, int], ...], threshold: float
) -> dict[str, Any]:
    """Return how many of the near planted pairs were found, and how many found pairs are near.

    Whether a pair is near is counted anew, word by word, by other code than the product's.
    """
    wanted = near(planted.texts, map(tuple, planted.pairs.tolist()), threshold)
    right = near(planted.texts, found, threshold)
    return {
        "planted_pairs": len(wanted),
        "found_pairs": len(found),
        "recall": round(len(wanted & set(found)) / max(len(wanted), 1), 5),
        "precision": round(len(right) / max(len(found), 1), 5),
    }
