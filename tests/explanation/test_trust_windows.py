"""Tests that the trust meter judges all windows of a long text, as the deployed model answers."""

import numpy as np
import pytest
import torch

from tests.explanation.conftest import LABELS, balance
from textcls_core.explanation.attention import attention_of
from textcls_core.explanation.attribution import Question
from textcls_core.explanation.attributions import attribute_many
from textcls_core.explanation.faithfulness import SHARES, faithfulness, words_in_order
from textcls_core.explanation.judged import MAX_JUDGED, judged_part
from textcls_core.explanation.methods import JUDGED
from textcls_core.explanation.rollout import attention_rollout, classified_tokens, mean_attention
from textcls_core.explanation.trust import Subjects, measure_trust, rank_words
from textcls_core.explanation.trust_report import NUM_EVALUATIONS
from textcls_core.explanation.words import read_text, read_whole
from textcls_core.models.classifier import Classifier, Design
from textcls_core.models.tokens import Reading

LENGTH = 16
TEXT = "the old horse was here and a small cow came in, snow and wind all day: bread, cat or sheep?"
DECISIVE = "cat"
"""Stands behind the first window."""
ATTENTION = ("attention_mean", "attention_rollout", "attention_gradient_rollout")


@pytest.fixture(scope="module", params=["bert", "gpt2"])
def folder(request, tiny_models, tmp_path_factory):
    """Folder of a saved classifier that reads up to four windows."""
    design = Design(long_documents="windows", max_windows=4)
    model = tiny_models[request.param]
    classifier = Classifier.from_pretrained(model, LABELS, max_length=LENGTH, design=design)
    folder = tmp_path_factory.mktemp("judged") / request.param
    classifier.save(folder)
    return folder


@pytest.fixture(scope="module")
def subjects(folder):
    return Subjects.load(folder)


@pytest.fixture(scope="module")
def decided(folder):
    """The same trained so that one word alone decides, however many windows are without it."""
    subjects = Subjects.load(folder)
    _train_on_one_word(subjects.trained)
    balance(subjects.trained, TEXT.replace(DECISIVE, ""))
    return subjects


