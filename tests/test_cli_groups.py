"""The command line of several runs: its JSON, its exit codes, its one-line errors."""

import pytest

from tests.groups import GROUP_ID, add_member, figures, finish, make_group
from tests.pages.conftest import make_run
from tests.test_cli import answer, complaint
from textcls_core.cli.main import main
from textcls_core.files import write_json
from textcls_core.runs.group_store import GroupStore
from textcls_core.runs.run import Run
from textcls_core.runs.store import RunStore
from textcls_core.training import groups


@pytest.fixture
def home(workspace, monkeypatch, minilm_dir):
    """The command line works in a workspace with `bbc-news` and `toy`."""
    monkeypatch.setenv("TEXTCLS_HOME", str(workspace.root))
    monkeypatch.setattr("textcls_core.models.catalogue._embedded_folder", lambda: minilm_dir)
    return workspace


@pytest.fixture
def started(monkeypatch):
    """Runs that a command started; no process is started for them."""
    runs: list[Run] = []
    monkeypatch.setattr("textcls_core.training.launch._start_worker", runs.append)
    return runs


@pytest.fixture
def coordinators(monkeypatch):
    """Groups that a command gave a coordinator; no process is started for them."""
    found = []
    monkeypatch.setattr(groups, "_start_coordinator", found.append)
    return found


@pytest.fixture
def ended_group(home):
    """Two completed seeds and a failed one."""
    group = make_group(home)
    for number, accuracy in ((1, 0.8), (2, 0.9)):
        run = add_member(group, number, seed=number)
        finish(run, validation=figures(accuracy), test=figures(accuracy))
    finish(add_member(group, 3, seed=3), "failed", error="Out of memory.")
    return group


def test_train_with_seeds_starts_a_group(home, started, capsys):
    made = answer(capsys, "train", "--dataset", "toy", "--seeds", "3", "--set", "seed=5")

    assert made["runs"] == [run.run_id for run in started]
    assert [run.config.seed for run in started] == [5, 6, 7]
    assert made["status"] == "queued"
    assert GroupStore.open(home).open_group("latest").group_id == made["group_id"]


def test_train_with_folds_starts_a_group(home, started, capsys):
    answer(capsys, "train", "--dataset", "toy", "--folds", "3")

    assert [(run.config.num_folds, run.config.fold) for run in started] == [(3, 1), (3, 2), (3, 3)]


def test_search_with_a_grid_starts_every_combination(home, started, capsys):
    answer(
        *(capsys, "search", "--dataset", "toy", "--method", "grid"),
        *("--space", "num_epochs=2,3", "--space", "batch_size=8,16"),
    )

    assert [(r.config.num_epochs, r.config.batch_size) for r in started] == [
        (2, 8),
        (2, 16),
        (3, 8),
        (3, 16),
    ]


def test_search_is_by_tpe_with_twenty_trials_unless_told_otherwise(home, coordinators, capsys):
    made = answer(capsys, "search", "--dataset", "toy", "--space", "learning_rate=1e-5:1e-3:log")

    [group] = coordinators
    assert (group.plan.kind, group.plan.num_planned, group.plan.prune) == ("tpe", 20, True)
    assert made["runs"] == []


def test_search_takes_trials_and_leaves_out_pruning(home, coordinators, capsys):
    answer(
        *(capsys, "search", "--dataset", "toy", "--space", "seed=1:9", "--method", "random"),
        *("--trials", "4", "--no-prune"),
    )

    plan = coordinators[0].plan
    assert (plan.kind, plan.num_planned, plan.prune) == ("random", 4, False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train", "--seeds", "3", "--folds", "3"], "Expected --seeds or --folds, got both."),
        (["train", "--seeds", "1"], "Expected from 2 to 32 seeds, got 1."),
        (["train", "--folds", "99"], "Expected from 2 to 32 folds, got 99."),
        (["train", "--seeds", "x"], "Invalid value for '--seeds'"),
        (["search"], "Expected at least one setting to vary"),
        (["search", "--space", "learning_rate"], "Expected name=values"),
        (["search", "--space", "nosuch=1,2"], '"nosuch" is not a setting of a run.'),
        (["search", "--space", "num_epochs=0,2"], "num_epochs: input should be greater than"),
        (["search", "--space", "seed=1:9", "--method", "grid"], "A grid needs values"),
        (["search", "--space", "seed=1,2", "--method", "best"], "Expected a method (grid, random"),
        (
            ["search", "--space", "seed=1,2", "--method", "grid", "--trials", "3"],
            "A grid tries every combination; leave out --trials.",
        ),
        (["search", "--space", "seed=1,2", "--trials", "3"], "has only 2 combinations"),
        (["search", "--space", "seed=1:99", "--trials", "0"], "Expected from 2 to 1,000 trials"),
        (["groups", "show", "nope"], 'Group "nope" does not exist.'),
        (["groups", "cancel", "latest"], "There are none yet."),
        (["groups", "resume", "../.."], "does not exist."),
        (["runs", "diff", "nope", "latest"], 'Run "nope" does not exist.'),
        (["runs", "clone", "nope"], 'Run "nope" does not exist.'),
    ],
)
def test_bad_input_gives_one_line_and_starts_nothing(home, started, capsys, arguments, message):
    error = complaint(capsys, *arguments)

    assert message in error
    assert started == RunStore.open(home).runs() == GroupStore.open(home).groups() == []


