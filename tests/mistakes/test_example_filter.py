from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import MIXED, NO_EXAMPLE, make_label_sets, make_predictions
from tests.mistakes.examples import filtered, make_examples, make_sides
from textcls_core.dataset.row_filter import Range
from textcls_core.errors import InvalidArgumentError
from textcls_core.mistakes.annotations.annotation import Annotation
from textcls_core.mistakes.causes.found import FoundCause
from textcls_core.mistakes.example_filter import OUTCOME_CODES, ExampleFilter
from textcls_core.mistakes.marks import RowMarks

PREDICTIONS = make_predictions(
    [0, 0, 1, 1, 2],
    [
        [0.9, 0.05, 0.05],  # ham, right and sure
        [0.3, 0.6, 0.1],  # ham, taken for spam
        [0.45, 0.5, 0.05],  # spam, right
        [0.7, 0.2, 0.1],  # spam, taken for ham
        [0.05, 0.9, 0.05],  # news, taken for spam, sure
    ],
)
TEXTS = ("Hello World", "win a PRIZE", "caf\u00e9 \u4f60\u597d", "Stra\u00dfe 17", "hello again")
EXAMPLES = make_examples(PREDICTIONS, TEXTS)
MARKS = RowMarks.of(
    EXAMPLES.places,
    {
        "row-1": (FoundCause("truncated", "a"), FoundCause("rare_class", "b")),
        "row-4": (FoundCause("truncated", "c"),),
        "elsewhere": (FoundCause("truncated", "d"),),
    },
    {
        "row-1": Annotation("row-1", ("odd",), is_reviewed=True),
        "row-2": Annotation("row-2", ("odd", "Again")),
        "elsewhere": Annotation("elsewhere", ("gone",)),
    },
)
SIDES = make_sides(
    EXAMPLES,
    MARKS,
    num_tokens=[4, 5, 9, 8, 20],
    slices={"short": np.array([1, 0, 0, 1, 0], bool), "unknown": None},
)


def kept(**criteria) -> list[int]:
    wanted = replace(ExampleFilter("all"), **criteria)
    return np.flatnonzero(filtered(EXAMPLES, wanted, SIDES).kept).tolist()


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("mistakes", [1, 3, 4]),
        ("correct", [0, 2]),
        ("all", [0, 1, 2, 3, 4]),
        ("right-and-sure", [0]),
        ("right-but-unsure", [2]),
        ("wrong-but-unsure", [1, 3]),
        ("wrong-and-sure", [4]),
    ],
)
def test_filter_by_outcome(outcome, expected):
    assert kept(outcome=outcome) == expected


def test_filter_without_criteria_keeps_the_mistakes():
    assert np.flatnonzero(filtered(EXAMPLES, ExampleFilter(), SIDES).kept).tolist() == [1, 3, 4]


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({"true": "ham"}, [0, 1]),
        ({"true": "news"}, [4]),
        ({"predicted": "spam"}, [1, 2, 4]),
        ({"predicted": "news"}, []),
        ({"true": "ham", "predicted": "spam"}, [1]),
        ({"cause": "truncated"}, [1, 4]),
        ({"cause": "ambiguous"}, []),
        ({"cause": "none"}, [0, 2, 3]),
        ({"tag": "odd"}, [1, 2]),
        ({"tag": "gone"}, []),
        ({"tag": "none"}, [0, 3, 4]),
        ({"only_unreviewed": True}, [0, 2, 3, 4]),
        ({"slice_name": "short"}, [0, 3]),
        ({"is_truncated": True}, [2, 4]),
        ({"is_truncated": False}, [0, 1, 3]),
        ({"text": "hello", "outcome": "mistakes"}, [4]),
        ({"pattern": "[0-9]+", "cause": "none"}, [3]),
    ],
)
def test_filter_by_what_is_known_of_a_row(criteria, expected):
    assert kept(**criteria) == expected


