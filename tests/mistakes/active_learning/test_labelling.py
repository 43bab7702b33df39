"""Tests of labels people give to a pool, and the version these make."""

import pytest

from tests.pages.conftest import make_run
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import InvalidArgumentError
from textcls_core.mistakes.active_learning.labelling import (
    add_training_rows,
    make_labelled_version,
    progress_of,
)
from textcls_core.mistakes.annotations.annotation import Annotation
from textcls_core.mistakes.annotations.store import Annotations

TEXTS = ["a brand new cat", "quite new soup", "A NEW storm", "the old cat", "a new storm!"]
IDS = ["p1", "p2", "p3", "p4", "p5"]


@pytest.fixture
def pool():
    """Five rows, of which one is in `toy` and two are nearly the same text."""
    splits = ["train"] * 5
    return build_dataset(
        Rows(TEXTS, ["none"] * 5, splits, extra={"source": list("abcde")}), row_ids=IDS
    )


@pytest.fixture
def stored_pool(workspace, pool):
    return DatasetStore.open(workspace).save(pool, "pool", "made for the tests")


@pytest.fixture
def run(workspace, toy_dataset):
    return make_run(workspace, "toy", toy_dataset, {})


def test_progress_tells_labelled_skipped_and_open_rows_apart():
    said = {
        "a": Annotation("a", proposed=("x",)),
        "b": Annotation("b", is_reviewed=True),
        "c": Annotation("c", note="odd"),
        "d": Annotation("d", proposed=(), is_reviewed=True),
    }

    done = progress_of(["e", "d", "c", "b", "a"], said)

    assert (done.labelled, done.skipped, done.open) == (("d", "a"), ("b",), ("e", "c"))


def test_labelled_rows_become_training_rows_of_a_new_version(workspace, run, stored_pool):
    Annotations.open(workspace, "pool").propose(["p1"], ["animals"])
    Annotations.open(workspace, "pool").propose(["p2"], ["food"])
    store = DatasetStore.open(workspace)
    before = store.load("toy")

    made = make_labelled_version(workspace, run, stored_pool)

    after = store.load(made.fingerprint)
    assert (made.name, made.version) == ("toy", 2)
    assert made.reason == (
        f'active learning: 2 rows of "pool" labelled, ranked by run {run.run_id}'
    )
    assert after.num_examples == before.num_examples + 2
    added = after.table.slice(before.num_examples).to_pylist()
    assert [(row["text"], row["split"]) for row in added] == [
        ("a brand new cat", "train"), ("quite new soup", "train")
    ]  # fmt: skip
    assert [after.label_names[row["label_ids"][0]] for row in added] == ["animals", "food"]
    assert after.table.slice(0, before.num_examples).equals(before.table)


def test_a_second_version_adds_only_what_is_new(workspace, run, stored_pool):
    annotations = Annotations.open(workspace, "pool")
    annotations.propose(["p1"], ["animals"])
    make_labelled_version(workspace, run, stored_pool)
    annotations.propose(["p2"], ["food"])

    made = make_labelled_version(workspace, run, stored_pool)

    assert made.version == 3
    assert made.reason.startswith('active learning: 1 row of "pool"')
    with pytest.raises(InvalidArgumentError, match="got none of 2 rows with a label"):
        make_labelled_version(workspace, run, stored_pool)


def test_labels_join_the_data_set_of_the_run_whatever_else_bears_its_name(
    workspace, run, stored_pool, toy_dataset
):
    store = DatasetStore.open(workspace)
    other = build_dataset(Rows(["one", "two"], ["x", "y"], ["train", "test"], extra={}))
    store.save(other, "other", "made for the tests")
    store.save(other, "toy", "the same rows under another name")
    Annotations.open(workspace, "pool").propose(["p1"], ["animals"])

    made = make_labelled_version(workspace, run, stored_pool)

    assert (made.name, made.parent) == ("toy", toy_dataset.fingerprint)


def test_rows_of_the_own_data_set_get_their_label_where_they_are(workspace, run, toy_dataset):
    store = DatasetStore.open(workspace)
    row = toy_dataset.indices("validation")[0]
    row_id = toy_dataset.row_ids()[row]
    other = toy_dataset.label_names[(toy_dataset.label_ids[row] + 1) % 3]
    Annotations.open(workspace, "toy").propose([row_id], [other])

    made = make_labelled_version(workspace, run, store.find("toy"))

    after = store.load(made.fingerprint)
    assert after.num_examples == toy_dataset.num_examples
    assert after.label_names[after.label_ids[row]] == other
    assert after.table["split"].equals(toy_dataset.table["split"])


def test_known_texts_and_repeats_are_left_out(toy_dataset, pool):
    labels = {"p3": ["weather"], "p4": ["animals"], "p5": ["weather"]}

    made, count = add_training_rows(toy_dataset, pool, labels)

    assert count == 1
    assert made.texts()[-1] == "A NEW storm"


def test_a_taken_row_id_is_made_new(toy_dataset):
    taken = toy_dataset.row_ids()[0]
    pool = build_dataset(Rows(["other text"], ["x"], ["train"], extra={}), row_ids=[taken])

    made, count = add_training_rows(toy_dataset, pool, {taken: ["food"]})

    assert count == 1
    assert made.row_ids()[-1] != taken


def test_shared_columns_are_kept_and_others_are_empty(pool):
    texts, labels = ["one", "two"], ["x", "y"]
    extra = {"source": ["s", "t"], "author": ["u", "v"]}
    dataset = build_dataset(Rows(texts, labels, ["train", "test"], extra=extra))

    made, _ = add_training_rows(dataset, pool, {"p1": ["x"]})

    last = made.table.slice(2).to_pylist()[0]
    assert (last["source"], last["author"]) == ("a", None)


def test_labels_must_fit_the_data_set(toy_dataset, pool):
    with pytest.raises(InvalidArgumentError, match='labels that the data set has, got "fish"'):
        add_training_rows(toy_dataset, pool, {"p1": ["fish"]})
    with pytest.raises(InvalidArgumentError, match="Expected exactly one label for every row"):
        add_training_rows(toy_dataset, pool, {"p1": ["food", "animals"]})


def test_several_labels_or_none_fit_a_multi_label_data_set(topics_dataset, pool):
    labels = {"p1": ["animals", "food"], "p2": []}

    made, count = add_training_rows(topics_dataset, pool, labels)

    assert count == 2
    assert made.label_sets[-2:] == [[0, 1], []]
