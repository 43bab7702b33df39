"""The verbs of data sets that need no module of their own: `dataset list|show|baselines`."""

from typing import Annotated, Any

import typer

from textcls_core.cli.audit import dataset_audit, dataset_fix
from textcls_core.cli.printing import Json, emit
from textcls_core.dataset.audit import require_trainable
from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.training.baseline_fitting import MAX_TOKENS, Encoder, ensure_baselines
from textcls_core.training.baselines import Baseline
from textcls_core.wording import duration, percent, plural
from textcls_core.workspace import Workspace

dataset_app = typer.Typer(no_args_is_help=True, help="Import and look at data sets.")
dataset_app.command("audit")(dataset_audit)
dataset_app.command("fix")(dataset_fix)


@dataset_app.command("list")
def dataset_list(as_json: Json = False) -> None:
    """List all data sets, newest first; damaged ones on standard error."""
    store = DatasetStore.open(Workspace.default())
    infos = store.versions()
    for lost in store.damaged():
        typer.echo(lost.problem, err=True)
    emit(
        as_json,
        [dataset_json(info) for info in infos],
        [f"{info.name}  v{info.version}  {plural(info.num_examples, 'row')}" for info in infos],
    )


@dataset_app.command("show")
def dataset_show(name: str, as_json: Json = False) -> None:
    """Show one data set with its findings."""
    info = DatasetStore.open(Workspace.default()).find(name)
    emit(as_json, dataset_json(info), dataset_lines(info))


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
    emit(as_json, value, lines)


def _baseline_lines(baseline: Baseline) -> list[str]:
    splits = {"validation": baseline.validation, "test": baseline.test}
    figures = [
        f"{split} accuracy {percent(item.accuracy)}, macro-F1 {percent(item.macro_f1)}"
        for split, item in splits.items()
    ]
    seconds = duration(baseline.seconds)
    return [f"{baseline.title}: {'; '.join(figures)} ({seconds})", f"  {baseline.description}"]


def dataset_json(info: DatasetInfo) -> dict[str, Any]:
    """Return a data set in its stable form."""
    return {"dataset": info.name, **info.model_dump(mode="json", exclude={"name"})}


def dataset_lines(info: DatasetInfo) -> list[str]:
    """Return what a person reads about a data set."""
    splits = ", ".join(f"{split} {count:,}" for split, count in info.split_counts.items())
    classes = plural(len(info.label_names), "class", "classes")
    return [
        f"{info.name} (version {info.version}, {info.fingerprint[:16]}): {info.reason}",
        f"{plural(info.num_examples, 'row')}, {classes}, {splits}",
        *(f"{finding.severity}: {finding.message}" for finding in info.findings),
    ]
