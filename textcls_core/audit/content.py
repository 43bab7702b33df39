"""Findings about damaged texts and about personal content."""

from textcls_core.arrays import Indices
from textcls_core.audit.damage import (
    rows_with_control_characters,
    rows_with_html,
    rows_with_lost_characters,
    rows_with_wrong_encoding,
)
from textcls_core.audit.personal import PATTERNS, personal_rows
from textcls_core.audit.rows import AuditedRows
from textcls_core.dataset.findings import Finding
from textcls_core.wording import percent, plural


def check_encoding(rows: AuditedRows) -> list[Finding]:
    """Report texts that were read in a wrong encoding, and characters that are lost."""
    texts = rows.texts
    return [
        *_share(
            rows,
            "wrong_encoding",
            rows_with_wrong_encoding(texts),
            'read in a wrong encoding ("Ã©" for "é"); what the author wrote can be proved',
            "repair_encoding",
        ),
        *_share(
            rows,
            "lost_characters",
            rows_with_lost_characters(texts),
            "with U+FFFD, which stands for a lost character; import the file in its own encoding",
        ),
        *_share(
            rows,
            "control_characters",
            rows_with_control_characters(texts),
            "with control characters, which no screen shows",
            "remove_control_characters",
        ),
    ]


def check_html(rows: AuditedRows) -> list[Finding]:
    """Report texts with tags, entities and comments of HTML."""
    found = rows_with_html(rows.texts)
    what = 'with tags or entities of HTML, such as "<br>" or "&amp;"'
    return _share(rows, "html_remnants", found, what, "remove_html")


def check_personal(rows: AuditedRows) -> list[Finding]:
    """Report texts that look as if they named a person. Examples are masked."""
    found = personal_rows(rows.texts)
    return [
        finding
        for kind in PATTERNS
        for finding in _share(
            rows,
            f"personal_{kind.kind}",
            found[kind.kind],
            f"with what looks like {kind.title}",
            "mask_personal_data",
        )
    ]


def _share(
    rows: AuditedRows, kind: str, found: Indices, what: str, fix: str | None = None
) -> list[Finding]:
    share = len(found) / max(rows.dataset.num_examples, 1)
    message = f"{plural(len(found), 'row')} {what} ({percent(share)})."
    return rows.finding(kind, found, message, share, fix=fix)
