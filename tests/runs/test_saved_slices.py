"""Tests of saved slices: kept by name, by anybody, for all versions of a data set."""

import threading

import pytest

from tests.pages.conftest import make_run
from textcls_core.dataset.query import keep_rows
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import InvalidArgumentError, NotFoundError
from textcls_core.runs.saved_slices import SavedSlices
from textcls_core.runs.slice_conditions import Condition

LONG = Condition(kind="words", low=10)


@pytest.fixture
def saved(workspace):
    return SavedSlices.open(workspace, "toy")


def test_saved_slice_is_found_again(workspace, saved):
    made = saved.save("  Long   texts ", [LONG], "food")

    (found,) = SavedSlices.open(workspace, "toy").all()
    assert found == made
    assert (found.name, found.dataset, found.label) == ("Long texts", "toy", "food")
    assert found.title == "at least 10 words (food)"


def test_saved_slices_of_another_data_set_are_apart(workspace, saved):
    saved.save("Long", [LONG])

    assert SavedSlices.open(workspace, "other").all() == []


def test_saved_slices_are_in_order_of_their_names(saved):
    for name in ("short", "Long", "ärger"):
        saved.save(name, [LONG])

    assert [found.name for found in saved.all()] == ["Long", "short", "ärger"]


def test_saved_slices_hold_for_every_version(workspace, saved, toy_dataset):
    store = DatasetStore.open(workspace)
    smaller = keep_rows(toy_dataset, range(100))
    info = store.derive(store.find("toy"), smaller, "made for the tests")
    run = make_run(workspace, info.fingerprint, smaller, {})
    saved.save("Long", [LONG])

    assert [found.name for found in SavedSlices.of_run(workspace, run).all()] == ["Long"]


def test_saved_slice_of_a_taken_name_is_refused(saved):
    saved.save("Long", [LONG])

    with pytest.raises(InvalidArgumentError, match=r'^A slice named "Long" is saved already'):
        saved.save("Long", [Condition(kind="class", value="food")])
    assert saved.all()[0].conditions == (LONG,)


def test_saved_slices_of_many_people_at_once_all_arrive(saved):
    names = [f"slice {n}" for n in range(20)]
    threads = [threading.Thread(target=saved.save, args=(name, [LONG])) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {found.name for found in saved.all()} == set(names)


@pytest.mark.parametrize("name", ["../../etc", "a/b", "…" * 60, "<script>"])
def test_saved_slice_takes_any_name_as_a_label(saved, name):
    saved.save(name, [LONG])

    assert [found.name for found in saved.all()] == [name]
    assert [folder.parent for folder in saved.folder.iterdir()] == [saved.folder]


@pytest.mark.parametrize(("name", "length"), [(" ", 0), ("x" * 61, 61)])
def test_saved_slice_needs_a_name(saved, name, length):
    with pytest.raises(InvalidArgumentError, match=rf"name of 1 to 60 characters, got {length}\."):
        saved.save(name, [LONG])


def test_saved_slice_needs_a_condition(saved):
    with pytest.raises(InvalidArgumentError, match="Expected at least one condition, got none"):
        saved.save("All", [])


def test_saved_slice_is_deleted(saved):
    saved.save("Long", [LONG])
    saved.save("Other", [LONG])

    saved.delete("Long")

    assert [found.name for found in saved.all()] == ["Other"]


def test_saved_slice_that_is_gone_cannot_be_deleted(saved):
    saved.save("Other", [LONG])

    with pytest.raises(NotFoundError, match=r'^No slice is named "Long"\. Known: "Other"\.$'):
        saved.delete("Long")


def test_saved_slice_that_is_damaged_hides_no_other(saved, caplog):
    saved.save("Good", [LONG])
    made = saved.save("Bad", [LONG])
    (saved.folder / made.slice_id / "slice.json").write_text("{}")

    assert [found.name for found in saved.all()] == ["Good"]
    assert "does not describe a slice of this version" in caplog.text
