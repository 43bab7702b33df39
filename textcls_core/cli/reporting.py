"""The files that `evaluate` writes on demand: a report, a model card."""

from pathlib import Path
from typing import Annotated

import typer

from textcls_core.dataset.text_dataset import Split
from textcls_core.reporting.facts import gather
from textcls_core.reporting.saving import save_model_card, save_report
from textcls_core.runs.run import Run
from textcls_core.workspace import Workspace

ReportFile = Annotated[
    Path | None, typer.Option("--report", help="Also write one self-contained HTML file.")
]
ModelCardFile = Annotated[
    Path | None, typer.Option("--model-card", help="Also write a Hugging Face model card.")
]


def write_reports(
    run: Run, split: Split, report: Path | None, model_card: Path | None
) -> dict[str, str]:
    """Write what was asked for; return where it lies, by the name of the option."""
    if report is None and model_card is None:
        return {}
    facts = gather(run, split, Workspace.default())
    written = {}
    if report is not None:
        written["report"] = str(save_report(facts, report))
    if model_card is not None:
        written["model_card"] = str(save_model_card(facts, model_card))
    return written
