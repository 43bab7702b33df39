"""The command line of the benchmarks: arguments, output, exit codes."""

import json
import re
from unittest.mock import Mock

import pytest

from bench import __main__ as cli
from bench.__main__ import BENCHES, Bench, build_parser, main
from bench.arguments import chosen_data
from bench.errors import BenchError


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch):
    """Let `bench peak` return what the test puts in here."""
    found: dict = {"peak_gflops": 2.0, "void": []}
    fake = Bench("", BENCHES["peak"].add_arguments, Mock(return_value=found))
    monkeypatch.setitem(cli.BENCHES, "peak", fake)
    return found


@pytest.mark.parametrize("name", BENCHES)
def test_every_measurement_prints_json(name: str) -> None:
    assert build_parser().parse_args([name, "--json"]).json


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "invalid choice: 'nothing'"),
        (["train", "--data", "r9"], 'expected data sets out of r8, r52, 20ng, .*, got "r9"'),
        (["train", "--data", "r8@4"], 'expected a whole number of at least 8, got "4"'),
        (["train", "--steps", "0"], 'expected a whole number of at least 1, got "0"'),
        (["train", "--warmup", "x"], 'expected a whole number of at least 1, got "x"'),
        (["train", "--peers", "p0,p3"], 'expected peers out of p0, p1, p2, got "p3"'),
        (["resume", "--stops", "5,0"], 'expected a whole number of at least 1, got "0"'),
        (["resume", "--data", "r8,bbc"], 'expected one data set, got "r8,bbc"'),
        (["time-to-acc", "--target", "97"], 'above 0 and at most 1, got "97"'),
        (["time-to-acc", "--target", "x"], 'above 0 and at most 1, got "x"'),
        (["dist", "--nproc", "1"], 'expected a whole number of at least 2, got "1"'),
        (["util", "--set", "packing"], 'expected --set name=value, got "packing"'),
        (["util", "--set", "seed=3"], "expected --set without seed: this measurement decides it"),
        (["train", "--set", "max_length=64"], "without max_length: this measurement decides it"),
        (["train", "--set", "batch_size=4"], "without batch_size: this measurement decides it"),
        (["accuracy", "--set", "preset=fast"], "without preset: this measurement decides it"),
        (["accuracy", "--set", "dataset=bbc"], "without dataset: this measurement decides it"),
        (["time-to-acc", "--set", "num_epochs=1"], "without num_epochs: this measurement decid"),
        (["train", "--data", "r8,bbc,r8"], 'expected each data set once, got "r8" twice'),
        (["util", "--set", "sead=1"], '"sead" is not a setting of a run'),
        (["util", "--set", "lora_rank=-1"], "lora_rank: input should be greater"),
    ],
)
def test_bad_arguments_are_named(arguments, message: str, capsys: pytest.CaptureFixture) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)

    said = " ".join(capsys.readouterr().err.split())
    assert ended.value.code == 2
    assert re.search(message, said)


def test_data_sets_have_their_own_lengths() -> None:
    specs = build_parser().parse_args(["train", "--data", "r8,tweets,bbc@64"]).data

    assert [(str(spec), spec.name, spec.max_length) for spec in specs] == [
        ("r8", "r8", 512),
        ("tweets", "tweets", 128),
        ("bbc@64", "bbc", 64),
    ]


def test_one_length_counts_for_all_data_sets() -> None:
    options = build_parser().parse_args(["train", "--data", "r8,tweets", "--max-len", "256"])

    assert [(str(spec), spec.max_length) for spec in chosen_data(options)] == [
        ("r8@256", 256),
        ("tweets@256", 256),
    ]


def test_lengths_in_two_ways_are_refused() -> None:
    options = build_parser().parse_args(["train", "--data", "r8@128,bbc", "--max-len", "256"])

    with pytest.raises(BenchError, match=r"length in --data or --max-len, got r8@128 and 256"):
        chosen_data(options)


def test_stops_are_sorted_and_counted_once() -> None:
    assert build_parser().parse_args(["resume", "--stops", "17,5,17"]).stops == [5, 17]


def test_resume_has_twenty_stops_by_default() -> None:
    assert len(build_parser().parse_args(["resume"]).stops) == 20


def test_settings_are_collected() -> None:
    options = build_parser().parse_args(["util", "--set", "ema_decay=0.9", "--set", "packing=off"])

    assert options.settings == {"ema_decay": "0.9", "packing": "off"}


def test_json_is_one_object(figures, capsys: pytest.CaptureFixture) -> None:
    code = main(["peak", "--json"])

    assert code == 0
    assert json.loads(capsys.readouterr().out) == figures


def test_people_read_lines(figures, capsys: pytest.CaptureFixture) -> None:
    main(["peak"])

    assert "peak_gflops: 2.0" in capsys.readouterr().out


def test_void_figures_are_printed_with_their_reason(figures, capsys: pytest.CaptureFixture) -> None:
    figures["void"] = ["Something else was at work."]

    code = main(["peak", "--json"])

    captured = capsys.readouterr()
    assert code == 1
    assert "void: Something else was at work." in captured.err
    assert json.loads(captured.out) == figures


def test_refusal_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    refuse = Mock(side_effect=BenchError("Expected a quiet machine."))
    fake = Bench("", BENCHES["peak"].add_arguments, refuse)
    monkeypatch.setitem(cli.BENCHES, "peak", fake)

    code = main(["peak"])

    assert code == 2
    assert capsys.readouterr().err == "error: Expected a quiet machine.\n"
