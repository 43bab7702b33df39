"""What a run that recorded training dynamics knows about the rows of a queue of label issues.

It is evidence beside the score, never part of it: the run has seen the labels that it judges.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from textcls_core.arrays import Indices, Losses, Points
from textcls_core.mistakes.label_issues.queue import LabelIssues, Learned
from textcls_core.runs.dynamics import Dynamics, has_dynamics
from textcls_core.runs.run import Run
from textcls_core.runs.store import RunStore
from textcls_core.workspace import Workspace

_SEED = 0


@dataclass(frozen=True)
class Cartography:
    """The M rows of a queue that a run learned from, the most suspect first."""

    title: str
    """Name of the run."""
    places: Indices
    """Position of each row in the queue, shape (M,), upwards."""
    points: Points
    """Variability and confidence of each row, shape (M, 2)."""
    correctness: Losses
    """Share of the epochs in which the label was predicted, shape (M,)."""
    share_above: Losses
    """Share of the run's rows with a higher confidence, shape (M,)."""
    num_epochs: int

    @cached_property
    def _position_of(self) -> dict[int, int]:
        return {place: position for position, place in enumerate(self.places.tolist())}

    @property
    def num_never_right(self) -> int:
        """Rows whose label was predicted in no epoch."""
        return int((self.correctness == 0).sum())

    def learned(self, place: int) -> Learned | None:
        """Return what the run says about the row at a position of the queue; None if nothing."""
        position = self._position_of.get(place)
        if position is None:
            return None
        confidence, above = float(self.points[position, 1]), float(self.share_above[position])
        return Learned(self.title, confidence, above, self.num_epochs)

    def sample(self, most: int) -> Indices:
        """Return positions of `most` rows at most, drawn at random, the same ones every time."""
        number = len(self.places)
        if number <= most:
            return np.arange(number)
        return np.sort(np.random.default_rng(_SEED).permutation(number)[:most])


def recorded_runs(workspace: Workspace, fingerprint: str) -> list[Run]:
    """Return the runs on a data set version that recorded two epochs or more, newest first."""
    return [
        run
        for run in RunStore.open(workspace).runs()
        if run.config.dataset_fingerprint == fingerprint and has_dynamics(run.dynamics_dir)
    ]


def cartography(issues: LabelIssues, dynamics: Dynamics, title: str) -> Cartography:
    """Return what a run found about the rows of a queue.

    Args:
        issues: The queue of the data set version that the run was trained on.
        dynamics: Of the run.
        title: Its name.
    """
    known = [(issues.positions.get(row_id), at) for at, row_id in enumerate(dynamics.row_ids)]
    pairs = sorted((place, at) for place, at in known if place is not None)
    places, rows = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    points = np.column_stack([dynamics.variability, dynamics.confidence])
    return Cartography(
        title,
        places,
        points[rows],
        dynamics.correctness[rows],
        dynamics.share_above[rows],
        dynamics.num_epochs,
    )
