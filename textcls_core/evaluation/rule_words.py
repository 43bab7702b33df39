"""A decision rule in words, the same on every page and in the terminal."""

from textcls_core.dataset.text_dataset import Task
from textcls_core.evaluation.bootstrap import Interval
from textcls_core.evaluation.multi_label import THRESHOLD
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.evaluation.rule_figures import RuleResult
from textcls_core.wording import percent

_ONE_LABEL = {
    "argmax": "The answer is the class with the largest probability.",
    "thresholds": "The answer is the class whose probability is the largest multiple of its "
    "threshold.",
    "costs": "The answer is the class that is expected to cost least.",
}
_SEVERAL_LABELS = {
    "argmax": f"The answer is every label with a probability of at least {percent(THRESHOLD, 0)}; "
    "each label is judged by itself.",
    "thresholds": "The answer is every label whose probability reaches its own threshold; each "
    "label is judged by itself.",
}
_FEW = 0.05
"""Below this share of answers, they are counted out of more texts."""


def rule_in_words(rule: DecisionRule, task: Task) -> str:
    """Return how probabilities become an answer, in a few sentences.

    Example:
        >>> rule_in_words(DecisionRule(), "single_label")
        'The answer is the class with the largest probability.'
    """
    sentences = [(_ONE_LABEL if task == "single_label" else _SEVERAL_LABELS)[rule.kind]]
    if rule.abstain_cost is not None:
        sentences.append(
            "There is no answer where each would be expected to cost more than "
            f"{rule.abstain_cost:g}, the price of none."
        )
    if rule.abstain_below:
        sentences.append(
            f"There is no answer where the model is less than {percent(rule.abstain_below)} sure."
        )
    if rule.conformal:
        sentences.append(
            "Beside it stands a set of classes that holds the true one for "
            f"{percent(rule.conformal.coverage, 0)} of texts like those of the validation split."
        )
    return " ".join(sentences)


def answers_in_words(result: RuleResult) -> str:
    """Return how many texts get an answer and how many of those are right, of 100 or 1,000."""
    accuracy = result.accuracy
    if accuracy is None:
        return f"None of the {len(result.predictions):,} texts gets an answer."
    right = f"{percent(accuracy.value)} of its answers are right ({span(accuracy.interval)})"
    if not result.rule.can_abstain:
        return f"The model answers every text; {right}."
    size = 100 if result.answered.value >= _FEW else 1_000
    whole = round(size * result.answered.value)
    hits = round(size * result.answered.value * accuracy.value)
    return (
        f"Out of {size:,} texts the model answers {whole} and is right in {hits} of them; {right}."
    )


def span(interval: Interval, digits: int = 1) -> str:
    """Return the ends of the interval of a share in percent, with a dash between them."""
    low, high = (100 * end for end in (interval.low, interval.high))
    return f"{low:.{digits}f}\N{EN DASH}{high:.{digits}f}"
