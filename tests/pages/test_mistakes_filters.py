"""Tests of what Inspect knows beside the predictions: counts, marks, tokens, label sets."""

import shutil

import numpy as np
import pytest

from tests.pages.conftest import HOSTILE_TEXT, chart, press, shown
from textcls_core.mistakes.annotations.store import Annotations
from textcls_core.mistakes.causes.found import CAUSES, FoundCause
from textcls_core.mistakes.causes.triage import Coverage, Triage, TriageFacts, triage_dir
from textcls_core.runs.saved_slices import SavedSlices
from textcls_core.runs.slice_conditions import Condition
from textcls_core.workspace import Workspace


@pytest.fixture
def wrong(toy_run):
    """Row ids of the three mistakes."""
    predictions = toy_run.predictions("test")
    return [predictions.row_ids[row] for row in np.flatnonzero(predictions.is_mistake)]


@pytest.fixture
def notes(workspace):
    """What people said about the rows of `toy`."""
    return Annotations.open(workspace, "toy")


def options(app, name):
    return app.selectbox(key=f"choose.{name}").options


def count(app):
    return next(text for text in shown(app.caption) if text.endswith("of 33") and "row" in text)


def badges(app):
    return [element.value for element in app.markdown if "badge" in element.value]


def store_causes(workspace: Workspace, run, causes):
    """Write a triage that found these causes."""
    coverage = tuple(Coverage(cause=cause, asked=3, looked=3) for cause in CAUSES)
    facts = TriageFacts(
        run_id=run.run_id, split="test", num_rows=33, num_mistakes=3, coverage=coverage, seconds=1.0
    )
    folder = triage_dir(workspace, run, "test")
    folder.parent.mkdir(parents=True, exist_ok=True)
    Triage(facts, causes).save(folder)


def test_every_filter_says_how_many_rows_a_choice_would_leave(open_page, toy_run):
    app = open_page("mistakes", true="food")

    assert options(app, "outcome") == [
        "Mistakes · 2", "Wrong and sure · 2", "Wrong but unsure · 0",
        "Correct · 9", "Right but unsure · 0", "Right and sure · 9", "All · 11",
    ]  # fmt: skip
    assert options(app, "true") == ["Any", "food · 2", "weather · 1", "animals · 0"]
    assert options(app, "predicted") == ["Any", "animals · 2", "food · 0", "weather · 0"]
    assert options(app, "sure")[1:3] == ["99 % or more · 0", "95 % or more · 0"]
    assert options(app, "unreviewed") == ["Any", "Not yet reviewed · 2"]


def test_outcomes_are_counted_among_what_the_other_filters_leave(open_page, toy_run):
    bars = chart(open_page("mistakes", true="food"))["data"]

    assert [bar["x"] for bar in bars] == [[9], [0], [0], [2]]
    assert [bar["marker"]["opacity"] for bar in bars] == [0.35, 0.35, 1.0, 1.0]


def test_an_outcome_that_is_chosen_goes_into_the_link(open_page, toy_run):
    app = open_page("mistakes")

    app.selectbox(key="choose.outcome").set_value("right-and-sure").run()

    assert app.query_params["outcome"] == "right-and-sure"
    assert count(app) == "30 rows of 33"


def test_filters_are_cleared_in_one_go(open_page, toy_run):
    app = open_page("mistakes", true="food", sure="90-100", loss="1..", order="margin")
    assert app.button(key="mistakes.clear").disabled is False

    press(app, "mistakes.clear")

    assert app.query_params == {"run": toy_run.run_id, "order": "margin"}
    assert app.button(key="mistakes.clear").disabled


def test_more_filters_say_how_many_are_set(open_page, toy_run):
    app = open_page("mistakes", sure="90-100", loss="1..", true="food")

    assert "More filters (2)" in [block.proto.popover.label for block in app.get("popover")]


def test_tags_and_reviewed_rows_are_filters(open_page, toy_run, notes, wrong):
    notes.tag(wrong[:2], "odd")
    notes.review([wrong[0]])

    app = open_page("mistakes", tag="odd")
    assert count(app) == "2 rows of 33"
    assert options(app, "tag") == ["Any", "No tag · 1", "odd · 2"]

    app = open_page("mistakes", unreviewed="yes")
    assert count(app) == "2 rows of 33"


def test_reviewed_rows_are_marked(open_page, toy_run, notes, wrong):
    notes.review([wrong[1]])

    app = open_page("mistakes", row=wrong[1])

    assert app.dataframe[0].value["reviewed"].tolist() == [False, True, False]
    assert any("reviewed" in badge for badge in badges(app))


def test_what_is_said_while_the_page_is_open_counts_at_once(open_page, toy_run, notes, wrong):
    app = open_page("mistakes", unreviewed="yes")
    notes.review(wrong)

    assert count(app.run()) == "0 rows of 33"


def test_a_tag_that_looks_like_markup_is_plain_text(open_page, toy_run, notes, wrong):
    notes.tag(wrong, HOSTILE_TEXT[:50])

    app = open_page("mistakes", tag=HOSTILE_TEXT[:50])

    assert not app.exception
    assert count(app) == "3 rows of 33"


def test_causes_are_a_column_and_a_filter(open_page, toy_run, workspace, wrong):
    found = {wrong[0]: (FoundCause("rare_class", "Only 3 rows."),)}
    store_causes(workspace, toy_run, found)

    app = open_page("mistakes", cause="rare_class")
    assert count(app) == "1 row of 33"
    assert list(app.dataframe[0].value["causes"]) == [[CAUSES["rare_class"].title]]
    assert f"{CAUSES['rare_class'].title} · 1" in options(app, "cause")
    assert "No cause found · 2" in options(app, "cause")

    assert count(open_page("mistakes", cause="none")) == "2 rows of 33"


