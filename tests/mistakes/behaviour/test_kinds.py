"""Tests of behavioural tests: what makes one, and what is refused."""

import pytest

from textcls_core.errors import InvalidArgumentError
from textcls_core.mistakes.behaviour.kinds import MAX_TEXT, BehaviourTest, checked_test

GOOD = {"kind": "more", "text": "a b", "original": "a", "label": "food", "by": 0.1}


def test_the_same_test_has_the_same_id_whoever_writes_it():
    first = checked_test(GOOD | {"note": "why", "author": "Ann"})
    second = checked_test(GOOD | {"text": " a b \n", "author": "Bob"})

    assert first.test_id == second.test_id
    assert first.test_id != checked_test(GOOD | {"kind": "less"}).test_id


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"kind": "label", "text": "a", "label": "food"}, "food"),
        ({"kind": "same", "text": "a", "original": "b"}, "same answer as the original"),
        (GOOD | {"by": 0}, "more food than the original"),
        (GOOD | {"kind": "less"}, "less food than the original, by 10.0 % at least"),
    ],
)
def test_what_is_expected_is_said_in_words(given, expected):
    assert checked_test(given).expected == expected


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kind": "magic"}, r'Expected a kind of test \(label, same, more, less\), got "magic"'),
        ({"text": " "}, "Expected text in a test of the kind more .*, got nothing"),
        ({"original": ""}, "Expected original in a test of the kind more .*, got nothing"),
        ({"label": None}, "Expected label in a test of the kind more .*, got nothing"),
        ({"kind": "label"}, 'Expected no original in a test of the kind label, got "a"'),
        ({"kind": "same"}, 'Expected no label in a test of the kind same, got "food"'),
        ({"kind": "same", "label": ""}, r"Expected no amount \(by\) in a test of the kind same"),
        ({"original": "a b"}, "Expected two different texts, got the same twice"),
        ({"by": 1.5}, "Expected an amount .* from 0 to below 1, got 1.5"),
        ({"by": "0.1"}, "Expected an amount .* from 0 to below 1, got '0.1'"),
        ({"by": True}, "Expected an amount .* from 0 to below 1, got True"),
        ({"text": 7}, "Expected a text as text, got 7"),
        ({"text": "x" * (MAX_TEXT + 1)}, "Expected at most 20,000 characters as text, got 20,001"),
    ],
)
def test_what_is_no_test_is_refused(change, sentence):
    with pytest.raises(InvalidArgumentError, match=sentence):
        checked_test(GOOD | change)


def test_json_reads_back():
    test = checked_test(GOOD | {"note": "why"})

    assert checked_test(test.to_json()) == test
    assert test == BehaviourTest("more", "a b", "a", "food", 0.1, "why")
