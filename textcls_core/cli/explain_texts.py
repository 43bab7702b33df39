"""Attributions on the command line: of one text, of the texts of a file, of a sample of a split."""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from textcls_core.cli.printing import Progress, emit
from textcls_core.dataset.columns import ColumnChoice, choose_columns
from textcls_core.dataset.reading import read_table
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import Split
from textcls_core.errors import DatasetFormatError
from textcls_core.explanation.attribution import Attribution, Question
from textcls_core.explanation.attribution_store import AttributionStore, answer
from textcls_core.explanation.default_label import NO_ANSWER
from textcls_core.explanation.methods import TITLES
from textcls_core.explanation.trust_job import sample_rows
from textcls_core.files import to_json
from textcls_core.jobs.progress import Report, ignore
from textcls_core.runs.run import Run
from textcls_core.workspace import Workspace

if TYPE_CHECKING:  # the model arrives when something is computed
    from textcls_core.models.classifier import Classifier

_UNKNOWN = {"num_steps": None, "difference": None, "gap": None}
"""Printed for methods that do not know them too."""


def explain_text(run: Run, question: Question, *, as_json: bool) -> None:
    """Print what a method says about one text."""
    [found] = _answers(run, [question])
    words = zip(found.read.words, found.word_scores.tolist(), strict=True)
    what = found.label + (f" rather than {found.against}" if found.against else "")
    lines = [f"predicted: {found.predicted.name}, explained: {what}"]
    lines += [] if found.predicted.is_answer else [NO_ANSWER]
    lines.append(f"{TITLES[found.method]}: what speaks for it (+) or against it (-), and word")
    lines += [f"{score:+.4f}  {word}" for word, score in words]
    if found.exactness is not None:
        lines.append(found.exactness.sentence)
    emit(as_json, _attribution_json(run, found), lines)


def explain_file(run: Run, question: Question, file: Path, column: str | None) -> None:
    """Print what a method says about every text of a file, one JSON object per line.

    Raises:
        DatasetFormatError: If the file holds no texts, or a row has none.
    """
    table = read_table(file)
    choice = ColumnChoice(text=() if column is None else (column,))
    chosen = choose_columns(table.table, choice, table.file_name, has_labels=False)
    texts = [value if isinstance(value, str) else "" for value in table.values(chosen.text[0])]
    empty = next((place for place, text in enumerate(texts) if not text.strip()), None)
    if empty is not None:
        raise DatasetFormatError(
            f"Expected a text in every row of {table.file_name}, got none in column "
            f'"{chosen.text[0][:40]}", {table.place(empty)}. Fill it in, or remove the row.'
        )
    _print_all(run, question, texts, [{"row": place} for place in range(1, len(texts) + 1)])


def explain_sample(run: Run, question: Question, split: Split, count: int, seed: int) -> None:
    """Print what a method says about a random sample of a split, one JSON object per line."""
    row_ids = sample_rows(run.predictions(split).row_ids, count, seed)
    dataset = DatasetStore.open(Workspace.default()).load(run.config.dataset_fingerprint)
    texts = dataset.texts(dataset.positions(row_ids))
    _print_all(run, question, texts, [{"row_id": row_id} for row_id in row_ids])


def _print_all(
    run: Run, question: Question, texts: Sequence[str], names: Sequence[dict[str, Any]]
) -> None:
    questions = [replace(question, text=text) for text in texts]
    answers = _answers(run, questions, Progress())
    for name, found in zip(names, answers, strict=True):
        typer.echo(to_json({**name, **_attribution_json(run, found)}))


def _answers(
    run: Run, questions: Sequence[Question], progress: Report = ignore
) -> Iterator[Attribution]:
    """Yield attributions; the model is loaded once, when something is not known yet."""
    model_dir = run.require_model()

    @functools.cache
    def load() -> "Classifier":
        from textcls_core.explanation.attributions import load_attributable

        return load_attributable(model_dir)

    store = AttributionStore.open(Workspace.default(), model_dir, run.decision_key)
    return answer(store, questions, load, progress=progress)


def _attribution_json(run: Run, found: Attribution) -> dict[str, Any]:
    """Return an attribution in its stable form."""
    return {
        "run_id": run.run_id,
        "method": found.method,
        "tokens": list(found.read.tokens),
        "words": list(found.read.words),
        "scores": found.scores.tolist(),
        "word_scores": found.word_scores.tolist(),
        "label": found.label,
        "against": found.against,
        "predicted": found.predicted.name,
        "is_answer": found.predicted.is_answer,
        "probabilities": dict(zip(found.label_names, found.probabilities.tolist(), strict=True)),
        "num_tokens_not_looked_at": found.read.num_cut,
        "num_windows": len(found.read.pieces),
        **_UNKNOWN,
        **({} if found.exactness is None else found.exactness.facts),
    }
