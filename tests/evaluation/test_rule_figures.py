"""Tests of what a rule is worth: shares, intervals, changes, sets, and the same in words."""

import numpy as np
import pytest

from tests.cases import CASES, MIXED, NO_EXAMPLE, make_label_sets, make_predictions
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.by_task import figures_of
from textcls_core.evaluation.conformal import Conformal
from textcls_core.evaluation.metrics import measure
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.evaluation.rule_figures import CHANGES, RuleResult
from textcls_core.evaluation.rule_words import answers_in_words, rule_in_words

SURE = make_predictions(
    [0, 0, 1, 2], [[0.9, 0.1, 0.0], [0.4, 0.6, 0.0], [0.2, 0.5, 0.3], [0.5, 0.1, 0.4]]
)
TOPICS = make_label_sets(
    [[1, 0, 0], [1, 1, 0], [0, 0, 1]], [[0.9, 0.2, 0.1], [0.8, 0.4, 0.1], [0.6, 0.1, 0.3]]
)


def ten_times(predictions):
    return make_predictions(
        np.tile(predictions.true_label_ids, 10), np.tile(predictions.probabilities, (10, 1))
    )


@pytest.mark.parametrize("predictions", CASES.values(), ids=CASES.keys())
def test_plain_rule_reaches_the_plain_figures(predictions):
    result, figures = RuleResult(predictions, DecisionRule()), figures_of(predictions)

    assert result.answered.value == 1.0
    assert result.accuracy.value == pytest.approx(figures.accuracy)
    assert result.plain_accuracy == pytest.approx(figures.accuracy)
    assert result.macro_f1 == pytest.approx(figures.macro_f1)
    assert result.plain_macro_f1 == pytest.approx(figures.macro_f1)
    assert result.change_counts["same"] == len(predictions)


@pytest.mark.parametrize("predictions", [SURE, TOPICS], ids=["one label", "label sets"])
@pytest.mark.parametrize("rule", [DecisionRule(), DecisionRule(abstain_below=1e-9)])
def test_intervals_of_plain_answers_are_those_of_evaluate(predictions, rule):
    groups = np.arange(len(predictions)) // 2
    expected = measure(predictions, groups).values

    result = RuleResult(predictions, rule, groups)

    assert result.accuracy.interval == expected["accuracy"].interval
    assert result.macro_f1_interval == expected["macro_f1"].interval


def test_plain_rule_reaches_the_plain_figures_of_label_sets():
    result, figures = RuleResult(TOPICS, DecisionRule()), figures_of(TOPICS)

    assert result.accuracy.value == pytest.approx(figures.accuracy)
    assert result.macro_f1 == pytest.approx(figures.macro_f1)


def test_no_answer_raises_the_share_of_right_ones():
    result = RuleResult(SURE, DecisionRule(abstain_below=0.55))

    assert result.answered.value == 0.5
    assert result.accuracy.value == 0.5
    assert result.change_counts["no answer, was right"] == 1
    assert result.change_counts["no answer, was wrong"] == 1


def test_changes_tell_fixed_from_broken():
    rule = DecisionRule(kind="thresholds", thresholds=(0.9, 0.4, 0.2))

    result = RuleResult(SURE, rule)

    assert result.answers.label_ids.tolist() == [0, 1, 2, 2]
    assert [CHANGES[change] for change in result.changes] == ["same", "same", "broken", "fixed"]
    assert result.rows_with("fixed").tolist() == [3]


def test_rows_of_a_change_come_surest_first():
    result = RuleResult(SURE, DecisionRule(abstain_below=0.8))

    assert result.rows_with("no answer, was wrong").tolist() == [1, 3]


def test_label_set_that_is_wrong_both_ways_counts_as_other():
    rule = DecisionRule(kind="thresholds", thresholds=(0.95, 0.3, 0.05))

    result = RuleResult(TOPICS, rule)

    assert [CHANGES[change] for change in result.changes] == ["broken", "other", "fixed"]


def test_interval_holds_the_share_and_has_its_width():
    result = RuleResult(ten_times(SURE), DecisionRule(abstain_below=0.55))

    interval = result.answered.interval
    error = np.sqrt(0.25 / 40)
    assert interval.low == pytest.approx(0.5 - 1.96 * error, abs=0.04)
    assert interval.high == pytest.approx(0.5 + 1.96 * error, abs=0.04)


def test_interval_of_copies_is_that_of_the_texts():
    copies = np.tile(np.arange(4), 10)
    rule = DecisionRule(abstain_below=0.55)

    alone = RuleResult(ten_times(SURE), rule).answered.interval
    together = RuleResult(ten_times(SURE), rule, copies).answered.interval

    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_answers_that_are_all_right_are_not_certain():
    sure = make_predictions([0] * 20, [[0.9, 0.1, 0.0]] * 20)

    alone = RuleResult(sure, DecisionRule()).accuracy
    copies = RuleResult(sure, DecisionRule(), np.zeros(20, dtype=np.int64)).accuracy

    assert (alone.value, alone.interval.high) == (1.0, 1.0)
    assert alone.interval.low == pytest.approx(20 / (20 + 1.96**2), abs=1e-3)
    assert copies.interval.low == pytest.approx(1 / (1 + 1.96**2), abs=1e-3)


