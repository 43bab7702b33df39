"""Everything that a report or a model card says about a run on one split, gathered once."""

import datetime as dt
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import numpy as np

from textcls_core.config import RunConfig
from textcls_core.dataset.keys import RowKeys, equal_text_groups
from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.dataset.text_dataset import Split, TextDataset
from textcls_core.evaluation.by_task import (
    AnyPredictions,
    figures_of,
    predicted_text,
    right_rows,
    task_of,
    true_text,
)
from textcls_core.evaluation.calibration_figures import (
    Calibration,
    calibration_of,
)
from textcls_core.evaluation.figures import Figures
from textcls_core.evaluation.metrics import Metrics, measure
from textcls_core.evaluation.rule_figures import RuleResult
from textcls_core.models.catalogue import EMBEDDED
from textcls_core.runs.group_figures import Spread
from textcls_core.runs.measured_slices import FoundSlices, find_weak
from textcls_core.runs.rules import measure_run_rule
from textcls_core.runs.run import Run
from textcls_core.runs.seeds import seed_spread
from textcls_core.runs.slice_rows import SliceRows
from textcls_core.runs.store import RunStore
from textcls_core.training.baselines import Baseline, BaselineFigures, baselines_of_run
from textcls_core.workspace import Workspace

NUM_MISTAKES = 10
_NO_SETTINGS = {"name", "dataset", "dataset_fingerprint", "group", "model"}
"""Said elsewhere in a report."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """A row that the model got wrong."""

    row_id: str
    true: str
    predicted: str
    loss: float
    """In nats."""
    text: str


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting of a run."""

    name: str
    value: Any
    default: Any


@dataclass(frozen=True)
class Facts:
    """What is known about a run on one split."""

    run: Run
    split: Split
    written_at: dt.datetime
    info: DatasetInfo
    predictions: AnyPredictions
    figures: Figures
    metrics: Metrics
    calibration: Calibration
    error_before: float
    """Expected calibration error at temperature 1."""
    baselines: tuple[tuple[Baseline, BaselineFigures], ...]
    rule: RuleResult | None
    """What the rule kept with the model is worth on these rows; None without one."""
    weak: FoundSlices
    """Slices that are weaker than the rest beyond chance."""
    mistakes: tuple[Mistake, ...]
    """Those with the largest loss."""
    seeds: Spread | None
    """Accuracy over the seeds of the same settings; None with fewer than two."""
    num_seen: int | None
    """Rows whose text is also among the training rows; None if that is unknown."""

    @property
    def title(self) -> str:
        """Name of the run."""
        return self.run.config.title

    @property
    def model(self) -> str:
        """The pretrained model, without the place where it lay."""
        return shown_model(self.run.config)

    @property
    def num_wrong(self) -> int:
        """Rows that are wrong; with several labels per text, wrong in at least one."""
        return int((~right_rows(self.predictions)).sum())

    @property
    def is_multi_label(self) -> bool:
        """Whether a text may have any number of labels."""
        return task_of(self.predictions) == "multi_label"

    @property
    def best_baseline(self) -> tuple[Baseline, BaselineFigures] | None:
        """The baseline with the best accuracy on the same rows."""
        return max(self.baselines, key=lambda pair: pair[1].accuracy, default=None)


