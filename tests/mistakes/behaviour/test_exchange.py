"""Tests of files: tests read back as they were written, and bad lines are named."""

import pytest

from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import DatasetFormatError
from textcls_core.mistakes.behaviour.exchange import export_tests, parse_tests
from textcls_core.mistakes.behaviour.kinds import BehaviourTest

GOOD = '{"kind": "label", "text": "a cat", "label": "animals"}'


@pytest.fixture
def info(workspace):
    return DatasetStore.open(workspace).find("toy")


def test_tests_read_back_as_they_were_written(info):
    tests = [
        BehaviourTest("label", "zwei\nZeilen \u2028 مرحبا", label="animals", note='"why"'),
        BehaviourTest("same", "a", "b", author="Ann"),
        BehaviourTest("less", "a", "b", "food", 0.25),
    ]

    assert parse_tests(export_tests(tests), info) == tests


def test_empty_lines_and_a_byte_order_mark_are_passed_over(info):
    content = f"\ufeff\n{GOOD}\r\n\n".encode()

    assert parse_tests(content, info) == [BehaviourTest("label", "a cat", label="animals")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (f"{GOOD}\nnonsense".encode(), "Line 2 is not JSON"),
        (f"{GOOD}\n[]".encode(), r"Line 2: expected a JSON object, got \[\]"),
        (b'{"kind": "label", "text": "a", "label": "sport"}', 'Line 1: "sport" is not a label of'),
        (b'{"kind": "label", "text": "a"}', "Line 1: Expected label in a test of the kind label"),
        (b"\xff\xfe", "Expected a file in UTF-8, found a byte that is none at position 0"),
        (b"[" * 100_000, "Line 1 is not JSON"),
    ],
)
def test_what_is_no_test_is_refused_with_its_line(info, content, sentence):
    with pytest.raises(DatasetFormatError, match=sentence):
        parse_tests(content, info)
