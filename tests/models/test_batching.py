"""Tests of padded batches, and of groups of texts that fit in memory."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoTokenizer

from textcls_core.models.batching import batches_by_length, pad_batch
from textcls_core.models.tokens import Reading, tokenize

few = settings(max_examples=40)
TEXTS = ["the old cat", "a small dog was here", "", "snow"]


@pytest.fixture(scope="module")
def tokenizer(tiny_model_dir):
    return AutoTokenizer.from_pretrained(tiny_model_dir)


@pytest.fixture
def left_padding_tokenizer(tiny_model_dir):
    return AutoTokenizer.from_pretrained(tiny_model_dir, padding_side="left")


def sequences_of(texts, tokenizer):
    return tokenize(texts, tokenizer, Reading(128)).sequences(range(len(texts)))[0]


def test_pad_batch_equals_the_padding_of_the_library(tokenizer):
    expected = tokenizer(TEXTS, padding=True, return_tensors="pt")

    batch = pad_batch(sequences_of(TEXTS, tokenizer), tokenizer)

    assert batch["input_ids"].equal(expected["input_ids"])
    assert batch["attention_mask"].equal(expected["attention_mask"])


def test_pad_batch_pads_on_the_left_if_the_tokenizer_does(left_padding_tokenizer):
    expected = left_padding_tokenizer(TEXTS, padding=True, return_tensors="pt")

    batch = pad_batch(sequences_of(TEXTS, left_padding_tokenizer), left_padding_tokenizer)

    assert batch["input_ids"].equal(expected["input_ids"])
    assert batch["attention_mask"].equal(expected["attention_mask"])


def test_pad_batch_keeps_the_order_of_the_sequences(tokenizer):
    cat, _, _, snow = sequences_of(TEXTS, tokenizer)

    batch = pad_batch([snow, cat], tokenizer)

    pad = tokenizer.pad_token_id
    assert batch["input_ids"].tolist() == [[*snow, pad, pad], cat.tolist()]


def test_pad_batch_of_equally_long_sequences_has_no_mask(tokenizer):
    batch = pad_batch(sequences_of(["snow", "rain"], tokenizer), tokenizer)

    assert set(batch) == {"input_ids"}
    assert batch["input_ids"].shape == (2, 3)


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32, np.int32, np.int64])
def test_pad_batch_takes_every_type_that_ids_are_stored_in(tokenizer, dtype):
    batch = pad_batch([np.array([7, 40_000], dtype)], tokenizer)

    assert batch["input_ids"].dtype == torch.int64
    assert batch["input_ids"].tolist() == [[7, 40_000]]


@pytest.mark.parametrize(
    ("lengths", "multiple_of", "width"), [([3, 2], 8, 8), ([8, 8], 8, 8), ([9], 8, 16), ([5], 1, 5)]
)
def test_pad_batch_rounds_the_width_up(tokenizer, lengths, multiple_of, width):
    sequences = [np.full(length, 9) for length in lengths]

    batch = pad_batch(sequences, tokenizer, multiple_of)

    mask = batch.get("attention_mask", torch.ones(len(lengths), width))
    assert batch["input_ids"].shape == (len(lengths), width)
    assert mask.sum(1).tolist() == lengths
    assert (batch["input_ids"] == 9).sum(1).tolist() == lengths


@few
@given(lengths=st.lists(st.integers(1, 30), min_size=1, max_size=8), multiple_of=st.integers(1, 40))
def test_pad_batch_never_loses_a_token(tokenizer, lengths, multiple_of):
    sequences = [np.arange(5, 5 + length) for length in lengths]

    batch = pad_batch(sequences, tokenizer, multiple_of)

    mask = batch.get("attention_mask", torch.ones_like(batch["input_ids"]))
    assert batch["input_ids"][mask == 1].tolist() == np.concatenate(sequences).tolist()
    assert (batch["input_ids"][mask == 0] == tokenizer.pad_token_id).all()


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
