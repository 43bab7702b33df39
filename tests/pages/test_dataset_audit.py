"""Tests of the view "Audit" of the Data page."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.audit.cases import make
from tests.pages.conftest import HOSTILE_CLASSES, labels, markdown_of, press, shown
from textcls_core.audit.auditing import audit
from textcls_core.audit.job import ENTRY, job_arguments
from textcls_core.dataset.store import DatasetInfo, DatasetStore
from textcls_core.files import write_json
from textcls_core.jobs import job as jobs
from textcls_core.jobs import worker
from textcls_core.jobs.job import job_id_of

TEXTS = ["same text", "same text", *(f"words of row {n} here" for n in range(10))]


@pytest.fixture
def leaky(workspace) -> DatasetInfo:
    """A data set of which one text leaks, audited without a model."""
    dataset = make(TEXTS, [0] * 6 + [1] * 6, ["train", "test", "validation"] * 4)
    info = DatasetStore.open(workspace).save(dataset, "leaky", "made for this test")
    audit(workspace, info.fingerprint)
    return info


@pytest.fixture
def started(monkeypatch) -> list:
    """Folders of jobs that were started; no process really is."""
    folders: list = []
    monkeypatch.setattr(jobs, "start_detached", lambda _m, folder, _log: folders.append(folder))
    return folders


def open_audit(open_page, **parameters) -> AppTest:
    return open_page("dataset", view="Audit", audit_model="none", **parameters)


def test_audit_that_never_ran_says_what_it_would_do(open_page, started):
    app = open_audit(open_page, dataset="toy")

    assert not app.exception
    assert "Not audited yet" in [heading.value for heading in app.subheader]
    assert "Run audit" in labels(app)


def test_run_audit_starts_one_job_and_shows_its_progress(open_page, started, toy_dataset):
    app = press(open_audit(open_page, dataset="toy"), "audit.run")

    job_id = job_id_of(ENTRY, job_arguments(toy_dataset.fingerprint, None))
    assert [folder.name for folder in started] == [job_id]
    assert "Cancel" in labels(app)


def test_run_audit_for_a_model_that_cannot_be_had_starts_nothing(open_page, started):
    app = open_page("dataset", view="Audit", dataset="toy", audit_model="no/such-model")

    app = press(app, "audit.run")

    assert '"no/such-model" is not on this machine' in shown(app.error)[0]
    assert started == []


def test_audit_shows_its_gate_and_findings(open_page, leaky):
    app = open_audit(open_page, dataset="leaky")

    assert not app.exception
    text = " ".join(shown(app.markdown))
    assert "Gate: fail" in text
    assert "1 row of validation and test whose text is in another split too" in text
    assert app.button(key="fix.leaked_texts").help == "Drop leaked texts"


def test_a_finding_opens_with_its_rows_and_the_url_keeps_it(open_page, leaky):
    app = press(open_audit(open_page, dataset="leaky"), "show.leaked_texts")

    assert "leaked_texts" in str(app.query_params["finding"])
    table = next(table.value for table in app.dataframe if "row_id" in table.value)
    assert table["row_id"].tolist() == ["r1"]
    assert table["text"].tolist() == ["same text"]


def test_a_link_to_a_finding_opens_it(open_page, leaky):
    app = open_audit(open_page, dataset="leaky", finding="leaked_texts")

    assert "Hide" in labels(app)
    assert any("The model has seen the answer" in caption for caption in shown(app.caption))


def test_a_fix_says_what_it_changes_before_it_is_made(open_page, leaky, workspace):
    app = press(open_audit(open_page, dataset="leaky"), "fix.leaked_texts")

    assert "1 row dropped, 11 left." in [text.strip() for text in shown(app.markdown)]
    assert len(DatasetStore.open(workspace).versions()) == 3


def test_a_confirmed_fix_makes_a_version_and_leads_back(open_page, leaky, workspace):
    app = press(open_audit(open_page, dataset="leaky"), "fix.leaked_texts")

    app = press(app, "fix.confirm")

    newest = DatasetStore.open(workspace).find("leaky")
    assert (newest.version, newest.parent) == (2, leaky.fingerprint)
    assert newest.dataset_id in str(app.query_params["dataset"])
    back = open_audit(open_page, dataset=newest.dataset_id)
    assert "Back to version 1" in labels(back)


def test_audit_for_a_model_shows_what_lengths_cost(open_page, workspace, tiny_model_dir):
    info = DatasetStore.open(workspace).find("toy")
    audit(workspace, info.fingerprint, str(tiny_model_dir))

    app = open_page("dataset", dataset="toy", view="Audit", audit_model=str(tiny_model_dir))

    assert not app.exception
    costs = next(table.value for table in app.dataframe if "tokens per epoch" in table.value)
    assert costs["max_length"].tolist() == [32, 64, 96, 128]


def test_hostile_data_reach_the_audit_escaped(open_page, workspace, hostile_dataset):
    info = DatasetStore.open(workspace).save(hostile_dataset, "hostile", "for this test")
    audit(workspace, info.fingerprint)

    app = open_audit(open_page, dataset="hostile", finding="class_imbalance")

    assert not app.exception
    bodies = markdown_of(app)
    assert not any(name in body for name in HOSTILE_CLASSES for body in bodies)
    assert not any("![" in body for body in bodies)


def test_large_versions_are_mended_in_the_background(
    open_page, leaky, started, workspace, monkeypatch
):
    monkeypatch.setattr("pages._app.dataset_audit.MAX_ROWS_ON_PAGE", 5)
    app = press(open_audit(open_page, dataset="leaky"), "fix.leaked_texts")
    assert any("12 rows are changed in the background" in text for text in shown(app.markdown))

    app = press(app, "fix.confirm")

    assert "Cancel" in labels(app)
    worker.main(started[0])
    app = app.run()
    made = DatasetStore.open(workspace).find("leaky")
    assert not app.exception
    assert (made.version, made.parent) == (2, leaky.fingerprint)
    assert made.dataset_id in str(app.query_params["dataset"])
    assert "fix_job" not in app.query_params


def test_mending_that_failed_says_why_above_the_findings(open_page, leaky, started, monkeypatch):
    monkeypatch.setattr("pages._app.dataset_audit.MAX_ROWS_ON_PAGE", 5)
    app = press(press(open_audit(open_page, dataset="leaky"), "fix.leaked_texts"), "fix.confirm")
    write_json(started[0] / "outcome.json", {"state": "failed", "error": "No.", "seconds": 1.0})

    app = app.run()

    assert "No." in shown(app.error)
    assert "Nothing was stored." in shown(app.caption)
    assert app.button(key="fix.leaked_texts").label == "Fix…"

    app = press(app, "fix_job.close")

    assert "No." not in shown(app.error)
    assert "fix_job" not in app.query_params
