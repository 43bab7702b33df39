"""The verbs of a finished run: `predict`, `explain`."""

from typing import Annotated

import typer

from textcls_core.cli.printing import Json, RunId, emit, open_run
from textcls_core.errors import InvalidArgumentError
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


def explain(
    run_id: RunId,
    text: Annotated[str, typer.Option("--text")],
    method: Annotated[str, typer.Option("--method", help="attention")] = "attention",
    layer: Annotated[int | None, typer.Option("--layer", help="From 0; default: mean.")] = None,
    head: Annotated[int | None, typer.Option("--head", help="From 0; default: mean.")] = None,
    as_json: Json = False,
) -> None:
    """Print the attention weights of one text; rows are the tokens that look."""
    from textcls_core.explanation.attention import explain_attention, load_explainable

    if method != "attention":
        raise InvalidArgumentError(f'Expected the method "attention", got "{method[:40]}".')
    run = open_run(run_id)
    explanation = explain_attention(load_explainable(run.require_model()), text)
    matrix = explanation.matrix(layer, head)
    received = matrix[explanation.deciding_token]
    names, shares = explanation.label_names, explanation.probabilities.tolist()
    value = {
        "run_id": run.run_id,
        "tokens": list(explanation.tokens),
        "words": list(explanation.words),
        "layer": layer,
        "head": head,
        "attention": matrix.tolist(),
        "predicted": explanation.predicted,
        "probabilities": dict(zip(names, shares, strict=True)),
    }
    lines = [
        f"{weight:.4f}  {token}" for token, weight in zip(explanation.tokens, received, strict=True)
    ]
    emit(as_json, value, [f"predicted: {explanation.predicted}", *lines])
