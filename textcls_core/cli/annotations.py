"""The verbs of annotations: `annotations list|add|undo|export|import|apply`."""

from pathlib import Path
from typing import Annotated, Any

import typer

from textcls_core.cli.printing import Json, emit
from textcls_core.dataset.diff import diff_datasets
from textcls_core.dataset.history import newest_version
from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.errors import InvalidArgumentError, NotFoundError
from textcls_core.files import write_bytes
from textcls_core.mistakes.annotations.annotation import (
    DROPPED,
    NOTE,
    PROPOSED,
    REVIEWED,
    TAG,
    Annotation,
    Change,
    checked_labels,
    checked_note,
    checked_tag,
)
from textcls_core.mistakes.annotations.annotation_file import (
    FORMATS,
    AnnotationFormat,
    export_annotations,
)
from textcls_core.mistakes.annotations.checking import require_known, require_labels
from textcls_core.mistakes.annotations.importing import import_annotations
from textcls_core.mistakes.annotations.pending import (
    Pending,
    apply_pending,
    make_version,
    pending_of,
)
from textcls_core.mistakes.annotations.store import Annotations, Batch
from textcls_core.wording import ago, plural, shorten
from textcls_core.workspace import Workspace

annotations_app = typer.Typer(
    no_args_is_help=True, help="What people said about rows: tags, notes, other labels."
)
_SHOWN = 20

Name = Annotated[str, typer.Argument(metavar="DATASET", help="A data set, by name or fingerprint.")]
Author = Annotated[str, typer.Option("--author", help="Who says so.")]
Rows = Annotated[list[str] | None, typer.Option("--row", help="Row id; repeat for several.")]


def _open(name: str) -> tuple[DatasetStore, DatasetInfo, Annotations]:
    """Return the store, the newest version of a data set, and what is said about its rows."""
    workspace = Workspace.default()
    store = DatasetStore.open(workspace)
    info = newest_version(store, store.find(name).name)
    return store, info, Annotations.open(workspace, info.name)


@annotations_app.command("list")
def annotations_list(
    name: Name,
    tag: Annotated[str | None, typer.Option("--tag", help="Only rows with this tag.")] = None,
    as_json: Json = False,
) -> None:
    """List the annotated rows, known tags, and what is pending."""
    _, info, annotations = _open(name)
    said = sorted(annotations.by_row().values(), key=lambda one: one.row_id)
    rows = [one for one in said if tag is None or tag in one.tags]
    _, pending = pending_of(Workspace.default(), info)
    batches = annotations.batches(_SHOWN)
    value = {
        "dataset": info.name,
        "version": info.version,
        "rows": [one.to_json() for one in rows],
        "tags": annotations.tag_counts(),
        "merges": annotations.merges(),
        "pending": pending.to_json(),
        "batches": [_batch_json(batch) for batch in batches],
    }
    lines = [f"{plural(len(rows), 'annotated row')} of {info.title}. {_pending_line(pending)}"]
    emit(as_json, value, [*lines, *map(_line, rows[:_SHOWN])])


def _batch_json(batch: Batch) -> dict[str, Any]:
    facts = {name: getattr(batch, name) for name in ("batch_id", "author", "what", "num_rows")}
    return {**facts, "at": batch.at.isoformat()}


def _pending_line(pending: Pending) -> str:
    return "Nothing is pending." if pending.is_empty else f"Pending {pending.reason}."


def _line(said: Annotation) -> str:
    parts = [f"[{shorten(tag, 30)}]" for tag in said.tags]
    if said.proposed is not None:
        parts.append(f"-> {shorten(', '.join(said.proposed) or 'no label', 40)}")
    parts += ["drop"] if said.is_dropped else []
    parts += ["reviewed"] if said.is_reviewed else []
    return f"{said.row_id}  {' '.join([*parts, shorten(said.note, 60)])}".rstrip()


@annotations_app.command("add")
def annotations_add(
    name: Name,
    row_ids: Rows = None,
    tag: Annotated[str | None, typer.Option("--tag", help="Put a tag on the rows.")] = None,
    untag: Annotated[str | None, typer.Option("--untag", help="Take a tag off.")] = None,
    note: Annotated[str | None, typer.Option("--note", help="Replace the note.")] = None,
    propose: Annotated[
        list[str] | None, typer.Option("--propose", help="A label the rows should have.")
    ] = None,
    unpropose: Annotated[bool, typer.Option("--unpropose", help="No other label.")] = False,
    drop: Annotated[bool | None, typer.Option("--drop/--keep", help="Drop the rows?")] = None,
    reviewed: Annotated[bool | None, typer.Option("--reviewed/--not-reviewed")] = None,
    merge: Annotated[str | None, typer.Option("--merge", help="A class to merge.")] = None,
    into: Annotated[str | None, typer.Option("--into", help="What it becomes part of.")] = None,
    author: Author = "",
    as_json: Json = False,
) -> None:
    """Say something about rows, or merge a class into another; nothing changes until `apply`."""
    store, info, annotations = _open(name)
    rows = list(dict.fromkeys(row_ids or []))
    if propose:
        require_labels(propose, info)
    marks: dict[str, Any] = {DROPPED: drop, REVIEWED: reviewed, NOTE: note and checked_note(note)}
    fields = {field: value for field, value in marks.items() if value is not None}
    fields |= {TAG + checked_tag(one): one == tag for one in (tag, untag) if one is not None}
    fields |= {PROPOSED: checked_labels(propose or []) or None} if propose or unpropose else {}
    batches = []
    if fields:
        _require_rows(store, info, rows)
    if merge is not None or into is not None:  # first: it may be refused
        batches.append(_merge(info, annotations, merge, into, author))
    if fields:
        changes = [Change(row, field, value) for row in rows for field, value in fields.items()]
        what = "set " + ", ".join(field.replace(TAG, "tag ") for field in fields)
        batches.append(annotations.record(changes, what, author=author))
    if not batches:
        raise InvalidArgumentError("Expected something to say, got nothing. Use --tag or another.")
    said = [annotations.about(row) for row in rows]
    value = {"dataset": info.name, "batches": batches, "rows": [one.to_json() for one in said]}
    emit(as_json, value, [_line(one) for one in said] or ["Noted."])


