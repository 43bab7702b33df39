"""Tests of the flow of attention through all layers."""

import numpy as np
import pytest

from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.decision import Decision
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.explanation.attention import explain_attention, load_explainable
from textcls_core.explanation.flow import explain_flow
from textcls_core.explanation.rollout import attention_rollout, gradient_rollout
from textcls_core.explanation.score import Score

TEXT = "The old horse wasn't here, the end"


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "gpt2"])
def test_flow_is_both_rollouts_by_word(saved, family):
    classifier = load_explainable(saved[family])
    explanation = explain_attention(classifier, TEXT)

    flow = explain_flow(classifier, TEXT, "food")

    read = explanation.read
    np.testing.assert_allclose(flow.rollout, read.sum_by_word(attention_rollout(explanation)))
    expected = gradient_rollout(classifier, read, Score(1))
    np.testing.assert_allclose(flow.by_gradient, read.sum_by_word(expected), rtol=1e-5)
    np.testing.assert_allclose(flow.by_layer.sum(1), 1, atol=1e-5)
    assert flow.shares_by_gradient.sum() == pytest.approx(1)
    assert not flow.averages


def test_flow_explains_the_predicted_class_first(saved):
    classifier = load_explainable(saved["bert"])
    explanation = explain_attention(classifier, TEXT)

    likeliest = explanation.label_names[int(explanation.probabilities.argmax())]
    assert explain_flow(classifier, TEXT).label == likeliest


def test_flow_explains_what_the_rule_of_the_model_answers(saved, monkeypatch):
    classifier = load_explainable(saved["bert"])
    explanation = explain_attention(classifier, TEXT)
    least = int(explanation.probabilities.argmin())
    thresholds = tuple(0.001 if place == least else 1.0 for place in range(3))
    rule = DecisionRule(kind="thresholds", thresholds=thresholds)
    monkeypatch.setattr(classifier, "decision", Decision(rule=rule))

    assert explain_flow(classifier, TEXT).label == explanation.label_names[least]


def test_flow_table_begins_with_the_word_its_class_took_most_from(saved):
    classifier = load_explainable(saved["bert"])
    records = explain_flow(classifier, TEXT).records()

    shares = [record["gradient-weighted"] for record in records]
    assert shares == sorted(shares, reverse=True)
    assert {"[CLS]", "[SEP]"}.isdisjoint(record["word"] for record in records)


def test_flow_of_an_unknown_class_is_refused(saved):
    classifier = load_explainable(saved["bert"])

    with pytest.raises(InvalidArgumentError, match='"fodo" is not a class of this run'):
        explain_flow(classifier, TEXT, "fodo")
