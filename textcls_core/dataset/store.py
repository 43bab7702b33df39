"""DatasetStore: immutable data set versions on disk, found by name or fingerprint."""

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
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
    did_you_mean,
)
from textcls_core.files import new_directory, read_json, write_json
from textcls_core.workspace import Workspace

_ID_CHARACTERS = 16
_EMBEDDED = "embedded"


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
    def dataset_id(self) -> str:
        """Folder name, made from the fingerprint."""
        return self.fingerprint[:_ID_CHARACTERS]


@dataclass(frozen=True, slots=True)
class DatasetStore:
    """The data sets of one workspace."""

    root: Path

    @classmethod
    def open(cls, workspace: Workspace) -> "DatasetStore":
        """Return the store of a workspace, with the embedded data set in it."""
        store = cls(workspace.datasets_dir)
        if not any(info.name == BBC_NEWS for info in store.versions()):
            imported = load_bbc_news()
            store.save(imported.dataset, BBC_NEWS, _EMBEDDED, imported.findings)
        return store

    def versions(self) -> list[DatasetInfo]:
        """Return all versions, newest first."""
        files = self.root.glob("[0-9a-f]*/dataset.json")
        infos = [_read_info(file) for file in files]
        return sorted(infos, key=lambda info: info.created_at, reverse=True)

    def find(self, reference: str) -> DatasetInfo:
        """Return the newest version of that name, or the version with that fingerprint prefix.

        Raises:
            NotFoundError: If there is none.
        """
        infos = self.versions()
        for info in infos:
            if info.answers_to(reference):
                return info
        for info in infos:
            if len(reference) >= 8 and info.fingerprint.startswith(reference):
                return info
        raise NotFoundError(
            f'Data set "{reference[:80]}" does not exist. '
            + did_you_mean(reference, sorted({info.name for info in infos}))
        )

    def path(self, info: DatasetInfo) -> Path:
        """Return the Parquet file with the rows of a version, to query without loading it."""
        return self.root / info.dataset_id / "data.parquet"

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
        """Store a changed data set as a new version of `parent` and return its description."""
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
        and `name` becomes another name for it. A version with a parent may share the name of the
        embedded data set.
        """
        cleaned = clean_name(name)
        if cleaned == BBC_NEWS and reason != _EMBEDDED and parent is None:
            raise InvalidArgumentError(
                f'The name "{BBC_NEWS}" belongs to the embedded data set. Choose another name.'
            )
        info = DatasetInfo(
            name=cleaned,
            version=1 + sum(known.answers_to(cleaned) for known in self.versions()),
            fingerprint=dataset.fingerprint,
            created_at=dt.datetime.now(dt.UTC),
            reason=reason,
            parent=parent,
            task=dataset.task,
            label_names=dataset.label_names,
            num_examples=dataset.num_examples,
            split_counts=_split_counts(dataset),
            extra_columns=dataset.extra_columns,
            findings=tuple(findings),
        )
        folder = self.root / info.dataset_id
        if not (folder / "dataset.json").exists():
            with suppress(FileExistsError), new_directory(folder) as temporary:
                pq.write_table(dataset.table, temporary / "data.parquet")
                write_json(temporary / "dataset.json", info.model_dump(mode="json"))
        return _with_alias(folder / "dataset.json", cleaned)


def damaged_rows(info: DatasetInfo) -> DatasetFormatError:
    """Return what to say about a version whose Parquet file cannot be read."""
    return DatasetFormatError(
        f'The rows of data set "{info.name}" ({info.dataset_id}) are damaged. '
        "Delete its folder and import the file again."
    )


def _with_alias(file: Path, name: str) -> DatasetInfo:
    """Return what is stored, which may be older than this import, and make it known as `name`."""
    info = _read_info(file)
    if info.answers_to(name):
        return info
    info = info.model_copy(update={"aliases": (*info.aliases, name)})
    write_json(file, info.model_dump(mode="json"))
    return info


def _read_info(file: Path) -> DatasetInfo:
    try:
        return DatasetInfo.model_validate(read_json(file))
    except ValidationError as error:
        raise DatasetFormatError(
            f"{file.parent.name}/{file.name} does not describe a data set. "
            "Delete the folder or restore it from a backup."
        ) from error


def _split_counts(dataset: TextDataset) -> dict[str, int]:
    counts = {
        item["values"]: item["counts"]
        for item in pc.value_counts(dataset.table["split"]).to_pylist()
    }
    return {split: counts[split] for split in SPLITS if split in counts}
