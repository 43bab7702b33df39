"""The smallest edit that gives a text another answer, found by a bounded search.

Words are left out, or swapped for others. Every text that is tried is read and answered as the
deployed model does it, with its temperature and its decision rule, so what is returned really has
the other answer. The search is greedy: it proves what it tried, and nothing about what it did not.
"""

import numpy as np
from jaxtyping import Float

from textcls_core.explanation.edits import Edit
from textcls_core.explanation.flip_goal import Goal
from textcls_core.explanation.flip_result import Flip, FlipQuestion, FlipSearch, Way
from textcls_core.explanation.swaps import Swapper
from textcls_core.explanation.trials import Trial, Trials, best_of
from textcls_core.explanation.vocabulary import Vocabulary
from textcls_core.explanation.words import ReadText, read_whole
from textcls_core.jobs.progress import Report, ignore
from textcls_core.models.classifier import Classifier

MAX_GREEDY = 32
"""Words that are left out together are among so many, those that weigh most by themselves."""
MAX_SWAPS = 8
_SHARE_OF_DROPS = 0.6
"""Of the evaluations, if swaps are to be tried too."""


def find_flip(
    classifier: Classifier,
    question: FlipQuestion,
    *,
    vocabulary: Vocabulary | None = None,
    progress: Report = ignore,
) -> FlipSearch:
    """Return the smallest edit found that gives a text another answer.

    Args:
        classifier: From `load_attributable`.
        question: The text, and the answer that it is to get.
        vocabulary: Words to swap in; without, all whole words that the model knows.
        progress: Told how often the model was asked; may raise to stop.

    Raises:
        InvalidArgumentError: If the text is empty, or the label unknown or the answer already.

    Source:
        Martens and Provost 2014, "Explaining Data-Driven Document Classifications", MIS Quarterly
        38(1), the search SEDC, for leaving out words; `Swapper.propose` for swaps.
    """
    way, limit = question.way, question.max_evaluations
    read = read_whole(classifier, question.text)
    rule, task = classifier.decision.rule, classifier.design.task
    probabilities = classifier.predict_probabilities([read.text])[0]
    goal = Goal.of(rule, task, probabilities, classifier.label_names, question.label)
    trials = Trials(
        classifier, read, goal, limit,
        lambda asked: progress(asked, limit, "Asking the model about edited texts"),
    )  # fmt: skip
    drops, num_tried = (None, 0) if way == "swap" else _search_drops(trials, way)
    trials.limit = limit
    fewer = MAX_SWAPS if drops is None else min(len(drops.edit) - 1, MAX_SWAPS)
    swaps = None
    if way != "drop" and fewer:
        swapper = Swapper(classifier, read, goal, vocabulary or Vocabulary.of(classifier))
        swaps = _find_swaps(trials, swapper, fewer)
    return FlipSearch(
        question=question,
        read=read,
        label_names=classifier.label_names,
        labels=labels_of(goal, probabilities, classifier.label_names),
        probabilities=probabilities,
        drops=drops,
        swaps=swaps,
        num_words=len(_droppable(read)),
        num_single_drops=num_tried,
        num_evaluations=trials.num_evaluations,
    )


def labels_of(
    goal: Goal, probabilities: Float[np.ndarray, " C"], label_names: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the labels that a text gets, none if the rule gives no answer."""
    chosen = goal.rule.decide(probabilities[None], goal.task).label_sets[0]
    return tuple(name for name, held in zip(label_names, chosen, strict=True) if held)


def _search_drops(trials: Trials, way: Way) -> tuple[Flip | None, int]:
    """Return the smallest set of words found without which the answer is another one.

    All single words come first. Then the word that brings the answer closest is added to those
    left out already, until it is another one; at last words are put back that were not needed.
    """
    words = _droppable(trials.read)
    if len(words) < 2:  # nothing would be left
        return None, 0
    if way == "both":
        trials.limit = max(round(_SHARE_OF_DROPS * trials.limit), min(len(words), trials.limit))
    singles = trials.ask([{word: ""} for word in words])
    now = best_of(singles)
    ranked = sorted(singles, key=lambda trial: -trial.closeness)[:MAX_GREEDY]
    among = [word for trial in ranked for word in trial.edit]
    while now is not None and not now.reached:
        more = [{**now.edit, word: ""} for word in among if word not in now.edit]
        if len(now.edit) + 1 >= len(words) or trials.left < len(more):
            return None, len(singles)
        now = best_of(trials.ask(more))
    return None if now is None else _pruned(trials, now), len(singles)


def _find_swaps(trials: Trials, swapper: Swapper, most: int) -> Flip | None:
    """Return the fewest swaps found with which the answer is another one, at most so many."""
    edit: Edit = {}
    text, closeness = trials.read.text, -np.inf
    while len(edit) < most and trials.left:
        now = best_of(trials.ask(swapper.propose(text, edit)))
        if now is None:
            return None
        if now.reached:
            return _pruned(trials, now)
        if now.closeness <= closeness:  # no swap brings the answer closer
            return None
        edit, text, closeness = now.edit, now.text, now.closeness
    return None


def _pruned(trials: Trials, found: Trial) -> Flip:
    """Return a flip without the words that were not needed, as far as the evaluations reach."""
    while len(found.edit) > 1:
        less = [
            {word: new for word, new in found.edit.items() if word != back} for back in found.edit
        ]
        tried = trials.ask(less)
        best = best_of(tried)
        if best is None or not best.reached:
            return _flip(trials, found, is_pruned=len(tried) == len(less))
        found = best
    return _flip(trials, found, is_pruned=True)


def _flip(trials: Trials, found: Trial, *, is_pruned: bool) -> Flip:
    names = trials.classifier.label_names
    labels = labels_of(trials.goal, found.probabilities, names)
    return Flip(found.edit, found.text, labels, found.probabilities, is_pruned)


def _droppable(read: ReadText) -> list[int]:
    special = read.special(by_token=False)
    return [position for position in range(len(read.words)) if not special[position]]
