from textcls_core.mistakes.annotations.annotation import Annotation
from textcls_core.mistakes.causes.found import FoundCause
from textcls_core.mistakes.marks import RowMarks

PLACES = {"a": 0, "b": 1, "c": 2}


def test_marks_are_masks_over_the_rows_of_the_split():
    marks = RowMarks.of(
        PLACES,
        {"c": (FoundCause("truncated", ""), FoundCause("rare_class", "")), "x": ()},
        {"a": Annotation("a", ("z", "B")), "c": Annotation("c", ("z",), is_reviewed=True)},
    )

    assert {name: mask.tolist() for name, mask in marks.causes.items()} == {
        "truncated": [False, False, True],
        "rare_class": [False, False, True],
    }
    assert {name: mask.tolist() for name, mask in marks.tags.items()} == {
        "B": [True, False, False],
        "z": [True, False, True],
    }
    assert list(marks.tags) == ["B", "z"]
    assert marks.reviewed.tolist() == [False, False, True]


def test_marks_of_rows_that_are_not_in_the_split_are_left_out():
    marks = RowMarks.of(
        PLACES,
        {"elsewhere": (FoundCause("truncated", ""),)},
        {"elsewhere": Annotation("elsewhere", ("z",), is_reviewed=True)},
    )

    assert (marks.causes, marks.tags) == ({}, {})
    assert not marks.reviewed.any()


def test_marks_of_no_rows():
    assert RowMarks.of({}, {}, {}).reviewed.shape == (0,)
