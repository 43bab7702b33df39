"""The queue of label issues on the Data page: start, decide, undo, make a version."""

import pytest

from tests.label_issues import plant, stored_queue
from tests.pages.conftest import as_shown, chart, labels, metrics, press, select_row, shown
from textcls_core.dataset.store import DatasetStore
from textcls_core.jobs import job as jobs
from textcls_core.jobs.job import job_id_of
from textcls_core.mistakes.label_issues.decisions import Decisions
from textcls_core.mistakes.label_issues.job import ENTRY
from textcls_core.mistakes.label_issues.review import suspects
from textcls_core.models.catalogue import EMBEDDED


@pytest.fixture
def queue(workspace, toy_dataset):
    noisy, _ = plant(toy_dataset, 8)
    return stored_queue(workspace, toy_dataset, noisy, "noisy")


@pytest.fixture
def open_queue(open_page, queue):
    def open_(**parameters: str):
        where = {"dataset": queue[0].dataset_id, "view": "Label issues", **parameters}
        app = open_page("dataset", **where)
        assert not app.exception
        return app

    return open_


@pytest.fixture
def held(workspace, queue):
    """Read what is decided now."""
    return lambda: {
        row_id: (found.kind, list(found.labels))
        for row_id, found in Decisions.open(workspace, queue[0].fingerprint).by_row().items()
    }


def test_first_visit_offers_the_search_and_starts_it_once(open_page, workspace, monkeypatch):
    started = []
    monkeypatch.setattr(
        jobs, "start_detached", lambda _module, folder, _log: started.append(folder)
    )
    app = open_page("dataset", dataset="toy", view="Label issues")
    button = next(b for b in app.button if b.label == "Look for label issues")

    app = button.click().run()

    fingerprint = DatasetStore.open(workspace).find("toy").fingerprint
    job_id = job_id_of(ENTRY, {"fingerprint": fingerprint, "source": EMBEDDED})
    assert not app.exception
    assert [folder.name for folder in started] == [job_id]
    assert app.button(key=f"job.cancel.{job_id}").label == "Cancel"
    assert "Look for label issues" not in labels(app)


def test_offer_says_when_a_sample_is_judged(open_page, monkeypatch):
    monkeypatch.setattr("pages._app.dataset_label_issues.MAX_ROWS", 100)

    app = open_page("dataset", dataset="toy", view="Label issues")

    assert any("Of 162 rows a random sample of 100 is judged" in text.value for text in app.text)


def test_queue_shows_the_most_suspect_row_first(open_queue, queue):
    app = open_queue()
    issues = queue[1]
    first = issues.records(issues.row_ids[:1])[0]

    table = app.dataframe[0].value
    assert table["label"].iloc[0] == first["labels"][0]
    assert table["suggested"].iloc[0] == first["suggested_labels"][0]
    assert len(table) == issues.facts.num_suspects
    assert metrics(app)["Suspect labels"] == str(issues.facts.num_suspects)
    assert app.text[0].value == first["text"]
    assert app.progress[0].text == f"0 of {issues.facts.num_suspects} suspects reviewed"


def test_each_decision_is_kept_at_once_and_goes_on(open_queue, queue, held):
    app = open_queue()
    first, second, third, fourth = queue[1].records(queue[1].row_ids[:4])

    app = press(app, "issues.accept")
    app = press(app, "issues.keep")
    app = press(app, "issues.drop")

    assert held() == {
        first["row_id"]: ("accept", first["suggested_labels"]),
        second["row_id"]: ("keep", []),
        third["row_id"]: ("drop", []),
    }
    assert app.query_params["issue_row"] == fourth["row_id"]
    assert app.progress[0].text.startswith("3 of ")


def test_row_gets_any_label_by_hand(open_queue, queue, held):
    app = open_queue()
    first = queue[1].records(queue[1].row_ids[:1])[0]
    other = next(name for name in queue[0].label_names if name not in first["labels"])
    assert app.button(key="issues.relabel").disabled

    app.selectbox(key=f"issues.labels.{first['row_id']}").set_value(other).run()
    press(app, "issues.relabel")

    assert held() == {first["row_id"]: ("relabel", [other])}