def test_macro_f1_has_an_interval_where_there_are_mistakes():
    often = ten_times(SURE)

    found = RuleResult(often, DecisionRule())
    sure = RuleResult(often, DecisionRule(abstain_below=0.7))

    assert found.macro_f1_interval.low < found.macro_f1 < found.macro_f1_interval.high
    assert found.to_json()["macro_f1_interval"] == found.macro_f1_interval.to_json()
    assert (sure.macro_f1, sure.macro_f1_interval) == (1.0, None)


def test_macro_f1_of_label_sets_has_an_interval():
    rows = np.repeat(np.arange(3), 8)
    often = make_label_sets(TOPICS.targets[rows], TOPICS.probabilities[rows])

    found = RuleResult(often, DecisionRule())

    assert found.macro_f1_interval.low < found.macro_f1 < found.macro_f1_interval.high


def test_rule_that_never_answers_has_no_accuracy():
    result = RuleResult(MIXED, DecisionRule(abstain_below=0.9))

    assert result.answered.value == 0
    assert result.accuracy is None
    assert result.to_json()["accuracy"] is None
    assert result.to_json()["macro_f1_interval"] is None
    assert answers_in_words(result) == "None of the 6 texts gets an answer."


def test_sets_are_measured_with_intervals():
    conformal = Conformal(method="lac", coverage=0.9, quantile=0.55)

    result = RuleResult(SURE, DecisionRule(conformal=conformal))

    assert result.sets.size_counts.tolist() == [0, 4, 0, 0]
    assert result.set_coverage.value == 0.5
    assert result.mean_set_size.value == 1.0
    assert result.set_coverage.interval.low <= 0.5 <= result.set_coverage.interval.high
    conformal_json = result.to_json()["conformal"]
    assert conformal_json["measured_coverage"]["value"] == 0.5
    assert conformal_json["class_coverage"] == {"ham": 0.5, "spam": 1.0, "news": 0.0}


def test_class_without_rows_has_no_coverage():
    conformal = Conformal(method="lac", coverage=0.9, quantile=0.55)

    result = RuleResult(make_predictions([0], [[0.9, 0.1, 0.0]]), DecisionRule(conformal=conformal))

    assert result.to_json()["conformal"]["class_coverage"]["news"] is None


def test_rule_without_sets_has_no_figures_of_them():
    result = RuleResult(SURE, DecisionRule())

    assert result.sets is None
    assert result.set_coverage is None
    assert "conformal" not in result.to_json()


def test_words_count_out_of_a_hundred_texts():
    result = RuleResult(SURE, DecisionRule(abstain_below=0.55))

    assert answers_in_words(result).startswith(
        "Out of 100 texts the model answers 50 and is right in 25 of them; 50.0 % of its answers"
    )


def test_words_count_few_answers_out_of_a_thousand_texts():
    rows = [[0.9, 0.1, 0.0]] + [[0.5, 0.3, 0.2]] * 49

    result = RuleResult(make_predictions([0] * 50, rows), DecisionRule(abstain_below=0.8))

    assert answers_in_words(result).startswith(
        "Out of 1,000 texts the model answers 20 and is right in 20 of them"
    )


def test_words_of_a_rule_that_always_answers_do_not_count():
    assert answers_in_words(RuleResult(MIXED, DecisionRule())).startswith(
        "The model answers every text; 66.7 % of its answers are right ("
    )


@pytest.mark.parametrize(
    ("rule", "part"),
    [
        (DecisionRule(), "the class with the largest probability."),
        (DecisionRule(kind="thresholds", thresholds=(0.5,)), "largest multiple of its threshold."),
        (DecisionRule(kind="costs", costs=((0.0,),), abstain_cost=0.25), "more than 0.25, the"),
        (DecisionRule(abstain_below=0.6), "less than 60.0 % sure."),
        (DecisionRule(conformal=Conformal(coverage=0.9, quantile=0.5)), "true one for 90 % of"),
    ],
)
def test_rule_says_in_words_what_it_does(rule, part):
    assert part in rule_in_words(rule, "single_label")


def test_rule_for_several_labels_says_so():
    plain, tuned = DecisionRule(), DecisionRule(kind="thresholds", thresholds=(0.5,))

    assert "at least 50 %" in rule_in_words(plain, "multi_label")
    assert "its own threshold" in rule_in_words(tuned, "multi_label")


def test_no_rows_are_refused():
    with pytest.raises(InvalidArgumentError, match="Expected at least one prediction"):
        RuleResult(NO_EXAMPLE, DecisionRule())
