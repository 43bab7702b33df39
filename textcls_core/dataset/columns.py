"""Guess which columns hold text, label and split."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field, field_validator

from textcls_core.dataset.formulas import EXPORTED_COLUMNS
from textcls_core.dataset.labels import is_indicator
from textcls_core.dataset.text_dataset import Split
from textcls_core.errors import DatasetFormatError, did_you_mean
from textcls_core.wording import shorten

_TEXT_NAMES = (
    "text", "sentence", "content", "body", "message", "review", "article", "document", "comment",
    "utterance", "query", "tweet", "description", "title",
)  # fmt: skip
_LABEL_NAMES = (
    "label", "labels", "category", "class", "target", "sentiment", "topic", "intent", "genre", "y",
    "emotion", "emotions", "tag", "tags", "categories", "classes", "topics",
)  # fmt: skip
_SPLIT_NAMES = ("split", "set", "partition", "fold")
_SPLIT_VALUES: dict[str, Split] = {
    "train": "train", "training": "train",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip
_ROW_ID_NAME = "row_id"
_OUR_ROW_ID = r"^[0-9a-f]{16}(\.[0-9]+)?$"
_SAMPLE = 2_000
_MAX_GUESSED_LABELS = 500


class ColumnChoice(BaseModel):
    """Which column is what; what is left empty is guessed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: tuple[str, ...] = ()
    """Columns of text, joined in this order."""
    label: tuple[str, ...] = ()
    """The column of labels, or one column per label."""
    split: str | None = None
    """Column that names train, validation or test."""
    row_id: str | None = None
    """Column with a different value in every row, kept as the id of the row."""
    separator: str = Field(" ", max_length=20)
    """What stands between joined texts."""

    @field_validator("text", "label", mode="before")
    @classmethod
    def _as_tuple(cls, value: Any) -> Any:
        """Take one name for a tuple of one."""
        return (value,) if isinstance(value, str) else value or ()

    @property
    def used(self) -> set[str]:
        """Columns that are not kept as they are."""
        return {*self.text, *self.label, *filter(None, (self.split, self.row_id))}


def choose_columns(
    table: pa.Table,
    choice: ColumnChoice,
    file_name: str,
    *,
    guess_split: bool = True,
    has_labels: bool = True,
) -> ColumnChoice:
    """Return the columns to use: those chosen, and a guess for the rest.

    Args:
        table: A file.
        choice: What is decided already.
        file_name: Shown in messages.
        guess_split: Look for a split column if none was chosen.
        has_labels: Look for a label column if none was chosen.

    Raises:
        DatasetFormatError: If a chosen column is missing or cannot play its role, or text or label
            cannot be guessed.
    """
    _check_names(table, choice, file_name)
    _check_split(table, choice.split, file_name)
    label = choice.label or (_guess_label(table, taken=choice.text) if has_labels else ())
    text = choice.text or _guess_text(table, taken=label)
    for role, guess in (("text", text), ("label", label)):
        if not guess and (has_labels or role == "text"):
            raise DatasetFormatError(
                f"No {role} column could be recognised in {file_name}. "
                f"{did_you_mean(role, table.column_names)} Choose the {role} column."
            )
    guessed = choice.model_copy(update={"text": text, "label": label})
    _check_roles(table, guessed, file_name)
    free = table.drop_columns(sorted(guessed.used))
    split = choice.split or (_guess_split(free) if guess_split else None)
    return guessed.model_copy(
        update={
            "split": split,
            "row_id": choice.row_id or _guess_row_id(free, is_ours=is_export(table)),
        }
    )


def _check_names(table: pa.Table, choice: ColumnChoice, file_name: str) -> None:
    roles = [
        *(("text", name) for name in choice.text),
        *(("label", name) for name in choice.label),
        ("split", choice.split),
        ("row id", choice.row_id),
    ]
    for role, name in roles:
        if name is not None and name not in table.column_names:
            raise DatasetFormatError(
                f'Column "{shorten(name)}" (chosen as {role}) is missing in {file_name}. '
                f"{did_you_mean(name, table.column_names)} Choose one of these."
            )


def _check_roles(table: pa.Table, choice: ColumnChoice, file_name: str) -> None:
    """Refuse a column with two roles, and lists where single values are needed."""
    single = {"split": choice.split, "row id": choice.row_id}
    taken: dict[str, str] = {}
    for role, name in [
        *(("text", name) for name in choice.text),
        *(("label", name) for name in choice.label),
        *((role, name) for role, name in single.items() if name is not None),
    ]:
        if name in taken:
            both = f"both {taken[name]} and {role}" if taken[name] != role else f"{role} twice"
            raise DatasetFormatError(
                f'Column "{name}" was chosen as {both} in {file_name}. '
                "Choose two different columns."
            )
        taken[name] = role
        if role != "label" and pa.types.is_list(table.schema.field(name).type):
            raise DatasetFormatError(
                f'Column "{name}" (chosen as {role}) holds lists in {file_name}. '
                "Only labels can be lists: choose another column."
            )


