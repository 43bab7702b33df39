"""DatasetStore: immutable data set versions on disk, found by name or fingerprint."""

import datetime as dt
import logging
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
from filelock import FileLock
from pydantic import BaseModel, ConfigDict, ValidationError

from textcls_core.dataset.audit import audit
from textcls_core.dataset.builtin import BBC_NEWS, load_bbc_news
from textcls_core.dataset.findings import Finding
from textcls_core.dataset.importing import clean_name
from textcls_core.dataset.text_dataset import SPLITS, Task, TextDataset
from textcls_core.errors import (
    DatasetFormatError,
    InvalidArgumentError,
    NotFoundError,
    TextclsError,
    did_you_mean,
)
from textcls_core.files import (
    new_directory,
    read_json,
    remove_leftovers,
    replaced_directory,
    temporary_sibling,
    write_json,
)
from textcls_core.workspace import Workspace

_ID_CHARACTERS = 16
_LEAST_DIGITS = 8
_EMBEDDED = "embedded"
_FINGERPRINT = re.compile(r"[0-9a-f]{16,64}")
_DESCRIPTION, _ROWS = "dataset.json", "data.parquet"

logger = logging.getLogger(__name__)


class DatasetInfo(BaseModel):
    """What is known about a stored version without reading its rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """A label for people; several versions may share it."""
    version: int
    """1 for the first data set of this name, then counting up."""
    fingerprint: str
    """Hex digest of the content."""
    created_at: dt.datetime
    """When it was stored, UTC."""
    reason: str
    """Why this version exists, for example "imported from train.csv"."""
    parent: str | None = None
    """Fingerprint of the version it was made from."""
    task: Task
    label_names: tuple[str, ...]
    num_examples: int
    split_counts: dict[str, int]
    extra_columns: tuple[str, ...]
    findings: tuple[Finding, ...]
    aliases: tuple[str, ...] = ()
    """Other names under which the same content was imported again."""

    def answers_to(self, name: str) -> bool:
        """Tell whether this version goes by that name."""
        return name == self.name or name in self.aliases

    @property
    def title(self) -> str:
        """Name and version number, for people."""
        return f"{self.name} v{self.version}"

    @property
    def is_embedded(self) -> bool:
        """Whether this is the data set that comes with the product."""
        return self.name == BBC_NEWS and self.reason == _EMBEDDED

    @property
    def dataset_id(self) -> str:
        """Folder name, made from the fingerprint."""
        return self.fingerprint[:_ID_CHARACTERS]


@dataclass(frozen=True, slots=True)
class DamagedVersion:
    """A folder in which a version should be, and why it cannot be used."""

    dataset_id: str
    """Name of the folder."""
    problem: str
    """One sentence for people, with what to do."""


@dataclass(frozen=True, slots=True)
class DatasetStore:
    """The data sets of one workspace."""

    root: Path

    @classmethod
    def open(cls, workspace: Workspace) -> "DatasetStore":
        """Return the store of a workspace, with the embedded data set in it."""
        store = cls(workspace.datasets_dir)
        if not any(info.is_embedded for info in store.versions()):
            imported = load_bbc_news()
            store.save(imported.dataset, BBC_NEWS, _EMBEDDED, imported.findings)
        return store

    def versions(self) -> list[DatasetInfo]:
        """Return all versions that can be read, newest first; see `damaged` for the others."""
        infos = [info for info in map(_try_read, self._folders()) if isinstance(info, DatasetInfo)]
        return sorted(infos, key=lambda info: info.created_at, reverse=True)

    def damaged(self) -> list[DamagedVersion]:
        """Return the versions whose description cannot be read; they do not hide the others."""
        found = [(folder.name, _try_read(folder)) for folder in sorted(self._folders())]
        return [
            DamagedVersion(name, str(error))
            for name, error in found
            if isinstance(error, TextclsError)
        ]

    def find(self, reference: str) -> DatasetInfo:
        """Return the version with that fingerprint prefix, or the newest version of that name.

        From 16 hexadecimal digits on, a fingerprint goes before a name.

        Raises:
            NotFoundError: If there is none.
            DatasetFormatError: If its description is damaged.
        """
        infos = self.versions()
        by_name = [info for info in infos if info.answers_to(reference)]
        by_content = [info for info in infos if _begins(info.fingerprint, reference)]
        if _FINGERPRINT.fullmatch(reference):
            by_name, by_content = by_content, by_name
        for info in (*by_name, *by_content):
            return info
        for lost in self.damaged():
            if _begins(lost.dataset_id, reference[:_ID_CHARACTERS]):
                raise DatasetFormatError(lost.problem)
        raise NotFoundError(
            f'Data set "{reference[:80]}" does not exist. '
            + did_you_mean(reference, sorted({info.name for info in infos}))
        )

    def get(self, fingerprint: str) -> DatasetInfo | None:
        """Return the version with exactly this fingerprint, or None if it is gone."""
        if not _FINGERPRINT.fullmatch(fingerprint):
            return None
        info = _try_read(self.root / fingerprint[:_ID_CHARACTERS])
        if isinstance(info, DatasetInfo) and info.fingerprint == fingerprint:
            return info
        return None

    def path(self, info: DatasetInfo) -> Path:
        """Return the Parquet file with the rows of a version."""
        return self.root / info.dataset_id / _ROWS

    def load(self, reference: str) -> TextDataset:
        """Return the rows of `find(reference)`.

        Raises:
            NotFoundError: If there is no such data set.
            DatasetFormatError: If its file is damaged.
        """
        info = self.find(reference)
        try:
            table = pq.read_table(self.path(info))
        except (OSError, ValueError) as error:
            raise damaged_rows(info) from error
        return TextDataset(table, info.label_names, info.task)

    def derive(self, parent: DatasetInfo, dataset: TextDataset, reason: str) -> DatasetInfo:
        """Store a changed data set as a new version of `parent` and return its description.

        If exactly these rows are stored already, that older version is returned instead.
        """
        return self.save(dataset, parent.name, reason, audit(dataset), parent=parent.fingerprint)

    def save(
        self,
        dataset: TextDataset,
        name: str,
        reason: str,
        findings: Sequence[Finding] = (),
        *,
        parent: str | None = None,
    ) -> DatasetInfo:
        """Store a version and return its description.

        Equal content is stored once: the description that exists is returned, under its own name,
        and `name` becomes another name for it. What is damaged of it is repaired. A version with a
        parent may share the name of the embedded data set.

        Raises:
            InvalidArgumentError: If the name is taken, empty or could be a fingerprint.
        """
        cleaned = _checked_name(name, is_ours=reason == _EMBEDDED or parent is not None)
        with self._writing():
            remove_leftovers(self.root)
            known = self.versions()
            info = DatasetInfo(
                name=cleaned,
                version=_next_version(known, cleaned),
                fingerprint=dataset.fingerprint,
                created_at=_later_than(known),
                reason=reason,
                parent=parent,
                task=dataset.task,
                label_names=dataset.label_names,
                num_examples=dataset.num_examples,
                split_counts=_split_counts(dataset),
                extra_columns=dataset.extra_columns,
                findings=tuple(findings),
            )
            return self._store(dataset, info)

    def delete(self, info: DatasetInfo) -> None:
        """Remove a version; whether a run needs it is asked by `runs.versions`.

        Raises:
            InvalidArgumentError: If it is the embedded data set, which would only come back.
        """
        if info.is_embedded:
            raise InvalidArgumentError(
                f'"{info.name}" version {info.version} comes with the product and stays.'
            )
        with self._writing():
            folder = self.root / info.dataset_id
            hidden = folder.with_name(f".{folder.name}.deleted")
            shutil.rmtree(hidden, ignore_errors=True)
            folder.rename(hidden)  # in one step: nobody ever sees half a version
            shutil.rmtree(hidden)

    def _folders(self) -> list[Path]:
        return [file.parent for file in self.root.glob(f"[0-9a-f]*/{_DESCRIPTION}")]

    def _writing(self) -> FileLock:
        """Return what one writer at a time holds: version numbers must not repeat."""
        self.root.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(self.root.with_name(f".{self.root.name}.lock"))

    def _store(self, dataset: TextDataset, info: DatasetInfo) -> DatasetInfo:
        """Write what is missing of a version and return the description that is stored then."""
        folder = self.root / info.dataset_id
        stored = _try_read(folder) if folder.exists() else None
        if isinstance(stored, DatasetInfo):
            _repair_rows(folder / _ROWS, dataset)
            return _with_alias(folder / _DESCRIPTION, stored, info.name)
        make = new_directory if stored is None else replaced_directory
        with make(folder) as temporary:
            pq.write_table(dataset.table, temporary / _ROWS)
            write_json(temporary / _DESCRIPTION, info.model_dump(mode="json"))
        return info


def damaged_rows(info: DatasetInfo) -> DatasetFormatError:
    """Return what to say about a version whose Parquet file cannot be read."""
    return DatasetFormatError(
        f'The rows of data set "{info.name}" ({info.dataset_id}) are damaged. '
        "Import the file again to repair it, or delete its folder."
    )


def _begins(fingerprint: str, reference: str) -> bool:
    return len(reference) >= _LEAST_DIGITS and fingerprint.startswith(reference)


def _checked_name(name: str, *, is_ours: bool) -> str:
    """Return a name that a data set may have.

    Args:
        name: From a person.
        is_ours: Whether the name of the embedded data set is allowed.
    """
    cleaned = clean_name(name)
    if cleaned == BBC_NEWS and not is_ours:
        raise InvalidArgumentError(
            f'The name "{BBC_NEWS}" belongs to the embedded data set. Choose another name.'
        )
    if _FINGERPRINT.fullmatch(cleaned):
        raise InvalidArgumentError(
            f'The name "{cleaned}" could be the fingerprint of another data set. '
            "Choose a name with other characters than 0-9 and a-f."
        )
    return cleaned


def _next_version(known: Sequence[DatasetInfo], name: str) -> int:
    named = (info for info in known if info.answers_to(name))
    return 1 + max((info.version if info.name == name else 1 for info in named), default=0)


def _later_than(known: Sequence[DatasetInfo]) -> dt.datetime:
    """Return the time, or a moment after the newest version if the clock was set back."""
    now = dt.datetime.now(dt.UTC)
    return max([now, *(info.created_at + dt.timedelta(microseconds=1) for info in known[:1])])


def _repair_rows(file: Path, dataset: TextDataset) -> None:
    """Write the rows of a stored version again if they cannot be read."""
    try:
        if pq.read_metadata(file).num_rows == dataset.num_examples:
            return
    except (OSError, ValueError) as error:
        logger.warning("%s is written again: %s", file, error)
    with temporary_sibling(file) as temporary:
        pq.write_table(dataset.table, temporary)
        temporary.replace(file)


def _with_alias(file: Path, info: DatasetInfo, name: str) -> DatasetInfo:
    """Return what is stored, which may be older than this import, and make it known as `name`."""
    if info.answers_to(name):
        return info
    info = info.model_copy(update={"aliases": (*info.aliases, name)})
    write_json(file, info.model_dump(mode="json"))
    return info


def _try_read(folder: Path) -> DatasetInfo | TextclsError:
    """Return the description in a folder, or why it cannot be read."""
    try:
        info = DatasetInfo.model_validate(read_json(folder / _DESCRIPTION))
        if info.dataset_id == folder.name:
            return info
        problem = f"describes another data set ({info.dataset_id})"
    except (TextclsError, ValidationError, OSError):
        problem = "does not describe a data set"
    return DatasetFormatError(
        f"{folder.name}/{_DESCRIPTION} {problem}. Import the same file again to repair it, "
        "restore the folder from a backup, or delete the folder."
    )


def _split_counts(dataset: TextDataset) -> dict[str, int]:
    counts = {
        item["values"]: item["counts"]
        for item in pc.value_counts(dataset.table["split"]).to_pylist()
    }
    return {split: counts[split] for split in SPLITS if split in counts}
