"""The verbs of behavioural tests: `behaviour list|add|run|remove|restore|export|import`."""

from pathlib import Path
from typing import Annotated

import typer

from textcls_core.cli.printing import Json, RunId, emit, open_run
from textcls_core.dataset.history import newest_version
from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.errors import NotFoundError
from textcls_core.files import write_bytes
from textcls_core.mistakes.behaviour.exchange import export_tests, fitting_test, parse_tests
from textcls_core.mistakes.behaviour.judging import Verdict, summary
from textcls_core.mistakes.behaviour.kinds import KINDS, BehaviourTest, checked_test
from textcls_core.mistakes.behaviour.store import BehaviourTests
from textcls_core.runs.saved_slices import dataset_name
from textcls_core.wording import plural, shorten
from textcls_core.workspace import Workspace

behaviour_app = typer.Typer(
    no_args_is_help=True, help="Texts, and what every model of a data set must say about them."
)
FAILED = 1
"""Exit code of `run` when a test fails."""

Name = Annotated[str, typer.Argument(metavar="DATASET", help="A data set, by name or fingerprint.")]
TestIds = Annotated[list[str], typer.Argument(metavar="TEST", help="Ids of tests, from `list`.")]


def _open(name: str) -> tuple[DatasetInfo, BehaviourTests]:
    """Return the newest version of a data set, and its tests."""
    workspace = Workspace.default()
    store = DatasetStore.open(workspace)
    info = newest_version(store, store.find(name).name)
    return info, BehaviourTests.open(workspace, info.name)


def _line(test: BehaviourTest) -> str:
    return f"{test.test_id}  {test.expected}  {shorten(test.text, 70)}"


@behaviour_app.command("list")
def behaviour_list(name: Name, as_json: Json = False) -> None:
    """List the tests of a data set."""
    info, kept = _open(name)
    tests = kept.all()
    value = {"dataset": info.name, "tests": [test.to_json() for test in tests]}
    lines = [f"{plural(len(tests), 'behavioural test')} of {info.name}."]
    emit(as_json, value, [*lines, *map(_line, tests)])


@behaviour_app.command("add")
def behaviour_add(
    name: Name,
    kind: Annotated[str, typer.Option("--kind", help=", ".join(KINDS))],
    text: Annotated[str, typer.Option("--text", help="What the model reads.")],
    original: Annotated[str, typer.Option("--original", help="The text it is compared to.")] = "",
    label: Annotated[str, typer.Option("--label", help="The label that is spoken of.")] = "",
    by: Annotated[float, typer.Option("--by", help="More or less by this at least.")] = 0.0,
    note: Annotated[str, typer.Option("--note", help="Why this is expected.")] = "",
    author: Annotated[str, typer.Option("--author", help="Who says so.")] = "",
    as_json: Json = False,
) -> None:
    """Keep a test: what every model must say about a text, by itself or beside an original."""
    info, kept = _open(name)
    given = {"kind": kind, "text": text, "original": original, "label": label}
    test = fitting_test(checked_test({**given, "by": by, "note": note, "author": author}), info)
    num_new = kept.add([test])
    value = {"dataset": info.name, "added": num_new, "test": test.to_json()}
    emit(as_json, value, [_line(test) if num_new else f"{test.test_id} is there already."])


@behaviour_app.command("run")
def behaviour_run(run_id: RunId, as_json: Json = False) -> None:
    """Run the tests of its data set against a run; the exit code is 1 if one fails."""
    from textcls_core.mistakes.behaviour.running import run_tests
    from textcls_core.models.classifier import Classifier

    workspace, run = Workspace.default(), open_run(run_id)
    kept = BehaviourTests.open(workspace, dataset_name(workspace, run))
    verdicts = run_tests(Classifier.load(run.require_model()), kept.all())
    num_failed = sum(not verdict.passes for verdict in verdicts)
    value = {
        "run_id": run.run_id,
        "dataset": kept.dataset_name,
        "num_tests": len(verdicts),
        "num_failed": num_failed,
        "tests": [verdict.to_json() for verdict in verdicts],
    }
    emit(as_json, value, [*map(_verdict_line, verdicts), summary(verdicts)])
    if num_failed:
        raise typer.Exit(FAILED)


def _verdict_line(verdict: Verdict) -> str:
    mark = "pass" if verdict.passes else "FAIL"
    return f"{mark}  {_line(verdict.test)}  got: {verdict.got}"


@behaviour_app.command("remove")
def behaviour_remove(name: Name, test_ids: TestIds, as_json: Json = False) -> None:
    """Take tests away; `restore` brings them back."""
    info, kept = _open(name)
    _require({test.test_id for test in kept.all()}, test_ids, "is not a test of", info)
    removed = kept.remove(test_ids)
    emit(as_json, {"dataset": info.name, "removed": removed}, [f"{removed:,} removed."])


@behaviour_app.command("restore")
def behaviour_restore(name: Name, test_ids: TestIds, as_json: Json = False) -> None:
    """Bring back tests that were taken away."""
    info, kept = _open(name)
    restored = kept.restore(test_ids)
    _require({test.test_id for test in kept.all()}, test_ids, "was never a test of", info)
    emit(as_json, {"dataset": info.name, "restored": restored}, [f"{restored:,} restored."])


def _require(known: set[str], test_ids: list[str], what: str, info: DatasetInfo) -> None:
    for test_id in test_ids:
        if test_id not in known:
            raise NotFoundError(
                f'"{shorten(test_id, 40)}" {what} {shorten(info.name)}. `behaviour list` names '
                "them all."
            )


@behaviour_app.command("export")
def behaviour_export(
    name: Name,
    output: Annotated[Path, typer.Option("--output", help="File to write.")],
    as_json: Json = False,
) -> None:
    """Write all tests to a JSON Lines file."""
    info, kept = _open(name)
    tests = kept.all()
    write_bytes(output, export_tests(tests))
    value = {"dataset": info.name, "tests": len(tests), "output": str(output)}
    emit(as_json, value, [f"{plural(len(tests), 'test')} written to {output}."])


@behaviour_app.command("import")
def behaviour_import(
    name: Name,
    file: Annotated[Path, typer.Argument(help="JSON Lines, as `export` writes it.")],
    as_json: Json = False,
) -> None:
    """Take tests from a file, all of them or none; those that are there stay."""
    info, kept = _open(name)
    tests = parse_tests(file.read_bytes(), info)
    added = kept.add(tests)
    value = {"dataset": info.name, "tests": len(tests), "added": added}
    emit(as_json, value, [f"{plural(len(tests), 'test')} read, {added:,} new."])
