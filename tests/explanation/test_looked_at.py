"""Tests that explanations look at what the run reads of a long text, or say what they look at."""

import numpy as np
import pytest

from textcls_core.config import RunConfig
from textcls_core.explanation.attention import explain_attention, load_explainable
from textcls_core.explanation.attributions import attribute, load_attributable
from textcls_core.explanation.looked_at import LookedAt, note_on_heads, note_on_trust
from textcls_core.explanation.words import read_text
from textcls_core.models.classifier import Classifier, Design

TEXT = "the old horse was here, " * 10 + "and a small cat came in"
LENGTH = 32


def folder_of(tiny_models, root, family, long_documents):
    design = Design(long_documents=long_documents, max_windows=3)
    labels = ("animals", "food", "weather")
    folder = root / f"{family}-{long_documents}"
    Classifier.from_pretrained(
        tiny_models[family], labels, max_length=LENGTH, design=design
    ).save(folder)  # fmt: skip
    return folder


@pytest.mark.parametrize("family", ["bert", "gpt2"])
@pytest.mark.parametrize("long_documents", ["truncate", "head_tail", "windows"])
def test_what_is_looked_at_is_what_the_run_reads_first(
    tiny_models, tmp_path, family, long_documents
):
    classifier = Classifier.load(folder_of(tiny_models, tmp_path, family, long_documents))

    read = read_text(classifier, TEXT)

    [first, *_], _ = classifier.tokenize([TEXT]).sequences([0])
    whole = classifier.tokenizer(TEXT)["input_ids"]
    np.testing.assert_array_equal(read.input_ids, first)
    assert read.num_cut == len(whole) - LENGTH


@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_explanations_of_head_and_tail_have_the_answer_of_the_run(tiny_models, tmp_path, family):
    folder = folder_of(tiny_models, tmp_path, family, "head_tail")
    deployed = Classifier.load(folder).predict_probabilities([TEXT])[0]

    attention = explain_attention(load_explainable(folder), TEXT)
    attribution = attribute(load_attributable(folder), TEXT, "gradient_x_input")

    np.testing.assert_allclose(attention.probabilities, deployed, atol=1e-5)
    np.testing.assert_allclose(attribution.probabilities, deployed, atol=1e-5)


@pytest.mark.parametrize("family", ["bert", "gpt2"])
def test_words_of_head_and_tail_stand_where_they_are(tiny_models, tmp_path, family):
    classifier = Classifier.load(folder_of(tiny_models, tmp_path, family, "head_tail"))

    read = read_text(classifier, TEXT)

    words = [
        (word, span) for word, span in zip(read.words, read.spans, strict=True) if span[0] < span[1]
    ]
    assert all(TEXT[start:end] == word for word, (start, end) in words)
    assert [word for word, _ in words[:5]] == ["the", "old", "horse", "was", "here"]
    assert [word for word, _ in words[-3:]] == ["cat", "came", "in"]
    assert words[-1][1][1] == len(TEXT)


def test_word_is_not_carried_on_over_what_is_left_out(tiny_models, tmp_path):
    classifier = Classifier.load(folder_of(tiny_models, tmp_path, "bert", "head_tail"))
    text = "a" + "bcdef" * 15

    read = read_text(classifier, text)

    head, tail = [word for word, known in zip(read.words, read.special(by_token=False), strict=True)
                  if not known]  # fmt: skip
    assert text.startswith(head)
    assert text.endswith(tail)
    assert len(head) + len(tail) == len(text) - read.num_cut


@pytest.mark.parametrize(
    ("settings", "sizes", "sentence", "is_all"),
    [
        ({"max_length": 64}, (10, 0), "", True),
        (
            {"max_length": 64},
            (64, 438),
            "Explained: the first 64 of 502 tokens; the run reads no more.",
            True,
        ),
        (
            {"max_length": 2_048},
            (512, 88),
            "Explained: the first 512 of 600 tokens; the run reads all of them.",
            False,
        ),
        (
            {"max_length": 2_048},
            (512, 2_488),
            "Explained: the first 512 of 3,000 tokens; the run reads the first 2,048.",
            False,
        ),
        (
            {"max_length": 63, "long_documents": "head_tail"},
            (63, 37),
            "Explained: the first 32 and the last 31 of 100 tokens; the run reads no more.",
            True,
        ),
        (
            {"max_length": 1_024, "long_documents": "head_tail"},
            (512, 2_488),
            "Explained: the first 256 and the last 256 of 3,000 tokens; the run reads the first "
            "512 and the last 512.",
            False,
        ),
        (
            {"max_length": 64, "long_documents": "windows", "max_windows": 8},
            (100, 0),
            "Explained: all 100 tokens in windows of 64, whose mean is the answer.",
            True,
        ),
        (
            {"max_length": 64, "long_documents": "windows", "max_windows": 2},
            (110, 40),
            "Explained: the first 110 of 150 tokens in windows of 64, whose mean is the answer; "
            "the run reads no more.",
            True,
        ),
        ({"max_length": 64, "long_documents": "windows"}, (64, 0), "", True),
    ],
)
def test_sentence_says_what_was_explained_and_what_is_read(settings, sizes, sentence, is_all):
    looked_at = LookedAt(*sizes, RunConfig.create({"dataset": "toy", **settings}))

    assert looked_at.sentence == sentence
    assert looked_at.is_all_that_is_read is is_all


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"max_length": 512}, ""),
        ({"max_length": 513}, "Of each text 512 tokens at most are looked at here."),
        (
            {"max_length": 64, "long_documents": "windows", "max_windows": 8},
            "A text in several windows counts once, with the mean of its windows.",
        ),
        (
            {"max_length": 1_024, "long_documents": "windows", "max_windows": 9},
            "A text in several windows counts once, with the mean of its windows, the first 8 at "
            "most, 512 tokens of each at most.",
        ),
    ],
)
def test_how_long_texts_count_for_heads_is_said(settings, said):
    assert note_on_heads(RunConfig.create({"dataset": "toy", **settings})) == said


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"max_length": 512}, ""),
        ({"max_length": 513}, "Of each text 512 tokens at most are judged."),
        (
            {"max_length": 256, "long_documents": "windows", "max_windows": 8},
            "A text in several windows is judged as a whole.",
        ),
        (
            {"max_length": 512, "long_documents": "windows", "max_windows": 8},
            "A text in several windows is judged as a whole, the first 4 windows at most.",
        ),
        (
            {"max_length": 1_024, "long_documents": "windows"},
            "Of each text 512 tokens at most are judged.",
        ),
    ],
)
def test_how_much_of_long_texts_is_judged_is_said(settings, said):
    assert note_on_trust(RunConfig.create({"dataset": "toy", **settings})) == said
