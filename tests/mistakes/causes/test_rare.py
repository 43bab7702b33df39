"""Classes with far fewer training rows than the others."""

from tests.mistakes.causes.cases import by_text, make_case
from textcls_core.mistakes.causes.rare import rare_class

COUNTS = {"ham": 30, "news": 20, "rare": 3, "spam": 20}


def rows(counts):
    train = [
        (f"{name} row {n}", name, "train") for name, many in counts.items() for n in range(many)
    ]
    return [*train, ("a rare text", "rare", "test"), ("a ham text", "ham", "test")]


def test_rare_class_names_the_numbers(workspace):
    answers = {"a rare text": [0.7, 0.1, 0.1, 0.1], "a ham text": [0.1, 0.7, 0.1, 0.1]}
    case = make_case(workspace, rows(COUNTS), answers)

    found = rare_class(case)

    assert by_text(case, found.evidence) == {
        "a rare text": '"rare" has 3 training rows; the class in the middle has 20.'
    }


def test_class_of_a_fifth_is_not_rare(workspace):
    answers = {"a rare text": [0.7, 0.1, 0.1, 0.1]}
    case = make_case(workspace, rows({**COUNTS, "rare": 4}), answers)

    assert rare_class(case).evidence == {}
