"""The trust meter on the command line: which method to believe, on a sample or on one text."""

from typing import Any

from textcls_core.cli.printing import Progress
from textcls_core.dataset.text_dataset import Split
from textcls_core.explanation.looked_at import note_on_trust
from textcls_core.explanation.methods import JUDGED_TITLES
from textcls_core.explanation.trust_job import (
    NUM_TEXTS,
    ensure_trust,
    sample_rows,
    text_arguments,
    trust_arguments,
)
from textcls_core.explanation.trust_report import Judgement, TrustReport
from textcls_core.runs.run import Run
from textcls_core.wording import percent
from textcls_core.workspace import Workspace

_HEADER = (
    "comprehensiveness (high is good), sufficiency (low is good; both are AOPC), score and its "
    "95 % interval, better than random orders in, like untrained (near 1 is bad)"
)
_AGREEMENT = "rank correlation of the words with those of each method, in the same order"


def benchmark(
    run: Run, text: str | None, split: Split, sample: int | None, seed: int
) -> tuple[dict[str, Any], list[str]]:
    """Measure how faithful every method is, on a text or else on a sample of a split.

    Returns:
        The figures for a script, and lines for a person.
    """
    model_dir, version = run.require_model(), run.decision_key
    if text is None:
        row_ids = sample_rows(run.predictions(split).row_ids, sample or NUM_TEXTS, seed)
        arguments = trust_arguments(model_dir, version, run.config.dataset_fingerprint, row_ids)
    else:
        arguments = text_arguments(model_dir, version, text)
    report = ensure_trust(Workspace.default(), arguments, Progress())
    figures = {"verdict": report.verdict, **report.model_dump(mode="json")}
    where = None if text is not None else split
    said = note_on_trust(run.config)
    lines = report_lines(report) + ([said] if said else [])
    return {"run_id": run.run_id, "split": where, **figures}, lines


def report_lines(report: TrustReport) -> list[str]:
    """Return a report for a person: what to believe, the figures, and how far methods agree."""
    titles = [JUDGED_TITLES[found.method] for found in report.judgements]
    figures = [
        f"{_figures(found)}  {title}"
        for found, title in zip(report.judgements, titles, strict=True)
    ]
    agreement = [
        f"{' '.join(_correlation(value) for value in row)}  {title}"
        for row, title in zip(report.agreement, titles, strict=True)
    ]
    return [report.verdict, _HEADER, *figures, _AGREEMENT, *agreement]


def _figures(found: Judgement) -> str:
    interval = " to ".join(f"{bound:.3f}" for bound in found.interval or ())
    return (
        f"{found.comprehensiveness:6.3f} {found.sufficiency:6.3f} {found.score:6.3f} "
        f"{interval:>16} {percent(found.beats_random, 0):>6} {_correlation(found.like_untrained)}"
    )


def _correlation(value: float | None) -> str:
    return f"{'unknown' if value is None else f'{value:.2f}':>7}"
