"""Tests of labelling rows of a pool on the Mistakes page, and of data sets without labels."""

from unittest.mock import Mock

import pytest

from tests.pages.conftest import HOSTILE_TEXT, links, make_run, press, save_model
from tests.tables import raw_table
from textcls_core.dataset.importing import ImportPlan, import_tables
from textcls_core.dataset.labels import LabelFormat
from textcls_core.dataset.store import DatasetStore
from textcls_core.mistakes.active_learning import job
from textcls_core.mistakes.active_learning.job import compute_pool
from textcls_core.mistakes.annotations.store import Annotations

TEXTS = ["a new cat", "that soup", "a small storm came", "rice and wind", HOSTILE_TEXT]


@pytest.fixture
def run(workspace, toy_dataset, tiny_model_dir):
    """A completed run on `toy` with a model."""
    made = make_run(workspace, "toy", toy_dataset, {}, model=str(tiny_model_dir))
    save_model(made.model_dir, toy_dataset, tiny_model_dir)
    return made


@pytest.fixture
def pool(workspace):
    """Five rows without labels, as an import makes them."""
    table = raw_table("new.csv", {"text": TEXTS, "source": list("aabba")})
    imported = import_tables(table, plan=ImportPlan(labels=LabelFormat(kind="none")))
    store = DatasetStore.open(workspace)
    return store.save(imported.dataset, "new", "made for the tests", imported.findings)


@pytest.fixture
def ranked(workspace, run, pool):
    """The pool once the run has read it."""
    compute_pool(workspace, run, pool.fingerprint)
    return pool


@pytest.fixture
def open_view(open_page, run):
    def open_(**parameters: str):
        app = open_page("mistakes", run=run.run_id, panel="Label next", **parameters)
        assert not app.exception
        return app

    return open_


@pytest.fixture
def said(workspace):
    """Read which labels are kept now."""
    return lambda: {
        row_id: found.proposed or found.is_reviewed
        for row_id, found in Annotations.open(workspace, "new").by_row().items()
    }


def shown_text(app):
    return next(text.value for text in app.text if text.value in TEXTS)


def values(app):
    return [metric.value for metric in app.metric]


def test_without_a_pool_the_view_says_how_to_get_one(open_view):
    app = open_view()

    assert "No rows to label yet" in [heading.value for heading in app.subheader]
    assert any("Import texts" in button.label for button in app.button)


def test_first_visit_offers_to_rank_the_rows_and_starts_it_once(open_view, pool, run, monkeypatch):
    started = Mock()
    monkeypatch.setattr("pages._app.job_view.start_job", started)

    press(open_view(), "al.start")

    arguments = {"run_id": run.run_id, "fingerprint": pool.fingerprint}
    assert started.call_args.args[1:] == (job.ENTRY, arguments)


def test_a_label_is_kept_at_once_and_the_next_row_appears(open_view, ranked, said, toy_dataset):
    app = open_view()
    first = shown_text(app)

    app = press(app, "al.class.1")

    assert list(said().values()) == [(toy_dataset.label_names[1],)]
    assert shown_text(app) != first
    assert values(app) == ["1", "0", "4"]


def test_a_skipped_row_is_not_asked_again(open_view, ranked, said):
    app = press(open_view(), "al.skip")

    assert list(said().values()) == [True]
    assert values(app) == ["0", "1", "4"]


def test_undo_takes_the_last_answer_back_and_opens_its_row(open_view, ranked, said):
    app = open_view()
    first = shown_text(app)
    app = press(app, "al.class.0")
    assert app.button(key="al.undo").disabled is False

    app = press(app, "al.undo")

    assert said() == {}
    assert shown_text(app) == first
    assert app.button(key="al.undo").disabled is True


def test_another_visitor_goes_on_where_the_first_one_was(open_view, ranked):
    press(open_view(), "al.class.0")

    app = open_view()

    assert values(app) == ["1", "0", "4"]
    assert app.button(key="al.undo").disabled is True


def test_prediction_is_shown_on_demand_only(open_view, ranked):
    app = open_view()
    assert not app.get("plotly_chart")

    app.toggle[0].set_value(True).run()

    assert len(app.get("plotly_chart")) == 1
    assert not app.exception


def test_labels_become_a_version_which_can_be_trained_on(open_view, ranked, workspace):
    app = press(open_view(), "al.class.0")

    app = press(app, "al.version")

    newest = DatasetStore.open(workspace).find("toy")
    assert (newest.version, newest.num_examples) == (2, 163)
    assert not app.exception
    assert app.button(key="al.version").disabled is True
    assert "Train again" in links(app)


def test_all_rows_done_is_said(open_view, ranked):
    app = open_view()
    for _ in TEXTS:
        app = press(app, "al.skip")

    assert any("Every ranked row" in info.value for info in app.info)
    assert app.button(key="al.undo").disabled is False


def test_only_chosen_rows_are_ranked(open_view, ranked):
    app = open_view(al_column="source", al_value="b", al_order="uncertainty")

    assert values(app) == ["0", "0", "2"]


def test_labels_of_a_labelled_pool_are_said_to_be_hidden(open_view, run, workspace):
    compute_pool(workspace, run, "toy")
    info = DatasetStore.open(workspace).find("toy")

    app = open_view(al_pool=info.dataset_id, al_split="validation")

    assert any("neither shown to you nor used" in caption.value for caption in app.caption)
    assert values(app)[2] == str(info.split_counts["validation"])


def test_several_labels_per_row_are_chosen_together(
    open_page, workspace, topics_run, topics_dataset, tiny_model_dir, pool, said
):
    save_model(topics_run.model_dir, topics_dataset, tiny_model_dir)
    compute_pool(workspace, topics_run, pool.fingerprint)
    app = open_page("mistakes", run=topics_run.run_id, panel="Label next")

    app.multiselect[0].set_value(["weather", "animals"]).run()
    app = press(app, "al.give")

    assert not app.exception
    assert list(said().values()) == [("animals", "weather")]


@pytest.mark.parametrize(
    "view",
    ["Overview", "Audit", "Explore", "Words", "Map", "Label issues", "Versions", "Import"],
)
def test_data_page_opens_on_a_data_set_without_labels(open_page, pool, view):
    assert not open_page("dataset", dataset=pool.dataset_id, view=view).exception


@pytest.mark.parametrize("page", ["home", "training", "evaluation", "explanation", "prediction"])
def test_other_pages_open_beside_a_data_set_without_labels(open_page, pool, page):
    assert not open_page(page, dataset=pool.dataset_id).exception


def test_training_page_says_what_to_do_with_a_data_set_without_labels(open_page, pool):
    app = open_page("training", dataset=pool.dataset_id)

    said = [item.value for kind in ("error", "warning", "info") for item in app.get(kind)]
    assert any("Label next" in text for text in said)
