"""Tests of imports in the background: the same result, nothing half-made."""

import os
import time

import pytest

from textcls_core.dataset.import_jobs import (
    CHECK_JOB,
    IMPORT_JOB,
    ImportSummary,
    check_arguments,
    check_job,
    find_choices,
    find_summary,
    import_arguments,
    import_job,
    keep_choices,
    new_import_id,
)
from textcls_core.dataset.import_request import ImportFile, ImportRequest, read_request
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import DatasetFormatError, InvalidArgumentError
from textcls_core.jobs import job as jobs
from textcls_core.jobs.job import read_job, start_job
from textcls_core.jobs.progress import JobCancelledError, ignore

GOOD = "text,label\n" + "".join(f"text number {n},{'ab'[n % 2]}\n" for n in range(40))


@pytest.fixture
def request_of(tmp_path):
    """Make the request for a file with this content."""

    def make(content: str = GOOD) -> ImportRequest:
        path = tmp_path / "upload"
        path.write_text(content)
        return ImportRequest(files=(ImportFile.of(path, "reviews.csv"),))

    return make


@pytest.fixture
def processes(monkeypatch):
    """The processes of jobs that were started."""
    started = []
    start = jobs.start_detached
    monkeypatch.setattr(jobs, "start_detached", lambda *given: started.append(start(*given)))
    return started


def files_below(folder) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def run_import(workspace, request, name="Reviews", *, anyway=False) -> str:
    return import_job(workspace, import_arguments(request, name, anyway=anyway), ignore)


def test_import_job_stores_what_the_page_would_store(workspace, request_of):
    request = request_of(GOOD.replace(",a\n", ",A \n", 3))
    imported = read_request(request)

    fingerprint = run_import(workspace, request)

    info = DatasetStore.open(workspace).get(fingerprint)
    assert fingerprint == imported.dataset.fingerprint
    assert (info.name, info.reason) == ("Reviews", "imported from reviews.csv")
    assert info.findings == imported.findings


def test_checked_rows_are_stored_without_reading_the_file_again(workspace, request_of, tmp_path):
    request = request_of()
    check_job(workspace, check_arguments(request), ignore)
    (tmp_path / "upload").unlink()

    fingerprint = run_import(workspace, request)

    assert DatasetStore.open(workspace).load(fingerprint).num_examples == 40


def test_summary_says_what_an_import_would_give(workspace, request_of):
    request = request_of()
    assert find_summary(workspace, request) is None

    check_job(workspace, check_arguments(request), ignore)

    summary = find_summary(workspace, request)
    assert summary == ImportSummary.of(read_request(request))
    assert summary.split_counts == {"train": 28, "validation": 6, "test": 6}
    assert summary.blocking == ()


def test_stored_rows_leave_the_cache(workspace, request_of):
    request = request_of()
    check_job(workspace, check_arguments(request), ignore)

    run_import(workspace, request)

    assert find_summary(workspace, request) is None
    assert files_below(workspace.cache_dir / "imports") == []


def test_checked_rows_that_nobody_stores_go_after_a_day(workspace, request_of):
    folder = workspace.cache_dir / "imports"
    first = request_of()
    check_job(workspace, check_arguments(first), ignore)
    a_day_ago = time.time() - 25 * 3600
    os.utime(folder / first.request_id, (a_day_ago, a_day_ago))

    second = request_of(GOOD + "one more,a\n")
    check_job(workspace, check_arguments(second), ignore)

    assert [path.name for path in folder.iterdir()] == [second.request_id]


def test_import_that_cannot_be_trained_on_is_refused_until_someone_insists(workspace, request_of):
    request = request_of("text,label\n" + "".join(f"t {n},a\n" for n in range(9)))

    with pytest.raises(DatasetFormatError, match=r"cannot be trained on\. All 9 rows have"):
        run_import(workspace, request)
    fingerprint = run_import(workspace, request, anyway=True)

    assert DatasetStore.open(workspace).get(fingerprint).num_examples == 9


def test_import_needs_a_visible_name(request_of):
    with pytest.raises(InvalidArgumentError, match="at least one visible character"):
        import_arguments(request_of(), "\u200b", anyway=False)


@pytest.mark.parametrize(
    "message",
    ["Reading megabytes", "Making splits", "Keeping the checked rows", "Storing the data set"],
)
def test_import_that_is_cancelled_stores_nothing(workspace, request_of, message):
    before = files_below(workspace.datasets_dir)

    def cancel(_done, _total, said):
        if said == message:
            raise JobCancelledError

    with pytest.raises(JobCancelledError):
        import_job(workspace, import_arguments(request_of(), "Reviews", anyway=False), cancel)

    assert files_below(workspace.datasets_dir) == before


def test_damaged_checked_rows_are_made_again(workspace, request_of):
    request = request_of()
    check_job(workspace, check_arguments(request), ignore)
    (workspace.cache_dir / "imports" / request.request_id / "summary.json").write_text("{")

    fingerprint = run_import(workspace, request)

    assert DatasetStore.open(workspace).load(fingerprint).num_examples == 40


def test_choices_are_found_by_their_id(workspace):
    import_id = new_import_id()

    keep_choices(workspace, import_id, {"name": "Reviews", "fixes": ["drop_duplicates"]})

    found = find_choices(workspace, import_id)
    assert found == {"name": "Reviews", "fixes": ["drop_duplicates"]}


def test_choices_of_the_day_before_yesterday_are_removed(workspace):
    old, new = new_import_id(), new_import_id()
    keep_choices(workspace, old, {"name": "old"})
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(workspace.cache_dir / "imports" / f"{old}.json", (two_days_ago, two_days_ago))

    keep_choices(workspace, new, {"name": "new"})

    assert find_choices(workspace, old) == {}
    assert find_choices(workspace, new) == {"name": "new"}


@pytest.mark.parametrize("import_id", ["", "0" * 16, "../../datasets", "0" * 15 + "/"])
def test_choices_under_another_id_are_none(workspace, import_id):
    assert find_choices(workspace, import_id) == {}


@pytest.mark.slow
def test_killed_import_leaves_nothing_half_made(workspace, request_of, processes):
    rows = "".join(
        f"a text with the number {n} and some words,{'ab'[n % 2]}\n" for n in range(400_000)
    )
    request = request_of("text,label\n" + rows)
    before = files_below(workspace.datasets_dir)
    job_id = start_job(workspace, IMPORT_JOB, import_arguments(request, "Big", anyway=False))
    wait_until(lambda: read_job(workspace, job_id).amount.message == "Reading megabytes")

    processes[0].kill()
    processes[0].wait()

    job = read_job(workspace, job_id)
    assert job.state == "interrupted"
    assert "ended without a word" in job.error
    assert files_below(workspace.datasets_dir) == before
    assert find_summary(workspace, request) is None


@pytest.mark.slow
def test_import_in_a_process_of_its_own_says_what_it_made(workspace, request_of):
    request = request_of()

    job_id = start_job(workspace, IMPORT_JOB, import_arguments(request, "Small", anyway=False))
    wait_until(lambda: not read_job(workspace, job_id).is_active)

    job = read_job(workspace, job_id)
    assert (job.state, job.error) == ("finished", "")
    assert DatasetStore.open(workspace).get(job.made).name == "Small"


def wait_until(is_so, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("entry", [CHECK_JOB, IMPORT_JOB])
def test_entries_name_functions_of_ours(entry):
    module, name = entry.split(":")

    assert module == "textcls_core.dataset.import_jobs"
    assert name in {"check_job", "import_job"}
