"""The command line: its JSON, its exit codes, its one-line errors."""

import json
import subprocess
import sys
from unittest.mock import Mock

import pytest

from tests.pages.conftest import MISTAKES, make_run
from textcls_core.cli.main import main
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.errors import ModelError
from textcls_core.explanation.methods import JUDGED, METHODS
from textcls_core.runs.run import Run
from textcls_core.workspace import APP_DIR, Workspace


@pytest.fixture
def home(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """The command line works in a workspace with `bbc-news` and `toy`."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    return workspace


@pytest.fixture
def run(finished_run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line works in the workspace of the finished run."""
    monkeypatch.setenv("TEXTCLS_HOME", str(finished_run.folder.parent.parent))
    return finished_run


@pytest.fixture
def hand_made_run(
    home: Workspace, toy_dataset: TextDataset, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """A completed run with three known mistakes on the test split; it has no model."""
    return make_run(home, "toy", toy_dataset, MISTAKES)


def answer(capsys: pytest.CaptureFixture[str], *arguments: str):
    """Return what a successful command printed as JSON."""
    code = main([*arguments, "--json"])
    captured = capsys.readouterr()
    assert code == 0, captured.err
    return json.loads(captured.out)


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """Return the one line that a command refused with exit code 2 wrote."""
    code = main(list(arguments))
    captured = capsys.readouterr()
    assert code == 2
    assert captured.err.count("\n") == 1
    assert "Traceback" not in captured.err
    return captured.err


def test_dataset_list_names_what_is_there(home, capsys):
    listed = answer(capsys, "dataset", "list")

    assert {item["dataset"] for item in listed} == {"bbc-news", "toy"}


def test_dataset_show_gives_counts_and_findings(home, capsys):
    shown = answer(capsys, "dataset", "show", "bbc-news")

    assert shown["num_examples"] == 2127
    assert {finding["kind"] for finding in shown["findings"]} >= {"source", "duplicates_removed"}


def test_dataset_import_of_two_files_keeps_the_test_rows(home, capsys, tmp_path):
    train, test = tmp_path / "train.csv", tmp_path / "test.csv"
    train.write_text("text,label\n" + "".join(f"row {i},{'ab'[i % 2]}\n" for i in range(20)))
    test.write_text("text,label\n" + "".join(f"new {i},{'ab'[i % 2]}\n" for i in range(6)))

    made = answer(capsys, "dataset", "import", str(train), "--test", str(test), "--name", "mine")

    assert made["dataset"] == "mine"
    assert made["num_examples"] == 26
    assert made["split_counts"]["test"] == 6
    assert len(made["fingerprint"]) == 64


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"text,label\n", "has no rows"),
        (b"body,stars\nhello,1\n", None),
        (b'{"text": "a", "label": "x"}\n{"text": \n', "line 2"),
        (b"text,label\ncaf\xe9,x\nb,y\n", "line 2"),
    ],
    ids=["empty", "header only", "missing column", "broken line", "wrong encoding"],
)
def test_dataset_import_of_a_bad_file_stores_nothing(home, capsys, tmp_path, content, message):
    file = tmp_path / "bad.csv"
    file.write_bytes(content)

    error = complaint(capsys, "dataset", "import", str(file), "--name", "bad", "--text", "text")

    assert error.startswith("error: ")
    assert (message or 'Column "text"') in error
    assert "bad" not in {item["dataset"] for item in answer(capsys, "dataset", "list")}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["runs", "show", "nope"], 'Run "nope" does not exist'),
        (["evaluate", "../../etc"], "does not exist"),
        (["train", "--dataset", "nope"], 'Data set "nope" does not exist'),
        (["train", "--dataset", "toy", "--set", "learning_rat=1"], 'Did you mean "learning_rate"'),
        (["train", "--dataset", "toy", "--set", "learning_rate=9"], "less than 1"),
        (["train", "--dataset", "toy", "--set", "num_epochs"], "--set key=value"),
        (["train", "--dataset", "toy", "--model", "gpt2"], "HF_HUB_OFFLINE"),
        (["train", "--dataset", "toy", "--model", "./none"], "is not a model folder"),
        (["predict", "latest", "--text", "a"], "does not exist"),
        (["unknown"], "No such command"),
    ],
)
def test_bad_arguments_are_one_line_and_exit_code_2(home, capsys, arguments, message):
    error = complaint(capsys, *arguments)

    assert error.startswith("error: ")
    assert message in error


@pytest.mark.parametrize("arguments", [[], ["dataset"], ["runs"]])
def test_missing_command_is_one_line_and_exit_code_2(home, capsys, arguments):
    error = complaint(capsys, *arguments)

    assert error == "error: Expected a command; the help names them all.\n"


