import numpy as np
import pyarrow as pa
import pytest

from textcls_core.dataset.moments import parse_moments
from textcls_core.errors import InvalidArgumentError


def parse(cells):
    return parse_moments(pa.chunked_array([pa.array(cells, pa.string())]), "when")


@pytest.mark.parametrize(
    "cells",
    [
        ["-3", "1", "2.5", "1e3"],
        ["20231231", "20240131"],
        ["2023-12-01", "2024-01-31"],
        ["2024-01-31 09:00", "2024-01-31T10:00:00", "2024-01-31 10:00:00.5"],
        ["2024-01-31T10:00:00+02:00", "2024-01-31T09:00:00Z"],
        ["31.1.2024", "1.2.2024"],
        ["13/1/2024", "1/2/2024"],
        ["1/13/2024", "2/1/2024"],
        ["13/1/2024 10:00", "1/2/2024 09:00"],
        ["2024/01/31", "2024/02/01"],
        ["1 March 2024", "12 April 2024"],
        ["Jan 2, 2024", "Feb 1, 2024"],
        ["Mon Jan 01 10:00:00 +0000 2024", "Mon Jan 01 10:00:01 +0000 2024"],
        ["Mon, 01 Jan 2024 10:00:00 +0000", "Tue, 02 Jan 2024 10:00:00 +0000"],
        [" 1 ", "2"],
    ],
    ids=lambda cells: cells[0],
)
def test_moments_grow_with_time(cells):
    moments = parse(cells)

    assert (np.diff(moments) > 0).all()


def test_moments_of_equal_times_in_two_zones_are_equal():
    first, second = parse(["2024-01-31T10:00:00+02:00", "2024-01-31T08:00:00Z"])

    assert first == second


def test_moments_of_an_empty_column_are_none():
    assert len(parse([])) == 0


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["1", "x"], r'Column "when" holds 1 cell of 2 that is no date .*, for example "x"'),
        (["1", None, ""], "holds 2 cells of 3 .* an empty cell, an empty cell"),
        (["1", "nan"], 'holds 1 cell of 2 .* "nan"'),
        (["1", "inf"], 'holds 1 cell of 2 .* "inf"'),
        (["2024-01-31", "2024-02-31"], 'holds 1 cell of 2 .* "2024-02-31"'),
        (["a"] * 2_000, "holds 2,000 cells"),
        (["1/1/2024", "1/2/2024"], "the day first and with the month first"),
    ],
    ids=["word", "empty", "nan", "inf", "no such day", "only words", "day or month"],
)
def test_moments_refuse_what_has_no_order(cells, message):
    with pytest.raises(InvalidArgumentError, match=message):
        parse(cells)


def test_moments_with_the_same_order_either_way_are_read():
    assert len(parse(["1/1/2024", "2/2/2024"])) == 2


def test_moments_of_cells_with_sql_in_them_are_only_cells():
    with pytest.raises(InvalidArgumentError, match="holds 1 cell of 2"):
        parse(["1", "1'); DROP TABLE cells; --"])
