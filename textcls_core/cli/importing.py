"""The verb `dataset import`: a file, or a training and a test file, become a data set."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from textcls_core.cli.dataset import dataset_json, dataset_lines
from textcls_core.cli.printing import Json, emit
from textcls_core.dataset.audit import MIN_ROWS_PER_CLASS
from textcls_core.dataset.columns import ColumnChoice
from textcls_core.dataset.import_fixes import FIXES, parse_fixes
from textcls_core.dataset.import_splits import SplitPlan
from textcls_core.dataset.importing import (
    SPREADSHEETS,
    Imported,
    ImportPlan,
    checked,
    import_tables,
)
from textcls_core.dataset.labels import LabelFormat, names_in
from textcls_core.dataset.raw_table import RawTable
from textcls_core.dataset.reading import detect, read_hub_table, read_table
from textcls_core.dataset.reading_options import ReadingOptions
from textcls_core.dataset.splitting import SplitBy, SplitRecipe
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import DatasetFormatError, InvalidArgumentError
from textcls_core.wording import shorten
from textcls_core.workspace import Workspace

_TAB_NAMES = {"tab", "\\t"}
_HUB = "hub:"


def dataset_import(
    path: Annotated[str, typer.Argument(help="A file of any format, a folder, or hub:OWNER/NAME.")],
    name: Annotated[str, typer.Option("--name", help="What to call the data set.")],
    test: Annotated[str | None, typer.Option("--test", help="A file with the test rows.")] = None,
    text: Annotated[
        list[str] | None, typer.Option("--text", help="Text column; several are joined.")
    ] = None,
    join: Annotated[str, typer.Option("--join", help="Between joined texts.")] = " ",
    label: Annotated[
        list[str] | None, typer.Option("--label", help="Label column, or one per label.")
    ] = None,
    label_format: Annotated[
        str | None, typer.Option("--label-format", help="single, delimited, lists or columns.")
    ] = None,
    delimiter: Annotated[
        str | None, typer.Option("--delimiter", help="Between the labels of a cell.")
    ] = None,
    names_file: Annotated[
        Path | None, typer.Option("--names-file", help="Label names, if cells hold positions.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="Least fraction of a label column.")
    ] = None,
    no_label: Annotated[
        bool, typer.Option("--no-label", help="There are no labels: a pool for label-next.")
    ] = False,
    split: Annotated[str | None, typer.Option("--split", help="Split column.")] = None,
    row_id: Annotated[str | None, typer.Option("--row-id", help="Column of unique ids.")] = None,
    new_split: Annotated[
        bool, typer.Option("--new-split", help="Do not use the split of the file.")
    ] = False,
    split_by: Annotated[
        str, typer.Option("--split-by", help=f"One of {', '.join(get_args(SplitBy))}.")
    ] = "stratified",
    split_column: Annotated[
        str | None, typer.Option("--split-column", help="Column of the groups or of the time.")
    ] = None,
    shares: Annotated[
        str, typer.Option("--shares", help="Of train, validation, test.")
    ] = "0.7,0.15,0.15",
    seed: Annotated[int, typer.Option("--seed", help="Of a split that is made.")] = 0,
    fix: Annotated[
        list[str] | None, typer.Option("--fix", help=f"Put right: {', '.join(FIXES)}.")
    ] = None,
    rare_below: Annotated[
        int, typer.Option("--rare-below", min=1, help="A class is rare with fewer rows.")
    ] = MIN_ROWS_PER_CLASS,
    encoding: Annotated[str | None, typer.Option("--encoding", help="For example cp1252.")] = None,
    separator: Annotated[
        str | None, typer.Option("--separator", help="Between cells: one character, or `tab`.")
    ] = None,
    sheet: Annotated[str | None, typer.Option("--sheet", help="Sheet of a workbook.")] = None,
    header: Annotated[bool | None, typer.Option("--header/--no-header")] = None,
    skip_bad_rows: Annotated[bool, typer.Option("--skip-bad-rows")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Store nothing that cannot be trained on.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Import a file, or a training and a test file."""
    options = checked(
        ReadingOptions,
        encoding=encoding,
        delimiter="\t" if separator in _TAB_NAMES else separator,
        sheet=sheet,
        has_header=header,
        skip_bad_rows=skip_bad_rows,
    )
    columns = checked(
        ColumnChoice, text=text, label=label, split=split, row_id=row_id, separator=join
    )
    recipe = checked(
        SplitRecipe, by=split_by, column=split_column, shares=_shares(shares), seed=seed
    )
    plan = ImportPlan(
        columns=columns,
        labels=(
            _no_labels(label, label_format)
            if no_label
            else _label_format(label_format, delimiter, names_file, threshold)
        ),
        splits=SplitPlan(use_own=not new_split, recipe=recipe),
        fixes=parse_fixes(fix or []),
        rare_below=rare_below,
        unescape_formulas=_is_spreadsheet(path, options),
    )
    tables = [_read(place, options) for place in (path, test) if place is not None]
    imported = import_tables(tables[0], tables[1] if test else None, plan)
    _refuse_blocking(imported, strict=strict)
    reason = "imported from " + " and ".join(table.file_name for table in tables)
    _store(imported, name, reason, as_json=as_json)


