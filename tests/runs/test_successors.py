"""Runs on later versions of a data set, and what besides the data sets them apart."""

import pytest

from tests.pages.conftest import make_run
from textcls_core.dataset.fixes import drop_rows
from textcls_core.dataset.store import DatasetStore
from textcls_core.runs.store import RunStore
from textcls_core.runs.successors import successors


@pytest.fixture
def versions(workspace, toy_dataset):
    """Three versions of `toy`: all rows, without the first one, without the first two."""
    store, row_ids = DatasetStore.open(workspace), toy_dataset.row_ids()
    made = [toy_dataset, drop_rows(toy_dataset, row_ids[:1]), drop_rows(toy_dataset, row_ids[:2])]
    parent = store.find("toy")
    for dataset in made[1:]:
        parent = store.derive(parent, dataset, "a row dropped")
    return made


@pytest.fixture
def after(workspace):
    """Return the successors of a run, as run id, version and settings that differ."""

    def after_(run):
        known, infos = RunStore.open(workspace).runs(), DatasetStore.open(workspace).versions()
        found = successors(run, known, infos)
        return [(one.run.run_id, one.info.version, one.differs_in) for one in found]

    return after_


def test_runs_with_the_same_settings_come_first(workspace, versions, after):
    first, second, third = versions
    run = make_run(workspace, "toy", first, {}, name="Before")
    same = make_run(workspace, "toy", second, {}, name="After")
    other = make_run(workspace, "toy", third, {}, seed=7, num_epochs=9)

    assert after(run) == [(same.run_id, 2, ()), (other.run_id, 3, ("num_epochs", "seed"))]


def test_earlier_equal_and_foreign_versions_are_no_successors(workspace, versions, after):
    first, second, _ = versions
    make_run(workspace, "toy", first, {})
    run = make_run(workspace, "toy", second, {})
    make_run(workspace, "toy", second, {})
    bbc = DatasetStore.open(workspace).load("bbc-news")
    make_run(workspace, "bbc-news", bbc, {})

    assert after(run) == []


def test_run_whose_version_is_gone_has_no_successors(workspace, versions, after):
    run = make_run(workspace, "toy", versions[0], {})
    make_run(workspace, "toy", versions[1], {})
    store = DatasetStore.open(workspace)
    store.delete(store.find(versions[0].fingerprint))

    assert after(run) == []
