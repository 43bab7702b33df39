"""A folder per class, one file per text; folders of splits may stand above the classes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from textcls_core.dataset.columns import as_split
from textcls_core.dataset.encoding import codec_of, has_unreadable_bytes
from textcls_core.dataset.formats.records import Record, table_of_records
from textcls_core.dataset.formats.row_log import TOO_LONG, UNREADABLE, RowLog
from textcls_core.dataset.formats.source import Source, shown_name
from textcls_core.dataset.raw_table import RawTable
from textcls_core.dataset.reading_options import ReadingOptions
from textcls_core.errors import DatasetFormatError

_MAX_CLASSES = 10_000
_MAX_TEXT_BYTES = 4_000_000
"""Of one file; a million characters take no more."""


@dataclass(frozen=True, slots=True)
class _ClassFolder:
    """The texts of one class in one split."""

    path: Path
    label: str
    split: str | None


def read_folder(
    source: Source, options: ReadingOptions, log: RowLog, limit: int | None = None
) -> RawTable:
    """Return the columns `text`, `label` (the folder), `file`, and `split` where folders name it.

    Links, hidden files and folders inside a class are left out.

    Args:
        source: The folder.
        options: The encoding of its files, where it is known.
        log: Of this folder.
        limit: Number of rows read at most; None reads all.

    Raises:
        DatasetFormatError: If there are no classes with files.
    """
    log.unit = "row"
    root = source.folder
    files = (
        (file, folder) for folder in class_folders(root, log.file_name) for file in _files(folder)
    )
    numbered = islice(enumerate(files, 1), limit)
    return table_of_records(_records(numbered, root, options, log), log)


def class_folders(root: Path, name: str) -> list[_ClassFolder]:
    """Return the folders of classes, below folders of splits if all folders are such.

    Raises:
        DatasetFormatError: If there are none, or too many.
    """
    tops = _subfolders(root)
    if tops and all(as_split(top.name) and _subfolders(top) for top in tops):
        below = [(folder, as_split(top.name)) for top in tops for folder in _subfolders(top)]
    else:
        below = [(folder, None) for folder in tops]
    found = [_ClassFolder(folder, folder.name, split) for folder, split in below]
    if not any(True for folder in found for _ in _files(folder)):
        raise DatasetFormatError(
            f"{name} is a folder without texts in classes. Expected one folder per class with one "
            "text file each, a Hugging Face data set, or choose one file in it."
        )
    if len(found) > _MAX_CLASSES:
        raise DatasetFormatError(
            f"{name} has {len(found):,} folders; at most {_MAX_CLASSES:,} are read as classes."
        )
    return found


def _subfolders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if _is_ours(path) and path.is_dir())


def _files(folder: _ClassFolder) -> Iterator[Path]:
    """Yield the files of a class in the order of their names."""
    yield from sorted(path for path in folder.path.iterdir() if _is_ours(path) and path.is_file())


def _is_ours(path: Path) -> bool:
    return not path.name.startswith((".", "__")) and not path.is_symlink()


def _records(
    files: Iterable[tuple[int, tuple[Path, _ClassFolder]]],
    root: Path,
    options: ReadingOptions,
    log: RowLog,
) -> Iterator[tuple[int, Record]]:
    """Yield the texts that can be read; the log says why others cannot."""
    for number, (path, folder) in files:
        place = path.relative_to(root).as_posix()
        text = _text(path, options)
        if text is None:
            log.problem(number, f"{shown_name(place)}: {TOO_LONG}")
        elif has_unreadable_bytes(text) and not log.replace_unreadable:
            log.problem(number, f"{shown_name(place)}: {UNREADABLE}")
        else:
            split = {} if folder.split is None else {"split": folder.split}
            yield number, {"text": text, "label": folder.label, **split, "file": place}


def _text(path: Path, options: ReadingOptions) -> str | None:
    """Return the text of a file with unreadable bytes marked, or None if it is too long.

    Raises:
        DatasetFormatError: If it may not be read.
    """
    shown = shown_name(path.name)
    try:
        if path.stat().st_size > _MAX_TEXT_BYTES:
            return None
        data = path.read_bytes()
    except OSError as error:
        raise DatasetFormatError(f"{shown} cannot be opened: {error.strerror}.") from error
    codec = codec_of(data[:4], shown, options.encoding)
    text = data.decode(codec, "surrogateescape").removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
