"""Tests of edits: what is left of a text, and what two texts do not share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.explanation.conftest import LABELS  # noqa: F401 - the package's fixtures
from textcls_core.explanation.edits import changed_words, edit_text
from textcls_core.explanation.words import read_text

WORDS = st.lists(st.sampled_from(["cat", "dog", "the", "rain", "a"]), max_size=12)


def spans_of(text):
    """Return where the words between spaces stand."""
    spans, start = [], 0
    for word in text.split():
        start = text.index(word, start)
        spans.append((start, start + len(word)))
        start += len(word)
    return spans


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        ({}, "the old cat, was here"),
        ({0: ""}, "old cat, was here"),
        ({1: ""}, "the cat, was here"),
        ({4: ""}, "the old cat, was"),
        ({0: "", 1: "", 2: "", 3: "", 4: ""}, ""),
        ({1: "new", 4: "there"}, "the new cat, was there"),
        ({0: "a", 1: ""}, "a cat, was here"),
    ],
)
def test_words_are_left_out_and_swapped(edit, expected):
    text = "the old cat, was here"

    assert edit_text(text, spans_of(text), edit) == expected


def test_a_word_beside_a_sign_leaves_the_sign(attributable):
    read = read_text(attributable["bert"], "A cat, a dog.")

    assert read.words[2] == "cat"
    assert edit_text(read.text, read.spans, {2: ""}) == "A , a dog."


@pytest.mark.parametrize("family", ["bert", "roberta", "gpt2"])
def test_scripts_without_spaces_close_up(attributable, family):
    read = read_text(attributable[family], "今天很好 horse")
    last = len(read.words) - 1 - read.special(by_token=False)[-1]

    assert edit_text(read.text, read.spans, {last: ""}) == "今天很好"


@given(WORDS, WORDS)
def test_words_that_are_not_marked_are_the_same(before, after):
    gone, new = changed_words(before, after)

    kept = [word for word, is_gone in zip(before, gone, strict=True) if not is_gone]
    assert kept == [word for word, is_new in zip(after, new, strict=True) if not is_new]


def test_as_few_words_as_possible_are_marked():
    assert changed_words(["cat", "dog", "cat", "cat"], ["cat", "cat", "cat"]) == (
        (False, True, False, False),
        (False, False, False),
    )


@given(WORDS, st.data())
def test_a_word_left_out_is_marked_as_gone_and_nothing_as_new(words, data):
    left_out = data.draw(st.sets(st.integers(0, max(len(words) - 1, 0)), max_size=len(words)))
    after = [word for place, word in enumerate(words) if place not in left_out]

    gone, new = changed_words(words, after)

    assert sum(gone) == len(words) - len(after)
    assert not any(new)
