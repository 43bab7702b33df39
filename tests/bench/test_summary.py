"""Spreads, ratios and the printed lines."""

import doctest

import pytest

from bench import summary


def test_examples_in_the_docstrings_hold() -> None:
    assert doctest.testmod(summary).failed == 0


def test_ratios_pair_what_was_measured_side_by_side() -> None:
    assert summary.ratios([10, 30, 8], [1, 2, 1]) == {"min": 8, "median": 10, "max": 15}


def test_ratios_refuse_a_missing_partner() -> None:
    with pytest.raises(ValueError, match="shorter"):
        summary.ratios([1.0, 2.0], [1.0])


def test_deviation_of_one_value_is_zero() -> None:
    assert summary.mean_and_deviation([0.5]) == {"mean": 0.5, "std": 0.0}


def test_deviation_is_that_of_a_sample() -> None:
    assert summary.mean_and_deviation([1.0, 3.0]) == {"mean": 2.0, "std": 1.41421}


def test_lines_name_each_figure_and_leave_raw_lists_out() -> None:
    figures = {"r8": {"ratio_p0": {"min": 1, "median": 2, "max": 3}, "raw": [{}], "steps": [1, 2]}}

    lines = list(summary.lines(figures))

    assert lines == ["r8.ratio_p0: 2 (1–3)", "r8.steps: [1, 2]"]  # noqa: RUF001 - a range
