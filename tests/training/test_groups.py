"""Tests of planning, starting, cancelling and continuing groups; no worker is started."""

import json

import pytest

from tests.groups import GROUP_ID
from textcls_core.config import RunConfig
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import (
    DatasetFormatError,
    InvalidArgumentError,
    ModelError,
    NotFoundError,
)
from textcls_core.runs.group import RunGroup
from textcls_core.runs.group_store import GroupStore
from textcls_core.runs.search_space import parse_space
from textcls_core.runs.store import RunStore
from textcls_core.training.groups import (
    group_command,
    plan_folds,
    plan_search,
    plan_seeds,
    planned_members,
    start_group,
)

CONFIG = RunConfig.create({"dataset": "toy", "seed": 7})
GRID = parse_space(["num_epochs=2,3", "loss=cross_entropy,focal"])


pytestmark = pytest.mark.usefixtures("embedded_unchecked")


def differing(runs, *names):
    return [tuple(getattr(run.config, name) for name in names) for run in runs]


def test_seeds_are_successive_runs_of_the_same_settings(workspace, started):
    group = start_group(workspace, plan_seeds(CONFIG, 3))

    assert differing(started, "seed", "num_epochs") == [(7, 3), (8, 3), (9, 3)]
    assert list(group.members) == started
    assert {run.config.group for run in started} == {group.group_id}
    assert started[0].config.name == "minilm on toy, seed 7"


def test_folds_are_runs_that_validate_on_one_part_each(workspace, started):
    start_group(workspace, plan_folds(CONFIG, 4))

    assert differing(started, "num_folds", "fold") == [(4, 1), (4, 2), (4, 3), (4, 4)]


def test_a_grid_is_a_run_for_every_combination(workspace, started):
    start_group(workspace, plan_search(CONFIG, GRID, "grid"))

    assert differing(started, "num_epochs", "loss") == [
        (2, "cross_entropy"),
        (2, "focal"),
        (3, "cross_entropy"),
        (3, "focal"),
    ]


def test_a_grid_skips_combinations_that_contradict_and_says_why(workspace, started):
    space = parse_space(["loss=cross_entropy,focal", "label_smoothing_factor=0,0.1"])

    group = start_group(workspace, plan_search(CONFIG, space, "grid"))

    assert len(started) == 3
    [skipped] = group.ends.values()
    assert (skipped.number, skipped.ending) == (4, "skipped")
    assert skipped.settings == {"loss": "focal", "label_smoothing_factor": 0.1}
    assert "focal loss is not defined for smoothed labels" in skipped.reason


def test_a_search_is_left_to_its_coordinator(workspace, started, coordinators):
    plan = plan_search(CONFIG, parse_space(["learning_rate=1e-5:1e-3:log"]), "tpe", 8)

    group = start_group(workspace, plan)

    assert coordinators == [group.folder]
    assert started == []


def test_all_members_share_one_version_of_the_data(workspace, started, toy_dataset):
    stored = DatasetStore.open(workspace).find("toy")

    group = start_group(workspace, plan_seeds(CONFIG, 2))

    assert group.plan.config.dataset_fingerprint == stored.fingerprint


def test_models_to_choose_from_become_absolute(
    workspace, started, tiny_model_dir, monkeypatch, coordinators
):
    monkeypatch.chdir(tiny_model_dir.parent)

    group = start_group(
        workspace, plan_search(CONFIG, parse_space(["model=minilm,./bert"]), "grid")
    )

    assert group.plan.space["model"].choices == ("minilm", str(tiny_model_dir))
    assert differing(started, "model") == [("minilm",), (str(tiny_model_dir),)]


def test_a_second_start_with_an_id_finds_the_group_and_makes_only_what_is_missing(
    workspace, started, coordinators
):
    plan = plan_seeds(CONFIG, 3)
    first = start_group(workspace, plan, GROUP_ID)

    second = start_group(workspace, plan, GROUP_ID)

    assert second == first
    assert len(started) == 3
    assert len(RunStore.open(workspace).runs()) == 3
    search = plan_search(CONFIG, parse_space(["seed=1:9"]), "random", 2)
    for _ in range(2):
        start_group(workspace, search, "20260101-120001-0123abcd")
    assert len(coordinators) == 1


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: plan_seeds(CONFIG, 1), InvalidArgumentError, "Expected from 2 to 32 seeds, got 1"),
        (lambda: plan_folds(CONFIG, 1), InvalidArgumentError, "Expected from 2 to 32 folds, got 1"),
        (
            lambda: plan_folds(CONFIG, 99),
            InvalidArgumentError,
            "Expected from 2 to 32 folds, got 99",
        ),
        (
            lambda: plan_search(CONFIG, parse_space(["seed=1:9"]), "grid"),
            InvalidArgumentError,
            "A grid needs values, got the range 1:9 for seed",
        ),
        (
            lambda: plan_search(
                CONFIG, parse_space([f"seed={','.join(map(str, range(33)))}"]), "grid"
            ),
            InvalidArgumentError,
            "A grid of 33 combinations is too large; at most 32 runs are queued at once",
        ),
        (
            lambda: plan_search(CONFIG, parse_space(["seed=1:9"]), "tpe", 1),
            InvalidArgumentError,
            "Expected from 2 to 1,000 trials, got 1",
        ),
        (
            lambda: plan_search(CONFIG, parse_space(["seed=1:9"]), "random", 10),
            InvalidArgumentError,
            "The space has only 9 combinations, fewer than 10 trials",
        ),
    ],
)
def test_a_group_that_makes_no_sense_is_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"dataset": "nosuch"}, NotFoundError, 'Data set "nosuch" does not exist'),
        ({"model": "./nosuch"}, ModelError, "nosuch is not a model folder"),
        ({"num_nodes": 2}, InvalidArgumentError, "Expected num_nodes 1 in a group, got 2"),
        ({"report_to": ("mlflow",)}, InvalidArgumentError, "report_to names mlflow, which is not"),
        (
            {"dataset": "topics", "oversampling": True},
            InvalidArgumentError,
            "topics has several labels per text, .* Set oversampling to false",
        ),
    ],
)
def test_a_group_that_cannot_start_stores_nothing(
    workspace, topics_dataset, started, monkeypatch, settings, error, message
):
    monkeypatch.setattr("textcls_core.training.trackers.find_spec", lambda _: None)
    DatasetStore.open(workspace).save(topics_dataset, "topics", "made for the test")

    with pytest.raises(error, match=message):
        start_group(workspace, plan_seeds(CONFIG.model_copy(update=settings), 2))

    assert started == GroupStore.open(workspace).groups() == []