def test_last_decision_is_undone_and_its_row_opened_again(open_queue, queue, held):
    app = open_queue()
    press(app, "issues.keep")
    app = press(app, "issues.drop")
    second = queue[1].row_ids[1]

    app = press(app, "issues.undo_last")

    assert list(held()) == [queue[1].row_ids[0]]
    assert app.query_params["issue_row"] == second


def test_any_decision_is_undone_where_its_row_is_open(open_queue, queue, held):
    app = open_queue()
    press(app, "issues.keep")
    press(app, "issues.drop")
    first, second = queue[1].row_ids[:2]

    app = open_queue(issue_row=first, issues_show="reviewed")
    assert list(app.dataframe[0].value["decision"]) == ["= kept", "✕ dropped"]
    press(app, "issues.undo")

    assert held() == {second: ("drop", [])}


def test_decisions_survive_a_new_session(open_queue, queue):
    press(open_queue(), "issues.keep")

    app = open_queue()

    assert app.progress[0].text.startswith("1 of ")
    assert len(app.dataframe[0].value) == queue[1].facts.num_suspects - 1


def test_chosen_row_of_the_table_is_opened(open_queue, queue):
    app = open_queue()
    shown_ids = suspects(queue[1])

    app = select_row(app, f"issues.table.{hash(tuple(shown_ids))}", 2)

    assert app.query_params["issue_row"] == shown_ids[2]
    assert queue[1].records([shown_ids[2]])[0]["text"] in [text.value for text in app.text]


def test_neighbours_and_reasons_are_the_evidence(open_queue, queue):
    app = open_queue()
    first = queue[1].records(queue[1].row_ids[:1])[0]

    near = next(table.value for table in app.dataframe if "similar text" in table.value)
    assert list(near["similar text"]) == [
        row["text"] for row in queue[1].records(first["neighbours"])
    ]
    assert any("most similar texts have another label" in text for text in shown(app.caption))


def test_new_version_has_the_decisions_and_is_opened(open_queue, queue, workspace):
    app = open_queue()
    assert app.button(key="issues.version").disabled
    app = press(press(app, "issues.accept"), "issues.drop")

    app = press(app, "issues.version")

    made = DatasetStore.open(workspace).find("noisy")
    assert not app.exception
    assert (made.version, made.parent) == (2, queue[0].fingerprint)
    assert made.reason == "label issues: 1 row relabelled, 1 row dropped, 0 rows kept"
    assert app.query_params["dataset"] == made.dataset_id


def test_unknown_row_in_the_link_is_ignored(open_queue, queue):
    app = open_queue(issue_row="nothing")

    assert "does not exist here" in as_shown(app.toast[0].value)
    assert app.text[0].value == queue[1].records(queue[1].row_ids[:1])[0]["text"]


def test_confused_classes_have_a_chart_and_a_table(open_queue, queue):
    app = open_queue()

    bars = chart(app)["data"][0]["x"]
    tables = [table.value for table in app.dataframe if "labelled" in table.value]
    assert len(tables[0]) == len(queue[1].facts.pairs)
    assert len(bars) == min(len(queue[1].facts.pairs), 8)


def test_hostile_labels_and_texts_are_shown_as_they_are(
    open_page, workspace, hostile_dataset, monkeypatch
):
    info, issues = stored_queue(workspace, hostile_dataset, hostile_dataset, "hostile")

    app = open_page("dataset", dataset=info.dataset_id, view="Label issues", issues_show="all")

    assert not app.exception
    assert app.text[0].value == issues.records(issues.row_ids[:1])[0]["text"]
    assert not any("![a](" in element.value for element in app.markdown)
    assert not any("![a](" in element.value for element in app.caption)


def test_one_label_has_no_issues(open_page, workspace):
    from textcls_core.dataset.building import Rows, build_dataset

    rows = Rows(["a", "b", "c"], ["one"] * 3, ["train"] * 3, extra={})
    DatasetStore.open(workspace).save(build_dataset(rows), "single", "made for the tests")

    app = open_page("dataset", dataset="single", view="Label issues")

    assert "nothing to confuse" in app.info[0].value
