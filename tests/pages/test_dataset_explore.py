"""Tests of the Explore view of the Data page."""

from unittest.mock import Mock

import pytest

from tests.pages.conftest import HOSTILE_TEXT, labels, set_parameters, shown
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore


@pytest.fixture
def explore(open_page):
    """Open the Explore view of `toy`."""
    return lambda **parameters: open_page("dataset", dataset="toy", view="Explore", **parameters)


@pytest.fixture
def prices(workspace):
    """Store twelve rows with a price and a shop."""
    texts = [f"text number {n}" for n in range(12)]
    extra = {"price": [str(n) for n in range(12)], "shop": [f"shop {n % 3}" for n in range(12)]}
    splits = ["train"] * 6 + ["validation"] * 3 + ["test"] * 3
    dataset = build_dataset(Rows(texts, ["a", "b"] * 6, splits, extra))
    return DatasetStore(workspace.datasets_dir).save(dataset, "prices", "for this test")


def said(app):
    return " ".join(shown(app.caption))


@pytest.mark.parametrize(
    ("parameters", "rows"),
    [
        ({"data_pattern": r"\bc\w+$"}, 12),
        ({"data_words": "3..3"}, 12),
        ({"data_characters": "..7"}, 0),
        ({"data_characters": "nonsense"}, 162),
        ({"data_query": "old horse"}, 3),
        ({"data_query": '"horse old"'}, 0),
        ({"data_ids": "none"}, 0),
    ],
    ids=["pattern", "words", "characters", "no range", "two words", "phrase", "ids"],
)
def test_explore_filters_by_what_the_link_says(explore, toy_dataset, parameters, rows):
    app = explore(**parameters)

    assert not app.exception
    if "pattern" in str(parameters):
        rows = sum(text.split()[-1][0] == "c" for text in toy_dataset.texts())
    if "words" in str(parameters):
        rows = sum(len(text.split()) == 3 for text in toy_dataset.texts())
    if "characters" in str(parameters) and rows == 0:
        rows = sum(len(text) <= 7 for text in toy_dataset.texts())
    assert f"{rows:,} row" in said(app)


def test_explore_counts_what_each_choice_would_keep(explore):
    app = explore(data_query="cheese", data_split="train")

    options = app.selectbox(key="choose.data_class").options
    assert [option.split(" · ")[1] for option in options[1:]] == ["0", options[2][-1], "0"]
    assert options[2].startswith("food · ")
    splits = app.selectbox(key="choose.data_split").options
    assert sum(int(option.split(" · ")[1]) for option in splits[1:]) == 9


def test_explore_with_a_bad_pattern_is_a_message_beside_the_filters(explore):
    app = explore(data_pattern="(")

    assert not app.exception
    assert '"(" is not a regular expression' in shown(app.error)[0]
    assert not app.dataframe


def test_explore_of_nothing_offers_the_way_back(explore):
    app = explore(data_query="nowhere", data_words="..100")

    app.button(key="explore.clear").click().run()

    assert "162 rows of 162" in said(app)
    assert "data_query" not in app.query_params


def test_explore_page_is_in_the_link(explore):
    app = explore(data_page="4")

    assert "showing 151 to 162" in said(app)
    assert len(app.dataframe[0].value) == 12


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999999999999", "٣", "1000"])
def test_explore_of_an_impossible_page_shows_one_that_exists(explore, page):
    app = explore(data_page=page)

    assert not app.exception
    assert "162 rows of 162" in said(app)


def test_explore_sorts_by_what_the_link_says(explore):
    words = explore(data_sort="-words").dataframe[0].value["words"].tolist()

    assert words == sorted(words, reverse=True)
    assert words[0] > words[-1]


def test_explore_goes_on_to_the_next_row_over_the_end_of_a_page(explore, toy_dataset):
    ids = toy_dataset.row_ids()
    app = explore(data_row=ids[49])

    app.button(key="explore.next").click().run()

    assert app.query_params["data_row"] == ids[50]
    assert app.query_params["data_page"] == "2"
    assert toy_dataset.texts()[50] in [text.value for text in app.text]

    app.button(key="explore.previous").click().run()

    assert app.query_params["data_row"] == ids[49]
    assert "showing 1 to 50" in said(app)


def test_explore_has_no_row_before_the_first_or_after_the_last(explore, toy_dataset):
    ids = toy_dataset.row_ids()

    assert explore(data_row=ids[0]).button(key="explore.previous").disabled
    assert explore(data_row=ids[-1], data_page="4").button(key="explore.next").disabled


def test_explore_row_says_how_the_model_sees_it(explore, toy_dataset):
    app = explore(data_row=toy_dataset.row_ids()[7])

    assert "As minilm sees it" in said(app)


def test_explore_row_of_an_unknown_model_is_a_message(explore, toy_dataset):
    app = explore(data_row=toy_dataset.row_ids()[7], data_model="no/such-model")

    assert not app.exception
    assert '"no/such-model" is not on this machine' in shown(app.warning)[0]


def test_explore_filters_by_a_column_of_the_file(open_page, prices):
    app = open_page("dataset", dataset="prices", view="Explore", data_column="shop")

    app.selectbox(key="choose.data_value").set_value("shop 1").run()
    assert "4 rows of 12" in said(app)

    set_parameters(app, data_column="price", data_value="", data_between="3..5")
    assert "3 rows of 12" in said(app)


def test_explore_range_typed_goes_into_the_link(explore):
    app = explore()
    app.number_input(key="range.data_words.low").set_value(4).run()

    assert app.query_params["data_words"] == "4.."
    assert not app.exception


def test_explore_makes_a_version_of_the_rows_that_pass(open_page, prices, workspace):
    app = open_page("dataset", dataset="prices", view="Explore", data_split="train")
    next(button for button in app.button if button.label.startswith("Make a version")).click().run()

    made = DatasetStore(workspace.datasets_dir).versions()[0]
    assert not app.exception
    assert (made.name, made.version, made.num_examples) == ("prices", 2, 6)
    assert (made.parent, made.reason) == (prices.fingerprint, "rows with split train")
    assert app.query_params["dataset"] == made.dataset_id
    assert "data_split" not in app.query_params


def test_explore_of_all_rows_offers_no_version(explore):
    assert not [name for name in labels(explore()) if name.startswith("Make a version")]


def test_explore_of_a_large_data_set_says_that_it_prepares_the_rows(explore, monkeypatch):
    start = Mock()
    monkeypatch.setattr("textcls_core.dataset.row_index.BUILT_AT_ONCE", 10)
    monkeypatch.setattr("textcls_core.jobs.job.start_detached", start)

    app = explore()

    assert not app.exception
    assert "Preparing 162 rows for search" in shown(app.markdown)[0]
    start.assert_called_once()


def test_explore_of_hostile_columns_shows_them_as_they_are(open_page, hostile_run, hostile_dataset):
    row_id = hostile_dataset.row_ids()[0]

    app = open_page("dataset", view="Explore", data_row=row_id, data_column=HOSTILE_TEXT)

    assert not app.exception
    assert app.selectbox(key="choose.data_column").options[1][:30] == HOSTILE_TEXT[:30]
    assert app.dataframe[1].value["column"].tolist() == [HOSTILE_TEXT]
