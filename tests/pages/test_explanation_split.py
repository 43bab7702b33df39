"""Tests of the look Over the split: it offers to look, and then shows what every head does."""

import pytest

from pages._app import explanation_heads_cache, job_view
from pages._app.sample_choice import rows_read
from tests.pages.conftest import chart, labels, press, select_row, shown
from textcls_core.explanation.head_job import SURVEY_ENTRY, ensure_survey

LINK = {"look": "Over the split"}


@pytest.fixture
def survey(workspace, runnable_run, monkeypatch):
    """What every head does on the test split."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    return ensure_survey(workspace, explanation_heads_cache.survey_of(runnable_run, "test", 200))


def grid(app):
    return chart(app, 1)["data"][0]


def test_split_offers_to_look(open_page, runnable_run, monkeypatch):
    started = []
    monkeypatch.setattr(job_view, "start_job", lambda *given, **_: started.append(given[1:]))
    app = open_page("explanation", **LINK)
    assert not app.exception
    assert "Look at 33 rows" in labels(app)

    press(app, "heads.survey")

    arguments = explanation_heads_cache.survey_of(runnable_run, "test", 200)
    assert started == [(SURVEY_ENTRY, arguments)]


def test_a_sample_or_all_rows_can_be_read(open_page, runnable_run):
    link = {**LINK, "split": "train"}
    total = len(runnable_run.predictions("train").row_ids)

    app = open_page("explanation", **link)
    assert f"Look at {total} rows" in labels(app)
    (sizes,) = [box for box in app.selectbox if box.label == "Rows read"]
    assert sizes.options == ["50 rows", "all rows"]

    assert "Look at 50 rows" in labels(open_page("explanation", **link, heads_texts="50"))


def test_a_size_that_is_not_offered_means_all_rows(open_page, runnable_run):
    app = open_page("explanation", **LINK, heads_texts="1000")

    assert not app.exception
    assert not app.toast
    assert "Look at 33 rows" in labels(app)
    (sizes,) = [box for box in app.selectbox if box.label == "Rows read"]
    assert (sizes.value, sizes.options) == ("all", ["all rows"])


@pytest.mark.parametrize(
    ("count", "said"),
    [(50, "50 test rows, a random sample of 1,200"), (1_200, "all 1,200 test rows")],
)
def test_rows_that_were_read_are_named(count, said):
    assert rows_read(count, 1_200, "test") == said


def test_split_shows_every_head_by_the_chosen_statistic(open_page, survey):
    app = open_page("explanation", **LINK, split_by="on_separators")

    assert not app.exception
    means = survey.statistics["on_separators"].means
    assert grid(app)["text"] == [f"{100 * share:.1f}" for share in means.ravel()]
    table = app.dataframe[0].value
    assert table["On special tokens"].tolist() == pytest.approx(
        sorted(100 * means.ravel(), reverse=True)
    )
    assert "Means over all 33 test rows. " in " ".join(shown(app.caption))


def test_split_begins_with_the_first_head_of_the_table(open_page, survey):
    app = open_page("explanation", **LINK)

    first = survey.records()[0]
    assert any(
        text.startswith(f"Layer {first['layer']}, head {first['head']} ")
        for text in shown(app.subheader)
    )


def test_split_head_in_the_link_is_shown(open_page, survey):
    app = open_page("explanation", **LINK, heads_at="2.1")

    assert f"Layer 2, head 1 {survey.role(1, 0)}" in shown(app.subheader)
    kinds = app.dataframe[2].value
    assert kinds["share"].sum() == pytest.approx(100, abs=0.1)
    words = app.dataframe[3].value
    assert words["word"].tolist() == [word.word for word in survey.words_by("share", 1, 0)]


@pytest.mark.parametrize("place", ["3.1", "x", "1.", "9" * 5000])
def test_split_unknown_head_in_the_link_is_ignored_with_a_note(open_page, survey, place):
    app = open_page("explanation", **LINK, heads_at=place)

    assert not app.exception
    assert shown(app.toast) == ["The link names a head that does not exist here; it was ignored."]


def test_split_click_on_a_head_chooses_it(open_page, survey):
    app = open_page("explanation", **LINK)
    point = {"customdata": [1, 0, 2, 1, "0.5"]}
    app.session_state["heads_at.map"] = {"selection": {"points": [point]}}
    app.run()

    assert app.query_params["heads_at"] == "2.1"


def test_split_selected_row_of_the_table_chooses_its_head(open_page, survey):
    app = select_row(open_page("explanation", **LINK), "heads_at.table", 3)

    last = survey.records()[3]
    assert app.query_params["heads_at"] == f"{last['layer']}.{last['head']}"


def test_split_example_row_is_opened_with_its_head(open_page, survey, runnable_run):
    app = open_page("explanation", **LINK, heads_at="2.1")
    key = f"heads.rows.{runnable_run.run_id}.entropy.(1, 0)"
    select_row(app, key, 0)

    assert not app.exception
    parameters = {name: app.query_params[name] for name in ("row", "layer", "head")}
    first = survey.example_rows("entropy", 1, 0)[0]
    assert parameters == {"row": first, "layer": "1", "head": "0"}
    assert "look" not in app.query_params


def test_split_head_is_seen_on_the_text_above(open_page, survey):
    app = open_page("explanation", **LINK, heads_at="2.1")
    next(button for button in app.button if "text above" in button.label).click().run()

    assert app.query_params["layer"] == "1"
    assert "look" not in app.query_params
