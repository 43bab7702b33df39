"""Tests of counts and lengths of a data set."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcls_core.audit.report import report_file
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.query import RowTable
from textcls_core.dataset.row_filter import RowFilter
from textcls_core.dataset.row_index import build_index, index_folder
from textcls_core.dataset.statistics import (
    class_table,
    count_words,
    sample_texts,
    statistics_of,
    word_lengths,
    words_per_text,
)
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import SCHEMA, TextDataset
from textcls_core.dataset.word_index import split_words
from textcls_core.errors import DatasetFormatError
from textcls_core.mistakes.label_issues.job import queue_dir


def dataset_of(*texts):
    return build_dataset(Rows(texts, ["x"] * len(texts), ["train"] * len(texts), extra={}))


def store(workspace, dataset):
    return DatasetStore(workspace.datasets_dir).save(dataset, "set", "for this test")


def test_class_counts_follow_the_order_of_the_label_ids(workspace):
    splits = ["train", "train", "train", "test"]
    rows = Rows(["1", "2", "3", "4"], ["spam", "ham", "spam", "spam"], splits, extra={})

    statistics = statistics_of(workspace, store(workspace, build_dataset(rows)))

    assert statistics.class_counts == {"train": [1, 2], "test": [0, 1]}


def test_class_counts_of_label_sets_count_a_row_for_each_of_its_classes(workspace):
    table = pa.table(
        {
            "row_id": ["1", "2", "3"],
            "text": ["a", "b", "c"],
            "label_ids": pa.array([[0, 1], [], [1]], SCHEMA.field(2).type),
            "split": ["train", "train", "test"],
        }
    )

    statistics = statistics_of(
        workspace, store(workspace, TextDataset(table, ("x", "y"), "multi_label"))
    )

    assert statistics.class_counts == {"train": [1, 1], "test": [0, 1]}
    assert statistics.num_unlabelled == 1


def test_statistics_add_up_to_all_rows(workspace, toy_dataset):
    info = DatasetStore(workspace.datasets_dir).find("toy")

    statistics = statistics_of(workspace, info)

    lengths = [len(text) for text in toy_dataset.texts()]
    assert sum(map(sum, statistics.class_counts.values())) == toy_dataset.num_examples
    assert list(statistics.class_counts) == ["train", "validation", "test"]
    assert statistics.characters["median"] == np.median(lengths)
    assert statistics.characters["largest"] == max(lengths)


def test_statistics_are_kept_until_the_cache_is_deleted(workspace, toy_dataset):
    files = DatasetStore(workspace.datasets_dir)
    info = files.find("toy")
    first = statistics_of(workspace, info)
    files.path(info).unlink()

    assert statistics_of(workspace, info) == first


def test_statistics_of_columns_that_differ_in_case_only(workspace):
    rows = Rows(["a", "b"], ["x", "y"], ["train"] * 2, {"TEXT": ["long", "l"], "SPLIT": ["1", "2"]})

    statistics = statistics_of(workspace, store(workspace, build_dataset(rows)))

    assert statistics.class_counts == {"train": [1, 1]}
    assert statistics.characters["largest"] == 1


def test_statistics_of_damaged_rows_are_a_message(workspace, toy_dataset):
    files = DatasetStore(workspace.datasets_dir)
    info = files.find("toy")
    files.path(info).write_bytes(b"PAR1")

    for read in (
        lambda: statistics_of(workspace, info),
        lambda: sample_texts(files.path(info), info),
    ):
        with pytest.raises(DatasetFormatError, match='The rows of data set "toy"'):
            read()


def test_one_other_label_among_many_rows_changes_everything_that_depends_on_it(workspace):
    count = 200_000
    label_ids = np.arange(count) % 7
    infos = [store(workspace, _labelled(label_ids))]
    label_ids[123_456] = (label_ids[123_456] + 1) % 7
    infos.append(store(workspace, _labelled(label_ids)))

    seen = [_everything_about(workspace, info) for info in infos]

    assert [one != other for one, other in zip(*seen, strict=True)] == [True] * len(seen[0])
    assert statistics_of(workspace, infos[0]) != statistics_of(workspace, infos[1])


def _labelled(label_ids):
    """Return a data set of short texts with these labels."""
    count = len(label_ids)
    offsets = pa.array(np.arange(count + 1, dtype=np.int32))
    numbers = pa.array(np.arange(count)).cast(pa.string())
    table = pa.table(
        {
            "row_id": numbers,
            "text": numbers,
            "label_ids": pa.ListArray.from_arrays(offsets, pa.array(label_ids, pa.int32())),
            "split": pa.array(["train"] * count),
        }
    )
    return TextDataset(table, tuple("abcdefg"))


def _everything_about(workspace, info):
    """Return the key and the content of everything that is remembered of a version."""
    folder = index_folder(workspace, info)
    build_index(DatasetStore(workspace.datasets_dir).path(info), info, folder)
    rows = RowTable.open(workspace, info)
    counts = [rows.counts(RowFilter()), rows.counts(RowFilter(text="123456"))]
    kept = [
        report_file(workspace, info.fingerprint, None, ["balance"]),
        queue_dir(workspace, info.fingerprint, "minilm"),
    ]
    classes = statistics_of(workspace, info).class_counts
    return [info.fingerprint, folder, *kept, classes, *counts]


def test_sample_is_all_of_a_small_set_in_file_order(workspace, toy_dataset):
    files = DatasetStore(workspace.datasets_dir)
    info = files.find("toy")

    assert sample_texts(files.path(info), info) == toy_dataset.texts()


def test_sample_of_a_larger_set_is_the_same_every_time(workspace, toy_dataset):
    files = DatasetStore(workspace.datasets_dir)
    info = files.find("toy")

    first, second = (sample_texts(files.path(info), info, limit=20) for _ in range(2))

    everything = toy_dataset.texts()
    assert first == second
    assert len(first) == 20
    assert sorted(first, key=everything.index) == first


@given(
    st.lists(st.text(alphabet=st.sampled_from("ab ,.\n\t\x0b\x1c\u00a0\u3000你好éสв"), max_size=12))
)
def test_words_counted_by_splitting_are_those_counted_one_by_one(texts):
    given_texts = pa.array(texts, pa.string())

    counts = count_words(given_texts, split_words(given_texts))

    assert counts.to_pylist() == words_per_text(texts).tolist()


def test_class_table_has_one_record_per_class_with_its_total():
    records = class_table(("ham", "spam"), {"train": [1, 1], "test": [0, 1]})

    assert records == [
        {"class": "ham", "train": 1, "test": 0, "all": 1},
        {"class": "spam", "train": 1, "test": 1, "all": 2},
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The bus is late", 4),
        ("don't stop, please!", 3),
        ("  two\n\twords  ", 2),
        ("Bonjour\u00a0!", 2),
        ("one", 1),
        ("", 0),
        (" \n", 0),
    ],
)
def test_word_lengths_of_words_between_spaces(text, words):
    assert word_lengths(dataset_of(text)).tolist() == [words]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("تأخرت الحافلة", 2),
        ("مرحبا بكم في المدينة", 4),
        ("تَأَخَّرَتِ الحَافِلَةُ", 2),
    ],
    ids=["two", "four", "with vowel signs"],
)
def test_word_lengths_of_arabic_are_words_between_spaces(text, words):
    assert word_lengths(dataset_of(text)).tolist() == [words]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("公交车晚点了", 6),
        ("你好\u3000世界", 4),
        ("我有3个iPhone手机", 7),
        ("バスが遅れた", 6),
    ],
    ids=["Chinese", "wide space", "mixed with Latin", "Japanese"],
)
def test_word_lengths_of_scripts_without_spaces_are_characters(text, words):
    assert word_lengths(dataset_of(text)).tolist() == [words]


@pytest.mark.parametrize(
    ("text", "words"),
    [("안녕 하세요", 2), ("नमस्ते दुनिया", 2), ("สวัสดีครับ ทุกคน", 2)],
    ids=["Korean", "Hindi", "Thai"],
)
def test_word_lengths_of_other_scripts_are_runs_between_spaces(text, words):
    assert word_lengths(dataset_of(text)).tolist() == [words]


def test_word_lengths_follow_the_order_of_the_rows():
    assert word_lengths(dataset_of("a b c", "", "a")).tolist() == [3, 0, 1]
