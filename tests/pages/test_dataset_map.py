"""Tests of the map of a data set: making it, drawing on it, what is special, similar texts."""

import numpy as np
import pytest

from tests.pages.conftest import HOSTILE_TEXT, chart, markdown_of, press, set_parameters, shown
from textcls_core.dataset.store import DatasetStore
from textcls_core.embeddings.computing import compute_embeddings
from textcls_core.embeddings.encoder import TextEncoder
from textcls_core.embeddings.neighbours import normalised
from textcls_core.embeddings.projection import Layout, principal_components, save_umap
from textcls_core.jobs.job import job_id_of, read_job

EVERYTHING = "-9,-9;9,-9;9,9;-9,9"
RIGHT = "0,-9;9,-9;9,9;0,9"


class FakeEncoder:
    """Gives texts vectors by the letters they contain, without a model."""

    width = 26

    def encode(self, texts):
        letters = "abcdefghijklmnopqrstuvwxyz"
        counts = [[text.count(letter) + 0.01 for letter in letters] for text in texts]
        return np.array(counts, np.float32)


@pytest.fixture
def fake_encoder(monkeypatch):
    monkeypatch.setattr(TextEncoder, "load", lambda *_: FakeEncoder())


@pytest.fixture
def embedded(workspace, fake_encoder):
    """`toy` with the vectors of a fake minilm."""
    return compute_embeddings(workspace, "toy", "minilm")


@pytest.fixture
def no_process(monkeypatch):
    """Modules that would have been started as processes."""
    started = []
    monkeypatch.setattr(
        "textcls_core.jobs.job.start_detached", lambda module, *_: started.append(module)
    )
    return started


def open_map(open_page, **parameters):
    return open_page("dataset", **{"dataset": "toy", "view": "Map", **parameters})


def draw(app, key, **shape):
    """Draw on the chart."""
    app.session_state[key] = {
        "selection": {"points": [], "point_indices": [], "box": [], "lasso": [], **shape}
    }
    return app.run()


def test_map_that_was_not_made_is_offered(open_page, workspace, toy_dataset, no_process):
    app = open_map(open_page)
    assert not app.exception
    assert app.subheader[0].value == "No map yet"

    press(app, "map.start.:run_job")

    arguments = {"fingerprint": toy_dataset.fingerprint, "source": "minilm"}
    job = read_job(workspace, job_id_of("textcls_core.embeddings.job:run_job", arguments))
    assert job.state == "queued"
    assert no_process == ["textcls_core.jobs.worker"]
    assert "map.start.:run_job" not in [button.key for button in app.button]  # it works now
    assert any("Starting" in bar.text for bar in app.get("progress"))


def test_map_draws_every_text_in_the_colour_of_its_class(open_page, embedded):
    app = open_map(open_page)

    assert not app.exception
    traces = chart(app)["data"]
    assert [trace["name"] for trace in traces] == ["animals", "food", "weather"]
    assert sum(len(trace["text"]) for trace in traces) == 162
    assert any(text.startswith("Showing 162 of 162 texts.") for text in shown(app.caption))


@pytest.mark.parametrize("colour", ["split", "length", "outlier"])
def test_map_is_coloured_by_other_things(open_page, embedded, colour):
    app = open_map(open_page, map_colour=colour)

    assert not app.exception
    assert chart(app)["data"]


def test_map_is_coloured_by_the_outcome_of_a_run(open_page, embedded, runnable_run):
    app = open_map(open_page, map_colour="outcome")

    assert not app.exception
    names = [trace["name"] for trace in chart(app)["data"]]
    assert names == ["right and sure", "wrong and sure"]


def test_map_without_a_run_offers_no_outcomes(open_page, embedded):
    app = open_map(open_page, map_colour="outcome")

    assert not app.exception
    assert "outcome" not in app.query_params.get("map_colour", [])


def test_drawing_a_box_opens_the_texts_inside_and_what_is_special(open_page, embedded):
    app = open_map(open_page)

    draw(app, "map.chart.pca.", box=[{"x": [0, 9], "y": [-9, 9]}])

    assert not app.exception
    assert app.query_params["map_area"] == "0,-9;9,-9;9,9;0,9"
    layout = principal_components(normalised(embedded.vectors))
    inside = int((layout.points[:, 0] > 0).sum())
    assert f"{inside} texts selected" in [heading.value for heading in app.subheader]
    assert len(app.dataframe[1].value) == inside
    assert any("What is special" in text.value for text in app.markdown)


def test_area_in_the_link_is_selected(open_page, embedded):
    app = open_map(open_page, map_area=RIGHT)

    assert not app.exception
    assert chart(app)["layout"]["shapes"]
    assert any("texts selected" in heading.value for heading in app.subheader)


@pytest.mark.parametrize("area", ["nonsense", "1,2;3", "x" * 10_000])
def test_area_that_is_none_in_the_link_is_left_out(open_page, embedded, area):
    app = open_map(open_page, map_area=area)

    assert not app.exception
    assert "shapes" not in chart(app)["layout"]


def test_area_with_every_text_has_nothing_to_compare_with(open_page, embedded):
    app = open_map(open_page, map_area=EVERYTHING)

    assert not app.exception
    assert any("nothing to compare with" in text for text in shown(app.caption))


def test_area_without_a_text_says_so(open_page, embedded):
    app = open_map(open_page, map_area="7,7;8,7;8,8")

    assert not app.exception
    assert "No text lies there." in shown(app.caption)