def test_cause_hides_no_row_before_somebody_looked_for_causes(open_page, toy_run):
    app = open_page("mistakes", cause="rare_class")

    assert count(app) == "3 rows of 33"
    assert "names a cause that does not exist here" in shown(app.toast)[0]
    assert "cause" not in app.query_params


@pytest.mark.parametrize(("name", "value"), [("tokens", "5.."), ("cut_off", "yes")])
def test_filter_by_tokens_that_were_not_counted_says_so(open_page, toy_run, name, value):
    app = open_page("mistakes", **{name: value})

    assert count(app) == "3 rows of 33"
    assert "leaves nothing out yet" in shown(app.warning)[0]
    assert app.query_params[name] == value


def test_open_row_is_closed_without_a_note_when_the_split_changes(open_page, toy_run, wrong):
    app = open_page("mistakes", row=wrong[0])

    app.selectbox(key="choose.split").set_value("validation").run()

    assert not app.exception
    assert not app.toast
    assert app.query_params.get("row") != wrong[0]


def test_causes_are_not_offered_before_somebody_looked_for_them(open_page, toy_run):
    keys = [box.key for box in open_page("mistakes").selectbox]

    assert "choose.cause" not in keys


def test_saved_slices_are_a_filter(open_page, toy_run, workspace):
    slices = SavedSlices.open(workspace, "toy")
    slices.save("food only", [Condition(kind="class", value="food")])
    slices.save("no such column", [Condition(kind="column", column="sender", value="x")])

    app = open_page("mistakes", in_slice="food only")

    assert count(app) == "2 rows of 33"
    assert options(app, "in_slice") == ["Any", "food only · 2"]


def test_a_slice_that_cannot_be_told_is_ignored_with_a_note(open_page, toy_run, workspace):
    condition = Condition(kind="column", column="sender", value="x")
    SavedSlices.open(workspace, "toy").save("no such column", [condition])

    app = open_page("mistakes", in_slice="no such column")

    assert "names a slice that does not exist here" in shown(app.toast)[0]
    assert count(app) == "3 rows of 33"


@pytest.mark.parametrize("name", ["loss", "words", "tokens"])
@pytest.mark.parametrize("value", ["x", "..", "5", HOSTILE_TEXT])
def test_a_range_that_cannot_be_read_is_ignored_with_a_note(open_page, toy_run, name, value):
    app = open_page("mistakes", **{name: value})

    assert not app.exception
    assert shown(app.toast) == [
        f"The link names a range of {name} that does not exist here; it was ignored."
    ]
    assert count(app) == "3 rows of 33"


def test_a_pattern_that_cannot_be_read_is_a_message_beside_the_mistakes(open_page, toy_run):
    app = open_page("mistakes", pattern="[", true="food")

    assert not app.exception
    assert "[" in shown(app.error)[0]
    assert count(app) == "3 rows of 33"


def test_a_view_of_another_page_is_forgotten_without_a_note(open_page, toy_run):
    app = open_page("evaluation", panel="Matrix")
    del app.query_params["panel"]  # the browser takes it out of the address
    app.switch_page("pages/mistakes.py").run()

    assert not app.exception
    assert not app.toast
    assert count(app) == "3 rows of 33"


def test_forgetting_is_offered_for_recorded_training_rows_only(open_page, toy_run):
    app = open_page("mistakes")

    assert "Most often forgotten first" not in options(app, "order")


def test_tokens_of_a_run_without_a_model_cannot_be_counted(open_page, toy_run):
    app = open_page("mistakes", tokens="1..2")

    assert "has no tokenizer, so tokens cannot be counted" in " ".join(shown(app.caption))
    assert any("How much of it the model read is not known" in text for text in shown(app.caption))


def test_tokens_of_few_texts_are_counted_without_being_asked(open_page, runnable_run):
    app = open_page("mistakes", outcome="all")

    assert options(app, "cut_off") == ["Any", "Cut off by the model · 0", "Read whole · 33"]
    assert any("tokens, all read by the model" in text for text in shown(app.caption))


def test_tokens_of_many_texts_are_counted_when_asked(open_page, runnable_run, monkeypatch):
    monkeypatch.setattr("textcls_core.mistakes.sides.MOST_CHARACTERS", 10)
    app = open_page("mistakes", outcome="all", tokens="..5")
    assert count(app) == "33 rows of 33"

    press(app, "mistakes.count")

    assert not app.exception
    assert count(app) != "33 rows of 33"


@pytest.fixture
def several_labels(topics_run, toy_model_dir):
    """`topics_run` with a tokenizer."""
    topics_run.model_dir.mkdir()
    shutil.copy(toy_model_dir / "tokenizer.json", topics_run.model_dir)
    return topics_run


def test_a_run_with_several_labels_per_text_is_read_too(open_page, several_labels):
    app = open_page("mistakes")
    predictions = several_labels.predictions("test")
    missed = int((predictions.predicted != (predictions.targets == 1)).any(axis=1).sum())

    assert not app.exception
    assert f"{missed} rows of {len(predictions)}" in shown(app.caption)
    assert any("A text may have several labels here" in text for text in shown(app.caption))
    assert all("weather" in labels for labels in app.dataframe[0].value["true"])


def test_one_of_several_labels_can_be_asked_for(open_page, several_labels):
    app = open_page("mistakes", outcome="all", true="weather")
    predictions = several_labels.predictions("test")

    count = int(predictions.targets[:, 2].sum())
    assert f"{count} rows of {len(predictions)}" in shown(app.caption)
    assert any("weather" in badge for badge in badges(app))
