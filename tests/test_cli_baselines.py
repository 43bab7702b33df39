"""The command line: baselines of a data set, and of the run they are compared with."""

import pytest

from tests.cases import make_baseline
from tests.groups import add_member, figures, finish, make_group
from tests.pages.conftest import MISTAKES, make_run
from tests.test_cli import answer, complaint
from textcls_core.cli.main import main
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore
from textcls_core.training.baseline_fitting import ensure_baselines
from textcls_core.training.baselines import save_baseline

FIGURES = {"num_examples", "accuracy", "balanced_accuracy", "macro_f1", "weighted_f1"}


@pytest.fixture
def home(workspace, monkeypatch):
    """The command line works in a workspace with `bbc-news` and `toy`."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    return workspace


@pytest.fixture
def run(home, toy_dataset):
    """A completed run of minilm on `toy` with a test accuracy of 90.9 %."""
    return make_run(home, "toy", toy_dataset, MISTAKES)


@pytest.fixture
def measured(home, toy_dataset):
    """Two baselines of `toy`, the better one of minilm."""
    for name, accuracy in (("tfidf", 0.8), ("frozen", 0.95)):
        save_baseline(home, make_baseline(toy_dataset.fingerprint, name, accuracy))


def printed(capsys, *arguments):
    """Return what a successful command printed for people."""
    assert main(list(arguments)) == 0
    return capsys.readouterr().out


def test_dataset_baselines_measures_the_quick_ones(home, capsys, toy_dataset):
    found = answer(capsys, "dataset", "baselines", "toy")

    assert found["dataset"] == "toy"
    assert found["fingerprint"] == toy_dataset.fingerprint
    majority, tfidf = found["baselines"]
    assert (majority["name"], tfidf["name"]) == ("majority", "tfidf")
    assert set(majority) == {"name", "title", "description", "seconds", "validation", "test"}
    assert set(majority["test"]) == FIGURES | {"loss"}
    assert set(tfidf["validation"]) == FIGURES
    assert majority["test"]["accuracy"] == pytest.approx(1 / 3)


def test_dataset_baselines_measures_once(home, capsys):
    first = answer(capsys, "dataset", "baselines", "toy")

    assert answer(capsys, "dataset", "baselines", "toy") == first


def test_dataset_baselines_of_a_model_has_its_frozen_encoder(home, capsys, tiny_model_dir):
    found = answer(
        capsys,
        *("dataset", "baselines", "toy", "--model", str(tiny_model_dir), "--max-length", "16"),
    )

    frozen = found["baselines"][-1]
    assert frozen["name"] == "frozen"
    assert frozen["model"] == str(tiny_model_dir)
    assert "the first 16 tokens" in frozen["description"]
    assert set(frozen["test"]) == FIGURES | {"loss"}


def test_dataset_baselines_for_people_says_how_they_were_made(home, capsys):
    lines = printed(capsys, "dataset", "baselines", "toy").splitlines()

    assert lines[0].startswith("Majority class: validation accuracy 33.3 %, macro-F1 16.7 %; test")
    assert lines[1].startswith('  Always answers "animals"')
    assert lines[2].startswith("TF-IDF + linear SVM: ")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nope"], 'Data set "nope" does not exist'),
        (["single"], "This data set cannot be trained on"),
        (["toy", "--model", "./none"], "is not a model folder"),
        (["toy", "--max-length", "4"], "--max-length"),
        (["toy", "--max-length", "512"], "--max-length"),
    ],
)
def test_dataset_baselines_of_nothing_usable_is_one_line(home, capsys, arguments, message):
    rows = Rows(["one", "two", "three"], ["same"] * 3, ["train", "validation", "test"], extra={})
    DatasetStore.open(home).save(build_dataset(rows), "single", "for this test")

    assert message in complaint(capsys, "dataset", "baselines", *arguments)


def test_runs_show_names_the_baselines(run, measured, capsys):
    expected = {"best": "frozen", "title": "Frozen minilm", "test_accuracy": 0.95}

    assert answer(capsys, "runs", "show", run.run_id)["baselines"] == expected
    assert answer(capsys, "runs", "list")[0]["baselines"] == expected
    line = "baseline Frozen minilm: test accuracy 95.0 %, macro-F1 93.0 %"
    assert line in printed(capsys, "runs", "show", run.run_id).splitlines()


def test_runs_show_without_baselines_names_none(run, capsys):
    assert "baselines" not in answer(capsys, "runs", "show", run.run_id)
    assert "baseline" not in printed(capsys, "runs", "show", run.run_id)


def test_compare_gives_the_baselines_on_the_rows_of_both(run, measured, home, toy_dataset, capsys):
    other = make_run(home, "toy", toy_dataset, {}, name="Other")

    found = answer(capsys, "compare", run.run_id, other.run_id)["baselines"]
    lines = printed(capsys, "compare", run.run_id, other.run_id).splitlines()

    assert [(one["name"], one["accuracy"]) for one in found] == [("tfidf", 0.8), ("frozen", 0.95)]
    assert lines[1] == "baseline TF-IDF + linear SVM: test accuracy 80.0 %, macro-F1 78.0 %"


def test_compare_without_baselines_names_none(run, home, toy_dataset, capsys):
    other = make_run(home, "toy", toy_dataset, {}, name="Other")

    assert "baselines" not in answer(capsys, "compare", run.run_id, other.run_id)


def test_evaluate_gives_the_baselines_of_the_split(run, measured, capsys):
    found = answer(capsys, "evaluate", run.run_id, "--split", "validation")["baselines"]

    assert [(item["name"], item["accuracy"]) for item in found] == [
        *(("tfidf", 0.8), ("frozen", 0.95))
    ]
    lines = printed(capsys, "evaluate", run.run_id).splitlines()
    assert "TF-IDF + linear SVM: accuracy 80.0 %" in lines


def test_evaluate_of_training_rows_has_no_baselines(run, measured, capsys):
    assert "baselines" not in answer(capsys, "evaluate", run.run_id, "--split", "train")


def test_groups_show_names_the_baselines_on_the_same_rows(home, toy_dataset, measured, capsys):
    group = make_group(home, num_planned=1, dataset_fingerprint=toy_dataset.fingerprint)
    finish(add_member(group, 1, seed=1), validation=figures(0.8), test=figures(0.9))

    found = answer(capsys, "groups", "show", "latest")["baselines"]

    assert [item["name"] for item in found] == ["tfidf", "frozen"]
    assert found[1]["model"] == "minilm"
    assert set(found[0]["test"]) == set(found[0]["validation"]) == FIGURES
    assert answer(capsys, "groups", "list")[0]["baselines"] == found
    assert (
        "baseline TF-IDF + linear SVM: validation accuracy 80.0 %, validation macro-F1 78.0 %, "
        "test accuracy 80.0 %, test macro-F1 78.0 %"
    ) in printed(capsys, "groups", "show", "latest").splitlines()


def test_groups_show_names_baselines_of_folds_on_test_rows_only(
    home, toy_dataset, measured, capsys
):
    settings = {"num_folds": 2, "fold": 1, "dataset_fingerprint": toy_dataset.fingerprint}
    make_group(home, "folds", (), 2, **settings)

    found = answer(capsys, "groups", "show", "latest")["baselines"]

    assert [set(item) & {"validation", "test"} for item in found] == [{"test"}, {"test"}]


def test_groups_show_without_baselines_names_none(home, capsys):
    make_group(home)

    assert "baselines" not in answer(capsys, "groups", "show", "latest")


def test_curves_calibration_and_slices_have_the_baselines_whose_answers_are_known(
    run, home, toy_dataset, capsys
):
    ensure_baselines(home, toy_dataset)

    (majority,) = answer(capsys, "curves", run.run_id)["baselines"]
    (same,) = answer(capsys, "calibrate", run.run_id)["baselines"]
    slices = answer(capsys, "slices", run.run_id)["slices"]

    assert (majority["name"], majority["macro_roc_auc"]) == ("majority", 0.5)
    assert same["expected_calibration_error"] < 1e-6
    assert [one["baselines"]["TF-IDF + linear SVM"] for one in slices] == [1.0] * 3
    for verb, begin in (("curves", "baseline Majority class "), ("calibrate", "baseline Major")):
        assert begin in printed(capsys, verb, run.run_id)
    assert "TF-IDF + linear SVM" in printed(capsys, "slices", run.run_id).splitlines()[0]


def test_slices_without_answers_of_baselines_have_no_columns(run, measured, capsys):
    assert "baselines" not in answer(capsys, "slices", run.run_id)["slices"][0]
    assert "TF-IDF" not in printed(capsys, "slices", run.run_id)
