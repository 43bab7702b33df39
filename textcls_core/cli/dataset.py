"""The verbs of data sets: `dataset import|list|show|baselines|audit|fix`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from textcls_core.cli.audit import dataset_audit, dataset_fix
from textcls_core.cli.printing import Json, emit
from textcls_core.dataset.audit import require_trainable
from textcls_core.dataset.columns import ColumnChoice
from textcls_core.dataset.importing import import_tables
from textcls_core.dataset.reading import ReadOptions, read_file
from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.training.baseline_fitting import MAX_TOKENS, Encoder, ensure_baselines
from textcls_core.training.baselines import Baseline
from textcls_core.wording import duration, percent, plural
from textcls_core.workspace import Workspace

_NO_BASELINES = "There are no baselines for data sets with several labels per text so far."
dataset_app = typer.Typer(no_args_is_help=True, help="Import and look at data sets.")
dataset_app.command("audit")(dataset_audit)
dataset_app.command("fix")(dataset_fix)


@dataset_app.command("import")
def dataset_import(
    path: Annotated[Path, typer.Argument(help="CSV, TSV or JSON Lines.")],
    name: Annotated[str, typer.Option("--name", help="What to call the data set.")],
    test: Annotated[Path | None, typer.Option("--test", help="A file with the test rows.")] = None,
    text: Annotated[str | None, typer.Option("--text", help="Text column.")] = None,
    label: Annotated[str | None, typer.Option("--label", help="Label column.")] = None,
    split: Annotated[str | None, typer.Option("--split", help="Split column.")] = None,
    encoding: Annotated[str | None, typer.Option("--encoding", help="For example cp1252.")] = None,
    header: Annotated[bool | None, typer.Option("--header/--no-header")] = None,
    skip_bad_rows: Annotated[bool, typer.Option("--skip-bad-rows")] = False,
    as_json: Json = False,
) -> None:
    """Import a file, or a training and a test file."""
    options = ReadOptions(encoding=encoding, has_header=header, skip_bad_rows=skip_bad_rows)
    tables = [read_file(file, options) for file in (path, test) if file is not None]
    choice = ColumnChoice(text=text, label=label, split=split)
    imported = import_tables(tables[0], tables[1] if test else None, choice)
    reason = "imported from " + " and ".join(table.file_name for table in tables)
    store = DatasetStore.open(Workspace.default())
    info = store.save(imported.dataset, name, reason, imported.findings)
    if info.reason != reason:
        typer.echo(f"These rows were imported before as {info.name}.", err=True)
    emit(as_json, _dataset_json(info), _dataset_lines(info))


@dataset_app.command("list")
def dataset_list(as_json: Json = False) -> None:
    """List all data sets, newest first."""
    infos = DatasetStore.open(Workspace.default()).versions()
    emit(
        as_json,
        [_dataset_json(info) for info in infos],
        [f"{info.name}  v{info.version}  {plural(info.num_examples, 'row')}" for info in infos],
    )


@dataset_app.command("show")
def dataset_show(name: str, as_json: Json = False) -> None:
    """Show one data set with its findings."""
    info = DatasetStore.open(Workspace.default()).find(name)
    emit(as_json, _dataset_json(info), _dataset_lines(info))


@dataset_app.command("baselines")
def dataset_baselines(
    name: str,
    model: Annotated[
        str | None, typer.Option("--model", help="Also its frozen encoder: minilm, folder, hub.")
    ] = None,
    max_length: Annotated[
        int, typer.Option("--max-length", min=8, max=MAX_TOKENS, help="Tokens it reads.")
    ] = MAX_TOKENS,
    as_json: Json = False,
) -> None:
    """Show what simple methods reach on a data set; what is missing is measured now."""
    workspace = Workspace.default()
    dataset = DatasetStore.open(workspace).load(name)
    require_trainable(dataset)
    encoder = Encoder.load(model, dataset, max_length) if model else None
    found = ensure_baselines(workspace, dataset, encoder)
    lines = [line for baseline in found for line in _baseline_lines(baseline)]
    value = {
        "dataset": name,
        "fingerprint": dataset.fingerprint,
        "baselines": [baseline.to_json() for baseline in found],
    }
    emit(as_json, value, lines or [_NO_BASELINES])


def _baseline_lines(baseline: Baseline) -> list[str]:
    splits = {"validation": baseline.validation, "test": baseline.test}
    figures = [
        f"{split} accuracy {percent(item.accuracy)}, macro-F1 {percent(item.macro_f1)}"
        for split, item in splits.items()
    ]
    seconds = duration(baseline.seconds)
    return [f"{baseline.title}: {'; '.join(figures)} ({seconds})", f"  {baseline.description}"]


def _dataset_json(info: DatasetInfo) -> dict[str, Any]:
    return {"dataset": info.name, **info.model_dump(mode="json", exclude={"name"})}


def _dataset_lines(info: DatasetInfo) -> list[str]:
    splits = ", ".join(f"{split} {count:,}" for split, count in info.split_counts.items())
    classes = plural(len(info.label_names), "class", "classes")
    return [
        f"{info.name} (version {info.version}, {info.fingerprint[:16]}): {info.reason}",
        f"{plural(info.num_examples, 'row')}, {classes}, {splits}",
        *(f"{finding.severity}: {finding.message}" for finding in info.findings),
    ]
