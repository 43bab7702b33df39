"""The process that leads a search: `python -m textcls_core.training.search GROUP_FOLDER`.

A coordinator asks Optuna for settings, starts a run with them, watches its validations, stops it
when it falls behind, and tells Optuna how it ended. Several coordinators may share a search. All it
knows is in files: after kill -9 the next one takes up the trials where they stand.
"""

import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from optuna.trial import FrozenTrial, Trial, TrialState

from textcls_core.errors import InvalidArgumentError, TextclsError, TrainingError
from textcls_core.files import describe_refusal, write_json
from textcls_core.jobs.lock import ProcessLock, is_locked
from textcls_core.runs.group import MAX_COORDINATORS, Ending, RunGroup, TrialEnd, member_run_id
from textcls_core.runs.group_figures import validation_score
from textcls_core.runs.run import Run, RunStatus
from textcls_core.training.groups import resume_quietly, start_member, stop_quietly
from textcls_core.training.study import LOCK_SECONDS, draw, open_study, trials_in

_POLL_SECONDS = 1.0
_PLACE_SECONDS = 0.5
_MAX_FAILURES = 3
"""Failures in a row after which the search ends: something is wrong with all of its runs."""
_OWNER = "coordinator"
_PRUNED = "pruned_at"
_STATES: dict[Ending, TrialState] = {
    "completed": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "stopped": TrialState.PRUNED,
    "skipped": TrialState.PRUNED,  # so that the sampler avoids what cannot be
    "failed": TrialState.FAIL,
}
logger = logging.getLogger("textcls_core.search")


