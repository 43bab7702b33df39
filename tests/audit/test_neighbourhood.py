import numpy as np
import pytest

from tests.audit.cases import by_kind, make
from textcls_core.audit.neighbourhood import check_neighbours, deviations, overlap
from textcls_core.audit.rows import AuditedRows


def test_overlap_counts_neighbours_of_other_classes_only():
    labels = np.array([[1, 0], [0, 1], [1, 1]], dtype=np.float32)
    near = np.array([[1, 2], [0, 2], [0, 1]])

    shares, sizes = overlap(labels, near)

    assert sizes.tolist() == [2, 2]
    # Row 0 (a): row 1 is b only, row 2 is a too. Row 2 (a, b): row 0 is a, row 1 is b only.
    assert shares.tolist() == [[0, 0.5], [0.5, 0]]


def planted(generator, labels) -> tuple[AuditedRows, np.ndarray]:
    """Return rows around two far points, and one that is near nothing."""
    centres = np.zeros((len(labels) + 1, 8))
    centres[:40, 0] = centres[40:80, 1] = centres[80, 2] = 1
    vectors = centres + generator.normal(0, 0.05, centres.shape)
    return AuditedRows(make([f"t{n}" for n in range(81)], [*labels, 0])), vectors


def test_check_neighbours_names_a_row_far_from_all_others(generator):
    rows, vectors = planted(generator, [0] * 40 + [1] * 40)

    found = by_kind(check_neighbours(rows, vectors, np.arange(81)))

    assert found["outliers"].row_ids == ("r80",)
    assert "class_overlap" not in found


def test_check_neighbours_names_classes_in_one_place(generator):
    rows, vectors = planted(generator, [0, 1] * 20 + [0] * 40)

    found = by_kind(check_neighbours(rows, vectors, np.arange(81)))

    assert found["class_overlap"].examples[0].startswith("b → a (")
    assert found["class_overlap"].gate == "warn"


def test_check_neighbours_says_what_was_measured(generator):
    rows, vectors = planted(generator, [0] * 40 + [1] * 40)
    chosen = np.r_[np.arange(0, 80, 2), 80]

    (finding,) = check_neighbours(rows, vectors[chosen], chosen)

    assert "measured on 41 of 81 texts" in finding.message
    assert finding.row_ids == ("r80",)


@pytest.mark.parametrize("count", [0, 1, 10])
def test_check_neighbours_is_silent_with_too_few_rows(count):
    rows = AuditedRows(make([f"t{n}" for n in range(count)]))

    assert check_neighbours(rows, np.ones((count, 4)), np.arange(count)) == []


def test_deviations_of_equal_values_are_zero():
    assert deviations(np.ones(5)).tolist() == [0] * 5
