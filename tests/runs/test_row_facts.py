"""Tests of what is known about the rows a run predicted."""

import shutil

import numpy as np
import pytest

from tests.models.test_token_lengths import make_model
from tests.pages.conftest import make_run
from textcls_core.config import RunConfig
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import NotFoundError
from textcls_core.evaluation.predictions import Predictions
from textcls_core.runs.row_facts import row_facts, windows_read

TEXTS = ["one", "one two", "one two three", "one two three four", "four", "two three"]
NUM_TOKENS = [3, 4, 5, 6]
"""Of the first four texts: their words, and two special tokens."""


@pytest.fixture
def dataset():
    """Four test rows with a further column, and one row of each other split."""
    splits = ["test"] * 4 + ["train", "validation"]
    extra = {"origin": ["mail", "mail", "web", None, "web", "web"]}
    return build_dataset(Rows(TEXTS, ["a", "b"] * 3, splits, extra=extra))


@pytest.fixture
def make(workspace, dataset, tmp_path):
    """Make a run on the data set, with a tokenizer that counts words."""

    def make_(**settings):
        DatasetStore.open(workspace).save(dataset, "short", "made for the tests")
        run = make_run(workspace, "short", dataset, {}, **settings)
        shutil.copytree(make_model(tmp_path / "words"), run.model_dir, dirs_exist_ok=True)
        return run

    return make_


def test_row_facts_are_in_the_order_of_the_predictions(make, dataset, tmp_path):
    run = make()

    facts = row_facts(run, dataset, "test", tmp_path / "cache")

    assert facts.row_ids == run.predictions("test").row_ids
    assert dataset.texts(facts.positions) == TEXTS[:4]
    assert facts.num_characters.tolist() == [3, 7, 13, 18]
    assert facts.num_words.tolist() == [1, 2, 3, 4]
    assert facts.columns["origin"].to_pylist() == ["mail", "mail", "web", None]
    assert len(facts) == 4


def test_row_facts_count_tokens_of_the_model_of_the_run(make, dataset, tmp_path):
    facts = row_facts(make(), dataset, "test", tmp_path / "cache")

    assert facts.num_tokens.tolist() == NUM_TOKENS


def test_row_facts_read_tokens_from_the_cache(make, dataset, tmp_path):
    run = make()
    first = row_facts(run, dataset, "test", tmp_path / "cache")
    (file,) = (tmp_path / "cache" / "token_lengths").iterdir()
    np.save(file, first.num_tokens + 10)

    again = row_facts(run, dataset, "test", tmp_path / "cache")

    assert again.num_tokens.tolist() == [13, 14, 15, 16]


def test_row_facts_of_splits_do_not_share_a_cache(make, dataset, tmp_path):
    run = make()
    row_facts(run, dataset, "test", tmp_path / "cache")

    facts = row_facts(run, dataset, "train", tmp_path / "cache")

    assert facts.num_tokens.tolist() == [3]


def test_row_facts_without_a_tokenizer_say_nothing_about_tokens(make, dataset, tmp_path):
    run = make()
    shutil.rmtree(run.model_dir)

    facts = row_facts(run, dataset, "test", tmp_path / "cache")

    assert facts.num_tokens is None
    assert facts.is_truncated is None
    assert facts.num_words.tolist() == [1, 2, 3, 4]


@pytest.mark.parametrize("long_documents", ["truncate", "head_tail"])
def test_row_facts_know_which_texts_are_cut(make, dataset, tmp_path, long_documents):
    longer = build_dataset(
        Rows(["one", " ".join(["one"] * 7)], ["a", "b"], ["test", "test"], extra={})
    )
    run = make(max_length=8, long_documents=long_documents)
    ids = tuple(longer.row_ids())
    shares = np.full((2, 2), 0.5)
    Predictions(ids, np.array([0, 1]), shares, ("a", "b")).save(run.predictions_file("test"))

    facts = row_facts(run, longer, "test", tmp_path / "cache")

    assert facts.num_tokens.tolist() == [3, 9]
    assert facts.is_truncated.tolist() == [False, True]


@pytest.mark.parametrize("max_windows", [2, 3, 5])
def test_windows_read_is_what_the_tokenizer_covers(tiny_model_dir, max_windows):
    from transformers import AutoTokenizer

    from textcls_core.models.tokens import Reading, tokenize

    tokenizer = AutoTokenizer.from_pretrained(tiny_model_dir)
    settings = {"dataset": "toy", "max_length": 32, "long_documents": "windows"}
    config = RunConfig.create({**settings, "max_windows": max_windows})
    limit = windows_read(config, num_special=2)
    reading = Reading(32, "windows", max_windows)
    texts = [" ".join(["cat"] * (limit - 2)) + " dog", " ".join(["cat"] * (limit - 3)) + " dog"]
    dog = tokenizer.convert_tokens_to_ids("dog")

    cut, whole = (dog in tokenize([text], tokenizer, reading).input_ids for text in texts)

    assert (cut, whole) == (False, True)


def test_row_facts_of_another_data_set_are_refused(make, toy_dataset, tmp_path):
    with pytest.raises(NotFoundError, match=r"4 of 4 rows are not in this data set\. Use the ver"):
        row_facts(make(), toy_dataset, "test", tmp_path)


def test_row_facts_of_label_sets(topics_run, topics_dataset, tmp_path):
    facts = row_facts(topics_run, topics_dataset, "test", tmp_path)

    assert facts.row_ids == topics_run.predictions("test").row_ids
    assert facts.num_words.tolist() == [
        len(text.split()) for text in topics_dataset.texts(facts.positions)
    ]
