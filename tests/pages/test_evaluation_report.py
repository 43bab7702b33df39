"""The Report view: what it offers, and what it saves."""

import pytest

from tests.cases import make_baseline
from tests.pages.conftest import HOSTILE_CLASSES, press, shown
from textcls_core.training.baselines import save_baseline


def test_report_says_what_it_contains(open_page, toy_run):
    app = open_page("evaluation", panel="Report")

    assert not app.exception
    assert shown(app.subheader) == ["Report", "Model card"]
    assert any("Confusions" in text and "Limits" in text for text in shown(app.markdown))


def test_report_offers_both_files(open_page, toy_run):
    app = open_page("evaluation", panel="Report")

    labels = [button.proto.label for button in app.get("download_button")]
    assert labels == ["Download the report", "Download the model card"]


def test_report_names_the_command(open_page, toy_run):
    app = open_page("evaluation", panel="Report", split="validation")

    assert app.code[0].value == (
        f"python -m textcls_core evaluate {toy_run.run_id} --split validation "
        "--report report.html --model-card README.md"
    )


def test_report_is_saved_with_the_run(open_page, toy_run):
    app = press(open_page("evaluation", panel="Report"), "report.save")

    assert not app.exception
    assert (toy_run.reports_dir / "report-test.html").exists()
    assert str(toy_run.reports_dir / "model-card-test.md") in [text.value for text in app.text]


def test_report_knows_a_baseline_that_was_measured_after_the_last_one(
    open_page, toy_run, workspace
):
    app = press(open_page("evaluation", panel="Report"), "report.save")
    file = toy_run.reports_dir / "report-test.html"
    assert "No baseline was measured" in file.read_text(encoding="utf-8")
    fingerprint = toy_run.config.dataset_fingerprint
    save_baseline(workspace, make_baseline(fingerprint, "tfidf", 0.7, title="Measured later"))

    press(app, "report.save")

    assert "Measured later" in file.read_text(encoding="utf-8")


def test_report_that_was_never_saved_names_no_file(open_page, toy_run):
    app = open_page("evaluation", panel="Report")

    assert not [text for text in app.text if "reports" in text.value]


@pytest.mark.parametrize("which", ["hostile_run", "topics_run"])
def test_report_is_saved_for_other_runs_too(open_page, request, which):
    run = request.getfixturevalue(which)

    app = press(open_page("evaluation", panel="Report", run=run.run_id), "report.save")

    assert not app.exception
    content = (run.reports_dir / "report-test.html").read_text(encoding="utf-8")
    assert HOSTILE_CLASSES[1] not in content


def test_report_without_its_data_set_is_a_message(open_page, toy_run, workspace):
    from textcls_core.dataset.store import DatasetStore

    store = DatasetStore.open(workspace)
    app = open_page("evaluation", panel="Report")
    store.delete(store.find("toy"))

    app = press(app, "report.save")

    assert not app.exception
    assert "does not exist" in shown(app.error)[0]
