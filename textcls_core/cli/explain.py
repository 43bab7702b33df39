"""`explain`: attention weights of a text, or which of its words speak for a class."""

from pathlib import Path
from typing import Annotated, Any

import typer

from textcls_core.cli.explain_benchmark import benchmark
from textcls_core.cli.explain_texts import explain_file, explain_sample, explain_text
from textcls_core.cli.printing import Json, RunId, SplitName, emit, open_run, parse_split
from textcls_core.errors import InvalidArgumentError, parse_choice
from textcls_core.explanation.attribution import Question
from textcls_core.explanation.default_label import default_label
from textcls_core.explanation.methods import METHODS, STEPPED
from textcls_core.runs.run import Run

ATTENTION = "attention"
_NAMES = (ATTENTION, *METHODS)


def explain(
    run_id: RunId,
    text: Annotated[str | None, typer.Option("--text")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="Texts of a file; one JSON object per line.")
    ] = None,
    column: Annotated[
        str | None, typer.Option("--column", help="Of the texts in the file; default: a guess.")
    ] = None,
    method: Annotated[str, typer.Option("--method", help=", ".join(_NAMES))] = ATTENTION,
    layer: Annotated[
        int | None, typer.Option("--layer", help="From 0, the page's layer 1; default: mean.")
    ] = None,
    head: Annotated[
        int | None, typer.Option("--head", help="From 0, the page's head 1; default: mean.")
    ] = None,
    window: Annotated[
        int | None,
        typer.Option("--window", help="Of a long text, from 0, the page's window 1; default: 0."),
    ] = None,
    label: Annotated[
        str | None, typer.Option("--label", help="Class to explain; default: the predicted one.")
    ] = None,
    against: Annotated[
        str | None, typer.Option("--against", help="Why --label and not this class.")
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option("--steps", min=1, help="Of integrated gradients; texts LIME and SHAP read."),
    ] = None,
    is_benchmark: Annotated[
        bool, typer.Option("--benchmark", help="Measure which method to trust.")
    ] = False,
    sample: Annotated[
        int | None, typer.Option("--sample", min=1, help="Texts of the split; as with --file.")
    ] = None,
    split: SplitName = "test",
    seed: Annotated[int, typer.Option("--seed", help="Of the sample.")] = 0,
    as_json: Json = False,
) -> None:
    """Print attention weights, what speaks for a class, or which method to trust."""
    run, where = open_run(run_id), parse_split(split)
    if is_benchmark:
        _refuse("--benchmark", {"--file": file})
        value, lines = benchmark(run, text, where, sample, seed)
        emit(as_json, value, lines)
        return
    if [text, file, sample].count(None) != 2:
        raise InvalidArgumentError(
            "Expected one of --text, --file and --sample, or --benchmark, got none or several."
        )
    if parse_choice(method, _NAMES, "a method") == ATTENTION:
        given = {"--label": label, "--against": against, "--steps": steps}
        _refuse(f"--method {method}", {**given, "--file": file, "--sample": sample})
        value, lines = _attention(run, text or "", (layer, head), window or 0)
        emit(as_json, {"run_id": run.run_id, "method": method, **value}, lines)
        return
    _refuse(f"--method {method}", {"--layer": layer, "--head": head, "--window": window})
    question = _question(text or "", method, label, against, steps)
    if against is not None and label is None and text is None:
        raise InvalidArgumentError(
            "Expected --label beside --against with --file or --sample, because the predicted "
            "class differs from text to text, got --against alone. Name both classes."
        )
    if file is not None:
        explain_file(run, question, file, column)
    elif sample is not None:
        explain_sample(run, question, where, sample, seed)
    else:
        explain_text(run, question, as_json=as_json)


def _question(
    text: str, method: str, label: str | None, against: str | None, steps: int | None
) -> Question:
    """Return what is asked; the text is filled in later if there are many."""
    known = parse_choice(method, METHODS, "a method")
    if known not in STEPPED:
        _refuse(f"--method {method}", {"--steps": steps})
    return Question(text, known, label, against, steps)


def _refuse(beside: str, options: dict[str, Any]) -> None:
    """Refuse options that do not go with another one."""
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise InvalidArgumentError(
            f"Expected no {given[0]} with {beside}. Leave one of them out, or choose another."
        )


def _attention(
    run: Run, text: str, place: tuple[int | None, int | None], window: int
) -> tuple[dict[str, Any], list[str]]:
    """Return the weights of a layer and a head; rows are the tokens that look."""
    from textcls_core.explanation.attention import explain_attention, load_explainable

    layer, head = place
    classifier = load_explainable(run.require_model())
    found = explain_attention(classifier, text, window=window)
    predicted = default_label(classifier, found.probabilities)
    matrix = found.matrix(layer, head)
    value = {
        "tokens": list(found.read.tokens),
        "words": list(found.read.words),
        "layer": layer,
        "head": head,
        "attention": matrix.tolist(),
        "window": window,
        "num_windows": len(found.window.words) if found.window else 1,
        "num_tokens_not_looked_at": found.read.num_cut,
        "predicted": predicted.name,
        "is_answer": predicted.is_answer,
        "probabilities": dict(zip(found.label_names, found.probabilities.tolist(), strict=True)),
    }
    looks_from = found.looks_from(by_token=True)
    weights = found.seen_from(matrix, looks_from, by_token=True)
    received = zip(found.read.tokens, weights, strict=True)
    lines = [f"{weight:.4f}  {token}" for token, weight in received]
    source = "all tokens, their mean" if looks_from is None else found.read.tokens[looks_from]
    header = f"share of the attention from {source}, and token; {_place(layer, head)}"
    answer = f"predicted: {predicted.name}"
    if found.window is not None:
        answer = f"{found.window.title} (--window {window}); by itself {answer}"
    return value, [answer, header, *lines]


def _place(layer: int | None, head: int | None) -> str:
    """Return where the weights are from, with the numbers that the page and the options give it."""
    given = {"layer": layer, "head": head}
    return ", ".join(
        f"mean of all {name}s" if number is None else f"{name} {number + 1} (--{name} {number})"
        for name, number in given.items()
    )
