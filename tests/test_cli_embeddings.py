"""The command line: vectors of a data set, and texts similar to another one."""

import numpy as np
import pytest

from tests.test_cli import answer, complaint
from textcls_core.cli.main import main
from textcls_core.embeddings.store import stored_embeddings


@pytest.fixture
def home(workspace, monkeypatch):
    """The command line works in a workspace with `bbc-news` and `toy`."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    return workspace


def test_dataset_embed_computes_and_then_finds(home, capsys, toy_dataset, tiny_model_dir):
    first = answer(capsys, "dataset", "embed", "toy", "--model", str(tiny_model_dir))
    again = answer(capsys, "dataset", "embed", "toy", "--model", str(tiny_model_dir))

    assert (first["rows"], first["width"], first["max_length"]) == (162, 32, 128)
    assert first["fingerprint"] == toy_dataset.fingerprint
    assert {**first, "seconds": 0} == {**again, "seconds": 0}
    stored = stored_embeddings(home, toy_dataset.fingerprint, str(tiny_model_dir))
    np.testing.assert_array_equal(stored, np.load(first["file"]))


def test_dataset_embed_says_what_it_did(home, capsys, tiny_model_dir):
    arguments = ["--model", str(tiny_model_dir), "--max-rows", "20"]

    assert main(["dataset", "embed", "toy", *arguments]) == 0

    assert capsys.readouterr().out.startswith("20 rows (a sample of 162) by ")


def test_dataset_similar_lists_the_nearest_texts(home, capsys, toy_dataset, tiny_model_dir):
    text = toy_dataset.texts()[7]
    arguments = ("--text", text, "--model", str(tiny_model_dir), "--limit", "3")

    found = answer(capsys, "dataset", "similar", "toy", *arguments)

    assert [set(row) for row in found["rows"]] == [
        {"similarity", "row_id", "label", "split", "text"}
    ] * 3
    assert found["rows"][0]["text"] == text
    assert found["rows"][0]["similarity"] == pytest.approx(1, abs=1e-4)
    similarities = [row["similarity"] for row in found["rows"]]
    assert similarities == sorted(similarities, reverse=True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("embed", "nope"), 'Data set "nope" does not exist'),
        (("embed", "toy", "--model", "no/such-model"), '"no/such-model" is not on this machine'),
        (("similar", "toy", "--text", " "), "Expected a text to compare with"),
        (("embed", "toy", "--max-rows", "0"), "--max-rows"),
    ],
)
def test_bad_input_is_explained(home, capsys, arguments, message):
    assert message in complaint(capsys, "dataset", *arguments)
