"""RunWriter: what the training loop reports, written into the run folder."""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textcls_core.arrays import Losses
from textcls_core.evaluation.by_task import AnyPredictions
from textcls_core.files import replaced_directory
from textcls_core.runs.dynamics import save_epoch
from textcls_core.runs.history import append_rows, end_last_line
from textcls_core.runs.run import Run
from textcls_core.training.trackers import Tracker, open_trackers
from textcls_core.wording import percent

if TYPE_CHECKING:
    from textcls_core.models.classifier import Classifier
    from textcls_core.training.loop import Command

logger = logging.getLogger("textcls_core.worker")


class RunWriter:
    """The only writer of a run's history, best model and newest predictions."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.was_terminated = False
        self._history = run.history_file.open("a", encoding="utf-8")
        end_last_line(run.history_file, self._history)
        self._trackers: list[Tracker] = []

    def open_trackers(self) -> None:
        """Also tell the tools of `report_to` from now on.

        Raises:
            InvalidArgumentError: If one is not installed.
        """
        config = self.run.config
        settings = config.model_dump(mode="json")
        self._trackers = open_trackers(config.report_to, self.run.folder, settings, self.run.run_id)

    def on_rows(self, rows: list[dict[str, Any]]) -> None:
        """Append metric rows; log validations and notes."""
        append_rows(self._history, rows)
        for tracker in self._trackers:
            tracker.on_rows(rows)
        for row in rows:
            if "validation_loss" in row:
                logger.info("%s", _describe(row))
            if "note" in row:
                logger.info("%s", row["note"])

    def on_validation(self, predictions: AnyPredictions) -> None:
        """Keep the predictions of the newest validation, to look at while training.

        Raises:
            RunStateError: If somebody deleted the folder.
        """
        self.run.require_folder()
        predictions.save(self.run.live_predictions_file)

    def on_dynamics(
        self, epoch: int, row_ids: Sequence[str], probability: Losses, correctness: Losses
    ) -> None:
        """Keep what a whole epoch found about the given labels."""
        save_epoch(self.run.dynamics_dir, epoch, row_ids, probability, correctness)

    def on_best(self, classifier: "Classifier") -> None:
        """Replace the kept model by the present one, in one step."""
        with replaced_directory(self.run.model_dir) as folder:
            classifier.save(folder)

    def close(self, outcome: str) -> None:
        """Send the trackers what they are still to get, and how the run ended."""
        for tracker in self._trackers:
            tracker.close(outcome)

    def command(self) -> "Command":
        """Tell what the files in the run folder, or the system, ask for.

        Raises:
            RunStateError: If somebody deleted the folder.
        """
        self.run.require_folder()
        if self.was_terminated or self.run.stop_file.exists():
            return "stop"
        return "pause" if self.run.pause_file.exists() else "go"


class SilentObserver:
    """Stands for the writer in all processes of a run but the first."""

    was_terminated = False

    def on_rows(self, rows: list[dict[str, Any]]) -> None:
        """Do nothing; the first process writes."""

    def on_validation(self, predictions: AnyPredictions) -> None:
        """Do nothing; the first process writes."""

    def on_dynamics(
        self, epoch: int, row_ids: Sequence[str], probability: Losses, correctness: Losses
    ) -> None:
        """Do nothing; only runs of one process record."""

    def on_best(self, classifier: "Classifier") -> None:
        """Do nothing; the first process writes."""

    def command(self) -> "Command":
        """Never ask for anything; the first process does."""
        return "go"


def _describe(row: dict[str, Any]) -> str:
    accuracy, macro_f1 = (percent(row[f"validation_{n}"]) for n in ("accuracy", "macro_f1"))
    return (
        f"epoch {row['epoch']}, step {row['step']}: validation accuracy {accuracy}, "
        f"macro-F1 {macro_f1}, loss {row['validation_loss']:.4f}"
    )
