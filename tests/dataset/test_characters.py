"""Tests of texts as arrays of characters, against plain Python."""

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcls_core.dataset import characters as module
from textcls_core.dataset.characters import (
    SIGN,
    SPACED,
    UNSPACED,
    Spans,
    chunk_bounds,
    hash_spans,
    map_chunks,
    read_characters,
    spans,
    string_column,
    strings,
    windows,
)

ALL = (SPACED, UNSPACED, SIGN)
TEXTS = st.lists(st.text(st.sampled_from("ab1.,'’ -\u00a3\n我爱ل\u200d😀"), max_size=12), max_size=6)


def pieces(*texts):
    """Return the words and runs of each text."""
    read = read_characters(list(texts))
    found = spans(read, ALL)
    starts, all_strings = found.of_texts(read), strings(read, found)
    return [all_strings[a:b] for a, b in zip(starts[:-1], starts[1:], strict=True)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("My card, lost!", ["my", "card", "lost"]),
        ("Don't 'quote' rock’n’roll", ["don't", "quote", "rock’n’roll"]),  # noqa: RUF001
        ("1,000.50 and 3.x a.b", ["1,000.50", "and", "3", "x", "a", "b"]),
        ("£5 😀😀", ["£", "5", "😀", "😀"]),
        ("👩\u200d💻 ❤️", ["👩", "💻", "❤"]),
        ("我爱北京。ok", ["我爱北京", "ok"]),
        ("السَّلامُ عليـكم", ["السلام", "عليكم"]),
        ("שָׁלוֹם", ["שלום"]),
        ("ＦＵＬＬ ﬁne", ["full", "fine"]),
        ("naïve nai\u0308ve", ["naïve", "naïve"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("soft\u00adhyphen \ufeffmark", ["softhyphen", "mark"]),
        ("... --- \t\n", []),
        ("", []),
    ],
)
def test_words_of_a_text(text, expected):
    assert pieces(text) == [expected]


def test_words_stay_inside_their_text():
    assert pieces("a", "b", "", "1", ".5", "don", "'t") == [
        ["a"], ["b"], [], ["1"], ["5"], ["don"], ["t"],
    ]  # fmt: skip


def test_missing_text_is_an_empty_one():
    assert pieces(None, "a") == [[], ["a"]]


def test_no_texts_have_no_words():
    assert pieces() == []


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_columns_of_several_chunks_are_read_whole(kind):
    column = pa.chunked_array([["a b", None], [], ["c"]], kind)

    read = read_characters(column.slice(1))

    assert strings(read, spans(read, ALL)) == ["c"]


@given(TEXTS)
def test_every_letter_is_in_one_piece(texts):
    lowered = ["".join(re.findall(r"[ab1£我爱ل😀]", text)) for text in texts]

    found = ["".join(words) for words in pieces(*texts)]

    assert [re.sub(r"[.,'’]", "", words) for words in found] == lowered  # noqa: RUF001


@given(TEXTS)
def test_texts_read_together_or_alone_have_the_same_hashes(texts):
    together = read_characters(texts)
    alone = [read_characters([text]) for text in texts]

    hashes = hash_spans(together, spans(together, ALL)).tolist()

    assert hashes == [value for one in alone for value in hash_spans(one, spans(one, ALL)).tolist()]


def test_different_words_have_different_hashes():
    words = [f"{a}{b}" for a in range(300) for b in ("", "x", "xy", "yx", "aa", "aaa")]
    read = read_characters(words)

    assert len(set(hash_spans(read, spans(read, ALL)).tolist())) == len(set(words))


def test_windows_are_the_pieces_of_one_size():
    read = read_characters(["我爱北京", "你", "天安门"])

    found = strings(read, windows(spans(read, (UNSPACED,)), 2))

    assert found == ["我爱", "爱北", "北京", "天安", "安门"]


def test_windows_of_nothing_are_nothing():
    empty = Spans(np.zeros(0, np.int64), np.zeros(0, np.int64))

    assert len(windows(empty, 3).starts) == 0


def test_chunks_cover_all_rows_once_in_order(monkeypatch):
    monkeypatch.setattr(module, "_CHUNK_CHARACTERS", 20)
    texts = ["word " * (n % 9) for n in range(50)]
    column = string_column(texts)

    parts = list(map_chunks(lambda read: len(read.text_starts) - 1, column))

    assert [start for start, _, _ in parts] == [0, *[stop for _, stop, _ in parts][:-1]]
    assert parts[-1][1] == 50
    assert all(stop - start == rows > 0 for start, stop, rows in parts)
    assert len(parts) > 10


def test_text_longer_than_a_chunk_is_read(monkeypatch):
    monkeypatch.setattr(module, "_CHUNK_CHARACTERS", 20)
    column = string_column(["a", "b" * 5_000_000, "c"])

    assert chunk_bounds(column)[-1][1] == 3
    lengths = [np.diff(read) for _, _, read in map_chunks(lambda r: r.text_starts, column)]
    assert np.concatenate(lengths).tolist() == [1, 5_000_000, 1]


def test_no_rows_have_no_chunks():
    assert chunk_bounds(string_column([])) == []