def _check_split(table: pa.Table, name: str | None, file_name: str) -> None:
    """Refuse a chosen split column with values that name no split; blank ones are allowed."""
    values = [] if name is None else _distinct(table[name])
    unknown = sorted({value for value in values if value.strip() and not as_split(value)})
    if unknown:
        shown = ", ".join(f'"{shorten(value, 30)}"' for value in unknown[:3])
        raise DatasetFormatError(
            f'Column "{name}" (chosen as split) holds {shown} in {file_name}. '
            "Expected train, validation or test. Correct it or choose another column."
        )


def as_split(value: str | None) -> Split | None:
    """Return the split a cell names (`dev` and `val` mean validation), or None."""
    return _SPLIT_VALUES.get((value or "").strip().casefold())


def _distinct(column: pa.ChunkedArray) -> list[str]:
    """Return the values of a column of strings, each once; empty cells are left out."""
    if pa.types.is_list(column.type):
        return ["a list"]
    return [value for value in pc.unique(column).to_pylist() if value is not None]


def _by_name(names: Sequence[str], known: Sequence[str]) -> str | None:
    folded = {name.strip().casefold(): name for name in names}
    return next((folded[name] for name in known if name in folded), None)


def _samples(table: pa.Table, taken: Sequence[str]) -> Mapping[str, list[str | None]]:
    """Return the first values of the columns of strings that have no role yet."""
    head = table.slice(0, _SAMPLE)
    return {
        name: head[name].to_pylist()
        for name in table.column_names
        if name not in taken and pa.types.is_string(table.schema.field(name).type)
    }


def _guess_label(table: pa.Table, *, taken: Sequence[str]) -> tuple[str, ...]:
    """Return a column with a label's name, else several of zeros and ones, else the likeliest."""
    named = _by_name([name for name in table.column_names if name not in taken], _LABEL_NAMES)
    if named:
        return (named,)
    samples = _samples(table, taken)
    indicators = tuple(name for name, values in samples.items() if is_indicator(values))
    if len(indicators) > 1:
        return indicators
    lists = [field.name for field in table.schema if pa.types.is_list(field.type)]
    return tuple(lists[:1]) or _fewest_values(samples)


def _fewest_values(samples: Mapping[str, list[str | None]]) -> tuple[str, ...]:
    """Return the column with the fewest repeated values."""
    distinct = {
        name: len(set(values) - {None})
        for name, values in samples.items()
        if not all(as_split(value) for value in values if value)
    }
    num_rows = max(map(len, samples.values()), default=0)
    likely = {
        name: count
        for name, count in distinct.items()
        if 2 <= count <= min(_MAX_GUESSED_LABELS, max(num_rows // 2, 2))
    }
    best = min(likely, key=likely.__getitem__, default=None)
    return () if best is None else (best,)


def _guess_text(table: pa.Table, *, taken: Sequence[str]) -> tuple[str, ...]:
    """Return a column with a text's name, else the one with the longest values."""
    samples = _samples(table, taken)
    lengths = {name: sum(len(value or "") for value in cells) for name, cells in samples.items()}
    best = _by_name(list(samples), _TEXT_NAMES) or max(
        lengths, key=lengths.__getitem__, default=None
    )
    return () if best is None else (best,)


def _guess_split(table: pa.Table) -> str | None:
    """Return a column named like a split whose every value is one."""
    name = _by_name(table.column_names, _SPLIT_NAMES)
    if name is None or table[name].null_count or not all(map(as_split, _distinct(table[name]))):
        return None
    return name


def is_export(table: pa.Table) -> bool:
    """Tell whether the columns of a file begin like those of an export of ours."""
    return tuple(table.column_names[:4]) in EXPORTED_COLUMNS


def _guess_row_id(table: pa.Table, *, is_ours: bool) -> str | None:
    """Return the column of row ids that an export of ours wrote."""
    if _ROW_ID_NAME not in table.column_names:
        return None
    column = table[_ROW_ID_NAME]
    if not pa.types.is_string(column.type) or column.null_count or not len(column):
        return None
    is_ours = is_ours or pc.all(pc.match_substring_regex(column, _OUR_ROW_ID)).as_py()
    return _ROW_ID_NAME if is_ours and pc.count_distinct(column).as_py() == len(column) else None
