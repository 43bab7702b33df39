"""Tests of the import wizard on the Data page."""

import pytest

from tests.data_bad import BROKEN_TABLES, EMPTY, WEB_PAGES
from tests.pages.conftest import set_parameters, shown
from textcls_core.dataset.store import DatasetStore

GOOD = "text,label\n" + "".join(f"text number {n},{'ab'[n % 2]}\n" for n in range(40))
BAD_FILES = {
    "no bytes": EMPTY["no bytes"],
    "only a mark": EMPTY["only a UTF-8 mark"],
    "PNG": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "pickle": b"\x80\x04\x95\x06\0\0\0\0\0\0\0]\x94.",
    "web page": WEB_PAGES["page"],
    "header only": BROKEN_TABLES["header only"][0],
    "unclosed quote": BROKEN_TABLES["unclosed quote"][0],
    "one column": b"just\nwords\n",
    "no usable row": b"text,label\n,a\n,b\n",
    "wrong encoding": "text,label\nGrüße,a\n".encode("cp1252") * 3,
    "prose": b"\x00\x01\x02\x03" * 50,
}
STEPS = ["File", "Format", "Columns", "Labels", "Splits", "Checks", "Save"]


@pytest.fixture
def infos(workspace):
    """Read what is stored now."""
    return lambda: DatasetStore.open(workspace).versions()


def upload(open_page, content=GOOD, name="reviews.csv"):
    """Give a training file to the wizard."""
    app = open_page("dataset", view="Import")
    data = content.encode() if isinstance(content, str) else content
    return app.file_uploader[0].upload(name, data).run()


def press(app, label):
    return next(button for button in app.button if button.label == label).click().run()


def go_to(app, step):
    """Follow a link to a step."""
    return set_parameters(app, step=step)


def wizard(open_page, step, content=GOOD, name="reviews.csv"):
    return go_to(upload(open_page, content, name), step)


def field(app, kind, label):
    return next(found for found in app.get(kind) if found.label.startswith(label))


def can_go_on(app):
    return not next(button for button in app.button if button.label == "Next").disabled


def test_import_before_a_file_asks_for_one(open_page):
    app = open_page("dataset", view="Import")

    assert not app.exception
    assert [found.label for found in app.file_uploader] == [
        "Training file",
        "Test file (optional)",
    ]
    assert not can_go_on(app)
    assert "Up to 200 MB can be uploaded" in " ".join(shown(app.caption))


def test_import_of_a_good_file_needs_no_choice(open_page, infos):
    app = upload(open_page)
    for step in STEPS[1:]:
        app = press(app, "Next")
        assert app.query_params["step"] == step
    app = press(app, "Import")

    stored = infos()[0]
    assert not app.exception
    assert (stored.name, stored.num_examples, stored.reason) == (
        "reviews",
        40,
        "imported from reviews.csv",
    )
    assert app.query_params["dataset"] == stored.dataset_id
    assert stored.split_counts == {"train": 28, "validation": 6, "test": 6}


def test_import_shows_nothing_of_another_data_set(open_page):
    app = open_page("dataset", view="Import")

    assert not app.metric
    assert "Data set" not in [found.label for found in app.selectbox]


def test_import_is_kept_when_the_page_is_refreshed(open_page):
    app = wizard(open_page, "Save")
    field(app, "text_input", "Name").set_value("My reviews").run()

    app = open_page("dataset", view="Import", step="Save", **{"import": app.query_params["import"]})

    assert not app.exception
    assert field(app, "text_input", "Name").value == "My reviews"
    app = go_to(app, "File")
    assert "Chosen: reviews.csv" in [found.value for found in app.text]


def test_import_that_is_done_is_taken_up_by_no_link(open_page):
    app = press(wizard(open_page, "Save"), "Import")

    assert "import" not in app.query_params
    app = set_parameters(app, view="Import")
    assert not any(found.value.startswith("Chosen") for found in app.text)


def test_import_stores_nothing_before_the_last_step(open_page, infos):
    app = wizard(open_page, "Save")

    assert not app.exception
    assert len(infos()) == 2


def test_import_takes_the_name_that_was_typed(open_page, infos):
    app = wizard(open_page, "Save")
    field(app, "text_input", "Name").set_value("My reviews")
    press(app, "Import")

    assert infos()[0].name == "My reviews"


@pytest.mark.parametrize("name", ["", "   ", "\u200b\u202e"])
def test_import_without_a_name_stores_nothing(open_page, infos, name):
    app = wizard(open_page, "Save")
    field(app, "text_input", "Name").set_value(name)
    app = press(app, "Import")

    assert not app.exception
    assert "Expected a name with at least one visible character." in shown(app.error)
    assert len(infos()) == 2


def test_import_of_the_same_file_twice_is_one_data_set(open_page, infos):
    press(wizard(open_page, "Save"), "Import")
    app = press(wizard(open_page, "Save"), "Import")

    assert not app.exception
    assert len(infos()) == 3


