"""`words RUN`: which words drive each class over a split, and which drive its mistakes."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from textcls_core.cli.printing import Json, Progress, RunId, SplitName, emit, open_run, parse_split
from textcls_core.errors import InvalidArgumentError, parse_choice
from textcls_core.explanation.driving_questions import NUM_ROWS, About, Choice, questions_of
from textcls_core.explanation.driving_words import (
    MIN_ROWS,
    Answer,
    DrivingWords,
    chosen_answers,
    driving_words,
)
from textcls_core.explanation.driving_words_job import WORD_METHODS, ensure_answers, word_arguments
from textcls_core.wording import plural, shorten
from textcls_core.workspace import Workspace

_SHOWN = 10
_ALL = "all classes"


def words(
    run_id: RunId,
    label: Annotated[
        str | None, typer.Option("--class", help="Ask only rows that were given this class.")
    ] = None,
    mistakes: Annotated[
        bool, typer.Option("--mistakes", help="What raised a wrong class over the true one.")
    ] = False,
    true: Annotated[
        str | None, typer.Option("--true", help="Of mistakes only those with this true class.")
    ] = None,
    missed: Annotated[
        bool, typer.Option("--missed", help="Of several labels: what lowered those that are true.")
    ] = False,
    split: SplitName = "test",
    sample: Annotated[int, typer.Option("--sample", min=1, help="Rows asked.")] = NUM_ROWS,
    seed: Annotated[int, typer.Option("--seed", help="Of the sample.")] = 0,
    method: Annotated[str, typer.Option("--method", help=", ".join(WORD_METHODS))] = WORD_METHODS[
        0
    ],
    min_rows: Annotated[
        int, typer.Option("--min-rows", min=2, help="Rows that must have a word.")
    ] = MIN_ROWS,
    as_json: Json = False,
) -> None:
    """List the words that drive each class most surely, or its mistakes, with 95 % intervals."""
    run = open_run(run_id)
    chosen = parse_choice(method, WORD_METHODS, "a method")
    predictions = run.predictions(parse_split(split))
    about = _about(mistakes=mistakes, missed=missed)
    questions = questions_of(predictions, about, sample, seed, Choice(label, true))
    arguments = word_arguments(
        run.require_model(), run.decision_key, run.config.dataset_fingerprint, chosen, questions
    )
    answers = ensure_answers(Workspace.default(), arguments, Progress())
    names = (
        [label] if label else [*predictions.label_names, *([] if about == "classes" else [None])]
    )
    found = {name or _ALL: _driving(answers, name, min_rows, about) for name in names}
    value = {
        "run_id": run.run_id,
        "split": split,
        "about": about,
        "true": true,
        "method": chosen,
        "seed": seed,
        "num_rows": len({question.row_id for question in questions}),
        "min_rows": min_rows,
        "classes": [_value(name, one) for name, one in found.items()],
    }
    lines = [line for name, one in found.items() for line in _lines(name, one, min_rows)]
    emit(as_json, value, lines)


def _about(*, mistakes: bool, missed: bool) -> About:
    if mistakes and missed:
        raise InvalidArgumentError(
            "Expected --mistakes (labels given wrongly) or --missed (labels not given), got both. "
            "Ask for one after the other."
        )
    return "mistakes" if mistakes else "missed" if missed else "classes"


def _driving(answers: list[Answer], label: str | None, min_rows: int, about: About) -> DrivingWords:
    chosen = chosen_answers(answers, Choice(label))
    return driving_words(chosen, min_rows, lowers=about == "missed")


def _value(name: str, found: DrivingWords) -> dict[str, Any]:
    return {
        "label": name,
        "num_rows": found.num_rows,
        "num_rare": found.num_rare,
        "words": [asdict(word) for word in found.words],
    }


def _lines(name: str, found: DrivingWords, min_rows: int) -> list[str]:
    """Return the first words of a class for a person."""
    title = f"{shorten(name, 40)}: {plural(found.num_rows, 'row')}"
    rare = f"{plural(found.num_rare, 'word')} in fewer than {min_rows} rows not ranked"
    rows = [
        f"  {word.mean:+.3f} ({word.low:+.3f} to {word.high:+.3f}) in {word.num_rows:>4,}  "
        f"{word.word}"
        for word in found.words[:_SHOWN]
    ]
    return [f"{title}, {rare}", *rows]
