"""Tests of the Data page."""

import re

import pytest

from tests.pages.conftest import (
    HOSTILE_CLASSES,
    HOSTILE_TEXT,
    chart,
    select_row,
    shown,
)
from textcls_core.dataset.findings import warning
from textcls_core.dataset.row_filter import Order, RowFilter
from textcls_core.dataset.store import DatasetStore


def counted(app):
    """Return how many rows the page says there are."""
    return next(
        text.split(" · ")[0] for text in shown(app.caption) if re.match(r"[\d,]+ rows? of", text)
    )


def table_key(dataset, row_filter=RowFilter(), order=Order(), page=1):  # noqa: B008 - frozen
    return f"explore.table.{page}.{hash((dataset.fingerprint, row_filter, order))}"


def metric(app, label):
    return next(metric for metric in app.metric if metric.label == label)


def test_dataset_in_a_new_workspace_shows_the_newest_data_set(open_page):
    app = open_page("dataset")

    assert not app.exception
    assert app.title[0].value == "Data"
    assert metric(app, "Rows").value == "162"
    assert metric(app, "Classes").value == "3"


@pytest.mark.parametrize("reference", ["bbc-news", "5f25b4a451a377c2"], ids=["name", "id"])
def test_dataset_in_the_link_is_opened(open_page, reference):
    app = open_page("dataset", dataset=reference, view="Explore")

    assert metric(app, "Rows").value == "2,127"
    assert app.query_params["dataset"] == "5f25b4a451a377c2"


@pytest.mark.parametrize("reference", ["nope", "../../etc", "x" * 100_000, "![a](http://x)"])
def test_dataset_unknown_in_the_link_is_ignored_with_a_note(open_page, reference):
    app = open_page("dataset", dataset=reference, view="Explore")

    assert not app.exception
    assert shown(app.toast) == [
        "The link names a data set that does not exist here; it was ignored."
    ]
    assert metric(app, "Rows").value == "162"


def test_dataset_overview_shows_rows_per_class_and_split(open_page):
    figure = chart(open_page("dataset", dataset="toy"))

    assert [trace["name"] for trace in figure["data"]] == ["train", "validation", "test"]
    assert figure["layout"]["yaxis"]["ticktext"] == ["animals", "food", "weather"]


def test_dataset_overview_says_what_the_model_would_cut_off(open_page):
    app = open_page("dataset", dataset="toy")
    app.select_slider[0].set_value("32").run()

    said = "At 32 tokens, 0.0 % of the texts lose their end"
    assert any(said in caption for caption in shown(app.caption))


def test_dataset_overview_counts_words_instead_of_tokens(open_page):
    app = open_page("dataset", dataset="toy")
    app.segmented_control[1].set_value("words").run()

    assert not app.exception
    assert chart(app, 1)["layout"]["xaxis"]["title"]["text"] == "Length (words)"


def test_dataset_overview_explains_a_model_that_cannot_be_had(open_page):
    app = open_page("dataset", dataset="toy")
    app.text_input(key="choose.data_model").set_value("no/such-model").run()

    assert not app.exception
    assert '"no/such-model" is not on this machine' in shown(app.warning)[0]


def test_dataset_overview_shows_scripts_and_languages_when_asked(open_page):
    app = open_page("dataset", dataset="toy")
    assert "languages" not in " ".join(shown(app.caption))

    button = next(b for b in app.button if b.label == "Show scripts and languages")
    app = button.click().run()

    assert not app.exception
    assert {"Scripts of 162 rows", "Languages of 162 rows"} <= set(shown(app.caption))
    scripts = next(t.value for t in app.dataframe if "scripts" in t.value)
    assert scripts.to_dict("records") == [{"scripts": "Latin", "share": 100.0, "rows": 162}]


def test_dataset_overview_lists_what_was_noticed(open_page, workspace, hostile_dataset):
    findings = [warning("kind", 1, f"1 row with {HOSTILE_TEXT}.", ("first", HOSTILE_TEXT))]
    DatasetStore.open(workspace).save(hostile_dataset, "noted", "for this test", findings)

    app = open_page("dataset", dataset="noted")

    assert f":material/warning: 1 row with {HOSTILE_TEXT}." in shown(app.markdown)
    assert f"For example: first; {HOSTILE_TEXT}" in shown(app.caption)


