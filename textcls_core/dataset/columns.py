"""Guess which columns hold text, label and split."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from textcls_core.dataset.text_dataset import Split
from textcls_core.errors import DatasetFormatError, did_you_mean
from textcls_core.wording import shorten

_TEXT_NAMES = (
    "text", "sentence", "content", "body", "message", "review", "article", "document", "comment",
    "utterance", "query", "tweet", "description", "title",
)  # fmt: skip
_LABEL_NAMES = (
    "label", "labels", "category", "class", "target", "sentiment", "topic", "intent", "genre", "y",
)  # fmt: skip
_SPLIT_NAMES = ("split", "set", "partition", "fold")
_SPLIT_VALUES: dict[str, Split] = {
    "train": "train", "training": "train",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
    "test": "test", "testing": "test",
}  # fmt: skip
_SAMPLE = 2_000
_MAX_GUESSED_LABELS = 500

Columns = Mapping[str, Sequence[str | None]]


class ColumnChoice(BaseModel):
    """Which column is what; None leaves the choice to the guess."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str | None = None
    label: str | None = None
    split: str | None = None


def choose_columns(columns: Columns, choice: ColumnChoice, file_name: str) -> ColumnChoice:
    """Return the columns to use: those chosen, and a guess for the rest.

    Raises:
        DatasetFormatError: If a chosen column is missing or cannot play its role, or text or label
            cannot be guessed.
    """
    for role, name in choice:
        if name is not None and name not in columns:
            raise DatasetFormatError(
                f'Column "{name}" (chosen as {role}) is missing in {file_name}. '
                f"{did_you_mean(name, list(columns))} Choose one of these."
            )
    _check_split(columns, choice.split, file_name)
    label = choice.label or _guess_label(columns, taken=choice.text)
    text = choice.text or _guess_text(columns, taken=label)
    for role, guess in (("text", text), ("label", label)):
        if guess is None:
            raise DatasetFormatError(
                f"No {role} column could be recognised in {file_name}. "
                f"{did_you_mean(role, list(columns))} Choose the {role} column."
            )
    if text == label:
        raise DatasetFormatError(
            f'Column "{text}" was chosen as both text and label in {file_name}. '
            "Choose two different columns."
        )
    return ColumnChoice(text=text, label=label, split=choice.split or _guess_split(columns))


def _check_split(columns: Columns, name: str | None, file_name: str) -> None:
    """Refuse a chosen split column with values that name no split; blank ones are allowed."""
    values = () if name is None else columns[name]
    unknown = sorted({value for value in values if value and value.strip() and not as_split(value)})
    if unknown:
        shown = ", ".join(f'"{shorten(value, 30)}"' for value in unknown[:3])
        raise DatasetFormatError(
            f'Column "{name}" (chosen as split) holds {shown} in {file_name}. '
            "Expected train, validation or test. Correct it or choose another column."
        )


def as_split(value: str | None) -> Split | None:
    """Return the split a cell names (`dev` and `val` mean validation), or None."""
    return _SPLIT_VALUES.get((value or "").strip().casefold())


def _by_name(columns: Columns, known: Sequence[str]) -> str | None:
    folded = {name.strip().casefold(): name for name in columns}
    return next((folded[name] for name in known if name in folded), None)


def _guess_label(columns: Columns, *, taken: str | None) -> str | None:
    """Return a column with a label's name, else the one with the fewest repeated values."""
    named = _by_name({name: [] for name in columns if name != taken}, _LABEL_NAMES)
    if named:
        return named
    distinct = {
        name: len(set(values[:_SAMPLE]))
        for name, values in columns.items()
        if name != taken and not all(as_split(value) for value in values[:_SAMPLE])
    }
    num_rows = min(_SAMPLE, max((len(values) for values in columns.values()), default=0))
    likely = {
        name: count
        for name, count in distinct.items()
        if 2 <= count <= min(_MAX_GUESSED_LABELS, max(num_rows // 2, 2))
    }
    return min(likely, key=likely.__getitem__, default=None)


def _guess_text(columns: Columns, *, taken: str | None) -> str | None:
    """Return a column with a text's name, else the one with the longest values."""
    free = {name: values[:_SAMPLE] for name, values in columns.items() if name != taken}
    lengths = {name: sum(len(value or "") for value in values) for name, values in free.items()}
    return _by_name(free, _TEXT_NAMES) or max(lengths, key=lengths.__getitem__, default=None)


def _guess_split(columns: Columns) -> str | None:
    """Return a column named like a split whose every value is one."""
    name = _by_name(columns, _SPLIT_NAMES)
    if name is None or not all(as_split(value) for value in columns[name]):
        return None
    return name