@pytest.mark.parametrize(
    ("column", "low", "high", "expected"),
    [
        ("confidence", 0.6, 1.0, [0, 1, 3, 4]),
        ("confidence", 0.6, 0.7, [1, 3]),
        ("confidence", 0.95, None, []),
        ("loss", 2.0, None, [4]),
        ("loss", None, 0.2, [0]),
        ("words", 3, 3, [1, 2]),
        ("tokens", None, 5, [0, 1]),
    ],
)
def test_filter_by_a_range_includes_both_ends(column, low, high, expected):
    assert kept(ranges=(Range(column, low, high),)) == expected


def test_filter_by_two_ranges_asks_for_both():
    assert kept(ranges=(Range("confidence", 0.6, None), Range("tokens", 8, None))) == [3, 4]


def test_filter_keeps_a_confidence_that_is_rounded_above_one():
    examples = make_examples(make_predictions([0], [[1.00005, 0.0, 0.0]]))
    wanted = ExampleFilter("all", ranges=(Range("confidence", 0.0, 1.0),))

    assert filtered(examples, wanted).kept.tolist() == [True]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("hello", [0, 4]),
        ("HELLO", [0, 4]),
        ("  prize ", [1]),
        ("\u4f60", [2]),
        ("CAF\u00c9", [2]),
        ('"o w"', [0]),
        ("hello again", [4]),
        ("nothing", []),
        (".*", []),
        ("   ", [0, 1, 2, 3, 4]),
    ],
)
def test_filter_by_words(query, expected):
    assert kept(text=query) == expected


@pytest.mark.parametrize("true", range(3))
@pytest.mark.parametrize("predicted", range(3))
def test_filter_of_a_cell_has_as_many_rows_as_the_confusion(true, predicted):
    names = MIXED.label_names

    found = filtered(make_examples(MIXED), ExampleFilter("all", names[true], names[predicted]))

    assert found.kept.sum() == [[2, 1, 0], [0, 1, 1], [0, 0, 1]][true][predicted]


FACETS = filtered(EXAMPLES, ExampleFilter("mistakes", predicted="spam"), SIDES).facets


def test_counts_of_a_filter_say_what_another_choice_would_leave():
    assert FACETS["outcome"] == {
        "mistakes": 2,
        "wrong-and-sure": 1,
        "wrong-but-unsure": 1,
        "correct": 1,
        "right-but-unsure": 1,
        "right-and-sure": 0,
        "all": 3,
    }
    assert FACETS["predicted"] == {"ham": 1, "spam": 2, "news": 0}
    assert FACETS["true"] == {"ham": 1, "spam": 0, "news": 1}


def test_counts_of_marks_name_what_has_none_too():
    assert FACETS["cause"] == {"none": 0, "truncated": 2, "rare_class": 1}
    assert FACETS["tag"] == {"none": 1, "Again": 0, "odd": 1}
    assert FACETS["reviewed"] == {"yes": 1, "no": 1}
    assert FACETS["truncated"] == {"yes": 1, "no": 1}


def test_counts_of_slices_leave_out_what_cannot_be_told():
    assert FACETS["slice"] == {"short": 0}


def test_counts_of_confidences():
    assert FACETS["confidence"]["90-100"] == 1
    assert FACETS["confidence"]["0-70"] == 1
    assert FACETS["confidence"]["0-100"] == 2


def test_counts_of_unknown_tokens_are_not_given():
    assert "truncated" not in filtered(EXAMPLES, ExampleFilter()).facets


def test_extent_is_of_the_rows_that_a_range_chooses_among():
    found = filtered(EXAMPLES, ExampleFilter(ranges=(Range("words", 3, None),)), SIDES)

    assert found.extent("words") == (2, 3)
    assert found.extent("tokens") == (5, 5)
    assert found.extent("confidence") == (0.6, 0.6)


def test_extent_of_no_rows_is_unknown():
    assert filtered(EXAMPLES, ExampleFilter(true="news", predicted="ham")).extent("loss") is None


