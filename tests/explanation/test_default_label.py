"""Tests of the label that is explained unless another one is asked for."""

import numpy as np
import pytest

from textcls_core.evaluation.rule import DecisionRule
from textcls_core.explanation.default_label import DefaultLabel

LABELS = ("a", "b", "c")
COSTS = DecisionRule(kind="costs", costs=((0, 1, 1), (9, 0, 9), (1, 1, 0)))
THRESHOLDS = DecisionRule(kind="thresholds", thresholds=(0.9, 0.3, 0.1))


@pytest.mark.parametrize(
    ("rule", "task", "probabilities", "name", "is_answer"),
    [
        (DecisionRule(), "single_label", (0.5, 0.3, 0.2), "a", True),
        (COSTS, "single_label", (0.5, 0.3, 0.2), "b", True),
        (DecisionRule(abstain_below=0.8), "single_label", (0.5, 0.3, 0.2), "a", False),
        (THRESHOLDS, "multi_label", (0.8, 0.4, 0.6), "c", True),
        (THRESHOLDS, "multi_label", (0.8, 0.2, 0.05), "a", False),
    ],
)
def test_the_answer_of_the_rule_is_explained(rule, task, probabilities, name, is_answer):
    found = DefaultLabel.of(rule, task, np.array(probabilities), LABELS)

    assert (found.name, found.is_answer) == (name, is_answer)
