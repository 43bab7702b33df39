"""The Compare view: the verdict, what it rests on, and what cannot be compared."""

import pyarrow as pa
import pytest

from tests.pages.conftest import (
    HOSTILE_CLASSES,
    HOSTILE_TEXT,
    MISTAKES,
    chart,
    make_run,
    metrics,
    select_row,
    set_parameters,
    shown,
)
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.evaluation.by_task import predictions_of
from textcls_core.files import write_json
from textcls_core.runs.store import RunStore


@pytest.fixture
def best(workspace, toy_dataset):
    """A run without a mistake, trained longer."""
    return make_run(workspace, "toy", toy_dataset, {}, name="Best", num_epochs=9)


@pytest.fixture
def bad(workspace, toy_dataset):
    """A run that takes all food for animals."""
    return make_run(workspace, "toy", toy_dataset, {("food", "animals"): 11}, name="Bad")


@pytest.fixture
def relabelled_run(workspace, toy_dataset):
    """A run on a version of `toy` in which two test rows got another label."""
    labels = [[one] for one in toy_dataset.label_ids.tolist()]
    for row in toy_dataset.indices("test")[:2]:
        labels[row] = [(labels[row][0] + 1) % 3]
    column = pa.array(labels, toy_dataset.table.schema.field("label_ids").type)
    version = TextDataset(
        toy_dataset.table.set_column(2, "label_ids", column), toy_dataset.label_names
    )
    store = DatasetStore.open(workspace)
    store.save(version, "toy", "relabelled", parent=toy_dataset.fingerprint)
    return make_run(workspace, "toy", version, {}, name="Relabelled")


def open_compare(open_page, run, *others, **parameters):
    """Open the view of a run beside others."""
    ids = ",".join(other.run_id for other in others)
    return open_page("evaluation", panel="Compare", run=run.run_id, compare_runs=ids, **parameters)


@pytest.fixture
def resplit_run(workspace, toy_dataset):
    """A run on a version of `toy` in which test and validation rows changed places."""
    turned = {"test": "validation", "validation": "test", "train": "train"}
    splits = [turned[split] for split in toy_dataset.table["split"].to_pylist()]
    table = toy_dataset.table.set_column(3, "split", pa.array(splits))
    version = TextDataset(table, toy_dataset.label_names)
    DatasetStore.open(workspace).save(version, "toy", "resplit", parent=toy_dataset.fingerprint)
    return make_run(workspace, "toy", version, {}, name="Dealt out anew")


def table(app, column):
    """Return the table that has a column."""
    return next(frame.value for frame in app.dataframe if column in frame.value)


def changed(app):
    """Return the tables of fixed and broken rows."""
    return [frame.value for frame in app.dataframe if "text" in frame.value]


def test_compare_before_a_choice_says_what_will_be_here(open_page, toy_run, best):
    app = open_compare(open_page, toy_run)

    assert not app.exception
    assert [box.label for box in app.multiselect] == ["Compare this run with"]
    assert app.multiselect[0].options[0].startswith("Best")
    assert any("whether that could be chance" in text for text in shown(app.caption))


def test_compare_without_another_run_says_what_to_do(open_page, toy_run):
    app = open_compare(open_page, toy_run)

    assert shown(app.info)[0].startswith("There is no other finished run on the same test rows.")
    assert app.multiselect[0].disabled


def test_compare_chosen_run_goes_into_the_link(open_page, toy_run, best):
    app = open_compare(open_page, toy_run)
    app.multiselect(key="choose.compare_runs").set_value([best.run_id]).run()

    assert app.query_params["compare_runs"] == best.run_id
    assert shown(app.info)[0].startswith("No difference can be shown: Best is right on 3 more of")


def test_compare_verdict_comes_first(open_page, toy_run, bad):
    app = open_compare(open_page, toy_run, bad)

    assert not app.exception
    assert shown(app.warning)[0].startswith("Bad is right on 8 fewer of 33 test rows (accuracy")
    assert metrics(app) == {"Fixed": "1", "Broken": "9", "Both right": "21", "Both wrong": "2"}


def test_compare_better_run_is_said_to_be_better(open_page, bad, best):
    app = open_compare(open_page, bad, best)

    assert shown(app.success)[0].startswith("Best is right on 11 more of 33 test rows (accuracy")


def test_compare_shows_figures_with_differences(open_page, toy_run, best):
    figures = table(open_compare(open_page, toy_run, best), "95 % interval")

    assert figures["figure"].tolist() == [
        *("Accuracy", "Balanced accuracy", "Macro-F1", "Weighted F1"),
        *("Matthews correlation", "Log loss"),
    ]
    assert figures["this run"][0] == "90.9 %"
    assert figures["other run"][0] == "100.0 %"
    assert figures["difference"][0] == "+9.1"
    assert figures["reading"][0] == "unclear"


