"""Saved slices: named conditions that every later run of a data set is measured on.

They belong to the name of a data set, so they hold for its later versions too. Each one is a folder
of its own, named by a digest of its name: two people who save at the same time never get into each
other's way, and of two slices with one name the first stays.
"""

import datetime as dt
import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import InvalidArgumentError, NotFoundError, TextclsError, did_you_mean
from textcls_core.files import read_model
from textcls_core.runs.run import Run
from textcls_core.runs.slice_conditions import Condition, title_of
from textcls_core.runs.store import logger, make_once
from textcls_core.workspace import Workspace

MAX_NAME = 60
_FILE = "slice.json"
_ID_CHARACTERS = 16


class SavedSlice(BaseModel):
    """A named slice of a data set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=MAX_NAME)
    dataset: str
    """Name of the data set; its versions share it."""
    conditions: tuple[Condition, ...] = Field(min_length=1)
    """All of them must hold."""
    label: str | None = None
    """The class whose yes or no is looked at; None looks at the whole answer."""
    created_at: dt.datetime
    """UTC."""

    @property
    def slice_id(self) -> str:
        """Digest of the name, also the name of its folder."""
        return _digest(self.name)

    @property
    def title(self) -> str:
        """What it asks for, for people."""
        return title_of(self.conditions) + (f" ({self.label})" if self.label is not None else "")


@dataclass(frozen=True, slots=True)
class SavedSlices:
    """The saved slices of one data set."""

    folder: Path
    dataset: str

    @classmethod
    def open(cls, workspace: Workspace, dataset: str) -> "SavedSlices":
        """Return the slices saved for a data set; there may be none yet.

        Args:
            workspace: Where they are kept.
            dataset: Name of the data set.
        """
        return cls(workspace.slices_dir / _digest(dataset), dataset)

    @classmethod
    def of_run(cls, workspace: Workspace, run: Run) -> "SavedSlices":
        """Return the slices saved for the data set of a run."""
        return cls.open(workspace, dataset_name(workspace, run))

    def all(self) -> list[SavedSlice]:
        """Return all slices, by name; a damaged one is left out and named in the log."""
        found = []
        for file in self.folder.glob(f"*/{_FILE}"):
            if file.parent.name.startswith("."):  # is being made just now
                continue
            try:
                found.append(read_model(file, SavedSlice, "slice"))
            except FileNotFoundError:  # somebody deleted it just now
                continue
            except TextclsError as error:
                logger.warning("%s", error)
        return sorted(found, key=lambda saved: saved.name.casefold())

    def save(
        self, name: str, conditions: Sequence[Condition], label: str | None = None
    ) -> SavedSlice:
        """Keep a slice under a name.

        Raises:
            InvalidArgumentError: If the name is empty, too long or taken, or nothing is asked for.
        """
        cleaned = " ".join(name.split())
        if not 0 < len(cleaned) <= MAX_NAME:
            raise InvalidArgumentError(
                f"Expected a name of 1 to {MAX_NAME} characters, got {len(cleaned)}."
            )
        if not conditions:
            raise InvalidArgumentError(
                "Expected at least one condition, got none: a slice of all rows is the whole split."
            )
        made = SavedSlice(
            name=cleaned,
            dataset=self.dataset,
            conditions=tuple(conditions),
            label=label,
            created_at=dt.datetime.now(dt.UTC),
        )
        if not make_once(self.folder / made.slice_id, _FILE, made):
            raise InvalidArgumentError(
                f'A slice named "{cleaned}" is saved already. Choose another name, or delete it.'
            )
        return made

    def delete(self, name: str) -> None:
        """Forget a slice.

        Raises:
            NotFoundError: If there is none with this name.
        """
        folder = self.folder / _digest(name)
        if not (folder / _FILE).exists():
            names = [saved.name for saved in self.all()]
            raise NotFoundError(f'No slice is named "{name[:60]}". {did_you_mean(name, names)}')
        shutil.rmtree(folder)


def dataset_name(workspace: Workspace, run: Run) -> str:
    """Return the name of the data set of a run, whatever version it used."""
    info = DatasetStore(workspace.datasets_dir).get(run.config.dataset_fingerprint)
    return run.config.dataset if info is None else info.name


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_ID_CHARACTERS]
