"""How labels stand in a file, and the label ids of every row made of them.

Cells repeat: only the distinct ones are taken apart in Python, then every row gets the ids of its
cell at once.
"""

import ast
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field

from textcls_core.dataset.draft import group_labels
from textcls_core.dataset.text_dataset import Task
from textcls_core.errors import DatasetFormatError
from textcls_core.wording import plural, shorten

Kind = Literal["guess", "single", "delimited", "lists", "columns", "none"]
MAX_LABELS = 100_000
"""More distinct labels than this are no classes but another column."""
DELIMITERS = (",", ";", "|")
"""What is looked for between labels; any other can be chosen."""
_SAMPLE = 2_000
_MAX_LIST_CHARACTERS = 10_000
"""Longer cells are read as JSON only; Python's own reader is not made for long foreign input."""
_MAX_DIGITS = 10
_SCALARS = (str, int, float)
_YES = {"true", "yes", "y", "t"}
_NO = {"false", "no", "n", "f", ""}

LabelSet = tuple[str, ...]


class LabelFormat(BaseModel):
    """How the label column, or the label columns, are read."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Kind = "guess"
    """`guess`: as the first rows suggest. `single`: a cell is one label. `delimited`: labels with a
    delimiter between them. `lists`: a list, or its JSON or Python text. `columns`: one column per
    label, with 1 or 0 or a fraction. `none`: there are no labels yet."""
    delimiter: str = Field(",", min_length=1, max_length=10)
    """Between the labels of a cell; for `delimited`."""
    names: tuple[str, ...] = ()
    """If given, cells hold positions in these names, from 0."""
    threshold: float = Field(0.5, gt=0, le=1)
    """The least value with which a label counts as given; for `columns`."""

    @property
    def task(self) -> Task:
        """Whether rows have exactly one label or any number."""
        return "single_label" if self.kind == "single" else "multi_label"


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels of N rows."""

    ids: pa.Array
    """N lists of int32, each sorted and without repeats."""
    names: tuple[str, ...]
    """Sorted; an id is a position in them."""
    missing: np.ndarray
    """N flags: rows whose cell is empty. A row without any label is not missing where the file says
    so: an empty list, or 0 in every label column."""


def names_in(text: str) -> tuple[str, ...]:
    """Return the label names in a names file: one per line, or a JSON list.

    Raises:
        DatasetFormatError: If there is none, or one is repeated.
    """
    stripped = text.lstrip("\ufeff").strip()
    found = _parse_list(stripped) if stripped.startswith("[") else stripped.splitlines()
    names = tuple(name.strip() for name in found or () if name.strip())
    if not names or len(set(names)) < len(names):
        raise DatasetFormatError(
            "The names file must hold one label name per line, or a JSON list of names, each name "
            f"once; found {plural(len(names), 'name')}, {len(set(names)):,} of them different."
        )
    return names


def settle_label_format(
    columns: Sequence[pa.ChunkedArray], label_format: LabelFormat
) -> LabelFormat:
    """Return how labels are read, with a guess where nothing was chosen."""
    if label_format.kind != "guess":
        return label_format
    guess = _guess(columns)
    return label_format.model_copy(update={"kind": guess.kind, "delimiter": guess.delimiter})


def _guess(columns: Sequence[pa.ChunkedArray]) -> LabelFormat:
    """Return how labels seem to be written, judged on the first rows."""
    if len(columns) > 1:
        return LabelFormat(kind="columns")
    head = columns[0].slice(0, _SAMPLE)
    if pa.types.is_list(head.type):
        return LabelFormat(kind="lists")
    cells = [cell for cell in pc.unique(head).to_pylist() if cell and cell.strip()]
    if cells and all(_parse_list(cell) is not None for cell in cells):
        return LabelFormat(kind="lists")
    delimiter = next((mark for mark in DELIMITERS if _separates(mark, cells)), None)
    if delimiter is None:
        return LabelFormat(kind="single")
    return LabelFormat(kind="delimited", delimiter=delimiter)


def _separates(mark: str, cells: Sequence[str]) -> bool:
    """Tell whether cells are combinations: fewer parts than cells, although parts are smaller."""
    parts = {part.strip() for cell in cells for part in cell.split(mark)}
    return sum(mark in cell for cell in cells) > 1 and len(parts) < len(cells)


def is_indicator(values: Iterable[str | None]) -> bool:
    """Tell whether values say yes or no: 0 and 1, fractions between them, true and false."""
    distinct = {value.strip().casefold() for value in values if value and value.strip()}
    return len(distinct) > 0 and all(_share(value) is not None for value in distinct)


