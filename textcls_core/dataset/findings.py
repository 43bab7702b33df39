"""Findings: what is worth knowing about a data set, each with its weight and examples."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Severity = Literal["info", "warning", "error"]
Gate = Literal["pass", "warn", "fail"]

MAX_ROW_IDS = 20
"""Rows that a finding names to be opened; a fix finds all others by itself."""


class Finding(BaseModel):
    """One observation about a data set."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    """Machine-readable name, for example `exact_duplicates`."""
    severity: Severity
    """How much it matters."""
    gate: Gate
    """`fail` blocks training, `warn` asks for a look, `pass` only informs."""
    count: int
    """Number of rows or classes concerned."""
    message: str
    """One sentence for people: what was found and what was or can be done."""
    examples: tuple[str, ...] = ()
    """A few row ids, line numbers or label names."""
    fix: str | None = None
    """Name of a change that the product can make, for example `drop_duplicates`."""
    row_ids: Annotated[tuple[str, ...], Field(max_length=MAX_ROW_IDS)] = ()
    """A few of the rows concerned, to be opened."""


def info(
    kind: str,
    count: int,
    message: str,
    examples: tuple[str, ...] = (),
    *,
    fix: str | None = None,
    row_ids: tuple[str, ...] = (),
) -> Finding:
    """Return a finding that only informs."""
    return Finding(
        kind=kind,
        severity="info",
        gate="pass",
        count=count,
        message=message,
        examples=examples,
        fix=fix,
        row_ids=row_ids,
    )


def warning(
    kind: str,
    count: int,
    message: str,
    examples: tuple[str, ...] = (),
    *,
    fix: str | None = None,
    row_ids: tuple[str, ...] = (),
) -> Finding:
    """Return a finding that asks for a look."""
    found = info(kind, count, message, examples, fix=fix, row_ids=row_ids)
    return found.model_copy(update={"severity": "warning", "gate": "warn"})


def blocker(
    kind: str,
    count: int,
    message: str,
    examples: tuple[str, ...] = (),
    *,
    fix: str | None = None,
    row_ids: tuple[str, ...] = (),
) -> Finding:
    """Return a finding that blocks training."""
    found = info(kind, count, message, examples, fix=fix, row_ids=row_ids)
    return found.model_copy(update={"severity": "error", "gate": "fail"})
