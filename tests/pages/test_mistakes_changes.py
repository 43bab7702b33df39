"""The Changes view: what would change, the version, training again, and the comparison."""

import json
import re

import pytest

from tests.pages.conftest import (
    HOSTILE_CLASSES,
    HOSTILE_TEXT,
    MISTAKES,
    labels,
    make_run,
    markdown_of,
    metrics,
    press,
    select_row,
    shown,
)
from textcls_core.dataset.store import DatasetStore
from textcls_core.jobs import job as jobs
from textcls_core.jobs.job import job_id_of
from textcls_core.mistakes.annotations.annotation import Annotation
from textcls_core.mistakes.annotations.pending import VERSION_JOB, make_version
from textcls_core.mistakes.annotations.store import Annotations

LIVE = re.compile(r"(?<!\\)(!\[|<img|\]\()")
"""Markdown or HTML that the browser would follow."""


@pytest.fixture
def annotations(workspace):
    return Annotations.open(workspace, "toy")


@pytest.fixture
def rows(toy_dataset):
    """Ids of the rows labelled `food` by split."""
    food = toy_dataset.label_names.index("food")
    return {
        split: [
            toy_dataset.row_ids()[row]
            for row in toy_dataset.indices(split)
            if toy_dataset.label_ids[row] == food
        ]
        for split in toy_dataset.splits
    }


@pytest.fixture
def open_changes(open_page, toy_run):
    def open_(run=toy_run, **parameters):
        app = open_page("mistakes", run=run.run_id, panel="Changes", **parameters)
        assert not app.exception
        return app

    return open_


@pytest.fixture
def version_two(workspace, annotations, rows, toy_run):
    """The version that one relabelled training row makes."""
    annotations.propose(rows["train"][:1], ["animals"])
    return make_version(workspace, DatasetStore.open(workspace).find("toy"))


def changes(app):
    """Return the table of rows that would change."""
    return next(frame.value for frame in app.dataframe if "before" in frame.value)


def test_nothing_said_yet_says_where_to_begin(open_changes):
    app = open_changes()

    assert shown(app.info)[0].startswith("Nothing is waiting: no proposal, drop or merge")
    assert "Make a new version" not in labels(app)
    assert metrics(app)["Annotated"] == "0"
    assert any("trained on version 1, the newest one" in text for text in shown(app.caption))


def test_rows_are_shown_before_and_after(open_changes, annotations, rows):
    annotations.propose(rows["train"][:2], ["animals"])
    annotations.drop(rows["train"][2:3])
    annotations.review(rows["train"][:5])

    app = open_changes()

    assert metrics(app) == {
        "Annotated": "5", "Reviewed": "5", "New labels": "2", "To drop": "1", "To merge": "0",
    }  # fmt: skip
    table = changes(app)
    assert set(zip(table["before"], table["after"], table["split"], strict=True)) == {
        ("food", "animals", "train")
    }
    assert "1 row removed, 2 rows with another label; 159 rows unchanged." in shown(app.markdown)
    assert "Rows that change: train 3" in shown(app.caption)
    assert not app.warning


def test_selected_row_is_changed_again(open_changes, annotations, rows):
    first, second = sorted(rows["train"][:2])
    annotations.propose([first, second], ["animals"])
    app = open_changes()

    app = select_row(app, f"changes.rows.{hash((first, second))}", 1)
    app = app.selectbox(key=f"annotate.label.{second}").set_value(None).run()

    assert list(annotations.by_row()) == [first]
    assert changes(app)["text"].shape == (1,)


def test_dropped_rows_are_shown_on_demand(open_changes, annotations, rows):
    annotations.propose(rows["train"][:2], ["animals"])
    annotations.drop(rows["train"][2:3])

    app = open_changes(pending_change="removed")

    assert changes(app)["after"].tolist() == ["dropped"]


def test_changed_test_rows_are_warned_about(open_changes, annotations, rows):
    annotations.propose(rows["test"][:1], ["animals"])
    annotations.drop(rows["test"][1:3])

    (warning,) = shown(open_changes().warning)

    assert warning.startswith("3 test rows would change. Figures on the new test rows cannot be")


def test_version_is_made_and_nothing_is_pending_then(open_changes, annotations, rows, workspace):
    annotations.propose(rows["train"][:2], ["animals"])
    annotations.note(rows["train"][:1], "a dog")

    app = press(open_changes(), "changes.version")

    made = DatasetStore.open(workspace).find("toy")
    assert (made.version, made.reason) == (2, "annotations: 2 rows relabelled")
    assert shown(app.toast) == ["Version 2 of toy is stored."]
    assert shown(app.info)[0].startswith("Nothing is waiting")
    assert "Train again on version 2" in labels(app)
    assert annotations.about(rows["train"][0]).note == "a dog"


def test_large_version_is_made_in_the_background(
    open_changes, annotations, rows, workspace, monkeypatch
):
    started = []
    monkeypatch.setattr(
        jobs, "start_detached", lambda _module, folder, _log: started.append(folder)
    )
    monkeypatch.setattr("pages._app.mistakes_changes.MAX_ROWS_ON_PAGE", 10)
    annotations.drop(rows["train"][:1])

    app = press(open_changes(), "changes.version")

    fingerprint = DatasetStore.open(workspace).find("toy").fingerprint
    job_id = job_id_of(VERSION_JOB, {"fingerprint": fingerprint})
    assert [folder.name for folder in started] == [job_id]
    assert app.query_params["changes_job"] == job_id
    assert app.button(key=f"job.cancel.{job_id}").label == "Cancel"


