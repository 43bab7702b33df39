"""Tests of what all pages share: the menu, the start-up guard, the heartbeat, safe text."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import (
    HOSTILE_CLASSES,
    HOSTILE_TEXT,
    click_on,
    make_job,
    make_run,
    markdown_of,
    save_model,
    select_row,
    shown,
)
from textcls_core.workspace import APP_DIR

TITLES = {
    "home": "TextCLS Studio",
    "dataset": "Data",
    "training": "Train",
    "evaluation": "Evaluate",
    "mistakes": "Mistakes",
    "explanation": "Attention",
    "prediction": "Predict",
}
MARKUP = re.compile(
    r"(?<!\\)(!\[|\]\(|<|\$\$|:red\[|:material/home|:streamlit|`|\*\*f|_g)|:(material/home|streamlit|//)"
)
"""Parts of the hostile texts that the browser would act on, unless they are escaped."""


@pytest.fixture
def hostile_app(open_page, hostile_run, hostile_dataset, tiny_model_dir):
    """Open a page that shows as much as possible of the hostile run."""
    save_model(hostile_run.model_dir, hostile_dataset, tiny_model_dir)
    first, second = HOSTILE_CLASSES[:2]
    row_id = hostile_run.predictions("test").row_ids[0]
    views = {
        "home": lambda app: select_row(app, "home.runs", 0),
        "dataset": lambda app: app,
        "training": lambda app: app,
        "evaluation": lambda app: click_on(app, first, second),
        "mistakes": lambda app: app,
        "explanation": lambda app: app,
        "prediction": lambda app: app.text_area[0].set_value(HOSTILE_TEXT).run(),
    }
    links = {
        "dataset": {"view": "Explore", "data_row": row_id},
        "training": {"watch": hostile_run.run_id},
        "evaluation": {"panel": "Matrix"},
        "explanation": {"row": row_id},
    }
    return lambda page: views[page](open_page(page, **links.get(page, {})))


def first_request(page, monkeypatch, workspace):
    """Open a page as the very first request that a server gets."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    app = AppTest.from_file(str(APP_DIR / "streamlit_app.py"), default_timeout=30)
    return app.switch_page(f"pages/{page}.py").run()


@pytest.mark.parametrize(("page", "title"), TITLES.items())
def test_frame_surrounds_a_page_that_is_the_first_request(
    page, title, monkeypatch, workspace, quick
):
    app = first_request(page, monkeypatch, workspace)

    assert not app.exception
    assert not app.error
    assert app.title[0].value == title
    assert shown(app.sidebar.caption) == ["Activity", "No run is active."]


@pytest.mark.parametrize("page", TITLES)
def test_frame_shows_hostile_text_escaped(page, hostile_app):
    app = hostile_app(page)

    assert not app.exception
    assert not app.error
    assert not [body for body in markdown_of(app) if MARKUP.search(body)]


@pytest.mark.parametrize("page", ["dataset", "training", "mistakes"])
def test_frame_heartbeat_shows_the_hostile_name_of_an_active_run_escaped(
    page, open_page, workspace, toy_dataset, hold_lock
):
    run = make_run(workspace, "toy", toy_dataset, {}, name=HOSTILE_TEXT)
    (run.folder / "finished.json").unlink()
    hold_lock(run.lock_file)

    app = open_page(page)

    assert not app.exception
    assert "\\!\\[h\\]" in app.sidebar.progress[0].text


@pytest.mark.parametrize("page", ["home", "dataset", "training", "evaluation"])
def test_frame_survives_a_run_whose_end_is_damaged(page, open_page, toy_run):
    (toy_run.folder / "finished.json").write_text("{")

    app = open_page(page)

    assert not app.exception
    assert "finished.json is not valid JSON" in shown(app.sidebar.caption)[1]


def test_frame_opens_the_data_beside_a_run_whose_end_is_damaged(open_page, toy_run):
    (toy_run.folder / "finished.json").write_text("{")

    app = open_page("dataset", view="Explore")

    assert not app.error
    assert "162 rows of 162" in " ".join(shown(app.caption))


def test_frame_heartbeat_shows_background_work_escaped(open_page, workspace, hold_lock):
    folder = make_job(workspace, HOSTILE_TEXT)
    hold_lock(folder / "lock")

    app = open_page("home")

    assert not app.exception
    bar = app.sidebar.progress[0]
    assert bar.value == 25
    assert "\\!\\[h\\]" in bar.text
