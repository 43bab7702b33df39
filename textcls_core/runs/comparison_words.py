"""A comparison in plain sentences, the same on the page, in the terminal and in reports."""

from collections.abc import Sequence

from textcls_core.evaluation.comparison import LOWER_IS_BETTER, Change
from textcls_core.evaluation.metric_names import METRICS
from textcls_core.runs.comparison import RunComparison
from textcls_core.runs.group_figures import Spread
from textcls_core.wording import percent, plural, points, shorten


def p_value_text(p_value: float) -> str:
    """Return a p value as people write it.

    Example:
        >>> p_value_text(0.0421), p_value_text(1e-9)
        ('p = 0.042', 'p < 0.001')
    """
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"


def difference_text(name: str, value: float) -> str:
    """Return a difference: percentage points, or the unit of the figure.

    Example:
        >>> difference_text("accuracy", 0.012), difference_text("loss", -0.04)
        ('+1.2 points', '-0.040')
    """
    is_share = name not in METRICS or METRICS[name].is_share  # precision of a class is one
    return points(value, 0.0) if is_share else f"{round(value, 3) + 0.0:+.3f}"


def interval_text(change: Change) -> str:
    """Return the interval of a difference.

    Example:
        >>> from textcls_core.evaluation.bootstrap import Interval
        >>> interval_text(Change("accuracy", 0.9, 0.92, Interval(-0.01, 0.05)))
        '-1.0 to +5.0 points'
    """
    low, high = change.interval.low, change.interval.high
    return f"{difference_text(change.name, low).removesuffix(' points')} to " + difference_text(
        change.name, high
    )


def reading(change: Change) -> str:
    """Return what the interval of a difference says."""
    if change.outcome == "unclear" or change.name not in LOWER_IS_BETTER:
        return change.outcome
    return f"{change.outcome}: {'lower' if change.outcome == 'better' else 'higher'}"


def verdict(comparison: RunComparison, name: str = "") -> str:
    """Return the answer first: which run is right more often, or that it cannot be told.

    Args:
        comparison: A run against the reference.
        name: What to call the other run; its title if left out.
    """
    result = comparison.result
    net, rows = result.mcnemar.net, plural(result.num_examples, f"{comparison.split} row")
    title = name or shorten(comparison.other.config.title, 60)
    if net:
        facts = f"{title} is right on {abs(net):,} {'more' if net > 0 else 'fewer'} of {rows}"
    else:
        facts = f"{title} is right on as many of {rows}"
    accuracy = result.figure("accuracy")
    corrected = ", Holm-corrected" if comparison.num_compared > 1 else ""
    proof = (
        f"(accuracy {difference_text('accuracy', accuracy.difference)}, 95 % interval "
        f"{interval_text(accuracy)}; McNemar {p_value_text(comparison.p_value)}{corrected})"
    )
    start = "No difference can be shown: " if comparison.outcome == "unclear" else ""
    return f"{start}{facts} {proof}."


def verdicts(comparisons: Sequence[RunComparison]) -> str:
    """Return how many of several runs are better or worse than the reference."""
    outcomes = [one.outcome for one in comparisons]
    better, worse = (f"{outcomes.count(one)} {one}" for one in ("better", "worse"))
    unclear = f"{outcomes.count('unclear')} without a difference that can be shown"
    return f"Of {plural(len(outcomes), 'run')}: {better}, {worse}, {unclear}."


def left_out_sentence(comparison: RunComparison) -> str:
    """Return which rows are not compared and why; empty if all are."""
    left_out = comparison.left_out
    if left_out is None:
        return ""
    split, (first, second) = comparison.split, (shorten(one, 60) for one in comparison.versions)
    parts = {
        f"{plural(left_out.relabelled, 'true label')} changed": left_out.relabelled,
        f"{plural(left_out.only_reference, 'row')} only in {first}": left_out.only_reference,
        f"{plural(left_out.only_other, 'row')} only in {second}": left_out.only_other,
    }
    said = ", ".join(part for part, count in parts.items() if count)
    return (
        f"The {split} rows of {first} and {second} are not the same: {said}. "
        f"Both runs are compared on the {plural(comparison.result.num_examples, 'row')} with the "
        "same label in both. The figures that each run shows by itself are over other rows or "
        "labels, and cannot be compared."
    )


def seeds_sentence(comparison: RunComparison) -> str:
    """Return what other seeds of the same settings say about the difference."""
    known = {"the first": comparison.reference_seeds, "the other": comparison.other_seeds}
    shown = {side: spread for side, spread in known.items() if spread is not None}
    if comparison.left_out is not None:
        return (
            "Other seeds were measured on all rows, so they cannot tell how much of this "
            "difference another seed would undo."
        )
    if not shown:
        return (
            "Neither setting was trained with another seed, so it is open how much of the "
            "difference another seed would undo."
        )
    if comparison.is_only_another_seed:
        spread = next(iter(shown.values()))
        return (
            "The two runs differ in nothing but their seed: whatever differs between them is "
            f"chance in training. Accuracy over {spread_text(spread)}."
        )
    described = "; ".join(
        f"with the settings of {side} run, accuracy over {spread_text(spread)}"
        for side, spread in shown.items()
    )
    judged = (
        "The difference is within the spread over seeds: a run with the same settings and another "
        "seed did as well"
        if comparison.within_seeds
        else "The difference is larger than the spread over the seeds that were trained"
    )
    return f"{judged} ({described})."


def spread_text(spread: Spread) -> str:
    """Return mean, deviation and ends of an accuracy over seeds."""
    deviation = 100 * (spread.standard_deviation or 0.0)
    ends = f"from {percent(spread.min)} to {percent(spread.max)}"
    return f"{plural(spread.n, 'seed')} is {percent(spread.mean)} ± {deviation:.1f}, {ends}"
