"""`bench train` and `bench util`: speed of training steps against the peers and the machine."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bench import data
from bench.arguments import DataSpec, add_data, add_shared, add_steps, chosen_data, peers
from bench.children import run_child
from bench.jobs import Engine, Peer, StepJob, Timing
from bench.machine import Session, say
from bench.sampling import Batches, grouped_batches, random_batches, regrouped_batches
from bench.summary import ratios, spread
from textcls_core.arrays import Lengths
from textcls_core.models.token_lengths import token_lengths

_BATCH_SIZE = 16
Block = tuple[Engine, bool]
"""An engine, and whether it trains on the batches of length grouping."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `bench train`."""
    add_shared(parser, "batch_size")
    add_data(parser, "r8,20ng,bbc,tweets")
    add_steps(parser, steps=8, repeats=5)
    parser.add_argument(
        "--peers", type=peers, default="p0,p1,p2", help="out of p0, p1, p2 (default: all)"
    )
    parser.add_argument(
        "--peer-bf16",
        action="store_true",
        help="P1 and P2 in bf16 even where it is slower than fp32",
    )
    parser.add_argument(
        "--grouping",
        choices=["all", "timed"],
        default="all",
        help="what length grouping of P1 and P2 sees: all training texts, as in a real run, or "
        "only the timed ones, which leaves them most of the padding",
    )


def add_share_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `bench util`."""
    add_shared(parser, "batch_size")
    add_data(parser, "r8")
    add_steps(parser, steps=16, repeats=3)


@dataclass
class Blocks:
    """The measured blocks of one data set; every repeat draws its own batches."""

    session: Session
    spec: DataSpec
    options: argparse.Namespace

    @cached_property
    def lengths(self) -> Lengths:
        """Tokens of every training text after truncation, shape (N,)."""
        dataset = data.load(self.spec.name)
        texts = dataset.texts(dataset.indices("train"))
        uncut = token_lengths(texts, self.session.model_dir)
        return np.asarray(np.minimum(uncut, self.spec.max_length))

    def batches(self, repeat: int, *, is_grouped: bool) -> Batches:
        """Return the batches of one repeat, warm-up first."""
        count = self.options.warmup + self.options.steps
        seed = self.options.seed + repeat
        if is_grouped and self.options.grouping == "all":
            return grouped_batches(self.lengths, _BATCH_SIZE, count, seed)
        batches = random_batches(len(self.lengths), _BATCH_SIZE, count, seed)
        return regrouped_batches(self.lengths, batches, seed) if is_grouped else batches

    def measure(self, engine: Engine, repeat: int, *, is_grouped: bool) -> Timing:
        """Time the steps of one engine in a process of its own."""
        is_headline = engine == "ours" and not is_grouped
        say(f"{self.spec}: repeat {repeat + 1}, {engine}{', grouped texts' * is_grouped}")
        timing = run_child(
            StepJob(
                engine=engine,
                data=self.spec.name,
                max_length=self.spec.max_length,
                model_dir=str(self.session.model_dir),
                place=self.session.peer_place(engine),
                batch_size=_BATCH_SIZE,
                seed=self.options.seed + repeat,
                settings=self.options.settings if engine == "ours" else {},
                batches=self.batches(repeat, is_grouped=is_grouped),
                warmup_steps=self.options.warmup,
                measures_peak=is_headline,
            ),
            Timing,
        )
        if is_headline:
            self.session.note_drift(*timing.peaks_gflops)
        return timing


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return useful tokens per second of ours divided by each peer's, per data set."""
    session = Session.begin(options)
    figures = {str(spec): _compare(Blocks(session, spec, options)) for spec in chosen_data(options)}
    return session.report(figures)


def measure_useful_share(options: argparse.Namespace) -> dict[str, Any]:
    """Return the share of the machine's matmul peak that goes into useful work, per data set."""
    session = Session.begin(options)
    figures = {}
    for spec in chosen_data(options):
        blocks = Blocks(session, spec, options)
        timings = [
            blocks.measure("ours", repeat, is_grouped=False) for repeat in range(options.repeats)
        ]
        weights = {"num_encoder_weights": session.encoder.num_weights}
        figures[str(spec)] = {**_shares(timings), **weights, "precision": session.place.precision}
    return session.report(figures)


def _compare(blocks: Blocks) -> dict[str, Any]:
    """Measure all blocks of a data set, repeat by repeat, in turns."""
    chosen: Sequence[Peer] = blocks.options.peers
    order = _order(chosen)
    timings: dict[Block, list[Timing]] = {block: [] for block in order}
    for repeat in range(blocks.options.repeats):
        for engine, is_grouped in order if repeat % 2 == 0 else order[::-1]:
            timing = blocks.measure(engine, repeat, is_grouped=is_grouped)
            timings[engine, is_grouped].append(timing)
    compared = {f"ratio_{peer}": ratios(*_speeds(timings, peer)) for peer in chosen}
    headline = timings["ours", False]
    return {
        "max_length": blocks.spec.max_length,
        "batch_size": _BATCH_SIZE,
        "steps": blocks.options.steps,
        "repeats": blocks.options.repeats,
        "grouping": blocks.options.grouping,
        **compared,
        **_shares(headline),
        "engines": {_title(block): _figures(timings[block]) for block in order},
    }


def _order(peers: Sequence[Peer]) -> list[Block]:
    """Return the blocks of a repeat: ours next to each kind of batches it is compared on."""
    grouped: list[Block] = [(peer, True) for peer in peers if peer != "p0"]
    plain: list[Block] = [("p0", False)] if "p0" in peers else []
    return [("ours", False), *plain, *([("ours", True), *grouped] if grouped else [])]


def _speeds(timings: dict[Block, list[Timing]], peer: Peer) -> tuple[list[float], list[float]]:
    """Return tokens per second of ours and of a peer on the same texts, repeat by repeat."""
    is_grouped = peer != "p0"
    ours, theirs = timings["ours", is_grouped], timings[peer, is_grouped]
    return [t.tokens_per_second for t in ours], [t.tokens_per_second for t in theirs]


def _shares(timings: Sequence[Timing]) -> dict[str, Any]:
    """Return speed, and the shares of the peak that useful and executed work have."""
    peaks = [max(timing.peaks_gflops) for timing in timings]
    useful = [timing.work.flops / timing.seconds / 1e9 for timing in timings]
    executed = [timing.work.computed_flops / timing.seconds / 1e9 for timing in timings]
    shares = ratios(useful, peaks)
    return {
        "tokens_per_second": spread([t.tokens_per_second for t in timings], 1)["median"],
        "useful_share": shares["median"],
        "useful_share_spread": shares,
        "executed_share": ratios(executed, peaks),
        "useful_gflops": spread(useful, 1),
        "peak_gflops": spread(peaks, 1)["median"],
        "pad_share": round(_pad_share(timings), 4),
    }


def _figures(timings: Sequence[Timing]) -> dict[str, Any]:
    return {
        "tokens_per_second": spread([timing.tokens_per_second for timing in timings], 1),
        "seconds": [round(timing.seconds, 3) for timing in timings],
        "tokens": [timing.work.tokens for timing in timings],
        "pad_share": round(_pad_share(timings), 4),
    }


def _pad_share(timings: Sequence[Timing]) -> float:
    """Return the share of padding in all computed tokens."""
    tokens = sum(timing.work.tokens for timing in timings)
    return 1 - tokens / sum(timing.work.computed_tokens for timing in timings)


def _title(block: Block) -> str:
    engine, is_grouped = block
    return "ours_on_grouped_texts" if engine == "ours" and is_grouped else engine
