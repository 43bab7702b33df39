"""What a report says in sentences: the answer, the calibration, the slices, the limits."""

from textcls_core.evaluation.by_task import task_of
from textcls_core.evaluation.calibration_figures import gap_in_words
from textcls_core.evaluation.metric_names import interval_text
from textcls_core.evaluation.rule_words import answers_in_words, rule_in_words
from textcls_core.reporting.facts import Facts
from textcls_core.wording import percent, plural

_FEW_ROWS = 30


def headline(facts: Facts) -> str:
    """Return the answer in two sentences: how good, how certain, against what."""
    metric = facts.metrics.values["accuracy"]
    what = "have all labels right" if facts.is_multi_label else "are right"
    interval = interval_text("accuracy", metric.interval)
    rows = plural(facts.figures.num_examples, f"{facts.split} row")
    first = f"{percent(metric.value)} of {rows} {what} (95 % interval {interval})."
    least = (
        f"always giving the most frequent answer reaches {percent(facts.figures.majority_accuracy)}"
    )
    best = facts.best_baseline
    if best is None:
        return f"{first} For comparison, {least}; no other baseline was measured."
    return (
        f"{first} The best baseline, {best[0].title}, reaches {percent(best[1].accuracy)}; {least}."
    )


def calibration_sentence(facts: Facts) -> str:
    """Return how sure the model is of its answers on average, and how often that is justified."""
    given = facts.calibration.given
    if given is None:
        return "The model gives no label to any of these rows."
    sure, true, gap = percent(given.confidence), percent(given.accuracy), gap_in_words(given.gap)
    if facts.is_multi_label:
        return (
            f"The model is {sure} sure of the labels it gives, and {true} of them are true: {gap}."
        )
    return f"On average the model is {sure} sure, and {true} of its answers are right: {gap}."


def rule_sentences(facts: Facts) -> str:
    """Return what the rule kept with the model does and is worth; nothing without one."""
    if facts.rule is None:
        return ""
    task = task_of(facts.predictions)
    return (
        f"{rule_in_words(facts.rule.rule, task)} {answers_in_words(facts.rule)} All other figures "
        "here are those of the plain rule: the most probable class, or every label from 50 % on."
    )


def slices_sentence(facts: Facts) -> str:
    """Return how many slices were tried, and how many are weak."""
    weak = facts.weak
    tried = plural(weak.num_tried, "slice was", "slices were")
    if not weak.num_tried:
        return "No slice has enough rows to be judged."
    found = f"{plural(weak.num_weak, 'is', 'are')} weaker than the rest beyond chance"
    if not weak.num_weak:
        found = "none is weaker than the rest beyond what chance explains"
    return (
        f"{tried} tried (classes, lengths, languages, columns, and two of these together); "
        f"{found}. Fisher's exact test, adjusted after Benjamini and Hochberg."
    )


def limits_of(facts: Facts) -> list[str]:
    """Return what these figures do not say, a sentence or two each."""
    rows = plural(facts.figures.num_examples, f"{facts.split} row")
    found = [
        f"Measured on {rows} of one data set version. Texts from another source, another time, or "
        "in another language or style were not measured.",
        "The intervals say how far other rows of the same kind could move the figures. They say "
        "nothing about training once more.",
        _seeds_limit(facts),
    ]
    if facts.split != "test":
        found.append(
            "The model was trained on these rows: the figures say little about new texts."
            if facts.split == "train"
            else "The validation rows decided which state of the model was kept, so figures on "
            "them flatter it."
        )
    found += _data_limits(facts)
    found.append(
        "Robustness to typing errors, to texts written to deceive, and to texts of no class at all "
        "was not measured. Nor were differences between groups of people."
    )
    return found


def _seeds_limit(facts: Facts) -> str:
    if facts.seeds is None:
        return "Only one seed was trained with these settings; another one may do better or worse."
    low, high = (f"{100 * end:.1f}" for end in (facts.seeds.min, facts.seeds.max))
    return f"Over {facts.seeds.n} seeds of these settings, accuracy goes from {low} % to {high} %."


def _data_limits(facts: Facts) -> list[str]:
    """Return what the rows themselves leave open."""
    found = []
    few = [one.label for one in facts.figures.per_class if one.support < _FEW_ROWS]
    if few:
        found.append(
            f"{plural(len(few), 'class has', 'classes have')} fewer than {_FEW_ROWS} of these "
            "rows; figures of a class with few rows are rough."
        )
    if facts.num_seen is None:
        found.append("Whether these texts also occur among the training rows was not checked.")
    elif facts.num_seen:
        found.append(
            f"{plural(facts.num_seen, 'row has', 'rows have')} a text that is also among the "
            "training rows; there the model may only remember."
        )
    copies = facts.metrics.num_examples - facts.metrics.num_groups
    if copies:
        found.append(f"{plural(copies, 'row repeats', 'rows repeat')} the text of another row.")
    return found
