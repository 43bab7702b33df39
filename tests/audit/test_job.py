"""Tests of fixes in the background."""

import pytest

from tests.audit.cases import make
from textcls_core.audit.job import FIX_ENTRY, fix_arguments, run_fix
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import InvalidArgumentError
from textcls_core.jobs.progress import JobCancelledError, ignore

TEXTS = ["same", "same", *(f"other words {n}" for n in range(10))]


@pytest.fixture
def info(workspace):
    dataset = make(TEXTS, [0] * 6 + [1] * 6)
    return DatasetStore.open(workspace).save(dataset, "copies", "made for this test")


def test_fix_job_makes_the_version_and_says_which(workspace, info):
    made = run_fix(workspace, fix_arguments(info.fingerprint, "drop_duplicates"), ignore)

    found = DatasetStore.open(workspace).get(made)
    assert (found.version, found.parent, found.num_examples) == (2, info.fingerprint, 11)
    assert found.reason == "Drop repeated texts: 1 row dropped, 11 left"


def test_fix_job_that_changes_nothing_says_so(workspace, info):
    with pytest.raises(InvalidArgumentError, match="changes nothing in this version"):
        run_fix(workspace, fix_arguments(info.fingerprint, "remove_html"), ignore)


@pytest.mark.parametrize(
    "message", ["Reading the rows", "Reading texts", "Checking and storing the new version"]
)
def test_fix_job_that_is_cancelled_stores_nothing(workspace, info, message):
    def cancel(_done, _total, said):
        if said == message:
            raise JobCancelledError

    with pytest.raises(JobCancelledError):
        run_fix(workspace, fix_arguments(info.fingerprint, "drop_near_duplicates"), cancel)

    assert DatasetStore.open(workspace).find("copies") == info


def test_entry_names_a_function_of_ours():
    assert f"{run_fix.__module__}:{run_fix.__name__}" == FIX_ENTRY
