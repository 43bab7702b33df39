"""What the import wizard remembers from step to step, as plain values, and what it caches."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages._app import state
from textcls_core.dataset.import_jobs import find_choices, keep_choices, new_import_id
from textcls_core.dataset.import_request import ImportFile, ImportRequest, read_request
from textcls_core.dataset.import_rows import without_quotes
from textcls_core.dataset.importing import SPREADSHEETS, Imported, ImportPlan
from textcls_core.dataset.raw_table import RawTable
from textcls_core.dataset.reading import detect, preview
from textcls_core.dataset.reading_options import Detected, ReadingOptions

HEAD_ROWS = 2_000
"""Rows that guesses and examples are made of; the checks read all."""
IMPORT = "import"
"""URL parameter: the id that what was entered is kept under."""
_PREFIX = "wizard."
_ON_DISK = "import.on_disk"
"""Session state: the id and what was entered when it was kept last."""
_FILES = {
    f"{_PREFIX}place",
    *(f"{_PREFIX}{role}.{part}" for role in ("main", "test") for part in ("path", "name")),
}
"""What the first step asks for."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file that somebody chose."""

    path: Path
    name: str

    @property
    def version(self) -> tuple[str, str, int, int]:
        """What a cached result of this file depends on."""
        found = self.path.stat()
        return str(self.path), self.name, found.st_size, found.st_mtime_ns


def keep_entered() -> None:
    """Keep what was entered in steps that are not shown now, until the import is done.

    A new session takes up the import that the URL names.
    """
    if get("done"):
        forget_choices(files=True)
    if get("main.path") is None:
        for name, value in find_choices(state.workspace(), state.parameter(IMPORT)).items():
            put(name, value)
    for key in [str(key) for key in st.session_state]:
        if key.startswith(_PREFIX):
            st.session_state[key] = st.session_state[key]


def forget_choices(*, files: bool = False) -> None:
    """Forget what was entered, because another file is there or the import is done."""
    for key in [str(key) for key in st.session_state]:
        if key.startswith(_PREFIX) and (files or key not in _FILES):
            del st.session_state[key]


def get(name: str, default: Any = None) -> Any:
    """Return what was entered under a name."""
    return st.session_state.get(f"{_PREFIX}{name}", default)


def put(name: str, value: Any) -> None:
    """Remember a value under a name."""
    st.session_state[f"{_PREFIX}{name}"] = value


def key(name: str, default: Any, options: Sequence[Any] | None = None) -> str:
    """Return the key of a widget that shows what was entered, or its default.

    Args:
        name: What is entered.
        default: Value before anything was.
        options: If given, values that are not among them are forgotten.
    """
    value = get(name, default)
    if options is not None and isinstance(value, list):
        value = [item for item in value if item in options]
    elif options is not None and value not in options:
        value = default
    put(name, value)
    return f"{_PREFIX}{name}"


def source(role: str) -> SourceFile | None:
    """Return the training (`main`) or the test (`test`) file, if one was chosen."""
    path = get(f"{role}.path")
    if not path or not Path(path).exists():
        return None
    return SourceFile(Path(path), str(get(f"{role}.name")))


def set_source(role: str, path: Path | None, name: str = "") -> None:
    """Choose a file, or none; another training file makes a fresh start."""
    if role == "main" and str(path) != get("main.path"):
        forget_choices()
        state.set_parameter(IMPORT, None)
    put(f"{role}.path", None if path is None else str(path))
    put(f"{role}.name", name)


@st.cache_resource(max_entries=8, show_spinner="Looking into the file")
def _detected(version: tuple[str, str, int, int]) -> Detected:
    return detect(Path(version[0]), version[1])


def detected(file: SourceFile) -> Detected:
    """Return what the content of a file says about how to read it."""
    return _detected(file.version)


@st.cache_resource(max_entries=8, show_spinner="Reading the first rows")
def _head(version: tuple[str, str, int, int], options: str) -> RawTable:
    reading = ReadingOptions.model_validate_json(options)
    return preview(Path(version[0]), reading, version[1], num_rows=HEAD_ROWS)


def head(file: SourceFile, options: ReadingOptions) -> RawTable:
    """Return the first rows of a file as the options read it."""
    table = _head(file.version, options.model_dump_json())
    return without_quotes(table) if is_spreadsheet(file, options) else table


def is_spreadsheet(file: SourceFile, options: ReadingOptions) -> bool:
    """Tell whether exports of this kind have quotes before formulas."""
    return (options.format or detected(file).format) in SPREADSHEETS


def request(options: ReadingOptions, plan: ImportPlan) -> ImportRequest:
    """Return what to make of the chosen files."""
    files = [file for file in (source("main"), source("test")) if file is not None]
    known = tuple(ImportFile.of(file.path, file.name) for file in files)
    return ImportRequest(files=known, options=options, plan=plan)


def keep_on_disk() -> None:
    """Keep what was entered where a new session, or a refreshed page, finds it by the URL."""
    entered = {
        str(key).removeprefix(_PREFIX): value
        for key, value in st.session_state.items()
        if str(key).startswith(_PREFIX)
    }
    import_id = state.parameter(IMPORT) or new_import_id()
    is_kept = st.session_state.get(_ON_DISK) == (import_id, entered)
    if entered.get("main.path") is None or is_kept:
        return
    keep_choices(state.workspace(), import_id, entered)
    state.set_parameter(IMPORT, import_id)
    st.session_state[_ON_DISK] = (import_id, entered)


@st.cache_resource(max_entries=1, show_spinner="Reading and checking all rows")
def _imported(wanted: str) -> Imported:
    return read_request(ImportRequest.model_validate_json(wanted))


def imported(wanted: ImportRequest) -> Imported:
    """Return the data set that a request gives; the last one is kept in memory."""
    return _imported(wanted.model_dump_json())


def forget_imported() -> None:
    """Free the memory of the data set that was made last; it is stored now."""
    _imported.clear()
