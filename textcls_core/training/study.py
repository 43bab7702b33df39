"""The Optuna study of a search, in a file that several coordinators share."""

import hashlib
import os
from pathlib import Path
from typing import Any

import optuna
from optuna.pruners import BasePruner, MedianPruner, NopPruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial, Trial, TrialState

from textcls_core.errors import TrainingError
from textcls_core.evaluation.metric_names import metric_of
from textcls_core.jobs.lock import ProcessLock
from textcls_core.runs.group import GroupPlan
from textcls_core.runs.search_space import Axis, Choices

LOCK_SECONDS = 60.0
MIN_COMPLETED = 4
"""Runs that must have completed before one is pruned; a median of fewer says little."""
_MOST_RANDOM = 10
"""Trials that TPE draws at random before it learns; a third of a short search."""


class JournalLock(JournalFileOpenLock):
    """Lets one process write to the journal at a time.

    Optuna's own locks are files: one left by kill -9 stops everybody for half a minute. The kernel
    frees this one at once. A line that the killed process had not finished is cut off, because the
    next line would be glued to it and the journal could never be read again.
    """

    def __init__(self, journal: Path) -> None:
        super().__init__(str(journal))
        self.journal = journal
        self._lock = ProcessLock(journal.with_suffix(".lock"))

    def acquire(self) -> bool:
        """Take the lock and repair the end of the journal."""
        if not self._lock.acquire(LOCK_SECONDS):
            raise TrainingError(f"{self.journal} is locked by another process and stays so.")
        _cut_unfinished_line(self.journal)
        return True

    def release(self) -> None:
        """Give the lock up."""
        self._lock.release()


def _cut_unfinished_line(journal: Path) -> None:
    with journal.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(size - 1, 0))
        if file.read() not in (b"", b"\n"):
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)


def open_study(journal: Path, plan: GroupPlan) -> optuna.Study:
    """Return the study in a journal, made if it is not there yet."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    backend = JournalFileBackend(str(journal), JournalLock(journal))
    return optuna.create_study(
        storage=JournalStorage(backend),
        study_name="search",
        direction="minimize" if metric_of(plan.metric).is_error else "maximize",
        pruner=_pruner(plan),
        load_if_exists=True,
    )


def _pruner(plan: GroupPlan) -> BasePruner:
    return MedianPruner(n_startup_trials=MIN_COMPLETED) if plan.prune else NopPruner()


def draw(trial: Trial, plan: GroupPlan) -> dict[str, Any]:
    """Return the settings of a trial; what was drawn before stays as it is.

    Every draw has a seed of its own, made from trial and setting: a coordinator that comes back
    after kill -9 draws what it would have drawn, and no two coordinators draw the same.
    """
    trial.study.sampler = _sampler(plan, f"{trial.number}")
    _ = trial.relative_params  # what TPE draws together, with that seed
    settings = {}
    for name, axis in plan.space.items():
        trial.study.sampler = _sampler(plan, f"{trial.number} {name}")
        settings[name] = _suggest(trial, name, axis)
    return settings


def _sampler(plan: GroupPlan, purpose: str) -> BaseSampler:
    digest = hashlib.blake2b(f"{plan.config.seed} {purpose}".encode(), digest_size=4).digest()
    seed = int.from_bytes(digest, "big")
    if plan.kind == "random":
        return RandomSampler(seed)
    num_random = min(_MOST_RANDOM, max(plan.num_planned // 3, 1))
    return TPESampler(n_startup_trials=num_random, seed=seed)


def _suggest(trial: Trial, name: str, axis: Axis) -> Any:
    if isinstance(axis, Choices):
        return trial.suggest_categorical(name, axis.choices)
    if isinstance(axis.low, int) and isinstance(axis.high, int):
        return trial.suggest_int(name, axis.low, axis.high, log=axis.log)
    return trial.suggest_float(name, axis.low, axis.high, log=axis.log)


def trials_in(study: optuna.Study, *states: TrialState) -> list[FrozenTrial]:
    """Return the trials in one of these states, or all of them."""
    return study.get_trials(deepcopy=False, states=states or None)
