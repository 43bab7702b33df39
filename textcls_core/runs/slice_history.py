"""Did a saved slice get worse? Measured on a run, and on the same rows of the run before it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textcls_core.arrays import Mask
from textcls_core.dataset.text_dataset import Split
from textcls_core.errors import TextclsError
from textcls_core.evaluation.by_task import AnyPredictions, right_rows, truth_and_answer
from textcls_core.evaluation.paired_tests import mcnemar
from textcls_core.evaluation.prediction_file import read_task
from textcls_core.evaluation.slices import MIN_ROWS, Membership, SliceFigures, measure_slices
from textcls_core.runs.run import Run
from textcls_core.runs.saved_slices import SavedSlice, dataset_name
from textcls_core.runs.slice_conditions import rows_meeting
from textcls_core.runs.slice_rows import SliceRows
from textcls_core.runs.store import RunStore
from textcls_core.workspace import Workspace

SIGNIFICANT = 0.05
"""Of McNemar's test, for one slice by itself."""
MARGIN = 0.05
"""A fall by five points is named even where it may be chance."""
Verdict = Literal["worse", "lower", "same", "better", "new", "too small", "not measured"]
VERDICTS: dict[Verdict, str] = {
    "worse": "Got worse",
    "lower": "Lower, may be chance",
    "same": "No clear change",
    "better": "Got better",
    "new": "Nothing to compare with",
    "too small": "Too few rows",
    "not measured": "Not measured",
}


@dataclass(frozen=True, slots=True)
class SliceChange:
    """A saved slice on one run, against the run before it."""

    saved: SavedSlice
    figures: SliceFigures | None
    """On this run; None if it could not be measured."""
    problem: str
    """Why it could not be measured, or nothing."""
    num_shared: int = 0
    """Rows of the slice that both runs predicted."""
    accuracy: float | None = None
    """Of this run on the shared rows."""
    previous_accuracy: float | None = None
    """Of the run before it on the shared rows."""
    p_value: float | None = None
    """Chance of so unequal a change if nothing had changed (McNemar, two-sided)."""

    @property
    def change(self) -> float | None:
        """Accuracy less the previous one, in [-1, 1]."""
        if self.accuracy is None or self.previous_accuracy is None:
            return None
        return self.accuracy - self.previous_accuracy

    @property
    def verdict(self) -> Verdict:
        """What the change means.

        "worse" and "better" are changes beyond chance; "lower" is a fall by at least five points
        that chance might explain.
        """
        if self.figures is None:
            return "not measured"
        if self.change is None or self.p_value is None:
            return "new"
        if self.num_shared < MIN_ROWS:
            return "too small"
        if self.p_value < SIGNIFICANT:
            return "worse" if self.change < 0 else "better"
        return "lower" if self.change <= -MARGIN else "same"

    def to_json(self) -> dict[str, Any]:
        """Return everything in the form of the command line."""
        return {
            "name": self.saved.name,
            "slice": self.saved.title,
            "verdict": self.verdict,
            "problem": self.problem,
            **(self.figures.to_json() if self.figures is not None else {}),
            "num_shared": self.num_shared,
            "shared_accuracy": self.accuracy,
            "previous_accuracy": self.previous_accuracy,
            "change": self.change,
            "change_p_value": self.p_value,
        }


def previous_run(workspace: Workspace, run: Run, split: Split) -> Run | None:
    """Return the newest finished run before this one on the same data set, of any version.

    Args:
        workspace: Where runs are.
        run: A finished run.
        split: Both must have predictions for it.
    """
    name = dataset_name(workspace, run)
    task = read_task(run.predictions_file(split))
    runs = RunStore.open(workspace).runs()  # newest first
    for other in runs[runs.index(run) + 1 :] if run in runs else ():
        is_alike = dataset_name(workspace, other) == name and other.has_model
        if is_alike and split in other.splits and read_task(other.predictions_file(split)) == task:
            return other
    return None


def measure_saved(
    slices: Sequence[SavedSlice], rows: SliceRows, before: AnyPredictions | None
) -> list[SliceChange]:
    """Return each saved slice on a run, against the one before it on the rows that both have.

    Args:
        slices: Saved slices of the data set.
        rows: N rows of the run.
        before: What the run before it said about the same split; None without such a run.
    """
    return [_measure(saved, rows, before) for saved in slices]


def _measure(saved: SavedSlice, rows: SliceRows, before: AnyPredictions | None) -> SliceChange:
    try:
        inside = rows_meeting(saved.conditions, rows)
        right = right_rows(rows.predictions, saved.label)
    except TextclsError as error:
        return SliceChange(saved, None, str(error))
    kept = rows.is_distinct
    if not inside[kept].any():
        return SliceChange(saved, None, "No row of this split belongs to it.")
    membership = Membership.of_sets(inside[kept][:, None])
    (figures,) = measure_slices(membership, right[kept])
    if before is None:
        return SliceChange(saved, figures, "")
    try:
        shared = _on_rows(before, rows, inside & kept, saved.label)
    except TextclsError:
        return SliceChange(saved, figures, "")
    return _compared(saved, figures, right, shared)


def _on_rows(
    before: AnyPredictions, rows: SliceRows, inside: Mask, label: str | None
) -> tuple[np.ndarray, Mask]:
    """Return which rows of a slice the run before has too, and whether it had them right.

    Both runs are judged by the labels of this run's version: a label that was mended in between is
    no change of the model.
    """
    chosen = np.flatnonzero(inside)
    wanted = pa.array([rows.facts.row_ids[row] for row in chosen.tolist()], pa.string())
    found = pc.fill_null(pc.index_in(wanted, value_set=pa.array(before.row_ids)), -1)
    places = np.asarray(found, dtype=np.int64)
    chosen, places = chosen[places >= 0], places[places >= 0]
    true, _ = truth_and_answer(rows.predictions, label)
    _, given = truth_and_answer(before, label)
    if label is None:
        given = _renamed(given, before.label_names, rows.predictions.label_names)
    is_same = true[chosen] == given[places]
    return chosen, is_same if is_same.ndim == 1 else is_same.all(axis=1)


def _renamed(answers: np.ndarray, known: Sequence[str], label_names: tuple[str, ...]) -> np.ndarray:
    """Return ids (N,) or label sets (N, C) of one run in the order of another one's classes.

    Ids of classes that the other run does not know become -1; such labels of a set are left out.
    """
    if answers.ndim == 1:
        ids = [label_names.index(name) if name in label_names else -1 for name in known]
        return np.asarray(np.array(ids, dtype=np.int64)[answers])
    nothing = np.zeros(len(answers), dtype=bool)
    columns = [answers[:, known.index(n)] if n in known else nothing for n in label_names]
    return np.stack(columns, axis=1)


def _compared(
    saved: SavedSlice, figures: SliceFigures, right: Mask, shared: tuple[np.ndarray, Mask]
) -> SliceChange:
    chosen, earlier = shared
    if not len(chosen):
        return SliceChange(saved, figures, "")
    now = right[chosen]
    test = mcnemar(fixed=int((now & ~earlier).sum()), broken=int((earlier & ~now).sum()))
    return SliceChange(
        saved,
        figures,
        "",
        num_shared=len(chosen),
        accuracy=float(now.mean()),
        previous_accuracy=float(earlier.mean()),
        p_value=test.p_value,
    )
