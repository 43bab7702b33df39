"""`python -m bench NAME [--json]`: run one measurement and print its figures.

Exit codes: 0 done, 1 done but the figures are void, 2 bad arguments or a busy machine.
"""

import argparse
import json
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from bench import (
    accuracy,
    active_learning,
    distributed,
    explore,
    label_dynamics,
    label_issues,
    machine,
    memory,
    near,
    overhead,
    relabel,
    resume,
    similar,
    time_to_accuracy,
    train,
)
from bench.arguments import add_shared, whole_number
from bench.summary import lines
from textcls_core.errors import TextclsError

Figures = dict[str, Any]
_TERMINATED = 128 + signal.SIGTERM


@dataclass(frozen=True, slots=True)
class Bench:
    """One measurement: what it says about itself, its arguments, and what it does."""

    help: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    measure: Callable[[argparse.Namespace], Figures]


def _measure_pages(options: argparse.Namespace) -> Figures:  # noqa: ARG001 - it has none
    from bench import pages  # needs a browser library that the other measurements do not

    return pages.measure()


def _measure_attention(options: argparse.Namespace) -> Figures:
    from bench import attention  # needs a browser library that the other measurements do not

    return attention.measure(options)


def _measure_audit(options: argparse.Namespace) -> Figures:
    from bench import audit  # the checks bring libraries that the other measurements do not need

    return audit.measure(options)


def _measure_evaluation(options: argparse.Namespace) -> Figures:
    from bench import evaluation  # makes its rows with the audit's

    return evaluation.measure(options)


def _measure_mistakes(options: argparse.Namespace) -> Figures:
    from bench import mistakes  # brings Streamlit, and makes its rows with the audit's

    return mistakes.measure(options)


def _add_mistakes_arguments(parser: argparse.ArgumentParser) -> None:
    _add_json(parser)
    parser.add_argument("--rows", type=whole_number(1_000), default=100_000, help="test rows")
    parser.add_argument("--classes", type=whole_number(2), default=20)
    parser.add_argument("--repeats", type=whole_number(1), default=3, help="fresh servers")
    parser.add_argument("--no-browser", action="store_true", help="leave Chromium out")


def _add_evaluation_arguments(parser: argparse.ArgumentParser) -> None:
    _add_json(parser)
    parser.add_argument("--rows", type=whole_number(100), default=100_000, help="test rows")
    parser.add_argument("--classes", type=whole_number(2), default=20)
    parser.add_argument(
        "--matrix-classes", type=whole_number(2), default=150, help="of the run for the matrix"
    )
    parser.add_argument("--repeats", type=whole_number(1), default=3)
    parser.add_argument("--no-browser", action="store_true", help="leave the app out")


def _add_audit_arguments(parser: argparse.ArgumentParser) -> None:
    _add_json(parser)
    parser.add_argument("--rows", type=whole_number(100), default=10_000, help="rows to audit")
    parser.add_argument("--model", default="minilm", help="minilm, a folder, or none")


def _measure_explain(options: argparse.Namespace) -> Figures:
    from bench import explain  # brings torch into this process, which the others keep out

    return explain.measure(options)


def _add_explain_arguments(parser: argparse.ArgumentParser) -> None:
    add_shared(parser)
    parser.add_argument("--docs", type=whole_number(1), default=20, help="texts of BBC News")
    parser.add_argument("--steps", type=whole_number(1), default=32, help="of both")
    parser.add_argument("--max-len", type=whole_number(8), default=400, help="tokens of a text")


def _add_attention_arguments(parser: argparse.ArgumentParser) -> None:
    _add_json(parser)
    parser.add_argument("--run", default="", help="id; else what reads the longest texts")


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON object")


BENCHES = {
    "train": Bench("useful tokens/s against the peers", train.add_arguments, train.measure),
    "util": Bench(
        "share of the matmul peak in useful work",
        train.add_share_arguments,
        train.measure_useful_share,
    ),
    "accuracy": Bench("test accuracy of whole runs", accuracy.add_arguments, accuracy.measure),
    "time-to-acc": Bench(
        "training time until a test accuracy",
        time_to_accuracy.add_arguments,
        time_to_accuracy.measure,
    ),
    "resume": Bench("exactness after kill -9", resume.add_arguments, resume.measure),
    "dist": Bench(
        "loss of several processes against one", distributed.add_arguments, distributed.measure
    ),
    "overhead": Bench("cost of live metrics", overhead.add_arguments, overhead.measure),
    "memory": Bench("peak memory of training", memory.add_arguments, memory.measure),
    "label-dynamics": Bench(
        "whether training dynamics find planted wrong labels",
        label_dynamics.add_arguments,
        label_dynamics.measure,
    ),
    "label-issues": Bench(
        "how well planted wrong labels are found", label_issues.add_arguments, label_issues.measure
    ),
    "relabel": Bench(
        "accuracy that accepting label suggestions wins back",
        relabel.add_arguments,
        relabel.measure,
    ),
    "peak": Bench("matmul peak of this machine", add_shared, machine.measure_peak),
    "mistakes": Bench(
        "filters and steps among many examples", _add_mistakes_arguments, _measure_mistakes
    ),
    "near": Bench("near-duplicates against datasketch", near.add_arguments, near.measure),
    "audit": Bench("seconds of every check of an audit", _add_audit_arguments, _measure_audit),
    "evaluation": Bench(
        "intervals, and how soon the Evaluate page shows them",
        _add_evaluation_arguments,
        _measure_evaluation,
    ),
    "explain": Bench(
        "integrated gradients beside Captum's", _add_explain_arguments, _measure_explain
    ),
    "attention": Bench(
        "how soon attention stands on the page, and how it follows the pointer",
        _add_attention_arguments,
        _measure_attention,
    ),
    "active-learning": Bench(
        "labels a ranking asks for against random ones",
        active_learning.add_arguments,
        active_learning.measure,
    ),
    "similar": Bench(
        "training rows similar to a row, among many", similar.add_arguments, similar.measure
    ),
    "explore": Bench("a data set of millions of rows", explore.add_arguments, explore.measure),
    "pages": Bench("how soon the pages appear", _add_json, _measure_pages),
}


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all measurements."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Run one measurement and print its figures."
    )
    names = parser.add_subparsers(dest="name", required=True, metavar="NAME")
    for name, bench in BENCHES.items():
        bench.add_arguments(names.add_parser(name, help=bench.help, description=bench.help))
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run the chosen measurement; return the exit code."""
    options = build_parser().parse_args(arguments)
    try:
        figures = BENCHES[options.name].measure(options)
    except TextclsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(json.dumps(figures, allow_nan=False) if options.json else "\n".join(lines(figures)))
    voids = figures.get("void", [])
    for reason in voids:
        print(f"void: {reason}", file=sys.stderr)
    return 1 if voids else 0


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(_TERMINATED))  # ends children, cleans up
    sys.exit(main(sys.argv[1:]))