def gather(run: Run, split: Split, workspace: Workspace) -> Facts:
    """Return what is known about a finished run on one split.

    Raises:
        NotFoundError: If the run has no predictions for the split, or its data set is gone.
        InvalidArgumentError: If a file is damaged, or the split has no rows.
    """
    store = DatasetStore.open(workspace)
    info = store.find(run.config.dataset_fingerprint or run.config.dataset)
    dataset, predictions = store.load(info.fingerprint), run.predictions(split)
    groups = equal_text_groups(dataset, predictions.row_ids)
    known = baselines_of_run(workspace, run.config, split)
    raw = calibration_of(run.raw_predictions(split))
    return Facts(
        run=run,
        split=split,
        written_at=dt.datetime.now(dt.UTC),
        info=info,
        predictions=predictions,
        figures=figures_of(predictions),
        metrics=measure(predictions, groups),
        calibration=calibration_of(predictions),
        error_before=raw.equal_width.expected_error,
        baselines=tuple(
            (one, figures) for one in known if (figures := one.figures(split)) is not None
        ),
        rule=_kept_rule(run, dataset, split),
        weak=find_weak(
            SliceRows.of_run(run, dataset, split, workspace.cache_dir),
            right_rows(predictions),
        ),
        mistakes=worst_mistakes(predictions, dataset),
        seeds=seed_spread(run, RunStore.open(workspace).runs(), split),
        num_seen=num_seen_in_training(run, split, dataset),
    )


def _kept_rule(run: Run, dataset: TextDataset, split: Split) -> RuleResult | None:
    decision = run.decision
    if not decision.has_more_than_temperature:
        return None
    return measure_run_rule(run, dataset, split, decision.rule)


def worst_mistakes(
    predictions: AnyPredictions, dataset: TextDataset, limit: int = NUM_MISTAKES
) -> tuple[Mistake, ...]:
    """Return the wrong rows with the largest loss, the largest first."""
    wrong = np.flatnonzero(~right_rows(predictions))
    rows = wrong[np.argsort(-predictions.loss[wrong], kind="stable")][:limit]
    row_ids = [predictions.row_ids[row] for row in rows]
    texts = dataset.texts(dataset.positions(row_ids))
    return tuple(
        Mistake(
            row_id=row_id,
            true=true_text(predictions, row),
            predicted=predicted_text(predictions, row),
            loss=float(predictions.loss[row]),
            text=text,
        )
        for row, row_id, text in zip(rows.tolist(), row_ids, texts, strict=True)
    )


def num_seen_in_training(run: Run, split: Split, dataset: TextDataset) -> int | None:
    """Return how many rows have a text that the model was trained on.

    Case, punctuation and spaces do not count.

    Args:
        run: Its predictions of training rows say which rows those were.
        split: Rows to look at.
        dataset: The version that the run used.
    """
    if split == "train" or "train" not in run.splits:
        return None
    row_ids = run.raw_predictions(split).row_ids
    seen = run.raw_predictions("train").row_ids
    keys: RowKeys = equal_text_groups(dataset, (*row_ids, *seen))
    return int(np.isin(keys[: len(row_ids)], keys[len(row_ids) :]).sum())


def shown_model(config: RunConfig) -> str:
    """Return what a model is called outside of this machine.

    Example:
        >>> shown_model(RunConfig.create({"dataset": "toy", "model": "/home/me/secret/my-bert"}))
        'my-bert (a local folder)'
    """
    if config.model == EMBEDDED:
        return "MiniLM (all-MiniLM-L6-v2)"
    folder = _folder_name(config.model)
    return f"{folder} (a local folder)" if folder else config.model


def without_places(config: RunConfig) -> RunConfig:
    """Return settings that name no folder of this machine."""
    folder = _folder_name(config.model)
    return config.model_copy(update={"model": f"./{folder}"}) if folder else config


def _folder_name(model: str) -> str:
    """Return the last part of a path; nothing if a model is not named by one."""
    is_path = model.startswith((".", "~", "/", "\\")) or PurePath(model).is_absolute()
    return PurePath(model.rstrip("/")).name if is_path else ""


def settings_of(config: RunConfig) -> tuple[list[Setting], list[Setting]]:
    """Return the settings that were changed from their defaults, and the others."""
    usual = RunConfig.create({"dataset": config.dataset})
    found = [
        Setting(name, getattr(config, name), getattr(usual, name))
        for name in RunConfig.model_fields
        if name not in _NO_SETTINGS
    ]
    changed = [one for one in found if one.value != one.default]
    return changed, [one for one in found if one.value == one.default]
