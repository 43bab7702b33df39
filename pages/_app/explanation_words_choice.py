"""What the Words view is asked: of which rows, by which method, and about which classes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages._app import controls, run_cache, state
from pages._app import explanation_words_cache as cache
from pages._app.sample_choice import choose_sample
from textcls_core.dataset.text_dataset import Split
from textcls_core.evaluation.by_task import AnyPredictions, task_of
from textcls_core.explanation.driving_questions import (
    EVERYTHING,
    NUM_ROWS,
    About,
    Choice,
    Question,
)
from textcls_core.explanation.driving_words_job import WORD_METHODS, word_arguments
from textcls_core.explanation.methods import TITLES, Method
from textcls_core.runs.run import Run
from textcls_core.wording import shorten

_ABOUT: dict[bool, dict[About, str]] = {
    True: {"classes": "Classes", "mistakes": "Mistakes"},
    False: {"classes": "Labels given", "mistakes": "Given wrongly", "missed": "Missed"},
}
"""By whether a text has exactly one class."""
_SAMPLES = (50, 100, NUM_ROWS, 500, 1_000, 2_000)
_CHARACTERS = 36


@dataclass(frozen=True, slots=True)
class Asked:
    """What rows of a split are asked, and how."""

    run: Run
    split: Split
    about: About
    method: Method
    size: int
    """Rows to ask at most."""

    @property
    def predictions(self) -> AnyPredictions:
        """What the run answered."""
        return run_cache.predictions(self.run, self.split)

    @property
    def is_single(self) -> bool:
        """Whether a text has exactly one class."""
        return task_of(self.predictions) == "single_label"

    @property
    def has_true(self) -> bool:
        """Whether a true class can be chosen, too."""
        return self.about == "mistakes" and self.is_single

    @property
    def lowers(self) -> bool:
        """Whether words are looked for that lower the score."""
        return self.about == "missed"

    def questions(self, choice: Choice = EVERYTHING) -> list[Question]:
        """Return what a random sample of the rows of a choice is asked.

        Raises:
            InvalidArgumentError: If there is no such row.
        """
        return cache.questions(self.run, self.split, self.about, self.size, choice)

    def arguments(self, questions: list[Question]) -> dict[str, Any]:
        """Return what identifies the measurement of some questions."""
        version, fingerprint = state.decision_key(self.run), self.run.config.dataset_fingerprint
        model_dir = self.run.require_model()
        return word_arguments(model_dir, version, fingerprint, self.method, questions)

    def score_words(self, choice: Choice, show: Callable[[str], str]) -> str:
        """Return whose score the words raise or lower.

        Args:
            choice: Of the rows.
            show: Makes the name of a class fit to be shown.
        """
        kind, how = "class" if self.is_single else "label", "missed" if self.lowers else "given"
        name = show(choice.label) if choice.label else f"the {kind} {how}"
        if not self.has_true:
            return name
        return f"{name} over the true {show(choice.against) if choice.against else 'one'}"


def choose_asked(run: Run) -> Asked:
    """Return what is asked, with the widgets to choose it."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        place = st.container(width="content")
        split = controls.choose_split(run)
        predictions = run_cache.predictions(run, split)
        about = _choose_about(place, is_single=task_of(predictions) == "single_label")
        method = _choose_method()
        total = len(predictions.row_ids)
        size = choose_sample("drive_sample", "Rows asked", _SAMPLES, NUM_ROWS, total, width=140)
    return Asked(run, split, about, method, size)


def _choose_about(place: Any, *, is_single: bool) -> About:
    options = _ABOUT[is_single]
    with place:
        chosen = state.choose(
            "drive_about", "What drives", options, default="classes", draw=st.segmented_control
        )
    return next(about for about in options if about == chosen)


def _choose_method() -> Method:
    titles = {method: TITLES[method] for method in WORD_METHODS}
    chosen = state.choose("drive_method", "Method", titles, default=WORD_METHODS[0], width=220)
    return next(known for known in WORD_METHODS if known == chosen)


def choose_classes(asked: Asked) -> Choice:
    """Return which class is looked at, and of mistakes which true one, with how many rows have it.

    A class is counted among the rows of the true one that is chosen, and the other way round.
    """
    linked = Choice(state.parameter("drive_class") or None, None)
    if asked.has_true:
        linked = Choice(linked.label, state.parameter("drive_true") or None)
    labels, true = cache.counts(asked.run, asked.split, asked.about, linked)
    names = asked.predictions.label_names
    if asked.about == "classes":
        options = {name: _counted(name, labels) for name in names}
    else:
        noun = "classes" if asked.is_single else "labels"
        options = {"": f"all {noun}"} | _frequent(names, labels, linked.label)
    title = "Given class" if asked.has_true else "Class" if asked.is_single else "Label"
    label = state.choose("drive_class", title, options, default=next(iter(options)))
    if not asked.has_true:
        return Choice(label or None)
    options = {"": "all classes"} | _frequent(names, true, linked.against)
    against = state.choose("drive_true", "True class", options, default="")
    return Choice(label or None, against or None)


def _frequent(
    names: tuple[str, ...], counts: Mapping[str, int], chosen: str | None
) -> dict[str, str]:
    """Return the classes that rows have, the most frequent first, and the one that is chosen."""
    kept = [name for name in names if counts.get(name) or name == chosen]
    kept.sort(key=lambda name: -counts.get(name, 0))
    return {name: _counted(name, counts) for name in kept}


def _counted(name: str, counts: Mapping[str, int]) -> str:
    return f"{shorten(name, _CHARACTERS)} · {counts.get(name, 0):,}"
