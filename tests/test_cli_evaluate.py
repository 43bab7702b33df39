"""The command line: all figures of a run, for scripts and for people."""

import shutil

import pytest

from tests.pages.conftest import MISTAKES, make_run
from tests.test_cli import answer
from textcls_core.cli.main import main
from textcls_core.evaluation.by_task import figures_of
from textcls_core.evaluation.decision import Decision, write_decision

NAMES = (
    *("accuracy", "balanced_accuracy", "macro_f1", "micro_f1", "weighted_f1", "mcc"),
    *("cohen_kappa", "top_2_accuracy", "macro_roc_auc", "macro_average_precision", "loss", "brier"),
)


@pytest.fixture
def run(workspace, toy_dataset, monkeypatch):
    """A completed run on `toy` with three mistakes in 33 test rows."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    return make_run(workspace, "toy", toy_dataset, MISTAKES)


def printed(capsys, *arguments):
    """Return the lines that a successful command printed for people."""
    assert main(list(arguments)) == 0
    return capsys.readouterr().out.splitlines()


def test_evaluate_keeps_the_fields_scripts_rely_on(run, capsys):
    found = answer(capsys, "evaluate", run.run_id)

    known = figures_of(run.predictions("test")).to_json()
    assert found["num_examples"] == 33
    assert {name: found[name] for name in known if name != "per_class"} == {
        name: value for name, value in known.items() if name != "per_class"
    }
    assert [row["f1"] for row in found["per_class"]] == [row["f1"] for row in known["per_class"]]


def test_evaluate_gives_every_figure_with_its_interval(run, capsys):
    found = answer(capsys, "evaluate", run.run_id)

    for name in NAMES:
        low, high = found[f"{name}_interval"]
        assert low <= found[name] <= high
    assert found["accuracy_interval"] == pytest.approx([0.77, 0.975], abs=0.02)


def test_evaluate_gives_the_same_intervals_again(run, capsys):
    assert answer(capsys, "evaluate", run.run_id) == answer(capsys, "evaluate", run.run_id)


def test_evaluate_of_a_run_without_mistakes_has_an_interval_of_the_accuracy(run, capsys):
    found = answer(capsys, "evaluate", run.run_id, "--split", "validation")

    num_rows = found["num_examples"]
    low = num_rows / (num_rows + 1.95996**2)
    assert found["accuracy_interval"] == pytest.approx([low, 1], abs=1e-5)
    assert found["macro_f1_interval"] is None


def test_evaluate_without_its_data_set_draws_row_by_row(run, capsys, workspace):
    shutil.rmtree(workspace.datasets_dir)

    found = answer(capsys, "evaluate", run.run_id)

    assert found["intervals"]["num_groups"] == 33


def test_evaluate_is_readable(run, capsys):
    lines = printed(capsys, "evaluate", "latest")

    assert lines[0].startswith("Accuracy: 90.9 % (")
    assert lines[0].endswith("; always the most frequent answer: 33.3 %")
    assert any(line.startswith("Matthews correlation: 0.8") for line in lines)
    assert "In brackets: 95 % intervals, for 33 different texts drawn anew" in "\n".join(lines)
    assert lines[-4].split() == [
        *("class", "precision", "recall", "f1", "roc_auc", "avg_prec", "support")
    ]
    assert lines[-3].split()[:4] == ["animals", "0.846", "1.000", "0.917"]
    assert lines[-3].split()[-1] == "11"


def test_evaluate_uses_the_stored_temperature(run, capsys):
    before = answer(capsys, "evaluate", run.run_id)
    run.model_dir.mkdir(exist_ok=True)
    write_decision(run.model_dir, Decision(temperature=2.0))

    after = answer(capsys, "evaluate", run.run_id)

    assert after["accuracy_interval"] == before["accuracy_interval"]
    assert after["brier"] != before["brier"]
