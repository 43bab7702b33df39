"""Answers about driving words on disk, for the Words view."""

import json

import numpy as np

from textcls_core.explanation.driving_questions import EVERYTHING, NUM_ROWS, questions_of
from textcls_core.explanation.driving_words import Answer
from textcls_core.explanation.driving_words_job import _parts, _write, word_arguments

METHOD = "gradient_x_input"


def arguments_of(run, about, choice=EVERYTHING, num_rows=NUM_ROWS):
    """Return what identifies the measurement of the test split."""
    questions = questions_of(run.predictions("test"), about, num_rows, choice=choice)
    fingerprint = run.config.dataset_fingerprint
    return word_arguments(run.require_model(), run.decision_key, fingerprint, METHOD, questions)


def usual_score(word, place):
    """Return about 2 for "the", a little less than nothing for "old", and else anything."""
    certain = {"the": 2 + 0.01 * place, "old": -0.1}
    return certain.get(word, 0.5 if place % 2 else -0.3)


def write_answers(workspace, run, dataset, about, score=usual_score, **sample):
    """Write the answers of a measurement.

    Args:
        workspace: Where they are kept.
        run: That is asked.
        dataset: Of the run.
        about: What it is asked.
        score: Number of a word, given its text and the place of its question.
        sample: See `arguments_of`.
    """
    for part, file in _parts(workspace, arguments_of(run, about, **sample)):
        answers = []
        for place, question in enumerate(part):
            words = dataset.texts(dataset.positions([question.row_id]))[0].split()
            scores = np.array([score(word, place) for word in words], dtype=float)
            answers.append(Answer(question, tuple(words), scores))
        file.parent.mkdir(parents=True, exist_ok=True)
        _write(answers, file)


def open_words(open_page, **parameters):
    """Open the Words view."""
    return open_page("explanation", panel="Words", drive_method=METHOD, **parameters)


def drawn(app):
    """Return what the component draws."""
    return json.loads(app.get("bidi_component")[0].proto.json)
