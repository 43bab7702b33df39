import datetime as dt
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
from textcls_core.errors import InvalidArgumentError, NotFoundError
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
                      "message": "Split.", "examples": (), "fix": None, "row_ids": ()},),
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


def test_store_finds_a_fingerprint_before_a_data_set_of_that_name(store):
    wanted = store.save(make_dataset(), "reviews", "imported")
    other = store.save(make_dataset("other"), "other", "imported")
    file = store.root / other.dataset_id / "dataset.json"
    described = json.loads(file.read_text())
    for length in (16, 64):  # as an older version of the product would have stored it
        file.write_text(json.dumps({**described, "name": wanted.fingerprint[:length]}))

        assert store.find(wanted.fingerprint[:length]) == wanted


@pytest.mark.parametrize("name", ["0123456789abcdef", "a" * 64, " deadbeefdeadbeef00 "])
def test_store_refuses_a_name_that_could_be_a_fingerprint(store, name):
    with pytest.raises(InvalidArgumentError, match="could be the fingerprint of another data set"):
        store.save(make_dataset(), name, "imported")


@pytest.mark.parametrize("name", ["deadbeef", "a" * 65, "0123456789ABCDEF", "2024010112345678 x"])
def test_store_takes_names_that_are_no_fingerprint(store, name):
    assert store.find(store.save(make_dataset(), name, "imported").name).name == name


def test_store_derives_a_version_with_its_parent(store):
    parent = store.save(make_dataset(), "reviews", "imported")

    child = store.derive(parent, make_dataset("other"), "changed a text")

    assert (child.name, child.version, child.parent) == ("reviews", 2, parent.fingerprint)
    assert child.reason == "changed a text"
    assert store.find("reviews") == child
    assert store.load(parent.fingerprint).texts()[0] == "one"


def test_store_derives_from_the_embedded_data_set(store):
    embedded = store.save(make_dataset(), "bbc-news", "embedded")

    assert store.derive(embedded, make_dataset("other"), "fixed").name == "bbc-news"


def test_store_gives_back_the_older_version_when_a_fix_is_undone(store):
    parent = store.save(make_dataset(), "reviews", "imported")
    child = store.derive(parent, make_dataset("other"), "changed a text")

    assert store.derive(child, make_dataset(), "changed it back") == parent


def test_store_never_gives_a_version_number_twice_to_many_writers(store):
    start = threading.Barrier(6)

    def save(number):
        start.wait()
        return store.save(make_dataset(f"text {number}"), "reviews", "imported").version

    with ThreadPoolExecutor(6) as pool:
        versions = sorted(pool.map(save, range(6)))

    assert versions == [1, 2, 3, 4, 5, 6]


def test_store_numbers_on_after_the_first_version_is_deleted(store):
    first = store.save(make_dataset(), "reviews", "imported")
    store.save(make_dataset("other"), "reviews", "imported")
    store.delete(first)

    assert store.save(make_dataset("third"), "reviews", "imported").version == 3


def test_store_orders_versions_although_the_clock_was_set_back(store, monkeypatch):
    first = store.save(make_dataset(), "reviews", "imported")

    class EarlierTime(dt.datetime):
        @classmethod
        def now(cls, tz):
            return first.created_at.astimezone(tz) - dt.timedelta(days=1)

    monkeypatch.setattr("textcls_core.dataset.store.dt.datetime", EarlierTime)
    second = store.save(make_dataset("other"), "reviews", "imported")

    assert store.find("reviews").fingerprint == second.fingerprint


def test_store_forgets_a_deleted_version(store):
    kept, gone = (store.save(make_dataset(text), text, "imported") for text in ("kept", "gone"))

    store.delete(gone)

    assert store.versions() == [kept]
    assert [folder.name for folder in store.root.iterdir()] == [kept.dataset_id]


def test_store_keeps_the_embedded_data_set(store):
    embedded = store.save(make_dataset(), "bbc-news", "embedded")

    with pytest.raises(InvalidArgumentError, match='"bbc-news" version 1 comes with the product'):
        store.delete(embedded)


def test_store_deletes_a_version_of_the_embedded_data_set(store):
    embedded = store.save(make_dataset(), "bbc-news", "embedded")
    store.delete(store.derive(embedded, make_dataset("other"), "fixed"))

    assert store.versions() == [embedded]


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
