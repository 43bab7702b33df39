"""The background job of driving words; see `textcls_core.jobs`. torch is imported when it works.

Its answers lie in `cache/words/`, in parts of a few rows each that are named by what they depend
on. So a job that was cancelled or killed goes on where it was, and a larger sample begins with what
a smaller one knows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import InvalidArgumentError
from textcls_core.explanation.driving_questions import Question
from textcls_core.explanation.driving_words import Answer
from textcls_core.explanation.methods import TITLES, Method
from textcls_core.files import digest_of, temporary_sibling
from textcls_core.jobs.progress import Report, ignore
from textcls_core.workspace import Workspace

ENTRY = "textcls_core.explanation.driving_words_job:run_job"
WORD_METHODS: tuple[Method, ...] = ("integrated_gradients", "gradient_x_input", "occlusion")
"""Methods that give every word a number of its own."""
_PART = 20
"""Questions whose answers are kept together: what a killed job loses at most."""
_RECIPE = 5
"""Raised when the numbers change, so that older ones are made again."""
_MESSAGE = "Asking which words speak for the answer, row by row"


def word_arguments(
    model_dir: Path, version: str, fingerprint: str, method: Method, questions: Sequence[Question]
) -> dict[str, Any]:
    """Return what identifies a measurement.

    Args:
        model_dir: Folder of the model.
        version: Changes when the model does, or its temperature: `Run.decision_key`.
        fingerprint: The data set version.
        method: One of `WORD_METHODS`.
        questions: What is asked; see `questions_of`.

    Raises:
        InvalidArgumentError: If the method gives no number for every word.
    """
    if method not in WORD_METHODS:
        known = ", ".join(WORD_METHODS)
        raise InvalidArgumentError(
            f'Expected a method that judges word by word ({known}), got "{method[:40]}".'
        )
    return {
        "model_dir": str(model_dir),
        "version": version,
        "fingerprint": fingerprint,
        "method": method,
        "questions": [list(astuple(question)) for question in questions],
    }


def run_job(workspace: Workspace, arguments: dict[str, Any], progress: Report) -> None:
    """Measure; see `word_arguments`."""
    ensure_answers(workspace, arguments, progress)


def read_answers(workspace: Workspace, arguments: dict[str, Any]) -> list[Answer] | None:
    """Return the answers of a measurement; None if some are missing."""
    found: list[Answer] = []
    for part, file in _parts(workspace, arguments):
        known = _read(part, file)
        if known is None:
            return None
        found += known
    return found


def ensure_answers(
    workspace: Workspace, arguments: dict[str, Any], progress: Report = ignore
) -> list[Answer]:
    """Return the answers of a measurement; those made before come from disk.

    Raises:
        NotFoundError: If the data set is gone.
        ModelError: If the model is missing.
    """
    total, answers = len(arguments["questions"]), list[Answer]()
    ask = None
    for part, file in _parts(workspace, arguments):
        progress(len(answers), total, _MESSAGE)
        known = _read(part, file)
        if known is None:
            ask = ask or _Asker(workspace, arguments)
            known = []
            for question in part:
                progress(len(answers) + len(known), total, _MESSAGE)
                known.append(ask(question))
            _write(known, file)
        answers += known
    progress(total, total, _MESSAGE)
    return answers


class _Asker:
    """A loaded model that answers questions about rows of a data set."""

    def __init__(self, workspace: Workspace, arguments: dict[str, Any]) -> None:
        from textcls_core.explanation.attributions import load_attributable

        self._dataset = DatasetStore.open(workspace).load(str(arguments["fingerprint"]))
        self._classifier = load_attributable(Path(arguments["model_dir"]))
        self._method: Method = next(name for name in TITLES if name == arguments["method"])

    def __call__(self, question: Question) -> Answer:
        """Return what each word of a row adds; a row without a word adds nothing."""
        from textcls_core.explanation.attributions import attribute

        text = self._dataset.texts(self._dataset.positions([question.row_id]))[0]
        if not text.strip():
            return Answer(question, (), np.zeros(0))
        found = attribute(
            self._classifier, text, self._method, label=question.label, against=question.against
        )
        kept = ~np.array(found.read.special(by_token=False), dtype=bool)
        words = tuple(found.read.words[place] for place in np.flatnonzero(kept))
        return Answer(question, words, found.word_scores[kept])


def _parts(
    workspace: Workspace, arguments: dict[str, Any]
) -> Iterator[tuple[list[Question], Path]]:
    """Return the questions in parts, with the file of each part's answers."""
    shared = {name: value for name, value in arguments.items() if name != "questions"}
    folder = workspace.cache_dir / "words" / digest_of([_RECIPE, shared])
    questions = [Question(*given) for given in arguments["questions"]]
    for start in range(0, len(questions), _PART):
        part = questions[start : start + _PART]
        yield part, folder / f"{digest_of([astuple(question) for question in part])}.parquet"


def _write(answers: Sequence[Answer], file: Path) -> None:
    table = pa.table(
        {
            "words": pa.array([answer.words for answer in answers], pa.list_(pa.string())),
            "scores": pa.array([answer.scores for answer in answers], pa.list_(pa.float64())),
        }
    )
    with temporary_sibling(file) as temporary:
        pq.write_table(table, temporary)
        temporary.replace(file)


def _read(part: Sequence[Question], file: Path) -> list[Answer] | None:
    """Return what `_write` wrote; None if it is not there or damaged: it is made again."""
    try:
        table = pq.read_table(file)
        words, scores = (table[name].to_pylist() for name in ("words", "scores"))
        return [
            Answer(question, tuple(own), np.array(numbers, dtype=np.float64))
            for question, own, numbers in zip(part, words, scores, strict=True)
        ]
    except (OSError, KeyError, ValueError, pa.ArrowInvalid):
        return None
