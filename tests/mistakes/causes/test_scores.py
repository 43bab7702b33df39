"""Causes seen in the probabilities alone."""

import numpy as np
import pytest

from tests.mistakes.causes.cases import by_text, make_case, make_run
from textcls_core.mistakes.causes.case import Case
from textcls_core.mistakes.causes.scores import almost_right, perplexity, wavering

ROWS = [
    *((f"ham {n}", "ham", "train") for n in range(3)),
    *((f"{name} {n}", name, "test") for name in ("ham", "news", "spam") for n in range(4)),
]


def test_almost_right_is_a_second_choice_by_a_small_margin(workspace):
    answers = {
        "ham 0": [0.41, 0.5, 0.09],  # close, and second
        "ham 1": [0.2, 0.7, 0.1],  # second, but far behind
        "ham 2": [0.1, 0.46, 0.44],  # third
    }
    case = make_case(workspace, ROWS, answers)

    found = almost_right(case)

    assert by_text(case, found.evidence) == {
        "ham 0": '"ham" is the second choice with 41.0 %, behind "news" with 50.0 %.'
    }
    assert (found.coverage.asked, found.coverage.looked) == (3, 3)


def test_almost_right_with_several_labels_is_one_label_near_the_threshold(
    workspace, topics_dataset
):
    texts = topics_dataset.texts(topics_dataset.indices("test"))[:3]
    answers = {
        texts[0]: [0.9, 0.45, 0.1],  # one label is missing, closely
        texts[1]: [0.9, 0.2, 0.1],  # one is missing, clearly
        texts[2]: [0.45, 0.45, 0.1],  # two are missing
    }
    case = Case.open(workspace, make_run(workspace, topics_dataset, answers), "test")

    found = by_text(case, almost_right(case).evidence)

    assert list(found) == [texts[0]]
    assert found[texts[0]] == 'Only "food" was decided wrongly, with 45.0 % where 50 % decides.'


def test_wavering_is_more_than_in_right_answers(workspace):
    answers = {
        "ham 0": [0.3, 0.4, 0.3],
        "ham 1": [0.02, 0.96, 0.02],
        "ham 2": [0.1, 0.5, 0.4],
    }
    case = make_case(workspace, ROWS, answers)

    found = {case.texts[place]: said for place, said in wavering(case).items()}

    assert set(found) == {"ham 0", "ham 2"}
    assert found["ham 0"].startswith("The model wavers as among 3.0 equally likely classes; where")


def test_weak_model_that_always_wavers_is_not_ambiguous_everywhere(workspace):
    unsure = {text: [0.4, 0.3, 0.3] for text, label, split in ROWS if label == "ham"}
    unsure |= {text: [0.3, 0.4, 0.3] for text, label, split in ROWS if label == "news"}
    wrong = {"spam 0": [0.42, 0.38, 0.2]}
    case = make_case(workspace, ROWS, {**unsure, **wrong})

    assert perplexity(case.probabilities)[0] > 2
    assert wavering(case) == {}


@pytest.mark.parametrize("classes", [1, 2, 7])
def test_perplexity_of_equally_likely_classes_is_their_number(classes):
    assert perplexity(np.full((1, classes), 1 / classes))[0] == pytest.approx(classes)
