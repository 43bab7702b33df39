"""Tests of tokenised texts: what is read of a text, and where it lies."""

import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from textcls_core.models import tokens as module
from textcls_core.models.tokens import Reading, TokenizedTexts, tokenize

few = settings(max_examples=40)
WHOLE = Reading(128)
MODES = ["truncate", "head_tail", "windows"]
TEXTS = ["the old cat", "a small dog was here", "", "snow"]
ALPHABET = " ".join(string.ascii_lowercase)  # 26 tokens and two special ones
LETTERS = (
    st.integers(0, 120)  # drawn first, because lists alone are mostly short
    .flatmap(lambda n: st.text(string.ascii_lowercase, min_size=n, max_size=n))
    .map(" ".join)
)
LIMITS = st.integers(8, 40)


@pytest.fixture(scope="module")
def tokenizer(tiny_model_dir):
    return AutoTokenizer.from_pretrained(tiny_model_dir)


@pytest.fixture(scope="module")
def bare_tokenizer(tiny_models):
    """A tokenizer that adds no special tokens, so that a text may have no token."""
    tokenizer = AutoTokenizer.from_pretrained(tiny_models["gpt2"])
    tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def ids_of(tokenizer, text):
    """Return all token ids of one text, special tokens included, as the library gives them."""
    return tokenizer(text, verbose=False)["input_ids"]


def sequences_of(text, tokenizer, reading):
    """Return the sequences of one text as lists."""
    return [ids.tolist() for ids in tokenize([text], tokenizer, reading).sequences([0])[0]]


def windows_of(text, tokenizer, max_length, max_windows=64):
    return sequences_of(text, tokenizer, Reading(max_length, "windows", max_windows))


# Whole texts


def test_tokenize_keeps_the_ids_and_order_of_the_texts(tokenizer):
    expected = tokenizer(TEXTS)["input_ids"]

    tokenized = tokenize(TEXTS, tokenizer, WHOLE)

    assert [tokenized.ids_of(row).tolist() for row in range(len(TEXTS))] == expected
    assert len(tokenized) == 4
    assert tokenized.lengths.tolist() == [5, 7, 2, 3]


@pytest.mark.parametrize("mode", MODES)
def test_tokenize_reads_short_texts_whole_in_every_mode(tokenizer, mode):
    tokenized = tokenize(TEXTS, tokenizer, Reading(128, mode))

    assert [tokenized.ids_of(row).tolist() for row in range(4)] == tokenizer(TEXTS)["input_ids"]
    assert tokenized.counts.tolist() == [1, 1, 1, 1]


@pytest.mark.parametrize("mode", MODES)
def test_tokenize_of_no_texts_is_empty(tokenizer, mode):
    tokenized = tokenize([], tokenizer, Reading(128, mode))

    assert len(tokenized) == 0
    assert tokenized.lengths.shape == (0,)


@pytest.mark.parametrize("mode", MODES)
def test_tokenize_gives_one_pad_token_to_a_text_without_tokens(bare_tokenizer, mode):
    texts = ["", "the cat", "", ""]

    tokenized = tokenize(texts, bare_tokenizer, Reading(128, mode))

    assert tokenized.ids_of(0).tolist() == [bare_tokenizer.pad_token_id]
    assert tokenized.ids_of(1).tolist() == ids_of(bare_tokenizer, "the cat")
    assert tokenized.lengths[[0, 2, 3]].tolist() == [1, 1, 1]


@pytest.mark.parametrize("mode", MODES)
def test_tokenize_gives_the_same_in_small_portions(tokenizer, monkeypatch, mode):
    texts = [*TEXTS, ALPHABET, "rain"]
    reading = Reading(10, mode)
    expected = tokenize(texts, tokenizer, reading)

    monkeypatch.setattr(module, "_TEXTS_AT_ONCE", 2)
    tokenized = tokenize(texts, tokenizer, reading)

    assert tokenized.input_ids.tolist() == expected.input_ids.tolist()
    assert tokenized.sizes.tolist() == expected.sizes.tolist()
    assert tokenized.counts.tolist() == expected.counts.tolist()


# Long texts


def test_truncate_cuts_at_max_length_and_keeps_the_special_tokens(tokenizer):
    tokenized = tokenize(TEXTS, tokenizer, Reading(4))

    assert tokenized.lengths.tolist() == [4, 4, 2, 3]
    assert tokenized.ids_of(1)[[0, -1]].tolist() == [tokenizer.cls_token_id, tokenizer.sep_token_id]


@few
@given(text=LETTERS, limit=LIMITS)
def test_truncate_equals_the_library(tokenizer, text, limit):
    expected = tokenizer(text, truncation=True, max_length=limit)["input_ids"]

    assert sequences_of(text, tokenizer, Reading(limit)) == [expected]


def test_head_tail_keeps_both_ends(tokenizer):
    [ids] = sequences_of(ALPHABET, tokenizer, Reading(9, "head_tail"))

    assert tokenizer.convert_ids_to_tokens(ids) == [
        *("[CLS]", "a", "b", "c", "d"),
        *("x", "y", "z", "[SEP]"),
    ]


