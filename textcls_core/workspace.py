"""The folder that holds data sets, runs and caches."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

APP_DIR = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Workspace:
    """Paths of one workspace; folders are made when something is first written."""

    root: Path

    @classmethod
    def default(cls) -> Self:
        """Return the workspace at `$TEXTCLS_HOME`, or `workspace/` beside the app."""
        return cls(Path(os.environ.get("TEXTCLS_HOME") or APP_DIR / "workspace").resolve())

    @property
    def datasets_dir(self) -> Path:
        """Folder with one sub-folder per data set version."""
        return self.root / "datasets"

    @property
    def runs_dir(self) -> Path:
        """Folder with one sub-folder per run."""
        return self.root / "runs"

    @property
    def baselines_dir(self) -> Path:
        """Folder with one sub-folder per data set version; what is deleted is measured again."""
        return self.root / "baselines"

    @property
    def groups_dir(self) -> Path:
        """Folder with one sub-folder per group of runs."""
        return self.root / "groups"

    @property
    def slices_dir(self) -> Path:
        """Folder with one sub-folder per data set name that slices were saved for."""
        return self.root / "slices"

    @property
    def exports_dir(self) -> Path:
        """Folder with data sets written for other programs; nothing reads them here."""
        return self.root / "exports"

    @property
    def jobs_dir(self) -> Path:
        """Folder with one sub-folder per background job."""
        return self.root / "jobs"

    @property
    def decisions_file(self) -> Path:
        """SQLite file of what people decided about rows."""
        return self.root / "decisions.sqlite"

    @property
    def annotations_file(self) -> Path:
        """SQLite file of what people said about rows: tags, notes, other labels."""
        return self.root / "annotations.sqlite"

    @property
    def behaviour_file(self) -> Path:
        """SQLite file of the behavioural tests of data sets."""
        return self.root / "behaviour.sqlite"

    @property
    def cache_dir(self) -> Path:
        """Folder whose content can be deleted at any time."""
        return self.root / "cache"