def test_a_group_is_shown_with_mean_and_spread(ended_group, capsys):
    shown = answer(capsys, "groups", "show", GROUP_ID)

    accuracy = shown["summary"]["test"]["accuracy"]
    assert accuracy["mean"] == pytest.approx(0.85)
    assert accuracy["standard_deviation"] == pytest.approx(0.0707107)
    assert (accuracy["n"], shown["planned"], shown["status"]) == (2, 3, "completed")
    assert [member["status"] for member in shown["members"]] == ["completed", "completed", "failed"]
    assert shown["members"][2]["reason"] == "Out of memory."


def test_a_group_is_shown_to_people_with_its_best_run(ended_group, capsys):
    code = main(["groups", "show", "latest"])

    printed = capsys.readouterr().out
    assert code == 0
    assert "test accuracy: 85.0 % ± 7.1 (80.0 % to 90.0 %, 2 runs)" in printed
    assert f"best: seed 2, run {ended_group.members[1].run_id}" in printed
    assert "Out of memory." in printed


def test_groups_are_listed(ended_group, capsys):
    [listed] = answer(capsys, "groups", "list")

    assert listed["group_id"] == GROUP_ID


def test_waiting_for_a_group_prints_its_result_and_its_exit_code(home, monkeypatch, capsys):
    monkeypatch.setattr(
        "textcls_core.training.launch._start_worker",
        lambda run: finish(run, "failed", error="Out of memory."),
    )

    code = main(["train", "--dataset", "toy", "--seeds", "2", "--wait", "--json"])

    assert code == 1
    assert '"status": "failed"' in capsys.readouterr().out


def test_a_group_is_cancelled(home, started, capsys):
    made = answer(capsys, "train", "--dataset", "toy", "--seeds", "2")

    cancelled = answer(capsys, "groups", "cancel", made["group_id"])

    assert cancelled == {"group_id": made["group_id"], "status": "stopping"}
    assert all(run.stop_file.exists() for run in started)


def test_a_group_is_resumed(home, started, capsys):
    group = make_group(home)

    resumed = answer(capsys, "groups", "resume", "latest")

    assert resumed["group_id"] == group.group_id
    assert len(started) == 3


def test_only_a_search_at_work_is_joined(ended_group, capsys):
    assert "only a search that is at work" in complaint(capsys, "groups", "join", GROUP_ID)


def test_a_group_that_has_ended_is_not_cancelled(ended_group, capsys):
    assert "already completed" in complaint(capsys, "groups", "cancel", GROUP_ID)


def test_two_runs_are_compared(home, toy_dataset, capsys):
    one = make_run(home, "toy", toy_dataset, {}, seed=1)
    two = make_run(home, "toy", toy_dataset, {}, seed=2, num_epochs=9)

    shown = answer(capsys, "runs", "diff", one.run_id, two.run_id)

    assert shown["runs"] == [one.run_id, two.run_id]
    assert shown["differences"] == [
        {"name": "num_epochs", "values": [3, 9]},
        {"name": "seed", "values": [1, 2]},
    ]


def test_a_run_is_like_itself(home, toy_dataset, capsys):
    run = make_run(home, "toy", toy_dataset, {})

    code = main(["runs", "diff", run.run_id, "latest"])

    assert code == 0
    assert capsys.readouterr().out == "The settings are the same.\n"


def test_a_run_is_cloned_with_changes_and_without_its_group(ended_group, started, capsys):
    made = answer(capsys, "runs", "clone", ended_group.members[0].run_id, "--set", "num_epochs=9")

    [run] = started
    assert made["run_id"] == run.run_id
    assert (run.config.num_epochs, run.config.seed, run.config.group) == (9, 1, "")


def test_a_clone_with_a_wrong_setting_starts_nothing(ended_group, started, capsys):
    run_id = ended_group.members[0].run_id

    error = complaint(capsys, "runs", "clone", run_id, "--set", "num_epochs=0")

    assert "num_epochs: input should be greater than or equal to 1" in error
    assert started == []


def test_a_search_that_failed_shows_why(home, capsys):
    group = make_group(home, "tpe", ("seed=1:9",))
    write_json(group.failed_file, {"error": "3 runs in a row failed."})

    main(["groups", "show", "latest"])

    assert "error: 3 runs in a row failed." in capsys.readouterr().out
