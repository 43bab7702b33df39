"""The verb that writes a finished run for other programs: `export`."""

from pathlib import Path
from typing import Annotated

import typer

from textcls_core.cli.printing import Json, Progress, RunId, emit, open_run
from textcls_core.errors import parse_choice
from textcls_core.prediction.onnx_export import export_run
from textcls_core.wording import plural
from textcls_core.workspace import Workspace

FORMATS = ("onnx",)


def export(
    run_id: RunId,
    file_format: Annotated[str, typer.Option("--format", help=", ".join(FORMATS))],
    output: Annotated[Path, typer.Option("--output", help="A new folder, or an earlier export.")],
    as_json: Json = False,
) -> None:
    """Write a finished run for ONNX Runtime, checked against its own model."""
    chosen = parse_choice(file_format, FORMATS, "a format")
    written = export_run(Workspace.default(), open_run(run_id), output, Progress())
    check = written.check
    value = {"format": chosen, "folder": str(output), **written.to_json()}
    lines = [
        f"{written.run_id} as {chosen} in {output}",
        f"Logits differ by at most {check.largest_difference:.1e} on "
        f"{plural(check.num_texts, 'text')} ({check.allowed_difference:.1e} allowed).",
        *written.outside_the_graph,
    ]
    emit(as_json, value, lines)
