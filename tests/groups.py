"""Groups and members written by hand, for tests of all rooms."""

import datetime as dt
import os
import time
from typing import Any

from textcls_core.config import RunConfig
from textcls_core.files import write_json
from textcls_core.runs.group import GroupPlan, RunGroup, member_run_id
from textcls_core.runs.group_store import GroupStore
from textcls_core.runs.history import append_rows
from textcls_core.runs.run import Run
from textcls_core.runs.search_space import Choices, parse_space
from textcls_core.runs.store import RunStore
from textcls_core.workspace import Workspace

GROUP_ID = "20260101-120000-0123abcd"


def make_group(
    workspace: Workspace,
    kind: str = "seeds",
    space: tuple[str, ...] = ("seed=1,2,3",),
    num_planned: int = 3,
    *,
    group_id: str = GROUP_ID,
    age_seconds: float = 60.0,
    **settings: Any,
) -> RunGroup:
    """Write the folder of a group that was started `age_seconds` ago and has no member yet.

    Two folds need no space.
    """
    config = RunConfig.create({"dataset": "toy", **settings})
    plan = GroupPlan(
        kind=kind,
        title=f"{config.title}: {kind}",
        config=config,
        space=parse_space(space) if kind != "folds" else {"fold": Choices(choices=(1, 2))},
        num_planned=num_planned,
        created_at=dt.datetime.now(dt.UTC) - dt.timedelta(seconds=age_seconds),
    )
    group, _ = GroupStore.open(workspace).create(plan, group_id)
    moment = time.time() - age_seconds
    os.utime(group.folder / "group.json", (moment, moment))
    return group


def add_member(group: RunGroup, number: int, *, age_seconds: float = 60.0, **settings: Any) -> Run:
    """Write the folder of a planned member whose worker has not begun, and will not."""
    config = group.plan.member_config(group.group_id, number, settings)
    run_id = member_run_id(group.group_id, number)
    run, _ = RunStore.open(group.workspace).create(config, run_id)
    moment = time.time() - age_seconds
    os.utime(run.folder / "config.json", (moment, moment))
    return run


def finish(run: Run, outcome: str = "completed", **figures: Any) -> Run:
    """Let a run have ended.

    Args:
        run: A run folder.
        outcome: The word in `finished.json`.
        **figures: The figures of each split.
    """
    write_json(run.folder / "started.json", {"num_steps": 20})
    facts = {"outcome": outcome, "train_seconds": 4.0, "tokens_per_second": 100.0}
    write_json(run.folder / "finished.json", {**facts, **figures})
    (run.folder / "predictions").mkdir(exist_ok=True)
    (run.folder / "predictions" / "test.parquet").touch()
    return run


def pause(run: Run) -> Run:
    """Let a run have been paused: it has a checkpoint, and no model."""
    write_json(run.folder / "finished.json", {"outcome": "stopped", "paused": True})
    return run


def figures(accuracy: float, macro_f1: float | None = None) -> dict[str, float]:
    """Return what a worker writes about one split."""
    return {
        "loss": round(1 - accuracy, 6),
        "accuracy": accuracy,
        "macro_f1": accuracy if macro_f1 is None else macro_f1,
        "majority_accuracy": 0.4,
    }


def validate(run: Run, *scores: float) -> None:
    """Append validations with these figures to the history of a run."""
    known = len(run.history.evaluations)
    with run.history_file.open("a", encoding="utf-8") as file:
        append_rows(
            file,
            [
                {"step": 10 * place, "epoch": place, "validation_loss": 1 - score}
                | {"validation_accuracy": score, "validation_macro_f1": score}
                for place, score in enumerate(scores, known + 1)
            ],
        )