@pytest.mark.parametrize("content", BAD_FILES.values(), ids=BAD_FILES)
def test_import_of_a_bad_file_is_one_message_before_it_is_stored(open_page, infos, content):
    app = upload(open_page, content)
    while not app.error and can_go_on(app):
        app = press(app, "Next")

    assert not app.exception
    assert len(app.error) == 1 or shown(app.warning)
    assert "step" not in app.query_params or app.query_params["step"] != "Save"
    assert len(infos()) == 2


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "a\nb\0.csv", "<img src=x>![a](http://x).csv", "x" * 300, "CON", "a. "],
)
def test_import_of_a_file_with_a_hostile_name_uses_it_as_a_label_only(
    open_page, infos, workspace, name
):
    before = {path.name for path in workspace.root.parent.iterdir()}

    app = press(wizard(open_page, "Save", name=name), "Import")

    assert not app.exception
    assert len(infos()[0].name) <= 80
    assert infos()[0].dataset_id in {path.name for path in workspace.datasets_dir.iterdir()}
    assert {path.name for path in workspace.root.parent.iterdir()} == before


def test_import_keeps_what_was_entered_when_going_back(open_page):
    app = wizard(open_page, "Columns", "title,body,label\n" + "a b,c d e,x\nf g,h i,y\n" * 8)
    field(app, "multiselect", "Text").set_value(["title", "body"]).run()
    app = press(press(app, "Next"), "Back")
    app = press(press(app, "Back"), "Next")

    assert field(app, "multiselect", "Text").value == ["title", "body"]
    assert not app.exception


def test_import_joins_text_columns(open_page, infos, workspace):
    rows = "".join(f"title {n},body {n},{'xy'[n % 2]}\n" for n in range(20))
    app = wizard(open_page, "Columns", "title,body,label\n" + rows)
    field(app, "multiselect", "Text").set_value(["title", "body"]).run()
    field(app, "text_input", "Joined with").set_value(" | ").run()
    press(go_to(app, "Save"), "Import")

    texts = DatasetStore.open(workspace).load(infos()[0].fingerprint).texts()
    assert sorted(texts)[:2] == ["title 0 | body 0", "title 1 | body 1"]


def test_import_with_one_column_for_text_and_label_is_a_message(open_page):
    app = wizard(open_page, "Columns")
    field(app, "multiselect", "Label").set_value(["text"]).run()

    assert not app.exception
    assert 'Column "text" was chosen as both text and label' in shown(app.error)[0]
    assert not can_go_on(app)


def test_import_names_columns_as_they_are(open_page):
    app = wizard(open_page, "Columns", GOOD.replace("text,label", "my_text,the *label*"))

    assert list(field(app, "multiselect", "Text").options) == ["my_text", "the *label*"]


def test_import_of_another_encoding_works_once_it_is_chosen(open_page):
    app = wizard(open_page, "Format", GOOD.replace("number", "Größe").encode("cp1252"))
    field(app, "selectbox", "Encoding").set_value("cp1252").run()

    assert not app.error
    changed, rows, as_detected = [table.value for table in app.dataframe]
    assert "Größe" in changed.iloc[0, 2]
    assert "Größe" in rows["text"].iloc[0]
    assert "Größe" not in as_detected["text"].iloc[0]


def test_import_reads_labels_with_a_delimiter_and_names(open_page, infos):
    rows = "".join(f"text {n}\t{n % 3},{n % 2}\n" for n in range(40))
    app = wizard(open_page, "Labels", rows)
    assert field(app, "radio", "A row has").value == "delimited"
    field(app, "text_area", "Label names").set_value("zero\none\ntwo").run()
    assert ["one", "zero"] in [list(labels) for labels in app.dataframe[0].value["labels"]]

    press(go_to(app, "Save"), "Import")

    assert infos()[0].label_names == ("one", "two", "zero")
    assert infos()[0].task == "multi_label"


def test_import_takes_label_names_from_a_file(open_page):
    rows = "".join(f"text {n}\t{n % 2}\n" for n in range(40))
    app = wizard(open_page, "Labels", "text\tlabel\n" + rows)
    app.file_uploader[0].upload("labels.txt", b"joy\nanger\n").run()

    assert field(app, "text_area", "Label names").value == "joy\nanger"
    assert sorted(labels[0] for labels in app.dataframe[0].value["labels"]) == ["anger", "joy"]


def test_import_from_the_server_says_when_its_folder_is_empty(open_page):
    app = open_page("dataset", view="Import")
    app.segmented_control(key="wizard.place").set_value("On the server").run()

    assert not app.exception
    assert "The import folder is empty" in " ".join(shown(app.caption))


def test_import_takes_a_file_of_the_import_folder(open_page, workspace, infos):
    folder = workspace.root / "imports"
    folder.mkdir()
    (folder / "large.csv").write_text(GOOD)
    app = open_page("dataset", view="Import")
    app.segmented_control(key="wizard.place").set_value("On the server").run()
    field(app, "selectbox", "Training file").set_value("large.csv").run()
    app = press(app, "Use this file")

    press(go_to(app, "Save"), "Import")

    assert infos()[0].reason == "imported from large.csv"


