"""`bench time-to-acc`: both engines take turns, and the ratio counts what both reached."""

from unittest.mock import MagicMock, Mock

import pytest

from bench import time_to_accuracy
from bench.__main__ import build_parser
from bench.jobs import Course, Look, TargetJob

SECONDS = {"ours": 10.0, "p0": 100.0}


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[TargetJob]:
    """Return the trainings that were asked for; each reaches 98 % at once."""
    asked: list[TargetJob] = []

    def train(job: TargetJob, _: type) -> Course:
        asked.append(job)
        return Course(looks=(Look(step=25, seconds=SECONDS[job.engine], accuracy=0.98),))

    monkeypatch.setattr(time_to_accuracy, "run_child", train)
    monkeypatch.setattr(time_to_accuracy, "TargetJob", lambda **facts: Mock(**facts))
    monkeypatch.setattr(time_to_accuracy, "Session", MagicMock())
    time_to_accuracy.Session.begin.return_value.report = lambda figures: figures
    return asked


def test_engines_take_turns_and_begin_in_turns(jobs: list[TargetJob]) -> None:
    options = build_parser().parse_args(["time-to-acc", "--seed", "4"])

    figures = time_to_accuracy.measure(options)["r8"]

    assert [(job.engine, job.seed) for job in jobs] == [
        ("ours", 4), ("p0", 4), ("p0", 5), ("ours", 5), ("ours", 6), ("p0", 6),
    ]  # fmt: skip
    assert figures["ratio_p0"]["min"] == figures["ratio_p0"]["max"] == 0.1
    assert time_to_accuracy.Session.begin.return_value.watched.call_count == 6


def test_no_ratio_where_one_never_reached_the_target(jobs: list[TargetJob]) -> None:
    options = build_parser().parse_args(["time-to-acc", "--target", "0.99", "--repeats", "1"])

    figures = time_to_accuracy.measure(options)["r8"]

    assert figures["ratio_p0"] is None
    assert figures["seeds"][0]["ours_seconds"] is None
