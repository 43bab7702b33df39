"""Tests of flips: they flip, no word of them is superfluous, and brute force finds none smaller."""

import itertools
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.explanation.conftest import LABELS, balance
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.decision import Decision
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.explanation.attributions import load_attributable
from textcls_core.explanation.edits import edit_text
from textcls_core.explanation.flip import find_flip
from textcls_core.explanation.flip_goal import Goal
from textcls_core.explanation.flip_result import MAX_EVALUATIONS, FlipQuestion
from textcls_core.explanation.swaps import PER_WORD, Swapper
from textcls_core.explanation.vocabulary import Vocabulary, nearest_words
from textcls_core.explanation.words import read_text
from textcls_core.models.classifier import Classifier, Design

FAMILIES = ["bert", "distilbert", "roberta", "gpt2"]
TEXT = "The old horse came in the rain, and we all looked at the bread"
WORDS = ["cat", "dog", "horse", "bread", "soup", "rain", "snow", "the", "old", "and", "we", "was"]
TEXTS = st.lists(st.sampled_from(WORDS), min_size=2, max_size=8).map(" ".join)


@pytest.fixture(scope="module")
def balanced(saved):
    """Classifiers whose classes are equally likely on a text, so that edits matter, by family."""
    classifiers = {family: load_attributable(folder) for family, folder in saved.items()}
    for classifier in classifiers.values():
        balance(classifier, "the old was here")
    return classifiers


def search(classifier, text, label=None, *, vocabulary=None, **asked):
    return find_flip(classifier, FlipQuestion(text, label, **asked), vocabulary=vocabulary)


def answer(classifier, text):
    rows = classifier.predict_probabilities([text])
    return classifier.decision.rule.decide(rows, classifier.design.task).chosen[0].tolist()


def fewest_drops(classifier, text, most):
    """Return by brute force how many words must be left out, None if more than `most`."""
    read = read_text(classifier, text)
    words = [at for at, special in enumerate(read.special(by_token=False)) if not special]
    for size in range(1, min(most, len(words) - 1) + 1):
        sets = list(itertools.combinations(words, size))
        texts = [edit_text(read.text, read.spans, dict.fromkeys(some, "")) for some in sets]
        rows = classifier.predict_probabilities(texts)
        if (rows.argmax(1) != classifier.predict_probabilities([text])[0].argmax()).any():
            return size
    return None


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS, way=st.sampled_from(["drop", "swap", "both"]), family=st.sampled_from(FAMILIES))
def test_a_flip_flips_and_needs_each_of_its_words(balanced, text, way, family):
    classifier = balanced[family]

    flip = search(classifier, text, way=way).best

    if flip is not None:
        before = answer(classifier, text)
        assert answer(classifier, flip.text) != before
        read = read_text(classifier, text)
        for back in flip.edit if len(flip.edit) > 1 else ():
            less = {word: new for word, new in flip.edit.items() if word != back}
            assert answer(classifier, edit_text(read.text, read.spans, less)) == before


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS)
def test_no_smaller_set_of_words_flips_where_one_is_enough(balanced, text):
    classifier = balanced["bert"]
    expected = fewest_drops(classifier, text, most=3)

    found = search(classifier, text, way="drop")

    size = None if found.drops is None else len(found.drops.edit)
    assert (size == 1) == (expected == 1)
    assert size is None or expected is None or size >= expected
    assert found.num_single_drops == found.num_words


def test_the_class_asked_for_is_reached(balanced):
    classifier = balanced["bert"]
    before = LABELS[classifier.predict_probabilities([TEXT])[0].argmax()]

    flips = {label: search(classifier, TEXT, label).best for label in LABELS if label != before}

    assert {label: flip.labels for label, flip in flips.items() if flip} == {
        label: (label,) for label, flip in flips.items() if flip
    }
    assert any(flips.values())


