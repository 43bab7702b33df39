"""Tests of the Mistakes page: filters, table, one example at a time."""

import re

import pytest

from tests.pages.conftest import (
    HOSTILE_CLASSES,
    HOSTILE_TEXT,
    as_shown,
    chart,
    select_row,
    shown,
)


@pytest.fixture
def mistaken_rows(toy_run):
    """Row ids of the three mistakes in the order of the table."""
    predictions = toy_run.predictions("test")
    return [
        row_id
        for row_id, is_wrong in zip(predictions.row_ids, predictions.is_mistake, strict=True)
        if is_wrong
    ]


def count(app):
    """Return how many examples pass the filters."""
    return next(text for text in shown(app.caption) if re.fullmatch(r"\d+ rows? of 33", text))


def place(app):
    """Return where the open example stands in the list."""
    return next(
        text
        for text in shown(app.caption)
        if re.fullmatch(r"[\d,]+ of [\d,]+", text) or text == "not in this selection"
    )


def badges(app):
    return [as_shown(element.value) for element in app.markdown if "badge" in element.value]


def press(app, name):
    return app.button(key=f"mistakes.{name}").click().run()


def texts(app):
    return [text.value for text in app.text]


def test_mistakes_without_a_run_leads_to_training(open_page):
    app = open_page("mistakes")
    app.button[0].click().run()

    assert not app.exception
    assert app.title[0].value == "Train"


def test_mistakes_shows_every_mistake_of_the_test_split(open_page, toy_run):
    app = open_page("mistakes")

    assert not app.exception
    assert count(app) == "3 rows of 33"
    assert len(app.dataframe[0].value) == 3
    assert app.query_params["run"] == toy_run.run_id


def test_mistakes_counts_the_outcomes(open_page, toy_run):
    bars = chart(open_page("mistakes"))["data"]

    assert [bar["name"] for bar in bars] == [
        "right and sure (30)",
        "right but unsure (0)",
        "wrong but unsure (0)",
        "wrong and sure (3)",
    ]


def test_mistakes_opens_the_first_example(open_page, mistaken_rows, toy_dataset):
    app = open_page("mistakes")

    position = toy_dataset.position(mistaken_rows[0])
    assert toy_dataset.texts()[position] in texts(app)
    assert place(app) == "1 of 3"


def test_mistakes_shows_true_and_predicted_class_with_the_confidence(open_page, mistaken_rows):
    app = open_page("mistakes", true="weather")

    assert badges(app) == [
        ":gray-badge[true: weather]",
        ":red-badge[:material/close: predicted: food]",
        ":gray-badge[92.0 % sure]",
        ":gray-badge[loss 3.22]",
    ]


def test_mistakes_shows_the_probabilities_of_the_open_example(open_page, toy_run):
    bars = chart(open_page("mistakes", true="weather"), 1)

    assert bars["layout"]["yaxis"]["ticktext"][0] == "food"
    assert bars["data"][0]["text"][0] == "92.0 %"


def test_mistakes_row_in_the_link_is_opened(open_page, mistaken_rows):
    app = open_page("mistakes", row=mistaken_rows[1])

    assert place(app) == "2 of 3"
    assert f"Row {mistaken_rows[1]}" in shown(app.caption)


def test_mistakes_next_and_previous_go_through_the_list(open_page, mistaken_rows):
    app = open_page("mistakes")
    after = press(app, "next").query_params["row"]
    last = press(app, "next").query_params["row"]
    back = press(app, "previous").query_params["row"]

    assert [after, last, back] == [mistaken_rows[1], mistaken_rows[2], mistaken_rows[1]]
    assert place(app) == "2 of 3"


def test_mistakes_first_example_has_no_previous(open_page, mistaken_rows):
    app = open_page("mistakes", row=mistaken_rows[0])

    assert app.button(key="mistakes.previous").disabled
    assert not app.button(key="mistakes.next").disabled


