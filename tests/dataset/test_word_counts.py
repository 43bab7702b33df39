"""Tests of word counts by class, against counting one by one."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcls_core.dataset import characters, word_counts
from textcls_core.dataset.text_dataset import SCHEMA, TextDataset
from textcls_core.dataset.word_counts import count_words


def make(texts, label_sets, num_labels=3, task="multi_label"):
    table = pa.table(
        {
            "row_id": pa.array([str(n) for n in range(len(texts))], pa.string()),
            "text": pa.array(texts, pa.string()),
            "label_ids": pa.array(label_sets, SCHEMA.field(2).type),
            "split": pa.array(["train"] * len(texts), pa.string()),
        }
    )
    return TextDataset(table, tuple(f"class {n:02}" for n in range(num_labels)), task)


def counted(dataset, **arguments):
    """Return total and counts by class of every word."""
    counts = count_words(dataset, max_rows=10_000, **arguments)
    dense = counts.by_class.toarray().tolist()
    return {
        word: (total, row)
        for word, total, row in zip(counts.words, counts.totals.tolist(), dense, strict=True)
    }


def test_a_row_counts_once_for_each_of_its_classes():
    dataset = make(["Cat cat dog", "dog", "cat", "bird"], [[0, 1], [1], [], [2]])

    assert counted(dataset, least_rows=1) == {
        "cat": (2, [1, 1, 0]),
        "dog": (2, [1, 2, 0]),
        "bird": (1, [0, 0, 1]),
    }


@given(
    st.lists(
        st.tuples(
            st.text(st.sampled_from("ab cd"), max_size=10),
            st.sets(st.integers(0, 2), max_size=3).map(sorted),
        ),
        max_size=12,
    )
)
def test_counts_are_those_of_counting_one_by_one(rows):
    dataset = make([text for text, _ in rows], [labels for _, labels in rows])
    expected = {}
    for text, labels in rows:
        for word in set(text.split()):
            total, by_class = expected.get(word, (0, [0, 0, 0]))
            expected[word] = (total + 1, [n + (c in labels) for c, n in enumerate(by_class)])

    assert counted(dataset, least_rows=1) == expected


@pytest.fixture
def many():
    """300 rows in which word n occurs in every (n + 1)-th one."""
    texts = [" ".join(f"w{n}" for n in range(40) if row % (n + 1) == 0) for row in range(300)]
    return make(texts, [[row % 3] for row in range(300)], task="single_label")


def test_parts_are_added_up(many, monkeypatch):
    whole = counted(many)
    monkeypatch.setattr(characters, "_CHUNK_CHARACTERS", 100)
    monkeypatch.setattr(word_counts, "_MAX_PARTS", 3)

    assert counted(many) == whole
    assert whole["w4"] == (60, [20, 20, 20])


def test_words_come_most_frequent_first(many):
    counts = count_words(many, max_rows=10_000)

    assert counts.words[0] == "w0"
    assert counts.totals.tolist() == sorted(counts.totals.tolist(), reverse=True)


def test_words_in_few_rows_are_left_out(many):
    assert set(counted(many, least_rows=100)) == {"w0", "w1", "w2"}


def test_sample_is_fixed_and_says_how_large_it_is(many):
    counts = count_words(many, max_rows=90)

    assert (counts.num_rows, counts.num_all_rows) == (90, 300)
    assert counts.class_rows.sum() == 90
    assert counts.totals[0] == 90
    assert counts.totals.tolist() == count_words(many, max_rows=90).totals.tolist()


@pytest.mark.parametrize("texts", [[], ["", "..."]])
def test_texts_without_words_have_no_counts(texts):
    counts = count_words(make(texts, [[]] * len(texts)), max_rows=10)

    assert counts.words == ()
    assert counts.by_class.shape == (0, 3)
    assert counts.class_rows.tolist() == [0, 0, 0]


def test_progress_reaches_the_end(many):
    reports = []

    count_words(many, max_rows=10_000, progress=lambda *report: reports.append(report))

    assert reports[-1] == (300, 300, "Counting words")