def test_import_from_the_hub_is_a_message_without_a_network(open_page, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    app = open_page("dataset", view="Import")
    app.segmented_control(key="wizard.place").set_value("Hugging Face hub").run()
    field(app, "text_input", "Training file").set_value("owner/name").run()
    app = press(app, "Download")

    assert not app.exception
    assert "HF_HUB_OFFLINE is set" in shown(app.error)[0]


def test_import_reads_one_column_per_label_with_a_threshold(open_page, infos):
    rows = "".join(f"text {n},{n % 2},{0.4 if n % 3 else 0.9}\n" for n in range(40))
    app = wizard(open_page, "Columns", "body,good,fast\n" + rows)
    assert field(app, "multiselect", "Label").value == ["good", "fast"]
    app = press(app, "Next")
    field(app, "slider", "A label is given").set_value(0.3).run()
    press(go_to(app, "Save"), "Import")

    assert infos()[0].label_names == ("fast", "good")


def test_import_of_a_second_file_makes_it_the_test_split(open_page, infos):
    app = upload(open_page)
    app.file_uploader[1].upload("more.csv", b"text,label\nnew one,a\nnew two,b\n").run()

    press(go_to(app, "Save"), "Import")

    assert infos()[0].split_counts == {"train": 34, "validation": 6, "test": 2}
    assert infos()[0].reason == "imported from reviews.csv and more.csv"


def test_import_makes_a_new_split_with_other_shares(open_page, infos):
    content = GOOD.replace("text,label", "text,label,split").replace(",a\n", ",a,train\n")
    app = wizard(open_page, "Splits", content.replace(",b\n", ",b,test\n"))
    app.segmented_control(key="wizard.use_own").set_value("Made new").run()
    field(app, "number_input", "Test").set_value(50).run()
    field(app, "number_input", "Validation").set_value(10).run()
    press(go_to(app, "Save"), "Import")

    assert infos()[0].split_counts == {"train": 16, "validation": 4, "test": 20}


def test_import_puts_right_what_a_button_says(open_page, infos):
    app = wizard(open_page, "Checks", GOOD.replace(",a\n", ",A \n", 3))
    app = press(app, "Merge each group into its most frequent spelling")

    assert any(text.startswith("Put right") or "Put right" in text for text in shown(app.markdown))
    press(go_to(app, "Save"), "Import")
    assert infos()[0].label_names == ("a", "b")


def test_import_takes_a_fix_back(open_page, infos):
    app = wizard(open_page, "Checks", GOOD.replace(",a\n", ",A\n", 3))
    app = press(app, "Merge each group into its most frequent spelling")
    app = press(app, "Undo: Merge each group into its most frequent spelling")
    press(go_to(app, "Save"), "Import")

    assert infos()[0].label_names == ("A", "a", "b")


def test_import_of_one_class_is_blocked_until_someone_insists(open_page, infos):
    app = wizard(open_page, "Save", "text,label\n" + "".join(f"t {n},a\n" for n in range(9)))
    assert 'All 9 rows have the label "a"' in " ".join(shown(app.error))
    assert next(button for button in app.button if button.label == "Import").disabled

    field(app, "checkbox", "Import it all the same").check().run()
    press(app, "Import")

    assert infos()[0].num_examples == 9


def test_import_of_another_file_makes_a_fresh_start(open_page):
    app = wizard(open_page, "Labels")
    for _ in range(3):
        app = press(app, "Back")
    app.file_uploader[0].upload("other.csv", b"body,topic\nlong words,x\nmore words,y\n").run()
    app = go_to(app, "Columns")

    assert not app.exception
    assert field(app, "multiselect", "Text").value == ["body"]


def test_import_in_a_link_without_a_file_begins_at_the_first_step(open_page):
    app = open_page("dataset", view="Import", step="Checks")

    assert not app.exception
    assert len(app.file_uploader) == 2


def test_import_is_reached_by_the_tabs_of_the_page(open_page):
    app = open_page("dataset")

    set_parameters(app, view="Import")

    assert len(app.file_uploader) == 2


def test_import_without_labels_needs_no_second_thought(open_page, infos):
    texts = "text,source\n" + "".join(f"text number {n},mail\n" for n in range(9))
    app = wizard(open_page, "Columns", texts)
    app = field(app, "checkbox", "There are no labels").check().run()
    for step in STEPS[3:]:
        app = press(app, "Next")
        assert not app.exception
        assert app.query_params["step"] == step
    app = press(app, "Import")

    stored = infos()[0]
    assert not app.exception
    assert (stored.num_examples, stored.label_names) == (9, ())
    assert stored.split_counts == {"train": 9}
    assert stored.extra_columns == ("source",)
