"""Tests of the decision kept beside a model: its file, and what a temperature does."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.decision import Decision, read_decision, tempered, write_decision
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.models.probabilities import sigmoid, softmax

LOGITS = arrays(np.float64, (4, 3), elements=st.floats(-20, 20))
TEMPERATURES = st.floats(0.2, 5)


@given(LOGITS, TEMPERATURES)
def test_tempered_classes_equal_the_softmax_of_divided_logits(logits, temperature):
    found = tempered(softmax(logits), temperature, "single_label")

    assert np.allclose(found, softmax(logits / temperature), rtol=1e-9, atol=1e-12)


@given(LOGITS, TEMPERATURES)
def test_tempered_labels_equal_the_sigmoid_of_divided_logits(logits, temperature):
    found = tempered(sigmoid(logits), temperature, "multi_label")

    assert np.allclose(found, sigmoid(logits / temperature), rtol=1e-6, atol=1e-9)


def test_temperature_one_changes_nothing():
    probabilities = np.array([[1.0, 0.0]])

    assert tempered(probabilities, 1.0, "single_label") is probabilities


def test_tempered_certainty_stays_certain():
    assert tempered(np.array([[1.0, 0.0]]), 3.0, "single_label").tolist() == [[1.0, 0.0]]


def test_decision_is_read_as_it_was_written(tmp_path):
    write_decision(tmp_path, Decision(temperature=1.5))

    assert read_decision(tmp_path) == Decision(temperature=1.5)


def test_a_model_without_a_decision_has_the_defaults(tmp_path):
    assert read_decision(tmp_path) == Decision()


@pytest.mark.parametrize("content", ['{"temperature": 0}', '{"heat": 1}', "{"])
def test_damaged_decision_is_refused(tmp_path, content):
    (tmp_path / "textcls_decision.json").write_text(content)

    with pytest.raises(InvalidArgumentError, match="textcls_decision"):
        read_decision(tmp_path)


def test_decision_of_a_model_that_is_gone_is_refused(tmp_path):
    with pytest.raises(InvalidArgumentError, match="Train the run again"):
        write_decision(tmp_path / "gone", Decision())


def test_another_temperature_is_a_decision_of_its_own():
    assert Decision().with_temperature(1.5) == Decision(temperature=1.5)
    assert not Decision(temperature=1.5).has_more_than_temperature


def test_another_temperature_drops_the_rule_that_was_tuned_before_it():
    decision = Decision(temperature=1.5, rule=DecisionRule(abstain_below=0.8))

    assert decision.has_more_than_temperature
    assert decision.with_temperature(2.0) == Decision(temperature=2.0)


def test_the_same_temperature_keeps_the_decision():
    decision = Decision(temperature=1.5, rule=DecisionRule(abstain_below=0.8))

    assert decision.with_temperature(1.5) is decision


def test_decision_with_a_rule_keeps_its_temperature(tmp_path):
    rule = DecisionRule(kind="costs", costs=((0.0, 2.0), (1.0, 0.0)), abstain_cost=0.5)

    write_decision(tmp_path, Decision(temperature=1.5).with_rule(rule))

    assert read_decision(tmp_path) == Decision(temperature=1.5, rule=rule)


def test_another_temperature_drops_the_rule():
    decision = Decision(temperature=1.5).with_rule(DecisionRule(abstain_below=0.6))

    assert decision.has_more_than_temperature
    assert decision.with_temperature(2.0) == Decision(temperature=2.0)


def test_decision_with_a_rule_that_makes_no_sense_is_refused(tmp_path):
    (tmp_path / "textcls_decision.json").write_text('{"rule": {"kind": "thresholds"}}')

    with pytest.raises(InvalidArgumentError, match="textcls_decision"):
        read_decision(tmp_path)
