"""Tests of the job of driving words: it finds planted words, goes on where it was, works once."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.by_task import predictions_of
from textcls_core.evaluation.multi_label import MultiLabelPredictions
from textcls_core.explanation import attributions, driving_words_job
from textcls_core.explanation.attributions import attribute
from textcls_core.explanation.driving_questions import Choice, Question, questions_of
from textcls_core.explanation.driving_words import chosen_answers, driving_words
from textcls_core.explanation.driving_words_job import (
    ENTRY,
    WORD_METHODS,
    ensure_answers,
    read_answers,
    run_job,
    word_arguments,
)
from textcls_core.jobs.progress import JobCancelledError
from textcls_core.models.classifier import Classifier, Design
from textcls_core.workspace import Workspace

PLANTED = {"animals": "cat", "food": "soup"}
NEUTRAL = ["the", "old", "a", "small", "this", "was", "here", "came", "in", "morning", "and", "we"]


@pytest.fixture
def arguments(workspace, toy_dataset, saved):
    """Questions about 25 rows, which are two parts."""
    row_ids = toy_dataset.row_ids()[:25]
    questions = [Question(row_id, "food", None) for row_id in row_ids]
    return word_arguments(
        saved["bert"], "1", toy_dataset.fingerprint, "gradient_x_input", questions
    )


def cancel_after(count):
    def progress(done, _total, _message):
        if done >= count:
            raise JobCancelledError

    return progress


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "gpt2"])
def test_answers_are_those_of_the_attributions_view(
    workspace, toy_dataset, saved, attributable, family
):
    question = Question(toy_dataset.row_ids()[0], "food", "animals")
    arguments = word_arguments(saved[family], "1", toy_dataset.fingerprint, "occlusion", [question])

    (answer,) = ensure_answers(workspace, arguments)

    text = toy_dataset.texts()[0]
    found = attribute(attributable[family], text, "occlusion", label="food", against="animals")
    ordinary = ~np.array(found.read.special(by_token=False))
    assert answer.words == tuple(np.array(found.read.words)[ordinary])
    np.testing.assert_allclose(answer.scores, found.word_scores[ordinary], atol=1e-6)


def test_a_measurement_is_made_once(workspace, arguments, monkeypatch):
    assert read_answers(workspace, arguments) is None
    made = ensure_answers(workspace, arguments)
    monkeypatch.delattr(attributions, "attribute")

    again = ensure_answers(workspace, arguments)

    assert [one.question for one in again] == [one.question for one in made]
    np.testing.assert_array_equal(again[-1].scores, made[-1].scores)


def test_a_cancelled_measurement_goes_on_where_it_was(workspace, arguments, monkeypatch):
    with pytest.raises(JobCancelledError):
        run_job(workspace, arguments, cancel_after(22))
    asked = []
    original = driving_words_job._Asker.__call__
    monkeypatch.setattr(
        driving_words_job._Asker,
        "__call__",
        lambda self, question: asked.append(question) or original(self, question),
    )

    run_job(workspace, arguments, lambda *_: None)

    assert len(asked) == 5
    assert len(read_answers(workspace, arguments)) == 25
    assert f"{run_job.__module__}:{run_job.__name__}" == ENTRY


def test_a_damaged_part_is_made_again(workspace, arguments):
    made = ensure_answers(workspace, arguments)
    file = next((workspace.cache_dir / "words").glob("*/*.parquet"))
    file.write_bytes(b"PAR1 not quite")

    assert read_answers(workspace, arguments) is None
    assert len(ensure_answers(workspace, arguments)) == len(made)


@pytest.mark.parametrize("change", [{"version": "2"}, {"method": "occlusion"}])
def test_another_model_or_method_has_other_answers(workspace, arguments, change):
    ensure_answers(workspace, arguments)

    assert read_answers(workspace, {**arguments, **change}) is None


def test_a_method_that_does_not_judge_words_is_refused(arguments, saved):
    with pytest.raises(InvalidArgumentError, match=r"judges word by word .*occlusion_sentence"):
        word_arguments(saved["bert"], "1", "", "occlusion_sentence", [])


@pytest.fixture(scope="module")
def planted(workspace_template, tiny_model_dir, tmp_path_factory):
    """Workspace, model and predictions of texts in which one word alone decides the class."""
    root = tmp_path_factory.mktemp("planted")
    workspace = Workspace(shutil.copytree(workspace_template.root, root / "workspace"))
    generator = np.random.default_rng(0)
    labels = [list(PLANTED)[number % 2] for number in range(160)]
    texts = []
    for label in labels:
        words = generator.choice(NEUTRAL, 6).tolist()
        words.insert(int(generator.integers(0, 7)), PLANTED[label])
        texts.append(" ".join(words))
    dataset = build_dataset(Rows(texts, labels, ["train"] * 120 + ["test"] * 40, extra={}))
    info = DatasetStore.open(workspace).save(dataset, "planted", "made for this test")
    classifier = Classifier.from_pretrained(tiny_model_dir, dataset.label_names, max_length=32)
    train_rows = dataset.indices("train")
    train(classifier, dataset.texts(train_rows), torch.from_numpy(dataset.targets[train_rows]))
    classifier.save(root / "model")
    rows = dataset.indices("test")
    probabilities = classifier.predict_probabilities(dataset.texts(rows))
    predictions = predictions_of(
        tuple(dataset.row_ids(rows)), dataset.targets[rows], probabilities, dataset.label_names
    )
    return workspace, root / "model", info.fingerprint, predictions


def train(classifier, texts, targets, loss_of=cross_entropy):
    """Teach a classifier some texts in fifteen passes."""
    tokens = classifier.tokenize(texts)
    optimizer = torch.optim.Adam(classifier.model.parameters(), lr=3e-3)
    for _ in range(15):
        for start in range(0, len(texts), 30):
            batch = np.arange(start, min(start + 30, len(texts)))
            loss = loss_of(classifier.logits(tokens, batch, "cpu"), targets[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    classifier.model.eval()


def driving(answers, label):
    return driving_words(chosen_answers(answers, Choice(label)))


def test_words_of_a_confusion_are_asked_of_its_rows_alone(planted):
    workspace, model_dir, fingerprint, predictions = planted
    renamed = np.full_like(predictions.true_label_ids, predictions.label_names.index("food"))
    predictions = replace(predictions, true_label_ids=renamed)
    choice = Choice("animals", "food")
    questions = questions_of(predictions, "mistakes", 12, choice=choice)

    answers = ensure_answers(
        workspace, word_arguments(model_dir, "1", fingerprint, "occlusion", questions)
    )

    assert len(answers) == 12
    assert all(choice.takes(answer.question) for answer in answers)
    assert driving_words(answers).words[0].word == PLANTED["animals"]


@pytest.mark.parametrize("method", WORD_METHODS)
def test_a_planted_word_drives_its_class(planted, method):
    workspace, model_dir, fingerprint, predictions = planted
    questions = questions_of(predictions, "classes")

    answers = ensure_answers(
        workspace, word_arguments(model_dir, "1", fingerprint, method, questions)
    )

    assert (predictions.predicted_label_ids == predictions.true_label_ids).mean() >= 0.95
    first = {label: driving(answers, label).words[0] for label in PLANTED}
    assert {label: word.word for label, word in first.items()} == PLANTED
    assert all(word.low > 0 for word in first.values())


def test_a_planted_word_drives_the_mistakes(planted):
    """Rows of the one class that were renamed to the other are mistakes for the planted word."""
    workspace, model_dir, fingerprint, predictions = planted
    renamed = np.full_like(predictions.true_label_ids, predictions.label_names.index("food"))
    predictions = replace(predictions, true_label_ids=renamed)
    questions = questions_of(predictions, "mistakes")

    answers = ensure_answers(
        workspace, word_arguments(model_dir, "1", fingerprint, "gradient_x_input", questions)
    )

    assert driving(answers, "animals").words[0].word == PLANTED["animals"]
    assert {answer.question.against for answer in answers} == {"food"}


@pytest.fixture(scope="module")
def missing_food(planted, tiny_model_dir):
    """A model of label sets to which a text is food unless it has the word of animals."""
    workspace, model_dir, fingerprint, predictions = planted
    dataset = DatasetStore.open(workspace).load(fingerprint)
    rows = dataset.indices("train")
    texts = [text.replace(PLANTED["food"], NEUTRAL[0]) for text in dataset.texts(rows)]
    targets = torch.eye(2)[torch.from_numpy(dataset.targets[rows])]
    names, design = predictions.label_names, Design(task="multi_label")
    classifier = Classifier.from_pretrained(tiny_model_dir, names, max_length=32, design=design)
    train(classifier, texts, targets, binary_cross_entropy_with_logits)
    classifier.save(model_dir.with_name("labels"))
    return model_dir.with_name("labels")


@pytest.mark.parametrize("method", WORD_METHODS)
def test_the_word_that_drives_a_label_away_is_found_where_it_was_missed(
    planted, missing_food, method
):
    workspace, _, fingerprint, predictions = planted
    given = np.eye(2, dtype=bool)[predictions.predicted_label_ids]
    targets = given | (np.array(predictions.label_names) == "food")
    label_sets = MultiLabelPredictions(
        predictions.row_ids, targets, np.where(given, 0.9, 0.1), predictions.label_names
    )
    questions = questions_of(label_sets, "missed")

    answers = ensure_answers(
        workspace, word_arguments(missing_food, "1", fingerprint, method, questions)
    )

    first = driving_words(answers, lowers=True).words[0]
    assert {question.label for question in questions} == {"food"}
    assert first.word == PLANTED["animals"]
    assert first.high < 0
