"""The verb `flip`: the smallest edit of a text that gives it another answer."""

from typing import Annotated

import typer

from textcls_core.cli.printing import Json, RunId, emit, open_run
from textcls_core.errors import parse_choice
from textcls_core.wording import percent


def flip(
    run_id: RunId,
    text: Annotated[str, typer.Option("--text", help="The text to edit.")],
    to: Annotated[
        str | None, typer.Option("--to", help="The label wanted; any other answer without.")
    ] = None,
    way: Annotated[str, typer.Option("--way", help="drop, swap or both.")] = "both",
    evaluations: Annotated[
        int | None, typer.Option("--evaluations", help="Texts the model is asked about at most.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Search for the smallest edit of a text that gives it another answer."""
    from textcls_core.explanation.attributions import load_attributable
    from textcls_core.explanation.flip import find_flip
    from textcls_core.explanation.flip_result import NUM_EVALUATIONS, WAYS, FlipQuestion

    limit = NUM_EVALUATIONS if evaluations is None else evaluations
    question = FlipQuestion(text, to, parse_choice(way, WAYS, "a way"), limit)
    run = open_run(run_id)
    found = find_flip(load_attributable(run.require_model()), question)
    lines = [found.headline, found.proof]
    if found.best is not None:
        shares = zip(found.label_names, found.probabilities, found.best.probabilities, strict=True)
        lines += [
            found.best.text,
            *(f"{percent(old):>8} -> {percent(new):>8}  {name}" for name, old, new in shares),
        ]
    emit(as_json, {"run_id": run.run_id, **found.to_json()}, lines)
