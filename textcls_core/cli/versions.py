"""The verbs of data set versions: `dataset versions|diff|split|shift|export|delete`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from pydantic import ValidationError

from textcls_core.cli.dataset import dataset_app
from textcls_core.cli.printing import Json, emit
from textcls_core.dataset.diff import CHANGES, RowChange, diff_versions
from textcls_core.dataset.export import FORMATS, ExportFormat, export_version
from textcls_core.dataset.history import HistoryEntry, history_of
from textcls_core.dataset.shift import shift_tests
from textcls_core.dataset.splitting import SplitBy, SplitRecipe, resplit
from textcls_core.dataset.statistics import class_table
from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.errors import InvalidArgumentError
from textcls_core.runs.versions import delete_version, runs_on
from textcls_core.wording import plural, shorten
from textcls_core.workspace import Workspace

_NAME = "A name (its newest version) or the start of a fingerprint."
Name = Annotated[str, typer.Argument(metavar="NAME", help=_NAME)]


def _open() -> DatasetStore:
    return DatasetStore.open(Workspace.default())


@dataset_app.command("versions")
def dataset_versions(name: Name, as_json: Json = False) -> None:
    """List the versions of a data set, each below the one it was made from."""
    store = _open()
    entries = history_of(store.versions(), store.find(name))
    rows = [(entry, runs_on(Workspace.default(), entry.info)) for entry in entries]
    value = [_entry_json(entry, [run.run_id for run in runs]) for entry, runs in rows]
    lines = [
        f"{'  ' * entry.depth}v{entry.info.version}  {entry.info.dataset_id}  "
        f"{plural(entry.info.num_examples, 'row')}  {plural(len(runs), 'run')}  {entry.info.reason}"
        for entry, runs in rows
    ]
    emit(as_json, value, lines)


def _entry_json(entry: HistoryEntry, run_ids: list[str]) -> dict[str, Any]:
    info = entry.info
    return {
        "dataset": info.name,
        "version": info.version,
        "fingerprint": info.fingerprint,
        "parent": info.parent,
        "parent_version": entry.parent_version,
        "reason": info.reason,
        "created_at": info.created_at.isoformat(),
        "num_examples": info.num_examples,
        "num_labels": len(info.label_names),
        "split_counts": info.split_counts,
        "runs": run_ids,
    }


@dataset_app.command("diff")
def dataset_diff(
    before: Name,
    after: Name,
    rows: Annotated[int, typer.Option("--rows", min=0, help="Rows of each kind to show.")] = 20,
    as_json: Json = False,
) -> None:
    """Show what changed from one version to another, row by row."""
    store = _open()
    infos = store.find(before), store.find(after)
    diff = diff_versions(store, *infos, num_examples=rows)
    value = {
        "before": infos[0].fingerprint,
        "after": infos[1].fingerprint,
        **diff.to_json(),
    }
    lines = [f"{infos[0].title} to {infos[1].title}: {diff.summary}"]
    for change, title in CHANGES.items():
        lines += [f"{title}: {_change_line(row)}" for row in diff.examples[change]]
    emit(as_json, value, lines)


def _change_line(row: RowChange) -> str:
    before = (row.text_before, row.labels_before, row.split_before)
    after = (row.text_after, row.labels_after, row.split_after)
    sides = [
        "-" if text is None else f'"{shorten(text, 40)}" [{", ".join(labels or ())}] {split}'
        for text, labels, split in (before, after)
    ]
    return f"{row.row_id}  {' -> '.join(sides)}"


@dataset_app.command("split")
def dataset_split(
    name: Name,
    by: Annotated[str, typer.Option("--by", help=", ".join(get_args(SplitBy)))] = "stratified",
    column: Annotated[str | None, typer.Option("--column", help="Of groups or time.")] = None,
    shares: Annotated[
        str, typer.Option("--shares", help="Train, validation and test.")
    ] = "0.7,0.15,0.15",
    seed: Annotated[int, typer.Option("--seed")] = 0,
    as_json: Json = False,
) -> None:
    """Split a data set anew, as a new version."""
    store = _open()
    parent = store.find(name)
    recipe = _recipe(by, column, shares, seed)
    made = resplit(store.load(parent.fingerprint), recipe)
    info = store.derive(parent, made, recipe.reason)
    value = {
        "dataset": info.name,
        **info.model_dump(mode="json", exclude={"name"}),
        "classes": class_table(made.label_names, made.class_counts),
    }
    emit(as_json, value, _split_lines(info))


def _split_lines(info: DatasetInfo) -> list[str]:
    splits = ", ".join(f"{split} {count:,}" for split, count in info.split_counts.items())
    return [
        f"{info.title} ({info.dataset_id}): {info.reason}",
        splits,
        *(f"{finding.severity}: {finding.message}" for finding in info.findings),
    ]


def _recipe(by: str, column: str | None, shares: str, seed: int) -> SplitRecipe:
    try:
        parts = [float(part) for part in shares.split(",")]
        values = {"by": by, "column": column, "shares": parts, "seed": seed}
        return SplitRecipe.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise InvalidArgumentError(f"--{place or 'shares'}: {first['msg']}.") from error
    except ValueError as error:
        raise InvalidArgumentError(
            f'Expected three numbers such as 0.7,0.15,0.15 for --shares, got "{shares[:40]}".'
        ) from error


@dataset_app.command("shift")
def dataset_shift(name: Name, as_json: Json = False) -> None:
    """Test whether validation and test come from the same source as train."""
    tests = shift_tests(_open().load(name))
    value = {"dataset": name, "tests": [asdict(test) for test in tests]}
    lines = [f"{test.verdict}: {test.sentence}" for test in tests]
    emit(as_json, value, lines or ["There are no two splits with enough rows to compare."])


@dataset_app.command("export")
def dataset_export(
    name: Name,
    file_format: Annotated[str, typer.Option("--format", help=", ".join(FORMATS))],
    output: Annotated[Path, typer.Option("--output", help="File to make or replace.")],
    as_json: Json = False,
) -> None:
    """Write a version as CSV (safe for spreadsheets), JSON Lines or Parquet."""
    store = _open()
    info = store.find(name)
    export_version(store, info, _format(file_format), output)
    value = {
        "dataset": info.name,
        "version": info.version,
        "fingerprint": info.fingerprint,
        "format": file_format,
        "output": str(output),
        "num_examples": info.num_examples,
        "num_bytes": output.stat().st_size,
    }
    emit(as_json, value, [f"{plural(info.num_examples, 'row')} of {info.title} in {output}"])


def _format(name: str) -> ExportFormat:
    for known in FORMATS:
        if known == name:
            return known
    raise InvalidArgumentError(f'Expected a format ({", ".join(FORMATS)}), got "{name[:40]}".')


@dataset_app.command("delete")
def dataset_delete(
    fingerprint: Annotated[str, typer.Argument(help="The start of the version's fingerprint.")],
    as_json: Json = False,
) -> None:
    """Delete one version that no run uses."""
    info = _open().find(fingerprint)
    if not info.fingerprint.startswith(fingerprint):
        raise InvalidArgumentError(
            f'Expected the fingerprint of one version, got the name "{fingerprint[:60]}". '
            f"Its newest version is {info.dataset_id}; `dataset versions` names all."
        )
    delete_version(Workspace.default(), info)
    value = {"dataset": info.name, "version": info.version, "fingerprint": info.fingerprint}
    emit(as_json, value, [f"Deleted {info.title} ({info.dataset_id})."])
