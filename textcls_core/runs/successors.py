"""Runs that came after another one: trained on a later version of its data set."""

from collections.abc import Sequence
from dataclasses import dataclass

from textcls_core.dataset.store import DatasetInfo
from textcls_core.runs.run import Run
from textcls_core.runs.settings import config_diff

_SAYS_NOTHING = {"name", "group", "dataset", "dataset_fingerprint"}


@dataclass(frozen=True, slots=True)
class Successor:
    """A run on a later version."""

    run: Run
    info: DatasetInfo
    """The version it was trained on."""
    differs_in: tuple[str, ...]
    """Settings that differ besides the data, which may then be why figures differ."""


def successors(run: Run, known: Sequence[Run], infos: Sequence[DatasetInfo]) -> list[Successor]:
    """Return the runs on later versions of a run's data set, those with the same settings first.

    Args:
        run: The run to start from.
        known: All runs, newest first; those that are still at work count too.
        infos: All data set versions.
    """
    versions = {info.fingerprint: info for info in infos}
    own = versions.get(run.config.dataset_fingerprint)
    if own is None:
        return []
    found = [
        Successor(other, info, _differences(run, other))
        for other in known
        for info in [versions.get(other.config.dataset_fingerprint)]
        if info is not None and info.name == own.name and info.version > own.version
    ]
    return sorted(found, key=lambda one: bool(one.differs_in))  # stable: the newest first


def _differences(run: Run, other: Run) -> tuple[str, ...]:
    names = (name for name, *_ in config_diff(run.config, other.config))
    return tuple(name for name in names if name not in _SAYS_NOTHING)
