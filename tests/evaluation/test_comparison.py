"""A run against a reference: what changed, and what is refused."""

import numpy as np
import pytest

from tests.cases import MIXED, NO_EXAMPLE, decided, make_label_sets, make_predictions
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.bootstrap import Interval
from textcls_core.evaluation.by_task import figures_of
from textcls_core.evaluation.comparison import Change, compare

BETTER = decided([0, 0, 0, 1, 1, 2], [0, 0, 0, 1, 1, 1])
"""Right in rows 2 and 4, where `MIXED` is wrong; wrong in row 5, where it is right."""


def many(num_right, num_rows=400):
    """Return predictions of two classes that are right in the first rows."""
    true = np.arange(num_rows) % 2
    predicted = np.where(np.arange(num_rows) < num_right, true, 1 - true)
    return make_predictions(true, 0.8 * np.eye(2)[predicted] + 0.1, ["ham", "spam"])


def test_compare_names_fixed_and_broken_rows():
    found = compare(MIXED, BETTER)

    assert found.fixed.tolist() == [2, 4]
    assert found.broken.tolist() == [5]
    assert (found.mcnemar.fixed, found.mcnemar.broken) == (2, 1)


def test_compare_gives_the_figures_of_both():
    found = compare(MIXED, BETTER)

    was, now = figures_of(MIXED), figures_of(BETTER)
    for name in ("accuracy", "balanced_accuracy", "macro_f1", "weighted_f1", "loss"):
        change = found.figure(name)
        assert (change.reference, change.other) == (getattr(was, name), getattr(now, name))
        assert change.difference == getattr(now, name) - getattr(was, name)
        assert change.interval.low <= change.interval.high


def test_compare_gives_every_class_with_its_rows():
    found = compare(MIXED, BETTER)

    assert [(one.label, one.support) for one in found.per_class] == [
        ("ham", 3),
        ("spam", 2),
        ("news", 1),
    ]
    assert found.per_class[0].recall.difference == pytest.approx(1 / 3)
    assert found.per_class[2].f1.other == 0.0


def test_compare_is_the_other_way_round_with_the_runs_changed():
    there, back = compare(MIXED, BETTER), compare(BETTER, MIXED)

    assert back.fixed.tolist() == there.broken.tolist()
    assert back.figure("accuracy").difference == -there.figure("accuracy").difference


def test_compare_shows_a_large_difference():
    found = compare(many(300), many(360))

    accuracy = found.figure("accuracy")
    assert accuracy.difference == pytest.approx(0.15)
    assert 0.1 < accuracy.interval.low < 0.15 < accuracy.interval.high < 0.2
    assert found.mcnemar.p_value < 1e-9
    assert found.outcome() == "better"
    assert compare(many(360), many(300)).outcome() == "worse"
    assert found.figure("loss").outcome == "better"


def test_compare_of_equal_runs_is_unclear():
    found = compare(MIXED, MIXED)

    assert found.outcome() == "unclear"
    assert found.mcnemar.p_value == 1.0
    assert found.figure("accuracy").interval == Interval(0.0, 0.0)


def test_compare_does_not_call_chance_a_difference():
    assert compare(many(300), many(303)).outcome() == "unclear"


def test_comparison_outcome_needs_the_corrected_p_value():
    assert compare(many(300), many(360)).outcome(p_value=0.06) == "unclear"


def test_compare_of_label_sets_counts_a_row_if_all_labels_are_right():
    targets = [[1, 0, 1], [0, 0, 0], [0, 1, 0]]
    one = make_label_sets(targets, [[0.9, 0.1, 0.2], [0.1, 0.1, 0.1], [0.1, 0.9, 0.1]])
    another = make_label_sets(targets, [[0.9, 0.1, 0.8], [0.1, 0.1, 0.7], [0.1, 0.9, 0.1]])

    found = compare(one, another)

    assert (found.fixed.tolist(), found.broken.tolist()) == ([0], [1])
    assert found.figure("micro_f1").reference == figures_of(one).micro_f1
    assert found.figure("hamming_loss").other == figures_of(another).hamming_loss
    assert found.task == "multi_label"


def test_compare_refuses_other_rows():
    with pytest.raises(InvalidArgumentError, match="but their rows are not the same: 3 rows only"):
        compare(MIXED, decided([0, 0, 0], [0, 0, 0]))


def test_compare_refuses_changed_labels():
    with pytest.raises(InvalidArgumentError, match="were changed in between: 1 of the 6"):
        compare(MIXED, decided([0, 0, 0, 1, 1, 1], [0] * 6))


def test_compare_refuses_no_rows():
    with pytest.raises(InvalidArgumentError, match="at least one prediction"):
        compare(NO_EXAMPLE, NO_EXAMPLE)


def test_comparison_knows_only_what_was_measured():
    with pytest.raises(InvalidArgumentError, match=r'figures accuracy, .* got "micro_f1"'):
        compare(MIXED, BETTER).figure("micro_f1")


@pytest.mark.parametrize(
    ("name", "low", "high", "outcome"),
    [
        ("accuracy", 0.01, 0.02, "better"),
        ("accuracy", -0.02, -0.01, "worse"),
        ("accuracy", -0.01, 0.02, "unclear"),
        ("accuracy", 0.0, 0.02, "unclear"),
        ("loss", 0.01, 0.02, "worse"),
        ("loss", -0.02, -0.01, "better"),
        ("hamming_loss", -0.02, -0.01, "better"),
    ],
)
def test_change_outcome_reads_the_interval(name, low, high, outcome):
    assert Change(name, 0.5, 0.6, Interval(low, high)).outcome == outcome


def test_comparison_json_names_rows_by_id():
    facts = compare(MIXED, BETTER).to_json()

    assert facts["fixed"] == ["row-2", "row-4"]
    assert facts["broken"] == ["row-5"]
    assert facts["mcnemar"]["method"] == "exact binomial"
    assert facts["figures"]["accuracy"]["difference"] == pytest.approx(1 / 6)
    assert [one["label"] for one in facts["per_class"]] == ["ham", "spam", "news"]
