"""Tests of the folder that holds runs."""

import datetime as dt
import os
import re
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from textcls_core.config import RunConfig
from textcls_core.errors import NotFoundError
from textcls_core.files import write_json
from textcls_core.runs.history import append_rows
from textcls_core.runs.run import RunStatus
from textcls_core.runs.store import RunStore, new_run_id, summary
from textcls_core.workspace import Workspace

CONFIG = RunConfig.create({"dataset": "toy"})
FIRST, SECOND, THIRD = (f"20260101-00000{number}-0123abcd" for number in (1, 2, 3))


@pytest.fixture
def store(tmp_path):
    return RunStore.open(Workspace(tmp_path))


def make_run(store, run_id, *, age_seconds=0.0, **settings):
    run, _ = store.create(CONFIG.model_copy(update=settings), run_id)
    moment = time.time() - age_seconds
    os.utime(run.folder / "config.json", (moment, moment))
    return run


def finish(run, **facts):
    write_json(run.folder / "finished.json", {"outcome": "completed", **facts})


def test_new_run_id_sorts_by_time_and_is_never_the_same():
    ids = [new_run_id() for _ in range(100)]

    assert len(set(ids)) == 100
    assert all(re.fullmatch(r"\d{8}-\d{6}-[0-9a-f]{8}", run_id) for run_id in ids)


def test_create_writes_the_settings_under_an_id_of_its_own(store):
    run, is_new = store.create(CONFIG)

    assert is_new
    assert run.folder.parent == store.root
    assert run.config == CONFIG


def test_create_with_the_same_id_finds_the_first_run(store):
    first, _ = store.create(CONFIG, FIRST)

    second, is_new = store.create(CONFIG.model_copy(update={"seed": 7}), FIRST)

    assert not is_new
    assert second == first
    assert second.config.seed == 42


def test_create_at_the_same_moment_makes_one_run(store):
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: store.create(CONFIG, FIRST), range(40)))

    assert sum(is_new for _, is_new in results) == 1
    assert [folder.name for folder in store.root.iterdir()] == [FIRST]


@pytest.mark.parametrize(
    "run_id", ["../escape", "..", "x", "20260101-000001-0123ABCD", f"{FIRST}\n", f"{FIRST}/.."]
)
def test_create_refuses_an_id_that_was_not_made_here(store, run_id):
    with pytest.raises(NotFoundError, match=r"is not a run id\. Ids are made by the app\."):
        store.create(CONFIG, run_id)

    assert not store.root.exists()


def test_runs_are_newest_first_by_their_start(store):
    make_run(store, THIRD, age_seconds=30)  # its form was shown last, but it was started first
    make_run(store, FIRST, age_seconds=20)
    make_run(store, SECOND, age_seconds=10)

    assert [run.run_id for run in store.runs()] == [SECOND, FIRST, THIRD]


def test_copied_runs_keep_their_age_and_their_order(store, tmp_path):
    first, second = (store.create(CONFIG)[0] for _ in range(2))
    for run, hour in ((first, 7), (second, 8)):
        started_at = dt.datetime(2026, 1, 1, hour, tzinfo=dt.UTC)
        write_json(run.folder / "started.json", {"started_at": started_at.isoformat()})
    for run in (second, first):  # now the files of the first are the newer ones
        shutil.copytree(run.folder, tmp_path / "copy" / run.run_id, copy_function=shutil.copyfile)

    copied = RunStore(tmp_path / "copy").runs()

    assert [run.run_id for run in copied] == [second.run_id, first.run_id]
    assert [run.created_at.hour for run in copied] == [8, 7]


def test_a_copied_run_has_the_same_figures_and_one_that_went_on_has_not(store, tmp_path):
    run = make_run(store, FIRST)
    finish(run, finished_at="2026-01-01T07:00:00+00:00")

    shutil.copytree(run.folder, tmp_path / "copy" / FIRST, copy_function=shutil.copyfile)

    (copied,) = RunStore(tmp_path / "copy").runs()
    assert copied.decision_key == run.decision_key
    finish(copied, finished_at="2026-01-01T08:00:00+00:00")
    assert copied.decision_key != run.decision_key


def test_runs_leave_out_what_is_not_a_run(store):
    make_run(store, FIRST)
    (store.root / SECOND).mkdir()
    (store.root / "notes").mkdir()
    write_json(store.root / "notes" / "config.json", {})
    write_json(store.root / f".{THIRD}.tmp" / "config.json", {})

    assert [run.run_id for run in store.runs()] == [FIRST]


def test_runs_of_a_new_workspace_are_none(store):
    assert store.runs() == []
    assert store.active() == []


def test_open_run_finds_a_run_by_its_id(store):
    run = make_run(store, FIRST)
    make_run(store, SECOND)

    assert store.open_run(FIRST) == run


def test_open_run_latest_is_the_newest(store):
    make_run(store, FIRST, age_seconds=10)
    newest = make_run(store, SECOND)

    assert store.open_run("latest") == newest


def test_open_run_names_the_runs_that_exist(store):
    make_run(store, FIRST)

    with pytest.raises(NotFoundError, match=f'Run "nosuch" does not exist. Known: "{FIRST}".'):
        store.open_run("nosuch")


def test_open_run_of_a_new_workspace_says_that_there_is_none(store):
    with pytest.raises(NotFoundError, match=r'Run "latest" does not exist\. There are none yet\.'):
        store.open_run("latest")


def test_open_run_shows_no_control_characters(store):
    with pytest.raises(NotFoundError, match=r'Run "\[31mred" does not exist'):
        store.open_run("\x1b[31mred\0")


