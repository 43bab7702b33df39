"""Accuracy of whole runs: which of them are timed."""

from pathlib import Path
from unittest.mock import MagicMock, Mock

import pytest

from bench import accuracy
from bench.__main__ import build_parser
from bench.jobs import Course, Look

ANSWER = {
    "test": {"accuracy": 0.75, "macro_f1": 0.5},
    "train_seconds": 60.0,
    "tokens_per_second": 10.0,
}
COURSE = Course(looks=(Look(step=9, seconds=60.0, accuracy=0.8),))


@pytest.fixture
def product(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """Return a product of which seed 1 was trained by an earlier call."""
    fake = Mock()
    fake.train.return_value = fake.complete.return_value = ANSWER
    fake.earlier_run.side_effect = lambda settings: settings["seed"] == "1" and Mock()
    monkeypatch.setattr(accuracy, "Product", lambda _: fake)
    monkeypatch.setattr(accuracy, "Session", MagicMock())
    accuracy.Session.begin.return_value.report = lambda figures: figures
    monkeypatch.setattr("bench.data.load", Mock())
    return fake


def test_minutes_are_those_of_runs_that_this_call_made(product: Mock, tmp_path: Path) -> None:
    arguments = ["accuracy", "--data", "r8", "--seeds", "3", "--workspace", str(tmp_path)]
    figures = accuracy.measure(build_parser().parse_args(arguments))["r8"]

    assert figures["accuracy"]["mean"] == 0.75
    assert [run["minutes"] is None for run in figures["runs"]] == [False, True, False]
    assert figures["minutes_per_run"] is not None
    assert product.train.call_count == 2
    assert product.complete.call_count == 1


def test_no_minutes_if_no_run_was_made(product: Mock, tmp_path: Path) -> None:
    arguments = ["accuracy", "--seed", "1", "--seeds", "1", "--workspace", str(tmp_path)]
    figures = accuracy.measure(build_parser().parse_args(arguments))

    assert next(iter(figures.values()))["minutes_per_run"] is None
    assert not product.train.called


def test_ours_and_the_plain_script_take_turns(
    product: Mock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[str] = []
    monkeypatch.setattr(accuracy, "say", turns.append)
    monkeypatch.setattr(accuracy, "run_child", Mock(return_value=COURSE))
    monkeypatch.setattr(accuracy, "TargetJob", Mock())
    arguments = ["accuracy", "--seeds", "2", "--peer-seeds", "3", "--workspace", str(tmp_path)]

    figures = accuracy.measure(build_parser().parse_args(arguments))["r8"]

    assert [turn for turn in turns if "seed" in turn] == [
        "r8: ours, seed 0",
        "r8: p0, seed 0",
        "r8: ours, seed 1",
        "r8: p0, seed 1",
        "r8: p0, seed 2",
    ]
    assert figures["difference_p0"] == -0.05
    assert len(figures["p0_runs"]) == 3


def test_every_training_lies_between_two_measurements_of_the_peak(
    product: Mock, tmp_path: Path
) -> None:
    arguments = ["accuracy", "--seeds", "3", "--workspace", str(tmp_path)]

    accuracy.measure(build_parser().parse_args(arguments))

    assert accuracy.Session.begin.return_value.watched.call_count == product.train.call_count == 2
