"""Turn one file, or a training and a test file, into a data set with findings."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from textcls_core.dataset.audit import audit_rows
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.columns import ColumnChoice, as_split, choose_columns
from textcls_core.dataset.findings import Finding, info, warning
from textcls_core.dataset.raw_table import STRINGS, RawTable
from textcls_core.dataset.splitting import TEST_SHARE, stratified_split
from textcls_core.dataset.text_dataset import SCHEMA, Split, TextDataset
from textcls_core.errors import DatasetFormatError, InvalidArgumentError
from textcls_core.wording import plural

MAX_NAME_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class Imported:
    """A data set that is not stored yet, and what was noticed on the way."""

    dataset: TextDataset
    findings: tuple[Finding, ...]
    columns: ColumnChoice


def clean_name(name: str) -> str:
    """Return a label for people: normalised, without control characters, at most 80 characters.

    Raises:
        InvalidArgumentError: If nothing is left.
    """
    normal = unicodedata.normalize("NFC", name)
    kept = "".join(c for c in normal if unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    cleaned = " ".join(kept.split())[:MAX_NAME_CHARACTERS].strip()
    if not cleaned:
        raise InvalidArgumentError("Expected a name with at least one visible character.")
    return cleaned


def import_tables(
    main: RawTable, test: RawTable | None = None, choice: ColumnChoice | None = None
) -> Imported:
    """Return the data set in one table, or in a training and a test table.

    Without a split column or a test table the rows are split 70/15/15; with a test table, 15 % of
    the training rows become validation, unless a split column names validation rows.

    Raises:
        DatasetFormatError: If columns are missing or no usable row is left.
    """
    columns = choose_columns(_strings(main), choice or ColumnChoice(), main.file_name)
    parts = [_rows_of(main, columns, None if test is None else "train")]
    if test is not None:
        needed = ColumnChoice(text=columns.text, label=columns.label)
        choose_columns(_strings(test), needed, test.file_name)
        parts.append(_rows_of(test, needed, "test"))
    records = [record for part in parts for record in part.records]
    if not records:
        raise DatasetFormatError(
            f"{main.file_name} has no row with both a text and a label. "
            f'Check the columns "{columns.text}" and "{columns.label}".'
        )
    splits, split_finding = _splits(records)
    used = {columns.text, columns.label, columns.split}
    rows = Rows(
        texts=[record.text for record in records],
        labels=[record.label for record in records],
        splits=splits,
        extra=_extra_columns(records, [name for name in main.column_names if name not in used]),
    )
    noticed = [finding for part in parts for finding in part.findings]
    return Imported(
        dataset=build_dataset(rows),
        findings=(*noticed, split_finding, *audit_rows(rows)),
        columns=columns,
    )


@dataclass(frozen=True, slots=True)
class _Record:
    text: str
    label: str
    split: Split | None
    values: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class _Part:
    records: list[_Record]
    findings: list[Finding]


def _rows_of(table: RawTable, columns: ColumnChoice, split: Split | None) -> _Part:
    """Return the usable rows of a table, and findings about the others.

    Args:
        table: One file.
        columns: Which column is what.
        split: The split of rows whose split column says nothing.
    """
    records: list[_Record] = []
    without_text: list[int] = []
    without_label: list[int] = []
    columns_of = _strings(table)
    for position, cells in enumerate(zip(*columns_of.values(), strict=True)):
        values = dict(zip(columns_of, cells, strict=True))
        text, label = values[columns.text or ""], values[columns.label or ""]
        if not (text and text.strip()):
            without_text.append(position)
        elif not (label and label.strip()):
            without_label.append(position)
        else:
            own = as_split(values.get(columns.split)) if columns.split else None
            records.append(_Record(text, label, own or split, values))
    findings = [
        *_left_out("missing_text", "no text", without_text, table),
        *_left_out("missing_label", "no label", without_label, table),
        *_reading_findings(table),
    ]
    return _Part(records, findings)


def _strings(table: RawTable) -> dict[str, list[str | None]]:
    """Return the columns that hold one string per row."""
    fields = [field for field in table.table.schema if field.type == STRINGS]
    return {field.name: table.table[field.name].to_pylist() for field in fields}


def _left_out(kind: str, what: str, rows: Sequence[int], table: RawTable) -> list[Finding]:
    if not rows:
        return []
    examples = tuple(table.place(row) for row in rows[:5])
    message = f"{plural(len(rows), 'row')} of {table.file_name} with {what} left out."
    return [warning(kind, len(rows), message, examples)]


def _reading_findings(table: RawTable) -> list[Finding]:
    findings = []
    if table.problems:
        count = len(table.problems)
        message = f"{plural(count, 'row')} of {table.file_name} could not be read; left out."
        findings.append(warning("bad_rows", count, message, table.problems[:5]))
    if table.num_short_rows:
        message = (
            f"{plural(table.num_short_rows, 'row')} of {table.file_name} with fewer cells than "
            "columns; the missing ones are empty."
        )
        findings.append(warning("short_rows", table.num_short_rows, message))
    if table.num_repaired:
        message = (
            f"{plural(table.num_repaired, 'cell')} of {table.file_name} with NUL or broken "
            "characters: the first were removed, the others replaced by U+FFFD."
        )
        findings.append(info("repaired_text", table.num_repaired, message))
    findings += [info("reading_note", 1, note) for note in table.notes]
    if not table.has_header:
        message = (
            f"{table.file_name} has no header line; its columns were named column_1, column_2."
        )
        findings.append(info("no_header", 1, message))
    return findings


def _splits(records: Sequence[_Record]) -> tuple[list[Split], Finding]:
    """Return the split of every row: the file's own, completed where it says nothing."""
    texts = [record.text for record in records]
    labels = [record.label for record in records]
    own = [record.split for record in records]
    if all(split is None for split in own):
        made = stratified_split(texts, labels)
        message = "Split 70/15/15 into train, validation and test, stratified by class."
        return made, info("split_made", len(made), message)
    result = [split or "train" for split in own]
    missing = {"validation", "test"} - set(result)
    if not missing:
        return result, info("split_given", len(result), "The file's own split is used.")
    train = [position for position, split in enumerate(result) if split == "train"]
    cut = stratified_split(
        [texts[i] for i in train],
        [labels[i] for i in train],
        test_share=TEST_SHARE if "test" in missing else 0,
        validation_share=TEST_SHARE if "validation" in missing else 0,
    )
    for position, split in zip(train, cut, strict=True):
        result[position] = split
    names = " and ".join(sorted(missing))
    each = " each" if len(missing) > 1 else ""
    message = f"15 % of the training rows{each} became {names}, stratified by class."
    return result, info("split_completed", sum(split != "train" for split in cut), message)


def _extra_columns(records: Sequence[_Record], names: Sequence[str]) -> dict[str, list[str | None]]:
    """Return the further columns, renamed where they collide with the data set's own."""
    extra = {name: [record.values.get(name) for record in records] for name in names}
    for name in SCHEMA.names:
        if name in extra:
            new = f"{name}_"
            while new in extra:
                new += "_"
            extra[new] = extra.pop(name)
    return extra
