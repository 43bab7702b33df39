"""Annotating: kept at once, for one row or many, undone with the key, never Markdown."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import HOSTILE_CLASSES, HOSTILE_TEXT, labels, markdown_of, press, shown
from textcls_core.mistakes import sqlite_file
from textcls_core.mistakes.annotations.annotation import Annotation
from textcls_core.mistakes.annotations.store import Annotations


def one_row(run_id, row_id):
    from pages._app import state
    from pages._app.mistakes_annotate import show_annotation

    show_annotation(state.run_store().open_run(run_id), state.parameter("row", row_id))


def many_rows(run_id, row_ids):
    from pages._app import state
    from pages._app.mistakes_annotate import show_bulk

    show_bulk(state.run_store().open_run(run_id), row_ids)


@pytest.fixture
def draw(workspace, monkeypatch):
    """Draw a part of the page in a new session."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))

    def draw_(part, *args):
        app = AppTest.from_function(part, args=args, default_timeout=30).run()
        assert not app.exception
        return app

    return draw_


@pytest.fixture
def annotations(workspace):
    return Annotations.open(workspace, "toy")


@pytest.fixture
def row_ids(toy_run):
    return list(toy_run.predictions("test").row_ids)


def choose(app, name, value):
    """Choose in the widget with this label."""
    fields = [*app.selectbox, *app.multiselect, *app.text_area, *app.text_input]
    return next(field for field in fields if field.label == name).set_value(value).run()


def test_reviewed_is_kept_and_taken_back(draw, toy_run, row_ids, annotations):
    app = draw(one_row, toy_run.run_id, row_ids[0])
    assert "Mark as reviewed" in labels(app)

    app = press(app, "annotate.review")

    assert annotations.about(row_ids[0]).is_reviewed
    assert "Reviewed" in labels(app)
    press(app, "annotate.review")
    assert annotations.by_row() == {}


def test_everything_about_a_row_is_kept_at_once(draw, toy_run, row_ids, annotations):
    app = draw(one_row, toy_run.run_id, row_ids[0])
    app = choose(app, "Your name (optional)", "Ann")
    app = choose(app, "Proposed label", "weather")
    app = choose(app, "Note", "It rains\nall day.")
    app = press(app, "annotate.drop")

    assert annotations.about(row_ids[0]) == Annotation(
        row_ids[0], note="It rains\nall day.", proposed=("weather",), is_dropped=True
    )
    assert "Will be dropped" in labels(app)
    assert shown(app.caption)[-1] == "Last: to be dropped by Ann, just now."
    assert {batch.author for batch in annotations.batches()} == {"Ann"}


def test_proposal_is_taken_back_by_choosing_none(draw, toy_run, row_ids, annotations):
    annotations.propose(row_ids[:1], ["weather"])
    app = draw(one_row, toy_run.run_id, row_ids[0])

    choose(app, "Proposed label", None)

    assert annotations.by_row() == {}


def test_known_tags_are_offered_with_their_counts(draw, toy_run, row_ids, annotations):
    annotations.tag(row_ids[:2], "odd")
    annotations.tag(row_ids[:1], "two topics")
    app = draw(one_row, toy_run.run_id, row_ids[2])

    assert app.multiselect[0].options == ["odd (2)", "two topics (1)"]
    app = choose(app, "Tags", ["odd"])

    assert annotations.about(row_ids[2]).tags == ("odd",)
    app = choose(app, "Tags", [])
    assert annotations.about(row_ids[2]).tags == ()


def test_what_another_person_says_meanwhile_stays(draw, toy_run, row_ids, annotations):
    annotations.tag(row_ids[:1], "mine")
    app = draw(one_row, toy_run.run_id, row_ids[0])
    annotations.tag(row_ids[:1], "theirs")

    choose(app, "Tags", [])

    assert annotations.about(row_ids[0]).tags == ("theirs",)


def test_undo_takes_back_only_what_this_session_did(draw, toy_run, row_ids, annotations):
    app = draw(one_row, toy_run.run_id, row_ids[0])
    assert app.button(key="annotate.undo").disabled
    app = press(app, "annotate.review")
    annotations.drop(row_ids[:1], author="somebody else")

    app = press(app, "annotate.undo")

    assert annotations.by_row() == {row_ids[0]: Annotation(row_ids[0], is_dropped=True)}
    assert app.button(key="annotate.undo").disabled


