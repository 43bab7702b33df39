"""RunStore: make, list and find the runs of a workspace."""

import datetime as dt
import logging
import re
import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from pydantic import BaseModel

from textcls_core.config import RunConfig
from textcls_core.errors import NotFoundError, TextclsError, did_you_mean
from textcls_core.files import new_directory, write_json
from textcls_core.runs.run import Run
from textcls_core.runs.slots import awaited_slots, held_slots
from textcls_core.workspace import Workspace

logger = logging.getLogger(__name__)
_RUN_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{8}")


def new_run_id() -> str:
    """Return a fresh id that sorts by time.

    A form draws its id when it is shown, so that a second click on Start finds the first run.

    Example:
        >>> bool(_RUN_ID.fullmatch(new_run_id()))
        True
    """
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{secrets.token_hex(4)}"


@dataclass(frozen=True, slots=True)
class RunStore:
    """The folder that holds runs."""

    root: Path

    @classmethod
    def open(cls, workspace: Workspace) -> "RunStore":
        """Return the store of a workspace."""
        return cls(workspace.runs_dir)

    def create(self, config: RunConfig, run_id: str | None = None) -> tuple[Run, bool]:
        """Make a run folder once.

        Args:
            config: All settings.
            run_id: From `new_run_id`; the same id never makes a second run.

        Returns:
            The run, and whether this call made it.
        """
        run = Run(self.root / checked_id(run_id or new_run_id()))
        return run, make_once(run.folder, "config.json", config)

    def runs(self) -> list[Run]:
        """Return all runs, newest first; a damaged one is left out and named in the log."""
        folders = self.root.glob("*/config.json")
        runs = [Run(file.parent) for file in folders if _RUN_ID.fullmatch(file.parent.name)]
        return sorted(readable(runs, lambda run: run.config), key=_place, reverse=True)

    def open_run(self, run_id: str) -> Run:
        """Return the run with this id; `latest` is the newest one.

        Raises:
            NotFoundError: If there is none.
        """
        return pick(self.runs(), run_id, "Run")

    def active(self) -> list[Run]:
        """Return the runs that are queued, running or stopping, oldest first."""
        return [run for run in reversed(self.runs()) if run.status.is_active]

    def waiting_behind(self, run: Run) -> list[Run]:
        """Return the active runs that keep `run` from its device, oldest first.

        They hold slots that it waits for, or were made before it and wait for them too. None if
        enough slots are free.
        """
        wanted, behind = awaited_slots(run), []
        free = set(wanted)
        for other in self._others_at_work(run):
            is_earlier = _place(other) < _place(run)
            claimed = held_slots(other) | (awaited_slots(other) if is_earlier else set())
            if wanted & claimed:
                behind.append(other)
                free -= claimed
        has_enough = len(free) >= min(run.num_processes, len(wanted))
        return [] if has_enough else behind

    def reserved_before(self, run: Run) -> set[str]:
        """Return the slots that earlier runs wait for; `run` has to leave them alone."""
        others = self._others_at_work(run)
        earlier = [awaited_slots(other) for other in others if _place(other) < _place(run)]
        return set().union(*earlier)

    def _others_at_work(self, run: Run) -> list[Run]:
        """Return the other active runs, oldest first.

        Those that people have yet to start on several machines are left out: nobody knows whether
        they ever will. Looks only at the others: asking for the status of a run inside its own
        worker would free the worker's lock.
        """
        others = [other for other in reversed(self.runs()) if other.run_id != run.run_id]
        return [other for other in others if other.status.is_active and not other.awaits_machines]

    def slot_file(self, slot: str) -> Path:
        """Return the lock that the run computing in `slot` holds."""
        self.root.mkdir(parents=True, exist_ok=True)
        return self.root / f".slot-{slot.replace('/', '-')}.lock"


def _place(run: Run) -> tuple[dt.datetime, str]:
    """Return the place of a run in the queue; its id may be older, from when the form was shown."""
    return run.created_at, run.run_id


class HasFolder(Protocol):
    """A run, or a group of them."""

    @property
    def folder(self) -> Path:
        """Its folder, whose name is its id."""


Found = TypeVar("Found", bound=HasFolder)


def pick(items: Sequence[Found], wanted: str, noun: str) -> Found:
    """Return the item with this id; `latest` is the first one.

    Args:
        items: Newest first.
        wanted: An id, from anywhere.
        noun: What the items are, for the message.

    Raises:
        NotFoundError: If there is none.
    """
    if wanted == "latest" and items:
        return items[0]
    for item in items:
        if item.folder.name == wanted:
            return item
    known = [item.folder.name for item in items]
    shown = "".join(c for c in wanted[:40] if c.isprintable())
    raise NotFoundError(f'{noun} "{shown}" does not exist. {did_you_mean(wanted, known)}')


def make_once(folder: Path, file_name: str, content: BaseModel) -> bool:
    """Make a folder with one JSON file in it; return False if somebody made it before."""
    try:
        with new_directory(folder) as temporary:
            write_json(temporary / file_name, content.model_dump(mode="json"))
    except FileExistsError:
        return False
    return True


def readable(items: Iterable[Found], read: Callable[[Found], object]) -> list[Found]:
    """Return the items that can be read; one bad folder must not hide the others."""
    found = []
    for item in items:
        try:
            read(item)
            found.append(item)
        except TextclsError as error:
            logger.warning("%s", error)
    return found


def checked_id(run_id: str, noun: str = "run") -> str:
    """Return an id that we made; anything else could point outside the folder.

    Raises:
        NotFoundError: If it is not from `new_run_id`.
    """
    if not _RUN_ID.fullmatch(run_id):
        raise NotFoundError(f'"{run_id[:40]}" is not a {noun} id. Ids are made by the app.')
    return run_id


def summary(run: Run) -> dict[str, object]:
    """Return a run in the stable form of the command line."""
    finished = run.finished
    facts: dict[str, object] = {
        "run_id": run.run_id,
        "status": str(run.status),
        "name": run.config.title,
        "dataset": run.config.dataset,
        "model": run.config.model,
        "created_at": run.created_at.isoformat(),
        "steps": run.history.step,
    }
    for name in ("train_seconds", "tokens_per_second", "validation", "test", "error"):
        if name in finished:
            facts[name] = finished[name]
    return facts
