"""`dataset audit NAME --kind label_issues`: every row for a script, the head for a person."""

import json

import pytest

from tests.label_issues import plant, stored_queue
from textcls_core.cli.main import main


@pytest.fixture
def queue(workspace, toy_dataset, monkeypatch):
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    noisy, _ = plant(toy_dataset, 8)
    return stored_queue(workspace, toy_dataset, noisy, "noisy")[1]


def test_every_row_is_printed_for_a_script(queue, capsys) -> None:
    assert main(["dataset", "audit", "noisy", "--kind", "label_issues", "--json"]) == 0

    value = json.loads(capsys.readouterr().out)
    assert len(value["rows"]) == 162
    assert set(value["rows"][0]) >= {"row_id", "label", "suggested", "score"}
    assert [row["row_id"] for row in value["rows"]] == queue.row_ids
    assert value["num_suspects"] == queue.facts.num_suspects


def test_head_of_the_queue_is_printed_for_a_person(queue, capsys) -> None:
    assert main(["dataset", "audit", "noisy", "--kind", "label_issues"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"{queue.facts.num_suspects} suspect labels in 162 rows")
    assert len(lines) == 21
    assert queue.row_ids[0] in lines[1]


def test_unknown_data_set_is_bad_input(queue, capsys) -> None:
    assert main(["dataset", "audit", "nothing", "--kind", "label_issues"]) == 2

    assert capsys.readouterr().err.splitlines()[-1].startswith("error: ")
