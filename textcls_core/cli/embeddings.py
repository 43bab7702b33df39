"""The verbs of embeddings: `dataset embed|similar`."""

import time
from typing import Annotated

import typer

from textcls_core.cli.printing import Json, Progress, emit
from textcls_core.dataset.store import DatasetStore
from textcls_core.embeddings.computing import MAX_ROWS, compute_embeddings
from textcls_core.embeddings.neighbours import normalised
from textcls_core.embeddings.similar import NUM_SIMILAR, records, similar_rows
from textcls_core.embeddings.source import open_source
from textcls_core.embeddings.store import MAX_TOKENS, StoredEmbeddings
from textcls_core.errors import InvalidArgumentError
from textcls_core.models.catalogue import EMBEDDED
from textcls_core.wording import duration, plural, shorten
from textcls_core.workspace import Workspace

Model = Annotated[
    str, typer.Option("--model", help="Whose encoder: minilm, a folder, a hub name, or a run id.")
]
Tokens = Annotated[int, typer.Option("--max-length", min=8, help="Tokens read of each text.")]
MaxRows = Annotated[int, typer.Option("--max-rows", min=1, help="Of more, a sample is embedded.")]


def dataset_embed(
    name: str,
    model: Model = EMBEDDED,
    max_length: Tokens = MAX_TOKENS,
    max_rows: MaxRows = MAX_ROWS,
    as_json: Json = False,
) -> None:
    """Compute one vector per text, or find those that were computed before."""
    start = time.monotonic()
    stored = _embeddings(name, model, max_length, max_rows)
    seconds = time.monotonic() - start
    info, file = stored.info, str(stored.folder / "vectors.npy")
    value = {
        "dataset": name,
        "fingerprint": info.fingerprint,
        "model": info.source,
        "num_examples": info.num_examples,
        "rows": info.num_rows,
        "width": int(stored.vectors.shape[1]),
        "max_length": info.num_tokens,
        "seconds": round(seconds, 3),
        "file": file,
    }
    sampled = "" if info.is_complete else f" (a sample of {info.num_examples:,})"
    line = f"{plural(info.num_rows, 'row')}{sampled} by {info.source} in {duration(seconds)}"
    emit(as_json, value, [line, file])


def dataset_similar(
    name: str,
    text: Annotated[str, typer.Option("--text", help="Any text.")],
    model: Model = EMBEDDED,
    max_length: Tokens = MAX_TOKENS,
    max_rows: MaxRows = MAX_ROWS,
    limit: Annotated[int, typer.Option("--limit", min=1)] = NUM_SIMILAR,
    as_json: Json = False,
) -> None:
    """List the texts most similar to a text, by the cosine of their vectors."""
    from textcls_core.embeddings.encoder import TextEncoder

    if not text.strip():
        raise InvalidArgumentError("Expected a text to compare with, got an empty one.")
    workspace = Workspace.default()
    stored = _embeddings(name, model, max_length, max_rows)
    encoder = TextEncoder.load(open_source(workspace, model), max_length)
    query = normalised(encoder.encode([text]))
    found = similar_rows(normalised(stored.vectors), query, limit)
    rows = stored.rows(DatasetStore.open(workspace).find(stored.info.fingerprint))
    shown = [
        {"similarity": float(cosine), **record}
        for cosine, record in zip(found.cosines, records(rows, found.rows), strict=True)
    ]
    lines = [
        f"{row['similarity']:.3f}  {row['row_id']}  {shorten(row['label'], 30)}  "
        f"{shorten(row['text'], 80)}"
        for row in shown
    ]
    emit(as_json, {"dataset": name, "model": stored.info.source, "rows": shown}, lines)


def _embeddings(name: str, model: str, max_length: int, max_rows: int) -> StoredEmbeddings:
    return compute_embeddings(
        Workspace.default(),
        name,
        model,
        num_tokens=max_length,
        max_rows=max_rows,
        progress=Progress(),
    )