def _read(place: str, options: ReadingOptions) -> RawTable:
    if place.startswith(_HUB):
        return read_hub_table(place.removeprefix(_HUB), options)
    return read_table(Path(place), options)


def _is_spreadsheet(place: str, options: ReadingOptions) -> bool:
    """Tell whether exports of this kind have quotes before formulas."""
    if place.startswith(_HUB):
        return False
    return (options.format or detect(Path(place)).format) in SPREADSHEETS


def _store(imported: Imported, name: str, reason: str, *, as_json: bool) -> None:
    store = DatasetStore.open(Workspace.default())
    info = store.save(imported.dataset, name, reason, imported.findings)
    if info.reason != reason:
        typer.echo(f"These rows were imported before as {info.name}.", err=True)
    read_as = {
        "columns": imported.columns.model_dump(mode="json"),
        "label_format": imported.label_format.model_dump(mode="json"),
    }
    emit(as_json, dataset_json(info) | read_as, dataset_lines(info))


def _refuse_blocking(imported: Imported, *, strict: bool) -> None:
    """Say what keeps the data set from being trained on; refuse it if that was asked for."""
    messages = " ".join(finding.message for finding in imported.blocking)
    if messages and strict:
        raise DatasetFormatError(f"This data set cannot be trained on. {messages}")


def _no_labels(columns: list[str] | None, kind: str | None) -> LabelFormat:
    """Return that there are no labels, unless something else says that there are."""
    if columns or kind:
        raise InvalidArgumentError(
            "Expected either --no-label or a label column, got both. Leave one of them out."
        )
    return LabelFormat(kind="none")


def _label_format(
    kind: str | None, delimiter: str | None, names_file: Path | None, threshold: float | None
) -> LabelFormat:
    """Return how labels are read; what was not said is guessed."""
    implied = "columns" if threshold is not None else "delimited" if delimiter else "guess"
    given: dict[str, Any] = {"kind": kind or implied, "names": _names(names_file)}
    given |= {} if delimiter is None else {"delimiter": delimiter}
    given |= {} if threshold is None else {"threshold": threshold}
    return checked(LabelFormat, **given)


def _names(file: Path | None) -> Sequence[str]:
    if file is None:
        return ()
    try:
        return names_in(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        message = f"The names file {shorten(file.name)} cannot be read as UTF-8 text."
        raise DatasetFormatError(message) from error


def _shares(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        message = f'Expected three shares such as 0.7,0.15,0.15, got "{shorten(text)}".'
        raise InvalidArgumentError(message) from error
