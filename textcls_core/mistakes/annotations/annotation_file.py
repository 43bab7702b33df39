"""Annotations as files: CSV and JSON Lines, both read back exactly as they were written.

A file has one row per annotated row: `row_id`, `tags`, `note`, `proposed`, `dropped`, `reviewed`.
In CSV, tags and proposed labels are JSON lists; an empty cell of `proposed` means that there is no
proposal, `[]` that the row should have no label. A file may leave columns out.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, get_args

from textcls_core.dataset.formulas import escape_formula, unescape_formula
from textcls_core.errors import DatasetFormatError, InvalidArgumentError
from textcls_core.mistakes.annotations.annotation import (
    Annotation,
    checked_labels,
    checked_note,
    checked_row_id,
    checked_tag,
)
from textcls_core.wording import plural, shorten

AnnotationFormat = Literal["csv", "jsonl"]
FORMATS: tuple[AnnotationFormat, ...] = get_args(AnnotationFormat)
COLUMNS = ("row_id", "tags", "note", "proposed", "dropped", "reviewed")
_FIELDS = {"dropped": "is_dropped", "reviewed": "is_reviewed"}
_YES, _NO = {"true", "yes", "1"}, {"false", "no", "0", ""}

Given = dict[str, Any]
"""Fields of an `Annotation` that a row of a file sets."""


def export_annotations(annotations: Iterable[Annotation], file_format: AnnotationFormat) -> bytes:
    """Return annotations as the bytes of a file, in the order of their row ids."""
    rows = [one.to_json() for one in sorted(annotations, key=lambda one: one.row_id)]
    if file_format == "jsonl":
        lines = (json.dumps(row, ensure_ascii=False) for row in rows)
        return "".join(f"{line}\n" for line in lines).encode()
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    writer.writerows([escape_formula(_cell(row[name])) for name in COLUMNS] for row in rows)
    return file.getvalue().encode()


def parse_annotations(
    content: bytes, file_format: AnnotationFormat
) -> tuple[dict[str, Given], list[str]]:
    """Return what a file says by row id, and the columns of it that are not ours.

    Raises:
        DatasetFormatError: If it does not hold annotations, with the line.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DatasetFormatError(
            f"Expected a file in UTF-8, found a byte that is none at position {error.start:,}. "
            "Save it as UTF-8."
        ) from error
    found: dict[str, Given] = {}
    ignored: dict[str, None] = {}
    for line, record in (_csv_records if file_format == "csv" else _json_records)(text):
        ignored |= dict.fromkeys(name for name in record if name not in COLUMNS)
        try:
            row_id, given = _given(record)
        except InvalidArgumentError as error:
            raise DatasetFormatError(f"Line {line:,}: {error}") from error
        if row_id in found:
            raise DatasetFormatError(
                f'Line {line:,}: row "{shorten(row_id)}" is in the file twice. Keep one of them.'
            )
        found[row_id] = given
    return found, list(ignored)


def _csv_records(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line number and cells of every row, quotes before formulas taken off."""
    try:
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        header = next(reader, [])
        _require_header(header)
        rows = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise DatasetFormatError(f"The file is not CSV: {error}. Export it again.") from error
    # An export leaves no cell that starts like a formula; then its quotes come off.
    is_ours = not any(_is_formula(cell) for _, row in rows for cell in row)
    for line, row in rows:
        if len(row) != len(header):
            raise DatasetFormatError(
                f"Line {line:,}: expected {plural(len(header), 'cell')}, got {len(row)}. "
                "Quote cells that hold commas."
            )
        cells = [unescape_formula(cell) if is_ours else cell for cell in row]
        yield line, dict(zip(header, cells, strict=True))


def _is_formula(cell: str) -> bool:
    return not cell.startswith("'") and escape_formula(cell) != cell


def _require_header(header: Sequence[str]) -> None:
    if "row_id" not in header or len(set(header)) < len(header):
        shown = shorten(", ".join(header) or "an empty file", 80)
        raise DatasetFormatError(
            f"Expected the columns {', '.join(COLUMNS)}, of which row_id must be there, each once; "
            f"found {shown}."
        )


def _json_records(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield line number and object of every line that is not empty."""
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise DatasetFormatError(f"Line {number:,} is not JSON: {error}.") from error
        if not isinstance(record, dict) or "row_id" not in record:
            raise DatasetFormatError(
                f'Line {number:,}: expected a JSON object with "row_id", got {shorten(line, 60)}.'
            )
        yield number, record


def _given(record: Mapping[str, Any]) -> tuple[str, Given]:
    """Return the row id and the fields that a record sets."""
    given: Given = {}
    if "tags" in record:
        tags = _names(record["tags"], "tags") or ()
        given["tags"] = tuple(sorted({checked_tag(tag) for tag in tags}))
    if "note" in record:
        given["note"] = checked_note(_text(record["note"], "note"))
    if "proposed" in record:
        labels = _names(record["proposed"], "proposed")
        given["proposed"] = None if labels is None else checked_labels(labels)
    for name, field in _FIELDS.items():
        if name in record:
            given[field] = _flag(record[name], name)
    return checked_row_id(_text(record["row_id"], "row_id")), given


def _names(value: Any, column: str) -> list[str] | None:
    """Return a list of names: as it is, as JSON, or with semicolons between them."""
    if value is None or value == "":
        return None
    names = value
    if isinstance(value, str):
        names = _parsed(value) if value.startswith("[") else _split(value)
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InvalidArgumentError(
            f"Expected a list of names in {column}, got {shorten(str(value), 60)}."
        )
    return names


def _split(text: str) -> list[str]:
    return [name.strip() for name in text.split(";") if name.strip()]


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text  # which is no list


def _text(value: Any, column: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidArgumentError(f"Expected a text in {column}, got {shorten(str(value), 60)}.")
    return value


def _flag(value: Any, column: str) -> bool:
    if isinstance(value, bool):
        return value
    said = "" if value is None else str(value).strip().casefold()
    if said not in _YES | _NO:
        raise InvalidArgumentError(
            f"Expected true or false in {column}, got {shorten(str(value), 60)}."
        )
    return said in _YES


def _cell(value: Any) -> str:
    """Return a value as the text of a CSV cell."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)
