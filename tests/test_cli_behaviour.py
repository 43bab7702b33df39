"""`behaviour ...`: tests of a data set, kept, exchanged, and run like a linter."""

import json

import pytest

from tests.pages.conftest import make_run, save_model
from tests.test_cli import answer, complaint, home  # noqa: F401 - a fixture
from textcls_core.cli.main import main

CAT = ("--kind", "label", "--text", "a small cat", "--label", "animals")
SAME = ("--kind", "same", "--text", "the old cat", "--original", "the old dog")
MORE = ("--kind", "more", "--text", "soup", "--original", "rain", "--label", "food", "--by", "0.1")


@pytest.fixture
def run(home, toy_dataset, tiny_model_dir):  # noqa: F811
    """A run with a model that was never trained."""
    run = make_run(home, "toy", toy_dataset, {})
    save_model(run.model_dir, toy_dataset, tiny_model_dir)
    return run


def add(capsys, *arguments):
    return answer(capsys, "behaviour", "add", "toy", *arguments)


def test_what_is_added_is_listed_once(home, capsys):  # noqa: F811
    first = add(capsys, *MORE, "--note", "why", "--author", "Ann")
    again = add(capsys, *MORE)
    add(capsys, *CAT)

    listed = answer(capsys, "behaviour", "list", "toy")
    assert (first["added"], again["added"]) == (1, 0)
    assert [test["kind"] for test in listed["tests"]] == ["more", "label"]
    assert listed["tests"][0]["test_id"] == first["test"]["test_id"]


def test_run_ends_with_one_when_a_test_fails_and_zero_when_all_pass(run, capsys):
    predicted = answer(capsys, "predict", run.run_id, "--text", "a cat")["predictions"][0]["label"]
    others = [name for name in ("animals", "food", "weather") if name != predicted]
    add(capsys, "--kind", "label", "--text", "a cat", "--label", predicted)
    passing = answer(capsys, "behaviour", "run", run.run_id)

    wrong = add(capsys, "--kind", "label", "--text", "a cat", "--label", others[0])
    code = main(["behaviour", "run", run.run_id, "--json"])

    failing = json.loads(capsys.readouterr().out)
    assert (passing["num_tests"], passing["num_failed"]) == (1, 0)
    assert code == 1
    assert (failing["num_tests"], failing["num_failed"]) == (2, 1)
    assert [test["passes"] for test in failing["tests"]] == [True, False]
    assert failing["tests"][1]["test_id"] == wrong["test"]["test_id"]
    assert failing["tests"][1]["labels"] == [predicted]


def test_a_person_reads_which_test_fails_and_what_came(run, capsys):
    for name in ("animals", "food"):
        add(capsys, "--kind", "label", "--text", "a cat", "--label", name)

    main(["behaviour", "run", run.run_id])

    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("FAIL") and "got: " in line for line in lines)
    assert "behavioural tests fail" in lines[-1]


def test_no_tests_are_no_failure(run, capsys):
    assert answer(capsys, "behaviour", "run", run.run_id)["num_tests"] == 0


def test_what_is_removed_can_be_restored(home, capsys):  # noqa: F811
    test_id = add(capsys, *CAT)["test"]["test_id"]

    assert answer(capsys, "behaviour", "remove", "toy", test_id)["removed"] == 1
    assert answer(capsys, "behaviour", "list", "toy")["tests"] == []
    assert answer(capsys, "behaviour", "restore", "toy", test_id)["restored"] == 1
    assert len(answer(capsys, "behaviour", "list", "toy")["tests"]) == 1
    assert '"x" is not a test of toy' in complaint(capsys, "behaviour", "remove", "toy", "x")
    assert '"x" was never a test of toy' in complaint(capsys, "behaviour", "restore", "toy", "x")


def test_tests_go_to_a_file_and_come_back(home, capsys, tmp_path):  # noqa: F811
    for one in (CAT, SAME, MORE):
        add(capsys, *one)
    before = answer(capsys, "behaviour", "list", "toy")
    file = tmp_path / "tests.jsonl"
    answer(capsys, "behaviour", "export", "toy", "--output", str(file))
    ids = [test["test_id"] for test in before["tests"]]
    answer(capsys, "behaviour", "remove", "toy", *ids)

    taken = answer(capsys, "behaviour", "import", "toy", str(file))

    assert (taken["tests"], taken["added"]) == (3, 3)
    assert answer(capsys, "behaviour", "list", "toy") == before


def test_a_bad_file_changes_nothing(home, capsys, tmp_path):  # noqa: F811
    file = tmp_path / "tests.jsonl"
    file.write_text('{"kind": "label", "text": "a", "label": "food"}\n{"kind": "odd"}\n')

    assert "Line 2: Expected a kind of test" in complaint(
        capsys, "behaviour", "import", "toy", str(file)
    )
    assert answer(capsys, "behaviour", "list", "toy")["tests"] == []


def test_a_label_that_the_data_set_does_not_have_is_refused(home, capsys):  # noqa: F811
    sentence = complaint(
        capsys, "behaviour", "add", "toy", "--kind", "label", "--text", "a", "--label", "sport"
    )

    assert '"sport" is not a label of toy' in sentence
