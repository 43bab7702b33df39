"""Findings: what is worth knowing about a data set, each with its weight and examples."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Severity = Literal["info", "warning", "error"]
Gate = Literal["pass", "warn", "fail"]


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


def info(kind: str, count: int, message: str, examples: tuple[str, ...] = ()) -> Finding:
    """Return a finding that only informs."""
    return Finding(
        kind=kind, severity="info", gate="pass", count=count, message=message, examples=examples
    )


def warning(kind: str, count: int, message: str, examples: tuple[str, ...] = ()) -> Finding:
    """Return a finding that asks for a look."""
    return Finding(
        kind=kind, severity="warning", gate="warn", count=count, message=message, examples=examples
    )


def blocker(kind: str, count: int, message: str, examples: tuple[str, ...] = ()) -> Finding:
    """Return a finding that blocks training."""
    return Finding(
        kind=kind, severity="error", gate="fail", count=count, message=message, examples=examples
    )
