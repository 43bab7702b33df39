"""Tests that texts read in windows are explained as a whole, as the deployed model answers."""

import numpy as np
import pytest
import torch

from tests.explanation.conftest import LABELS, balance
from tests.explanation.test_attributions import captum_scores
from textcls_core.explanation.attribution import MAX_GAP, Attribution
from textcls_core.explanation.attributions import attribute, load_attributable
from textcls_core.explanation.edits import edit_text
from textcls_core.explanation.flip import find_flip
from textcls_core.explanation.flip_goal import Goal
from textcls_core.explanation.flip_result import FlipQuestion
from textcls_core.explanation.gradients import integrated_gradients
from textcls_core.explanation.methods import METHODS
from textcls_core.explanation.score import Score, logits_of
from textcls_core.explanation.swaps import Swapper
from textcls_core.explanation.vocabulary import Vocabulary
from textcls_core.explanation.words import read_text, read_whole
from textcls_core.models.classifier import Classifier, Design

FAMILIES = ["bert", "distilbert", "roberta", "gpt2"]
LENGTH = 16
TEXT = (
    "the old horse was here and a small cat came in, snow and wind all day: bread, soup or sheep?"
)
LONGER = f"{TEXT} {TEXT} {TEXT}"


@pytest.fixture(scope="module")
def folders(tiny_models, tmp_path_factory):
    """Folders of saved classifiers that read up to four windows, by family."""
    root = tmp_path_factory.mktemp("windows")
    design = Design(long_documents="windows", max_windows=4)
    for family, model in tiny_models.items():
        classifier = Classifier.from_pretrained(model, LABELS, max_length=LENGTH, design=design)
        classifier.save(root / family)
    return root


@pytest.fixture(scope="module", params=FAMILIES)
def windowed(request, folders):
    """A classifier that reads windows, ready for attributions, and the deployed one."""
    folder = folders / request.param
    return load_attributable(folder), Classifier.load(folder)


@pytest.fixture(scope="module")
def bert(folders):
    """The same of one family."""
    return load_attributable(folders / "bert")


@pytest.mark.parametrize("text", [TEXT, LONGER, "a cat"])
def test_windows_are_those_of_the_deployed_model(windowed, text):
    classifier, deployed = windowed

    read = read_whole(classifier, text)

    expected, _ = deployed.tokenize([text]).sequences([0])
    pieces = [read.input_ids[piece] for piece in read.pieces]
    assert [ids.tolist() for ids in pieces] == [ids.tolist() for ids in expected]
    whole = classifier.tokenizer(text)["input_ids"]
    assert len(read.tokens) + read.num_cut == len(whole)


def test_each_token_and_word_is_there_once(windowed):
    read = read_whole(windowed[0], TEXT)

    spans = [span for span in read.spans if span[0] < span[1]]
    assert read.num_cut == 0
    assert spans == sorted(set(spans))
    assert "".join(TEXT[start:end] for start, end in spans) == TEXT.replace(" ", "")
    assert read.input_ids.tolist() == windowed[0].tokenizer(TEXT)["input_ids"]


def test_a_window_is_a_text_of_its_own(bert):
    read = read_whole(bert, TEXT)

    second = read.only(read.pieces[1])

    assert second.windows == ()
    assert len(second.tokens) == LENGTH
    assert second.special(by_token=False).count(True) == 2
    assert all(
        TEXT[start:end] == word
        for word, (start, end) in zip(second.words, second.spans, strict=True)
        if start < end
    )


def test_a_text_of_one_window_is_read_as_ever(windowed):
    classifier, _ = windowed

    whole, once = read_whole(classifier, "a cat"), read_text(classifier, "a cat")

    assert whole.to_json() == once.to_json()
    assert whole.windows == ()


