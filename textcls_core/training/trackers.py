"""Metrics for TensorBoard and MLflow: copies of the history, which stays the source of truth.

A tracker never stops a run: what it refuses is kept and sent again later. Imports no torch, and the
tools themselves only when they are used.
"""

import logging
import math
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from textcls_core.errors import InvalidArgumentError
from textcls_core.files import to_json

REQUIREMENTS = "requirements-tracking.txt"
_MODULES = {"tensorboard": ("tensorboard",), "mlflow": ("mlflow", "sqlalchemy", "alembic")}
_SEND_SECONDS = 5.0
"""Rows are collected this long, so that a slow tracker costs little."""
_FIRST_WAIT, _LONGEST_WAIT = 30.0, 3600.0
"""Seconds until a tracker that failed is tried again; doubled each time."""
_MOST_WAITING = 100_000
"""Rows kept for a tracker that fails; the oldest go first."""
_MLFLOW_METRICS_AT_ONCE = 1_000
_MLFLOW_TAG = "textcls.run_id"
_MLFLOW_STATES = {"completed": "FINISHED", "stopped": "FINISHED", "failed": "FAILED"}
_MLFLOW_DEFAULTS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",  # nothing leaves the machine unasked
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",  # its own defaults hold a run up for minutes
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "GIT_PYTHON_REFRESH": "quiet",
}
logger = logging.getLogger(__name__)

Row = Mapping[str, Any]
TimedRow = tuple[float, Row]
"""Seconds since 1970 at which a row was made, and the row."""


class Sink(Protocol):
    """One open connection to a tool; may raise anything."""

    def send(self, rows: Sequence[TimedRow]) -> None:
        """Write the figures of rows, all of them or as many as there are before an error."""

    def close(self, outcome: str) -> None:
        """Say how the run ended."""


class Tracker:
    """Passes the rows of a run on to a tool, and goes on when the tool does not."""

    def __init__(self, name: str, connect: Callable[[], Sink]) -> None:
        self.name = name
        self._connect = connect
        self._sink: Sink | None = None
        self._waiting: deque[TimedRow] = deque(maxlen=_MOST_WAITING)
        self._wait = _FIRST_WAIT
        self._next_attempt = 0.0
        self._has_failed = False
        self._send()  # connects before the first step: the first time may take seconds

    def on_rows(self, rows: Iterable[Row]) -> None:
        """Take rows of the history, which are sent every few seconds; notes are left out."""
        now = time.time()
        self._waiting.extend((now, row) for row in rows if "note" not in row)
        if time.monotonic() >= self._next_attempt:
            self._send()

    def close(self, outcome: str = "completed") -> None:
        """Send what is left, and say how the run ended.

        Args:
            outcome: `completed`, `stopped`, `failed`, or anything else for a run that will go on.
        """
        self._send()
        if self._sink is not None:
            try:
                self._sink.close(outcome)
            except Exception as error:  # whatever a foreign library raises
                self._report(error)

    def _send(self) -> None:
        try:
            if self._sink is None:
                self._sink = self._connect()
            self._sink.send(list(self._waiting))
        except Exception as error:  # whatever a foreign library raises: the run must go on
            self._report(error)
            self._sink = None
            self._next_attempt = time.monotonic() + self._wait
            self._wait = min(2 * self._wait, _LONGEST_WAIT)
        else:
            self._waiting.clear()
            self._wait = _FIRST_WAIT
            self._next_attempt = time.monotonic() + _SEND_SECONDS

    def _report(self, error: Exception) -> None:
        """Log the first failure only."""
        if not self._has_failed:
            reason = str(error).strip().split("\n")[0] or type(error).__name__
            logger.warning(
                "%s takes no figures now (%s). The run goes on and keeps all of them in its "
                "folder; sending them is tried again.",
                self.name,
                reason[:300],
            )
        self._has_failed = True


def require_trackers(names: Iterable[str]) -> None:
    """Check that the tools of `report_to` are installed.

    Raises:
        InvalidArgumentError: If one is not.
    """
    for name in names:
        if any(find_spec(module) is None for module in _MODULES[name]):
            raise InvalidArgumentError(
                f"report_to names {name}, which is not installed here. Install it with "
                f'"pip install -r {REQUIREMENTS}", or take it out of report_to.'
            )


def open_trackers(
    report_to: Iterable[str], folder: Path, config: Mapping[str, Any], run_id: str
) -> list[Tracker]:
    """Return a tracker per tool; rows of steps that were sent before replace or repeat nothing.

    Args:
        report_to: `tensorboard`, `mlflow` or both.
        folder: The run folder; TensorBoard's files go into its `tensorboard`. MLflow's go to
            `$MLFLOW_TRACKING_URI`, or to `mlflow.db` in the workspace around it.
        config: Settings of the run, as JSON values.
        run_id: Id of the run, by which a resumed one is found again.

    Raises:
        InvalidArgumentError: If a tool is not installed.
    """
    names = list(report_to)
    require_trackers(names)
    connections: dict[str, Callable[[], Sink]] = {
        "tensorboard": lambda: _TensorBoard(folder / "tensorboard", config),
        "mlflow": lambda: _Mlflow(folder.resolve().parent.parent, config, run_id),
    }
    return [Tracker(name, connections[name]) for name in names]


