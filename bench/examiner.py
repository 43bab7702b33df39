"""Looks at the test rows while a training runs, on a clock that stands still meanwhile."""

import time
from collections.abc import Callable

from bench.jobs import Course, Look, TargetJob


class Examiner:
    """Measures test accuracy at fixed steps; the time it takes is not training time.

    Args:
        job: When to look, and which accuracy ends the training.
        num_steps: Steps of the whole training; the last one is always looked at.
        accuracy: Returns the accuracy of the present model on the test rows.
    """

    def __init__(self, job: TargetJob, num_steps: int, accuracy: Callable[[], float]) -> None:
        self.job = job
        self.num_steps = num_steps
        self.accuracy = accuracy
        self.looks: list[Look] = []
        self.paused_seconds = 0.0
        self.started_at = time.perf_counter()

    def start(self) -> None:
        """Start the clock; called when everything before the first step is done."""
        self.started_at = time.perf_counter()

    def is_satisfied(self, step: int) -> bool:
        """Look if a look is due after this step; tell whether the target is reached."""
        every = self.job.evaluation_steps
        if step != self.num_steps and (not every or step % every):
            return False
        paused_at = time.perf_counter()
        seconds = paused_at - self.started_at - self.paused_seconds
        self.looks.append(Look(step=step, seconds=round(seconds, 3), accuracy=self.accuracy()))
        self.paused_seconds += time.perf_counter() - paused_at
        return self.looks[-1].accuracy >= self.job.target

    @property
    def course(self) -> Course:
        """All looks so far."""
        return Course(looks=tuple(self.looks))
