"""`dataset audit` and `dataset fix` as scripts use them."""

import pytest

from tests.audit.cases import make
from tests.test_cli import answer, complaint
from textcls_core.cli.main import main
from textcls_core.dataset.store import DatasetStore

TEXTS = ["same text", "same text", *(f"words of row {n} here" for n in range(10))]


@pytest.fixture
def home(workspace, monkeypatch):
    """A workspace with the data set `leaky`, of which two rows leak."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    dataset = make(TEXTS, [0] * 6 + [1] * 6, ["train", "test", "validation"] * 4)
    DatasetStore.open(workspace).save(dataset, "leaky", "made for this test")
    return workspace


def test_audit_prints_findings_in_their_stable_form(home, capsys):
    found = answer(capsys, "dataset", "audit", "leaky", "--kind", "leaks")

    (finding,) = found["findings"]
    assert {name: finding[name] for name in ("kind", "severity", "count", "gate", "examples")} == {
        "kind": "leaked_texts",
        "severity": "error",
        "count": 1,
        "gate": "fail",
        "examples": ["same text"],
    }
    assert finding["row_ids"] == ["r1"]
    assert found["gate"] == "fail"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--kind", "leaks", "--strict"], 2),
        (["--kind", "leaks"], 0),
        (["--kind", "html", "--strict"], 0),
    ],
)
def test_strict_turns_a_failed_gate_into_exit_code_2(home, arguments, code):
    assert main(["dataset", "audit", "leaky", *arguments]) == code


def test_audit_tells_people_about_fixes_and_progress(home, capsys):
    assert main(["dataset", "audit", "leaky", "--kind", "leaks"]) == 0

    printed = capsys.readouterr()
    assert "fail  leaked_texts: 1 row of validation and test" in printed.out
    assert "      fix: drop_leaked" in printed.out
    assert "  0 %  Leaks between splits" in printed.err


def test_audit_for_a_model_prints_what_each_length_costs(home, capsys, tiny_model_dir):
    arguments = ["dataset", "audit", "toy", "--model", str(tiny_model_dir), "--kind", "tokens"]

    assert main(arguments) == 0

    assert "max_length 128: 0.0 % of texts and 0.0 % of tokens cut off" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nope"], 'Data set "nope" does not exist'),
        (["toy", "--kind", "nope"], '"nope" is not something the audit looks for'),
        (["toy", "--kind", "tokens"], '"tokens" needs a model'),
        (["toy", "--model", "/no/such/folder"], "is not a model folder"),
    ],
)
def test_bad_arguments_are_one_line(home, capsys, arguments, message):
    assert message in complaint(capsys, "dataset", "audit", *arguments)


def test_fix_makes_a_version_that_passes(home, capsys):
    made = answer(capsys, "dataset", "fix", "leaky", "drop_leaked")

    assert (made["version"], made["num_examples"]) == (2, 11)
    assert made["reason"] == "Drop leaked texts: 1 row dropped, 11 left"
    assert main(["dataset", "audit", "leaky", "--kind", "leaks", "--strict"]) == 0


def test_fix_that_changes_nothing_is_refused(home, capsys):
    said = complaint(capsys, "dataset", "fix", "leaky", "remove_html")

    assert "changes nothing in this version" in said
