"""Tests of counts and lengths of a data set."""

import pytest

from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.statistics import class_counts, class_table, word_lengths


def dataset_of(*texts):
    return build_dataset(Rows(texts, ["x"] * len(texts), ["train"] * len(texts), extra={}))


def test_class_counts_follow_the_order_of_the_label_ids():
    splits = ["train", "train", "train", "test"]
    rows = Rows(["1", "2", "3", "4"], ["spam", "ham", "spam", "spam"], splits, extra={})

    counts = class_counts(build_dataset(rows))

    assert counts == {"train": [1, 2], "test": [0, 1]}


def test_class_counts_add_up_to_all_rows(toy_dataset):
    counts = class_counts(toy_dataset)

    assert sum(map(sum, counts.values())) == toy_dataset.num_examples
    assert list(counts) == ["train", "validation", "test"]


def test_class_table_has_one_record_per_class_with_its_total():
    rows = Rows(["1", "2", "3"], ["spam", "ham", "spam"], ["train", "train", "test"], extra={})

    records = class_table(build_dataset(rows))

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