def _require_rows(store: DatasetStore, info: DatasetInfo, row_ids: list[str]) -> None:
    if not row_ids:
        raise InvalidArgumentError("Expected at least one --row, got none. Name a row id.")
    store.load(info.fingerprint).positions(row_ids)


def _merge(
    info: DatasetInfo, annotations: Annotations, merge: str | None, into: str | None, author: str
) -> int:
    if merge is None or into is None:
        raise InvalidArgumentError("Expected --merge and --into, got one of them. Name both.")
    require_known([merge, into], info)
    return annotations.merge(merge, into, author=author)


@annotations_app.command("undo")
def annotations_undo(
    name: Name,
    batch: Annotated[int, typer.Argument(help="Its number in `list --json`.")],
    as_json: Json = False,
) -> None:
    """Take back what one command, click or import did."""
    _, info, annotations = _open(name)
    if not annotations.undo(batch):
        known = [f"{one.batch_id} ({one.what}, {ago(one.at)})" for one in annotations.batches(5)]
        raise NotFoundError(
            f"Batch {batch} of {shorten(info.name)} does not exist or is undone already. Newest: "
            f"{', '.join(known) or 'none'}."
        )
    emit(as_json, {"dataset": info.name, "undone": batch}, [f"Batch {batch} is undone."])


@annotations_app.command("export")
def annotations_export(
    name: Name,
    output: Annotated[Path, typer.Option("--output", help="File to write.")],
    file_format: Annotated[str, typer.Option("--format", help=", ".join(FORMATS))] = "",
    as_json: Json = False,
) -> None:
    """Write all annotations to a CSV or JSON Lines file."""
    _, info, annotations = _open(name)
    said = annotations.by_row().values()
    write_bytes(output, export_annotations(said, _format_of(output, file_format)))
    value = {"dataset": info.name, "rows": len(said), "output": str(output)}
    emit(as_json, value, [f"{plural(len(said), 'row')} written to {output}."])


@annotations_app.command("import")
def annotations_import(
    name: Name,
    file: Annotated[Path, typer.Argument(help="CSV or JSON Lines, as `export` writes it.")],
    file_format: Annotated[str, typer.Option("--format", help=", ".join(FORMATS))] = "",
    author: Author = "",
    as_json: Json = False,
) -> None:
    """Take annotations from a file, all of them or none; rows it does not have stay as they are."""
    store, info, annotations = _open(name)
    report = import_annotations(
        annotations, store, file.read_bytes(), _format_of(file, file_format), author=author
    )
    value = {
        "dataset": info.name,
        "rows": report.num_rows,
        "changed": report.num_changed,
        "unknown_row_ids": list(report.unknown_rows),
        "unknown_labels": list(report.unknown_labels),
        "ignored_columns": list(report.ignored_columns),
        "batch": report.batch_id,
    }
    emit(as_json, value, report.sentences)


def _format_of(file: Path, given: str) -> AnnotationFormat:
    """Return the format asked for, or the one that the name of the file says."""
    wanted = given or file.suffix.removeprefix(".").lower()
    for known in FORMATS:
        if wanted == known:
            return known
    raise InvalidArgumentError(
        f'Expected a file that ends in .csv or .jsonl, got "{shorten(file.name)}". Name it with '
        "--format."
    )


@annotations_app.command("apply")
def annotations_apply(
    name: Name,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would change.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a new version of the data set with everything that is pending."""
    workspace = Workspace.default()
    _, info, _ = _open(name)
    dataset, pending = pending_of(workspace, info)
    diff = diff_datasets(dataset, apply_pending(dataset, pending))
    made = None if dry_run else make_version(workspace, info)
    value = {
        "dataset": info.name,
        "before": info.fingerprint,
        "made": made
        and {"version": made.version, "fingerprint": made.fingerprint, "reason": made.reason},
        "pending": pending.to_json(),
        "diff": diff.to_json(),
    }
    lines = [diff.summary]
    test_rows = sum(found.get("test", 0) for found in diff.by_split.values())
    if test_rows:
        lines.append(
            f"{plural(test_rows, 'test row')} changed: figures on the test rows cannot be compared "
            "with older ones; `compare` leaves these rows out."
        )
    emit(as_json, value, [*lines, *([f"{made.title}  {made.dataset_id}"] if made else [])])
