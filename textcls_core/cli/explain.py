"""`explain`: attention weights of a text, or which of its words speak for a class."""

from typing import Annotated, Any

import typer

from textcls_core.cli.printing import Json, Progress, RunId, SplitName, emit, open_run, parse_split
from textcls_core.dataset.text_dataset import Split
from textcls_core.errors import InvalidArgumentError
from textcls_core.explanation.methods import JUDGED_TITLES, METHODS, Method
from textcls_core.explanation.trust_job import (
    NUM_TEXTS,
    ensure_trust,
    sample_rows,
    trust_arguments,
)
from textcls_core.runs.run import Run
from textcls_core.wording import percent
from textcls_core.workspace import Workspace

ATTENTION = "attention"
_NAMES = ", ".join((ATTENTION, *METHODS))


def explain(
    run_id: RunId,
    text: Annotated[str | None, typer.Option("--text")] = None,
    method: Annotated[str, typer.Option("--method", help=_NAMES)] = ATTENTION,
    layer: Annotated[int | None, typer.Option("--layer", help="From 0; default: mean.")] = None,
    head: Annotated[int | None, typer.Option("--head", help="From 0; default: mean.")] = None,
    label: Annotated[
        str | None, typer.Option("--label", help="Class to explain; default: the predicted one.")
    ] = None,
    against: Annotated[
        str | None, typer.Option("--against", help="Why --label and not this class.")
    ] = None,
    steps: Annotated[
        int | None,
        typer.Option("--steps", min=1, help="Of integrated gradients; default: until exact."),
    ] = None,
    benchmark: Annotated[
        bool, typer.Option("--benchmark", help="Measure which method to trust, on a sample.")
    ] = False,
    sample: Annotated[int, typer.Option("--sample", min=1, help="Texts.")] = NUM_TEXTS,
    split: SplitName = "test",
    seed: Annotated[int, typer.Option("--seed", help="Of the sample.")] = 0,
    as_json: Json = False,
) -> None:
    """Print attention weights of a text, what speaks for a class, or which method to trust."""
    run = open_run(run_id)
    if benchmark:
        value, lines = _benchmark(run, parse_split(split), sample, seed)
        emit(as_json, {"run_id": run.run_id, "split": split, **value}, lines)
        return
    if text is None:
        raise InvalidArgumentError("Expected --text and a text, or --benchmark, got neither.")
    if method == ATTENTION:
        _refuse({"--label": label, "--against": against, "--steps": steps}, method)
        value, lines = _attention(run, text, layer, head)
    else:
        known = next((name for name in METHODS if name == method), None)
        if known is None:
            raise InvalidArgumentError(f'Expected a method ({_NAMES}), got "{method[:40]}".')
        _refuse({"--layer": layer, "--head": head}, method)
        value, lines = _attribution(run, text, known, label, against, steps)
    emit(as_json, {"run_id": run.run_id, "method": method, **value}, lines)


def _benchmark(run: Run, split: Split, sample: int, seed: int) -> tuple[dict[str, Any], list[str]]:
    """Measure how faithful every method is on a sample of a split."""
    sampled = sample_rows(run.predictions(split).row_ids, sample, seed)
    arguments = trust_arguments(
        run.require_model(), run.decision_key, run.config.dataset_fingerprint, sampled
    )
    report = ensure_trust(Workspace.default(), arguments, Progress())
    lines = [
        report.verdict,
        "comprehensiveness (high is good), sufficiency (low), score, better than random orders in",
    ]
    for found in report.judgements:
        lines.append(
            f"{found.comprehensiveness:6.3f} {found.sufficiency:6.3f} {found.score:6.3f} "
            f"{percent(found.beats_random, 0):>6}  {JUDGED_TITLES[found.method]}"
        )
    return {"verdict": report.verdict, **report.model_dump(mode="json")}, lines


def _refuse(options: dict[str, Any], method: str) -> None:
    """Refuse options that another method takes."""
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise InvalidArgumentError(
            f"Expected no {given[0]} with the method {method}. Leave it out, or choose another "
            "--method."
        )


def _attention(
    run: Run, text: str, layer: int | None, head: int | None
) -> tuple[dict[str, Any], list[str]]:
    """Return the weights; rows are the tokens that look."""
    from textcls_core.explanation.attention import explain_attention, load_explainable

    found = explain_attention(load_explainable(run.require_model()), text)
    matrix = found.matrix(layer, head)
    value = {
        "tokens": list(found.read.tokens),
        "words": list(found.read.words),
        "layer": layer,
        "head": head,
        "attention": matrix.tolist(),
        "predicted": found.predicted,
        "probabilities": dict(zip(found.label_names, found.probabilities.tolist(), strict=True)),
    }
    received = zip(found.read.tokens, matrix[found.deciding_token], strict=True)
    lines = [f"{weight:.4f}  {token}" for token, weight in received]
    return value, [f"predicted: {found.predicted}", *lines]


def _attribution(
    run: Run, text: str, method: Method, label: str | None, against: str | None, steps: int | None
) -> tuple[dict[str, Any], list[str]]:
    """Return the scores of tokens and words."""
    from textcls_core.explanation.attributions import attribute, load_attributable

    if steps is not None and method != "integrated_gradients":
        _refuse({"--steps": steps}, method)
    classifier = load_attributable(run.require_model())
    found = attribute(classifier, text, method, label=label, against=against, num_steps=steps)
    integral = found.integral
    value = {
        "tokens": list(found.read.tokens),
        "words": list(found.read.words),
        "scores": found.scores.tolist(),
        "word_scores": found.word_scores.tolist(),
        "label": found.label,
        "against": found.against,
        "predicted": found.predicted,
        "probabilities": dict(zip(found.label_names, found.probabilities.tolist(), strict=True)),
        "num_steps": integral.num_steps if integral else None,
        "difference": integral.difference if integral else None,
        "gap": integral.gap if integral else None,
    }
    words = zip(found.read.words, found.word_scores.tolist(), strict=True)
    lines = [f"predicted: {found.predicted}, explained: {found.label}"]
    lines += [f"{score:+.4f}  {word}" for word, score in words]
    if integral:
        lines.append(f"gap: {percent(integral.gap, 2)} after {integral.num_steps} steps")
    return value, lines
