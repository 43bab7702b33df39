"""Tests of similar training rows: their labels, conflicts and copies."""

import numpy as np
import pyarrow as pa
import pytest

from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.keys import normalised_keys
from textcls_core.dataset.text_dataset import SCHEMA, TextDataset
from textcls_core.errors import InvalidArgumentError, NotFoundError
from textcls_core.mistakes.similar_training_rows import (
    describe_copies,
    rows_similar_to_text,
    same_texts,
    similar_training_rows,
    similarity_sentence,
)
from textcls_core.mistakes.training_neighbours import TrainingNeighbours

ASKED = "my bank card was lost in the city on a rainy day"
TEXTS = {
    "asked": (ASKED, "card", "test"),
    "same": (ASKED.upper() + "!", "account", "train"),
    "same-in-validation": (ASKED + "?", "account", "validation"),
    "near": (ASKED.replace("rainy", "sunny"), "card", "train"),
    "like": ("where is my bank card", "card", "train"),
    "other": ("close my account", "account", "train"),
}
VECTORS = np.array([[1, 0], [2, 0], [1, 0], [3, 0.3], [1, 1], [0, 1]], dtype=np.float32)
NAMES = list(TEXTS)


@pytest.fixture
def dataset():
    texts, labels, splits = (list(column) for column in zip(*TEXTS.values(), strict=True))
    return build_dataset(Rows(texts, labels, splits, extra={}), row_ids=NAMES)


@pytest.fixture
def neighbours(dataset):
    is_training = np.array([split == "train" for _, _, split in TEXTS.values()])
    return TrainingNeighbours(dataset, VECTORS, is_training, dataset.num_examples)


@pytest.fixture
def same(dataset, neighbours):
    keys = normalised_keys(dataset.table["text"])
    return same_texts(dataset, keys, neighbours.is_training, "asked")


def test_same_texts_are_training_rows_only_whatever_case_and_punctuation(same):
    assert [(row.row_id, row.copy, row.conflicts) for row in same] == [("same", "same", True)]


def test_same_texts_of_a_training_row_leave_it_out(dataset, neighbours):
    keys = normalised_keys(dataset.table["text"])

    assert same_texts(dataset, keys, neighbours.is_training, "same") == []


def test_same_texts_of_an_unknown_row_are_refused(dataset, neighbours):
    keys = normalised_keys(dataset.table["text"])

    with pytest.raises(NotFoundError, match='Row "nope" is not in this data set'):
        same_texts(dataset, keys, neighbours.is_training, "nope")


def test_similar_rows_come_with_label_conflict_and_cosine(neighbours, same):
    rows, _ = similar_training_rows(neighbours, "asked", same, 3)

    assert [(row.row_id, row.label, row.conflicts, row.copy) for row in rows] == [
        ("same", "account", True, "same"),
        ("near", "card", False, "near"),
        ("like", "card", False, "no"),
    ]
    cosines = [row.similarity for row in rows]
    np.testing.assert_allclose(cosines, [1, 3 / np.hypot(3, 0.3), np.sqrt(0.5)], atol=1e-6)


def test_near_copies_share_most_words_and_are_found_beyond_the_rows_shown(neighbours, same):
    rows, copies = similar_training_rows(neighbours, "asked", same, 1)

    assert [row.row_id for row in rows] == ["same"]
    assert [row.row_id for row in copies] == ["same", "near"]
    assert copies[1].shared == pytest.approx(11 / 13)
    assert similarity_sentence(copies[1]) == "85 % of the words shared"
    assert similarity_sentence(copies[0]) == "same text"


def test_copies_are_described_with_their_labels(neighbours, same):
    _, copies = similar_training_rows(neighbours, "asked", same)

    assert describe_copies(copies) == (
        'The same text is 1 time in training, labelled "account". '
        'Nearly the same text is 1 time in training, labelled "card". 1 of 2 have another label.'
    )
    assert describe_copies([]) == ""


def test_rows_of_several_labels_conflict_when_the_sets_differ():
    columns = {
        "row_id": ["asked", "equal", "fewer", "none"],
        "text": ["a b c", "a b d", "a b e", "a b f"],
        "label_ids": pa.array([[0, 1], [0, 1], [0], []], SCHEMA.field("label_ids").type),
        "split": ["test", "train", "train", "train"],
    }
    dataset = TextDataset(pa.table(columns), ("x", "y"), "multi_label")
    vectors = np.array([[1, 0], [1, 0.1], [1, 0.2], [1, 0.3]], dtype=np.float32)
    neighbours = TrainingNeighbours(dataset, vectors, np.array([False, True, True, True]), 4)

    rows, _ = similar_training_rows(neighbours, "asked", [])

    assert [(row.label, row.conflicts) for row in rows] == [
        ("x, y", False), ("x", True), ("", True)
    ]  # fmt: skip
    assert rows[2].said == "no label"


def test_rows_similar_to_a_text_are_training_rows_with_conflicts_and_copies(neighbours):
    vector = np.array([[1, 0]], dtype=np.float32)

    rows, copies = rows_similar_to_text(neighbours, f"({ASKED})", vector, "account", 3)

    assert [(row.row_id, row.conflicts, row.copy) for row in rows] == [
        ("same", False, "same"),
        ("near", True, "near"),
        ("like", True, "no"),
    ]
    np.testing.assert_allclose(
        [row.similarity for row in rows], [1, 3 / np.hypot(3, 0.3), np.sqrt(0.5)], atol=1e-6
    )
    assert [row.row_id for row in copies] == ["same", "near"]


def test_rows_similar_to_a_text_without_a_label_have_one(neighbours):
    rows, copies = rows_similar_to_text(
        neighbours, "nothing like it", np.array([[0, 1]], dtype=np.float32), ""
    )

    assert [row.row_id for row in rows] == ["other", "like", "near", "same"]
    assert all(row.conflicts for row in rows)
    assert copies == []


def test_a_vector_of_another_encoder_is_refused(neighbours):
    with pytest.raises(InvalidArgumentError, match=r"as wide as the rows \(2\), got 3"):
        rows_similar_to_text(neighbours, "text", np.ones((1, 3), dtype=np.float32), "card")
