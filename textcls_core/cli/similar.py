"""`similar RUN ROW`: the training rows most similar to a row of a run, or to any text."""

from dataclasses import asdict
from typing import Annotated

import typer

from textcls_core.arrays import Embeddings
from textcls_core.cli.printing import Json, Progress, RunId, emit, open_run
from textcls_core.dataset.keys import normalised_keys
from textcls_core.dataset.store import DatasetStore
from textcls_core.embeddings.computing import MAX_ROWS, ensure_embeddings
from textcls_core.embeddings.neighbours import normalised
from textcls_core.embeddings.source import open_source
from textcls_core.embeddings.store import StoredEmbeddings
from textcls_core.errors import InvalidArgumentError
from textcls_core.mistakes.similar_training_rows import (
    NUM_SHOWN,
    SimilarRow,
    describe_copies,
    rows_similar_to_text,
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
    row_id: Annotated[
        str | None, typer.Argument(metavar="[ROW]", help="A row id, of any split.")
    ] = None,
    text: Annotated[str | None, typer.Option("--text", help="Any text, in place of a row.")] = None,
    source: Annotated[
        str, typer.Option("--source", help=f"Whose encoder: {' or '.join(ENCODERS)}.")
    ] = "own",
    k: Annotated[int, typer.Option("-k", min=1, help="How many rows.")] = NUM_SHOWN,
    max_rows: Annotated[
        int, typer.Option("--max-rows", min=1, help="Of more rows, a sample is embedded.")
    ] = MAX_ROWS,
    as_json: Json = False,
) -> None:
    """List the training rows most similar to a row or a text, and its copies in training."""
    encoder = parse_encoder(source)
    if (row_id is None) == (text is None):
        got = "none" if row_id is None else "both"
        raise InvalidArgumentError(f"Expected a row or a text, got {got}. Give ROW or --text.")
    run = open_run(run_id)
    by, answer = encoder_source(run, encoder), None
    if row_id is not None:
        same = _same_texts(run, row_id)
        stored, found = _embedded(run, by, max_rows)
        rows, copies = _similar_to_row(found, row_id, same, k)
    else:
        answer = _answer(run, str(text))
        stored, found = _embedded(run, by, max_rows)
        vector = _vector(stored, str(text))
        rows, copies = rows_similar_to_text(found, str(text), vector, answer, k)
    value = {
        "run_id": run.run_id,
        "row_id": row_id,
        "text": text,
        "predicted": answer,
        "encoder": encoder,
        "source": by,
        "num_examples": found.num_examples,
        "num_embedded": found.rows.num_examples,
        "rows": [asdict(row) for row in rows],
        "found_in_training": [asdict(row) for row in copies],
    }
    emit(as_json, value, _lines(rows, copies))


def _same_texts(run: Run, row_id: str) -> list[SimilarRow]:
    dataset = DatasetStore.open(Workspace.default()).load(run.config.dataset_fingerprint)
    keys = normalised_keys(dataset.table["text"])
    return same_texts(dataset, keys, training_mask(run, dataset), row_id)


def _similar_to_row(
    found: TrainingNeighbours, row_id: str, same: list[SimilarRow], k: int
) -> tuple[list[SimilarRow], list[SimilarRow]]:
    if not found.has([row_id])[0]:
        raise InvalidArgumentError(
            f"Row {shorten(row_id)} is not in the sample of {found.rows.num_examples:,} rows that "
            f"was embedded. Embed all with --max-rows {found.num_examples}."
        )
    return similar_training_rows(found, row_id, same, k)


def _answer(run: Run, text: str) -> str:
    """Return the label that the model gives a text, several joined by commas."""
    from textcls_core.mistakes.behaviour.running import ask
    from textcls_core.models.classifier import Classifier

    if not text.strip():
        raise InvalidArgumentError("Expected a text to compare with, got an empty one.")
    return ", ".join(ask(Classifier.load(run.require_model()), [text])[0].labels)


def _vector(stored: StoredEmbeddings, text: str) -> Embeddings:
    """Return the vector of a text by the encoder of stored ones, of length 1, shape (1, D)."""
    from textcls_core.embeddings.encoder import TextEncoder

    source = open_source(Workspace.default(), stored.info.source)
    return normalised(TextEncoder.load(source, stored.info.num_tokens).encode([text]))


def _embedded(run: Run, source: str, max_rows: int) -> tuple[StoredEmbeddings, TrainingNeighbours]:
    """Return the embedded rows; they are embedded first if there are none, or too few of them."""
    workspace, fingerprint = Workspace.default(), run.config.dataset_fingerprint
    stored = ensure_embeddings(
        workspace, fingerprint, source, max_rows=max_rows, progress=Progress()
    )
    return stored, TrainingNeighbours.of(workspace, run, stored)


def _lines(rows: list[SimilarRow], copies: list[SimilarRow]) -> list[str]:
    said = describe_copies(copies)
    return [*([f"Found in training. {said}"] if said else []), *map(_line, rows)]


def _line(row: SimilarRow) -> str:
    cosine = "" if row.similarity is None else f"{row.similarity:.3f}"
    marks = ", ".join(filter(None, ["conflict" if row.conflicts else "", similarity_sentence(row)]))
    mark = f"  [{marks}]" if marks else ""
    return f"{cosine}  {row.row_id}  {shorten(row.label, 30)}{mark}  {shorten(row.text, 70)}"
