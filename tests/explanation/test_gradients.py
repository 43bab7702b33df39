"""Tests of integrated gradients on a model that changes its mind on a short stretch of the way."""

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from textcls_core.explanation.attribution import Integral
from textcls_core.explanation.gradients import MAX_STEPS, integrated_gradients
from textcls_core.explanation.score import Score
from textcls_core.explanation.words import ReadText

READ = ReadText(
    text="one two",
    input_ids=np.array([1, 2, 3]),
    tokens=("[CLS]", "one", "two"),
    words=("[CLS]", "one", "two"),
    word_of=np.arange(3),
    spans=((0, 0), (0, 3), (4, 7)),
    num_cut=0,
)


@dataclass
class Threshold:
    """A classifier whose score rises from 0 to 1 where a weighted sum of its words passes 0.37."""

    steepness: float
    other: float = 0.5
    """Score of the second class, which leads over the first one while that is lower."""
    tokenizer = SimpleNamespace(pad_token_id=0)

    @property
    def model(self):
        """What holds the embeddings: nothing for padding, 1 for the rest."""
        table = torch.nn.Embedding.from_pretrained(torch.tensor([[0.0], [1.0], [1.0], [1.0]]))
        return SimpleNamespace(get_input_embeddings=lambda: table)

    def embedded_logits(self, texts: torch.Tensor) -> torch.Tensor:
        """Return the logits of two classes, the second one always the same."""
        total = texts[:, :, 0] @ torch.tensor([0.0, 0.75, 0.25])
        score = torch.sigmoid(self.steepness * (total - 0.37))
        return torch.stack([score, torch.full_like(score, self.other)], dim=1)


@pytest.mark.parametrize("steepness", [1, 30, 150])
def test_steps_are_spent_where_the_score_changes(steepness):
    found = integrated_gradients(Threshold(steepness), READ, Score(0))

    assert found.is_reliable
    assert found.num_steps <= 64
    np.testing.assert_allclose(
        found.scores, found.difference * np.array([0, 0.75, 0.25]), rtol=0.011, atol=1e-6
    )


def test_as_many_points_over_the_whole_way_would_leave_a_gap():
    asked = integrated_gradients(Threshold(150), READ, Score(0), num_steps=64)

    assert asked.num_steps == 64
    assert not asked.is_reliable


def test_a_jump_that_no_number_of_steps_finds_is_told():
    found = integrated_gradients(Threshold(1e20), READ, Score(0))

    assert found.num_steps <= MAX_STEPS
    assert not found.is_reliable
    assert "Small differences between words mean nothing here." in found.sentence


def test_a_difference_that_explains_the_answer_needs_no_remark():
    found = integrated_gradients(Threshold(30), READ, Score(0))

    assert found.sentence.endswith("steps from padding to the text.")


def test_it_is_told_that_padding_scores_higher():
    found = integrated_gradients(Threshold(-30), READ, Score(0))

    assert found.difference < 0
    assert "Padding alone scores as high or higher: the words explain that" in found.sentence


def test_it_is_told_that_padding_leads_to_the_class_too():
    found = integrated_gradients(Threshold(30, other=-1), READ, Score(0), num_steps=64)

    assert found.difference > 0
    assert "Padding alone scores highest for this class too" in found.sentence


@pytest.mark.parametrize(
    ("total", "difference", "said"),
    [
        (-0.1649, -0.16605, "-0.1649 of a difference of -0.1661: a gap of 0.69 %"),
        (5.08, 5.115, "+5.080 of a difference of +5.115: a gap of 0.68 %"),
        (123.0, 123.5, "+123.00 of a difference of +123.50: a gap of 0.40 %"),
        (0.0, 0.0, "+0.00000 of a difference of +0.00000: a gap of 0.00 %"),
    ],
)
def test_numbers_have_so_many_digits_that_they_show_the_gap(total, difference, said):
    assert said in Integral(np.array([total]), difference, 10, leads_before=False).sentence
