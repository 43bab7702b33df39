"""Tests of tokenised texts and padded batches."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from textcls_core.models.batching import TokenizedTexts, batches_by_length, pad_batch, tokenize

few = settings(max_examples=40)
TEXTS = ["the old cat", "a small dog was here", "", "snow"]


@pytest.fixture(scope="module")
def tokenizer(tiny_model_dir):
    return AutoTokenizer.from_pretrained(tiny_model_dir)


@pytest.fixture
def left_padding_tokenizer(tiny_model_dir):
    return AutoTokenizer.from_pretrained(tiny_model_dir, padding_side="left")


def test_tokenize_keeps_the_ids_and_order_of_the_texts(tokenizer):
    expected = tokenizer(TEXTS)["input_ids"]

    tokenized = tokenize(TEXTS, tokenizer, 128)

    assert [tokenized.ids_of(row).tolist() for row in range(len(TEXTS))] == expected
    assert len(tokenized) == 4
    assert tokenized.lengths.tolist() == [5, 7, 2, 3]


def test_tokenize_cuts_at_max_length_and_keeps_the_special_tokens(tokenizer):
    tokenized = tokenize(TEXTS, tokenizer, 4)

    assert tokenized.lengths.tolist() == [4, 4, 2, 3]
    assert tokenized.ids_of(1)[[0, -1]].tolist() == [tokenizer.cls_token_id, tokenizer.sep_token_id]


def test_tokenize_of_no_texts_is_empty(tokenizer):
    tokenized = tokenize([], tokenizer, 128)

    assert len(tokenized) == 0
    assert tokenized.lengths.shape == (0,)


def test_tokenize_gives_one_pad_token_to_a_text_without_tokens(tiny_models):
    tokenizer = AutoTokenizer.from_pretrained(tiny_models["gpt2"])
    tokenizer.pad_token = tokenizer.eos_token

    tokenized = tokenize(["", "the cat"], tokenizer, 128)

    assert tokenized.ids_of(0).tolist() == [tokenizer.pad_token_id]


def test_pad_batch_equals_the_padding_of_the_library(tokenizer):
    expected = tokenizer(TEXTS, padding=True, return_tensors="pt")

    batch = pad_batch(tokenize(TEXTS, tokenizer, 128), range(4), tokenizer)

    assert batch["input_ids"].equal(expected["input_ids"])
    assert batch["attention_mask"].equal(expected["attention_mask"])


def test_pad_batch_pads_on_the_left_if_the_tokenizer_does(left_padding_tokenizer):
    expected = left_padding_tokenizer(TEXTS, padding=True, return_tensors="pt")

    batch = pad_batch(
        tokenize(TEXTS, left_padding_tokenizer, 128), range(4), left_padding_tokenizer
    )

    assert batch["input_ids"].equal(expected["input_ids"])
    assert batch["attention_mask"].equal(expected["attention_mask"])


def test_pad_batch_takes_the_rows_in_the_order_asked_for(tokenizer):
    tokenized = tokenize(TEXTS, tokenizer, 128)

    batch = pad_batch(tokenized, [3, 0], tokenizer)

    assert batch["input_ids"].tolist() == [
        [*tokenized.ids_of(3), tokenizer.pad_token_id, tokenizer.pad_token_id],
        tokenized.ids_of(0).tolist(),
    ]


def test_pad_batch_of_equally_long_texts_has_no_mask(tokenizer):
    batch = pad_batch(tokenize(["snow", "rain"], tokenizer, 128), [0, 1], tokenizer)

    assert set(batch) == {"input_ids"}
    assert batch["input_ids"].shape == (2, 3)


def test_tokenized_texts_lengths_are_distances_of_offsets():
    tokenized = TokenizedTexts(np.array([7, 8, 9]), np.array([0, 2, 2, 3]))

    assert tokenized.lengths.tolist() == [2, 0, 1]
    assert tokenized.ids_of(2).tolist() == [9]


@few
@given(st.lists(st.integers(1, 600), max_size=80), st.integers(1, 1000))
def test_batches_by_length_hold_every_row_once(lengths, max_tokens):
    batches = batches_by_length(np.array(lengths, dtype=np.int64), max_tokens)

    assert sorted(int(row) for rows in batches for row in rows) == list(range(len(lengths)))


@few
@given(st.lists(st.integers(1, 600), min_size=1, max_size=80), st.integers(1, 1000))
def test_batches_by_length_fit_or_hold_a_single_text(lengths, max_tokens):
    array = np.array(lengths)

    batches = batches_by_length(array, max_tokens)

    assert all(len(rows) * array[rows].max() <= max_tokens or len(rows) == 1 for rows in batches)


@few
@given(st.lists(st.integers(1, 600), min_size=1, max_size=80))
def test_batches_by_length_go_from_long_to_short(lengths):
    array = np.array(lengths)

    batches = batches_by_length(array, 500)

    assert np.diff(array[np.concatenate(batches)]).max(initial=0) <= 0
