"""From the tables of one or two files to rows with text and labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from textcls_core.arrays import Indices, Mask
from textcls_core.dataset.building import SPACES, duplicate_digests, text_digests
from textcls_core.dataset.columns import ColumnChoice, as_split, choose_columns, is_export
from textcls_core.dataset.draft import Draft
from textcls_core.dataset.findings import Finding, info, warning
from textcls_core.dataset.formulas import is_formula_safe, unescape_table
from textcls_core.dataset.labels import (
    LabelFormat,
    Labels,
    no_labels,
    read_labels,
    settle_label_format,
)
from textcls_core.dataset.raw_table import RawTable
from textcls_core.dataset.text_dataset import SCHEMA, SPLITS
from textcls_core.errors import DatasetFormatError
from textcls_core.wording import plural, shorten

_BLANK = "^[{}]*$".format("".join(rf"\x{{{ord(space):x}}}" for space in SPACES))
"""A regular expression for texts of which `str.strip` leaves nothing."""
_EXAMPLES = 5
_EXPORTED_LABELS: Mapping[tuple[str, ...], LabelFormat] = {
    ("label",): LabelFormat(kind="single"),
    ("labels",): LabelFormat(kind="lists"),
}
"""How labels are written in the label column of an export of ours."""


@dataclass(frozen=True, slots=True)
class ReadRows:
    """The usable rows of the files, and how they were read."""

    draft: Draft
    columns: ColumnChoice
    label_format: LabelFormat
    findings: list[Finding]


def read_rows(
    tables: Sequence[RawTable],
    choice: ColumnChoice,
    label_format: LabelFormat,
    *,
    use_own_split: bool = True,
) -> ReadRows:
    """Return the usable rows of a table, or of a training and a test table.

    Args:
        tables: One or two; the rows of the second are for the test.
        choice: Which column is what; the rest is guessed.
        label_format: How labels are read.
        use_own_split: Take the split that a column names.

    Raises:
        DatasetFormatError: If columns are missing or do not hold what they should.
    """
    has_labels = label_format.kind != "none"
    columns = _columns(tables, choice, use_own_split=use_own_split, has_labels=has_labels)
    whole = _together(tables)
    if label_format.kind == "guess" and is_export(tables[0].table):
        label_format = _EXPORTED_LABELS.get(columns.label, label_format)
    labels, label_format = _read_labels(whole, columns, label_format)
    texts = join_texts([whole[name] for name in columns.text], columns.separator)
    no_text = np.asarray(pc.match_substring_regex(texts, _BLANK))
    no_label = labels.missing & ~no_text
    noticed = _left_out(tables, no_text, no_label)
    kept = ~(no_text | labels.missing)
    if not kept.all():
        mask = pa.array(kept)
        whole, texts, ids = whole.filter(mask), texts.filter(mask), labels.ids.filter(mask)
    else:
        ids = labels.ids
    digests = text_digests(texts)
    draft = Draft(
        texts=texts,
        label_ids=ids,
        label_names=labels.names,
        task=label_format.task,
        splits=_own_splits(tables, columns)[kept],
        digests=digests,
        keys=duplicate_digests(texts, digests),
        extra=_extra_columns(whole.drop_columns(sorted(columns.used))),
        row_ids=_row_ids(whole, columns, tables[0].file_name),
    )
    return ReadRows(draft, columns, label_format, noticed)


def _read_labels(
    whole: pa.Table, columns: ColumnChoice, label_format: LabelFormat
) -> tuple[Labels, LabelFormat]:
    """Return the labels of all rows, and how they were read."""
    if label_format.kind == "none":
        return no_labels(whole.num_rows), label_format
    label_columns = [whole[name] for name in columns.label]
    settled = settle_label_format(label_columns, label_format)
    return read_labels(label_columns, columns.label, settled), settled


def _together(tables: Sequence[RawTable]) -> pa.Table:
    """Return the rows of all tables, with the columns of the first."""
    main = tables[0].table
    others = [
        pa.table({name: _column_like(main, name, table.table) for name in main.column_names})
        for table in tables[1:]
    ]
    return pa.concat_tables([main, *others])


def _column_like(main: pa.Table, name: str, table: pa.Table) -> pa.ChunkedArray | pa.Array:
    """Return a column of another table in the type it has in the first; nulls if it has none."""
    kind = main.schema.field(name).type
    if name not in table.column_names:
        return pa.nulls(table.num_rows, kind)
    column = table[name]
    if column.type != kind:
        raise DatasetFormatError(
            f'Column "{name}" holds lists in one file and single values in the other. '
            "Write it the same way in both."
        )
    return column


def join_texts(columns: Sequence[pa.ChunkedArray], separator: str) -> pa.ChunkedArray:
    """Return the texts of one or several columns in one; what is blank is left out of a join."""
    joined, *others = (pc.fill_null(column, "") for column in columns)
    for other in others:
        both = pc.binary_join_element_wise(joined, other, separator)
        has_other = pc.if_else(pc.match_substring_regex(other, _BLANK), joined, both)
        joined = pc.if_else(pc.match_substring_regex(joined, _BLANK), other, has_other)
    return joined


def _own_splits(tables: Sequence[RawTable], columns: ColumnChoice) -> np.ndarray:
    """Return the split of every row as the files say it, -1 where they do not."""
    main = tables[0]
    codes = np.full(main.num_rows, -1, np.int8)
    if columns.split is not None:
        encoded = main.table[columns.split].combine_chunks().dictionary_encode()
        named = [as_split(value) for value in encoded.dictionary.to_pylist()]
        of_value = np.array([-1 if name is None else SPLITS.index(name) for name in named] + [-1])
        codes = of_value[np.asarray(encoded.indices.fill_null(-1))].astype(np.int8)
    if len(tables) > 1:
        codes[codes < 0] = SPLITS.index("train")
    tests = [np.full(table.num_rows, SPLITS.index("test"), np.int8) for table in tables[1:]]
    return np.concatenate([codes, *tests])


def _row_ids(whole: pa.Table, columns: ColumnChoice, file_name: str) -> pa.ChunkedArray | None:
    """Return the ids that the file brings along.

    Raises:
        DatasetFormatError: If one is empty or repeated.
    """
    if columns.row_id is None:
        return None
    column = whole[columns.row_id]
    blank = int(pc.sum(pc.match_substring_regex(column.fill_null(""), _BLANK)).as_py() or 0)
    counts = pc.value_counts(column)
    repeated = counts.filter(pc.greater(counts.field("counts"), 1)).field("values").to_pylist()
    if not blank and not repeated:
        return column
    shown = ", ".join(f'"{shorten(value, 30)}"' for value in repeated[:_EXAMPLES] if value)
    what = [
        *([f"{plural(blank, 'empty cell')}"] if blank else []),
        *([f"{plural(len(repeated), 'repeated value')} ({shown})"] if shown else []),
    ]
    raise DatasetFormatError(
        f'Column "{columns.row_id}" of {file_name} cannot be the row id: it has '
        f"{' and '.join(what)}. Expected another value in every row; choose another column, or "
        "none: ids are then made from the texts."
    )


def _extra_columns(table: pa.Table) -> pa.Table:
    """Return the further columns as text, renamed where they collide with the data set's own."""
    columns = {name: _as_text(table[name]) for name in table.column_names}
    for name in SCHEMA.names:
        if name in columns:
            new = f"{name}_"
            while new in columns:
                new += "_"
            columns[new] = columns.pop(name)
    return pa.table(columns)


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.binary_join(column, ", ") if pa.types.is_list(column.type) else column