class _TensorBoard:
    """An event file; a resumed run adds another one that takes over from its first step."""

    def __init__(self, folder: Path, config: Mapping[str, Any]) -> None:
        from tensorboard.summary.writer.record_writer import RecordWriter

        folder.mkdir(exist_ok=True)  # not its parents: a run that was deleted stays deleted
        name = f"events.out.tfevents.{time.time_ns()}.{os.getpid()}"  # read in this order
        self._file = (folder / name).open("wb")
        self._records = RecordWriter(self._file)
        self._has_rows = False
        self._write(time.time(), file_version="brain.Event:2")
        self._write(time.time(), summary=_settings_summary(config))
        self._file.flush()

    def send(self, rows: Sequence[TimedRow]) -> None:
        """Append the figures of rows."""
        from tensorboard.compat.proto.event_pb2 import SessionLog
        from tensorboard.compat.proto.summary_pb2 import Summary

        if rows and not self._has_rows:  # steps from here on were lost, or are done again
            session = SessionLog(status=SessionLog.START)
            self._write(rows[0][0], step=_first_new_step(rows[0][1]), session_log=session)
            self._has_rows = True
        for moment, row in rows:
            values = [
                Summary.Value(tag=_tag(row, name), simple_value=value)
                for name, value in figures(row).items()
            ]
            if values:
                self._write(moment, step=row["step"], summary=Summary(value=values))
        self._file.flush()

    def close(self, outcome: str) -> None:  # noqa: ARG002 - an event file has no outcome
        """Close the file."""
        self._file.close()

    def _write(self, moment: float, **content: Any) -> None:
        from tensorboard.compat.proto.event_pb2 import Event

        self._records.write(Event(wall_time=moment, **content).SerializeToString())


def _settings_summary(config: Mapping[str, Any]) -> Any:
    """Return the settings as TensorBoard's text, indented so that Markdown leaves them alone."""
    from tensorboard.plugins.text.summary_v2 import text_pb

    return text_pb("settings", "\n".join(f"    {key}: {to_json(config[key])}" for key in config))


def _first_new_step(row: Row) -> int:
    """Return the first step of which nothing is known; a validation follows its training row."""
    return int(row["step"]) + ("validation_loss" in row)


def _tag(row: Row, name: str) -> str:
    """Return the name under which TensorBoard groups a figure."""
    group = "validation" if "validation_loss" in row else "train"
    return f"{group}/{name.removeprefix(f'{group}_')}"


def figures(row: Row) -> dict[str, float]:
    """Return the finite numbers of a row, without its position.

    Example:
        >>> figures({"step": 3, "epoch": 1, "train_loss": 0.5, "memory_mb": None, "note": "…"})
        {'train_loss': 0.5}
    """
    return {
        name: float(value)
        for name, value in row.items()
        if name not in ("step", "epoch")
        and isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
    }


class _Mlflow:
    """An MLflow run, found again by the run id."""

    def __init__(self, workspace: Path, config: Mapping[str, Any], run_id: str) -> None:
        for name, value in _MLFLOW_DEFAULTS.items():
            os.environ.setdefault(name, value)
        from mlflow import MlflowClient

        self._client = MlflowClient(mlflow_uri(workspace))
        experiment = self._experiment(workspace)
        condition = f"tags.`{_MLFLOW_TAG}` = '{run_id}'"
        found = self._client.search_runs([experiment], condition, max_results=1)
        self._id = found[0].info.run_id if found else self._create(experiment, config, run_id)
        if found:
            self._client.update_run(self._id, status="RUNNING")
        self._done = {name: self._last_step(name) for name in ("train_loss", "validation_loss")}

    def send(self, rows: Sequence[TimedRow]) -> None:
        """Log the figures of rows whose steps are not there yet."""
        from mlflow.entities import Metric

        batch: list[Any] = []
        for moment, row in rows:
            kind = "validation_loss" if "validation_loss" in row else "train_loss"
            if row["step"] <= self._done[kind]:
                continue
            values = figures(row)
            if len(batch) + len(values) > _MLFLOW_METRICS_AT_ONCE:
                self._log(batch)
                batch = []
            batch += [
                Metric(name, value, round(moment * 1000), row["step"])
                for name, value in values.items()
            ]
        self._log(batch)

    def close(self, outcome: str) -> None:
        """Set the state of the run; one that will go on counts as killed until then."""
        self._client.set_terminated(self._id, _MLFLOW_STATES.get(outcome, "KILLED"))

    def _log(self, batch: Sequence[Any]) -> None:
        """Log metrics, all or none, and note how far they go."""
        if batch:
            self._client.log_batch(self._id, metrics=batch)
        for metric in batch:
            if metric.key in self._done:
                self._done[metric.key] = metric.step

    def _experiment(self, workspace: Path) -> str:
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or "textcls"
        found = self._client.get_experiment_by_name(name)
        if found is not None:
            return str(found.experiment_id)
        is_local = mlflow_uri(workspace) == _local_uri(workspace)
        artifacts = (workspace / "mlflow-artifacts").as_uri() if is_local else None
        return str(self._client.create_experiment(name, artifacts))

    def _create(self, experiment: str, config: Mapping[str, Any], run_id: str) -> str:
        """Make the run with its settings."""
        from mlflow.entities import Param

        name = str(config.get("name") or run_id)
        run = self._client.create_run(experiment, run_name=name, tags={_MLFLOW_TAG: run_id})
        settings = [Param(key, str(value)[:6000]) for key, value in config.items()]
        self._client.log_batch(run.info.run_id, params=settings)
        return str(run.info.run_id)

    def _last_step(self, metric: str) -> int:
        history = self._client.get_metric_history(self._id, metric)
        return max((point.step for point in history), default=0)


def mlflow_uri(workspace: Path) -> str:
    """Return where MLflow keeps the figures: as its environment variable says, or here."""
    return os.environ.get("MLFLOW_TRACKING_URI") or _local_uri(workspace)


def _local_uri(workspace: Path) -> str:
    """Return a database in the workspace; MLflow no longer writes plain folders."""
    return f"sqlite:///{workspace / 'mlflow.db'}"