def test_dataset_explore_show_the_first_page(open_page):
    app = open_page("dataset", dataset="toy", view="Explore")

    assert len(app.dataframe[0].value) == 50
    assert counted(app) == "162 rows of 162"


@pytest.mark.parametrize(
    ("parameters", "rows"),
    [
        ({"data_split": "test"}, "33 rows of 162"),
        ({"data_class": "food"}, "54 rows of 162"),
        ({"data_query": "CHEESE"}, "9 rows of 162"),
        (
            {"data_split": "test", "data_class": "food", "data_query": "nothing like it"},
            "0 rows of 162",
        ),
        ({"data_query": "x" * 100_000}, "0 rows of 162"),
    ],
    ids=["split", "class", "text", "all three", "long text"],
)
def test_dataset_explore_in_a_link_are_filtered(open_page, parameters, rows):
    app = open_page("dataset", dataset="toy", view="Explore", **parameters)

    assert not app.exception
    assert counted(app) == rows


@pytest.mark.parametrize(
    ("parameters", "what"),
    [
        ({"data_split": "holdout"}, "split"),
        ({"data_class": "![a](http://x)"}, "class"),
        ({"data_row": "nope"}, "row"),
        ({"data_row": "x" * 100_000}, "row"),
    ],
)
def test_dataset_explore_ignore_what_does_not_exist_with_a_note(open_page, parameters, what):
    app = open_page("dataset", dataset="toy", view="Explore", **parameters)

    assert not app.exception
    assert shown(app.toast) == [
        f"The link names a {what} that does not exist here; it was ignored."
    ]
    assert counted(app) == "162 rows of 162"


def test_dataset_explore_filter_goes_into_the_link(open_page):
    app = open_page("dataset", dataset="toy", view="Explore")
    app.selectbox(key="choose.data_class").set_value("food").run()

    assert app.query_params["data_class"] == "food"
    assert counted(app) == "54 rows of 162"


def test_dataset_explore_can_be_leafed_through(open_page):
    app = open_page("dataset", dataset="toy", view="Explore")
    app.pagination[0].set_value(4).run()

    assert len(app.dataframe[0].value) == 12


def test_dataset_explore_start_on_the_first_page_after_another_filter(open_page):
    app = open_page("dataset", dataset="toy", view="Explore")
    app.pagination[0].set_value(4).run()
    app.selectbox(key="choose.data_class").set_value("food").run()

    assert not app.exception
    assert len(app.dataframe[0].value) == 50
    assert app.pagination[0].value == 1


def test_dataset_selected_row_goes_into_the_link_and_is_shown(open_page, toy_dataset):
    app = open_page("dataset", dataset="toy", view="Explore")
    app = select_row(app, table_key(toy_dataset), 2)

    assert app.query_params["data_row"] == toy_dataset.row_ids()[2]
    assert toy_dataset.texts()[2] in [text.value for text in app.text]


def test_dataset_row_in_the_link_is_shown_in_full(open_page, toy_dataset):
    row_id = toy_dataset.row_ids()[7]

    app = open_page("dataset", dataset="toy", view="Explore", data_row=row_id)

    assert toy_dataset.texts()[7] in [text.value for text in app.text]
    assert any(row_id in caption for caption in shown(app.caption))


def test_dataset_shows_hostile_text_as_it_is(open_page, hostile_run, hostile_dataset):
    row_id = hostile_dataset.row_ids()[0]

    app = open_page("dataset", view="Explore", data_row=row_id)

    assert f"{HOSTILE_TEXT} 0" in [text.value for text in app.text]
    assert app.dataframe[0].value["label"].iloc[0] == HOSTILE_CLASSES[0]
    assert f"{HOSTILE_CLASSES[1]} · 6" in app.selectbox(key="choose.data_class").options


def test_dataset_with_damaged_rows_is_a_message(open_page, workspace):
    info = DatasetStore.open(workspace).find("toy")
    (workspace.datasets_dir / info.dataset_id / "data.parquet").write_bytes(b"PAR1")

    app = open_page("dataset", dataset="toy")

    assert not app.exception
    assert 'The rows of data set "toy"' in shown(app.error)[0]
