"""Tests of what the store does with damaged versions."""

import pytest

from tests.dataset.test_store import make_dataset
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import DatasetFormatError


@pytest.fixture
def store(tmp_path) -> DatasetStore:
    return DatasetStore(tmp_path / "datasets")


def test_store_explains_damaged_rows(store):
    saved = store.save(make_dataset(), "reviews", "imported")
    (store.root / saved.dataset_id / "data.parquet").write_bytes(b"PAR1 broken")

    with pytest.raises(
        DatasetFormatError,
        match=rf'The rows of data set "reviews" \({saved.dataset_id}\) are damaged\. '
        "Import the file again to repair it, or delete its folder",
    ):
        store.load("reviews")


def test_store_explains_missing_rows(store):
    saved = store.save(make_dataset(), "reviews", "imported")
    (store.root / saved.dataset_id / "data.parquet").unlink()

    with pytest.raises(DatasetFormatError, match=r'The rows of data set "reviews" .* are damaged'):
        store.load("reviews")


DAMAGES = {"torn": '{"name": ', "foreign": '{"name": "reviews"}', "empty": "", "not text": "\xff"}


def damage(store, saved, content):
    (store.root / saved.dataset_id / "dataset.json").write_bytes(content.encode("latin-1"))


@pytest.mark.parametrize("content", DAMAGES.values(), ids=DAMAGES)
def test_store_with_a_damaged_description_still_lists_the_others(store, content):
    good, bad = (store.save(make_dataset(text), text, "imported") for text in ("good", "bad"))
    damage(store, bad, content)

    assert store.versions() == [good]
    assert store.load("good").num_examples == 3


@pytest.mark.parametrize("content", DAMAGES.values(), ids=DAMAGES)
def test_store_names_what_is_damaged_and_what_to_do(store, content):
    saved = store.save(make_dataset(), "reviews", "imported")
    damage(store, saved, content)

    (found,) = store.damaged()

    assert found.dataset_id == saved.dataset_id
    assert found.problem == (
        f"{saved.dataset_id}/dataset.json does not describe a data set. Import the same file again "
        "to repair it, restore the folder from a backup, or delete the folder."
    )


@pytest.mark.parametrize("length", [8, 16, 64])
def test_store_says_that_a_version_is_damaged_instead_of_missing(store, length):
    saved = store.save(make_dataset(), "reviews", "imported")
    damage(store, saved, "")

    with pytest.raises(DatasetFormatError, match="does not describe a data set"):
        store.load(saved.fingerprint[:length])


def test_store_does_not_take_the_description_of_another_version(store):
    first, second = (store.save(make_dataset(text), text, "imported") for text in ("one", "two"))
    copied = (store.root / second.dataset_id / "dataset.json").read_text()
    damage(store, first, copied)

    assert store.versions() == [second]
    assert f"describes another data set ({second.dataset_id})" in store.damaged()[0].problem


def test_store_repairs_a_damaged_description_when_the_rows_come_again(store):
    saved = store.save(make_dataset(), "reviews", "imported")
    damage(store, saved, "")

    again = store.save(make_dataset(), "reviews", "imported again")

    assert store.versions() == [again]
    assert store.damaged() == []


@pytest.mark.parametrize("rows", [b"", b"PAR1 broken", None], ids=["empty", "broken", "missing"])
def test_store_repairs_damaged_rows_when_they_come_again(store, rows):
    saved = store.save(make_dataset(), "reviews", "imported")
    file = store.path(saved)
    file.write_bytes(rows) if rows is not None else file.unlink()

    assert store.save(make_dataset(), "reviews", "imported again") == saved
    assert store.load("reviews").fingerprint == saved.fingerprint


def test_store_does_not_touch_rows_that_are_whole(store):
    saved = store.save(make_dataset(), "reviews", "imported")
    before = _written(store.path(saved))

    store.save(make_dataset(), "reviews", "imported again")

    assert _written(store.path(saved)) == before


def _written(file):
    """Return what another write would change; reading a file changes its time of access only."""
    found = file.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns
