import pytest

from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.fixes import drop_rows
from textcls_core.dataset.history import history_of, newest_version
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import NotFoundError


def make(text):
    return build_dataset(Rows([text], ["x"], ["train"], {}))


@pytest.fixture
def store(tmp_path) -> DatasetStore:
    return DatasetStore(tmp_path / "datasets")


def shape(store, info):
    return [
        (entry.info.version, entry.depth, entry.parent_version)
        for entry in history_of(store.versions(), info)
    ]


def test_history_puts_each_version_below_its_parent(store):
    first = store.save(make("1"), "n", "imported")
    second = store.derive(first, make("2"), "a fix")
    store.derive(first, make("3"), "another fix")
    store.derive(second, make("4"), "a fix of the fix")
    store.save(make("5"), "n", "imported again")
    store.save(make("6"), "other", "imported")

    expected = [(1, 0, None), (2, 1, 1), (4, 2, 2), (3, 1, 1), (5, 0, None)]
    assert shape(store, first) == shape(store, second) == expected


def test_history_keeps_versions_whose_parent_was_deleted(store):
    first = store.save(make("1"), "n", "imported")
    second = store.derive(first, make("2"), "a fix")
    third = store.derive(second, make("3"), "a fix")
    store.delete(second)

    assert shape(store, third) == [(1, 0, None), (3, 0, None)]


def test_newest_version_bears_the_name_itself(workspace, toy_dataset):
    store = DatasetStore.open(workspace)
    made = store.derive(
        store.find("toy"), drop_rows(toy_dataset, toy_dataset.row_ids()[:1]), "a row dropped"
    )
    store.save(store.load("bbc-news"), "toy", "the same rows under another name")

    assert newest_version(store, "toy") == made
    with pytest.raises(NotFoundError, match='"nothing" does not exist'):
        newest_version(store, "nothing")
