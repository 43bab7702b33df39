"""`similar RUN ROW`: the training rows most similar to a row of a run."""

from dataclasses import asdict
from typing import Annotated

import typer

from textcls_core.cli.printing import Json, Progress, RunId, emit, open_run
from textcls_core.dataset.keys import normalised_keys
from textcls_core.dataset.store import DatasetStore
from textcls_core.embeddings.computing import MAX_ROWS, ensure_embeddings
from textcls_core.errors import InvalidArgumentError
from textcls_core.mistakes.similar_training_rows import (
    NUM_SHOWN,
    SimilarRow,
    describe_copies,
    same_texts,
    similar_training_rows,
    similarity_sentence,
)
from textcls_core.mistakes.training_neighbours import (
    ENCODERS,
    TrainingNeighbours,
    encoder_source,
    parse_encoder,
    training_mask,
)
from textcls_core.runs.run import Run
from textcls_core.wording import shorten
from textcls_core.workspace import Workspace


def similar(
    run_id: RunId,
    row_id: Annotated[str, typer.Argument(metavar="ROW", help="A row id, of any split.")],
    source: Annotated[
        str, typer.Option("--source", help=f"Whose encoder: {' or '.join(ENCODERS)}.")
    ] = "own",
    k: Annotated[int, typer.Option("-k", min=1, help="How many rows.")] = NUM_SHOWN,
    max_rows: Annotated[
        int, typer.Option("--max-rows", min=1, help="Of more rows, a sample is embedded.")
    ] = MAX_ROWS,
    as_json: Json = False,
) -> None:
    """List the training rows most similar to a row, and the copies of it in training."""
    encoder = parse_encoder(source)
    run = open_run(run_id)
    dataset = DatasetStore.open(Workspace.default()).load(run.config.dataset_fingerprint)
    keys = normalised_keys(dataset.table["text"])
    same = same_texts(dataset, keys, training_mask(run, dataset), row_id)
    found = _neighbours(run, encoder_source(run, encoder), max_rows)
    if not found.has([row_id])[0]:
        raise InvalidArgumentError(
            f"Row {shorten(row_id)} is not in the sample of {found.rows.num_examples:,} rows that "
            f"was embedded. Embed all with --max-rows {dataset.num_examples}."
        )
    rows, copies = similar_training_rows(found, row_id, same, k)
    value = {
        "run_id": run.run_id,
        "row_id": row_id,
        "encoder": encoder,
        "source": encoder_source(run, encoder),
        "num_examples": found.num_examples,
        "num_embedded": found.rows.num_examples,
        "rows": [asdict(row) for row in rows],
        "found_in_training": [asdict(row) for row in copies],
    }
    emit(as_json, value, _lines(rows, copies))


def _neighbours(run: Run, source: str, max_rows: int) -> TrainingNeighbours:
    """Return the embedded rows; they are embedded first if there are none, or too few of them."""
    workspace, fingerprint = Workspace.default(), run.config.dataset_fingerprint
    stored = ensure_embeddings(
        workspace, fingerprint, source, max_rows=max_rows, progress=Progress()
    )
    return TrainingNeighbours.of(workspace, run, stored)


def _lines(rows: list[SimilarRow], copies: list[SimilarRow]) -> list[str]:
    said = describe_copies(copies)
    return [*([f"Found in training. {said}"] if said else []), *map(_line, rows)]


def _line(row: SimilarRow) -> str:
    cosine = "" if row.similarity is None else f"{row.similarity:.3f}"
    marks = ", ".join(filter(None, ["conflict" if row.conflicts else "", similarity_sentence(row)]))
    mark = f"  [{marks}]" if marks else ""
    return f"{cosine}  {row.row_id}  {shorten(row.label, 30)}{mark}  {shorten(row.text, 70)}"
