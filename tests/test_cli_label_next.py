"""Tests of `label-next RUN --pool DATASET`, and of data sets without labels."""

import json

import pytest

from tests.pages.conftest import make_run, save_model
from textcls_core.cli.main import main
from textcls_core.dataset.store import DatasetStore
from textcls_core.mistakes.annotations.store import Annotations


@pytest.fixture
def run(workspace, toy_dataset, tiny_model_dir, monkeypatch):
    """A completed run on `toy` with a model."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    made = make_run(workspace, "toy", toy_dataset, {}, model=str(tiny_model_dir))
    save_model(made.model_dir, toy_dataset, tiny_model_dir)
    return made


@pytest.fixture
def texts(tmp_path):
    file = tmp_path / "new.csv"
    file.write_text("text,source\na new cat,mail\nthat soup,web\nrice and wind,mail\nsnow,web\n")
    return str(file)


@pytest.fixture
def pool(run, texts, capsys):
    """Name of a data set without labels."""
    assert main(["dataset", "import", texts, "--name", "new", "--no-label"]) == 0
    capsys.readouterr()
    return "new"


def test_import_without_labels_keeps_every_row_together(run, texts, workspace, capsys):
    main(["dataset", "import", texts, "--name", "new", "--no-label", "--json"])

    found = json.loads(capsys.readouterr().out)
    dataset = DatasetStore.open(workspace).load("new")
    assert found["num_examples"] == 4
    assert dataset.splits == ("train",)
    assert dataset.label_names == ()
    assert dataset.label_sets == [[], [], [], []]
    assert dataset.extra_columns == ("source",)
    messages = {finding["kind"]: finding["message"] for finding in found["findings"]}
    assert messages["no_labels"].startswith("4 rows without labels")
    assert "under Label next" in messages["no_class"]
    assert "missing_split" not in messages


def test_import_refuses_no_label_beside_a_label_column(run, texts, capsys):
    code = main(["dataset", "import", texts, "--name", "n", "--no-label", "--label", "source"])

    assert code == 2
    assert "Expected either --no-label or a label column, got both" in capsys.readouterr().err


def test_training_refuses_a_data_set_without_labels(pool, capsys):
    assert main(["train", "--dataset", pool]) == 2
    assert "under Label next" in capsys.readouterr().err


def test_label_next_ranks_rows_without_showing_predictions(run, pool, capsys):
    code = main(["label-next", run.run_id, "--pool", pool, "--strategy", "uncertainty", "--json"])

    found = json.loads(capsys.readouterr().out)
    scores = [row["uncertainty"] for row in found["rows"]]
    assert code == 0
    assert (found["num_ranked"], found["num_labelled"]) == (4, 0)
    assert scores == sorted(scores, reverse=True)
    assert all("probabilities" not in row for row in found["rows"])


def test_label_next_filters_and_shows_predictions_when_asked(run, pool, capsys):
    arguments = ["--column", "source", "--value", "mail", "--predictions", "--json"]
    main(["label-next", run.run_id, "--pool", pool, *arguments])

    found = json.loads(capsys.readouterr().out)
    assert sorted(row["text"] for row in found["rows"]) == ["a new cat", "rice and wind"]
    assert sum(found["rows"][0]["probabilities"].values()) == pytest.approx(1, abs=1e-5)


def test_labels_become_a_version_from_the_command_line(run, pool, workspace, capsys):
    dataset = DatasetStore.open(workspace).load(pool)
    row_id = dataset.row_ids()[0]
    assert main(["label-next", run.run_id, "--pool", pool, "--give", f"{row_id}=animals"]) == 0
    assert capsys.readouterr().out == "1 row of new labelled\n"
    assert Annotations.open(workspace, pool).by_row()[row_id].proposed == ("animals",)

    code = main(["label-next", run.run_id, "--pool", pool, "--make-version", "--json"])

    assert code == 0
    assert json.loads(capsys.readouterr().out)["version"] == 2
    assert DatasetStore.open(workspace).find("toy").num_examples == 163


def test_label_next_prints_lines_for_people(run, pool, capsys):
    main(["label-next", run.run_id, "--pool", pool, "--limit", "2"])

    assert capsys.readouterr().out.splitlines()[0] == "4 rows of new ranked, 0 labelled"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--pool", "nope"], 'Data set "nope" does not exist'),
        (["--pool", "new", "--strategy", "luck"], "Expected a strategy"),
        (["--pool", "new", "--measure", "doubt"], "Expected a measure"),
        (["--pool", "new", "--split", "dev"], "is not a split of the pool"),
        (["--pool", "new", "--give", "row"], 'Expected ROW=LABEL, got "row"'),
        (["--pool", "new", "--give", "r=fish"], 'labels that the data set has, got "fish"'),
        (["--pool", "new", "--give", "r=food"], "1 of 1 rows are not in this data set"),
        (["--pool", "new", "--make-version"], "got none of 0 rows with a label"),
    ],
)
def test_label_next_says_what_is_wrong(run, pool, arguments, message, capsys):
    assert main(["label-next", run.run_id, *arguments]) == 2
    assert message in capsys.readouterr().err
