"""The verb of a finished run that answers new texts: `predict`."""

from typing import Annotated

import typer

from textcls_core.cli.printing import Json, RunId, emit, open_run
from textcls_core.wording import shorten


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