class Search:
    """One coordinator at work on one search."""

    def __init__(self, group: RunGroup, place: int) -> None:
        self.group = group
        self.plan = group.plan
        self.place = place
        with self._turn():
            self.study = open_study(group.folder / "study.journal", self.plan)

    def run(self) -> None:
        """Work until all trials are asked for or the group is cancelled.

        Raises:
            TrainingError: If several runs in a row fail.
        """
        failures = 0
        while not self.group.is_cancelled and (trial := self._next_trial()) is not None:
            end = self._work(trial)
            if end is None:
                continue
            self._tell(trial, end)
            failures = failures + 1 if end.ending == "failed" else 0
            if failures == _MAX_FAILURES:
                raise TrainingError(
                    f"{failures} runs in a row failed, the last one because: {end.reason}"
                )

    def _next_trial(self) -> Trial | None:
        """Return a trial that nobody works on any more, or else a new one; None at the end."""
        with self._turn():
            trial = self._left_behind() or self._new_trial()
            if trial is not None:
                trial.set_user_attr(_OWNER, self.place)
        return trial

    def _left_behind(self) -> Trial | None:
        for frozen in trials_in(self.study, TrialState.RUNNING):
            if self._run(frozen.number + 1).is_paused:
                continue
            owner = frozen.user_attrs.get(_OWNER, self.place)
            if owner == self.place or not is_locked(self.group.coordinator_lock(owner)):
                logger.info("Taking up trial %d.", frozen.number + 1)
                return Trial(self.study, frozen._trial_id)
        return None

    def _new_trial(self) -> Trial | None:
        if len(trials_in(self.study)) >= self.plan.num_planned:
            return None
        return self.study.ask()

    def _run(self, number: int) -> Run:
        """Return the run of a trial, which need not exist yet."""
        return Run(self.group.workspace.runs_dir / member_run_id(self.group.group_id, number))

    def _work(self, trial: Trial) -> TrialEnd | None:
        """Draw settings, train with them, and return how it ended; None if it was paused."""
        settings, number = draw(trial, self.plan), trial.number + 1
        logger.info("Trial %d: %s.", number, settings)
        try:
            config = self.plan.member_config(self.group.group_id, number, settings)
        except InvalidArgumentError as error:
            return _end(trial, "skipped", str(error))
        twin = self._twin(trial, settings)
        if twin is not None:
            return _end(trial, "skipped", f"Trial {twin.number} had the same settings.", twin.value)
        try:
            run = start_member(self.group, number, config)
        except TextclsError as error:
            return _end(trial, "failed", str(error))
        if run is None:
            return _end(trial, "stopped", "The search was cancelled.")
        self._follow(trial, run)
        if run.status == RunStatus.INTERRUPTED and not self.group.is_cancelled:
            logger.info("Trial %d: its worker was killed; it goes on.", number)
            resume_quietly(run)
            self._follow(trial, run)
        if run.is_paused:
            logger.info("Trial %d is paused; it stays open until somebody resumes it.", number)
            return None
        return self._end_of(trial, run)

    def _twin(self, trial: Trial, settings: dict[str, Any]) -> TrialEnd | None:
        """Return an earlier trial with the same settings, unless this one has begun already."""
        if self._run(trial.number + 1).exists:
            return None
        earlier = [end for end in self.group.ends.values() if end.number <= trial.number]
        same = [end for end in earlier if end.settings == settings]
        return next((end for end in same if end.ending in {"completed", "pruned"}), None)

    def _follow(self, trial: Trial, run: Run) -> None:
        """Report validations as they come, and stop the run when it falls behind."""
        while True:
            is_active = run.status.is_active  # before the rows: then none is missed at the end
            has_news = self._report(trial, run)
            if not is_active:
                return
            if self.group.is_cancelled:
                stop_quietly(run)
            elif has_news and run.progress[0] < 1 and trial.should_prune():
                trial.set_user_attr(_PRUNED, len(run.history.evaluations))
                stop_quietly(run)
            time.sleep(_POLL_SECONDS)

    def _report(self, trial: Trial, run: Run) -> bool:
        """Report what is new; return whether there was something.

        Validations at which the figure was undefined are left out. The others are counted, not
        their steps: trials with another batch size validate at other steps, and only what has the
        same place is compared.
        """
        evaluations = run.history.scored(self.plan.metric)
        known = len(_frozen(trial).intermediate_values)
        for place, row in enumerate(evaluations[known:], known + 1):
            trial.report(row[self.plan.metric], place)
        return len(evaluations) > known

    def _end_of(self, trial: Trial, run: Run) -> TrialEnd:
        """Return how the trial of a run that has ended came out."""
        status, score = run.status, validation_score(run, self.plan.metric)
        if status == RunStatus.COMPLETED and score is not None:
            return _end(trial, "completed", "", score)
        if status == RunStatus.STOPPED:
            validation = trial.user_attrs.get(_PRUNED)
            if validation is not None:
                reason = f"Behind the median of earlier trials at validation {validation}."
                return _end(trial, "pruned", reason, score)
            who = "The search was cancelled." if self.group.is_cancelled else "Stopped by hand."
            return _end(trial, "stopped", run.finished.get("error", who), score)
        if status == RunStatus.INTERRUPTED:
            return _end(trial, "failed", "The worker ended without a word, twice.")
        return _end(trial, "failed", str(run.finished.get("error", "The run has no validation.")))

    def _tell(self, trial: Trial, end: TrialEnd) -> None:
        """Write the end down, then tell Optuna; after a kill in between both are done again."""
        logger.info("Trial %d %s. %s", end.number, end.ending, end.reason)
        self.group.record_end(end)
        state = _STATES[end.ending]
        if end.ending == "skipped" and end.value is not None:
            state = TrialState.COMPLETE  # an earlier trial found the value
        value = end.value if state == TrialState.COMPLETE else None
        self.study.tell(trial, value, state=state, skip_if_finished=True)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Let one coordinator at a time take a trial: none is taken twice, none too many."""
        lock = ProcessLock(self.group.folder / "turn.lock")
        if not lock.acquire(LOCK_SECONDS):
            raise TrainingError(f"{lock.path} is locked by another process and stays so.")
        try:
            yield
        finally:
            lock.release()


def _frozen(trial: Trial) -> FrozenTrial:
    return trial.study.get_trials(deepcopy=False)[trial.number]


def _end(trial: Trial, ending: Ending, reason: str, value: float | None = None) -> TrialEnd:
    settings: dict[str, Any] = dict(trial.params)
    return TrialEnd(
        number=trial.number + 1, ending=ending, settings=settings, value=value, reason=reason
    )


def main(folder: Path) -> int:
    """Lead the search in `folder`; return the exit code."""
    group = RunGroup(folder)
    taken = _take_place(group)
    if taken is None:
        logger.error("%d coordinators are at work already.", MAX_COORDINATORS)
        return 1
    place, lock = taken
    group.failed_file.unlink(missing_ok=True)
    try:
        Search(group, place).run()
    except Exception as error:  # the outermost frame: the reason must reach the page
        logger.exception("The search cannot go on.")
        write_json(group.failed_file, {"error": _explain(error)})
        return 1
    finally:
        lock.release()
    logger.info("The search has ended.")
    return 0


def _take_place(group: RunGroup) -> tuple[int, ProcessLock] | None:
    for place in range(1, MAX_COORDINATORS + 1):
        lock = ProcessLock(group.coordinator_lock(place))
        if lock.acquire(_PLACE_SECONDS):
            return place, lock
    return None


def _explain(error: Exception) -> str:
    if isinstance(error, TextclsError):
        return str(error)
    if isinstance(error, OSError):
        return describe_refusal(error)
    return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    logging.basicConfig(
        level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(message)s", datefmt="%H:%M:%S"
    )
    sys.exit(main(Path(sys.argv[1]).resolve()))
