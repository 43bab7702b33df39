"""Which data set version a run used; versions that runs need stay."""

from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.errors import RunStateError
from textcls_core.runs.group_store import GroupStore
from textcls_core.runs.run import Run
from textcls_core.runs.store import RunStore
from textcls_core.wording import plural, shorten
from textcls_core.workspace import Workspace

_SHOWN = 3


def dataset_title(store: DatasetStore, run: Run) -> str:
    """Return name and version number of what a run was trained on, for people."""
    info = store.get(run.config.dataset_fingerprint)
    return run.config.dataset if info is None else info.title


def runs_on(workspace: Workspace, info: DatasetInfo) -> list[Run]:
    """Return the runs that used a version, newest first."""
    runs = RunStore.open(workspace).runs()
    return [run for run in runs if run.config.dataset_fingerprint == info.fingerprint]


def delete_version(workspace: Workspace, info: DatasetInfo) -> None:
    """Remove a version that no run and no group of runs needs.

    Raises:
        RunStateError: If one does.
        InvalidArgumentError: If it is the embedded data set.
    """
    users = [run.run_id for run in runs_on(workspace, info)]
    users += [
        group.group_id
        for group in GroupStore.open(workspace).groups()
        if group.plan.config.dataset_fingerprint == info.fingerprint
    ]
    if users:
        named = ", ".join(users[:_SHOWN]) + (", and others" if len(users) > _SHOWN else "")
        raise RunStateError(
            f'"{shorten(info.name)}" version {info.version} is used by '
            f"{plural(len(users), 'run or group', 'runs or groups')} ({named}) and stays, because "
            "their results can only be read with it."
        )
    DatasetStore.open(workspace).delete(info)
