"""Runs that differ in nothing but their seed: what chance in training alone can do."""

from collections.abc import Sequence

from textcls_core.config import RunConfig
from textcls_core.dataset.text_dataset import Split
from textcls_core.runs.group_figures import Spread
from textcls_core.runs.run import Run, RunStatus

_LABELS = {"seed", "name", "group", "dataset"}
"""The seed, and what names things only; the version is in `dataset_fingerprint`."""


def differ_in_seed_only(one: RunConfig, another: RunConfig) -> bool:
    """Tell whether two runs would be the same but for their seed and their names.

    Example:
        >>> one = RunConfig.create({"dataset": "toy"})
        >>> differ_in_seed_only(one, one.model_copy(update={"seed": 7, "name": "again"}))
        True
    """
    return one.model_dump(exclude=_LABELS) == another.model_dump(exclude=_LABELS)


def seed_siblings(run: Run, runs: Sequence[Run]) -> list[Run]:
    """Return completed runs with the settings of `run`, itself among them, one for each seed.

    Args:
        run: A run that has ended with a model.
        runs: Runs to look among.
    """
    by_seed = {run.config.seed: run}
    for other in runs:
        if differ_in_seed_only(run.config, other.config) and other.status == RunStatus.COMPLETED:
            by_seed.setdefault(other.config.seed, other)
    return list(by_seed.values())


def seed_spread(
    run: Run, runs: Sequence[Run], split: Split, figure: str = "accuracy"
) -> Spread | None:
    """Return a figure over the seeds of a run's settings, None for fewer than two seeds.

    Args:
        run: A run that has ended with a model.
        runs: Runs to look among.
        split: Validation or test; nothing is recorded of the training rows.
        figure: A figure of `finished.json`.
    """
    recorded = [one.finished.get(split, {}).get(figure) for one in seed_siblings(run, runs)]
    values = [float(value) for value in recorded if value is not None]
    return Spread.of(values) if len(values) > 1 else None
