"""The command line: the same verbs as the pages, for scripts.

Every verb takes `--json` (one JSON object or list on stdout, logs on stderr). Exit codes: 0 done,
2 bad input (one line `error: ...` on stderr) or data that fail a strict audit, 1 anything else.
"""

import logging
import sys
from collections.abc import Sequence

import typer

from textcls_core.cli import versions  # noqa: F401 - its verbs join those of data sets
from textcls_core.cli.annotations import annotations_app
from textcls_core.cli.audit import FAILED_GATE
from textcls_core.cli.behaviour import behaviour_app
from textcls_core.cli.calibration import calibrate
from textcls_core.cli.causes import causes
from textcls_core.cli.comparing import compare
from textcls_core.cli.confusion import confusion
from textcls_core.cli.curves import curves
from textcls_core.cli.dataset import dataset_app
from textcls_core.cli.decide import decide
from textcls_core.cli.embeddings import dataset_embed, dataset_similar
from textcls_core.cli.evaluation import evaluate_run
from textcls_core.cli.explain import explain
from textcls_core.cli.export import export
from textcls_core.cli.flip import flip
from textcls_core.cli.groups import groups_app, search
from textcls_core.cli.heads import heads
from textcls_core.cli.importing import dataset_import
from textcls_core.cli.label_next import label_next
from textcls_core.cli.mistakes import mistakes
from textcls_core.cli.prediction import predict
from textcls_core.cli.rows import dataset_rows
from textcls_core.cli.similar import similar
from textcls_core.cli.slices import slices
from textcls_core.cli.training import runs_app, train
from textcls_core.cli.words import words
from textcls_core.errors import StorageError, TextclsError
from textcls_core.files import describe_refusal

app = typer.Typer(add_completion=False, no_args_is_help=True, help="TextCLS Studio.")
dataset_app.command("import")(dataset_import)
dataset_app.command("embed")(dataset_embed)
dataset_app.command("similar")(dataset_similar)
dataset_app.command("rows")(dataset_rows)
app.add_typer(dataset_app, name="dataset")
app.add_typer(runs_app, name="runs")
app.add_typer(groups_app, name="groups")
app.add_typer(annotations_app, name="annotations")
app.add_typer(behaviour_app, name="behaviour")
app.command()(train)
app.command()(search)
app.command("evaluate")(evaluate_run)
app.command()(confusion)
app.command()(curves)
app.command()(compare)
app.command()(mistakes)
app.command()(similar)
app.command()(label_next)
app.command()(causes)
app.command()(slices)
app.command()(predict)
app.command()(export)
app.command()(decide)
app.command()(explain)
app.command()(heads)
app.command()(flip)
app.command()(words)
app.command()(calibrate)


def main(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    try:
        result = app(list(arguments), standalone_mode=False, prog_name="textcls_core")
    except StorageError as error:
        typer.echo(f"error: {error}", err=True)
        return 1
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
    code = result if isinstance(result, int) else 0
    return code if code <= FAILED_GATE else 1  # Typer gives 130 after Ctrl-C


def _bad_input(message: str) -> int:
    line = " ".join(message.split()) or "Expected a command; the help names them all."
    typer.echo(f"error: {line}", err=True)
    return 2
