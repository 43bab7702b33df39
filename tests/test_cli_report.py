"""`evaluate` writes a report and a model card on demand."""

import pytest

from tests.pages.conftest import MISTAKES, make_run
from tests.test_cli import answer, complaint


@pytest.fixture
def run(workspace, toy_dataset, monkeypatch):
    """The command line works in a workspace with one run on `toy`."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    return make_run(workspace, "toy", toy_dataset, MISTAKES)


def test_evaluate_writes_a_report_and_a_model_card(run, capsys, tmp_path):
    report, card = tmp_path / "report.html", tmp_path / "README.md"

    found = answer(
        capsys, "evaluate", run.run_id, "--report", str(report), "--model-card", str(card)
    )

    assert (found["report"], found["model_card"]) == (str(report), str(card))
    assert found["accuracy"] == pytest.approx(30 / 33)
    assert "90.9 % of 33 test rows" in report.read_text(encoding="utf-8")
    assert "model-index:" in card.read_text(encoding="utf-8")


def test_evaluate_writes_nothing_unasked(run, capsys):
    assert "report" not in answer(capsys, "evaluate", run.run_id)
    assert not run.reports_dir.exists()


def test_evaluate_refuses_a_report_in_a_missing_folder(run, capsys, tmp_path):
    error = complaint(capsys, "evaluate", run.run_id, "--report", str(tmp_path / "no" / "r.html"))

    assert "Expected the name of a file in a folder that exists" in error
