"""`flip`: the smallest edit of a text that gives it another answer."""

import pytest

from tests.pages.conftest import make_run, save_model
from tests.test_cli import answer, complaint, home  # noqa: F401 - a fixture
from textcls_core.cli.main import main


@pytest.fixture
def untrained(home, toy_dataset, tiny_model_dir):  # noqa: F811
    """A run whose model answers the same to most texts."""
    run = make_run(home, "toy", toy_dataset, {})
    save_model(run.model_dir, toy_dataset, tiny_model_dir)
    return run


@pytest.fixture
def run(untrained):
    """A run whose model is undecided about short texts."""
    from tests.explanation.conftest import balance
    from textcls_core.models.classifier import Classifier

    classifier = Classifier.load(untrained.model_dir)
    balance(classifier, "the old was here")
    classifier.save(untrained.model_dir)
    return untrained


def test_the_flip_is_what_predict_says(run, capsys):
    found = answer(capsys, "flip", run.run_id, "--text", "the old cat was here", "--way", "drop")

    best = found["best"]
    assert found["run_id"] == run.run_id
    assert [edit["replacement"] for edit in best["edits"]] == [None] * len(best["edits"])
    predicted = answer(capsys, "predict", run.run_id, "--text", best["text"])["predictions"][0]
    assert best["labels"] == predicted["labels"] != found["labels"]
    assert best["probabilities"] == pytest.approx(predicted["probabilities"], abs=1e-6)
    assert found["num_evaluations"] <= found["max_evaluations"] == 600


def test_a_person_reads_what_was_found_and_what_that_proves(run, capsys):
    code = main(["flip", run.run_id, "--text", "the old cat was here"])

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert "turns the answer from" in lines[0]
    assert "evaluations of the model" in lines[1]


def test_nothing_found_is_no_error(untrained, capsys):
    text = "the old horse came in the morning and we all looked at it"

    found = answer(capsys, "flip", untrained.run_id, "--text", text, "--evaluations", "10")

    assert found["best"] is None
    assert "does not prove that there is nothing" in found["proof"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--to", "sport"], '"sport" is not a class of this run. Known: "animals"'),
        (["--way", "add"], "Expected a way (both, drop, swap), got"),
        (["--evaluations", "1"], "Expected 10 to 20,000 evaluations, got 1."),
    ],
)
def test_bad_options_are_refused(run, capsys, arguments, sentence):
    assert sentence in complaint(capsys, "flip", run.run_id, "--text", "a cat", *arguments)


def test_an_empty_text_is_refused(run, capsys):
    assert "Expected a text, got nothing" in complaint(capsys, "flip", run.run_id, "--text", " ")
