"""The Causes view: start the search, read what was found, open the mistakes of a cause."""

import pytest

from tests.pages.conftest import as_shown, chart, labels, metrics, press, shown
from textcls_core.files import write_json
from textcls_core.jobs import job as jobs
from textcls_core.jobs.job import job_id_of
from textcls_core.mistakes.causes.found import FoundCause
from textcls_core.mistakes.causes.job import ENTRY, job_arguments
from textcls_core.mistakes.causes.triage import (
    Coverage,
    Triage,
    TriageFacts,
    read_triage,
    triage_dir,
)

EVIDENCE = '<b>bold</b> "![x](http://127.0.0.1:9/h.png)" :red[i]'


@pytest.fixture
def started(monkeypatch):
    """Folders of the jobs that the page started; no process is started for them."""
    folders = []
    monkeypatch.setattr(
        jobs, "start_detached", lambda _module, folder, _log: folders.append(folder)
    )
    return folders


def store(workspace, run, by_row, num_mistakes=3):
    coverage = (Coverage(cause="truncated", asked=3, looked=1, note="The <i>rest</i> is long."),)
    facts = TriageFacts(
        run_id=run.run_id, split="test", num_rows=33, num_mistakes=num_mistakes,
        coverage=coverage if num_mistakes else (), seconds=65.0,
    )  # fmt: skip
    Triage(facts, by_row).save(triage_dir(workspace, run, "test"))


@pytest.fixture
def triaged(workspace, toy_run):
    """`toy_run` with causes for two of its three mistakes."""
    predictions = toy_run.predictions("test")
    pairs = zip(predictions.row_ids, predictions.is_mistake, strict=True)
    first, second, _ = [row_id for row_id, is_wrong in pairs if is_wrong]
    found = {
        first: (FoundCause("label_suspect", EVIDENCE), FoundCause("ambiguous", "It wavers.")),
        second: (FoundCause("ambiguous", "It wavers."),),
    }
    store(workspace, toy_run, found)
    return toy_run, first


@pytest.fixture
def open_causes(open_page):
    def open_(**parameters):
        app = open_page("mistakes", panel="Causes", **parameters)
        assert not app.exception
        return app

    return open_


def test_first_visit_offers_the_search_and_starts_it_once(open_causes, toy_run, started):
    app = open_causes()
    button = next(b for b in app.button if b.label == "Look for causes")

    app = button.click().run()

    job_id = job_id_of(ENTRY, job_arguments(toy_run, "test"))
    assert [folder.name for folder in started] == [job_id]
    assert app.button(key=f"job.cancel.{job_id}").label == "Cancel"
    assert "Look for causes" not in labels(app)


def test_figures_say_how_many_mistakes_have_a_cause(open_causes, triaged):
    app = open_causes()

    assert metrics(app) == {
        "Mistakes": "3",
        "With a likely cause": "2",
        "Without a likely cause": "1",
    }
    assert app.metric[1].delta == "1 have several"


def test_each_cause_and_each_action_has_a_bar(open_causes, triaged):
    app = open_causes()

    by_cause, by_action = chart(app, 0), chart(app, 1)
    assert [point[0] for point in by_cause["data"][0]["customdata"]] == [
        "ambiguous",
        "label_suspect",
    ]
    assert by_action["layout"]["title"]["text"] == "Together up to 2 mistakes"
    assert list(app.dataframe[1].value["up to"]) == [2, 1]
    assert sum(app.dataframe[1].value["first choice"]) == 2


def test_button_opens_all_mistakes_of_a_cause(open_causes, triaged):
    app = open_causes(row=triaged[1], outcome="correct", query="nothing like this")

    app = press(app, "causes.open.ambiguous")

    assert not app.exception
    assert app.query_params["cause"] == "ambiguous"
    assert not {"panel", "outcome", "query"} & set(app.query_params)
    assert "2 rows of 33" in shown(app.caption)


def test_click_on_a_bar_opens_the_mistakes_of_a_cause(open_causes, triaged):
    app = open_causes()
    point = {"customdata": ["ambiguous", "Ambiguous"]}
    app.session_state["causes.chart"] = {
        "selection": {"points": [point], "point_indices": [0], "box": [], "lasso": []}
    }

    app = app.run()

    assert not app.exception
    assert app.query_params["cause"] == "ambiguous"
    assert "panel" not in app.query_params  # which is Inspect


def test_what_was_not_looked_at_is_said(open_causes, triaged):
    app = open_causes()

    assert "Truncated: looked for in 1 of 3 mistakes. The <i>rest</i> is long." in shown(
        app.caption
    )


def test_look_again_forgets_and_starts_the_search(open_causes, triaged, workspace, started):
    app = open_causes()

    app = press(app, "causes.again")

    assert not app.exception
    assert len(started) == 1
    assert read_triage(workspace, triaged[0], "test") is None
    assert "Look again" not in labels(app)


def test_no_mistake_is_said(open_causes, workspace, toy_run):
    store(workspace, toy_run, {}, num_mistakes=0)

    app = open_causes()

    assert shown(app.info) == ["The model makes no mistake on this split."]


def test_stale_causes_are_not_shown(open_causes, triaged):
    run, _ = triaged
    later = {**run.finished, "finished_at": "2026-01-01T08:00:00+00:00"}
    write_json(run.folder / "finished.json", later)

    app = open_causes()

    assert "Look for causes" in labels(app)


def test_causes_of_a_multi_label_run_are_offered_too(open_page, topics_run):
    app = open_page("mistakes", panel="Causes", run=topics_run.run_id)

    assert not app.exception
    assert "Look for causes" in labels(app)


def why(workspace, run, row_id):
    """Show the causes of one row on a page of its own."""
    from streamlit.testing.v1 import AppTest

    def page(folder, row_id):
        from pathlib import Path

        from pages._app.mistakes_why import show_why
        from textcls_core.runs.run import Run

        show_why(Run(Path(folder)), "test", row_id)

    return AppTest.from_function(page, args=(str(run.folder), row_id)).run()


@pytest.fixture
def at_home(workspace, monkeypatch):
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))


def test_why_shows_causes_with_evidence_and_advice(workspace, triaged, at_home):
    app = why(workspace, *triaged)

    assert not app.exception
    first, second = (as_shown(element.value) for element in app.caption)
    assert first.startswith(f"**Label suspect.** {EVIDENCE} **What helps:** Read the text, and")
    assert second.startswith("**Ambiguous.** It wavers. **What helps:** ")
    assert [badge.value.count("material") for badge in app.markdown] == [1, 1]


def test_why_of_a_row_without_a_cause_says_so(workspace, triaged, at_home):
    app = why(workspace, triaged[0], "unknown")

    assert shown(app.caption) == ["No likely cause was found for this row."]


def test_why_offers_the_search(workspace, toy_run, at_home):
    app = why(workspace, toy_run, "any")

    assert labels(app) == ["Look for causes"]
