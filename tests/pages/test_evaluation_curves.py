"""Tests of the curves view: which curves are drawn, and figures by size and length."""

import pytest

from tests.pages.conftest import HOSTILE_CLASSES, chart, make_run, shown
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore


def names(app, position=0):
    """Return the lines of a chart that have a name."""
    return [line["name"] for line in chart(app, position)["data"] if line.get("name")]


@pytest.fixture
def many_run(workspace):
    """A run on 12 classes; `class 03` is the hardest one."""
    labels = [f"class {n:02}" for n in range(12) for _ in range(9)]
    texts = [f"{label} text {n}" for n, label in enumerate(labels)]
    splits = ["train", "validation", "test"] * 36
    dataset = build_dataset(Rows(texts, labels, splits, extra={}))
    DatasetStore.open(workspace).save(dataset, "many", "made for the tests")
    return make_run(workspace, "many", dataset, {("class 03", "class 00"): 3})


def test_curves_show_every_class_and_their_mean(open_page, toy_run):
    app = open_page("evaluation", panel="Curves")

    assert not app.exception
    assert [name.split(" · ")[0] for name in names(app)] == [
        "Mean of all classes",
        *("animals", "food", "weather"),
    ]
    assert all(" · AUC 0." in name or " · AUC 1." in name for name in names(app))
    assert all(" · AP " in name for name in names(app, 1))


def test_curves_of_many_classes_show_the_worst(open_page, many_run):
    app = open_page("evaluation", panel="Curves")

    assert len(names(app)) == 6
    assert names(app)[1].startswith("class 03")


def test_curves_of_chosen_classes_are_in_the_link(open_page, many_run):
    app = open_page("evaluation", panel="Curves", curves_classes="2,7")

    assert [name.split(" · ")[0] for name in names(app)[1:]] == ["class 02", "class 07"]


def test_curves_unknown_class_in_the_link_is_ignored_with_a_note(open_page, toy_run):
    app = open_page("evaluation", panel="Curves", curves_classes="99,x")

    assert not app.exception
    assert shown(app.toast) == ["The link names a class that does not exist here; it was ignored."]
    assert len(names(app)) == 4


def test_curves_have_a_table_of_areas(open_page, toy_run):
    app = open_page("evaluation", panel="Curves")

    table = next(frame.value for frame in app.dataframe if "AUC" in frame.value)
    assert table["class"].tolist() == ["animals", "food", "weather"]
    assert table["rows"].tolist() == [11, 11, 11]


def test_curves_show_f1_by_class_size(open_page, toy_run):
    figure = chart(open_page("evaluation", panel="Curves"), 2)

    assert figure["data"][0]["x"] == [11, 11, 11]
    names = {note["text"].split("<br>")[0] for note in figure["layout"]["annotations"]}
    assert names >= {"animals", "food", "weather"}


@pytest.mark.parametrize("unit", ["words", "characters"])
@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_curves_show_a_figure_by_text_length(open_page, toy_run, unit, metric):
    app = open_page("evaluation", panel="Curves", curves_unit=unit, curves_metric=metric)

    assert not app.exception
    layout = chart(app, 3)["layout"]
    assert layout["xaxis"]["title"]["text"] == f"Length in {unit}"
    counts = [int(tick.split("<br>")[1].split()[0]) for tick in layout["xaxis"]["ticktext"]]
    assert sum(counts) == 33


def test_curves_without_a_tokenizer_say_that_truncation_is_unknown(open_page, toy_run):
    app = open_page("evaluation", panel="Curves")

    assert any("Which texts were cut off is unknown" in text for text in shown(app.caption))


def test_curves_with_a_tokenizer_say_what_was_read(open_page, runnable_run):
    app = open_page("evaluation", panel="Curves", curves_unit="tokens")

    assert not app.exception
    assert chart(app, 3)["layout"]["xaxis"]["title"]["text"] == "Length in tokens"
    assert any(text.startswith("The run read up to ") for text in shown(app.caption))


def test_curves_tell_whole_texts_from_cut_off_ones(
    open_page, workspace, toy_dataset, toy_model_dir
):
    run = make_run(workspace, "toy", toy_dataset, {("food", "animals"): 2}, max_length=8)
    run.model_dir.symlink_to(toy_model_dir)

    app = open_page("evaluation", panel="Curves")

    assert not app.exception
    ticks = chart(app, 4)["layout"]["yaxis"]["ticktext"]
    assert [tick.split("<br>")[0] for tick in ticks] == ["read as a whole", "cut off"]
    assert any("were longer, and the rest of them was not read" in t for t in shown(app.caption))


def test_curves_of_label_sets(open_page, topics_run):
    app = open_page("evaluation", panel="Curves")

    assert not app.exception
    assert [name.split(" · ")[0] for name in names(app)][1:] == ["animals", "food", "weather"]
    assert names(app)[1].endswith("AUC 1.000")
    assert names(app)[3].endswith("AUC 0.500")


def test_curves_show_hostile_classes_as_they_are(open_page, hostile_run):
    app = open_page("evaluation", panel="Curves")

    assert not app.exception
    assert not any(name.startswith("<script") for name in names(app))
    table = next(frame.value for frame in app.dataframe if "AUC" in frame.value)
    assert set(table["class"]) == set(HOSTILE_CLASSES)


def test_curves_stand_beside_those_of_the_baselines(open_page, toy_run, measured_baselines):
    app = open_page("evaluation", panel="Curves")

    assert not app.exception
    beside = ["Majority class · AUC 0.500", "TF-IDF + linear SVM · answers only"]
    assert names(app)[4:] == beside
    assert names(app, 1)[4:] == ["Majority class · AP 0.333", beside[1]]
    levels = [line["name"] for line in chart(app, 2)["layout"]["shapes"]]
    assert levels == ["Majority class · 16.7 %", "TF-IDF + linear SVM · 100.0 %"]
    assert names(app, 3) == ["Majority class", "TF-IDF + linear SVM"]
    assert set(chart(app, 3)["data"][2]["y"]) == {1}
    assert any(text.startswith("Grey: baselines, the mean of") for text in shown(app.caption))


def test_curves_say_which_baselines_kept_no_answers(open_page, toy_run, toy_baselines):
    app = open_page("evaluation", panel="Curves")

    assert not app.exception
    assert len(names(app)) == 4
    missing = 'Not drawn: "Majority class" and "TF-IDF + linear SVM" and "Frozen minilm", measured'
    assert any(missing in text for text in shown(app.caption))


def test_curves_of_training_rows_have_no_baselines(open_page, toy_run, measured_baselines):
    app = open_page("evaluation", panel="Curves", split="train")

    assert not any("aseline" in text for text in shown(app.caption))
