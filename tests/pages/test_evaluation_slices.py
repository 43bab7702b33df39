"""Tests of the slices of the Evaluate page: by column, weak, saved, and between groups."""

import pytest

from tests.pages.conftest import (
    HOSTILE_CLASSES,
    HOSTILE_TEXT,
    chart,
    labels,
    links,
    make_run,
    markdown_of,
    metrics,
    press,
    select_row,
    shown,
)
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore
from textcls_core.runs.saved_slices import SavedSlices
from textcls_core.runs.slice_conditions import parse_condition


@pytest.fixture
def phones_dataset(workspace):
    """180 rows, 60 of them for testing, with a column that names a device."""
    numbers = range(180)
    extra = {"device": ["phone" if n % 4 > 1 else "desk" for n in numbers]}
    splits = [("train", "validation", "test")[n // 60] for n in numbers]
    texts = [f"text number {n}" for n in numbers]
    dataset = build_dataset(Rows(texts, ["b" if n % 2 else "a" for n in numbers], splits, extra))
    DatasetStore.open(workspace).save(dataset, "phones", "made for the tests")
    return dataset


@pytest.fixture
def phones(workspace, phones_dataset):
    """A run that misses 15 of the 30 test rows of class `b`."""
    return make_run(workspace, "phones", phones_dataset, {("b", "a"): 15})


@pytest.fixture
def saved(workspace):
    """The saved slices of `phones`, with one of class `b`."""
    slices = SavedSlices.open(workspace, "phones")
    slices.save("All b", [parse_condition("class=b")])
    return slices


@pytest.fixture
def open_slices(open_page):
    """Open the view."""
    return lambda panel="By column", **parameters: open_page(
        "evaluation", panel="Slices", slices=panel, **parameters
    )


def table(app, column="slice"):
    """Return the first table with a column."""
    return next(frame.value for frame in app.dataframe if column in frame.value)


def heading(app):
    """Return what the rows below are."""
    return next((text for text in shown(app.markdown) if text.endswith("% right")), None)


def test_slices_are_by_class_first(open_slices, phones):
    app = open_slices()

    assert not app.exception
    assert list(table(app)["slice"]) == ["b", "a"]
    assert list(table(app)["rows"]) == [30, 30]
    assert "micro-F1" not in table(app)
    assert list(table(app)["verdict"]) == ["weaker", "not weaker"]
    assert chart(app)["layout"]["title"]["text"] == "1 of 2 slices weaker than the rest"


def test_slices_by_a_column_in_the_link(open_slices, phones):
    app = open_slices(slices_by="device")

    assert list(table(app)["slice"]) == ["desk", "phone"]


def test_slices_offer_tokens_only_with_a_tokenizer(open_slices, phones):
    app = open_slices()

    assert "Length in words" in app.selectbox(key="choose.slices_by").options
    assert "Length in tokens" not in app.selectbox(key="choose.slices_by").options


def test_slices_by_cluster_say_how_to_get_embeddings(open_slices, phones):
    app = open_slices(slices_by="cluster")

    assert not app.exception
    assert shown(app.info)[0].startswith("Clusters need embeddings of this data set")


def test_slices_show_the_rows_of_the_one_selected(open_slices, phones):
    app = select_row(open_slices(), "slices.table.class.", 0)

    assert heading(app) == "**class b:** 30 rows, 50.0 % right"
    assert list(table(app, "answer")["answer"]) == ["wrong"] * 15 + ["right"] * 15
    assert app.query_params["slices_pick"] == "class.:0"


def test_slices_show_the_rows_of_the_one_clicked(open_slices, phones):
    app = open_slices()
    point = {"customdata": [0, "class a"]}
    app.session_state["slices.chart.class."] = {"selection": {"points": [point]}}
    app.run()

    assert heading(app) == "**class b:** 30 rows, 50.0 % right"


def test_slices_pick_in_the_link_opens_the_same_rows(open_slices, phones):
    app = open_slices(slices_by="device", slices_pick="device.:0")

    assert heading(app).startswith("**device: desk:** 30 rows")


@pytest.mark.parametrize("pick", ["device.:9", "class.:0", "nope", "device.:x", HOSTILE_TEXT])
def test_slices_pick_that_is_not_there_shows_no_rows(open_slices, phones, pick):
    app = open_slices(slices_by="device", slices_pick=pick)

    assert not app.exception
    assert heading(app) is None


def test_slices_row_opens_on_the_mistakes_page(open_slices, phones):
    app = open_slices(slices_pick="class.:0")
    select_row(app, "slices.class..0.rows", 0)

    assert app.title[0].value == "Mistakes"
    assert app.query_params["row"] in phones.predictions("test").row_ids


def test_slices_of_the_filter_of_the_data_page(open_slices, phones):
    app = open_slices(slices_by="(filter)", data_class="b", data_column="device", data_value="desk")

    assert list(table(app)["slice"]) == ["class b and device: desk"]
    assert list(table(app)["rows"]) == [15]


def test_slices_without_a_filter_ignore_the_link(open_slices, phones):
    app = open_slices(slices_by="(filter)")

    assert shown(app.toast) == ["The link names a cut the rows by that does not exist here; it was "
                                "ignored."]  # fmt: skip
    assert list(table(app)["slice"]) == ["b", "a"]


def test_slices_leave_out_repeats_and_say_so(open_slices, workspace):
    texts = [f"text {n}" for n in range(40)] + ["TEXT 0!", "text 1."]
    rows = Rows(texts, ["a", "b"] * 21, ["train", "test"] + ["test"] * 40, extra={})
    dataset = build_dataset(rows)
    DatasetStore.open(workspace).save(dataset, "repeats", "made for the tests")
    make_run(workspace, "repeats", dataset, {})

    app = open_slices()

    assert table(app)["rows"].sum() == 40
    assert any("1 row with the text of another row left out" in text for text in shown(app.caption))


def test_weak_slices_are_listed_with_how_many_were_tried(open_slices, phones):
    app = open_slices("Weak slices")

    assert not app.exception
    assert table(app)["slice"][0] == "class b"
    assert any(text.startswith("**1 weak slice** among ") for text in shown(app.markdown))


def test_weak_slices_where_there_are_none_say_what_that_means(open_slices, toy_run):
    app = open_slices("Weak slices")

    summary = next(text for text in shown(app.markdown) if "weak slices" in text)
    assert summary.endswith("With more rows, smaller differences would show.")
    assert not app.dataframe


def test_slice_is_saved_from_the_page(open_slices, phones, workspace):
    app = open_slices("Weak slices", slices_pick="weak.:0")
    app.text_input(key="slices.weak..0.name").set_value("Bad b").run()
    press(app, "slices.weak..0.save")

    (found,) = SavedSlices.open(workspace, "phones").all()
    assert (found.name, found.title) == ("Bad b", "class b")
    assert shown(app.toast) == ["Saved Bad b."]


def test_slice_of_a_taken_name_is_a_message(open_slices, phones, saved):
    app = open_slices("Weak slices", slices_pick="weak.:0")
    app.text_input(key="slices.weak..0.name").set_value("All b").run()
    press(app, "slices.weak..0.save")

    assert shown(app.error)[0].startswith('A slice named "All b" is saved already')


def test_saved_slices_before_the_first_say_how_to_save_one(open_slices, phones):
    app = open_slices("Saved")

    assert shown(app.subheader) == ["No slice is saved yet"]


def test_saved_slices_that_got_worse_are_flagged(open_slices, phones, saved, workspace,
                                                 phones_dataset):  # fmt: skip
    worse = make_run(workspace, "phones", phones_dataset, {("b", "a"): 28})

    app = open_slices("Saved", run=worse.run_id)

    assert list(table(app, "verdict")["verdict"]) == ["Got worse"]
    assert list(table(app, "change")["change"]) == ["-43.3 points"]
    assert any("All b: got worse" in text for text in shown(app.markdown))
    elsewhere = open_slices("Weak slices", run=worse.run_id)
    assert any("All b: got worse" in text for text in shown(elsewhere.markdown))


def test_saved_slices_of_a_first_run_have_nothing_to_compare_with(open_slices, phones, saved):
    app = open_slices("Saved")

    assert list(table(app, "verdict")["verdict"]) == ["Nothing to compare with"]
    assert "There is no earlier finished run" in " ".join(shown(app.caption))


def test_saved_slice_whose_column_is_gone_says_so(open_slices, phones, saved):
    saved.save("Red", [parse_condition("colour=red")])

    app = open_slices("Saved")

    verdict = list(table(app, "verdict")["verdict"])[1]
    assert verdict.startswith('Not measured: This version of the data set has no column "colour"')


def test_saved_slice_shows_its_rows(open_slices, phones, saved):
    app = select_row(open_slices("Saved"), "slices.saved", 0)

    assert heading(app) == "**class b:** 30 rows, 50.0 % right"
    assert "Save this slice" not in labels(app)


def test_saved_slice_is_deleted_only_after_a_question(open_slices, phones, saved):
    app = press(open_slices("Saved", slices_pick="saved:0"), "slices.delete")

    assert any(text.startswith("**All b** (class b)") for text in shown(app.markdown))
    assert app.button(key="slices.delete.yes").label == "Delete"
    assert len(saved.all()) == 1


def test_fairness_shows_gaps_and_what_they_do_not_show(open_slices, phones):
    app = open_slices("Fairness", slices_positive="b")

    assert not app.exception
    assert metrics(app)["Selection rate: gap"].endswith(" points")
    assert any(text.startswith("What this does not show") for text in shown(app.caption))
    assert list(table(app, "group")["group"]) == ["desk", "phone"]


def test_fairness_of_one_group_is_a_message(open_slices, phones):
    app = open_slices("Fairness", slices_group="language")

    assert not app.exception
    assert shown(app.info)[0].startswith("Expected rows of at least two groups, got 60 rows of 1")


def test_fairness_of_few_rows_has_no_gap(open_slices, toy_run):
    app = open_slices("Fairness", slices_group="words")

    assert shown(app.info)[0].startswith("No rate has two groups with at least 20 rows")


@pytest.mark.parametrize("panel", ["By column", "Weak slices", "Saved", "Fairness"])
def test_slices_of_label_sets_work(open_slices, topics_run, panel):
    app = open_slices(panel)

    assert not app.exception
    assert not app.error


def test_slices_of_label_sets_look_at_one_label(open_slices, topics_run):
    whole, one = open_slices(), open_slices(slices_label="animals")

    assert table(whole)["accuracy"][0] == 0.0
    assert set(table(one)["accuracy"]) == {100.0}
    assert "micro-F1" in table(whole)


def test_slices_show_hostile_text_as_it_is(open_slices, hostile_run):
    app = open_slices(slices_by="class", slices_pick="class.:0")

    assert not app.exception
    assert heading(app).startswith(f"**class {HOSTILE_CLASSES[0]}:** ")
    assert not any(HOSTILE_CLASSES[0] in text for text in markdown_of(app))


def test_slices_by_a_hostile_column_show_it_as_it_is(open_slices, hostile_run):
    app = open_slices(slices_by=HOSTILE_TEXT, slices_pick=f"{HOSTILE_TEXT}.:0")

    assert not app.exception
    assert heading(app).startswith(f"**{HOSTILE_TEXT}")
    assert not any(HOSTILE_TEXT in text for text in markdown_of(app))


def link_to_evaluation(app):
    """Return the link from Explore to the slices, if there is one."""
    return links(app).get("Evaluate a run on these rows")


def test_slices_are_offered_for_the_filter_of_the_data_page(open_page, phones):
    app = open_page("dataset", dataset="phones", view="Explore", data_class="b", data_page="1")

    query = link_to_evaluation(app).proto.query_string
    assert f"run={phones.run_id}" in query
    assert "slices_by=%28filter%29" in query
    assert "data_class=b" in query
    assert "data_page" not in query


def test_slices_are_not_offered_without_a_run_or_a_filter(open_page, phones_dataset, workspace):
    without_run = open_page("dataset", dataset="phones", view="Explore", data_class="b")
    make_run(workspace, "phones", phones_dataset, {})
    without_filter = open_page("dataset", dataset="phones", view="Explore")

    assert link_to_evaluation(without_run) is None
    assert link_to_evaluation(without_filter) is None


def test_slices_stand_beside_the_baselines(open_slices, toy_run, measured_baselines):
    app = open_slices()

    assert not app.exception
    found = next(frame.value for frame in app.dataframe if "verdict" in frame.value)
    assert found["TF-IDF + linear SVM"].tolist() == [100.0] * 3
    assert sorted(found["Majority class"]) == [0.0, 0.0, 100.0]
    named = [line.get("name") for line in chart(app)["data"]]
    assert named[:2] == ["Majority class", "TF-IDF + linear SVM"]
