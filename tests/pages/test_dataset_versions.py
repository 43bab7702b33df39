"""Tests of the Versions view of the Data page."""

import pytest

from tests.pages.conftest import (
    HOSTILE_TEXT,
    as_shown,
    chart,
    make_run,
    markdown_of,
    press,
    select_row,
    shown,
)
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.jobs import job as jobs
from textcls_core.jobs import worker


@pytest.fixture
def store(workspace) -> DatasetStore:
    return DatasetStore.open(workspace)


@pytest.fixture
def second(store, toy_dataset):
    """A second version of `toy`, without its last two rows."""
    cut = TextDataset(toy_dataset.table.slice(0, 160), toy_dataset.label_names)
    return store.derive(store.find("toy"), cut, "two rows dropped")


def open_versions(open_page, reference="toy", **parameters):
    return open_page("dataset", dataset=reference, view="Versions", **parameters)


def labels_of(app):
    return [button.label for button in app.button]


def test_versions_show_the_history_as_a_tree(open_page, workspace, second, toy_dataset):
    make_run(workspace, "toy", toy_dataset, {}, name="First try")

    history = open_versions(open_page).dataframe[0].value

    assert list(history["Version"]) == ["v1", "└ v2 (open)"]
    assert list(history["Why"]) == ["made for the tests", "two rows dropped"]
    assert list(history["Used by"]) == ["1 run, newest First try", "no run"]


def test_versions_open_the_one_that_is_selected(open_page, store, second):
    app = open_versions(open_page)
    key = f"versions.history.{second.dataset_id}.2"

    app = select_row(app, key, 0)

    assert app.query_params["dataset"] == store.find(second.parent).dataset_id
    assert any(caption.startswith("Version 1 is open.") for caption in shown(app.caption))


def test_versions_show_what_changed_since_the_parent(open_page, second, toy_dataset):
    app = open_versions(open_page)

    assert "2 rows removed; 160 rows unchanged." in shown(app.markdown)
    assert set(app.dataframe[1].value["text"]) == set(toy_dataset.texts()[160:])


def test_versions_without_another_one_say_so(open_page):
    app = open_versions(open_page)

    assert any(caption.startswith("This is the only version.") for caption in shown(app.caption))


def test_versions_ignore_an_unknown_one_in_the_link(open_page, second):
    app = open_versions(open_page, compare="nope", change="nope")

    assert not app.exception
    assert "2 rows removed; 160 rows unchanged." in shown(app.markdown)


def test_versions_preview_a_split_and_make_it(open_page, store):
    app = open_versions(open_page)
    app.number_input(key="splits.test").set_value(30).run()

    assert chart(app)["layout"]["title"]["text"].startswith("New split: train 5")
    app = press(app, "splits.make")

    made = store.find("toy")
    assert made.version == 2
    assert made.reason == "split anew stratified by class: 55 % / 15 % / 30 %, seed 0"
    assert app.query_params["dataset"] == made.dataset_id


def test_versions_say_that_a_split_exists_already(open_page, store):
    press(open_versions(open_page), "splits.make")
    first = store.find("toy")

    press(open_versions(open_page), "splits.make")

    assert store.find("toy") == first


def test_versions_need_a_column_to_split_by_groups(open_page):
    app = open_versions(open_page)
    app.selectbox(key="splits.by").set_value("group").run()

    assert any("no further column to split by" in caption for caption in shown(app.caption))


def test_versions_explain_shares_that_leave_nothing_to_train_on(open_page):
    app = open_versions(open_page)
    app.number_input(key="splits.test").set_value(60)
    app.number_input(key="splits.validation").set_value(60).run()

    assert "Expected three shares that add up to 1" in shown(app.error)[0]


def test_versions_explain_a_column_without_times(open_page, hostile_run):
    app = open_versions(open_page, hostile_run.config.dataset_fingerprint)
    app.selectbox(key="splits.by").set_value("time").run()

    assert "holds 24 cells of 24 that is no date" in shown(app.error)[0]
    assert not [text for text in markdown_of(app) if HOSTILE_TEXT in text]


