"""Tests that words are found in any script, whatever pieces a tokenizer makes of a text."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.explanation.tiny_tokenizers import BUILDERS, reader
from textcls_core.explanation.segmentation import segment
from textcls_core.explanation.words import read_text

ALPHABET = "ab \n,.$\u20ac\u4e2d\u6587\u3042\u0e01\u0e31\u0301\u093e\u0915\u200d\U0001f600\u0627"
HINDI = "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e"
CHINESE = "\u4eca\u5929\u5929\u6c14\u5f88\u597d\uff0c\u6211\u4eec\u53bb\u516c\u56ed\u3002"
THAI = "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e0a\u0e32\u0e27\u0e42\u0e25\u0e01"


@pytest.fixture(scope="module", params=BUILDERS)
def classifier(request):
    return reader(request.param)


@st.composite
def cut_texts(draw):
    """Texts with offsets of tokens that cover them: some share characters, some have none."""
    text = draw(st.text(ALPHABET, min_size=1, max_size=30))
    ends = sorted(draw(st.sets(st.integers(1, len(text)), max_size=12)) | {len(text)})
    offsets, start = [], 0
    for end in ends:
        shared = draw(st.integers(0, 1)) if start else 0
        copies = draw(st.integers(1, 2))
        offsets += [(start - shared, end)] * copies
        start = end
    return text, offsets


def singles(text):
    """Return each character as a token of its own."""
    return [(place, place + 1) for place in range(len(text))]


def words_of(text, offsets=None):
    offsets = offsets or singles(text)
    return [text[start:end] for start, end in segment(text, offsets, [False] * len(offsets))[1]]


@given(cut_texts())
def test_every_token_belongs_to_one_word_and_words_rebuild_the_text(cut):
    text, offsets = cut

    word_of, spans = segment(text, offsets, [False] * len(offsets))

    assert len(word_of) == len(offsets)
    assert word_of[0] == 0
    assert set(np.diff(word_of)) <= {0, 1}
    assert len(spans) == word_of[-1] + 1
    position = 0
    for start, end in spans:
        assert position <= start <= end
        assert not text[position:start].strip()
        position = end
    assert not text[position:].strip()


@given(cut_texts())
def test_no_word_begins_inside_a_token_or_before_a_mark(cut):
    text, offsets = cut

    word_of, spans = segment(text, offsets, [False] * len(offsets))

    for word, (start, end) in zip(word_of, offsets, strict=True):
        if text[start:end].strip():
            assert spans[word][0] <= start + len(text[start:end]) - len(text[start:end].lstrip())
            assert spans[word][1] >= start + len(text[start:end].rstrip())
    for start, end in spans:
        if start < end and start > 0 and not text[start - 1].isspace():
            assert unicodedata.category(text[start])[0] != "M"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("isn't it?", ["isn", "'", "t", "it", "?"]),
        ("3.14 $5 \u20ac5", ["3", ".", "14", "$", "5", "\u20ac", "5"]),
        ("e\u0301te\u0301 a\u030a\u0323", ["e\u0301te\u0301", "a\u030a\u0323"]),
        ("ok\U0001f44d\U0001f3fd\U0001f600", ["ok", "\U0001f44d\U0001f3fd\U0001f600"]),
        ("\u4eca\u5929abc", ["\u4eca", "\u5929", "abc"]),
        ("\ud55c\uad6d\uc5b4 abc", ["\ud55c\uad6d\uc5b4", "abc"]),
        ("\u0e2a\u0e27\u0e31", ["\u0e2a", "\u0e27\u0e31"]),
        (HINDI, HINDI.split()),
    ],
)
def test_words_of_single_characters(text, words):
    assert words_of(text) == words


def test_token_of_several_words_is_one_word():
    assert words_of("of the cat", [(0, 6), (6, 10)]) == ["of the", "cat"]
    assert words_of("\u4eca\u5929\u5929", [(0, 2), (2, 3)]) == ["\u4eca\u5929", "\u5929"]
    assert words_of("late, so", [(0, 2), (2, 5), (5, 8)]) == ["late,", "so"]


def test_space_belongs_to_the_word_after_it_and_several_are_a_word():
    offsets = [(0, 0), (0, 1), (1, 2), (2, 2), (2, 3), (3, 4), (4, 6), (6, 8), (0, 0)]

    word_of, spans = segment("a b c   d", offsets, [True, *[False] * 7, True])

    assert word_of == [0, 1, 2, 2, 2, 3, 3, 4, 5]
    assert spans == [(0, 0), (0, 1), (2, 3), (4, 5), (6, 8), (0, 0)]


def test_english_words_are_those_of_bert_in_every_family(classifier):
    read = read_text(classifier, "the bus is late, isn't it? 3.14")

    words = [word for word, (start, end) in zip(read.words, read.spans, strict=True) if start < end]

    assert words == ["the", "bus", "is", "late", ",", "isn", "'", "t", "it", "?", "3", ".", "14"]


@pytest.mark.parametrize("text", [CHINESE, THAI])
def test_clause_without_spaces_is_many_words(classifier, text):
    read = read_text(classifier, text)

    assert len(read.words) >= 4
    assert max(map(len, read.words)) <= 4


def test_hindi_words_are_not_cut_at_their_vowel_signs(classifier):
    read = read_text(classifier, HINDI)

    assert [word for word, known in zip(read.words, read.special(by_token=False), strict=True)
            if not known] == HINDI.split()  # fmt: skip
