"""What baselines answered, row by row: their curves, bins and slices are made of it.

Kept beside the figures of `baselines`. Imports neither torch nor scikit-learn.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from textcls_core.arrays import Indices
from textcls_core.config import RunConfig
from textcls_core.dataset.text_dataset import Split
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.alignment import places_of
from textcls_core.evaluation.by_task import AnyPredictions, load_predictions, right_rows
from textcls_core.evaluation.calibration import Binning, Reliability, claims_of, reliability
from textcls_core.evaluation.curves import Curve, Point, curves_of, points_of
from textcls_core.evaluation.parts import PartMetric, part_values
from textcls_core.evaluation.prediction_file import read_task
from textcls_core.evaluation.selective import RiskCoverage, risk_coverage
from textcls_core.evaluation.slices import KnownRight
from textcls_core.evaluation.sureness import confidences
from textcls_core.training.baselines import Baseline, baseline_file, baselines_of_run
from textcls_core.workspace import Workspace

ANSWERED: tuple[Split, ...] = ("validation", "test")
"""Splits that a baseline is asked about; it was fitted to the third."""
Answers = Mapping[Split, AnyPredictions]
"""What one baseline answered on validation and test."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AnsweredBaseline:
    """A baseline with what it answered on the rows of one split, or on a sample of them."""

    baseline: Baseline
    predictions: AnyPredictions
    """Where `has_probabilities` is False, 1 for what was answered and 0 for the rest."""

    @property
    def title(self) -> str:
        """A few words for tables and charts."""
        return self.baseline.title

    @property
    def has_probabilities(self) -> bool:
        """Whether its method gives probabilities, not answers alone."""
        return self.baseline.test.loss is not None

    def mean_curves(self) -> tuple[Curve | Point, Curve | Point] | None:
        """Return the mean curves of ROC and of precision by recall, or where answers alone stand.

        None where no class has a curve.
        """
        if not self.has_probabilities:
            return points_of(self.predictions)
        found = curves_of(self.predictions)
        if found.macro_roc is None or found.macro_precision_recall is None:
            return None
        return found.macro_roc, found.macro_precision_recall

    def reliability(
        self, label_id: int | None = None, binning: Binning = "equal_width"
    ) -> Reliability | None:
        """Return the reliability of its answers, or of the probabilities of one class.

        None without probabilities.
        """
        if not self.has_probabilities:
            return None
        return reliability(claims_of(self.predictions, label_id), binning=binning)

    def risk(self) -> RiskCoverage:
        """Return the risk of its answers by how many are given; one point without probabilities."""
        return risk_coverage(confidences(self.predictions), ~right_rows(self.predictions))

    def part_values(
        self,
        row_ids: tuple[str, ...],
        part_of_row: Indices,
        num_parts: int,
        metric: PartMetric,
    ) -> list[float | None]:
        """Return a figure for each part of a run's rows; None where it answered none of them.

        Args:
            row_ids: N rows of the run.
            part_of_row: Number of the part of each row, shape (N,).
            num_parts: Number of parts.
            metric: What is measured.
        """
        places = places_of(self.predictions.row_ids, row_ids)
        own_parts = np.where(places >= 0, part_of_row[places], -1)
        return part_values(self.predictions, own_parts, num_parts, metric)

    def known_right(self, row_ids: tuple[str, ...], label: str | None = None) -> KnownRight:
        """Return which of a run's N rows it has right, as far as it answered them.

        Args:
            row_ids: N rows of the run.
            label: Look at the yes or no of this class only; None asks for the whole answer.
        """
        places = places_of(row_ids, self.predictions.row_ids)
        is_known = places >= 0
        return KnownRight(is_known, is_known & right_rows(self.predictions, label)[places])


def save_answers(workspace: Workspace, baseline: Baseline, answers: Answers) -> None:
    """Keep what a baseline answered, in place of older answers of its name and model."""
    for split, predictions in answers.items():
        file = _answers_file(workspace, baseline, split)
        file.parent.mkdir(parents=True, exist_ok=True)
        predictions.save(file)


def has_answers(workspace: Workspace, baseline: Baseline) -> bool:
    """Tell whether a baseline's answers are on disk and whole; early ones kept figures only."""
    files = (_answers_file(workspace, baseline, split) for split in ANSWERED)
    return all(file.is_file() and _is_whole(file) for file in files)


def answers_of_run(workspace: Workspace, config: RunConfig, split: Split) -> list[AnsweredBaseline]:
    """Return the baselines of a run whose answers are known, in the order of `baselines_of_run`."""
    known = baselines_of_run(workspace, config, split)
    found = [(baseline, _read(workspace, baseline, split)) for baseline in known]
    return [AnsweredBaseline(baseline, answers) for baseline, answers in found if answers]


def _answers_file(workspace: Workspace, baseline: Baseline, split: Split) -> Path:
    file = baseline_file(workspace, baseline)
    return file.with_name(f"{file.stem}-{split}.parquet")


def _is_whole(file: Path) -> bool:
    try:
        return bool(read_task(file))
    except InvalidArgumentError:
        return False


def _read(workspace: Workspace, baseline: Baseline, split: Split) -> AnyPredictions | None:
    """Return the answers that the figures were measured on, or None."""
    file, figures = _answers_file(workspace, baseline, split), baseline.figures(split)
    if figures is None or not file.is_file():
        return None
    try:
        answers = load_predictions(file)
    except InvalidArgumentError:
        logger.warning("The answers in %s are damaged and will be measured again.", file)
        return None
    return answers if len(answers) == figures.num_examples else None
