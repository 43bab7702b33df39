"""Looks at the test rows: when, and on which clock."""

import itertools
from collections.abc import Callable

import pytest

from bench.examiner import Examiner
from bench.jobs import Course, Look, Place, TargetJob

JOB = TargetJob(
    engine="ours",
    data="r8",
    max_length=8,
    model_dir="model",
    place=Place(device="cpu", precision="fp32"),
    num_epochs=1,
    learning_rate=1e-3,
    evaluation_steps=2,
    target=0.9,
)


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the clock go one second further each time it is read."""
    ticks = itertools.count()
    monkeypatch.setattr("time.perf_counter", lambda: float(next(ticks)))


def examiner(*accuracies: float, job: TargetJob = JOB, num_steps: int = 5) -> Examiner:
    values = iter(accuracies)
    measure: Callable[[], float] = lambda: next(values)  # noqa: E731 - reads like a value
    return Examiner(job, num_steps, measure)


def test_looks_are_due_every_few_steps_and_at_the_end(seconds: None) -> None:
    looking = examiner(0.1, 0.2, 0.3)

    answers = [looking.is_satisfied(step) for step in range(1, 6)]

    assert answers == [False] * 5
    assert [look.step for look in looking.course.looks] == [2, 4, 5]


def test_target_ends_the_training(seconds: None) -> None:
    looking = examiner(0.1, 0.9)

    answers = [looking.is_satisfied(step) for step in range(1, 5)]

    assert answers == [False, False, False, True]


def test_clock_stands_still_while_looking(seconds: None) -> None:
    looking = examiner(0.1, 0.2)

    looking.start()
    looking.is_satisfied(2)
    looking.is_satisfied(4)

    assert [look.seconds for look in looking.course.looks] == [1.0, 2.0]


def test_no_evaluation_steps_means_one_look_at_the_end(seconds: None) -> None:
    looking = examiner(0.1, job=JOB.model_copy(update={"evaluation_steps": 0}))

    for step in range(1, 6):
        looking.is_satisfied(step)

    assert [look.step for look in looking.course.looks] == [5]


def test_course_tells_when_the_target_was_reached_first() -> None:
    looks = [Look(step=n, seconds=n, accuracy=a) for n, a in enumerate((0.5, 0.9, 0.8, 0.95))]

    course = Course(looks=tuple(looks))

    assert course.reached(0.9) == looks[1]
    assert course.reached(0.99) is None