def test_a_space_that_needs_what_its_data_cannot_give_is_refused_before_the_start(
    workspace, topics_dataset, coordinators
):
    DatasetStore.open(workspace).save(topics_dataset, "topics", "made for the test")
    config = CONFIG.model_copy(update={"dataset": "topics"})
    plan = plan_search(config, parse_space(["oversampling=true,false"]), "random", 2)

    with pytest.raises(InvalidArgumentError, match="topics has several labels per text"):
        start_group(workspace, plan)

    assert coordinators == GroupStore.open(workspace).groups() == []


def test_a_model_of_the_space_that_does_not_exist_is_refused_before_the_start(workspace, started):
    plan = plan_search(CONFIG, parse_space(["model=minilm,./nosuch"]), "grid")

    with pytest.raises(ModelError, match="nosuch is not a model folder"):
        start_group(workspace, plan)

    assert started == GroupStore.open(workspace).groups() == []


def test_a_grid_without_a_possible_combination_is_refused(workspace, started):
    config = CONFIG.model_copy(update={"freeze_embeddings": True})
    plan = plan_search(config, parse_space(["lora_rank=2,4"]), "grid")

    with pytest.raises(InvalidArgumentError, match=r"No combination is possible\..*LoRA already"):
        start_group(workspace, plan)

    assert GroupStore.open(workspace).groups() == []


def test_folds_of_too_small_a_class_are_refused_before_the_start(workspace, started):
    labels = [*"a" * 30, *"b" * 3]
    splits = ["train"] * 20 + ["validation"] * 5 + ["test"] * 5 + ["train", "test", "test"]
    rows = Rows([f"text {n}" for n in range(33)], labels, splits, extra={})
    DatasetStore.open(workspace).save(build_dataset(rows), "small", "made for the test")

    with pytest.raises(DatasetFormatError, match=r'1 class is too small .* "b"'):
        start_group(workspace, plan_folds(CONFIG.model_copy(update={"dataset": "small"}), 3))

    assert started == GroupStore.open(workspace).groups() == []


def test_seeds_past_the_last_possible_one_are_refused():
    with pytest.raises(InvalidArgumentError, match="seed"):
        plan_seeds(CONFIG.model_copy(update={"seed": 2**32 - 2}), 5)


@pytest.mark.parametrize(
    ("plan", "command"),
    [
        (plan_seeds(CONFIG, 3), "train {shared} --seeds 3"),
        (plan_folds(CONFIG, 5), "train {shared} --folds 5"),
        (
            plan_search(CONFIG, GRID, "grid"),
            "search {shared} --space num_epochs=2,3 --space loss=cross_entropy,focal --method grid",
        ),
        (
            plan_search(CONFIG, parse_space(["learning_rate=1e-5:1e-3:log"]), "tpe", 9),
            "search {shared} --space learning_rate=1e-05:0.001:log --method tpe --trials 9",
        ),
        (
            plan_search(CONFIG, parse_space(["seed=1:9"]), "random", 9, prune=False),
            "search {shared} --space seed=1:9 --method random --trials 9 --no-prune",
        ),
    ],
    ids=["seeds", "folds", "grid", "tpe", "random"],
)
def test_the_command_of_a_group_can_be_copied(plan, command):
    shared = "--dataset toy --model minilm --preset balanced --set seed=7"

    assert group_command(plan) == "python -m textcls_core " + command.format(shared=shared)


def test_a_plan_survives_its_file(workspace, started):
    plan = plan_search(CONFIG, GRID, "grid")

    group = start_group(workspace, plan, GROUP_ID)

    stored = json.loads((group.folder / "group.json").read_text())
    assert stored["space"]["num_epochs"] == {"choices": [2, 3]}
    assert RunGroup(group.folder).plan.space == plan.space
    assert planned_members(RunGroup(group.folder).plan)[0].keys() == {1, 2, 3, 4}
