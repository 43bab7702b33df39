"""The command line: the same verbs as the pages, for scripts.

Every verb takes `--json` (one JSON object or list on stdout, logs on stderr). Exit codes: 0 done,
2 bad input (one line `error: ...` on stderr), 1 anything else.
"""

import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from textcls_core.config import PRESETS, RunConfig
from textcls_core.dataset.columns import ColumnChoice
from textcls_core.dataset.importing import import_tables
from textcls_core.dataset.reading import ReadOptions, read_file
from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.dataset.text_dataset import SPLITS, Split
from textcls_core.errors import InvalidArgumentError, TextclsError
from textcls_core.evaluation.evaluation import evaluate
from textcls_core.files import describe_refusal, read_json, to_json
from textcls_core.mistakes.selection import ORDERS, Examples, Selection
from textcls_core.runs.run import Run, RunStatus
from textcls_core.runs.store import RunStore, summary
from textcls_core.training.launch import start_run, wait
from textcls_core.wording import percent, plural, shorten
from textcls_core.workspace import Workspace

app = typer.Typer(add_completion=False, no_args_is_help=True, help="TextCLS Studio.")
dataset_app = typer.Typer(no_args_is_help=True, help="Import and look at data sets.")
runs_app = typer.Typer(no_args_is_help=True, help="Look at runs and stop them.")
app.add_typer(dataset_app, name="dataset")
app.add_typer(runs_app, name="runs")

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="A run id, or `latest`.")]
SplitName = Annotated[str, typer.Option("--split", help="train, validation or test.")]