def test_compare_shows_the_baselines_beside_the_figures(open_page, toy_run, best, toy_baselines):
    figures = table(open_compare(open_page, toy_run, best), "95 % interval")

    titles = [baseline.title for baseline in toy_baselines]
    assert list(figures.columns)[-3:] == titles
    assert figures[titles[1]].tolist()[0] == "80.0 %"
    assert figures[titles[1]].tolist()[-2:] == ["", ""]  # neither MCC nor loss was measured


def test_compare_of_several_runs_has_the_baselines_below_them(
    open_page, toy_run, best, bad, toy_baselines
):
    runs = table(open_compare(open_page, toy_run, best, bad), "Holm-corrected")

    assert runs["run"].tolist()[2:] == [baseline.title for baseline in toy_baselines]
    assert runs["accuracy"].tolist()[2:] == ["33.0 %", "80.0 %", "95.0 %"]
    assert runs["difference"].tolist()[3] == "-10.9"
    assert runs["reading"].tolist()[2:] == ["baseline"] * 3
    assert runs["McNemar"].tolist()[2:] == [""] * 3


def test_compare_of_other_data_set_versions_has_no_baselines(
    open_page, toy_run, relabelled_run, toy_baselines
):
    figures = table(open_compare(open_page, toy_run, relabelled_run), "95 % interval")

    assert list(figures.columns)[-1] == "reading"


def test_compare_shows_settings_that_differ(open_page, toy_run, best):
    settings = table(open_compare(open_page, toy_run, best), "setting")

    assert settings.to_dict("list") == {
        "setting": ["num_epochs"],
        "this run": ["3"],
        "other run": ["9"],
    }


def test_compare_of_equal_settings_says_so(open_page, toy_run, bad):
    app = open_compare(open_page, toy_run, bad)

    assert "The settings are the same." in shown(app.caption)


def test_compare_draws_the_change_of_every_class(open_page, toy_run, best):
    app = open_compare(open_page, toy_run, best)

    assert chart(app)["layout"]["yaxis"]["ticktext"] == ["food", "animals", "weather"]
    assert chart(app)["layout"]["title"]["text"].startswith("F1 rose in")


def test_compare_figure_in_the_link_is_drawn(open_page, toy_run, best):
    app = open_compare(open_page, toy_run, best, compare_figure="Recall")

    assert chart(app)["layout"]["title"]["text"].startswith("Recall rose in")


def test_compare_shows_fixed_rows_with_both_answers(open_page, toy_run, best):
    (fixed,) = changed(open_compare(open_page, toy_run, best))

    assert sorted(zip(fixed["this run"], fixed["other run"], strict=True)) == [
        ("animals", "food"),
        ("animals", "food"),
        ("food", "weather"),
    ]


def test_compare_fixed_row_opens_with_the_run_that_is_wrong(open_page, toy_run, best):
    app = open_compare(open_page, toy_run, best)
    select_row(app, f"compare.fixed.{toy_run.run_id}.{best.run_id}", 1)

    assert app.title[0].value == "Mistakes"
    assert app.query_params["run"] == toy_run.run_id
    assert app.query_params["row"] in toy_run.predictions("test").row_ids


def test_compare_broken_row_opens_with_the_other_run(open_page, toy_run, best):
    app = open_compare(open_page, best, toy_run)
    select_row(app, f"compare.broken.{best.run_id}.{toy_run.run_id}", 0)

    assert app.title[0].value == "Mistakes"
    assert app.query_params["run"] == toy_run.run_id


def test_compare_several_runs_are_corrected_for(open_page, toy_run, best, bad):
    app = open_compare(open_page, toy_run, best, bad)

    overview = table(app, "Holm-corrected")
    assert overview["run"].tolist() == ["Best", "Bad"]
    assert any(
        "Of 2 runs: 0 better, 1 worse, 1 without a difference" in t for t in shown(app.markdown)
    )
    assert overview["McNemar"].tolist() == ["p = 0.250", "p = 0.021"]
    assert overview["Holm-corrected"].tolist() == ["p = 0.250", "p = 0.043"]
    assert metrics(app)["Fixed"] == "3"


def test_compare_details_of_another_run_are_chosen(open_page, toy_run, best, bad):
    app = open_compare(open_page, toy_run, best, bad)
    app.selectbox(key="choose.compare_with").set_value(bad.run_id).run()

    assert app.query_params["compare_with"] == bad.run_id
    assert metrics(app)["Fixed"] == "1"


