"""The Report view: what it offers, and what it saves."""

import pytest

from tests.pages.conftest import HOSTILE_CLASSES, press, shown


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
