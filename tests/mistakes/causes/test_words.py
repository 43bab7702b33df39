"""Words whose absence gives a text its true class."""

from dataclasses import dataclass

import numpy as np
import pytest

from tests.mistakes.causes import cases
from tests.mistakes.causes.cases import WordModel, by_text, make_case, make_run
from textcls_core.jobs.progress import ignore
from textcls_core.mistakes.causes import words
from textcls_core.mistakes.causes.case import Case
from textcls_core.mistakes.causes.words import misleading_tokens

HAM, SPAM = 0, 1
MODEL = WordModel({"lamp": HAM, "gift": SPAM, "prize": SPAM, "win": SPAM}, 2)
TRAIN: list[cases.Row] = [("a", "ham", "train"), ("b", "spam", "train")]
WRONG = [0.05, 0.95]


def look(workspace, *texts, model=MODEL):
    rows = [*TRAIN, *((text, "ham", "test") for text in texts)]
    case = make_case(workspace, rows, dict.fromkeys(texts, WRONG))
    return case, misleading_tokens(case, model, ignore)


def test_one_word_that_misleads_is_named(workspace):
    case, found = look(workspace, "lamp and Gift gift today")

    assert list(by_text(case, found.evidence).values()) == [
        'Without "gift" the answer is "ham" (95.3 %; with it 4.7 %).'
    ]


def test_two_words_that_mislead_together_are_named(workspace):
    case, found = look(workspace, "lamp gift gift prize prize")

    assert list(by_text(case, found.evidence).values()) == [
        'Without "gift" and "prize" the answer is "ham" (95.3 %; with them 0.0 %).'
    ]


def test_three_words_are_not_searched(workspace):
    _, found = look(workspace, "lamp gift gift prize prize win win")

    assert found.evidence == {}


def test_same_word_in_other_mistakes_is_counted(workspace):
    model = WordModel({"lamp": HAM, "gift": SPAM}, 2)
    texts = ["lamp gift gift", "my lamp gift gift", "a lamp lamp gift gift gift"]

    case, found = look(workspace, *texts, model=model)

    said = by_text(case, found.evidence)
    assert set(said) == set(texts)
    assert said[texts[0]].endswith("The same word does so in 2 other mistakes.")


def test_close_decision_that_any_word_mends_does_not_count(workspace):
    model = WordModel({"lamp": HAM, "gift": SPAM, "kiss": HAM}, 2)

    _, found = look(workspace, "lamp gift kiss", model=model)

    assert found.evidence == {}


@dataclass
class WeakModel(WordModel):
    """Is sure of nothing: every word moves little."""

    def _answer(self, text):
        has = {word: word in text.split() for word in ("gift", "prize", "lamp")}
        ham = 0.48 + 0.03 * has["lamp"] - 0.1 * has["gift"] - 0.04 * has["prize"]
        return np.array([ham, 1 - ham])


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("lamp gift that we had here", True),
        ("lamp gift prize that we had here", False),  # still wrong without one, and none stands out
        ("lamp gift we", False),  # too few words to compare with
    ],
)
def test_word_that_stands_out_counts_in_a_weak_model(workspace, text, is_found):
    _, found = look(workspace, text, model=WeakModel({}, 2))

    assert (len(found.evidence) == 1) is is_found


def test_words_that_are_not_read_are_not_tried(workspace):
    model = WordModel({"lamp": HAM, "gift": SPAM}, 2, length=3)

    case, found = look(workspace, "lamp gift gift behind gift", model=model)

    assert list(by_text(case, found.evidence).values()) == [
        'Without "gift" the answer is "ham" (95.3 %; with it 4.7 %).'
    ]


def test_cap_is_said(workspace, monkeypatch):
    monkeypatch.setattr(words, "MAX_MISTAKES", 1)

    _, found = look(workspace, "lamp gift gift", "my lamp gift gift")

    assert (found.coverage.asked, found.coverage.looked) == (2, 1)
    assert found.coverage.sentence == (
        "Misleading words: looked for in 1 of 2 mistakes. Those with the largest loss."
    )


@pytest.mark.parametrize("text", ["", "!!!", "?"])
def test_text_without_words_has_none(workspace, text):
    _, found = look(workspace, f"{text}.")

    assert found.evidence == {}


def test_word_that_adds_a_wrong_label_misleads_too(workspace, topics_dataset):
    class Labels(WordModel):
        def _answer(self, text):
            has = {word: word in text.split() for word in ("horse", "old")}
            return np.array([0.9 * has["horse"], 0.0, 0.8 * has["old"]]) + 0.05

    text = "the old horse"
    run = make_run(workspace, topics_dataset, {text: (0.95, 0.05, 0.85)})
    case = Case.open(workspace, run, "test")

    found = by_text(case, misleading_tokens(case, Labels({}, 3), ignore).evidence)

    assert found == {text: 'Without "old" the answer is "animals" (95.0 %; with it 15.0 %).'}
