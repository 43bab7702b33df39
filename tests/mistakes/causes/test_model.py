"""The model of a run, asked about parts of texts."""

import numpy as np
import pytest

from tests.mistakes.causes.cases import dataset_of, make_run
from tests.mistakes.causes.test_triage import ROWS
from textcls_core.errors import ModelError, RunStateError
from textcls_core.mistakes.causes.model import RunModel

LONG = "the old cat came in the morning and we all looked at it and the old dog was here"


@pytest.fixture
def load(workspace, tiny_model_dir):
    """Return a function that gives the model of a run with some settings."""

    def load_(**settings):
        from textcls_core.models.classifier import Classifier, Design

        run = make_run(workspace, dataset_of(ROWS), {}, **settings)
        design = Design(long_documents=run.config.long_documents, max_windows=2)
        length = run.config.max_length
        made = Classifier.from_pretrained(
            tiny_model_dir, ("ham", "spam"), max_length=length, design=design
        )
        made.save(run.model_dir)
        return RunModel.load(run)

    return load_


def test_read_and_unread_part_are_the_text(load):
    model = load(max_length=8)

    assert model.read_part(LONG) == "the old cat came in the"
    assert model.unread_part(LONG) == "morning and we all looked at it and the old dog was here"


def test_short_text_is_read_whole(load):
    model = load(max_length=32)

    assert model.read_part(LONG) == LONG
    assert model.unread_part(LONG) == ""


def test_beginning_and_end_are_read(load):
    model = load(max_length=8, long_documents="head_tail")

    assert model.read_part(LONG) == "the old cat\ndog was here"
    assert model.unread_part(LONG).startswith("came in")


def test_rest_changes_nothing_unless_the_text_is_read_whole(load):
    model = load(max_length=8)
    head = model.read_part(LONG)

    as_trained = model.probabilities([LONG, head])
    whole = model.whole_probabilities([LONG, head], 64)

    assert np.allclose(as_trained[0], as_trained[1], atol=1e-6)
    assert np.allclose(whole[1], as_trained[1], atol=1e-6)
    assert not np.allclose(whole[0], as_trained[0], atol=1e-6)


def test_words_after_the_last_window_change_nothing(load):
    model = load(max_length=8)
    tail = " ".join(["cow"] * 40)

    found = model.whole_probabilities([f"{LONG} {tail}", f"{LONG} {tail} dog dog"], 20)

    assert np.allclose(found[0], found[1], atol=1e-6)


def test_run_without_a_model_is_refused(workspace):
    run = make_run(workspace, dataset_of(ROWS), {})

    with pytest.raises(ModelError, match="model"):
        RunModel.load(run)


def test_unfinished_run_is_refused(workspace):
    run = make_run(workspace, dataset_of(ROWS), {})
    (run.folder / "finished.json").unlink()

    with pytest.raises(RunStateError, match="has no finished model"):
        RunModel.load(run)