def test_compare_details_of_a_run_taken_out_are_those_of_the_first(open_page, toy_run, best, bad):
    app = open_compare(open_page, toy_run, best, bad, compare_with=bad.run_id)
    app.multiselect(key="choose.compare_runs").set_value([best.run_id]).run()

    assert not app.exception
    assert not app.toast
    assert metrics(app)["Fixed"] == "3"


def test_compare_of_a_run_with_itself_is_left_out(open_page, toy_run, best):
    app = open_compare(open_page, best, best, toy_run)

    assert not app.toast
    assert app.query_params["compare_runs"] == toy_run.run_id


def test_compare_says_which_runs_cannot_be_compared(open_page, toy_run, best, resplit_run):
    app = open_compare(open_page, toy_run)

    assert [box.label for box in app.expander] == ["1 run cannot be compared"]
    reason = next(text for text in shown(app.markdown) if text.startswith("**Dealt out anew**"))
    assert "their rows are not the same: " in reason
    assert "0 in both (they used toy v1 and toy v2)" in reason
    assert len(app.multiselect[0].options) == 1


def test_compare_run_in_the_link_that_does_not_fit_is_refused(open_page, toy_run, resplit_run):
    app = open_compare(open_page, toy_run, resplit_run)

    assert not app.exception
    assert "their rows are not the same" in shown(app.warning)[0]
    assert "compare_runs" not in app.query_params


def test_compare_warns_when_test_labels_were_changed_in_between(open_page, toy_run, relabelled_run):
    app = open_compare(open_page, toy_run, relabelled_run)

    assert not app.exception
    assert shown(app.warning)[-1].startswith(
        "The test rows of toy v1 and toy v2 are not the same: 2 true labels changed. Both runs are "
        "compared on the 31 rows with the same label in both."
    )
    assert metrics(app)["Both right"] == "28"


def test_compare_does_not_warn_about_the_same_rows(open_page, bad, best):
    app = open_compare(open_page, bad, best)

    assert not app.warning


@pytest.mark.parametrize("value", ["nope", HOSTILE_TEXT, "x" * 100_000, ",,,"])
def test_compare_unknown_run_in_the_link_is_ignored(open_page, toy_run, best, value):
    app = open_page(
        "evaluation", panel="Compare", run=toy_run.run_id, compare_runs=value.replace(",", "%")
    )

    assert not app.exception
    assert len(app.toast) == 1


def test_compare_says_what_other_seeds_reach(open_page, workspace, toy_dataset, toy_run):
    other = make_run(workspace, "toy", toy_dataset, {}, seed=7)

    app = open_compare(open_page, toy_run, other)

    assert any("differ in nothing but their seed" in text for text in shown(app.caption))


def test_compare_of_several_labels_shows_label_figures(open_page, workspace, topics_run):
    other, _ = RunStore.open(workspace).create(topics_run.config.model_copy(update={"seed": 7}))
    other.predictions_file("test").parent.mkdir()
    known = topics_run.predictions("test")
    right = known.targets * 0.8 + 0.1
    predictions_of(known.row_ids, known.targets * 1.0, right, known.label_names).save(
        other.predictions_file("test")
    )
    write_json(other.folder / "finished.json", {"outcome": "completed"})

    app = open_compare(open_page, topics_run, other)

    assert not app.exception
    assert "Micro-F1" in table(app, "95 % interval")["figure"].tolist()
    assert "A row is right if all its labels are right." in shown(app.caption)
    (fixed,) = changed(app)
    assert all("weather" in answer for answer in fixed["other run"])


def test_compare_shows_hostile_names_as_they_are(
    open_page, workspace, hostile_dataset, hostile_run
):
    other = make_run(workspace, HOSTILE_CLASSES[0], hostile_dataset, {}, name=HOSTILE_TEXT)

    app = open_compare(open_page, hostile_run, other)

    assert not app.exception
    assert HOSTILE_TEXT[:40] in shown(app.info)[0]
    (fixed,) = changed(app)
    assert set(fixed["other run"]) == {HOSTILE_CLASSES[0], HOSTILE_CLASSES[2]}


def test_compare_of_another_split_is_of_its_rows(open_page, toy_run, best):
    app = open_compare(open_page, toy_run, best, split="validation")

    assert "validation rows" in shown(app.info)[0]


def test_compare_link_opens_the_same_view_again(open_page, toy_run, best):
    app = open_compare(open_page, toy_run, best)
    set_parameters(app, compare_figure="Precision")

    assert chart(app)["layout"]["title"]["text"].startswith("Precision rose in")
    assert sum(MISTAKES.values()) == int(metrics(app)["Fixed"])
