"""Tests of baselines as they are kept on disk and compared with runs."""

import json

import pytest
from pydantic import ValidationError

from tests.cases import MIXED, make_baseline
from tests.groups import add_member, make_group
from textcls_core.config import RunConfig
from textcls_core.evaluation.evaluation import evaluate
from textcls_core.training.baselines import (
    BaselineFigures,
    baselines_of,
    baselines_of_group,
    baselines_of_run,
    best_baseline,
    read_baselines,
    save_baseline,
)
from textcls_core.workspace import Workspace

FINGERPRINT = "0123456789abcdef" * 4
MAJORITY = make_baseline(FINGERPRINT, "majority", 0.4)
TFIDF = make_baseline(FINGERPRINT, "tfidf", 0.9)
FROZEN = make_baseline(FINGERPRINT, "frozen", 0.8)
DAMAGE = {
    "empty": b"",
    "half": b'{"name": "tfi',
    "another value": b"[1, 2]",
    "not text": b"\xff\xfe\x00",
    "brackets without end": b"[" * 100_000,
    "a share above 1": b'"accuracy": 1.5',
    "a missing field": b"{}",
}


@pytest.fixture
def home(tmp_path):
    """A workspace with three baselines of one data set version."""
    workspace = Workspace(tmp_path)
    for baseline in (FROZEN, TFIDF, MAJORITY):
        save_baseline(workspace, baseline)
    return workspace


def file_of(workspace, name="tfidf"):
    return workspace.baselines_dir / FINGERPRINT[:16] / f"{name}.json"


def test_baselines_come_back_as_they_were_saved(home):
    assert read_baselines(home, FINGERPRINT) == [MAJORITY, TFIDF, FROZEN]


def test_baseline_replaces_an_older_one_of_its_name(home):
    newer = make_baseline(FINGERPRINT, "tfidf", 0.95)

    save_baseline(home, newer)

    assert read_baselines(home, FINGERPRINT) == [MAJORITY, newer, FROZEN]


def test_baselines_of_a_version_that_was_never_measured_are_none(home):
    assert read_baselines(home, "f" * 64) == []


@pytest.mark.parametrize("fingerprint", ["", "../../../../../..", "\0", "0123", "nope" * 9])
def test_baselines_of_a_name_that_is_no_fingerprint_are_none(home, fingerprint):
    assert read_baselines(home, fingerprint) == []


@pytest.mark.parametrize("content", DAMAGE.values(), ids=DAMAGE)
def test_damaged_baseline_is_left_out(home, content):
    file_of(home).write_bytes(content)

    assert read_baselines(home, FINGERPRINT) == [MAJORITY, FROZEN]


@pytest.mark.parametrize(
    ("field", "value"),
    [("recipe", 0), ("fingerprint", "f" * 64), ("name", "majority"), ("colour", "red")],
)
def test_baseline_of_another_recipe_or_version_is_left_out(home, field, value):
    stored = json.loads(file_of(home).read_text())
    file_of(home).write_text(json.dumps(stored | {field: value}))

    assert read_baselines(home, FINGERPRINT) == [MAJORITY, FROZEN]


def test_folder_instead_of_a_baseline_is_left_out(home):
    file_of(home).unlink()
    file_of(home).mkdir()

    assert read_baselines(home, FINGERPRINT) == [MAJORITY, FROZEN]


def test_baselines_of_a_model_leave_out_the_encoders_of_others(home):
    other = make_baseline(FINGERPRINT, "frozen", 0.7, model="/models/mine", title="Frozen mine")
    save_baseline(home, other)

    assert baselines_of(home, FINGERPRINT, "minilm") == [MAJORITY, TFIDF, FROZEN]
    assert baselines_of(home, FINGERPRINT, "/models/mine") == [MAJORITY, TFIDF, other]
    assert baselines_of(home, FINGERPRINT, "gpt2") == [MAJORITY, TFIDF]
    assert len(read_baselines(home, FINGERPRINT)) == 4


def test_file_name_holds_no_foreign_text(home):
    save_baseline(home, make_baseline(FINGERPRINT, "frozen", 0.7, model="../../etc/<x>"))

    names = sorted(file.name for file in file_of(home).parent.iterdir())

    assert len(names) == 4
    assert all(name.replace("-", "").replace(".json", "").isalnum() for name in names)


