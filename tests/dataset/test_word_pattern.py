"""Tests of the pattern of a whole word: found by itself, in any case and any script."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from textcls_core.dataset.word_pattern import whole_word


@pytest.mark.parametrize(
    ("word", "found", "missed"),
    [
        ("he", ["He said", "so did he.", "he"], ["the", "hers", "she"]),
        ("$", ["$ 5", "a$b"], ["5"]),
        ("c++", ["C++", "in c++."], ["c+"]),
        ("он", ["Он был", "и он", "(он)"], ["слон", "она"]),
        ("über", ["Über uns"], ["darüber", "überall"]),
        ("球", ["足球赛"], ["足"]),
    ],
)
def test_a_word_is_found_and_not_parts_of_others(word, found, missed):
    passes = pc.match_substring_regex(pa.array([*found, *missed]), whole_word(word))

    assert passes.to_pylist() == [True] * len(found) + [False] * len(missed)
