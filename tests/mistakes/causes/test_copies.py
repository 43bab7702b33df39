"""Copies of a mistake among the training rows, with another label."""

import pytest

from tests.mistakes.causes.cases import by_text, make_case
from textcls_core.jobs.progress import ignore
from textcls_core.mistakes.causes.copies import duplicate_with_other_label

LONG = "the parcel with the blue lamp was sent to my old address and never came back to the shop"
WRONG = [0.9, 0.1]


def found_in(workspace, train, test, split="test"):
    rows = [*train, ("other", "ham", "train"), ("another", "spam", "train"), *test]
    case = make_case(workspace, rows, {text: WRONG for text, *_ in test}, split)
    return by_text(case, duplicate_with_other_label(case, ignore).evidence)


@pytest.mark.parametrize(
    ("copy", "words"),
    [
        (LONG, "has the same text"),
        (LONG.upper() + " !", "has the same text"),
        (" ".join(reversed(LONG.split())), "has the same words"),
        (LONG.replace("blue", "red"), "shares at least 80 % of its words"),
    ],
)
def test_copy_with_another_label_is_found(workspace, copy, words):
    found = found_in(workspace, [(copy, "ham", "train")], [(LONG, "spam", "test")])

    assert list(found) == [LONG]
    assert words in found[LONG]
    assert found[LONG].endswith('but is labelled "ham".')


@pytest.mark.parametrize(
    "train",
    [
        [(LONG, "spam", "train")],  # the same label
        [(LONG, "ham", "validation")],  # not for training
        [(LONG[:30], "ham", "train")],  # too different
    ],
)
def test_other_rows_say_nothing(workspace, train):
    assert found_in(workspace, train, [(LONG, "spam", "test")]) == {}


def test_several_copies_are_counted(workspace):
    copies = [(LONG + " " + sign, "ham", "train") for sign in "!?."]

    found = found_in(workspace, copies, [(LONG, "spam", "test")])

    assert found[LONG].endswith('but is labelled "ham". So are 2 more.')


def test_training_row_is_no_copy_of_itself(workspace):
    rows = [(LONG, "spam", "train"), ("x", "ham", "train"), ("y", "ham", "test")]
    case = make_case(workspace, rows, {LONG: WRONG}, "train")

    assert case.texts == [LONG]
    assert duplicate_with_other_label(case, ignore).evidence == {}