def main(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    try:
        result = app(list(arguments), standalone_mode=False, prog_name="textcls_core")
    except TextclsError as error:
        return _bad_input(str(error))
    except typer.TyperException as error:
        describe = getattr(error, "format_message", error.__str__)
        return _bad_input(describe())
    except OSError as error:
        typer.echo(f"error: {describe_refusal(error)}", err=True)
        return 1
    except typer.Abort:
        return 1
    except Exception:  # the outermost frame: exit code 1 is part of the contract
        logging.exception("Unexpected failure.")
        return 1
    return min(result, 1) if isinstance(result, int) else 0  # Typer gives 130 after Ctrl-C


def _bad_input(message: str) -> int:
    line = " ".join(message.split()) or "Expected a command; the help names them all."
    typer.echo(f"error: {line}", err=True)
    return 2


def _emit(as_json: bool, value: Any, lines: Sequence[str]) -> None:
    """Print a result for a script or for a person."""
    typer.echo(to_json(value) if as_json else "\n".join(lines))


def _run(run_id: str) -> Run:
    return RunStore.open(Workspace.default()).open_run(run_id)


def _split(name: str) -> Split:
    for split in SPLITS:
        if split == name:
            return split
    raise InvalidArgumentError(f'Expected a split ({", ".join(SPLITS)}), got "{name[:40]}".')


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
    _emit(as_json, _dataset_json(info), _dataset_lines(info))


@dataset_app.command("list")
def dataset_list(as_json: Json = False) -> None:
    """List all data sets, newest first."""
    infos = DatasetStore.open(Workspace.default()).versions()
    _emit(
        as_json,
        [_dataset_json(info) for info in infos],
        [f"{info.name}  v{info.version}  {plural(info.num_examples, 'row')}" for info in infos],
    )


@dataset_app.command("show")
def dataset_show(name: str, as_json: Json = False) -> None:
    """Show one data set with its findings."""
    info = DatasetStore.open(Workspace.default()).find(name)
    _emit(as_json, _dataset_json(info), _dataset_lines(info))


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


@app.command()
def train(
    dataset: Annotated[str | None, typer.Option("--dataset", help="Data set name.")] = None,
    model: Annotated[
        str | None, typer.Option("--model", help="minilm, folder or hub name.")
    ] = None,
    preset: Annotated[str | None, typer.Option("--preset", help=", ".join(PRESETS))] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE")] = None,
    config_file: Annotated[Path | None, typer.Option("--config", help="RunConfig as JSON.")] = None,
    stay: Annotated[bool, typer.Option("--wait", help="Stay until the run has ended.")] = False,
    as_json: Json = False,
) -> int:
    """Fine-tune a model in a process of its own."""
    values = _read_settings(config_file) if config_file else {}
    given = {"dataset": dataset, "model": model, "preset": preset}
    values |= {key: value for key, value in given.items() if value is not None}
    values |= dict(_setting(item) for item in settings or [])
    values.setdefault("dataset", "bbc-news")
    run = start_run(Workspace.default(), RunConfig.create(values))
    if not stay:
        _emit(as_json, {"run_id": run.run_id, "status": str(run.status)}, [run.run_id])
        return 0
    status = wait(run)
    _emit(as_json, summary(run), _run_lines(run))
    return 1 if status in {RunStatus.FAILED, RunStatus.INTERRUPTED} else 0


def _read_settings(file: Path) -> dict[str, Any]:
    """Return the settings in a JSON file."""
    try:
        values = read_json(file)
    except OSError as error:
        raise InvalidArgumentError(f"{file} cannot be read: {error.strerror}.") from error
    if not isinstance(values, dict):
        raise InvalidArgumentError(
            f"Expected one JSON object of settings in {file}, got {type(values).__name__}."
        )
    return values


def _setting(item: str) -> tuple[str, str]:
    key, equals, value = item.partition("=")
    if not equals:
        raise InvalidArgumentError(f'Expected --set key=value, got "{item[:60]}".')
    return key.strip(), value.strip()


@runs_app.command("list")
def runs_list(as_json: Json = False) -> None:
    """List all runs, newest first."""
    runs = RunStore.open(Workspace.default()).runs()
    lines = [f"{run.run_id}  {run.status:<12}{run.config.title}" for run in runs]
    _emit(as_json, [summary(run) for run in runs], lines)


@runs_app.command("show")
def runs_show(run_id: RunId, as_json: Json = False) -> None:
    """Show one run."""
    run = _run(run_id)
    _emit(as_json, summary(run), _run_lines(run))


@runs_app.command("stop")
def runs_stop(run_id: RunId, as_json: Json = False) -> None:
    """Ask a run to stop and keep its best model."""
    run = _run(run_id)
    run.request_stop()
    _emit(as_json, {"run_id": run.run_id, "status": str(run.status)}, [str(run.status)])


def _run_lines(run: Run) -> list[str]:
    lines = [f"{run.run_id}  {run.status}  {run.config.title}  (step {run.history.step:,})"]
    finished = run.finished
    for split in ("validation", "test"):
        if split in finished:
            accuracy, macro_f1 = (percent(finished[split][n]) for n in ("accuracy", "macro_f1"))
            lines.append(f"{split}: accuracy {accuracy}, macro-F1 {macro_f1}")
    return lines + ([f"error: {finished['error']}"] if "error" in finished else [])


@app.command("evaluate")
def evaluate_run(run_id: RunId, split: SplitName = "test", as_json: Json = False) -> None:
    """Print the figures of a run on one split."""
    result = evaluate(_run(run_id).predictions(_split(split)))
    rows = [
        f"{shorten(c.label, 30):<31}{c.precision:>9.3f}{c.recall:>9.3f}{c.f1:>9.3f}{c.support:>9}"
        for c in result.per_class
    ]
    header = f"{'class':<31}{'precision':>9}{'recall':>9}{'f1':>9}{'support':>9}"
    accuracy = (
        f"accuracy {percent(result.accuracy)} (majority class {percent(result.majority_accuracy)})"
    )
    averages = f"macro-F1 {percent(result.macro_f1)}, weighted F1 {percent(result.weighted_f1)}"
    _emit(as_json, result.to_json(), [accuracy, averages, header, *rows])


@app.command()
def mistakes(
    run_id: RunId,
    split: SplitName = "test",
    true: Annotated[str | None, typer.Option("--true", help="True class.")] = None,
    predicted: Annotated[str | None, typer.Option("--predicted", help="Predicted class.")] = None,
    min_confidence: Annotated[float, typer.Option("--min-confidence")] = 0.0,
    query: Annotated[str, typer.Option("--query", help="Words in the text.")] = "",
    order: Annotated[str, typer.Option("--order", help=", ".join(ORDERS))] = "loss",
    limit: Annotated[int, typer.Option("--limit", min=1)] = 1_000,
    as_json: Json = False,
) -> None:
    """List misclassified examples of a run."""
    chosen = next((known for known in ORDERS if known == order), None)
    if chosen is None:
        raise InvalidArgumentError(f'Expected an order ({", ".join(ORDERS)}), got "{order[:40]}".')
    run = _run(run_id)
    dataset = DatasetStore.open(Workspace.default()).load(run.config.dataset_fingerprint)
    examples = Examples.of_run(run, dataset, _split(split))
    selection = Selection(
        true=true, predicted=predicted, min_confidence=min_confidence, query=query, order=chosen
    )
    positions = examples.select(selection)
    rows = [examples.row(int(position)) for position in positions[:limit]]
    lines = [
        f"{row['row_id']}  {row['true']} -> {row['predicted']}  {percent(row['confidence'])}  "
        f"{shorten(row['text'], 80)}"
        for row in rows
    ]
    value = {"run_id": run.run_id, "split": split, "count": len(positions), "rows": rows}
    _emit(as_json, value, lines)


@app.command()
def predict(
    run_id: RunId,
    text: Annotated[list[str], typer.Option("--text", help="Repeat for several texts.")],
    as_json: Json = False,
) -> None:
    """Classify texts with a finished run."""
    from textcls_core.models.classifier import Classifier
    from textcls_core.prediction.predict import predict_texts

    run = _run(run_id)
    predictions = predict_texts(Classifier.load(run.require_model()), text)
    lines = [f"{p.label}  {percent(p.confidence)}  {shorten(p.text, 80)}" for p in predictions]
    value = {"run_id": run.run_id, "predictions": [p.to_json() for p in predictions]}
    _emit(as_json, value, lines)


@app.command()
def explain(
    run_id: RunId,
    text: Annotated[str, typer.Option("--text")],
    method: Annotated[str, typer.Option("--method", help="attention")] = "attention",
    layer: Annotated[int | None, typer.Option("--layer", help="From 0; default: mean.")] = None,
    head: Annotated[int | None, typer.Option("--head", help="From 0; default: mean.")] = None,
    as_json: Json = False,
) -> None:
    """Print the attention weights of one text; rows are the tokens that look."""
    from textcls_core.explanation.attention import explain_attention, load_explainable

    if method != "attention":
        raise InvalidArgumentError(f'Expected the method "attention", got "{method[:40]}".')
    run = _run(run_id)
    explanation = explain_attention(load_explainable(run.require_model()), text)
    matrix = explanation.matrix(layer, head)
    received = matrix[explanation.deciding_token]
    names, shares = explanation.label_names, explanation.probabilities.tolist()
    value = {
        "run_id": run.run_id,
        "tokens": list(explanation.tokens),
        "words": list(explanation.words),
        "layer": layer,
        "head": head,
        "attention": matrix.tolist(),
        "predicted": explanation.predicted,
        "probabilities": dict(zip(names, shares, strict=True)),
    }
    lines = [
        f"{weight:.4f}  {token}" for token, weight in zip(explanation.tokens, received, strict=True)
    ]
    _emit(as_json, value, [f"predicted: {explanation.predicted}", *lines])
