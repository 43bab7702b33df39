"""Arguments that several measurements share, each checked where it is read."""

import argparse
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from bench.data import NAMES, default_max_length
from bench.errors import BenchError
from bench.jobs import PEERS, Peer
from textcls_core.config import RunConfig
from textcls_core.errors import InvalidArgumentError

_FIXED = ("dataset", "model", "preset", "max_length", "seed", "device", "precision")
"""Settings that every measurement decides itself, so that peers have the same."""


@dataclass(frozen=True, slots=True)
class DataSpec:
    """A data set and how many tokens of each text are read, written `r8` or `r8@256`."""

    name: str
    max_length: int
    text: str
    """As it was written."""
    is_length_given: bool
    """Whether the length was written, or is the usual one of this data set."""

    def __str__(self) -> str:
        """Under which name figures are found."""
        return self.text


def data_specs(text: str) -> list[DataSpec]:
    """Return the data sets in a list such as `r8,20ng@256`.

    Raises:
        argparse.ArgumentTypeError: If one does not exist, or is there twice.
    """
    words = [word.strip() for word in text.split(",")]
    twice = next((word for word in words if words.count(word) > 1), None)
    if twice is not None:
        raise argparse.ArgumentTypeError(f'expected each data set once, got "{twice}" twice')
    return [_data_spec(word) for word in words]


def chosen_data(options: argparse.Namespace) -> list[DataSpec]:
    """Return the data sets of a measurement; `--max-len` counts for all of them.

    Raises:
        BenchError: If lengths are given in both ways.
    """
    specs: list[DataSpec] = options.data
    length = options.max_len
    if length is None:
        return specs
    own = next((spec for spec in specs if spec.is_length_given), None)
    if own is not None:
        raise BenchError(f"Expected a length in --data or --max-len, got {own} and {length}.")
    return [
        replace(spec, max_length=length, is_length_given=True, text=f"{spec.name}@{length}")
        for spec in specs
    ]


def data_spec(text: str) -> DataSpec:
    """Return the one data set of a measurement that takes one.

    Raises:
        argparse.ArgumentTypeError: If there are several, or it does not exist.
    """
    specs = data_specs(text)
    if len(specs) != 1:
        raise argparse.ArgumentTypeError(f'expected one data set, got "{text}"')
    return specs[0]


def peers(text: str) -> list[Peer]:
    """Return the peers in a list such as `p0,p2`.

    Raises:
        argparse.ArgumentTypeError: If one does not exist.
    """
    words = [word.strip() for word in text.split(",")]
    unknown = [word for word in words if word not in PEERS]
    if unknown:
        raise argparse.ArgumentTypeError(
            f'expected peers out of {", ".join(PEERS)}, got "{unknown[0]}"'
        )
    return [peer for peer in PEERS if peer in words]


def whole_number(at_least: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from `at_least` on."""

    def number(text: str) -> int:
        if not text.removeprefix("-").isdecimal() or int(text) < at_least:
            raise argparse.ArgumentTypeError(
                f'expected a whole number of at least {at_least}, got "{text}"'
            )
        return int(text)

    return number


def whole_numbers(text: str) -> list[int]:
    """Return the positive numbers in a list such as `5,17`, in order.

    Raises:
        argparse.ArgumentTypeError: If one is not a positive whole number.
    """
    return sorted({whole_number(1)(word.strip()) for word in text.split(",")})


def share(text: str) -> float:
    """Return a number between 0 and 1.

    Raises:
        argparse.ArgumentTypeError: If it is none.
    """
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value <= 1:
        raise argparse.ArgumentTypeError(f'expected a share above 0 and at most 1, got "{text}"')
    return value


class Setting(argparse.Action):
    """Collects `--set name=value`, each a field of `RunConfig`, in a dictionary."""

    def __init__(self, *arguments: Any, fixed: Collection[str], **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.fixed = fixed

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: object,
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        """Add one setting."""
        name, equals, value = str(values).partition("=")
        if not equals:
            parser.error(f'expected --set name=value, got "{values}"')
        if name in self.fixed:
            parser.error(
                f"expected --set without {name}: this measurement decides it, and reports it, for "
                "ours and the peers"
            )
        settings = {**namespace.settings, name: value}
        try:
            RunConfig.create({"dataset": "checked later", **settings})
        except InvalidArgumentError as error:
            parser.error(str(error))
        namespace.settings = settings


def add_shared(parser: argparse.ArgumentParser, *fixed: str) -> None:
    """Add what every measurement of the engine understands.

    Args:
        parser: Of one measurement.
        *fixed: Settings that it decides itself, beyond those that all of them do.
    """
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--model", default="minilm", help="minilm, a folder or a hub name")
    parser.add_argument("--seed", type=whole_number(0), default=0)
    parser.add_argument(
        "--allow-load", action="store_true", help="measure on a busy machine; figures are void"
    )
    parser.set_defaults(peer_bf16=False)
    parser.add_argument(
        "--set",
        dest="settings",
        action=Setting,
        fixed={*_FIXED, *fixed},
        default={},
        metavar="NAME=VALUE",
        help="a setting of our runs; repeat for several",
    )


def add_steps(parser: argparse.ArgumentParser, *, steps: int, repeats: int) -> None:
    """Add how much is measured."""
    parser.add_argument("--steps", type=whole_number(1), default=steps, help="timed steps")
    parser.add_argument("--warmup", type=whole_number(1), default=2, help="steps before the clock")
    parser.add_argument("--repeats", type=whole_number(1), default=repeats)


def add_data(parser: argparse.ArgumentParser, default: str) -> None:
    """Add the list of data sets."""
    parser.add_argument(
        "--data",
        type=data_specs,
        default=default,
        metavar="NAME[@LENGTH],…",
        help=f"out of {', '.join(NAMES)}, with the tokens read of each text (default: {default})",
    )
    parser.add_argument(
        "--max-len", type=whole_number(8), help="tokens read of each text, for all data sets"
    )


def add_one_data(parser: argparse.ArgumentParser, default: str) -> None:
    """Add the one data set."""
    parser.add_argument(
        "--data",
        type=data_spec,
        default=default,
        metavar="NAME[@LENGTH]",
        help=f"one of {', '.join(NAMES)}, with the tokens read of each text (default: {default})",
    )


def _data_spec(text: str) -> DataSpec:
    name, at, length = text.partition("@")
    if name not in NAMES:
        raise argparse.ArgumentTypeError(
            f'expected data sets out of {", ".join(NAMES)}, got "{name}"'
        )
    max_length = whole_number(8)(length) if at else default_max_length(name)
    return DataSpec(name, max_length, text, is_length_given=bool(at))
