import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest

from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.columns import ColumnChoice
from textcls_core.dataset.findings import info
from textcls_core.dataset.importing import Imported
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.errors import DatasetFormatError, InvalidArgumentError, NotFoundError
from textcls_core.workspace import Workspace


def make_dataset(text: str = "one") -> TextDataset:
    rows = Rows(
        [text, "two", "three"], ["x", "y", "x"], ["train", "test", "train"], {"a": ["1"] * 3}
    )
    return build_dataset(rows)


@pytest.fixture
def store(tmp_path) -> DatasetStore:
    return DatasetStore(tmp_path / "datasets")


def test_store_gives_back_what_it_was_given(store):
    dataset = make_dataset()

    store.save(dataset, "reviews", "imported")

    assert store.load("reviews").table.equals(dataset.table)


def test_store_keeps_the_fingerprint(store):
    info = store.save(make_dataset(), "reviews", "imported")

    assert store.load("reviews").fingerprint == info.fingerprint


def test_store_keeps_the_fingerprint_of_a_cut_data_set(store):
    whole = make_dataset()
    cut = TextDataset(whole.table.slice(0, 2), whole.label_names)

    info = store.save(cut, "cut", "first two rows")

    assert store.load("cut").fingerprint == info.fingerprint


def test_store_keeps_a_multi_label_set(store):
    single = make_dataset()
    sets = pa.array([[0, 1], [], [1]], single.table.schema.field(2).type)
    table = single.table.set_column(2, "label_ids", sets)

    store.save(TextDataset(table, single.label_names, "multi_label"), "tags", "imported")

    assert store.load("tags").label_sets == [[0, 1], [], [1]]


def test_store_describes_a_version(store):
    findings = (info("split_made", 3, "Split."),)

    saved = store.save(make_dataset(), "reviews", "imported from f.csv", findings)

    assert saved.model_dump(exclude={"fingerprint", "created_at"}) == {
        "name": "reviews",
        "version": 1,
        "reason": "imported from f.csv",
        "parent": None,
        "task": "single_label",
        "label_names": ("x", "y"),
        "num_examples": 3,
        "split_counts": {"train": 2, "test": 1},
        "extra_columns": ("a",),
        "findings": ({"kind": "split_made", "severity": "info", "gate": "pass", "count": 3,
                      "message": "Split.", "examples": ()},),
        "aliases": (),
    }  # fmt: skip


def test_store_finds_equal_content_by_the_name_of_a_second_import(store):
    first = store.save(make_dataset(), "reviews", "imported from f.csv")

    second = store.save(make_dataset(), "opinions", "imported from g.csv")

    assert second.name == "reviews"
    assert store.find("opinions").fingerprint == first.fingerprint
    assert len(store.versions()) == 1


def test_store_writes_files_that_others_may_read(store):
    saved = store.save(make_dataset(), "reviews", "imported")

    modes = [path.stat().st_mode & 0o044 for path in (store.root / saved.dataset_id).iterdir()]

    assert modes == [0o044, 0o044]


def test_store_finds_by_name_what_it_described(store):
    saved = store.save(make_dataset(), "reviews", "imported")

    assert store.find("reviews") == saved


@pytest.mark.parametrize("length", [8, 16, 64])
def test_store_finds_by_the_start_of_the_fingerprint(store, length):
    saved = store.save(make_dataset(), "reviews", "imported")

    assert store.find(saved.fingerprint[:length]) == saved


def test_store_does_not_find_by_a_short_start_of_the_fingerprint(store):
    saved = store.save(make_dataset(), "reviews", "imported")

    with pytest.raises(NotFoundError):
        store.find(saved.fingerprint[:7])


def test_store_names_what_exists_when_it_finds_nothing(store):
    store.save(make_dataset(), "reviews", "imported")

    with pytest.raises(NotFoundError, match=r'Data set "news" does not exist\. Known: "reviews"\.'):
        store.find("news")


def test_store_without_data_sets_says_so(store):
    with pytest.raises(
        NotFoundError, match=r'Data set "x{80}" does not exist\. There are none yet'
    ):
        store.load("x" * 500)


@pytest.mark.parametrize("reference", ["../../etc/passwd", "a\0b", "", "/", ".", "%2e%2e"])
def test_store_never_takes_a_reference_for_a_path(store, reference):
    store.save(make_dataset(), "reviews", "imported")

    with pytest.raises(NotFoundError, match="does not exist"):
        store.load(reference)


def test_store_numbers_the_versions_of_a_name(store):
    store.save(make_dataset(), "reviews", "imported")

    second = store.save(make_dataset("other"), "reviews", "imported again")

    assert second.version == 2