def test_map_zooms_to_the_selection_and_the_link_keeps_it(open_page, embedded):
    app = open_map(open_page, map_area=RIGHT)
    assert "range" not in chart(app)["layout"]["xaxis"]

    app = open_map(open_page, map_area=RIGHT, map_zoom="1", map_colour="split")

    low, high = chart(app)["layout"]["xaxis"]["range"]
    assert (round(low, 1), round(high, 1)) == (-0.9, 9.9)


def test_selection_can_be_cleared(open_page, embedded):
    app = press(open_map(open_page, map_area=RIGHT), "map.clear")

    assert "map_area" not in app.query_params
    assert not any("selected" in heading.value for heading in app.subheader)


def test_typed_text_finds_similar_ones_and_stays_out_of_the_link(open_page, embedded, toy_dataset):
    app = open_map(open_page)
    wanted = toy_dataset.texts()[5]

    app.text_input(key="map.text").set_value(wanted).run()

    assert not app.exception
    table = app.dataframe[1].value
    assert table["text"][0] == wanted
    assert table["similarity"][0] == pytest.approx(1, abs=1e-5)
    assert "similar" in [trace["name"] for trace in chart(app)["data"]]
    assert wanted not in str(dict(app.query_params))


def test_row_in_the_link_finds_similar_ones_but_not_itself(open_page, embedded, toy_dataset):
    row_id = toy_dataset.row_ids()[5]

    app = open_map(open_page, map_similar=row_id)

    assert not app.exception
    assert row_id not in app.dataframe[1].value["row_id"].tolist()
    assert len(app.dataframe[1].value) == 20


def test_unknown_row_in_the_link_is_ignored_with_a_note(open_page, embedded):
    app = open_map(open_page, map_similar="../../etc")

    assert not app.exception
    assert shown(app.toast) == ["The link names a row that does not exist here; it was ignored."]


def test_click_on_a_point_opens_the_text(open_page, embedded, toy_dataset):
    app = open_map(open_page)

    draw(app, "map.chart.pca.", points=[{"customdata": [7, "food"]}])

    assert not app.exception
    assert toy_dataset.texts()[7] in [text.value for text in app.text]


def test_umap_is_offered_and_shown_once_it_is_there(open_page, embedded, no_process):
    app = open_map(open_page, map_layout="umap")
    assert app.subheader[0].value == "Not arranged yet"

    points = np.random.default_rng(0).normal(size=(100, 2))
    save_umap(embedded, Layout("umap", np.arange(0, 200, 2)[:80], points[:80]))
    app.run()

    assert not app.exception
    assert sum(len(trace["text"]) for trace in chart(app)["data"]) == 80


def test_map_shows_hostile_text_as_text(open_page, workspace, hostile_dataset, fake_encoder):
    info = DatasetStore.open(workspace).save(hostile_dataset, "hostile", "for this test")
    compute_embeddings(workspace, info.fingerprint, "minilm")
    row_id = hostile_dataset.row_ids()[3]

    app = open_page(
        "dataset", dataset="hostile", view="Map", map_area="-9,-9;9,-9;9,9", map_similar=row_id,
        data_row=row_id, map_colour=f"column.{HOSTILE_TEXT}",
    )  # fmt: skip

    assert not app.exception
    for markdown in markdown_of(app):
        assert "![h](http" not in markdown
    sent = app.get("plotly_chart")[0].proto.spec
    assert "<img" not in sent
    assert "&lt;img" in sent or "\\u0026lt;img" in sent


def test_map_of_several_labels_per_text(open_page, workspace, topics_dataset, fake_encoder):
    DatasetStore.open(workspace).save(topics_dataset, "topics", "for this test")
    compute_embeddings(workspace, "topics", "minilm")

    app = open_map(open_page, dataset="topics", map_area=RIGHT)

    assert not app.exception
    assert {trace["name"] for trace in chart(app)["data"]} == {
        *("animals", "food", "weather", "no label", "several labels")
    }


def test_map_of_a_sample_says_so(open_page, workspace, fake_encoder):
    compute_embeddings(workspace, "toy", "minilm", max_rows=30)

    app = open_map(open_page)

    assert not app.exception
    assert any("30 have vectors" in text for text in shown(app.caption))


def test_map_follows_the_link_to_another_area(open_page, embedded):
    app = open_map(open_page, map_area=RIGHT)

    set_parameters(app, map_area="7,7;8,7;8,8")

    assert "No text lies there." in shown(app.caption)


def test_texts_can_be_selected_by_numbers(open_page, embedded):
    app = open_map(open_page)
    for key, value in (("map.Across.from", 0.0), ("map.Across.to", 9.0), ("map.Up.from", -9.0)):
        app.number_input(key=key).set_value(value)
    app.number_input(key="map.Up.to").set_value(9.0)

    next(button for button in app.button if button.label == "Select").click().run()

    assert not app.exception
    assert app.query_params["map_area"] == "0,-9;9,-9;9,9;0,9"
    assert any("texts selected" in heading.value for heading in app.subheader)


def test_map_as_a_table_says_where_the_classes_lie(open_page, embedded):
    table = open_map(open_page).dataframe[0].value

    assert table["Class"].tolist() == ["animals", "food", "weather"]
    assert table["texts"].tolist() == [54, 54, 54]