def test_versions_show_hostile_names_as_text(open_page, hostile_run):
    app = open_versions(open_page, hostile_run.config.dataset_fingerprint)

    assert not app.exception
    assert not [text for text in markdown_of(app) if "](http" in text or "<img" in text]
    assert HOSTILE_TEXT in app.dataframe[0].value["Why"].iloc[0]


def test_versions_large_sets_are_split_in_the_background(open_page, store, monkeypatch):
    started = []
    monkeypatch.setattr("pages._app.dataset_splits.MAX_ROWS_ON_PAGE", 100)
    monkeypatch.setattr(jobs, "start_detached", lambda _m, folder, _log: started.append(folder))
    app = open_versions(open_page)
    app.selectbox(key="splits.by").set_value("near_duplicates").run()

    app = press(app, "splits.start")

    assert "Cancel" in labels_of(app)
    worker.main(started[0])
    app = app.run()
    made = store.find("toy")
    assert (made.version, made.dataset_id) == (2, as_one(app.query_params["dataset"]))
    assert made.reason.startswith("split anew with texts kept together that share most of their")
    assert "split_job" not in app.query_params


def as_one(parameter):
    return parameter if isinstance(parameter, str) else parameter[0]


def test_versions_show_a_split_job_with_its_own_version_only(open_page, monkeypatch):
    started = []
    monkeypatch.setattr("pages._app.dataset_splits.MAX_ROWS_ON_PAGE", 100)
    monkeypatch.setattr(jobs, "start_detached", lambda _m, folder, _log: started.append(folder))
    app = press(open_versions(open_page), "splits.start")
    job_id = as_one(app.query_params["split_job"])

    other = open_versions(open_page, "bbc-news", split_job=job_id)

    assert "Cancel" not in labels_of(other)


def test_versions_preview_a_split_that_keeps_near_duplicates_together(open_page):
    app = open_versions(open_page)

    app = app.selectbox(key="splits.by").set_value("near_duplicates").run()

    assert not app.exception
    assert "Make a new version with this split" in labels_of(app)


def test_versions_large_sets_are_exported_into_the_workspace(open_page, monkeypatch):
    started = []
    monkeypatch.setattr("pages._app.dataset_versions.fits_download", lambda *_: False)
    monkeypatch.setattr(
        "pages._app.dataset_versions.start_job", lambda *given, **_: started.append(given) or "job"
    )

    class Finished:
        state = "finished"

    monkeypatch.setattr("pages._app.dataset_versions.show_job", lambda _: Finished)
    app = press(open_versions(open_page), "versions.write")

    assert started[0][2]["format"] == "csv"
    assert any(caption.startswith("Written to ") for caption in shown(app.caption))


def test_versions_small_sets_are_downloaded(open_page):
    app = open_versions(open_page)

    assert app.get("download_button")[0].proto.label == "Download version 1"


def test_versions_compare_the_splits_when_asked(open_page):
    app = press(open_versions(open_page), "splits.shift")

    assert not app.exception
    said = [as_shown(badge) for badge in shown(app.markdown)]
    assert any("test, classes: no sign of a shift" in text for text in said)
    assert any("Cramér's V" in caption for caption in shown(app.caption))


def test_versions_that_a_run_used_cannot_be_deleted(open_page, workspace, toy_dataset):
    make_run(workspace, "toy", toy_dataset, {})

    app = open_versions(open_page)

    assert "Delete this version" not in labels_of(app)
    assert any("1 run used this version, so it stays" in text for text in shown(app.caption))


def test_versions_that_come_with_the_product_cannot_be_deleted(open_page):
    app = open_versions(open_page, "5f25b4a451a377c2")

    assert "This version comes with the product and stays." in shown(app.caption)


def test_versions_without_runs_are_deleted_only_after_a_question(open_page, store, second):
    app = press(open_versions(open_page), "versions.delete")
    assert any(text.startswith("**toy v2** with 160 rows") for text in shown(app.markdown))
    assert app.button(key="versions.delete.yes").label == "Delete"
    assert store.get(second.fingerprint) == second


def test_versions_name_what_is_damaged(open_page, store, second):
    (store.root / second.dataset_id / "dataset.json").write_text("{")

    app = open_versions(open_page)

    assert f"{second.dataset_id}/dataset.json does not describe a data set" in shown(app.warning)[0]
    assert list(app.dataframe[0].value["Version"]) == ["v1 (open)"]
