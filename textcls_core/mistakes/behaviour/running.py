"""Behavioural tests run against a model as it is deployed: its temperature and decision rule."""

from collections.abc import Sequence

from textcls_core.mistakes.behaviour.judging import Said, Verdict, judge
from textcls_core.mistakes.behaviour.kinds import BehaviourTest
from textcls_core.models.classifier import Classifier


def run_tests(classifier: Classifier, tests: Sequence[BehaviourTest]) -> list[Verdict]:
    """Return how a model does in each test, in their order; every text is read once.

    Raises:
        InvalidArgumentError: If the rule kept with the model was made for other classes.
    """
    wanted = dict.fromkeys(text for test in tests for text in (test.text, test.original) if text)
    said = dict(zip(wanted, ask(classifier, list(wanted)), strict=True))
    return [
        judge(test, said[test.text], said[test.original] if test.original else None)
        for test in tests
    ]


def ask(classifier: Classifier, texts: Sequence[str]) -> list[Said]:
    """Return what a model says about texts.

    Raises:
        InvalidArgumentError: If the rule kept with the model was made for other classes.
    """
    if not texts:
        return []
    names = classifier.label_names
    rows = classifier.predict_probabilities(texts)
    chosen = classifier.decision.rule.decide(rows, classifier.design.task).label_sets
    return [
        Said(
            tuple(name for name, held in zip(names, held_ones, strict=True) if held),
            dict(zip(names, row.tolist(), strict=True)),
        )
        for row, held_ones in zip(rows, chosen, strict=True)
    ]
