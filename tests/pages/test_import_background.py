"""Tests of the import wizard with large files, which jobs read and store."""

import shutil

import pytest

from tests.pages.conftest import labels, shown
from tests.pages.test_dataset_import import GOOD, field, go_to, press, wizard
from textcls_core.dataset import import_request
from textcls_core.dataset.store import DatasetStore
from textcls_core.jobs import job as jobs
from textcls_core.jobs import worker
from textcls_core.jobs.job import job_id_of
from textcls_core.workspace import Workspace


@pytest.fixture(autouse=True)
def _everything_is_large(monkeypatch):
    monkeypatch.setattr(import_request, "LARGE_BYTES", 1)


@pytest.fixture
def started(monkeypatch) -> list:
    """Folders of jobs that were started; nobody works on them yet."""
    folders: list = []
    monkeypatch.setattr(jobs, "start_detached", lambda _m, folder, _log: folders.append(folder))
    return folders


@pytest.fixture
def infos(workspace):
    """Read what is stored now."""
    return lambda: DatasetStore.open(workspace).versions()


def checked(open_page, started, content=GOOD):
    """Open the checks of a file that the job has read."""
    app = wizard(open_page, "Checks", content)
    worker.main(started.pop())
    return app.run()


def new_session(open_page, app):
    """Open the address of a page again, as after a refresh or a restart of the app."""
    names = ("view", "step", "import", "import_job", "dataset")
    return open_page("dataset", **{n: v[0] for n in names if (v := list_of(app, n))})


def list_of(app, name):
    value = app.query_params.get(name)
    return [value] if isinstance(value, str) else value


def test_large_file_is_read_by_a_job(open_page, started, infos):
    app = wizard(open_page, "Checks")

    assert not app.exception
    assert len(started) == 1
    assert "Cancel" in labels(app)
    assert "read and checked in the background" in " ".join(shown(app.caption))
    assert next(button for button in app.button if button.label == "Next").disabled


def test_looking_again_starts_no_second_job(open_page, started):
    app = wizard(open_page, "Checks")

    app.run()

    assert len(started) == 1


def test_checks_of_a_large_file_are_those_of_a_small_one(open_page, started, monkeypatch):
    content = GOOD.replace(",a\n", ",A \n", 3)
    app = checked(open_page, started, content)
    in_background = (shown(app.markdown), [metric.value for metric in app.metric])

    monkeypatch.setattr(import_request, "LARGE_BYTES", 10**9)
    app = wizard(open_page, "Checks", content)

    assert (shown(app.markdown), [metric.value for metric in app.metric]) == in_background
    assert any("Look at this" in text for text in in_background[0])


def test_large_file_is_stored_by_a_job_and_opened(open_page, started, infos):
    app = go_to(checked(open_page, started), "Save")
    field(app, "text_input", "Name").set_value("My reviews")
    app = press(app, "Import")
    assert "Cancel" in labels(app)
    assert len(infos()) == 2

    worker.main(started.pop())
    app = app.run()

    stored = infos()[0]
    assert not app.exception
    assert (stored.name, stored.reason) == ("My reviews", "imported from reviews.csv")
    assert app.query_params["dataset"] in ([stored.dataset_id], stored.dataset_id)
    assert not {"step", "view", "import", "import_job"} & set(app.query_params)


def test_wizard_is_empty_after_a_large_import(open_page, started):
    app = press(go_to(checked(open_page, started), "Save"), "Import")
    worker.main(started.pop())

    app = app.run()
    app.query_params["view"] = "Import"
    app = app.run()

    assert len(app.file_uploader) == 2
    assert not any(text.value.startswith("Chosen") for text in app.text)


def test_refresh_goes_on_with_what_was_entered(open_page, started):
    app = wizard(open_page, "Checks", GOOD.replace(",a\n", ",A \n", 3))

    app = new_session(open_page, app)

    assert not app.exception
    assert len(started) == 1
    assert "Cancel" in labels(app)
    worker.main(started.pop())
    app = app.run()
    app = press(app, "Merge each group into its most frequent spelling")
    assert len(started) == 1


def test_refresh_while_it_is_stored_opens_the_data_set(open_page, started, infos):
    app = press(go_to(checked(open_page, started), "Save"), "Import")
    app = new_session(open_page, app)
    assert "Cancel" in labels(app)

    worker.main(started.pop())
    app = app.run()

    assert app.query_params["dataset"] in ([infos()[0].dataset_id], infos()[0].dataset_id)
    assert len(infos()) == 3


def test_bad_name_is_a_message_and_starts_nothing(open_page, started):
    app = go_to(checked(open_page, started), "Save")
    field(app, "text_input", "Name").set_value("  ")

    app = press(app, "Import")

    assert "Expected a name with at least one visible character." in shown(app.error)
    assert started == []


def test_job_that_failed_says_why_and_keeps_what_was_entered(open_page, started, infos):
    app = go_to(checked(open_page, started), "Save")
    field(app, "text_input", "Name").set_value("bbc-news")
    app = press(app, "Import")
    worker.main(started.pop())

    app = app.run()

    assert 'The name "bbc-news" belongs to the embedded data set' in shown(app.error)[0]
    assert "Nothing was stored." in shown(app.caption)
    assert field(app, "text_input", "Name").value == "bbc-news"
    assert len(infos()) == 2


def test_job_that_was_killed_says_so_and_can_be_started_again(open_page, started, infos):
    app = wizard(open_page, "Checks")
    (started[0] / "progress.json").write_text('{"message": "Reading megabytes"}')

    app = app.run()

    assert "ended without a word" in shown(app.error)[0]
    assert "Nothing was stored; what you entered is kept." in shown(app.caption)
    assert len(infos()) == 2
    press(app, "Read the file again")
    assert len(started) == 2


def test_cancelled_job_is_not_started_by_looking(open_page, started):
    app = wizard(open_page, "Checks")
    (started[0] / "cancel").touch()
    worker.main(started[0])

    app = app.run()

    assert "Cancelled. Nothing was kept." in shown(app.info)
    assert len(started) == 1


def test_checked_rows_that_were_deleted_are_read_again(open_page, started, workspace):
    app = checked(open_page, started)
    shutil.rmtree(workspace.cache_dir / "imports")

    app = app.run()

    assert not app.exception
    assert len(started) == 1


def test_removed_file_does_not_come_back(open_page, started):
    app = go_to(wizard(open_page, "Checks"), "File")

    app = app.button(key="import.remove.main").click().run()

    assert not any(text.value.startswith("Chosen") for text in app.text)
    assert "import" not in app.query_params


def test_unknown_job_in_the_link_is_ignored(open_page, started):
    app = open_page("dataset", view="Import", import_job="0" * 16)

    assert not app.exception
    assert len(app.file_uploader) == 2
    assert any("does not exist here" in toast.value for toast in app.toast)


def test_job_of_the_link_that_made_no_version_opens_nothing(open_page, workspace: Workspace):
    job_id = job_id_of("textcls_core.jobs.progress:ignore", {})
    folder = workspace.jobs_dir / job_id
    folder.mkdir(parents=True)
    (folder / "job.json").write_text(
        '{"entry": "textcls_core.jobs.progress:ignore", "arguments": {}, "started_at": 0}'
    )
    (folder / "outcome.json").write_text('{"state": "finished", "seconds": 1, "made": "../x"}')

    app = open_page("dataset", view="Import", import_job=job_id)

    assert not app.exception
    assert len(app.file_uploader) == 2
