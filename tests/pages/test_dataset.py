"""Tests of the Data page and its import form."""

import re

import pytest

from tests.data_bad import BROKEN_TABLES, EMPTY, FOREIGN, WEB_PAGES
from tests.pages.conftest import (
    HOSTILE_CLASSES,
    HOSTILE_TEXT,
    chart,
    select_row,
    set_parameters,
    shown,
)
from textcls_core.dataset.findings import warning
from textcls_core.dataset.row_filter import Order, RowFilter
from textcls_core.dataset.store import DatasetStore

GOOD = "text,label\n" + "".join(f"text number {n},{'ab'[n % 2]}\n" for n in range(40))
BAD_FILES = {
    "no bytes": EMPTY["no bytes"],
    "only a mark": EMPTY["only a UTF-8 mark"],
    "zip": FOREIGN["zip"][0],
    "PNG": FOREIGN["PNG"][0],
    "pickle": FOREIGN["pickle 4"][0],
    "web page": WEB_PAGES["page"],
    "header only": BROKEN_TABLES["header only"][0],
    "unclosed quote": BROKEN_TABLES["unclosed quote"][0],
    "one column": b"just\nwords\n",
    "wrong encoding": "text,label\nGrüße,a\n".encode("cp1252") * 3,
    "no usable row": b"text,label\n,a\n,b\n",
    "prose": b"\x00\x01\x02\x03" * 50,
}


@pytest.fixture
def infos(workspace):
    """Read what is stored now."""
    return lambda: DatasetStore.open(workspace).versions()


def open_import(open_page, content=GOOD, name="reviews.csv"):
    """Give a training file to the import form."""
    app = open_page("dataset", view="Import")
    data = content.encode() if isinstance(content, str) else content
    return app.file_uploader[0].upload(name, data).run()


def press_import(app, name=None):
    if name is not None:
        next(field for field in app.text_input if field.label == "Name").set_value(name)
    return next(button for button in app.button if button.label == "Import").click().run()


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


def test_import_before_a_file_asks_for_one(open_page):
    app = open_page("dataset", view="Import")

    assert not app.exception
    assert [field.label for field in app.file_uploader] == [
        "Training file",
        "Test file (optional)",
    ]
    assert not [button for button in app.button if button.label == "Import"]


def test_import_shows_columns_rows_and_checks_before_it_stores(open_page, infos):
    app = open_import(open_page)

    assert not app.exception
    assert len(app.dataframe[0].value) == 5
    assert "**40 rows, 2 classes**" in [text.value for text in app.markdown]
    assert any("Split 70/15/15" in text for text in shown(app.info))
    assert len(infos()) == 2


def test_import_stores_the_data_set_and_opens_it(open_page, infos):
    app = press_import(open_import(open_page))

    stored = infos()[0]
    assert (stored.name, stored.num_examples, stored.reason) == (
        "reviews",
        40,
        "imported from reviews.csv",
    )
    assert app.query_params["dataset"] == stored.dataset_id
    assert metric(app, "Rows").value == "40"


def test_import_takes_the_name_that_was_typed(open_page, infos):
    press_import(open_import(open_page), "My reviews")

    assert infos()[0].name == "My reviews"


@pytest.mark.parametrize("name", ["", "   ", "\u200b\u202e"])
def test_import_without_a_name_stores_nothing(open_page, infos, name):
    app = press_import(open_import(open_page), name)

    assert not app.exception
    assert "Expected a name with at least one visible character." in shown(app.error)
    assert len(infos()) == 2


def test_import_of_the_same_file_twice_is_one_data_set(open_page, infos):
    press_import(open_import(open_page))

    app = press_import(open_import(open_page))

    assert not app.exception
    assert len(infos()) == 3


def test_import_of_other_content_under_the_same_name_is_a_new_version(open_page, infos):
    press_import(open_import(open_page))

    press_import(open_import(open_page, GOOD + "one more text,a\n"))

    assert [(info.name, info.version) for info in infos()[:2]] == [("reviews", 2), ("reviews", 1)]


@pytest.mark.parametrize("content", BAD_FILES.values(), ids=BAD_FILES)
def test_import_of_a_bad_file_is_one_message(open_page, infos, content):
    app = open_import(open_page, content)

    assert not app.exception
    assert len(app.error) == 1
    assert len(infos()) == 2


def test_import_of_a_bad_file_leaves_the_form_usable(open_page):
    app = open_import(open_page, b"")

    app.file_uploader[0].upload("good.csv", GOOD.encode()).run()

    assert not app.error
    assert "**40 rows, 2 classes**" in [text.value for text in app.markdown]


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "a\nb\0.csv", "<img src=x>![a](http://x).csv", "x" * 300, "CON", "a. "],
)
def test_import_of_a_file_with_a_hostile_name_uses_it_as_a_label_only(
    open_page, infos, workspace, name
):
    before = {path.name for path in workspace.root.parent.iterdir()}

    app = press_import(open_import(open_page, name=name))

    assert not app.exception
    assert len(infos()[0].name) <= 80
    assert infos()[0].dataset_id in {path.name for path in workspace.datasets_dir.iterdir()}
    assert {path.name for path in workspace.root.parent.iterdir()} == before


def test_import_uses_the_columns_that_were_chosen(open_page):
    app = open_import(open_page, "title,body,kind,topic\n" + "a b,c d e,x,1\nf g,h i,y,2\n" * 8)
    fields = {field.label: field for field in app.selectbox}
    fields["Text column"].set_value("title")
    fields["Label column"].set_value("topic").run()

    stored_labels = press_import(app).selectbox(key="choose.dataset")
    assert stored_labels.value
    assert chart(app)["layout"]["yaxis"]["ticktext"] == ["1", "2"]


def test_import_with_one_column_for_text_and_label_is_a_message(open_page):
    app = open_import(open_page)
    next(field for field in app.selectbox if field.label == "Label column").set_value("text").run()

    assert not app.exception
    assert 'Column "text" was chosen as both text and label' in shown(app.error)[0]


def test_import_names_columns_as_they_are(open_page):
    app = open_import(open_page, GOOD.replace("text,label", "my_text,the *label*"))

    columns = next(field for field in app.selectbox if field.label == "Text column")
    assert list(columns.options) == ["my_text", "the *label*"]


def test_import_of_another_encoding_works_once_it_is_chosen(open_page):
    content = GOOD.replace("number", "Größe").encode("cp1252")

    app = open_import(open_page, content)
    app.selectbox(key="import.encoding").set_value("cp1252").run()

    assert not app.error
    assert "Größe" in app.dataframe[0].value["text"].iloc[0]


def test_import_of_a_second_file_makes_it_the_test_split(open_page, infos):
    app = open_import(open_page)
    app.file_uploader[1].upload("more.csv", b"text,label\nnew one,a\nnew two,b\n").run()

    press_import(app)

    assert infos()[0].split_counts == {"train": 34, "validation": 6, "test": 2}
    assert infos()[0].reason == "imported from reviews.csv and more.csv"


def test_import_of_one_class_says_that_it_cannot_be_trained(open_page, infos):
    app = press_import(
        open_import(open_page, "text,label\n" + "".join(f"t {n},a\n" for n in range(9)))
    )

    assert infos()[0].num_examples == 9
    assert any('All 9 rows have the label "a"' in text for text in shown(app.markdown))


def test_import_is_reached_by_the_tabs_of_the_page(open_page):
    app = open_page("dataset")

    set_parameters(app, view="Import")

    assert len(app.file_uploader) == 2
