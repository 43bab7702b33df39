"""Tests of computing in smaller parts when memory runs out."""

import numpy as np
import pytest
import torch

from textcls_core.errors import ModelError
from textcls_core.models.classifier import Classifier
from textcls_core.models.memory import in_fitting_parts, is_out_of_memory

ROWS = np.arange(7)
TEXTS = ["the old cat", "this storm came in the morning " * 3, "", "a small apple", "snow", "bread"]


def limited(limit, sizes, error=torch.OutOfMemoryError):
    """Return a computation for at most so many rows at a time, which notes the sizes it saw."""

    def compute(rows):
        sizes.append(len(rows))
        if len(rows) > limit:
            raise error("CUDA out of memory")
        return torch.from_numpy(np.stack([rows, rows**2], axis=1))

    return compute


@pytest.mark.parametrize("error", [torch.OutOfMemoryError, RuntimeError])
@pytest.mark.parametrize(("limit", "halvings"), [(7, 0), (4, 1), (2, 2), (1, 3)])
def test_batches_are_halved_until_they_fit_and_keep_their_order(limit, halvings, error):
    found, needed = in_fitting_parts(limited(limit, [], error), ROWS, 0)

    np.testing.assert_array_equal(found, np.stack([ROWS, ROWS**2], axis=1))
    assert needed == halvings


def test_a_batch_is_cut_at_once_as_often_as_the_one_before():
    sizes = []

    in_fitting_parts(limited(2, sizes), ROWS, 2)

    assert sizes == [2, 2, 2, 1]


def test_a_single_text_that_does_not_fit_is_refused_with_advice():
    with pytest.raises(ModelError, match=r"while a single text was predicted\. Lower max_length"):
        in_fitting_parts(limited(0, []), ROWS, 0)


def test_other_errors_are_not_taken_for_a_lack_of_memory():
    def fail(_):
        raise RuntimeError("shapes differ")

    with pytest.raises(RuntimeError, match="shapes differ"):
        in_fitting_parts(fail, ROWS, 0)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (torch.OutOfMemoryError("no more"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
    ],
)
def test_a_lack_of_memory_is_told_from_other_errors(error, expected):
    assert is_out_of_memory(error) == expected


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "gpt2"])
def test_probabilities_are_the_same_in_little_memory(family, tiny_models, monkeypatch):
    classifier = Classifier.from_pretrained(tiny_models[family], ("a", "b", "c"), max_length=64)
    expected = classifier.predict_probabilities(TEXTS)
    logits, sizes = type(classifier).logits, []

    def little_memory(self, tokenized, rows, device, forward=None):
        sizes.append(len(rows))
        if len(rows) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return logits(self, tokenized, rows, device, forward)

    monkeypatch.setattr(type(classifier), "logits", little_memory)
    first, second = (classifier.predict_probabilities(TEXTS) for _ in range(2))

    np.testing.assert_allclose(first, expected, atol=1e-5)
    np.testing.assert_array_equal(first, second)
    assert sizes == [6, 3, 2, 2, 1, 1, 2, 2, 1, 1]  # what did not fit once is not tried again
