import pytest

from tests.groups import GROUP_ID, make_group
from tests.pages.conftest import make_run
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.errors import InvalidArgumentError, RunStateError
from textcls_core.runs.versions import dataset_title, delete_version, runs_on


@pytest.fixture
def store(workspace) -> DatasetStore:
    return DatasetStore.open(workspace)


@pytest.fixture
def second(store, toy_dataset):
    """A second version of `toy`, without its last row."""
    cut = TextDataset(toy_dataset.table.slice(0, 160), toy_dataset.label_names)
    return store.derive(store.find("toy"), cut, "two rows dropped")


def test_run_names_the_version_it_used(workspace, store, second, toy_dataset):
    old = make_run(workspace, "toy", toy_dataset, {})
    new = make_run(workspace, "toy", store.load(second.fingerprint), {})

    assert [dataset_title(store, run) for run in (old, new)] == ["toy v1", "toy v2"]


@pytest.mark.parametrize("fingerprint", ["", "f" * 64, "../../etc"])
def test_run_on_a_version_that_is_gone_names_its_data_set(
    workspace, store, toy_dataset, fingerprint
):
    run = make_run(workspace, "toy", toy_dataset, {})
    run.__dict__["config"] = run.config.model_copy(update={"dataset_fingerprint": fingerprint})

    assert dataset_title(store, run) == "toy"


def test_runs_of_a_version_are_those_that_used_it(workspace, store, second, toy_dataset):
    run = make_run(workspace, "toy", toy_dataset, {})

    assert runs_on(workspace, second) == []
    assert runs_on(workspace, store.get(toy_dataset.fingerprint)) == [run]


def test_version_without_runs_is_deleted(workspace, store, second):
    delete_version(workspace, second)

    assert [info.version for info in store.versions() if info.name == "toy"] == [1]


def test_version_with_a_run_stays(workspace, store, toy_dataset):
    run = make_run(workspace, "toy", toy_dataset, {})

    with pytest.raises(RunStateError, match=rf'"toy" version 1 is used by 1 run .*{run.run_id}'):
        delete_version(workspace, store.find("toy"))

    assert store.load("toy").num_examples == 162


def test_version_with_a_group_that_may_start_runs_stays(workspace, store, toy_dataset):
    make_group(workspace, dataset_fingerprint=toy_dataset.fingerprint)

    with pytest.raises(RunStateError, match=f"used by 1 run or group .{GROUP_ID}"):
        delete_version(workspace, store.find("toy"))


def test_embedded_version_stays(workspace, store):
    with pytest.raises(InvalidArgumentError, match="comes with the product"):
        delete_version(workspace, store.find("bbc-news"))
