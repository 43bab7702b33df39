"""Tests of two attributions side by side."""

import pytest

from textcls_core.explanation.side_by_side import word_changes

FIRST = [("The", 0.25), ("cat", -0.5), ("the", 0.5), ("dog", 0.1)]
SECOND = [("the", 1.0), ("cow", 0.75)]


def test_words_of_two_texts_are_matched_in_any_case():
    records = {record["word"]: record for record in word_changes(FIRST, SECOND)}

    assert records["the"] == {
        "word": "the", "first": 0.75, "second": 1.0, "second minus first": 0.25
    }  # fmt: skip
    assert (records["cow"]["first"], records["cat"]["second"]) == (None, None)
    assert records["cat"]["second minus first"] == 0.5


def test_the_largest_difference_comes_first():
    words = [record["word"] for record in word_changes(FIRST, SECOND)]

    assert words == ["cow", "cat", "the", "dog"]


@pytest.mark.parametrize("words", [[], FIRST])
def test_words_of_a_text_with_itself_do_not_differ(words):
    assert not any(record["second minus first"] for record in word_changes(words, words))
