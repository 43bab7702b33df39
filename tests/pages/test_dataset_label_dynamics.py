"""The data map among the label issues: a click opens a row, an area makes the queue a list."""

import numpy as np
import pytest

from pages._app import dataset_label_dynamics
from tests.label_issues import plant, stored_queue
from tests.pages.conftest import HOSTILE_CLASSES, chart, press, shown
from textcls_core.config import RunConfig
from textcls_core.mistakes.label_issues.decisions import Decisions
from textcls_core.runs.dynamics import save_epoch
from textcls_core.runs.store import RunStore

BOTTOM = "-1,-1;1,-1;1,0.3;-1,0.3"


def record(workspace, info, row_ids, first, second, **settings):
    """Write the folder of a run that recorded two epochs."""
    base = {"dataset": info.name, "dataset_fingerprint": info.fingerprint}
    run, _ = RunStore.open(workspace).create(RunConfig.create({**base, **settings}))
    for epoch, values in enumerate((first, second), start=1):
        found = np.array(values, float)
        save_epoch(run.dynamics_dir, epoch, row_ids, found, (found > 0.5).astype(float))
    return run


@pytest.fixture
def queue(workspace, toy_dataset):
    noisy, _ = plant(toy_dataset, 8)
    return stored_queue(workspace, toy_dataset, noisy, "noisy")


@pytest.fixture
def recorded(workspace, queue):
    """A run that learned the first 60 rows of the queue, the first four of them badly."""
    low = [0.1, 0.2, 0.1, 0.2] + [0.9] * 56
    return record(workspace, queue[0], queue[1].row_ids[:60], low, low, name="my run")


@pytest.fixture
def open_queue(open_page, queue):
    def open_(**parameters):
        where = {"dataset": queue[0].dataset_id, "view": "Label issues", **parameters}
        app = open_page("dataset", **where)
        assert not app.exception
        return app

    return open_


def draw(app, key, **shape):
    """Draw on the map, or click a point of it."""
    app.session_state[key] = {
        "selection": {"points": [], "point_indices": [], "box": [], "lasso": [], **shape}
    }
    return app.run()


def charts(app):
    return [chart(app, position) for position in range(len(app.get("plotly_chart")))]


def test_without_a_recording_there_is_no_map(open_queue):
    assert len(charts(open_queue())) == 1


def test_map_shows_every_row_that_the_run_learned(open_queue, recorded):
    app = open_queue()

    data_map = charts(app)[0]
    assert data_map["layout"]["title"]["text"] == "4 of 60 labels never predicted in training"
    assert len(data_map["data"][0]["customdata"]) == 60
    assert "Data map of 60 rows" in app.get("plotly_chart")[0].proto.alt
    twin = next(table.value for table in app.dataframe if "epochs right" in table.value)
    assert list(twin["confidence"][:5]) == ["10.0 %", "10.0 %", "20.0 %", "20.0 %", "90.0 %"]
    assert any("as my run learned them in 2 epochs" in text for text in shown(app.caption))


def test_open_row_says_how_its_label_was_learned(open_queue, queue, recorded):
    app = open_queue()
    said = [text for text in shown(app.caption) if text.startswith("In training (my run)")]
    assert said == [
        "In training (my run) its own label got 10.0 % on average over 2 epochs; 96.7 % of the "
        "rows got more."
    ]

    app = open_queue(issue_row=queue[1].row_ids[30], issues_show="all")
    said = [text for text in shown(app.caption) if text.startswith("In training (my run)")]
    assert said == ["In training (my run) its own label got 90.0 % on average over 2 epochs."]

    app = open_queue(issue_row=queue[1].row_ids[70], issues_show="all")
    assert not any(text.startswith("In training") for text in shown(app.caption))


def test_click_on_a_point_opens_its_row(open_queue, queue, recorded):
    app = draw(open_queue(), "issues.map.", points=[{"customdata": [17, "food"]}])

    row_id = queue[1].row_ids[17]
    assert app.query_params["issue_row"] == row_id
    assert queue[1].records([row_id])[0]["text"] in [text.value for text in app.text]


@pytest.mark.parametrize("place", [10_000, -1, "x", None])
def test_a_point_that_does_not_exist_opens_nothing(open_queue, recorded, place):
    app = draw(open_queue(), "issues.map.", points=[{"customdata": [place]}])

    assert not app.exception
    assert "issue_row" not in app.query_params


def test_area_makes_the_queue_a_list_of_what_is_inside(open_queue, queue, recorded, workspace):
    first = queue[1].row_ids[0]
    Decisions.open(workspace, queue[0].fingerprint).record(first, "keep")
    app = draw(open_queue(), "issues.map.", box=[{"x": [-1, 1], "y": [-1, 0.3]}])

    assert app.query_params["issues_area"]
    expected = [record["text"] for record in queue[1].records(queue[1].row_ids[:4])]
    assert list(app.dataframe[1].value["text"]) == expected
    assert any(text.startswith("4 rows inside the area") for text in shown(app.caption))

    app = press(app, "issues.clear")
    assert "issues_area" not in app.query_params
    assert not any("inside the area" in text for text in shown(app.caption))


def test_area_of_a_link_is_shown(open_queue, recorded):
    app = open_queue(issues_area=BOTTOM)

    assert len(charts(app)[0]["layout"]["shapes"]) == 1
    assert any(text.startswith("4 rows inside the area") for text in shown(app.caption))


def test_one_of_several_runs_is_chosen(open_queue, workspace, queue, recorded):
    rows = queue[1].row_ids[:10]
    record(workspace, queue[0], rows, [0.9] * 10, [0.8] * 10, name="newer")

    assert "0 of 10 labels" in charts(open_queue())[0]["layout"]["title"]["text"]
    older = charts(open_queue(issues_run=recorded.run_id))[0]
    assert "4 of 60 labels" in older["layout"]["title"]["text"]


def test_a_part_of_many_rows_is_drawn_and_said(open_queue, recorded, monkeypatch):
    monkeypatch.setattr(dataset_label_dynamics, "MAX_POINTS", 25)

    app = open_queue()

    assert len(charts(app)[0]["data"][0]["customdata"]) == 25
    assert any("25 of 60 are drawn, chosen at random" in text for text in shown(app.caption))


def test_hostile_names_are_shown_as_they_are(open_page, workspace, hostile_dataset):
    info, issues = stored_queue(workspace, hostile_dataset, hostile_dataset, "hostile")
    low = np.linspace(0, 1, len(issues.row_ids))
    record(workspace, info, issues.row_ids, low, low, name=HOSTILE_CLASSES[0])

    app = open_page("dataset", dataset=info.dataset_id, view="Label issues", issues_show="all")

    assert not app.exception
    assert not any("![a](" in element.value for element in app.markdown)
    assert not any("![a](" in element.value for element in app.caption)
    assert "<script>" not in app.get("plotly_chart")[0].proto.spec
