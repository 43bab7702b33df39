import re

import pyarrow as pa
import pytest

from textcls_core.dataset.columns import ColumnChoice, as_split, choose_columns
from textcls_core.errors import DatasetFormatError

TEXTS = ["a long text here", "another long text", "a third long text", "and a fourth one"]
LABELS = ["x", "y", "x", "y"]
NOTHING_CHOSEN = ColumnChoice()


def choose(columns, **choice) -> ColumnChoice:
    return choose_columns(table_of(columns), ColumnChoice(**choice), "f.csv")


def table_of(columns) -> pa.Table:
    """Return columns padded with nulls to the length of the longest."""
    longest = max(map(len, columns.values()), default=0)
    return pa.table(
        {
            name: pa.array([*values, *[None] * (longest - len(values))])
            for name, values in columns.items()
        }
    )


@pytest.mark.parametrize(
    "name",
    ["text", "sentence", "content", "body", "message", "review", "article", "document", "comment",
     "utterance", "query", "tweet", "description", "title", "Text", " TEXT "],
)  # fmt: skip
def test_text_column_is_known_by_its_name(name):
    columns = {"other": ["a much longer text than the one"] * 4, name: TEXTS, "label": LABELS}

    assert choose(columns).text == (name,)


@pytest.mark.parametrize(
    "name",
    ["label", "labels", "category", "class", "target", "sentiment", "topic", "intent", "genre",
     "y", "Label", "CATEGORY"],
)  # fmt: skip
def test_label_column_is_known_by_its_name(name):
    columns = {"flag": ["0", "1", "0", "1"], "text": TEXTS, name: ["a", "b", "c", "a"]}

    assert choose(columns).label == (name,)


def test_text_column_without_a_name_is_the_longest():
    assert choose({"column_1": LABELS, "column_2": TEXTS}).text == ("column_2",)


def test_label_column_without_a_name_has_the_fewest_values():
    columns = {"column_1": ["1", "2", "3", "4"], "column_2": LABELS, "column_3": TEXTS}

    assert choose(columns).label == ("column_2",)


def test_label_column_is_not_one_with_a_single_value():
    columns = {"language": ["en"] * 4, "column_2": LABELS, "column_3": TEXTS}

    assert choose(columns).label == ("column_2",)


def test_label_column_is_not_the_split():
    splits = ["train", "test", "train", "test"]
    columns = {"part": splits, "kind": ["x", "y", "z", "x", "y", "z"], "column_3": TEXTS}

    assert choose(columns).label == ("kind",)


def test_label_column_may_have_one_value_when_it_has_the_name():
    assert choose({"text": TEXTS, "label": ["x"] * 4}).label == ("label",)


def test_text_is_guessed_beside_a_chosen_label():
    assert choose({"text": LABELS, "body": TEXTS}, label="text").text == ("body",)


def test_label_is_guessed_beside_a_chosen_text():
    assert choose({"label": TEXTS, "kind": LABELS}, text="label").label == ("kind",)


@pytest.mark.parametrize("name", ["split", "set", "partition", "fold", "Split"])
def test_split_column_is_known_by_its_name(name):
    columns = {"text": TEXTS, "label": LABELS, name: ["train", "dev", "test", "train"]}

    assert choose(columns).split == name


@pytest.mark.parametrize("values", [["1", "2", "3", "4"], ["train", "test", "", None]])
def test_split_column_is_not_guessed_when_a_value_is_no_split(values):
    assert choose({"text": TEXTS, "label": LABELS, "split": values}).split is None


def test_split_column_is_not_guessed_by_content():
    columns = {"text": TEXTS, "label": LABELS, "part": ["train", "test"] * 2}

    assert choose(columns).split is None


def test_chosen_columns_are_used():
    columns = {"text": TEXTS, "label": LABELS, "a": TEXTS, "b": LABELS, "c": ["train"] * 4}

    choice = choose(columns, text="a", label="b", split="c")

    assert choice == ColumnChoice(text="a", label="b", split="c")


def test_chosen_split_column_may_have_blank_cells():
    columns = {"text": TEXTS, "label": LABELS, "part": ["test", "", None, " "]}

    assert choose(columns, split="part").split == "part"


@pytest.mark.parametrize("role", ["text", "label", "split"])
def test_chosen_column_must_exist(role):
    with pytest.raises(
        DatasetFormatError,
        match=rf'Column "stars" \(chosen as {role}\) is missing in f\.csv\. '
        r'Known: "text", "label"\. Choose one of these',
    ):
        choose({"text": TEXTS, "label": LABELS}, **{role: "stars"})


def test_chosen_split_column_must_name_splits():
    columns = {"text": TEXTS, "label": LABELS, "fold": ["1", "train", "2", "1"]}

    with pytest.raises(
        DatasetFormatError,
        match=r'Column "fold" \(chosen as split\) holds "1", "2" in f\.csv\. '
        "Expected train, validation or test. Correct it or choose another column",
    ):
        choose(columns, split="fold")


def test_text_and_label_must_differ():
    with pytest.raises(
        DatasetFormatError,
        match=r'Column "text" was chosen as both text and label in f\.csv\. '
        "Choose two different columns",
    ):
        choose({"text": TEXTS, "label": LABELS}, text="text", label="text")


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (
            {"notes": TEXTS},
            'No label column could be recognised in f.csv. Known: "notes". Choose the label column',
        ),
        (
            {"label": LABELS},
            'No text column could be recognised in f.csv. Known: "label". Choose the text column',
        ),
        ({}, "No text column could be recognised in f.csv. There are none yet"),
    ],
    ids=["no label", "no text", "nothing"],
)
def test_columns_that_cannot_be_guessed_are_asked_for(columns, message):
    with pytest.raises(DatasetFormatError, match=re.escape(message)):
        choose(columns)


def test_a_label_of_10_000_values_is_not_guessed():
    columns = {"column_1": [str(n % 5_000) for n in range(10_000)], "column_2": ["text"] * 10_000}

    with pytest.raises(DatasetFormatError, match="No label column could be recognised"):
        choose(columns)


@pytest.mark.parametrize(
    ("value", "split"),
    [
        ("train", "train"),
        ("Training", "train"),
        (" TRAIN ", "train"),
        ("validation", "validation"),
        ("valid", "validation"),
        ("val", "validation"),
        ("dev", "validation"),
        ("test", "test"),
        ("testing", "test"),
        ("holdout", None),
        ("", None),
        (None, None),
    ],
)
def test_as_split_knows_the_usual_words(value, split):
    assert as_split(value) == split