def test_all_rows_to_drop_is_refused_before_the_button(open_changes, annotations, toy_dataset):
    annotations.drop(toy_dataset.row_ids())

    app = open_changes()

    assert "All 162 rows would be dropped. Keep at least one." in shown(app.error)
    assert "Make a new version" not in labels(app)


def test_classes_are_merged_and_the_merge_is_taken_back(open_changes, annotations):
    app = open_changes()
    app.selectbox(key="changes.merge.from").set_value("food").run()
    assert app.selectbox(key="changes.merge.into").options == ["animals", "weather"]
    app.selectbox(key="changes.merge.into").set_value("weather").run()

    app = press(app, "changes.merge")

    assert annotations.merges() == {"food": "weather"}
    assert metrics(app)["To merge"] == "1"
    assert "Classes gone: food" in shown(app.caption)
    press(app, "changes.merge.food")
    assert annotations.merges() == {}


def test_last_annotations_are_undone_from_here_too(open_changes, annotations, rows):
    batch = annotations.tag(rows["train"], "odd", author="Ann")

    app = open_changes()
    assert any(text.startswith('Ann: tagged "odd", ') for text in shown(app.caption))
    press(app, f"changes.undo.{batch}")

    assert annotations.by_row() == {}


def test_file_is_taken_in_with_a_report(open_changes, annotations, rows):
    row = rows["train"][0]
    lines = [{"row_id": row, "tags": ["theirs"]}, {"row_id": "gone", "note": "kept"}]
    app = open_changes()

    content = "\n".join(map(json.dumps, lines)).encode()
    app = app.file_uploader[0].upload("said.jsonl", content).run()

    assert annotations.by_row() == {
        row: Annotation(row, ("theirs",)),
        "gone": Annotation("gone", note="kept"),
    }
    assert "2 rows read, 2 changed." in shown(app.markdown)
    assert any("1 row id is not in the newest version (gone)" in one for one in shown(app.caption))
    assert len(annotations.batches()) == 1
    assert [button.label for button in app.get("download_button")] == [
        "Download CSV",
        "Download JSON Lines",
    ]


def test_file_that_holds_no_annotations_is_refused(open_changes, annotations):
    app = open_changes()

    app = app.file_uploader[0].upload("said.csv", b"id\n1\n").run()

    assert shown(app.error)[0].startswith("said.csv was not taken in. Expected the columns row_id")
    assert annotations.batches() == []


def test_training_again_opens_the_form_on_the_newest_version(
    open_changes, open_page, version_two, toy_run, started
):
    app = press(open_changes(), "changes.train")

    assert app.title[0].value == "Train"
    assert app.query_params["from"] == toy_run.run_id
    assert app.query_params["dataset"] == version_two.dataset_id
    link = {name: app.query_params[name] for name in ("from", "dataset")}
    press(open_page("training", **link), "training.start")
    assert started[0].config.dataset_fingerprint == version_two.fingerprint
    assert started[0].config.seed == toy_run.config.seed


def test_command_that_trains_again_is_shown(open_changes, version_two, toy_run):
    (command,) = [code.value for code in open_changes().code]

    assert command == (
        f"python -m textcls_core runs clone {toy_run.run_id} --dataset {version_two.dataset_id}"
    )


def test_later_run_leads_to_the_comparison(
    open_changes, version_two, toy_run, workspace, toy_dataset
):
    rows = DatasetStore.open(workspace).load(version_two.fingerprint)
    later = make_run(workspace, "toy", rows, {}, name="After")
    make_run(workspace, "toy", rows, MISTAKES, name="Longer", num_epochs=9)

    app = open_changes()

    found = [link for link in app.page_link if "Compare before and after" in link.label]
    assert len(found) == 2
    said = shown(app.caption)
    assert (
        "Why this version: annotations: 1 row relabelled. Test accuracy 90.9 % before, 100.0 % "
        "after. The same settings."
    ) in said
    assert any(text.endswith("Other settings differ too: num_epochs.") for text in said)
    query = found[0].proto.query_string
    assert f"run={toy_run.run_id}" in query
    assert f"compare_runs={later.run_id}" in query


def test_run_on_an_older_version_of_several_labels(open_changes, topics_run, workspace):
    annotations = Annotations.open(workspace, "topics")
    row = topics_run.predictions("test").row_ids[0]
    annotations.propose([row], [])

    app = open_changes(topics_run)

    assert changes(app)["after"].tolist() == [""]
    assert "1 test row would change." in shown(app.warning)[0]


def test_hostile_words_never_reach_markdown(open_changes, hostile_run, workspace, hostile_dataset):
    annotations = Annotations.open(workspace, HOSTILE_CLASSES[0])
    rows = hostile_dataset.row_ids()
    annotations.propose(rows[:3], [HOSTILE_CLASSES[1]], author=HOSTILE_TEXT)
    annotations.propose(rows[4:5], [HOSTILE_TEXT])
    annotations.merge(HOSTILE_CLASSES[2], HOSTILE_CLASSES[3], author=HOSTILE_CLASSES[0])

    app = open_changes(hostile_run)

    assert [text for text in markdown_of(app) if LIVE.search(text)] == []
    assert HOSTILE_CLASSES[1] in changes(app)["after"].tolist()