@few
@given(text=LETTERS, limit=LIMITS)
def test_head_tail_reads_a_prefix_and_a_suffix_of_all_tokens(tokenizer, text, limit):
    everything = ids_of(tokenizer, text)

    [ids] = sequences_of(text, tokenizer, Reading(limit, "head_tail"))

    assert len(ids) == min(len(everything), limit)
    assert ids[: -(-limit // 2)] == everything[: -(-limit // 2)]
    assert ids[-(limit // 2) :] == everything[-(limit // 2) :]


def test_windows_repeat_a_quarter_of_the_window_before(tokenizer):
    windows = windows_of(ALPHABET, tokenizer, max_length=16)

    assert [tokenizer.decode(ids, skip_special_tokens=True) for ids in windows] == [
        "a b c d e f g h i j k l m n",
        "k l m n o p q r s t u v w x",
        "u v w x y z",
    ]


@few
@given(text=LETTERS, limit=LIMITS)
def test_windows_have_special_tokens_and_fit(tokenizer, text, limit):
    windows = windows_of(text, tokenizer, limit)

    assert all(
        (ids[0], ids[-1]) == (tokenizer.cls_token_id, tokenizer.sep_token_id) for ids in windows
    )
    assert max(map(len, windows)) <= limit
    assert {len(ids) for ids in windows[:-1]} <= {limit}


@few
@given(text=LETTERS, limit=LIMITS)
def test_windows_overlap_by_a_quarter_and_cover_the_text(tokenizer, text, limit):
    overlap = limit // 4

    first, *others = (ids[1:-1] for ids in windows_of(text, tokenizer, limit))

    covered = list(first)
    for ids in others:
        assert ids[:overlap] == covered[-overlap:]
        covered += ids[overlap:]
    assert covered == ids_of(tokenizer, text)[1:-1]


@few
@given(text=LETTERS, limit=LIMITS, max_windows=st.integers(2, 5))
def test_windows_are_the_first_ones_of_a_very_long_text(tokenizer, text, limit, max_windows):
    windows = windows_of(text, tokenizer, limit, max_windows)

    assert windows == windows_of(text, tokenizer, limit)[:max_windows]


@few
@given(text=LETTERS, limit=LIMITS, max_windows=st.integers(2, 5))
def test_windows_of_token_ids_are_those_of_the_text(tokenizer, text, limit, max_windows):
    ids = np.array(ids_of(tokenizer, text))

    found = module.sequences_of(ids, tokenizer, Reading(limit, "windows", max_windows))

    assert [one.tolist() for one in found] == windows_of(text, tokenizer, limit, max_windows)


def test_windows_of_token_ids_need_no_special_tokens(bare_tokenizer):
    text = "cat " * 40
    ids = np.array(ids_of(bare_tokenizer, text))

    found = module.sequences_of(ids, bare_tokenizer, Reading(8, "windows", 64))

    assert [one.tolist() for one in found] == windows_of(text, bare_tokenizer, 8)


def test_token_ids_are_read_at_once_without_windows(tokenizer):
    ids = np.array(ids_of(tokenizer, ALPHABET))

    [found] = module.sequences_of(ids, tokenizer, Reading(128, "head_tail"))

    assert found is ids


def test_windows_stay_with_their_texts(tokenizer):
    texts = ["snow", ALPHABET, "", "rain"]

    tokenized = tokenize(texts, tokenizer, Reading(16, "windows"))

    assert tokenized.counts.tolist() == [1, 3, 1, 1]
    assert tokenized.lengths.tolist() == [3, 16 + 16 + 8, 2, 3]
    assert tokenized.sequences([3, 1, 0])[1] == [0, 1, 1, 1, 2]
    assert tokenized.ids_of(3).tolist() == ids_of(tokenizer, "rain")


def test_windows_need_no_special_tokens(bare_tokenizer):
    windows = windows_of("cat " * 40, bare_tokenizer, 8)

    assert windows[0][-2:] == windows[1][:2]
    assert max(map(len, windows)) == 8


# Some of the texts


@pytest.fixture
def numbers():
    """Four texts: [0], [10, 11] and [12] in two windows, [20], [30, 31]."""
    ids = np.array([0, 10, 11, 12, 20, 30, 31])
    return TokenizedTexts(ids, np.array([1, 2, 1, 1, 2]), np.array([1, 2, 1, 1]))


def test_lengths_are_sums_over_the_sequences_of_a_text(numbers):
    assert numbers.lengths.tolist() == [1, 3, 1, 2]
    assert numbers.ids_of(1).tolist() == [10, 11, 12]


def test_sequence_lengths_are_those_of_the_windows(numbers):
    assert numbers.sequence_lengths(np.array([3, 1, 3])).tolist() == [2, 2, 1, 2]
    assert numbers.take(np.array([1, 0])).sequence_lengths(np.array([0, 1])).tolist() == [2, 1, 1]
    assert numbers.sequence_lengths(np.array([], int)).tolist() == []


def test_sequences_come_with_their_owners(numbers):
    sequences, owners = numbers.sequences([3, 1, 3])

    assert [ids.tolist() for ids in sequences] == [[30, 31], [10, 11], [12], [30, 31]]
    assert owners == [0, 1, 1, 2]


def test_take_keeps_the_order_asked_for(numbers):
    taken = numbers.take(np.array([3, 1]))

    assert len(taken) == 2
    assert taken.lengths.tolist() == [2, 3]
    assert taken.ids_of(0).tolist() == [30, 31]


def test_take_of_taken_texts_counts_from_these(numbers):
    taken = numbers.take(np.array([3, 1, 0])).take(np.array([2, 1]))

    assert [taken.ids_of(row).tolist() for row in range(2)] == [[0], [10, 11, 12]]


def test_take_shares_the_token_ids(numbers):
    taken = numbers.take(np.array([1]))

    assert taken.input_ids is numbers.input_ids
    assert all(np.shares_memory(ids, numbers.input_ids) for ids in taken.sequences([0])[0])


def test_take_of_nothing_is_empty(numbers):
    taken = numbers.take(np.array([], dtype=np.int64))

    assert (len(taken), taken.lengths.shape) == (0, (0,))