choices = st.fixed_dictionaries(
    {
        "outcome": st.sampled_from(list(OUTCOME_CODES)),
        "true": st.none() | st.sampled_from(PREDICTIONS.label_names),
        "predicted": st.none() | st.sampled_from(PREDICTIONS.label_names),
        "cause": st.none() | st.sampled_from(["truncated", "rare_class", "none"]),
        "tag": st.none() | st.sampled_from(["odd", "Again", "none"]),
        "slice_name": st.none() | st.just("short"),
        "text": st.sampled_from(["", "hello", "e"]),
        "only_unreviewed": st.booleans(),
        "is_truncated": st.none() | st.booleans(),
    }
)
FIELDS = {"outcome": "outcome", "true": "true", "predicted": "predicted", "cause": "cause",
          "tag": "tag", "slice": "slice_name"}  # fmt: skip


@given(choices)
def test_every_count_is_what_the_choice_then_leaves(criteria):
    wanted = replace(ExampleFilter(), **criteria)
    facets = filtered(EXAMPLES, wanted, SIDES).facets

    for name, field in FIELDS.items():
        for value, count in facets[name].items():
            chosen = replace(wanted, **{field: value})
            assert filtered(EXAMPLES, chosen, SIDES).kept.sum() == count, (name, value)


LABEL_SETS = make_label_sets(
    [[1, 1, 0], [0, 0, 1], [0, 0, 0]],
    [[0.95, 0.97, 0.02], [0.6, 0.1, 0.8], [0.1, 0.2, 0.05]],
)


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({"outcome": "mistakes"}, [1]),
        ({"outcome": "right-and-sure"}, [0]),
        ({"true": "ham"}, [0]),
        ({"true": "spam"}, [0]),
        ({"predicted": "ham"}, [0, 1]),
        ({"true": "news", "predicted": "ham"}, [1]),
        ({"ranges": (Range("confidence", None, 0.7),)}, [1]),
    ],
)
def test_filter_of_label_sets(criteria, expected):
    wanted = replace(ExampleFilter("all"), **criteria)

    assert np.flatnonzero(filtered(make_examples(LABEL_SETS), wanted).kept).tolist() == expected


def test_counts_of_label_sets_count_a_row_for_each_of_its_labels():
    facets = filtered(make_examples(LABEL_SETS), ExampleFilter("all")).facets

    assert facets["true"] == {"ham": 1, "spam": 1, "news": 1}
    assert facets["predicted"] == {"ham": 2, "spam": 1, "news": 1}


def test_filter_of_no_rows_is_empty():
    found = filtered(make_examples(NO_EXAMPLE), ExampleFilter("all", text="a", pattern="b"))

    assert found.kept.tolist() == []
    assert set(found.facets["outcome"].values()) == {0}


@pytest.mark.parametrize(
    ("criteria", "message"),
    [
        ({"true": "sports"}, r'"sports" is not a class of this run\. Known: "ham"'),
        ({"predicted": "x" * 10_000}, r'^"x{60}" is not a class'),
        ({"pattern": "["}, "regular expression"),
        ({"slice_name": "long"}, r'No slice is named "long"'),
        ({"slice_name": "unknown"}, 'The slice "unknown" asks for what is not known'),
        ({"ranges": (Range("size", 1, 2),)}, 'Expected a range of confidence, .* got "size"'),
    ],
)
def test_filter_refuses_what_is_not_there(criteria, message):
    with pytest.raises(InvalidArgumentError, match=message):
        kept(**criteria)


@pytest.mark.parametrize(
    "wanted",
    [ExampleFilter(is_truncated=True), ExampleFilter(ranges=(Range("tokens", 1, 2),))],
)
def test_filter_refuses_tokens_that_were_not_counted(wanted):
    with pytest.raises(InvalidArgumentError, match="not counted"):
        filtered(EXAMPLES, wanted)