@pytest.mark.parametrize("limit", [10, 25, 60])
def test_the_model_is_not_asked_more_often_than_allowed(balanced, monkeypatch, limit):
    asked = []
    ask = Classifier.predict_logits
    monkeypatch.setattr(
        Classifier,
        "predict_logits",
        lambda self, texts, *more: asked.append(len(texts)) or ask(self, texts, *more),
    )

    found = search(balanced["bert"], TEXT, way="both", max_evaluations=limit)

    assert sum(asked) - 1 == found.num_evaluations <= limit  # one is the text as it is


def test_a_search_says_how_far_it_is_and_can_be_stopped(balanced):
    told = []

    def stop_at_the_third(done, total, message):
        told.append((done, total, message))
        if len(told) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        find_flip(balanced["bert"], FlipQuestion(TEXT, way="swap"), progress=stop_at_the_third)

    assert [done for done, *_ in told] == [0, 32, 48]  # swaps are proposed 48 at a time
    assert told[-1][1:] == (600, "Asking the model about edited texts")


def test_too_few_evaluations_are_told(balanced):
    found = search(balanced["bert"], TEXT, way="drop", max_evaluations=10)

    assert found.best is None
    assert found.proof.startswith("Only 10 of 15 words were left out singly.")
    assert "does not prove that there is nothing" in found.proof


def test_one_word_is_proven_to_be_the_smallest(balanced):
    text = next(
        text
        for text in (" ".join(pair) for pair in itertools.permutations(WORDS, 3))
        if fewest_drops(balanced["bert"], text, most=1)
    )

    found = search(balanced["bert"], text)

    assert len(found.best.edit) == 1
    assert found.proof.startswith("One word is the smallest edit there is.")
    assert found.headline.startswith("Leaving out")


def test_swaps_bring_in_words_that_are_given(balanced):
    classifier = balanced["bert"]
    vocabulary = Vocabulary.of(classifier, ["snow", "cake", "catdog", "[CLS]", "x"])

    found = search(classifier, "old and we", way="swap", vocabulary=vocabulary)

    assert vocabulary.words == ("snow", "cake")
    assert found.drops is None
    assert set(found.swaps.edit.values()) <= {"snow", "cake"}


@pytest.mark.parametrize("family", FAMILIES)
def test_swaps_are_ranked_by_their_first_order_gain(balanced, family):
    classifier = balanced[family]
    read = read_text(classifier, "the old horse was here")
    probabilities = classifier.predict_probabilities([read.text])[0]
    goal = Goal.of(DecisionRule(), "single_label", probabilities, LABELS)
    vocabulary = Vocabulary.of(classifier)
    swapper = Swapper(classifier, read, goal, vocabulary)

    proposed = swapper.propose(read.text, {})

    gains = gains_by_hand(classifier, read, goal, vocabulary)
    places = [
        (word, vocabulary.words.index(new)) for edit in proposed for word, new in edit.items()
    ]
    ranked = [gains[place] for place in places]
    assert ranked == pytest.approx(sorted(ranked, reverse=True), abs=1e-6)
    best = max(gains[word].max() for word in range(len(read.words)) if read.words[word].isalpha())
    assert ranked[0] == pytest.approx(best, abs=1e-6)
    assert max(Counter(word for word, _ in places).values()) == PER_WORD
    embedding = classifier.model.get_input_embeddings()
    old = embedding(torch.from_numpy(read.input_ids)).detach()
    word, new = places[0]
    step = 1e-2  # a small way towards the new word moves the closeness by that share of the gain
    tokens = np.flatnonzero(read.word_of == word)
    moved = old.clone()
    moved[tokens] *= 1 - step
    moved[tokens[0]] += step * embedding.weight[vocabulary.ids[new]].detach()
    with torch.no_grad():
        logits = classifier.output({"inputs_embeds": torch.stack([old, moved])}).logits.numpy()
    before, after = logits.astype(float) @ goal.direction(logits[0].astype(float))
    assert (after - before) / step == pytest.approx(gains[places[0]], rel=0.1, abs=0.02)


