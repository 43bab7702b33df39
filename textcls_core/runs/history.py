"""History: the metric rows of a run, appended by its worker and read by everyone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from textcls_core.evaluation.metric_names import metric_of
from textcls_core.files import to_json

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class History:
    """Metric rows in the order of their steps.

    Training rows carry `train_loss`; evaluation rows carry `validation_loss`,
    `validation_accuracy`, `validation_macro_f1` and, in newer runs, the other figures of `METRICS`,
    None where undefined; notes carry `note`, a sentence about what happened; every row has `step`
    and `epoch`.
    """

    rows: tuple[Row, ...]

    @property
    def training(self) -> list[Row]:
        """Rows of optimizer steps."""
        return [row for row in self.rows if "train_loss" in row]

    @property
    def evaluations(self) -> list[Row]:
        """Rows of validations."""
        return [row for row in self.rows if "validation_loss" in row]

    @property
    def notes(self) -> list[Row]:
        """Rows that say what happened, such as a resume."""
        return [row for row in self.rows if "note" in row]

    @property
    def step(self) -> int:
        """Optimizer steps done so far."""
        return max((int(row["step"]) for row in self.rows), default=0)

    def scored(self, metric: str) -> list[Row]:
        """Return the rows of validations at which `metric` was known."""
        return [row for row in self.evaluations if row.get(metric) is not None]

    def best(self, metric: str) -> Row | None:
        """Return the best validation by `metric`; of equal ones the first."""
        sign = metric_of(metric).sign
        return min(self.scored(metric), key=lambda row: sign * row[metric], default=None)

    def latest(self, name: str) -> float | None:
        """Return the newest value of a column, or None if there is none."""
        return next((row[name] for row in reversed(self.rows) if name in row), None)


def read_history(file: Path) -> History:
    """Return the rows of a history file, which may be missing or still growing.

    A last line without a newline is not finished and is left out; a line that is not a JSON object
    is skipped. When a step was logged twice, the later row counts; rows beyond the step from which
    a run was resumed do not count any more.
    """
    try:
        lines = file.read_bytes().split(b"\n")
    except FileNotFoundError:
        return History(())
    latest: dict[tuple[int, int, str], Row] = {}
    for line in lines[:-1]:
        row = _parse(line)
        if row is None:
            continue
        if "resumed_from" in row:
            latest = {key: kept for key, kept in latest.items() if key[0] <= row["resumed_from"]}
        latest[row["step"], _rank(row), str(row.get("note", ""))] = row
    return History(tuple(latest[key] for key in sorted(latest, key=lambda key: key[:2])))


def _rank(row: Row) -> int:
    """Return the place of a row among those of its step, in the order in which they happen."""
    if "note" in row:
        return 2
    return 1 if "validation_loss" in row else 0


def _parse(line: bytes) -> Row | None:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):  # RecursionError: brackets without end
        return None
    return row if isinstance(row, dict) and isinstance(row.get("step"), int) else None


def append_rows(file: TextIO, rows: Sequence[Row]) -> None:
    """Append complete lines and hand them to the operating system at once."""
    file.write("".join(to_json(row) + "\n" for row in rows))
    file.flush()


def end_last_line(file: Path, opened: TextIO) -> None:
    """Close a line that was torn when its writer died, so that the next row is not lost too."""
    content = file.read_bytes()
    if content and not content.endswith(b"\n"):
        opened.write("\n")
        opened.flush()


def smoothed(values: Sequence[float], weight: float) -> list[float]:
    """Return the exponential moving average, corrected for its start.

    Args:
        values: Values in step order.
        weight: Share of the past, in [0, 1); 0 returns the values.

    Source:
        Kingma and Ba 2015, "Adam", section 3 (bias correction).

    Example:
        >>> smoothed([1.0, 1.0, 4.0], 0.5)[:2]
        [1.0, 1.0]
    """
    result, average = [], 0.0
    for count, value in enumerate(values, 1):
        average = weight * average + (1 - weight) * value
        result.append(average / (1 - weight**count))
    return result
