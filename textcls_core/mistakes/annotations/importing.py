"""Taking annotations in from a file: all of them or none, and nothing that is in it is lost."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from textcls_core.dataset.history import newest_version
from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.mistakes.annotations.annotation import Annotation, changes_to
from textcls_core.mistakes.annotations.annotation_file import (
    AnnotationFormat,
    Given,
    parse_annotations,
)
from textcls_core.mistakes.annotations.checking import require_fitting
from textcls_core.mistakes.annotations.store import Annotations
from textcls_core.wording import plural, shorten

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did."""

    num_rows: int
    """Rows in the file."""
    num_changed: int
    """Rows about which something else is said now."""
    unknown_rows: tuple[str, ...]
    """Row ids that the newest version does not have; what is said about them is kept."""
    unknown_labels: tuple[str, ...]
    """Proposed labels that the newest version does not have; they would be new classes."""
    ignored_columns: tuple[str, ...]
    batch_id: int | None
    """For `Annotations.undo`; None if nothing changed."""

    @property
    def sentences(self) -> list[str]:
        """What a person should know, the result first."""
        said = [f"{plural(self.num_rows, 'row')} read, {self.num_changed:,} changed."]
        if self.unknown_rows:
            said.append(
                f"{plural(len(self.unknown_rows), 'row id is', 'row ids are')} not in the newest "
                f"version ({_some(self.unknown_rows)}). What is said about them is kept, and "
                "counts in a version that has them."
            )
        if self.unknown_labels:
            said.append(
                f"{plural(len(self.unknown_labels), 'proposed label is', 'proposed labels are')} "
                f"not in the newest version ({_some(self.unknown_labels)}) and would be new."
            )
        if self.ignored_columns:
            said.append(f"Columns left out: {_some(self.ignored_columns)}.")
        return said


def import_annotations(
    annotations: Annotations,
    store: DatasetStore,
    content: bytes,
    file_format: AnnotationFormat,
    *,
    author: str = "",
) -> ImportReport:
    """Take annotations from a file, all of them or none, as one batch.

    What the file says about a row takes the place of what was said in the same column; rows and
    columns that it does not have stay as they are.

    Args:
        annotations: Where they go.
        store: Where the data set is.
        content: The bytes of the file.
        file_format: What it is.
        author: Who imports; may be empty.

    Raises:
        DatasetFormatError: If the file does not hold annotations, with the line.
        InvalidArgumentError: If a proposal does not fit the data set.
        NotFoundError: If there is no such data set.
    """
    info = newest_version(store, annotations.dataset_name)
    given, ignored = parse_annotations(content, file_format)
    for one in given.values():
        if one.get("proposed") is not None:
            require_fitting(one["proposed"], info)
    known = annotations.by_row()
    changes = [
        change
        for row_id, fields in given.items()
        for before in (known.get(row_id, Annotation(row_id)),)
        for change in changes_to(before, replace(before, **fields))
    ]
    what = f"imported {plural(len(given), 'row')}"
    return ImportReport(
        num_rows=len(given),
        num_changed=len({change.row_id for change in changes}),
        unknown_rows=_unknown_rows(store, info, list(given)),
        unknown_labels=_unknown_labels(info, given.values()),
        ignored_columns=tuple(ignored),
        batch_id=annotations.record(changes, what, author=author) if changes else None,
    )


def _unknown_rows(store: DatasetStore, info: DatasetInfo, row_ids: list[str]) -> tuple[str, ...]:
    rows = store.load(info.fingerprint).table["row_id"].combine_chunks()
    wanted = pa.array(row_ids, pa.string())
    return tuple(wanted.filter(pc.invert(pc.is_in(wanted, value_set=rows))).to_pylist())


def _unknown_labels(info: DatasetInfo, given: Iterable[Given]) -> tuple[str, ...]:
    proposed = {label for one in given for label in one.get("proposed") or ()}
    return tuple(sorted(proposed - set(info.label_names)))


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(shorten(name, 40) for name in names[:_SHOWN])
    return shown + (" and others" if len(names) > _SHOWN else "")
