"""What is said about one row, and how the parts of it are written down."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from textcls_core.dataset.building import clean_text
from textcls_core.errors import InvalidArgumentError
from textcls_core.wording import shorten

MAX_TAG, MAX_NOTE, MAX_ROW_ID, MAX_LABELS = 60, 10_000, 200, 1_000
"""Characters of a tag, a note and a row id, and labels proposed for one row."""
NOTE, PROPOSED, DROPPED, REVIEWED, TAG, MERGE = (
    *("note", "proposed", "dropped", "reviewed"),
    *("tag:", "merge:"),
)
"""Fields; the name of the tag, or of the class to merge, follows the last two."""
NO_ROW = ""
"""Stands for the row id where something is said about the whole data set."""


class Change(NamedTuple):
    """A new value of one field of one row."""

    row_id: str
    field: str
    value: Any
    """True or False for tags and marks, a text for notes, label names or None for proposals."""


@dataclass(frozen=True, slots=True)
class Annotation:
    """What is said about one row."""

    row_id: str
    tags: tuple[str, ...] = ()
    """In alphabetical order."""
    note: str = ""
    proposed: tuple[str, ...] | None = None
    """The labels the row should have; None if nobody proposed any."""
    is_dropped: bool = False
    """Whether the row is to go from the next version."""
    is_reviewed: bool = False
    """Whether somebody has looked at the row and is done with it."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said."""
        marks = self.is_dropped or self.is_reviewed
        return not (self.tags or self.note or marks) and self.proposed is None

    def about(self, row_id: str) -> "Annotation":
        """Return the same of another row; `dataclasses.replace` takes four times as long."""
        return Annotation(
            row_id, self.tags, self.note, self.proposed, self.is_dropped, self.is_reviewed
        )

    def to_json(self) -> dict[str, Any]:
        """Return the annotation in the stable form of the command line and of exports.

        Example:
            >>> Annotation("a", ("odd",), is_reviewed=True).to_json()["tags"]
            ['odd']
        """
        return {
            "row_id": self.row_id,
            "tags": list(self.tags),
            "note": self.note,
            "proposed": None if self.proposed is None else list(self.proposed),
            "dropped": self.is_dropped,
            "reviewed": self.is_reviewed,
        }


def annotation_of(row_id: str, fields: Mapping[str, Any]) -> Annotation:
    """Return the annotation that the values of a row's fields make."""
    tags = (name.removeprefix(TAG) for name, held in fields.items() if name.startswith(TAG) if held)
    proposed = fields.get(PROPOSED)
    return Annotation(
        row_id,
        tuple(sorted(tags)),
        fields.get(NOTE) or "",
        None if proposed is None else tuple(proposed),
        bool(fields.get(DROPPED)),
        bool(fields.get(REVIEWED)),
    )


def changes_to(before: Annotation, after: Annotation) -> list[Change]:
    """Return what makes one annotation of a row into another one; nothing where they agree."""
    row_id = after.row_id
    gone, new = set(before.tags) - set(after.tags), set(after.tags) - set(before.tags)
    changes = [Change(row_id, TAG + tag, value=False) for tag in sorted(gone)]
    changes += [Change(row_id, TAG + tag, value=True) for tag in sorted(new)]
    fields = (
        (NOTE, before.note, after.note),
        (PROPOSED, before.proposed, after.proposed),
        (DROPPED, before.is_dropped, after.is_dropped),
        (REVIEWED, before.is_reviewed, after.is_reviewed),
    )
    return changes + [Change(row_id, name, new) for name, old, new in fields if old != new]


def checked_tag(tag: str) -> str:
    """Return a tag on one line.

    Raises:
        InvalidArgumentError: If it is empty or too long.

    Example:
        >>> checked_tag("  two   topics ")
        'two topics'
    """
    cleaned = " ".join(clean_text(tag).split())
    if not cleaned or len(cleaned) > MAX_TAG:
        raise InvalidArgumentError(
            f"Expected a tag of 1 to {MAX_TAG} characters, got {len(cleaned):,}. "
            "Put longer remarks into the note."
        )
    return cleaned


def checked_note(note: str) -> str:
    """Return a note that can be stored; one of spaces alone is none.

    Raises:
        InvalidArgumentError: If it is too long.
    """
    cleaned = clean_text(note)
    if len(cleaned) > MAX_NOTE:
        raise InvalidArgumentError(
            f"Expected a note of at most {MAX_NOTE:,} characters, got {len(cleaned):,}. Shorten it."
        )
    return cleaned if cleaned.strip() else ""


def checked_labels(labels: Iterable[str]) -> tuple[str, ...]:
    """Return proposed labels without repeats, in their order.

    Raises:
        InvalidArgumentError: If one is empty, or there are too many.
    """
    found = tuple(dict.fromkeys(clean_text(label) for label in labels))
    if len(found) > MAX_LABELS or not all(label.strip() for label in found):
        raise InvalidArgumentError(
            f"Expected at most {MAX_LABELS:,} labels for a row, each with at least one visible "
            f"character, got {len(found):,}."
        )
    return found


def checked_row_id(row_id: str) -> str:
    """Return a row id that can be stored.

    Raises:
        InvalidArgumentError: If it is empty or too long to be one.
    """
    cleaned = clean_text(row_id)
    if not cleaned or len(cleaned) > MAX_ROW_ID:
        raise InvalidArgumentError(
            f'Expected a row id of 1 to {MAX_ROW_ID} characters, got "{shorten(cleaned, 40)}" '
            f"with {len(cleaned):,}. Row ids stand in the column row_id of an export."
        )
    return cleaned
