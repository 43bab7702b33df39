"""Tests of the rule of a run: tuned on validation, measured elsewhere, kept in the model."""

import numpy as np
import pytest

from textcls_core.errors import InvalidArgumentError, RunStateError
from textcls_core.evaluation.decision import Decision, write_decision
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.evaluation.rule_tuning import RuleRequest
from textcls_core.runs.rules import (
    changed_rows,
    compare_run_costs,
    measure_run_rule,
    tune_run_rule,
    tuning_rows,
    use_rule,
)


@pytest.fixture
def topics_model(topics_run):
    """`topics_run` with a folder where a model would be."""
    topics_run.model_dir.mkdir()
    return topics_run


def test_rule_is_tuned_at_the_temperature_of_the_model(topics_model):
    request = RuleRequest(kind="thresholds")
    before = tune_run_rule(topics_model, request).thresholds

    write_decision(topics_model.model_dir, Decision(temperature=3.0))
    after = tune_run_rule(topics_model, request).thresholds

    assert before == pytest.approx([0.55, 0.45, 0.15])
    assert after[0] != before[0]


def test_rule_of_a_run_without_validation_rows_is_refused(topics_run):
    topics_run.predictions_file("validation").unlink()

    with pytest.raises(RunStateError, match="has no validation split, and a rule must not be"):
        tuning_rows(topics_run)


def test_rule_is_measured_on_the_split_asked_for(topics_run, topics_dataset):
    result = measure_run_rule(topics_run, topics_dataset, "test", DecisionRule())

    assert result.predictions.row_ids == topics_run.predictions("test").row_ids
    assert len(np.unique(result.groups)) == len(result.predictions)


def test_rule_that_is_used_stays_in_the_model(topics_model):
    write_decision(topics_model.model_dir, Decision(temperature=2.0))
    rule = DecisionRule(kind="thresholds", thresholds=(0.5, 0.4, 0.2))

    use_rule(topics_model, rule)

    assert topics_model.decision == Decision(temperature=2.0, rule=rule)


def test_rule_that_was_tuned_at_another_temperature_is_not_kept(topics_model):
    """Somebody else has chosen a temperature while it was tuned."""
    write_decision(topics_model.model_dir, Decision(temperature=2.0))

    with pytest.raises(RunStateError, match=r"tuned at the temperature 1.00, .* chosen 2.00 since"):
        use_rule(topics_model, DecisionRule(abstain_below=0.9), tuned_at=1.0)

    assert topics_model.decision == Decision(temperature=2.0)


def test_rule_for_other_classes_is_not_kept(topics_model):
    with pytest.raises(InvalidArgumentError, match="Expected 3 thresholds"):
        use_rule(topics_model, DecisionRule(kind="thresholds", thresholds=(0.5,)))

    assert topics_model.decision == Decision()


def test_rule_without_a_model_is_not_kept(topics_run):
    with pytest.raises(InvalidArgumentError, match="Expected the folder of a model"):
        use_rule(topics_run, DecisionRule(abstain_below=0.5))


def test_costs_of_label_sets_are_refused(topics_run, topics_dataset):
    result = measure_run_rule(topics_run, topics_dataset, "test", DecisionRule())

    with pytest.raises(RunStateError, match="A matrix of costs has one true class per row"):
        compare_run_costs(result, DecisionRule())


def test_changed_rows_say_what_becomes_of_them(topics_run, topics_dataset):
    rule = DecisionRule(kind="thresholds", thresholds=(0.5, 0.5, 0.25))
    result = measure_run_rule(topics_run, topics_dataset, "test", rule)

    rows = changed_rows(result, topics_dataset, "fixed", 3)

    assert len(rows) == 3
    assert all("weather" in row["true"] for row in rows)
    assert all("weather" not in row["plain rule"] for row in rows)
    assert all(row["this rule"] == row["true"] for row in rows)
    assert rows[0]["text"] in topics_dataset.texts()


def test_changed_rows_without_an_answer_say_so(topics_run, topics_dataset):
    result = measure_run_rule(topics_run, topics_dataset, "test", DecisionRule(abstain_below=1.0))

    rows = changed_rows(result, topics_dataset, "no answer, was wrong", 1)

    assert rows[0]["this rule"] == "no answer"
