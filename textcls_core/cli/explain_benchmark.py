"""The trust meter on the command line: which method to believe, on a sample or on one text."""

from typing import Any

from textcls_core.cli.printing import Progress
from textcls_core.dataset.text_dataset import Split
from textcls_core.explanation.methods import JUDGED_TITLES
from textcls_core.explanation.trust_job import (
    NUM_TEXTS,
    ensure_trust,
    sample_rows,
    text_arguments,
    trust_arguments,
)
from textcls_core.explanation.trust_report import TrustReport
from textcls_core.runs.run import Run
from textcls_core.wording import percent
from textcls_core.workspace import Workspace

_HEADER = (
    "comprehensiveness (high is good), sufficiency (low is good; both are AOPC), score, better "
    "than random orders in"
)


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
    return {"run_id": run.run_id, "split": where, **figures}, _lines(report)


def _lines(report: TrustReport) -> list[str]:
    lines = [report.verdict, _HEADER]
    for found in report.judgements:
        lines.append(
            f"{found.comprehensiveness:6.3f} {found.sufficiency:6.3f} {found.score:6.3f} "
            f"{percent(found.beats_random, 0):>6}  {JUDGED_TITLES[found.method]}"
        )
    return lines
