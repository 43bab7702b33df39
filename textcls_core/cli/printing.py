"""What all verbs share: their common options, and printing for a script or for a person."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from textcls_core.dataset.text_dataset import SPLITS, Split
from textcls_core.errors import InvalidArgumentError
from textcls_core.files import to_json
from textcls_core.runs.run import Run
from textcls_core.runs.store import RunStore
from textcls_core.workspace import Workspace

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run id, or `latest`.")]
SplitName = Annotated[str, typer.Option("--split", help="train, validation or test.")]


def emit(as_json: bool, value: Any, lines: Sequence[str]) -> None:
    """Print a result for a script or for a person."""
    typer.echo(to_json(value) if as_json else "\n".join(lines))


def open_run(run_id: str) -> Run:
    """Return a run of the default workspace."""
    return RunStore.open(Workspace.default()).open_run(run_id)


def parse_split(name: str) -> Split:
    """Return the split with this name."""
    for split in SPLITS:
        if split == name:
            return split
    raise InvalidArgumentError(f'Expected a split ({", ".join(SPLITS)}), got "{name[:40]}".')