@pytest.mark.parametrize("arguments", [["--help"], ["train", "--help"], ["runs", "--help"]])
def test_help_has_exit_code_0(capsys, arguments):
    code = main(arguments)

    captured = capsys.readouterr()
    assert code == 0
    assert "Usage: textcls_core" in captured.out
    assert captured.err == ""


@pytest.mark.parametrize(
    ("error", "code"),
    [(RuntimeError("a bug"), 1), (KeyboardInterrupt(), 1), (ModelError("no model"), 2)],
    ids=["bug", "interrupt", "bad input"],
)
def test_exit_code_says_who_has_to_act(home, monkeypatch, error, code):
    monkeypatch.setattr("textcls_core.cli.printing.RunStore.open", Mock(side_effect=error))

    assert main(["runs", "list"]) == code


def test_message_of_several_lines_becomes_one(home, capsys, monkeypatch):
    error = ModelError("two\n lines")
    monkeypatch.setattr("textcls_core.cli.printing.RunStore.open", Mock(side_effect=error))

    assert complaint(capsys, "runs", "list") == "error: two lines\n"


def test_bug_is_logged_with_its_place(home, caplog, monkeypatch):
    error = RuntimeError("a bug")
    monkeypatch.setattr("textcls_core.cli.printing.RunStore.open", Mock(side_effect=error))

    main(["runs", "list"])

    assert "RuntimeError: a bug" in caplog.text


@pytest.mark.parametrize("text", ["\udcff", "../../etc\0", "x" * 100_000, "$(reboot)", "-1"])
def test_hostile_run_ids_are_one_line_and_exit_code_2(home, capsys, text):
    error = complaint(capsys, "runs", "show", "--", text)

    assert len(error) < 200


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["evaluate", "RUN", "--split", "holdout"], "Expected a split (train, validation, test)"),
        (["mistakes", "RUN", "--split", "holdout"], "Expected a split (train, validation, test)"),
        (["mistakes", "RUN", "--order", "size"], "Expected an order (loss, confidence, margin"),
        (["mistakes", "RUN", "--true", "nope"], '"nope" is not a class of this run'),
        (["mistakes", "RUN", "--limit", "0"], "'--limit'"),
        (["predict", "RUN"], "Missing option '--text'"),
        (["explain", "RUN", "--text", "a", "--method", "magic"], "Expected a method (attention, "),
        (["explain", "RUN", "--text", "a", "--label", "food"], "Expected no --label with"),
        (["explain", "RUN", "--text", "a", "--layer", "x"], "'--layer'"),
        (["explain", "RUN"], "Expected one of --text, --file and --sample, or --benchmark"),
    ],
)
def test_bad_arguments_about_a_run_are_one_line(hand_made_run, capsys, arguments, message):
    error = complaint(capsys, *(hand_made_run.run_id if a == "RUN" else a for a in arguments))

    assert message in error


def test_dataset_show_has_the_stable_fields(home, capsys):
    shown = answer(capsys, "dataset", "show", "bbc-news")

    assert {"dataset", "fingerprint", "num_examples", "findings"} <= set(shown)
    assert {"kind", "severity", "count", "gate", "examples"} <= set(shown["findings"][0])


def test_dataset_show_is_readable(home, capsys):
    code = main(["dataset", "show", "toy"])

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert lines[0].startswith("toy (version 1, ")
    assert lines[1] == "162 rows, 3 classes, train 96, validation 33, test 33"


def test_runs_list_of_an_empty_workspace_is_empty(home, capsys):
    assert answer(capsys, "runs", "list") == []


def test_runs_show_of_latest_is_the_newest(hand_made_run, capsys):
    shown = answer(capsys, "runs", "show", "latest")

    assert shown["run_id"] == hand_made_run.run_id
    assert shown["test"]["accuracy"] == pytest.approx(30 / 33)


def test_runs_show_is_readable(hand_made_run, capsys):
    main(["runs", "show", "latest"])

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"{hand_made_run.run_id}  completed  minilm on toy  (step 20)"
    assert lines[2] == "test: accuracy 90.9 %, macro-F1 90.9 %"
    assert "CPU, because there is no other." in lines


def test_evaluate_takes_the_test_split_by_default(hand_made_run, capsys):
    assert answer(capsys, "evaluate", "latest") == answer(
        capsys, "evaluate", "latest", "--split", "test"
    )