def _train_on_one_word(classifier):
    """Teach a model that texts with the word are of the first class, and no others."""
    others = [word.strip(",:?") for word in TEXT.split() if DECISIVE not in word]
    generator = np.random.default_rng(0)
    model = classifier.model.requires_grad_(requires_grad=True)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(100):
        words = generator.choice(others, (8, 8)).astype(object)
        words[range(4), generator.integers(0, 8, 4)] = DECISIVE
        texts = [" ".join(row) for row in words]
        batch = classifier.tokenizer(texts, return_tensors="pt", padding=True)
        labels = torch.tensor([0] * 4 + [1, 2] * 2)
        model(**batch, labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    model.requires_grad_(requires_grad=False)


def test_every_method_ranks_the_words_of_the_whole_text(subjects):
    read = read_whole(subjects.trained, TEXT)

    ranked = rank_words(subjects.trained, read, 1)

    assert list(ranked) == list(JUDGED)
    methods = ("gradient_x_input", "occlusion", "occlusion_token", "lime")
    questions = [
        Question(TEXT, method, "food", num_steps=NUM_EVALUATIONS if method == "lime" else None)
        for method in methods
    ]
    for method, found in zip(methods, attribute_many(subjects.trained, questions), strict=True):
        np.testing.assert_allclose(ranked[method], found.word_scores, atol=1e-4)


def test_attention_is_the_mean_over_all_windows(subjects):
    classifier = subjects.trained
    read = read_whole(classifier, TEXT)

    ranked = rank_words(classifier, read, 1)

    looked, followed = np.zeros((2, len(read.tokens)))
    for piece in read.pieces:
        found = attention_of(classifier, read.only(piece))
        start = classified_tokens(classifier, found.read, is_causal=found.is_causal)
        looked[piece] += mean_attention(found, start) / len(read.pieces)
        followed[piece] += attention_rollout(found, start) / len(read.pieces)
    assert len(read.pieces) > 1
    np.testing.assert_allclose(ranked["attention_mean"], read.sum_by_word(looked), atol=1e-6)
    np.testing.assert_allclose(ranked["attention_rollout"], read.sum_by_word(followed), atol=1e-6)
    assert ranked["attention_rollout"].sum() == pytest.approx(1, abs=1e-5)


def test_a_text_of_one_window_is_judged_as_ever(subjects):
    classifier = subjects.trained
    text = "the old cat was here"
    once = read_text(classifier, text)

    ranked = rank_words(classifier, read_whole(classifier, text), 1)

    found = attention_of(classifier, once)
    start = classified_tokens(classifier, once, is_causal=found.is_causal)
    expected = once.sum_by_word(mean_attention(found, start))
    np.testing.assert_allclose(ranked["attention_mean"], expected, atol=1e-9)
    at_once = rank_words(classifier, once, 1)
    for method in JUDGED:
        np.testing.assert_array_equal(ranked[method], at_once[method])


def test_what_is_lost_is_lost_by_the_deployed_answer(subjects, folder):
    read = read_whole(subjects.trained, TEXT)
    scores = -np.arange(len(read.words), dtype=float)

    [found] = faithfulness(subjects.trained, read, [scores], label_id=0)

    deployed = Classifier.load(folder)
    order = words_in_order(read, scores)
    texts = [TEXT]
    for share in SHARES:  # the first words of the text are taken out
        _, end = read.spans[order[max(int(np.ceil(share * len(order))), 1) - 1]]
        texts += [TEXT[end:], TEXT[:end]]
    whole, *rest = deployed.predict_probabilities(texts)[:, 0]
    np.testing.assert_allclose(found.taken_out, whole - np.array(rest[::2]), atol=1e-3)
    np.testing.assert_allclose(found.kept, whole - np.array(rest[1::2]), atol=1e-3)


def test_a_word_beyond_the_first_window_that_decides_is_found(decided):
    classifier = decided.trained
    read = read_whole(classifier, TEXT)
    place = read.words.index(DECISIVE)

    ranked = rank_words(classifier, read, 0)
    report = measure_trust(decided, [TEXT])

    assert DECISIVE not in read_text(classifier, TEXT).words
    assert int(classifier.predict_logits([TEXT])[0].argmax()) == 0
    ordinary = np.flatnonzero(~np.array(read.special(by_token=False)))
    methods = ("integrated_gradients", "occlusion", "lime", "shap_partition")
    first = {method: ordinary[ranked[method][ordinary].argmax()] for method in methods}
    assert first == dict.fromkeys(methods, place)
    [judged] = [found for found in report.judgements if found.method == "occlusion"]
    whole, without = classifier.predict_probabilities([TEXT, TEXT.replace(f"{DECISIVE} ", "")])[
        :, 0
    ]
    assert judged.taken_out[0] == pytest.approx(whole - without, abs=1e-3)
    assert judged.taken_out[0] > 0.1
    assert judged.score > report.random_score


@pytest.mark.parametrize(
    ("reading", "most"),
    [
        (Reading(128, "windows", 8), (128, 8)),
        (Reading(256, "windows", 64), (256, MAX_JUDGED // 256)),
        (Reading(512, "windows", 8), (512, 4)),
        (Reading(1_024, "windows", 8), (512, 1)),
        (Reading(2_048, "head_tail", 8), (512, 1)),
    ],
)
def test_what_is_judged_is_bounded(reading, most):
    found = judged_part(reading)

    assert (found.max_length, found.max_windows) == most
    assert found.long_documents == reading.long_documents


def test_more_windows_than_are_judged_are_left_out(folder, monkeypatch):
    monkeypatch.setattr("textcls_core.explanation.judged.MAX_JUDGED", 2 * LENGTH)

    subjects = Subjects.load(folder)

    read = read_whole(subjects.trained, TEXT)
    assert len(read.windows) == 2
    assert read.num_cut > 0
    assert measure_trust(subjects, [TEXT]).num_texts == 1
