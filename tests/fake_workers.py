"""Workers that train nothing, and a coordinator that leads them: for tests of searches.

Whenever the coordinator sleeps, every active run gets one more validation, obeys its stop file, or
ends. Optuna and the run folders are real; nobody waits for real time.
"""

from collections.abc import Callable
from pathlib import Path

from tests.groups import figures, finish, pause, validate
from textcls_core.files import write_json
from textcls_core.runs.group import RunGroup
from textcls_core.runs.run import Run
from textcls_core.training import search
from textcls_core.training.study import open_study

NUM_VALIDATIONS = 4


class FakeWorkers:
    """Plays the workers of all runs that were started."""

    def __init__(self, score_of: Callable[[Run, int], float]) -> None:
        self.runs: list[Run] = []
        self.score_of = score_of
        self.outcome = "completed"
        self.killed: list[Run] = []

    def start(self, run: Run) -> None:
        """Be the worker of a run."""
        write_json(run.folder / "started.json", {"num_steps": 10 * NUM_VALIDATIONS})
        self.runs.append(run)

    def is_alive(self, lock_file: Path) -> bool:
        """Tell whether the worker of a run holds its lock."""
        run = Run(lock_file.parent)
        return run in self.runs and run not in self.killed and not run.finished

    def work(self, _seconds: float = 0) -> None:
        """Let every active run do one more validation or end."""
        for run in self.runs:
            if not run.status.is_active:
                continue
            count = len(run.history.evaluations)
            best = run.history.best(run.config.metric_for_best_model)
            done = figures(best["validation_macro_f1"] if best else 0.0)
            if run.stop_file.exists():
                finish(run, "stopped", validation=done, test=done)
            elif run.pause_file.exists():
                pause(run)
            elif self.outcome == "failed":
                finish(run, "failed", error="Out of memory.")
            elif count == NUM_VALIDATIONS:
                finish(run, validation=done, test=done)
            else:
                validate(run, self.score_of(run, count + 1))


def quality(run: Run, place: int) -> float:
    """Learning rates near 1e-4 are best, large ones fail; every validation is a little better."""
    rate = run.config.learning_rate
    found = 0.9 - 2000 * abs(rate - 1e-4) if rate < 2e-4 else 0.4
    return round(found, 6) + place * 0.01


def lead(group):
    """Run a coordinator to its end and return the group as it then is."""
    code = search.main(group.folder)
    return code, RunGroup(group.folder)


def states(group):
    study = open_study(group.folder / "study.journal", group.plan)
    return [trial.state.name for trial in study.trials]
