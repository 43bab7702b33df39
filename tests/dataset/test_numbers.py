"""Tests of reading numbers from a column of text."""

import numpy as np
import pyarrow as pa

from textcls_core.dataset.numbers import numbers_of


def test_numbers_of_empty_cells_are_nan():
    found = numbers_of(pa.chunked_array([["1", " 2.5 ", "", None, "inf"]]))

    np.testing.assert_array_equal(found, [1, 2.5, np.nan, np.nan, np.nan])


def test_numbers_of_words_are_none():
    assert numbers_of(pa.chunked_array([["1", "two"]])) is None