@pytest.mark.parametrize(
    ("settings", "split", "count"),
    [
        ({}, "test", 3),
        ({}, "validation", 3),
        ({}, "train", 0),
        ({"num_folds": 5, "fold": 2}, "test", 3),
        ({"num_folds": 5, "fold": 2}, "validation", 0),
    ],
)
def test_baselines_of_a_run_were_measured_on_the_same_rows(home, settings, split, count):
    config = RunConfig.create({"dataset": "toy", "dataset_fingerprint": FINGERPRINT, **settings})

    assert len(baselines_of_run(home, config, split)) == count


def test_baselines_of_a_group_have_the_encoders_of_all_its_models(home):
    for model in ("/models/mine", "/models/other"):
        save_baseline(home, make_baseline(FINGERPRINT, "frozen", 0.7, model=model))
    space = ("model=minilm,/models/mine",)
    group = make_group(home, "grid", space, 2, dataset_fingerprint=FINGERPRINT)
    for number, model in enumerate(("minilm", "/models/mine"), 1):
        add_member(group, number, model=model)

    found = baselines_of_group(group)

    assert [known.baseline.model for known in found] == ["", "", "/models/mine", "minilm"]
    assert found[1].figure("validation_macro_f1") == pytest.approx(0.88)
    assert found[1].figure("test_accuracy") == 0.9
    assert found[1].figure("validation_loss") is None


def test_baselines_of_folds_are_compared_on_test_rows_only(home):
    group = make_group(home, "folds", (), 2, num_folds=2, fold=1, dataset_fingerprint=FINGERPRINT)

    found = baselines_of_group(group)

    assert [known.baseline for known in found] == [MAJORITY, TFIDF, FROZEN]
    assert found[0].figure("validation_accuracy") is None
    assert found[0].figure("test_accuracy") == 0.4
    assert list(found[0].to_json()) == ["name", "title", "description", "seconds", "test"]


def test_baselines_of_a_group_on_a_data_set_never_measured_are_none(home):
    assert baselines_of_group(make_group(home, dataset_fingerprint="f" * 64)) == []


def test_best_baseline_has_the_largest_figure():
    assert best_baseline([MAJORITY, TFIDF, FROZEN], "test") == (TFIDF, 0.9)
    assert best_baseline([MAJORITY, FROZEN], "validation", "macro_f1") == (FROZEN, 0.78)


def test_best_baseline_by_loss_has_the_smallest_and_needs_probabilities():
    best = best_baseline([MAJORITY, TFIDF, FROZEN], "test", "loss")

    assert best == (FROZEN, pytest.approx(0.2))


@pytest.mark.parametrize(
    ("baselines", "split", "figure"),
    [([], "test", "accuracy"), ([TFIDF], "train", "accuracy"), ([TFIDF], "test", "loss")],
)
def test_best_baseline_of_nothing_is_none(baselines, split, figure):
    assert best_baseline(baselines, split, figure) is None


def test_figures_are_those_of_the_evaluation():
    result = evaluate(MIXED)

    figures = BaselineFigures.of(result, has_probabilities=True)

    measured = figures.model_dump(exclude_none=True)
    assert measured == {name: getattr(result, name) for name in measured}
    assert figures.micro_f1 is figures.hamming_loss is None
    assert BaselineFigures.of(result, has_probabilities=False).loss is None


def test_figures_refuse_numbers_that_are_no_share():
    with pytest.raises(ValidationError, match="accuracy"):
        BaselineFigures.model_validate(TFIDF.test.model_dump() | {"accuracy": float("nan")})


def test_json_of_a_baseline_is_stable():
    facts = TFIDF.to_json()

    assert list(facts) == ["name", "title", "description", "seconds", "validation", "test"]
    assert list(facts["test"]) == [
        *("num_examples", "accuracy", "balanced_accuracy", "macro_f1", "weighted_f1")
    ]
    assert FROZEN.to_json()["model"] == "minilm"
    assert FROZEN.to_json()["test"]["loss"] == pytest.approx(0.2)