def test_active_are_the_unfinished_runs_oldest_first(store):
    first = make_run(store, FIRST, age_seconds=3)
    finish(make_run(store, SECOND, age_seconds=2))
    third = make_run(store, THIRD, age_seconds=1)

    assert store.active() == [first, third]


def test_waiting_behind_are_the_active_runs_started_before(store):
    first = make_run(store, FIRST, age_seconds=3)
    finish(make_run(store, SECOND, age_seconds=2))
    third = make_run(store, THIRD, age_seconds=1)

    assert store.waiting_behind(third) == [first]
    assert store.waiting_behind(first) == []


def test_waiting_behind_goes_by_the_start_and_not_by_when_the_form_was_shown(store):
    late = make_run(store, FIRST)
    early = make_run(store, SECOND, age_seconds=10)

    assert store.waiting_behind(late) == [early]
    assert store.waiting_behind(early) == []


def test_waiting_behind_forgets_a_run_whose_worker_died(store, hold_lock):
    first, second = make_run(store, FIRST, age_seconds=3), make_run(store, SECOND)
    worker = hold_lock(first.lock_file)
    write_json(first.folder / "environment.json", {})
    before = store.waiting_behind(second)

    worker.kill()
    worker.wait()

    assert before == [first]
    assert store.waiting_behind(second) == []


def test_waiting_behind_leaves_out_a_run_that_people_have_yet_to_start(store, hold_lock):
    first = make_run(store, FIRST, age_seconds=3600, num_nodes=2)
    second = make_run(store, SECOND)

    assert store.active() == [first, second]
    assert store.waiting_behind(second) == []
    hold_lock(first.lock_file)
    assert store.waiting_behind(second) == [first]


@pytest.fixture
def on_two_gpus(store, hold_lock, pretend_gpus):
    """Make a run at work on a machine with two GPUs, which holds slots or waits for some."""
    pretend_gpus(2)

    def make(run_id, age_seconds, facts, **settings):
        run = make_run(store, run_id, age_seconds=age_seconds, **settings)
        hold_lock(run.lock_file)
        write_json(run.folder / "environment.json", {"device": "cuda", **facts})
        return run

    return make


ANY, BOTH = {"waits_for": ["cuda-1", "cuda-0"]}, {"waits_for": ["cuda-0", "cuda-1"]}


def test_run_on_another_gpu_is_not_waited_for(store, on_two_gpus):
    on_two_gpus(FIRST, 3, {"slots": ["cuda-1"]})
    second = on_two_gpus(SECOND, 2, {"slots": ["cuda-0"]})
    starting = make_run(store, THIRD, device="cpu")

    assert store.waiting_behind(second) == store.waiting_behind(starting) == []


def test_run_that_starts_while_a_gpu_is_free_waits_for_nobody(store, on_two_gpus):
    on_two_gpus(FIRST, 3, {"slots": ["cuda-1"]})
    starting = make_run(store, SECOND)

    assert store.waiting_behind(starting) == []


def test_run_waits_behind_all_that_hold_what_it_could_take(store, on_two_gpus):
    runs = [on_two_gpus(FIRST, 3, {"slots": ["cuda-1"]})]
    runs.append(on_two_gpus(SECOND, 2, {"slots": ["cuda-0"]}))
    third = on_two_gpus(THIRD, 1, ANY)

    assert store.waiting_behind(third) == runs
    assert store.reserved_before(third) == set()


def test_run_on_both_gpus_waits_behind_the_one_on_either(store, on_two_gpus):
    first = on_two_gpus(FIRST, 3, {"slots": ["cuda-1"]})
    second = on_two_gpus(SECOND, 2, BOTH, num_processes=2)
    third = on_two_gpus(THIRD, 1, ANY)

    assert store.waiting_behind(second) == [first]
    assert store.waiting_behind(third) == [first, second]
    assert store.reserved_before(second) == set()
    assert store.reserved_before(third) == {"cuda-0", "cuda-1"}


def test_resumed_run_waits_behind_a_later_one_that_holds_its_slot(store, on_two_gpus):
    resumed = on_two_gpus(FIRST, 3, {"device": "cpu", "waits_for": ["cpu"]})
    later = on_two_gpus(SECOND, 2, {"device": "cpu", "slots": ["cpu"]})

    assert store.waiting_behind(resumed) == [later]


def test_slot_file_is_one_per_slot(store):
    slots = ("cpu", "cuda-0", "cuda-1", "cuda-MIG-a/1/0")
    files = [store.slot_file(slot) for slot in slots]

    assert len(set(files)) == 4
    assert {file.parent for file in files} == {store.root}


def test_summary_of_a_queued_run_has_no_figures(store):
    run = make_run(store, FIRST)

    assert summary(run) == {
        "run_id": FIRST,
        "status": RunStatus.QUEUED.value,
        "name": "minilm on toy",
        "dataset": "toy",
        "model": "minilm",
        "created_at": run.created_at.isoformat(),
        "steps": 0,
    }


def test_summary_of_a_finished_run_has_its_figures(store):
    run = make_run(store, FIRST)
    figures = {"train_seconds": 2.5, "tokens_per_second": 10.0, "validation": {"accuracy": 0.5}}
    finish(run, **figures, stopped_early=False)
    with run.history_file.open("a") as file:
        append_rows(file, [{"step": 7, "train_loss": 1.0}])

    facts = summary(run)

    assert facts["status"] == "completed"
    assert facts["steps"] == 7
    assert {name: facts[name] for name in figures} == figures
    assert "stopped_early" not in facts
