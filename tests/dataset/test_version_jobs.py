import json

import pytest

from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.export import export_name
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.version_jobs import EXPORT_JOB, SPLIT_JOB, export_job, split_job
from textcls_core.jobs.progress import JobCancelledError


@pytest.fixture
def info(workspace):
    """A stored version with forty rows by four authors."""
    texts = [f"text {n}" for n in range(40)]
    authors = [f"author {n % 4}" for n in range(40)]
    rows = Rows(texts, ["a", "b"] * 20, ["train"] * 40, {"author": authors})
    return DatasetStore.open(workspace).save(build_dataset(rows), "reviews", "imported")


@pytest.fixture
def reported():
    """What a job says of its progress."""
    return []


def test_export_job_writes_into_the_workspace(workspace, info, reported):
    arguments = {"fingerprint": info.fingerprint, "format": "jsonl"}

    export_job(workspace, arguments, lambda *amount: reported.append(amount))

    file = workspace.exports_dir / export_name(info, "jsonl")
    assert [json.loads(line)["text"] for line in file.read_text().splitlines()][:2] == [
        "text 0",
        "text 1",
    ]
    assert reported[-1] == (40, 40, "Writing rows")


def test_export_job_that_is_cancelled_leaves_no_file(workspace, info):
    def cancel(*_):
        raise JobCancelledError

    with pytest.raises(JobCancelledError):
        export_job(workspace, {"fingerprint": info.fingerprint, "format": "csv"}, cancel)

    assert list(workspace.exports_dir.iterdir()) == []


def test_split_job_makes_a_version(workspace, info, reported):
    recipe = {"by": "group", "column": "author", "shares": [0.5, 0.25, 0.25]}

    fingerprint = split_job(
        workspace,
        {"fingerprint": info.fingerprint, "recipe": recipe},
        lambda *amount: reported.append(amount),
    )

    made = DatasetStore.open(workspace).find("reviews")
    assert (made.version, made.parent) == (2, info.fingerprint)
    assert made.split_counts == {"train": 20, "validation": 10, "test": 10}
    assert fingerprint == made.fingerprint
    assert reported[-1] == (2, 3, "Checking and storing the new version")


@pytest.mark.parametrize("entry", [EXPORT_JOB, SPLIT_JOB])
def test_job_entries_name_functions_of_ours(entry):
    module, name = entry.split(":")

    assert module == "textcls_core.dataset.version_jobs"
    assert name in {"export_job", "split_job"}
