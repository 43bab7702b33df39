"""Tests of how a background job is shown: its progress, its end, and the way to cancel it."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import HOSTILE_TEXT, make_job
from textcls_core.files import write_json


@pytest.fixture
def job(workspace, monkeypatch):
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    return make_job(workspace, "Counting words")


def view(job_id: str) -> None:
    from pages._app.job_view import show_job

    show_job(job_id)


def show(job) -> AppTest:
    return AppTest.from_function(view, args=(job.name,), default_timeout=30).run()


def test_job_that_works_shows_how_far_it_is(job, hold_lock):
    hold_lock(job / "lock")

    app = show(job)

    assert app.progress[0].value == 25
    assert app.progress[0].text == "Counting words · 1 of 4"


def test_job_of_unknown_length_shows_how_much_is_done(job, hold_lock):
    hold_lock(job / "lock")
    write_json(job / "progress.json", {"done": 1234, "total": 0, "message": "Reading rows"})

    app = show(job)

    assert app.progress[0].text == "Reading rows · 1,234"


def test_cancel_asks_the_job_to_stop(job, hold_lock):
    hold_lock(job / "lock")

    show(job).button[0].click().run()

    assert (job / "cancel").exists()


def test_job_that_was_cancelled_says_so(job):
    write_json(job / "outcome.json", {"state": "cancelled", "seconds": 1.0})

    assert show(job).info[0].value == "Cancelled. Nothing was kept."


def test_job_that_failed_says_why_escaped(job):
    write_json(job / "outcome.json", {"state": "failed", "error": HOSTILE_TEXT, "seconds": 1.0})

    app = show(job)

    assert not app.exception
    assert "\\!\\[h\\]" in app.error[0].value


def test_job_whose_process_vanished_can_be_started_again(job):
    assert "Start it again" in show(job).error[0].value


def test_finished_job_shows_nothing(job):
    write_json(job / "outcome.json", {"state": "finished", "seconds": 1.0})

    app = show(job)

    assert [*app.error, *app.info, *app.progress] == []
