"""Tests of occlusion: what is left out, and the score that is lost by it."""

import numpy as np
import pytest
import torch

from textcls_core.explanation.attributions import attribute
from textcls_core.explanation.occlusion import UNITS, occlusion_plan, parts
from textcls_core.explanation.plans import carry_out
from textcls_core.explanation.score import Score
from textcls_core.explanation.words import read_text

FAMILIES = ["bert", "distilbert", "roberta", "gpt2"]
TEXT = "The old horse wasn't here. Was it? We looked at the snow."


def logit(classifier, ids, label_id):
    with torch.no_grad():
        given = torch.from_numpy(np.asarray(ids))[None]
        return float(classifier.model(input_ids=given).logits[0, label_id])


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("unit", UNITS)
def test_scores_are_what_is_lost_without_each_part(attributable, family, unit):
    classifier = attributable[family]
    read = read_text(classifier, TEXT)
    part_of = parts(read, unit)

    [scores] = carry_out(classifier, [occlusion_plan(read, Score(2), unit)])

    whole = logit(classifier, read.input_ids, 2)
    for part in range(part_of.max() + 1):
        lost = whole - logit(classifier, read.input_ids[part_of != part], 2)
        assert scores[part_of == part].sum() == pytest.approx(lost, abs=1e-4)
    assert not scores[read.is_special].any()


@pytest.mark.parametrize(
    ("text", "first_words"),
    [
        (TEXT, ["The", "Was", "We"]),
        ("今天很好。你好世界。", ["今", "你"]),
        ('He said "no." Then he left', ["He", "Then"]),
        ("one line\nanother line", ["one", "another"]),
        ("no end at all", ["no"]),
    ],
)
def test_sentences_are_found_in_any_script(attributable, text, first_words):
    read = read_text(attributable["bert"], text)
    part_of = parts(read, "sentence")

    starts = [int(np.flatnonzero(part_of == part)[0]) for part in range(part_of.max() + 1)]
    assert [read.words[read.word_of[start]] for start in starts] == first_words


def test_a_text_of_one_word_has_one_part(attributable):
    found = attribute(attributable["bert"], "horse", "occlusion")

    assert np.flatnonzero(found.scores).tolist() == [1]


def test_a_text_that_is_nothing_but_one_part_has_nothing_to_be_compared_with(attributable):
    read = read_text(attributable["gpt2"], "horse")  # no special tokens are left without it

    [scores] = carry_out(attributable["gpt2"], [occlusion_plan(read, Score(0), "sentence")])

    assert scores.tolist() == [0.0] * len(read.tokens)