def test_mistakes_last_example_has_no_next(open_page, mistaken_rows):
    app = open_page("mistakes", row=mistaken_rows[2])

    assert app.button(key="mistakes.next").disabled
    assert not app.button(key="mistakes.previous").disabled


def test_mistakes_steps_have_arrow_keys(open_page, toy_run):
    app = open_page("mistakes")

    shortcuts = [app.button(key=f"mistakes.{name}").proto.shortcut for name in ("previous", "next")]
    assert [shortcut.lower() for shortcut in shortcuts] == ["left", "right"]


def test_mistakes_row_outside_the_filters_leads_on_to_where_it_would_stand(
    open_page, mistaken_rows, toy_run
):
    predictions = toy_run.predictions("test")
    names = [predictions.label_names[label_id] for label_id in predictions.true_label_ids]
    true = dict(zip(predictions.row_ids, names, strict=True))
    last = mistaken_rows[-1]
    other = next(true[row_id] for row_id in mistaken_rows if true[row_id] != true[last])
    rest = [row_id for row_id in mistaken_rows if true[row_id] == other]

    app = open_page("mistakes", row=last, true=other)

    assert place(app) == "not in this selection"
    assert press(app, "previous").query_params["row"] == rest[-1]
    assert place(app) == f"{len(rest)} of {len(rest)}"


def test_mistakes_open_row_is_marked_in_the_table(open_page, mistaken_rows):
    app = open_page("mistakes", row=mistaken_rows[2])

    marked = app.session_state[app.dataframe[0].key]["selection"]
    assert marked["cells"] == [(2, "outcome")]
    assert marked["rows"] == []


def test_mistakes_keep_the_ticked_rows_while_others_are_read(open_page, mistaken_rows):
    app = open_page("mistakes")
    key = select_row(app, app.dataframe[0].key, 1).dataframe[0].key
    press(app, "next")

    assert app.session_state[key]["selection"]["rows"] == [1]


@pytest.mark.parametrize(
    ("parameters", "rows"),
    [
        ({"outcome": "all"}, "33 rows of 33"),
        ({"outcome": "correct"}, "30 rows of 33"),
        ({"true": "food"}, "2 rows of 33"),
        ({"predicted": "food"}, "1 row of 33"),
        ({"true": "food", "predicted": "weather"}, "0 rows of 33"),
        ({"outcome": "right-and-sure"}, "30 rows of 33"),
        ({"outcome": "wrong-but-unsure"}, "0 rows of 33"),
        ({"sure": "90-100"}, "3 rows of 33"),
        ({"sure": "91-93"}, "3 rows of 33"),
        ({"loss": "3.2.."}, "3 rows of 33"),
        ({"loss": "..3"}, "0 rows of 33"),
        ({"outcome": "all", "words": "1..2"}, "4 rows of 33"),
        ({"outcome": "all", "pattern": "^(?i)THE"}, "9 rows of 33"),
        ({"cause": "none"}, "3 rows of 33"),
        ({"tag": "none"}, "3 rows of 33"),
        ({"tag": "of nobody"}, "0 rows of 33"),
        ({"unreviewed": "yes"}, "3 rows of 33"),
        ({"sure": "95-100"}, "0 rows of 33"),
        ({"outcome": "all", "query": "NOTHING like it"}, "0 rows of 33"),
        ({"outcome": "all", "query": "x" * 100_000}, "0 rows of 33"),
    ],
)
def test_mistakes_filters_in_the_link_are_effective(open_page, toy_run, parameters, rows):
    app = open_page("mistakes", **parameters)

    assert not app.exception
    assert count(app) == rows


def test_mistakes_filter_goes_into_the_link(open_page, toy_run):
    app = open_page("mistakes")
    app.selectbox(key="choose.true").set_value("food").run()

    assert app.query_params["true"] == "food"
    assert count(app) == "2 rows of 33"


def test_mistakes_search_goes_into_the_link(open_page, toy_run):
    app = open_page("mistakes", outcome="all")
    app.text_input(key="choose.query").set_value("snow").run()

    assert app.query_params["query"] == "snow"
    assert all("snow" in text for text in app.dataframe[0].value["text"])


