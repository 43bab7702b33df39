"""Tests of one window of a long text: its attention, its flow, and what it is called."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.explanation.conftest import LABELS
from textcls_core.config import RunConfig
from textcls_core.errors import InvalidArgumentError
from textcls_core.explanation.attention import explain_attention, load_explainable
from textcls_core.explanation.flow import explain_flow
from textcls_core.explanation.head_statistics import head_statistics
from textcls_core.explanation.head_survey import head_movement, measure_moved, survey_heads
from textcls_core.explanation.looked_at import LookedAt
from textcls_core.explanation.windows import Window
from textcls_core.explanation.words import read_text, read_whole
from textcls_core.models.classifier import Classifier, Design

TEXT = (
    "the old horse was here and a small cat came in, snow and wind all day: bread, soup or sheep?"
)
FAMILIES = ["bert", "distilbert", "roberta", "gpt2"]


@pytest.fixture(scope="module", params=FAMILIES)
def explainable(request, tiny_models, tmp_path_factory):
    """A classifier of 16 tokens and four windows at most that gives its weights."""
    folder = tmp_path_factory.mktemp("windows") / request.param
    design = Design(long_documents="windows", max_windows=4)
    Classifier.from_pretrained(
        tiny_models[request.param], LABELS, max_length=16, design=design
    ).save(folder)  # fmt: skip
    return load_explainable(folder)


@pytest.fixture(scope="module")
def moved(explainable):
    """The same classifier with other weights in its attention."""
    other = replace(explainable, model=copy.deepcopy(explainable.model))
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weights in other.model.parameters():
            weights += 0.05 * torch.randn(weights.shape, generator=generator)
    return other


def windows_of(classifier, text):
    return [ids.tolist() for ids in classifier.tokenize([text]).sequences([0])[0]]


def test_every_window_has_the_attention_of_what_is_read(explainable):
    for number, ids in enumerate(windows_of(explainable, TEXT)):
        found = explain_attention(explainable, TEXT, window=number)

        logits = explainable.sequence_logits([np.array(ids)]).detach().numpy()
        assert found.read.input_ids.tolist() == ids
        assert found.window.number == number
        np.testing.assert_allclose(found.attention.sum(axis=-1), 1, atol=1e-5)
        np.testing.assert_allclose(
            found.probabilities, explainable.probabilities_of(logits)[0], atol=1e-5
        )


def test_the_mean_of_the_windows_is_the_answer(explainable):
    count = len(windows_of(explainable, TEXT))

    found = [explain_attention(explainable, TEXT, window=number) for number in range(count)]

    logits = np.mean([np.log(one.probabilities) for one in found], axis=0)
    answer = np.exp(logits) / np.exp(logits).sum()  # logits up to a constant, which drops out
    np.testing.assert_allclose(answer, explainable.predict_probabilities([TEXT])[0], atol=1e-5)


def test_what_a_head_does_on_a_text_is_the_mean_of_its_windows(explainable):
    count = len(windows_of(explainable, TEXT))

    report = survey_heads(explainable, {"long": TEXT, "short": "a cat"})

    found = [explain_attention(explainable, TEXT, window=number) for number in range(count)]
    long = np.mean([head_statistics(one).on_previous for one in found], axis=0)
    short = head_statistics(explain_attention(explainable, "a cat")).on_previous
    assert count > 1
    np.testing.assert_allclose(
        report.statistics["on_previous"].means, (long + short) / 2, atol=1e-6
    )
    assert sum(kind.share for kind in report.kinds[0][0]) == pytest.approx(1, abs=1e-4)


def test_words_beyond_the_first_window_are_words_of_the_heads(explainable):
    text = "a cat " * 9 + "the cow"

    report = survey_heads(explainable, dict.fromkeys("12345", text))

    assert "cow" not in explain_attention(explainable, text).read.words
    assert "cow" in {word.word for word in report.words[0][0]}


def test_only_the_first_of_very_many_windows_are_looked_at(explainable, monkeypatch):
    monkeypatch.setattr("textcls_core.explanation.windows.MAX_WINDOWS", 1)

    report = survey_heads(explainable, {"long": TEXT})

    first = head_statistics(explain_attention(explainable, TEXT)).on_previous
    np.testing.assert_allclose(report.statistics["on_previous"].means, first, atol=1e-6)


def test_movement_on_a_text_is_the_mean_of_its_windows(explainable, moved):
    report = measure_moved(explainable, moved, {"long": TEXT}, "the base")

    pairs = [
        (explain_attention(moved, TEXT, window=n), explain_attention(explainable, TEXT, window=n))
        for n in range(len(windows_of(explainable, TEXT)))
    ]
    expected = np.mean([head_movement(*pair) for pair in pairs], axis=0)
    assert expected.max() > 1e-4
    np.testing.assert_allclose(report.moved.means, expected, atol=1e-6)


def test_what_is_outside_a_window_counts_as_cut(explainable):
    found = explain_attention(explainable, TEXT, window=1)

    whole = explainable.tokenizer(TEXT)["input_ids"]
    assert found.read.num_cut == len(whole) - len(found.read.tokens)


def test_the_first_window_is_read_as_ever(explainable):
    found = explain_attention(explainable, TEXT)

    assert found.read.to_json() == read_text(explainable, TEXT).to_json()


def test_titles_say_which_words_stand_in_a_window(explainable):
    read = read_whole(explainable, TEXT)
    ordinary = [word for word, span in zip(read.words, read.spans, strict=True) if span[1]]

    window = Window.of(read, 1)

    first, last = window.words[1]
    words = [
        word for word, (_, end) in zip(window.read.words, window.read.spans, strict=True) if end
    ]
    assert words == ordinary[first - 1 : last]
    assert window.title == f"Window 2 of {len(read.windows)}, words {first} to {last}"
    assert window.words[0][0] == 1
    assert window.words[-1][1] == len(ordinary)


def test_a_window_can_be_cut(explainable):
    read = read_whole(explainable, TEXT)

    short, whole = Window.of(read, 1, max_tokens=10).read, Window.of(read, 1).read

    special = whole.special(by_token=True)
    behind = special[::-1].index(False)
    expected = [*whole.input_ids[: 10 - behind], *whole.input_ids[len(special) - behind :]]
    assert short.input_ids.tolist() == expected
    assert short.num_cut == whole.num_cut + len(whole.tokens) - 10


@pytest.mark.parametrize("number", [-1, 4, 99])
def test_a_window_that_the_text_has_not_is_refused(explainable, number):
    count = len(windows_of(explainable, TEXT))
    message = (
        f"Expected a window from 0 to {count - 1}, because the text is read in {count}, "
        f"got {number}. Choose another."
    )

    with pytest.raises(InvalidArgumentError, match=message):
        explain_attention(explainable, TEXT, window=number)


def test_a_short_text_has_one_window(explainable):
    assert explain_attention(explainable, "a cat").window is None
    with pytest.raises(
        InvalidArgumentError, match="Expected no window but 0, because the text is read in 1, got 1"
    ):
        explain_attention(explainable, "a cat", window=1)


def test_flow_is_that_of_the_window(explainable):
    flow = explain_flow(explainable, TEXT, "food", window=1)

    found = explain_attention(explainable, TEXT, window=1)
    assert flow.read.to_json() == found.read.to_json()
    assert (flow.window.number, flow.window.title) == (1, found.window.title)
    np.testing.assert_allclose(flow.by_layer.sum(axis=1), 1, atol=1e-5)


def test_sentence_names_the_window(explainable):
    window = Window.of(read_whole(explainable, TEXT), 1)
    config = RunConfig.create(
        {"dataset": "toy", "max_length": 32, "long_documents": "windows", "max_windows": 4}
    )

    looked_at = LookedAt(16, 20, config, window)

    first, last = window.words[1]
    assert looked_at.sentence == (
        f"Looked at: window 2 of {len(window.words)}, words {first} to {last}. The run reads all "
        "of these windows, and its answer is their mean."
    )
    assert not looked_at.is_all_that_is_read