def no_labels(num_rows: int) -> Labels:
    """Return what rows have that nobody labelled yet: each an empty list, and none is missing."""
    empty = pa.array([[]], pa.list_(pa.int32()))
    ids = empty.take(pa.array(np.zeros(num_rows, np.int64)))
    return Labels(ids, (), np.zeros(num_rows, dtype=bool))


def read_labels(
    columns: Sequence[pa.ChunkedArray], column_names: Sequence[str], label_format: LabelFormat
) -> Labels:
    """Return the labels of every row.

    Args:
        columns: The label column, or one column per label, of N cells.
        column_names: Their names.
        label_format: How they are read.

    Raises:
        DatasetFormatError: If cells do not hold what the format says.
    """
    if label_format.kind == "columns":
        return _read_columns(columns, column_names, label_format.threshold)
    if len(columns) > 1:
        raise DatasetFormatError(
            f"Expected one label column, got {len(columns)}. "
            "Choose one, or read them as one column per label."
        )
    if pa.types.is_list(columns[0].type):
        return _read_lists(columns[0], column_names[0], label_format)
    return _read_cells(columns[0], column_names[0], label_format)


def label_examples(
    columns: Sequence[pa.ChunkedArray],
    column_names: Sequence[str],
    label_format: LabelFormat,
    limit: int = 5,
) -> list[tuple[str, list[str]]]:
    """Return a few different cells with the labels that are read from them.

    Args:
        columns: See `read_labels`.
        column_names: See `read_labels`.
        label_format: How they are read.
        limit: Examples wanted at most; cells with several labels come first.
    """
    labels = read_labels(columns, column_names, label_format)
    sizes = np.asarray(pc.list_value_length(labels.ids))
    found: dict[str, list[str]] = {}
    for row in np.argsort(-np.minimum(sizes, 3), kind="stable").tolist():
        cells = {
            name: column[row].as_py() for name, column in zip(column_names, columns, strict=True)
        }
        shown = _cell_text(cells)
        found.setdefault(shown, [labels.names[i] for i in labels.ids[row].as_py()])
        if len(found) == limit:
            break
    return list(found.items())


def _cell_text(cells: Mapping[str, str | list[str] | None]) -> str:
    """Return what stands in the label columns of a row; of several, those that are not 0."""
    if len(cells) > 1:
        return ", ".join(f"{name} {cell}" for name, cell in cells.items() if _share(str(cell)))
    (cell,) = cells.values()
    return json.dumps(cell, ensure_ascii=False) if isinstance(cell, list) else cell or ""


def _read_cells(column: pa.ChunkedArray, name: str, label_format: LabelFormat) -> Labels:
    """Return the labels in cells of text."""
    encoded = column.combine_chunks().dictionary_encode()
    codes = np.asarray(encoded.indices.fill_null(-1), dtype=np.int64)
    cells = encoded.dictionary.to_pylist()
    sets = [_labels_of(cell, name, label_format) for cell in cells]
    ids, names = _as_ids([_named(labels or (), name, label_format) for labels in sets])
    is_missing = np.array([labels is None for labels in sets] + [True])
    lists = pa.array([*ids, []], pa.list_(pa.int32()))
    return Labels(lists.take(pa.array(codes % len(lists))), names, is_missing[codes])


def _labels_of(cell: str, column: str, label_format: LabelFormat) -> LabelSet | None:
    """Return the labels in a cell, or None if it is empty."""
    if not cell.strip():
        return None
    if label_format.kind == "single":
        return (cell,)
    if label_format.kind == "delimited":
        parts = (part.strip() for part in cell.split(label_format.delimiter))
        return tuple(part for part in parts if part) or None
    labels = _parse_list(cell)
    if labels is None:
        raise DatasetFormatError(
            f'Column "{column}" holds "{shorten(cell, 40)}", which is not a list of labels. '
            'Expected for example ["a", "b"]: choose another way to read the labels.'
        )
    return tuple(label for label in labels if label.strip())


def _read_lists(column: pa.ChunkedArray, name: str, label_format: LabelFormat) -> Labels:
    """Return the labels in lists of strings."""
    if label_format.kind != "lists":
        raise DatasetFormatError(
            f'Column "{name}" holds lists. Choose to read its labels as lists, or another column.'
        )
    lists = column.combine_chunks()
    parents = np.asarray(pc.list_parent_indices(lists))
    single = _read_cells(
        pa.chunked_array([pc.list_flatten(lists)]),
        name,
        LabelFormat(kind="single", names=label_format.names),
    )
    present = ~single.missing
    ids = np.asarray(pc.list_flatten(single.ids))
    grouped = group_labels(ids, parents[present], len(lists), len(single.names))
    return Labels(grouped, single.names, np.asarray(pc.is_null(lists)))


