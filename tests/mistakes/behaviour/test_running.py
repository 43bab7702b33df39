"""Tests of running: models are asked as they are deployed, and every text once."""

import pytest

from textcls_core.evaluation.decision import Decision
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.mistakes.behaviour.kinds import BehaviourTest
from textcls_core.mistakes.behaviour.running import ask, run_tests
from textcls_core.models.classifier import Classifier, Design
from textcls_core.prediction.predict import predict_texts

LABELS = ("animals", "food", "weather")
TEXTS = ["a small cat", "the old soup was here", "snow", "this bread"]
RULES = {
    "single_label": [
        DecisionRule(),
        DecisionRule(kind="thresholds", thresholds=(0.1, 0.5, 0.9)),
        DecisionRule(abstain_below=0.45),
    ],
    "multi_label": [DecisionRule(), DecisionRule(kind="thresholds", thresholds=(0.1, 0.5, 0.9))],
}


@pytest.mark.parametrize(
    ("task", "rule"), [(task, rule) for task, rules in RULES.items() for rule in rules]
)
def test_answers_are_those_of_the_predict_page(tiny_model_dir, task, rule):
    classifier = Classifier.from_pretrained(
        tiny_model_dir, LABELS, max_length=32, design=Design(task=task)
    )
    classifier.decision = Decision(temperature=1.7, rule=rule)

    said = ask(classifier, TEXTS)

    expected = predict_texts(classifier, TEXTS)
    assert [set(one.labels) for one in said] == [set(one.labels) for one in expected]
    for one, other in zip(said, expected, strict=True):
        assert one.probabilities == pytest.approx(other.probabilities)


def test_every_text_is_read_once(tiny_model_dir, monkeypatch):
    classifier = Classifier.from_pretrained(tiny_model_dir, LABELS, max_length=32)
    read = []
    predict = Classifier.predict_probabilities
    monkeypatch.setattr(
        Classifier,
        "predict_probabilities",
        lambda self, texts: read.extend(texts) or predict(self, texts),
    )
    tests = [
        BehaviourTest("label", "a cat", label="animals"),
        BehaviourTest("same", "a dog", "a cat"),
        BehaviourTest("more", "a cat", "a dog", "animals"),
        BehaviourTest("less", "a cat", "a dog", "animals"),
    ]

    verdicts = run_tests(classifier, tests)

    assert sorted(read) == ["a cat", "a dog"]
    assert [verdict.test for verdict in verdicts] == tests
    assert verdicts[2].passes != verdicts[3].passes


def test_no_tests_need_no_answer(tiny_model_dir):
    classifier = Classifier.from_pretrained(tiny_model_dir, LABELS, max_length=32)

    assert run_tests(classifier, []) == []
