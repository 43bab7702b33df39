"""What an audit found, and where it is kept."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from textcls_core.audit.lengths import LengthSummary
from textcls_core.audit.tokens import TokenFigures
from textcls_core.audit.words import Mix
from textcls_core.dataset.findings import Finding, Gate
from textcls_core.embeddings.source import current_digest, source_name
from textcls_core.errors import InvalidArgumentError
from textcls_core.files import read_json, to_json, write_json
from textcls_core.workspace import Workspace

RECIPE = 1
"""Raised when checks change, so that older reports are made again."""
_ORDER: dict[Gate, int] = {"fail": 0, "warn": 1, "pass": 2}
_ID_CHARACTERS = 16


class AuditReport(BaseModel):
    """What is worth knowing about a data set version, for a model if one was chosen."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: Literal[1] = 1
    fingerprint: str
    """The data set version."""
    model: str | None
    """For which model; None for checks that need none."""
    checks: tuple[str, ...]
    """Which checks ran, in this order."""
    num_rows: int
    findings: tuple[Finding, ...]
    """The worst first."""
    lengths: tuple[LengthSummary, ...] = ()
    mixes: tuple[Mix, ...] = ()
    """Scripts and languages."""
    tokens: TokenFigures | None = None
    """What the model would see; None without a model."""
    notes: tuple[str, ...] = ()
    """What was sampled or left out, in sentences."""
    seconds: dict[str, float]
    """How long each check took."""

    @property
    def gate(self) -> Gate:
        """The worst gate of all findings."""
        return min((f.gate for f in self.findings), key=_ORDER.__getitem__, default="pass")

    @property
    def total_seconds(self) -> float:
        """How long all checks took."""
        return round(sum(self.seconds.values()), 2)


def worst_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings with failed gates first, and as they were found within a gate."""
    return tuple(sorted(findings, key=lambda finding: _ORDER[finding.gate]))


def report_file(
    workspace: Workspace, fingerprint: str, model: str | None, checks: Sequence[str]
) -> Path:
    """Return where a report is kept; its name tells all that it depends on."""
    named = source_name(model) if model else None
    digest = current_digest(workspace, named) if named else None
    key = to_json([RECIPE, fingerprint, named, digest, list(checks)])
    name = hashlib.sha256(key.encode()).hexdigest()[:_ID_CHARACTERS]
    return workspace.cache_dir / "audits" / f"{fingerprint[:_ID_CHARACTERS]}-{name}.json"


def read_report(file: Path) -> AuditReport | None:
    """Return a report, or None if there is none or another version of the app wrote it."""
    try:
        return AuditReport.model_validate(read_json(file))
    except (OSError, ValidationError, InvalidArgumentError):
        return None


def write_report(file: Path, report: AuditReport) -> None:
    """Keep a report."""
    write_json(file, report.model_dump(mode="json"))