def test_mistakes_in_another_order_keep_the_rows(open_page, mistaken_rows):
    app = open_page("mistakes", order="position")

    assert count(app) == "3 rows of 33"
    assert place(app) == "1 of 3"


def test_mistakes_says_when_no_example_passes(open_page, toy_run):
    app = open_page("mistakes", true="animals")

    assert not app.exception
    assert shown(app.info) == ["No example passes these filters."]


@pytest.mark.parametrize("split", ["train", "validation"])
def test_mistakes_of_a_split_without_mistakes_says_so(open_page, toy_run, split):
    app = open_page("mistakes", split=split)

    assert not app.exception
    assert shown(app.info) == ["No example passes these filters."]


@pytest.mark.parametrize("row_id", ["nope", "../../etc", "x" * 100_000, HOSTILE_TEXT])
def test_mistakes_unknown_row_in_the_link_is_ignored_with_a_note(open_page, toy_run, row_id):
    app = open_page("mistakes", row=row_id)

    assert not app.exception
    assert shown(app.toast) == ["The link names a row that does not exist here; it was ignored."]
    assert place(app) == "1 of 3"
    assert "row" not in app.query_params


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("true", "true class"),
        ("predicted", "predicted class"),
        ("outcome", "show"),
        ("sure", "confidence"),
        ("order", "sort by"),
        ("split", "split"),
    ],
)
def test_mistakes_unknown_choice_in_the_link_is_ignored_with_a_note(open_page, toy_run, name, what):
    app = open_page("mistakes", **{name: HOSTILE_TEXT})

    assert not app.exception
    assert shown(app.toast) == [
        f"The link names a {what} that does not exist here; it was ignored."
    ]
    assert count(app) == "3 rows of 33"


@pytest.mark.parametrize("run_id", ["nope", "../../etc", "x" * 100_000])
def test_mistakes_unknown_run_in_the_link_is_a_message(open_page, toy_run, run_id):
    app = open_page("mistakes", run=run_id)

    assert not app.exception
    assert "The run in this link does not exist" in shown(app.warning)[0]
    assert count(app) == "3 rows of 33"


def test_mistakes_leads_to_the_attention_of_the_open_example(open_page, mistaken_rows, toy_run):
    app = open_page("mistakes", row=mistaken_rows[1])
    next(button for button in app.button if "attention" in button.label).click().run()

    assert app.title[0].value == "Attention"
    assert app.query_params["row"] == mistaken_rows[1]
    assert app.query_params["run"] == toy_run.run_id


def test_mistakes_are_read_on_after_a_look_at_the_attention(open_page, mistaken_rows, toy_run):
    app = open_page("mistakes", row=mistaken_rows[1], order="margin")
    next(button for button in app.button if "attention" in button.label).click().run()
    next(button for button in app.button if button.label == "Read it on Mistakes").click().run()

    assert app.title[0].value == "Mistakes"
    assert app.query_params["row"] == mistaken_rows[1]
    assert app.query_params["order"] == "margin"


def test_mistakes_say_what_sure_means(open_page, toy_run):
    app = open_page("mistakes")

    assert any(
        said.startswith("Sure: a confidence of 90 % or more.") for said in shown(app.caption)
    )


def test_mistakes_shows_hostile_classes_and_texts_as_they_are(open_page, hostile_run):
    app = open_page("mistakes")

    assert not app.exception
    assert any(text.startswith(HOSTILE_TEXT) for text in texts(app))
    assert badges(app)[0] == f":gray-badge[true: {HOSTILE_CLASSES[0]}]"
    assert list(app.dataframe[0].value["true"].iloc[0]) == [HOSTILE_CLASSES[0]]


def test_mistakes_with_damaged_predictions_is_a_message(open_page, toy_run):
    toy_run.predictions_file("test").write_bytes(b"")

    app = open_page("mistakes")

    assert not app.exception
    assert "The predictions in test.parquet are damaged." in shown(app.error)[0]