def gains_by_hand(classifier, read, goal, vocabulary):
    """Return what each word of the vocabulary gains in each place, shape (W, V), all at once."""
    embedding = classifier.model.get_input_embeddings()
    inputs = embedding(torch.from_numpy(read.input_ids)[None]).detach().requires_grad_()
    logits = classifier.output({"inputs_embeds": inputs}).logits[0]
    direction = torch.from_numpy(goal.direction(logits.detach().double().numpy())).float()
    (slopes,) = torch.autograd.grad(logits @ direction, inputs)
    old = (slopes * inputs)[0].sum(-1).detach().numpy()
    words = range(len(read.words))
    there = np.array([old[read.word_of == word].sum() for word in words])
    firsts = [int(np.flatnonzero(read.word_of == word)[0]) for word in words]
    new = slopes[0][firsts] @ embedding.weight.detach()[vocabulary.ids].T
    return new.numpy() - there[:, None]


def test_a_kept_rule_decides_what_a_flip_is(balanced, tmp_path):
    balanced["bert"].save(tmp_path / "model")
    classifier = load_attributable(tmp_path / "model")
    classifier.decision = Decision(
        temperature=2.0, rule=DecisionRule(kind="thresholds", thresholds=(0.33, 0.334, 0.35))
    )
    balance(classifier, TEXT)

    found = search(classifier, TEXT, "food")

    assert found.labels == ("animals",)
    assert answer(classifier, found.best.text) == [False, True, False]


@pytest.mark.parametrize("pooling", ["head", "mean"])
def test_a_label_of_several_crosses_its_threshold(tiny_models, tmp_path, pooling):
    design = Design(task="multi_label", pooling=pooling)
    Classifier.from_pretrained(tiny_models["bert"], LABELS, max_length=64, design=design).save(
        tmp_path / "several"
    )
    classifier = load_attributable(tmp_path / "several")
    balance(classifier, TEXT)

    flips = {label: search(classifier, TEXT, label).best for label in LABELS}

    before = answer(classifier, TEXT)
    for place, label in enumerate(LABELS):
        assert flips[label] is not None
        assert answer(classifier, flips[label].text)[place] != before[place]


@pytest.mark.parametrize("text", ["horse", "!", "你好", "a\n b"])
def test_short_texts_have_few_edits_but_no_error(balanced, text):
    for family in FAMILIES:
        found = search(balanced[family], text)

        assert found.num_evaluations <= found.question.max_evaluations
        assert found.best is None or found.best.text.strip()


@pytest.mark.parametrize(
    ("settings_", "sentence"),
    [
        ({"way": "add"}, r'Expected a way \(both, drop, swap\), got "add"'),
        ({"max_evaluations": 1}, f"Expected 10 to {MAX_EVALUATIONS:,} evaluations, got 1."),
        ({"label": "fod"}, '"fod" is not a class of this run'),
    ],
)
def test_bad_arguments_are_refused(attributable, settings_, sentence):
    with pytest.raises(InvalidArgumentError, match=sentence):
        search(attributable["bert"], TEXT, **settings_)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_word_of_the_vocabulary_is_one_token_in_a_text(attributable, family):
    classifier = attributable[family]
    vocabulary = Vocabulary.of(classifier)

    tokens = classifier.tokenizer(
        [f" {word}" for word in vocabulary.words], add_special_tokens=False
    )

    assert len(vocabulary.words) > 10
    assert tokens["input_ids"] == [[token] for token in vocabulary.ids.tolist()]


def test_nearest_words_are_those_of_the_largest_cosine(attributable):
    classifier = attributable["bert"]
    vocabulary = Vocabulary.of(classifier)
    weight = classifier.model.get_input_embeddings().weight.detach()
    own = weight[classifier.tokenizer.convert_tokens_to_ids("horse")]
    cosines = torch.cosine_similarity(weight[vocabulary.ids], own[None]).numpy()

    near = nearest_words(classifier, vocabulary, "Horse", 5)

    expected = [vocabulary.words[place] for place in np.argsort(-cosines)]
    assert near == [word for word in expected if word != "horse"][:5]
