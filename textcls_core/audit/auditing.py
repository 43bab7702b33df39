"""Run the checks of an audit, in order, with progress, and keep what they found."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from textcls_core.audit.balance import check_balance, check_classes, check_split_shift
from textcls_core.audit.content import check_encoding, check_html, check_personal
from textcls_core.audit.duplicates import (
    check_conflicts,
    check_duplicates,
    check_leaks,
    check_near_conflicts,
    check_near_duplicates,
    check_near_leaks,
)
from textcls_core.audit.lengths import LengthSummary, check_lengths
from textcls_core.audit.report import (
    AuditReport,
    read_report,
    report_file,
    worst_first,
    write_report,
)
from textcls_core.audit.rows import AuditedRows
from textcls_core.audit.tokens import TokenFigures, check_tokens
from textcls_core.audit.words import Mix, check_giveaways, check_languages
from textcls_core.dataset.findings import Finding
from textcls_core.dataset.store import DatasetStore
from textcls_core.embeddings.source import open_source
from textcls_core.embeddings.store import find_embeddings
from textcls_core.errors import InvalidArgumentError, did_you_mean
from textcls_core.jobs.progress import Report, ignore
from textcls_core.runs.store import RunStore
from textcls_core.workspace import Workspace

MAX_EMBEDDED = 2_000
"""Rows embedded for the audit at most, when no embeddings are stored; a few seconds of work."""


@dataclass
class _Audit:
    """One audit while it runs."""

    workspace: Workspace
    rows: AuditedRows
    model: str | None
    lengths: list[LengthSummary] = field(default_factory=list)
    mixes: list[Mix] = field(default_factory=list)
    tokens: TokenFigures | None = None
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Check:
    """One step of an audit."""

    title: str
    """What it looks for."""
    kinds: tuple[str, ...]
    """Kinds of findings it may report."""
    run: Callable[[_Audit], list[Finding]]
    needs_model: bool = False


def _check_near(audit: _Audit) -> list[Finding]:
    return [
        *check_near_duplicates(audit.rows),
        *check_near_leaks(audit.rows),
        *check_near_conflicts(audit.rows),
    ]


def _check_lengths(audit: _Audit) -> list[Finding]:
    findings, summaries = check_lengths(audit.rows)
    audit.lengths += summaries
    return findings


def _check_languages(audit: _Audit) -> list[Finding]:
    findings, mixes = check_languages(audit.rows)
    audit.mixes += mixes
    return findings


def _check_tokens(audit: _Audit) -> list[Finding]:
    if audit.model is None or not audit.rows.dataset.num_examples:
        return []
    source = open_source(audit.workspace, audit.model)
    speed = _measured_speed(audit.workspace, audit.model)
    findings, audit.tokens = check_tokens(audit.rows, audit.model, source.folder, speed)
    audit.lengths.append(audit.tokens.lengths)
    return findings


def _check_embeddings(audit: _Audit) -> list[Finding]:
    if audit.model is None or not audit.rows.dataset.num_examples:
        return []
    from textcls_core.audit.neighbourhood import check_neighbours
    from textcls_core.embeddings.computing import compute_embeddings

    fingerprint = audit.rows.dataset.fingerprint
    stored = find_embeddings(audit.workspace, fingerprint, audit.model) or compute_embeddings(
        audit.workspace,
        fingerprint,
        audit.model,
        max_rows=MAX_EMBEDDED,
        progress=audit.rows.report,
    )
    if not stored.info.is_complete:
        audit.notes.append(
            f"Outliers and class overlap were looked for in {stored.info.num_rows:,} of "
            f"{stored.info.num_examples:,} rows, the ones that are embedded."
        )
    return check_neighbours(audit.rows, stored.vectors, stored.positions)


CHECKS: Mapping[str, Check] = {
    "classes": Check(
        "Classes",
        (
            *("one_class", "no_class", "class_too_small", "too_many_classes", "rare_classes"),
            *("class_without_training_rows", "missing_split", "near_equal_labels"),
        ),
        lambda audit: check_classes(audit.rows),
    ),
    "duplicates": Check(
        "Repeated texts",
        ("exact_duplicates", "normalised_duplicates"),
        lambda audit: check_duplicates(audit.rows),
    ),
    "leaks": Check(
        "Leaks between splits",
        ("leaked_texts", "leaked_normalised_texts"),
        lambda audit: check_leaks(audit.rows),
    ),
    "conflicts": Check(
        "Conflicting labels", ("conflicting_labels",), lambda audit: check_conflicts(audit.rows)
    ),
    "near_duplicates": Check(
        "Nearly equal texts",
        ("near_duplicates", "leaked_near_duplicates", "conflicting_near_duplicates"),
        _check_near,
    ),
    "balance": Check(
        "Class balance",
        ("class_imbalance", "few_training_rows"),
        lambda audit: check_balance(audit.rows),
    ),
    "shift": Check(
        "Split shift",
        ("shift_of_classes", "shift_of_lengths", "shift_of_words"),
        lambda audit: check_split_shift(audit.rows),
    ),
    "giveaways": Check(
        "Words that give the label away",
        ("giveaway_words",),
        lambda audit: check_giveaways(audit.rows),
    ),
    "languages": Check(
        "Scripts and languages", ("foreign_script", "foreign_language"), _check_languages
    ),
    "lengths": Check(
        "Lengths", ("very_short_texts", "length_outliers", "length_tells_label"), _check_lengths
    ),
    "encoding": Check(
        "Encoding",
        ("wrong_encoding", "lost_characters", "control_characters"),
        lambda audit: check_encoding(audit.rows),
    ),
    "html": Check("HTML", ("html_remnants",), lambda audit: check_html(audit.rows)),
    "personal": Check(
        "Personal content",
        ("personal_mail", "personal_iban", "personal_card", "personal_phone"),
        lambda audit: check_personal(audit.rows),
    ),
    "tokens": Check(
        "Tokens of the model",
        (
            *("cut_off_texts", "unknown_tokens", "unknown_tokens_of_class"),
            "empty_after_tokenisation",
        ),
        _check_tokens,
        needs_model=True,
    ),
    "embeddings": Check(
        "Outliers and class overlap",
        ("outliers", "class_overlap"),
        _check_embeddings,
        needs_model=True,
    ),
}
"""All checks by name, in the order in which they run."""


def audit(
    workspace: Workspace,
    fingerprint: str,
    model: str | None = None,
    kinds: Sequence[str] | None = None,
    *,
    progress: Report = ignore,
    again: bool = False,
) -> AuditReport:
    """Return what is worth knowing about a data set version, from disk if it was audited before.

    Args:
        workspace: Where data sets and reports are kept.
        fingerprint: The version, or its name.
        model: Also check what this model would see: `minilm`, a folder, a hub name or a run id.
        kinds: Checks or kinds of findings to look for; all of them by default.
        progress: Told how far it is; may raise to stop.
        again: Do not use a report on disk.

    Raises:
        InvalidArgumentError: If a kind is unknown, or needs a model and there is none.
        NotFoundError: If there is no such data set.
        ModelError: If the model is missing or unusable.
    """
    names = chosen_checks(kinds, model)
    store = DatasetStore.open(workspace)
    version = store.find(fingerprint).fingerprint
    file = report_file(workspace, version, model, names)
    report = None if again else read_report(file)
    if report is None:
        rows = AuditedRows(store.load(version))
        report = _run(_Audit(workspace, rows, model), names, progress)
        write_report(file, report)
    return _of_kinds(report, kinds)


def find_report(workspace: Workspace, fingerprint: str, model: str | None) -> AuditReport | None:
    """Return the whole audit of a data set version, if one is on disk."""
    return read_report(report_file(workspace, fingerprint, model, chosen_checks(None, model)))


def chosen_checks(kinds: Sequence[str] | None, model: str | None) -> tuple[str, ...]:
    """Return the names of the checks that look for some kinds of findings.

    Raises:
        InvalidArgumentError: If a kind is unknown, or needs a model and there is none.
    """
    if kinds is None:
        return tuple(name for name, check in CHECKS.items() if model or not check.needs_model)
    known = {kind: name for name, check in CHECKS.items() for kind in (name, *check.kinds)}
    for kind in kinds:
        if kind not in known:
            raise InvalidArgumentError(
                f'"{kind[:40]}" is not something the audit looks for. '
                + did_you_mean(kind, list(CHECKS), limit=len(CHECKS))
            )
        if CHECKS[known[kind]].needs_model and not model:
            raise InvalidArgumentError(f'"{kind}" needs a model. Name one, for example minilm.')
    wanted = {known[kind] for kind in kinds}
    return tuple(name for name in CHECKS if name in wanted)


def _of_kinds(report: AuditReport, kinds: Sequence[str] | None) -> AuditReport:
    """Return a report with nothing but the kinds that were asked for."""
    if kinds is None:
        return report
    wanted = {kind for name in kinds for kind in (CHECKS[name].kinds if name in CHECKS else [name])}
    kept = tuple(finding for finding in report.findings if finding.kind in wanted)
    return report.model_copy(update={"findings": kept})


def _run(audit: _Audit, names: Sequence[str], progress: Report) -> AuditReport:
    findings: list[Finding] = []
    seconds: dict[str, float] = {}
    for number, name in enumerate(names):
        check = CHECKS[name]
        audit.rows.report = _part_of(progress, number, len(names), check.title)
        audit.rows.report(0, 1, "")
        start = time.perf_counter()
        findings += check.run(audit)
        seconds[name] = round(time.perf_counter() - start, 3)
    progress(100, 100, "Done")
    return AuditReport(
        fingerprint=audit.rows.dataset.fingerprint,
        model=audit.model,
        checks=tuple(names),
        num_rows=audit.rows.dataset.num_examples,
        findings=worst_first(findings),
        lengths=tuple(audit.lengths),
        mixes=tuple(audit.mixes),
        tokens=audit.tokens,
        notes=tuple(audit.notes),
        seconds=seconds,
    )


def _part_of(progress: Report, number: int, total: int, title: str) -> Report:
    """Return a report for one of several steps, in percent of all."""

    def report(done: int, of: int, message: str) -> None:
        share = (number + min(done / max(of, 1), 1)) / total
        progress(int(100 * share), 100, f"{title}: {message}" if message else title)

    return report


def _measured_speed(workspace: Workspace, model: str) -> float | None:
    """Return the tokens per second of the newest run that trained this model."""
    for run in RunStore.open(workspace).runs():
        speed = run.finished.get("tokens_per_second")
        if model in {run.config.model, run.run_id} and speed:
            return float(speed)
    return None
