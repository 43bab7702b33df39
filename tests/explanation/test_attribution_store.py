"""Tests of attributions on disk: computed once, made again when damaged, bounded in number."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from textcls_core.errors import InvalidArgumentError
from textcls_core.explanation import score
from textcls_core.explanation.attribution import Attribution, Question
from textcls_core.explanation.attribution_store import AttributionStore, answer, answer_one
from textcls_core.explanation.attributions import attribute, attribute_many
from textcls_core.explanation.methods import METHODS
from textcls_core.workspace import APP_DIR

TEXT = "The old horse wasn't here, was it?"
QUESTION = Question(TEXT, "occlusion")
WITHOUT_TORCH = """
import sys
import textcls_core.explanation.attribution_store, textcls_core.explanation.trust_job
print("torch" in sys.modules)
"""


@pytest.fixture
def store(workspace, saved):
    return AttributionStore.open(workspace, saved["bert"], "1")


@pytest.fixture
def classifier(attributable):
    return attributable["bert"]


def refuse():
    raise AssertionError("the model was loaded")


def same(one, other):
    return one.to_json() == other.to_json()


@pytest.mark.parametrize("method", METHODS)
def test_attribution_is_read_back_as_it_was(classifier, method):
    made = attribute(classifier, TEXT, method, label="food", against="animals")

    found = Attribution.from_json(json.loads(json.dumps(made.to_json())))

    assert same(found, made)
    np.testing.assert_array_equal(found.word_scores, made.word_scores)
    assert type(found.exactness) is type(made.exactness)
    assert found.exactness is None or found.exactness.sentence == made.exactness.sentence


def test_answer_is_computed_once(store, classifier):
    [made] = answer(store, [QUESTION], lambda: classifier)

    [found] = answer(store, [QUESTION], refuse)

    assert same(found, made)


def test_the_predicted_class_and_its_name_are_one_question(store, classifier):
    [made] = answer(store, [QUESTION], lambda: classifier)

    [found] = answer(store, [replace(QUESTION, label=made.predicted.name)], refuse)

    assert same(found, made)


@pytest.mark.parametrize(
    "other",
    [
        replace(QUESTION, text=TEXT + " "),
        replace(QUESTION, method="lime"),
        replace(QUESTION, against="food", label="animals"),
        replace(QUESTION, num_steps=3),
    ],
)
def test_other_questions_have_other_answers(store, classifier, other):
    list(answer(store, [QUESTION], lambda: classifier))

    assert store.find(other) is None


def test_another_model_has_other_answers(store, classifier, workspace, saved):
    list(answer(store, [QUESTION], lambda: classifier))

    assert AttributionStore.open(workspace, saved["bert"], "2").find(QUESTION) is None
    assert AttributionStore.open(workspace, saved["gpt2"], "1").find(QUESTION) is None


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"read": null}', "\x00\x01"])
def test_damaged_file_is_computed_again(store, classifier, content):
    [made] = answer(store, [QUESTION], lambda: classifier)
    for file in store.folder.iterdir():
        file.write_text(content)

    [again] = answer(store, [QUESTION], lambda: classifier)

    assert same(again, made)
    assert same(store.find(QUESTION), made)


def test_scores_that_do_not_fit_the_tokens_are_damage(store, classifier):
    [made] = answer(store, [QUESTION], lambda: classifier)
    for file in store.folder.iterdir():
        file.write_text(json.dumps({**made.to_json(), "scores": [0.5]}))

    assert store.find(QUESTION) is None


def test_what_was_used_last_is_kept(store, classifier):
    small = replace(store, max_files=4)  # two names for each text
    first, second, third = (Question(text, "gradient_x_input") for text in ("cat", "dog", "cow"))
    list(answer(small, [first], lambda: classifier))
    list(answer(small, [second], lambda: classifier))
    small.find(first)
    small.find(replace(first, label=small.find(first).label))

    list(answer(small, [third], lambda: classifier))

    assert len(list(small.folder.iterdir())) == 4
    assert small.find(first) is not None
    assert small.find(second) is None


def test_writers_at_the_same_time_leave_whole_files(store, classifier):
    made = attribute(classifier, TEXT, "occlusion")
    small = replace(store, max_files=3)

    def write(number):
        small.keep(Question(str(number % 5), "occlusion"), made)
        return small.find(Question(str(number % 5), "occlusion"))

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(write, range(60)))

    assert all(one is None or same(one, made) for one in found)
    assert len(list(small.folder.iterdir())) <= 3 + 8


def test_a_disk_that_refuses_costs_nothing_but_time(store, classifier):
    store.folder.parent.mkdir(parents=True, exist_ok=True)
    store.folder.write_text("not a folder")

    [found] = answer(store, [QUESTION], lambda: classifier)

    assert found.read.text == TEXT


def test_answers_come_in_order_with_progress(store, classifier):
    questions = [Question(f"the {noun}", "occlusion") for noun in ("cat", "dog", "cow")] * 7
    told = []

    found = list(answer(store, questions, lambda: classifier, progress=lambda *a: told.append(a)))

    assert [one.read.text for one in found] == [question.text for question in questions]
    assert [done for done, _, _ in told] == [0, 16]
    assert {total for _, total, _ in told} == {21}


def test_one_answer_tells_how_many_shortened_texts_are_read(store, classifier, monkeypatch):
    monkeypatch.setattr(score, "MAX_TOKENS_PER_BATCH", 40)
    told = []

    made = answer_one(store, QUESTION, lambda: classifier, progress=lambda *a: told.append(a))

    num_words = sum(not name.startswith("[") for name in made.read.words)
    assert [done for done, _, _ in told] == sorted({done for done, _, _ in told})
    assert told[0] == (0, num_words + 1, "Asking the model about shortened texts")
    assert len(told) > 1
    told.clear()
    known = answer_one(store, QUESTION, refuse, progress=lambda *a: told.append(a))
    assert same(known, made)
    assert not told


def test_an_answer_can_be_stopped_and_nothing_is_kept(store, classifier):
    def stop(_done, _total, _message):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        answer_one(store, QUESTION, lambda: classifier, progress=stop)

    assert store.find(QUESTION) is None


def test_an_unknown_class_is_refused(store, classifier):
    with pytest.raises(InvalidArgumentError, match='"fod" is not a class of this run'):
        list(answer(store, [replace(QUESTION, label="fod")], lambda: classifier))


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "gpt2"])
def test_many_texts_are_explained_like_one_by_one(attributable, family):
    texts = ["the old cat", TEXT, "soup", "this came in the morning and we all looked at it"]
    questions = [Question(text, method) for text in texts for method in METHODS]

    together = attribute_many(attributable[family], questions)

    for question, found in zip(questions, together, strict=True):
        alone = attribute(attributable[family], question.text, question.method)
        assert (found.method, found.label) == (question.method, alone.label)
        np.testing.assert_allclose(found.scores, alone.scores, atol=1e-4)


def test_what_is_on_disk_is_read_without_torch():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_TORCH], cwd=APP_DIR, capture_output=True, text=True
    )

    assert done.stdout.split() == ["False"], done.stderr