def _read_columns(
    columns: Sequence[pa.ChunkedArray], names: Sequence[str], threshold: float
) -> Labels:
    """Return the labels whose column holds at least the threshold."""
    order = sorted(range(len(names)), key=names.__getitem__)
    num_rows = len(columns[0])
    missing = np.ones(num_rows, bool)
    rows, ids = [], []
    for label_id, position in enumerate(order):
        shares = _shares(columns[position], names[position])
        missing &= np.isnan(shares)
        given = np.flatnonzero(shares >= threshold)
        rows.append(given)
        ids.append(np.full(len(given), label_id))
    grouped = group_labels(np.concatenate(ids), np.concatenate(rows), num_rows, len(names))
    return Labels(grouped, tuple(names[position] for position in order), missing)


def _shares(column: pa.ChunkedArray, name: str) -> np.ndarray:
    """Return the number in every cell, NaN where there is none."""
    if pa.types.is_list(column.type):
        raise DatasetFormatError(f'Column "{name}" holds lists. Choose it alone, or leave it out.')
    encoded = column.combine_chunks().dictionary_encode()
    values = [_share(cell) for cell in encoded.dictionary.to_pylist()]
    if None in values:
        cell = encoded.dictionary[values.index(None)].as_py()
        raise DatasetFormatError(
            f'Column "{name}" holds "{shorten(cell, 40)}". Expected 0, 1 or a fraction between '
            "them in a column that stands for one label. Correct it or choose other label columns."
        )
    table = np.array([*values, np.nan], dtype=float)
    blank = [not cell.strip() for cell in encoded.dictionary.to_pylist()]
    table[:-1][blank] = np.nan
    return np.asarray(table[np.asarray(encoded.indices.fill_null(-1))])


def _share(cell: str) -> float | None:
    """Return what a cell of a label column says, in [0, 1], or None if it says something else."""
    folded = cell.strip().casefold()
    if folded in _YES or folded in _NO:
        return float(folded in _YES)
    try:
        value = float(folded)
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None


def _parse_list(cell: str) -> list[str] | None:
    """Return the strings of a list written as JSON, as in Python, or as NumPy prints it."""
    inner = cell.strip()
    if not (inner.startswith("[") and inner.endswith("]")):
        return None
    is_flat = inner.count("[") == 1 and len(inner) <= _MAX_LIST_CHARACTERS
    readers: tuple[Callable[[str], object], ...] = (json.loads, ast.literal_eval)
    for read in readers if is_flat else readers[:1]:
        try:
            values = read(inner)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
        if isinstance(values, list) and all(isinstance(value, _SCALARS) for value in values):
            return [value if isinstance(value, str) else json.dumps(value) for value in values]
    numbers = inner[1:-1].split()
    return numbers if numbers and all(number.isdecimal() for number in numbers) else None


def _named(labels: LabelSet, column: str, label_format: LabelFormat) -> LabelSet:
    """Return label names in place of positions, if names are given."""
    names = label_format.names
    if not names:
        return labels
    found = []
    for label in labels:
        number = label.strip().removesuffix(".0")
        is_position = number.isdecimal() and len(number) < _MAX_DIGITS
        if not is_position or int(number) >= len(names):
            raise DatasetFormatError(
                f'Column "{column}" holds "{shorten(label, 40)}". Expected a position from 0 to '
                f"{len(names) - 1}, because {plural(len(names), 'name')} were given. Correct it, "
                "choose another way to read the labels, or leave out the names."
            )
        found.append(names[int(number)])
    return tuple(found)


def _as_ids(sets: Sequence[LabelSet]) -> tuple[list[list[int]], tuple[str, ...]]:
    """Return label sets as sorted ids, and the sorted names.

    Raises:
        DatasetFormatError: If there are too many names to be classes.
    """
    names = sorted({label for labels in sets for label in labels})
    if len(names) > MAX_LABELS:
        raise DatasetFormatError(
            f"{len(names):,} different labels; at most {MAX_LABELS:,} are read. "
            "Check that the label column is the right one."
        )
    id_of = {name: position for position, name in enumerate(names)}
    return [sorted({id_of[label] for label in labels}) for labels in sets], tuple(names)
