"""The matrix and the reliability diagram of a report."""

import numpy as np
import pytest

from tests.reporting.cases import Document
from textcls_core.evaluation.calibration import Reliability, ReliabilityBin
from textcls_core.reporting.drawings import (
    MAX_CLASSES,
    OTHERS,
    condensed,
    matrix,
    reliability_diagram,
)

COUNTS = np.array([[5, 2, 0], [1, 7, 0], [0, 0, 3]])
NAMES = ["<b>ham</b>", "spam", "news"]


def cells(markup):
    """Return what the cells of a table show."""
    document = Document(markup)
    return [one for one in document.texts if one.strip()]


def test_matrix_shows_every_count_and_the_totals():
    assert cells(matrix(COUNTS, NAMES)) == [
        *("true \\ predicted", "<b>ham</b>", "spam", "news", "all"),
        *("<b>ham</b>", "5", "2", "7"),
        *("spam", "1", "7", "8"),
        *("news", "3", "3"),
    ]


@pytest.mark.parametrize("size", [1, 2, MAX_CLASSES])
def test_condensed_keeps_a_small_matrix(size):
    counts = np.eye(size, dtype=np.int64)

    kept, found = condensed(counts)

    assert kept == list(range(size))
    assert found is counts


def test_condensed_keeps_the_classes_with_most_mistakes_and_all_rows(generator):
    counts = generator.integers(0, 5, (77, 77))

    kept, found = condensed(counts)

    wrong = counts.sum(0) + counts.sum(1) - 2 * counts.diagonal()
    assert found.shape == (MAX_CLASSES + 1, MAX_CLASSES + 1)
    assert found.sum() == counts.sum()
    assert kept == sorted(kept)
    assert min(wrong[kept]) >= max(np.delete(wrong, kept))
    assert found[0, 1] == counts[kept[0], kept[1]]


def test_matrix_of_many_classes_joins_the_rest():
    counts = np.diag(np.arange(77))

    shown = cells(matrix(counts, [f"class {n}" for n in range(77)]))

    assert shown.count(OTHERS) == 2


def test_matrix_of_no_mistake_is_drawn():
    assert "NaN" not in matrix(np.zeros((2, 2), dtype=np.int64), ["a", "b"])


def test_reliability_diagram_has_a_point_for_every_bin():
    bins = (
        ReliabilityBin(0.4, 0.6, 10, 0.5, 0.4, 0.2, 0.7),
        ReliabilityBin(0.9, 1.0, 90, 0.95, 0.9, 0.8, 1.0),
    )

    document = Document(reliability_diagram(Reliability(bins), "rows"))

    assert document.names.count("circle") == 2
    assert "90 rows, 95.0 % sure, 90.0 % right" in document.text
    assert ("cx", "208.0") in document.attributes
    assert ("aria-label", "Reliability diagram") in document.attributes
