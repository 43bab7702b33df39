import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcls_core.dataset.building import duplicate_key
from textcls_core.dataset.keys import exact_keys, normalised_keys

TEXTS = st.lists(
    st.text(st.sampled_from("aAbBéÉe\u0301 \t.,!“”你好\u00a0\uff2bk-"), max_size=6),
    min_size=1,
    max_size=8,
)


def column(texts, chunks=2) -> pa.ChunkedArray:
    step = max(len(texts) // chunks, 1)
    parts = [texts[start : start + step] for start in range(0, len(texts), step)]
    return pa.chunked_array([pa.array(part, pa.string()) for part in parts])


def partition(keys) -> list[int]:
    """Return for each row the first row with the same key."""
    values = list(keys)
    return [values.index(value) for value in values]


def plain(text: str) -> str:
    """Return a text's words as a slow and simple program would."""
    folded = unicodedata.normalize("NFKC", text.lower()).lower()
    kept = [c if unicodedata.category(c)[0] in "LMNS" else " " for c in folded]
    return " ".join("".join(kept).split()) or duplicate_key(text)


@given(TEXTS)
def test_exact_keys_agree_with_duplicate_key(texts):
    assert partition(exact_keys(column(texts))) == partition(map(duplicate_key, texts))


@given(TEXTS)
def test_normalised_keys_agree_with_a_simple_program(texts):
    assert partition(normalised_keys(column(texts))) == partition(map(plain, texts))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Hello, World!", "hello world"),
        ("  a  b ", "A\tB"),
        ("“Quoted” — text", "quoted text"),
        ("\uff21\uff22\uff23", "abc"),
        ("ﬁne", "FINE"),
        ("你好。", "你好"),
    ],
)
def test_normalised_keys_ignore_case_punctuation_and_forms(first, second):
    keys = normalised_keys(column([first, second]))

    assert keys[0] == keys[1]


@pytest.mark.parametrize(
    ("first", "second"), [("a b", "ab"), ("!!!", "???"), ("5 €", "5 $"), ("😀", "😡"), ("é", "e")]
)
def test_normalised_keys_tell_apart_what_differs(first, second):
    keys = normalised_keys(column([first, second]))

    assert keys[0] != keys[1]


@pytest.mark.parametrize("keys", [exact_keys, normalised_keys])
def test_keys_of_no_texts(keys):
    assert keys(pa.chunked_array([], pa.string())).tolist() == []


def test_keys_of_a_slice_do_not_read_its_neighbours():
    texts = column(["x", "A b", "a B", "y"], chunks=1).slice(1, 2)

    assert len(set(normalised_keys(texts))) == 1