def test_store_finds_the_newest_version_of_a_name(store):
    store.save(make_dataset(), "reviews", "imported")

    second = store.save(make_dataset("other"), "reviews", "imported again")

    assert store.find("reviews") == second


def test_store_lists_the_newest_version_first(store):
    saved = [store.save(make_dataset(text), "reviews", "imported") for text in "abc"]

    assert store.versions() == saved[::-1]


def test_store_keeps_equal_content_once(store):
    first = store.save(make_dataset(), "reviews", "imported")

    again = store.save(make_dataset(), "the same reviews", "imported again")

    assert again.fingerprint == first.fingerprint
    assert store.versions() == [again]


def test_store_cleans_the_name(store):
    saved = store.save(make_dataset(), " my\u202e  reviews\n", "imported")

    assert saved.name == "my reviews"


def test_store_refuses_a_name_that_cannot_be_seen(store):
    with pytest.raises(InvalidArgumentError, match="at least one visible character"):
        store.save(make_dataset(), "\u200b", "imported")


@pytest.mark.parametrize("name", ["../../x", "/etc/passwd", "C:\\x", "CON", "a.", "\U0001f600"])
def test_store_never_makes_a_path_of_a_name(store, name):
    saved = store.save(make_dataset(), name, "imported")

    assert [folder.name for folder in store.root.iterdir()] == [saved.dataset_id]
    assert int(saved.dataset_id, 16)


def test_store_survives_many_writers_of_the_same_content(store):
    start = threading.Barrier(4)

    def save(_):
        start.wait()
        return store.save(make_dataset(), "reviews", "imported").fingerprint

    with ThreadPoolExecutor(4) as pool:
        fingerprints = set(pool.map(save, range(4)))

    assert fingerprints == {make_dataset().fingerprint}
    assert len(list(store.root.iterdir())) == 1


def test_store_leaves_nothing_behind_when_writing_fails(store, monkeypatch):
    monkeypatch.setattr("textcls_core.dataset.store.write_json", fail)

    with pytest.raises(OSError, match="No space left on device"):
        store.save(make_dataset(), "reviews", "imported")

    assert list(store.root.iterdir()) == []


def fail(*_):
    raise OSError(28, "No space left on device")


def test_store_explains_damaged_rows(store):
    saved = store.save(make_dataset(), "reviews", "imported")
    (store.root / saved.dataset_id / "data.parquet").write_bytes(b"PAR1 broken")

    with pytest.raises(
        DatasetFormatError,
        match=rf'The rows of data set "reviews" \({saved.dataset_id}\) are damaged\. '
        "Delete its folder and import the file again",
    ):
        store.load("reviews")


def test_store_explains_missing_rows(store):
    saved = store.save(make_dataset(), "reviews", "imported")
    (store.root / saved.dataset_id / "data.parquet").unlink()

    with pytest.raises(DatasetFormatError, match=r'The rows of data set "reviews" .* are damaged'):
        store.load("reviews")


def test_store_explains_a_foreign_description(store):
    saved = store.save(make_dataset(), "reviews", "imported")
    (store.root / saved.dataset_id / "dataset.json").write_text(json.dumps({"name": "reviews"}))

    with pytest.raises(
        DatasetFormatError,
        match=rf"{saved.dataset_id}/dataset\.json does not describe a data set\. "
        "Delete the folder or restore it from a backup",
    ):
        store.versions()


def test_store_explains_a_torn_description(store):
    saved = store.save(make_dataset(), "reviews", "imported")
    (store.root / saved.dataset_id / "dataset.json").write_text('{"name": ')

    with pytest.raises(InvalidArgumentError, match=r"dataset\.json is not valid JSON"):
        store.versions()


def test_store_ignores_what_is_not_a_data_set(store):
    saved = store.save(make_dataset(), "reviews", "imported")
    (store.root / ".half-written").mkdir()
    (store.root / "notes.txt").write_text("hello")

    assert store.versions() == [saved]


def test_opening_a_workspace_stores_the_embedded_data_set(tmp_path):
    store = DatasetStore.open(Workspace(tmp_path))

    assert store.find("bbc-news").num_examples == 2_127


def test_opening_a_workspace_again_changes_nothing(tmp_path, monkeypatch):
    embedded = Imported(make_dataset(), (), ColumnChoice())
    monkeypatch.setattr("textcls_core.dataset.store.load_bbc_news", lambda: embedded)
    before = DatasetStore.open(Workspace(tmp_path)).versions()

    after = DatasetStore.open(Workspace(tmp_path)).versions()

    assert after == before
