"""Tests of `similar RUN ROW`."""

import json

import numpy as np
import pytest

from tests.pages.conftest import make_run, save_model
from textcls_core.cli.main import main
from textcls_core.embeddings.computing import compute_embeddings


@pytest.fixture
def run(workspace, toy_dataset, tiny_model_dir, monkeypatch):
    """A completed run on `toy` that began from the tiny model."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    return make_run(workspace, "toy", toy_dataset, {}, model=str(tiny_model_dir))


@pytest.fixture
def row_id(toy_dataset):
    return toy_dataset.row_ids(toy_dataset.indices("test")[:1])[0]


def test_similar_embeds_what_is_missing_and_lists_training_rows(run, row_id, toy_dataset, capsys):
    code = main(["similar", run.run_id, row_id, "--source", "frozen", "-k", "4", "--json"])

    found = json.loads(capsys.readouterr().out)
    training = toy_dataset.row_ids(toy_dataset.indices("train"))
    assert code == 0
    assert len(found["rows"]) == 4
    assert {row["row_id"] for row in found["rows"]} <= set(training)
    assert found["num_embedded"] == found["num_examples"] == 162
    assert sorted(found["rows"][0]) == [
        "conflicts", "copy", "label", "row_id", "shared", "similarity", "text"
    ]  # fmt: skip


def test_similar_prints_lines_for_people(run, row_id, capsys):
    main(["similar", run.run_id, row_id, "--source", "frozen", "-k", "2"])

    lines = capsys.readouterr().out.splitlines()
    assert 2 <= len(lines) <= 3


def test_similar_says_that_a_row_is_not_in_the_sample(workspace, run, toy_dataset, capsys):
    stored = compute_embeddings(workspace, "toy", run.config.model, max_rows=60)
    outside = np.setdiff1d(np.arange(toy_dataset.num_examples), stored.positions)
    missing = toy_dataset.row_ids(outside[:1])[0]

    code = main(["similar", run.run_id, missing, "--source", "frozen", "--max-rows", "60"])

    assert code == 2
    assert "is not in the sample of 60 rows that was embedded. Embed all with --max-rows 162" in (
        capsys.readouterr().err
    )


def test_similar_refuses_an_unknown_source_and_an_unknown_row(run, row_id, capsys):
    assert main(["similar", run.run_id, row_id, "--source", "mine"]) == 2
    assert 'Expected an encoder (own, frozen), got "mine"' in capsys.readouterr().err
    assert main(["similar", run.run_id, "nope"]) == 2
    assert 'Row "nope" is not in this data set' in capsys.readouterr().err


@pytest.mark.parametrize("encoder", ["own", "frozen"])
def test_similar_to_a_text_compares_with_the_answer_of_the_run(
    run, toy_dataset, tiny_model_dir, capsys, encoder
):
    save_model(run.model_dir, toy_dataset, tiny_model_dir)
    rows = toy_dataset.indices("train")
    text = toy_dataset.texts(rows[:1])[0].upper()

    code = main(["similar", run.run_id, "--text", text, "--source", encoder, "-k", "3", "--json"])

    found = json.loads(capsys.readouterr().out)
    assert code == 0
    assert (found["row_id"], found["text"]) == (None, text)
    assert found["predicted"] in toy_dataset.label_names
    assert toy_dataset.row_ids(rows[:1])[0] in [row["row_id"] for row in found["found_in_training"]]
    assert [row["conflicts"] for row in found["rows"]] == [
        row["label"] != found["predicted"] for row in found["rows"]
    ]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], "Expected a row or a text, got none. Give ROW or --text."),
        (["r1", "--text", "a cat"], "Expected a row or a text, got both. Give ROW or --text."),
        (["--text", "  "], "Expected a text to compare with, got an empty one."),
    ],
)
def test_similar_asks_for_a_row_or_a_text(run, capsys, given, sentence):
    assert main(["similar", run.run_id, *given]) == 2
    assert sentence in capsys.readouterr().err