@pytest.mark.parametrize("text", [TEXT, LONGER])
def test_the_answer_is_the_mean_of_the_deployed_model(windowed, text):
    classifier, deployed = windowed

    [logits] = logits_of(classifier, [read_whole(classifier, text).input_ids])

    np.testing.assert_allclose(logits, deployed.predict_logits([text])[0], atol=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_explains_the_deployed_answer(windowed, method):
    classifier, deployed = windowed

    found = attribute(classifier, TEXT, method, num_steps=8 if method == "lime" else None)

    expected = deployed.predict_probabilities([TEXT])[0]
    np.testing.assert_allclose(found.probabilities, expected, atol=1e-4)
    assert found.scores.shape == found.read.input_ids.shape
    assert len(found.read.windows) > 1


def baseline_logits(classifier, text):
    """Return the mean logits of the windows of a text in which all tokens are padding."""
    read = read_whole(classifier, text)
    ids = np.where(read.is_special, read.input_ids, classifier.tokenizer.pad_token_id)
    embedding = classifier.model.get_input_embeddings()
    with torch.no_grad():
        windows = [embedding(torch.from_numpy(ids[piece]))[None] for piece in read.pieces]
        logits = [classifier.model(inputs_embeds=window).logits[0] for window in windows]
    return torch.stack(logits).mean(dim=0).numpy()


@pytest.mark.parametrize("text", [TEXT, LONGER])
def test_integrated_gradients_add_up_over_the_whole_text(windowed, text):
    classifier, deployed = windowed

    found = attribute(classifier, text)

    label_id = LABELS.index(found.label)
    difference = (deployed.predict_logits([text])[0] - baseline_logits(classifier, text))[label_id]
    assert found.exactness.gap <= MAX_GAP
    assert found.exactness.difference == pytest.approx(difference, abs=1e-4)
    assert found.word_scores.sum() == pytest.approx(difference, rel=MAX_GAP, abs=1e-4)


def test_integrated_gradients_equal_the_mean_of_captums(windowed):
    classifier, _ = windowed
    read = read_whole(classifier, TEXT)

    ours = integrated_gradients(classifier, read, Score(1), num_steps=32)

    expected = np.zeros(len(read.tokens))
    for piece in read.pieces:
        shares = captum_scores(classifier, read.only(piece), 1, num_steps=32)
        np.add.at(expected, piece, shares / len(read.pieces))
    assert ours.num_steps == 32 * len(read.pieces)
    assert np.abs(ours.scores - expected).max() <= 1e-3 * np.abs(expected).max()


def test_a_word_in_two_windows_has_the_sum_of_both_shares(bert):
    found = attribute(bert, TEXT, "gradient_x_input", label="food")

    read = found.read
    first, second = (set(piece.tolist()) for piece in read.pieces[:2])
    shared = [token for token in first & second if not read.is_special[token]]
    singles = [read.only(piece) for piece in read.pieces]
    alone = [_gradient_x_input(bert, one) for one in singles]
    for token in shared:
        places = [int(np.flatnonzero(piece == token)[0]) for piece in read.pieces[:2]]
        both = sum(scores[place] for scores, place in zip(alone[:2], places, strict=True))
        assert found.scores[token] == pytest.approx(both / len(read.pieces), abs=1e-6)
    assert shared


def _gradient_x_input(classifier, read):
    """Return the gradient times the embedding of one window by autograd alone."""
    embedding = classifier.model.get_input_embeddings()
    embedded = embedding(torch.from_numpy(read.input_ids))[None].detach().requires_grad_()
    score = classifier.model(inputs_embeds=embedded).logits[0, 1]
    (gradient,) = torch.autograd.grad(score, embedded)
    return (gradient * embedded).sum(-1)[0].detach().numpy()


def test_leaving_out_a_word_costs_what_the_deployed_model_loses(folders):
    folder = folders / "bert"
    classifier, deployed = load_attributable(folder), Classifier.load(folder)

    found = attribute(classifier, TEXT, "occlusion", label="food")

    ordinary = [place for place, span in enumerate(found.read.spans) if span[0] < span[1]]
    edited = [edit_text(TEXT, found.read.spans, {place: ""}) for place in ordinary]
    whole, *without = deployed.predict_logits([TEXT, *edited])[:, 1]
    np.testing.assert_allclose(found.word_scores[ordinary], whole - np.array(without), atol=1e-4)


def test_shap_adds_up_to_the_difference_from_nothing(bert):
    found = attribute(bert, TEXT, "shap_partition", label="food")

    special = found.read.input_ids[found.read.is_special]
    whole, nothing = logits_of(bert, [found.read.input_ids, special])[:, 1]
    assert found.scores.sum() == pytest.approx(whole - nothing, abs=1e-6)


def test_a_flip_may_leave_out_words_of_every_window(folders):
    classifier = load_attributable(folders / "bert")
    balance(classifier, TEXT)

    found = find_flip(classifier, FlipQuestion(TEXT, way="drop"))

    assert found.num_words == len([span for span in found.read.spans if span[1]])
    assert found.num_single_drops == found.num_words
    first = read_text(classifier, TEXT)
    assert found.num_words > len(first.words)


def test_words_of_every_window_are_swapped_by_the_slope_of_the_mean(folders):
    classifier = load_attributable(folders / "bert")
    balance(classifier, TEXT)
    read = read_whole(classifier, TEXT)
    goal = Goal.of(
        classifier.decision.rule, "single_label",
        classifier.predict_probabilities([TEXT])[0], LABELS, None,
    )  # fmt: skip
    swapper = Swapper(classifier, read, goal, Vocabulary.of(classifier, ["bread", "snow", "dog"]))

    proposed = swapper.propose(TEXT, {})

    direction = goal.direction(classifier.predict_logits([TEXT])[0])
    wanted, rival = int(direction.argmax()), int(direction.argmin())
    gradients = _mean_gradients(classifier, read, wanted, rival)
    embedding = classifier.model.get_input_embeddings().weight.detach().numpy()
    swaps = [swap for edit in proposed for swap in edit.items()]
    gains = [
        _gain(read, gradients, embedding, word, embedding[_ids_of(classifier, new)[0]])
        for word, new in swaps
    ]
    assert max(word for word, _ in swaps) > len(read_text(classifier, TEXT).words)
    assert gains == pytest.approx(sorted(gains, reverse=True), abs=1e-5)


def _ids_of(classifier, word):
    return classifier.tokenizer(word, add_special_tokens=False)["input_ids"]


def _mean_gradients(classifier, read, wanted, rival):
    """Return the gradient of a difference of mean logits at every token, shape (T, D)."""
    embedding = classifier.model.get_input_embeddings()
    total = np.zeros((len(read.tokens), embedding.weight.shape[1]))
    for piece in read.pieces:
        embedded = embedding(torch.from_numpy(read.input_ids[piece]))[None].detach()
        logits = classifier.model(inputs_embeds=embedded.requires_grad_()).logits[0]
        (gradient,) = torch.autograd.grad(logits[wanted] - logits[rival], embedded)
        total[piece] += gradient[0].numpy() / len(read.pieces)
    return total


def _gain(read, gradients, embedding, word, new):
    """Return what the first token of a word gains as another one, less what its tokens have."""
    tokens = np.flatnonzero(read.word_of == word)
    there = sum(gradients[token] @ embedding[read.input_ids[token]] for token in tokens)
    return float(gradients[tokens[0]] @ new - there)


def test_what_is_kept_on_disk_has_its_windows(bert):
    found = attribute(bert, TEXT, "gradient_x_input")

    again = Attribution.from_json(found.to_json())

    assert again.read.windows == found.read.windows
    assert again.to_json() == found.to_json()
