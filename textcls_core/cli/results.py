"""The verbs of a finished run: `mistakes` and `predict`."""

from typing import Annotated

import typer

from textcls_core.cli.printing import Json, RunId, SplitName, emit, open_run, parse_split
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import InvalidArgumentError
from textcls_core.mistakes.selection import ORDERS, Examples, Selection
from textcls_core.wording import percent, shorten
from textcls_core.workspace import Workspace


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
    run = open_run(run_id)
    dataset = DatasetStore.open(Workspace.default()).load(run.config.dataset_fingerprint)
    examples = Examples.of_run(run, dataset, parse_split(split))
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
    emit(as_json, value, lines)


def predict(
    run_id: RunId,
    text: Annotated[list[str], typer.Option("--text", help="Repeat for several texts.")],
    as_json: Json = False,
) -> None:
    """Classify texts with a finished run."""
    from textcls_core.models.classifier import Classifier
    from textcls_core.prediction.predict import predict_texts

    run = open_run(run_id)
    predictions = predict_texts(Classifier.load(run.require_model()), text)
    lines = [f"{p.answer}  {shorten(p.text, 80)}" for p in predictions]
    value = {"run_id": run.run_id, "predictions": [p.to_json() for p in predictions]}
    emit(as_json, value, lines)