def without_quotes(table: RawTable) -> RawTable:
    """Return a table as it was before our export put quotes before formulas, if it did."""
    if not is_formula_safe(table.table):
        return table
    note = "Quotes that our export puts before formulas were taken off."
    return replace(table, table=unescape_table(table.table), notes=(*table.notes, note))


def _columns(
    tables: Sequence[RawTable], choice: ColumnChoice, *, use_own_split: bool, has_labels: bool
) -> ColumnChoice:
    """Return the columns to use, which the second table needs as well."""
    main = tables[0]
    if not has_labels:
        choice = choice.model_copy(update={"label": ()})
    columns = choose_columns(
        main.table, choice, main.file_name, guess_split=use_own_split, has_labels=has_labels
    )
    if not use_own_split:
        columns = columns.model_copy(update={"split": None})
    for table in tables[1:]:
        needed = columns.model_copy(update={"split": None})
        choose_columns(
            table.table, needed, table.file_name, guess_split=False, has_labels=has_labels
        )
    return columns


def _left_out(tables: Sequence[RawTable], no_text: Mask, no_label: Mask) -> list[Finding]:
    """Return findings about each table: rows left out, and how it was read."""
    findings, start = [], 0
    for table in tables:
        end = start + table.num_rows
        for kind, what, rows in (
            ("missing_text", "no text", no_text[start:end]),
            ("missing_label", "no label", no_label[start:end]),
        ):
            findings += _missing(kind, what, np.flatnonzero(rows), table)
        findings += _reading_findings(table)
        start = end
    return findings


def _missing(kind: str, what: str, rows: Indices, table: RawTable) -> list[Finding]:
    if not len(rows):
        return []
    examples = tuple(table.place(int(row)) for row in rows[:_EXAMPLES])
    message = f"{plural(len(rows), 'row')} of {table.file_name} with {what} left out."
    return [warning(kind, len(rows), message, examples)]


def _reading_findings(table: RawTable) -> list[Finding]:
    findings = []
    if table.problems:
        count = len(table.problems)
        message = f"{plural(count, 'row')} of {table.file_name} could not be read; left out."
        findings.append(warning("bad_rows", count, message, table.problems[:_EXAMPLES]))
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