def test_mistakes_rows_have_the_stable_fields(hand_made_run, capsys):
    found = answer(capsys, "mistakes", "latest")

    assert found["count"] == len(found["rows"]) == 3
    assert {"row_id", "text", "true", "predicted", "confidence", "loss"} <= set(found["rows"][0])
    assert all(row["true"] != row["predicted"] for row in found["rows"])


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        (["--true", "food"], 2),
        (["--predicted", "food"], 1),
        (["--min-confidence", "0.95"], 0),
        (["--query", "NOTHING like it"], 0),
    ],
)
def test_mistakes_filters_are_effective(hand_made_run, capsys, arguments, count):
    assert answer(capsys, "mistakes", "latest", *arguments)["count"] == count


def test_mistakes_limit_cuts_the_rows_and_not_the_count(hand_made_run, capsys):
    found = answer(capsys, "mistakes", "latest", "--limit", "1")

    assert (found["count"], len(found["rows"])) == (3, 1)


@pytest.mark.slow
def test_runs_show_has_the_stable_fields(run, capsys):
    shown = answer(capsys, "runs", "show", run.run_id)

    assert shown["run_id"] == run.run_id
    assert shown["status"] == "completed"
    assert shown["dataset"] == "toy"
    assert shown["steps"] == run.history.step
    assert shown["train_seconds"] > 0
    assert shown["tokens_per_second"] > 0
    assert {"loss", "accuracy", "macro_f1"} <= set(shown["validation"])
    assert {"accuracy", "macro_f1"} <= set(shown["test"])


@pytest.mark.slow
def test_runs_list_is_a_list_of_runs(run, capsys):
    listed = answer(capsys, "runs", "list")

    assert [item["run_id"] for item in listed] == [run.run_id]


@pytest.mark.slow
def test_evaluate_counts_every_row_of_the_split(run, capsys):
    figures = answer(capsys, "evaluate", "latest", "--split", "test")

    counts = figures["confusion"]["counts"]
    assert sum(map(sum, counts)) == figures["num_examples"]
    assert [row["label"] for row in figures["per_class"]] == figures["confusion"]["labels"]
    assert {"accuracy", "macro_f1", "weighted_f1"} <= set(figures)


@pytest.mark.slow
def test_mistakes_of_a_pair_are_as_many_as_in_the_matrix(run, capsys):
    figures = answer(capsys, "evaluate", "latest", "--split", "train")
    labels, counts = figures["confusion"]["labels"], figures["confusion"]["counts"]

    pair = ("--true", labels[0], "--predicted", labels[1])
    found = answer(capsys, "mistakes", "latest", "--split", "train", *pair)

    assert found["count"] == counts[0][1]
    assert len(found["rows"]) == counts[0][1]


@pytest.mark.slow
def test_predict_gives_every_class_a_probability(run, capsys):
    answered = answer(capsys, "predict", "latest", "--text", "the old cat", "--text", "rain")

    assert len(answered["predictions"]) == 2
    assert sum(answered["predictions"][0]["probabilities"].values()) == pytest.approx(1)
    assert answered["predictions"][0]["label"] in answered["predictions"][0]["probabilities"]


@pytest.mark.slow
def test_explain_gives_a_square_matrix_whose_rows_sum_to_one(run, capsys):
    explained = answer(
        capsys, "explain", "latest", "--text", "the old cat", "--layer", "1", "--head", "0"
    )

    size = len(explained["tokens"])
    assert [len(row) for row in explained["attention"]] == [size] * size
    assert [sum(row) for row in explained["attention"]] == pytest.approx([1] * size, abs=1e-5)
    assert (explained["layer"], explained["head"]) == (1, 0)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_explain_gives_every_token_a_score(run, capsys, method):
    explained = answer(
        capsys, "explain", "latest", "--text", "the old cat", "--method", method, "--label", "food"
    )

    assert len(explained["scores"]) == len(explained["tokens"]) == 5
    assert sum(explained["word_scores"]) == pytest.approx(sum(explained["scores"]))
    assert explained["label"] == "food"
    assert (explained["gap"] is not None) == (method in {"integrated_gradients", "shap_partition"})
    assert ("r_squared" in explained) == (method == "lime")


@pytest.mark.slow
def test_explain_benchmark_says_which_method_to_believe(run, capsys):
    measured = answer(capsys, "explain", "latest", "--benchmark", "--sample", "2")

    assert measured["num_texts"] == 2
    assert {found["method"] for found in measured["judgements"]} == set(JUDGED)
    assert measured["verdict"]


def test_module_is_a_program_with_clean_output(home):
    done = subprocess.run(
        [sys.executable, "-m", "textcls_core", "dataset", "show", "nope", "--json"],
        cwd=APP_DIR,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: Data set")
