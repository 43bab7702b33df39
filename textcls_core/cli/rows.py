"""The verb `dataset rows`: filter and read the rows of a data set of any size."""

from typing import Annotated

import typer

from textcls_core.cli.printing import Json, emit, parse_split
from textcls_core.dataset.query import RowTable
from textcls_core.dataset.row_filter import Order, Range, RowFilter
from textcls_core.dataset.row_index import build_index, index_folder
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import InvalidArgumentError
from textcls_core.wording import plural, shorten
from textcls_core.workspace import Workspace


def dataset_rows(
    name: str,
    split: Annotated[str | None, typer.Option("--split", help="train, validation or test.")] = None,
    label: Annotated[str | None, typer.Option("--label", help="Class name.")] = None,
    text: Annotated[str, typer.Option("--text", help='Words, and "phrases" in quotes.')] = "",
    pattern: Annotated[str, typer.Option("--pattern", help="Regular expression (RE2).")] = "",
    where: Annotated[
        list[str] | None, typer.Option("--where", help="COLUMN=VALUE or COLUMN=LOW..HIGH; repeat.")
    ] = None,
    sort: Annotated[str, typer.Option("--sort", help="Column; -COLUMN for largest first.")] = "",
    offset: Annotated[int, typer.Option("--offset", min=0)] = 0,
    limit: Annotated[int, typer.Option("--limit", min=0, max=10_000)] = 20,
    as_json: Json = False,
) -> None:
    """Show the rows that pass a filter, and how many there are."""
    workspace = Workspace.default()
    store = DatasetStore.open(workspace)
    info = store.find(name)
    ranges, values = _conditions(where or [])
    row_filter = RowFilter(
        split=parse_split(split) if split else None,
        label=label,
        text=text,
        pattern=pattern,
        ranges=ranges,
        values=values,
    )
    folder = index_folder(workspace, info)
    if not folder.exists():
        build_index(store.path(info), info, folder)
    rows = RowTable.open(workspace, info)
    order = Order(sort.removeprefix("-"), is_descending=sort.startswith("-"))
    counts = rows.counts(row_filter)
    found = rows.rows(rows.positions(row_filter, order, offset, limit))
    value = {
        "dataset": info.name,
        "num_rows": counts.total,
        "by_split": counts.by_split,
        "by_class": counts.by_class,
        "rows": found,
    }
    lines = [f"{row['row_id']}  {row['label']}  {shorten(row['text'])}" for row in found]
    emit(as_json, value, [f"{plural(counts.total, 'row')} of {info.num_examples:,}", *lines])


def _conditions(where: list[str]) -> tuple[tuple[Range, ...], tuple[tuple[str, str], ...]]:
    """Return ranges and values out of `column=value` and `column=low..high`."""
    ranges, values = [], []
    for condition in where:
        column, equals, value = condition.partition("=")
        if not equals:
            raise InvalidArgumentError(f'Expected --where COLUMN=VALUE, got "{condition[:60]}".')
        found = Range.parse(column, value)
        if found is None:
            values.append((column, value))
        else:
            ranges.append(found)
    return tuple(ranges), tuple(values)