def test_undo_opens_the_row_again(draw, toy_run, row_ids, annotations):
    app = press(draw(one_row, toy_run.run_id, row_ids[0]), "annotate.review")
    app.query_params["row"] = row_ids[1]
    app.run()

    app = press(app, "annotate.undo")

    assert app.query_params["row"] == row_ids[0]


def test_row_with_several_labels_gets_other_ones(draw, topics_run, workspace):
    annotations = Annotations.open(workspace, "topics")
    row = topics_run.predictions("test").row_ids[0]
    app = draw(one_row, topics_run.run_id, row)
    has = app.multiselect[1].value

    app = choose(app, "Labels", ["weather"])

    assert annotations.about(row).proposed == ("weather",)
    app = choose(app, "Proposed labels", [])
    assert annotations.about(row).proposed == ()
    choose(app, "Proposed labels", has)
    assert annotations.about(row).proposed is None


def test_refusal_is_a_note(draw, toy_run, row_ids, annotations, monkeypatch):
    app = draw(one_row, toy_run.run_id, row_ids[0])
    annotations.file.write_bytes(b"no database" * 100)

    app = press(app, "annotate.review")

    assert any("annotations.sqlite could not be" in text for text in shown([*app.toast]))


def test_hostile_words_never_reach_markdown(draw, hostile_run, workspace):
    annotations = Annotations.open(workspace, HOSTILE_CLASSES[0])
    row = hostile_run.predictions("test").row_ids[0]
    annotations.tag([row], HOSTILE_TEXT[:60], author=HOSTILE_TEXT)
    annotations.note([row], HOSTILE_TEXT)
    annotations.propose([row], [HOSTILE_CLASSES[1]], author=HOSTILE_CLASSES[0])

    app = draw(one_row, hostile_run.run_id, row)

    assert not any("![" in text or "](" in text or "<img" in text for text in markdown_of(app))
    assert app.multiselect[0].value == [annotations.about(row).tags[0]]


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("review", None, {"is_reviewed": True}),
        ("drop", None, {"is_dropped": True}),
        ("propose", "weather", {"proposed": ("weather",)}),
        ("tag", "odd", {"tags": ("odd",)}),
    ],
)
def test_bulk_says_it_about_every_row(draw, toy_run, row_ids, annotations, kind, value, expected):
    annotations.tag(row_ids[-1:], "odd")
    app = draw(many_rows, toy_run.run_id, row_ids[:20])
    app.selectbox(key="annotate.bulk.kind").set_value(kind).run()
    if value:
        app = choose(app, {"propose": "Label", "tag": "Tag"}[kind], value)

    app = press(app, "annotate.bulk.apply")

    said = annotations.by_row()
    assert all(said[row] == Annotation(row, **expected) for row in row_ids[:20])
    assert shown(app.toast)[0].endswith("20 rows. Undo takes it back.")
    press(app, "annotate.bulk.undo")
    assert list(annotations.by_row()) == row_ids[-1:]


def test_bulk_takes_things_back(draw, toy_run, row_ids, annotations):
    annotations.review(row_ids)
    app = draw(many_rows, toy_run.run_id, row_ids)
    app.selectbox(key="annotate.bulk.kind").set_value("unreview").run()

    press(app, "annotate.bulk.apply")

    assert annotations.by_row() == {}


def test_bulk_needs_a_value_and_rows(draw, toy_run, row_ids):
    app = draw(many_rows, toy_run.run_id, row_ids)
    assert app.button(key="annotate.bulk.apply").label == "Tag: 33 rows"
    assert app.button(key="annotate.bulk.apply").disabled

    app = draw(many_rows, toy_run.run_id, [])
    app.selectbox(key="annotate.bulk.kind").set_value("review").run()

    assert app.button(key="annotate.bulk.apply").disabled


def test_full_disk_is_said_for_bulk_too(draw, toy_run, row_ids, annotations, monkeypatch):
    annotations.review(row_ids[:1])
    connect = sqlite_file._connect

    def small(path):
        connection = connect(path)
        connection.execute("pragma max_page_count = 8")
        return connection

    app = draw(many_rows, toy_run.run_id, [f"row {number}" for number in range(5_000)])
    app.selectbox(key="annotate.bulk.kind").set_value("review").run()
    monkeypatch.setattr(sqlite_file, "_connect", small)
    app = press(app, "annotate.bulk.apply")

    assert any("The disk is full. Free some space" in text for text in shown(app.toast))
