"""Errors a user may see: each message says what was expected, what came, and what to do."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

Name = TypeVar("Name", bound=str)


class TextclsError(Exception):
    """Base of every error that is shown to the user as its message."""


class InvalidArgumentError(TextclsError, ValueError):
    """A value passed to a function or a setting is outside its range."""


class DatasetFormatError(TextclsError):
    """A file cannot be read as a data set, or a data set cannot be used for the task."""


class ModelError(TextclsError):
    """A pretrained or saved model is missing, unsafe or unusable."""


class NotFoundError(TextclsError, LookupError):
    """A data set, run or row with this name does not exist in the workspace."""


class RunStateError(TextclsError):
    """The run is not in a state that allows the request."""


class StorageError(TextclsError):
    """The system refused to read or write what people decided; nothing was changed."""


class TrainingError(TextclsError):
    """Fine-tuning cannot go on; the message is stored as the reason of the failed run."""


def did_you_mean(value: str, known: list[str], *, limit: int = 8) -> str:
    """Return a closing sentence that lists what exists.

    Args:
        value: What was asked for.
        known: Existing names, in the order to show them.
        limit: Number of names shown at most.
    """
    if not known:
        return "There are none yet."
    shown = ", ".join(f'"{name}"' for name in sorted(known, key=lambda name: name != value)[:limit])
    rest = f" and {len(known) - limit} more" if len(known) > limit else ""
    return f"Known: {shown}{rest}."


def parse_choice(name: str, known: Iterable[Name], what: str) -> Name:
    """Return the one of some names that somebody wrote.

    Args:
        name: What was written.
        known: Existing names, in the order to show them.
        what: What they are names of, with its article.

    Raises:
        InvalidArgumentError: If it is none of them.

    Example:
        >>> parse_choice("loss", ("loss", "margin"), "an order")
        'loss'
    """
    names = list(known)
    for one in names:
        if one == name:
            return one
    raise InvalidArgumentError(f'Expected {what} ({", ".join(names)}), got "{name[:40]}".')


def label_id_of(label_names: Sequence[str], label: str) -> int:
    """Return the id of a class of a run, by name.

    Raises:
        InvalidArgumentError: If there is no such class.

    Example:
        >>> label_id_of(("ham", "spam"), "spam")
        1
    """
    if label not in label_names:
        raise InvalidArgumentError(
            f'"{label[:60]}" is not a class of this run. {did_you_mean(label, list(label_names))}'
        )
    return list(label_names).index(label)
