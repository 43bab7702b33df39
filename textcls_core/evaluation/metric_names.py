"""What the figures of a split are called, what they say, and how they are written."""

from dataclasses import dataclass

from textcls_core.dataset.text_dataset import Task
from textcls_core.evaluation.bootstrap import Interval
from textcls_core.wording import percent

_DASH = "\u2013"
TOP = (2, 3, 5)
"""Among how many of the most probable classes the true one is looked for."""


@dataclass(frozen=True, slots=True)
class MetricName:
    """How one figure is shown."""

    title: str
    meaning: str
    """One sentence without full stop."""
    is_share: bool = True
    """Whether it is written in percent."""
    is_error: bool = False
    """Whether less is better."""
    task: Task | None = None
    """The task it is measured for, None for both."""
    more_labels_than: int = 0
    """It says something only with more labels than this."""

    @property
    def sign(self) -> int:
        """The factor that makes it a figure to minimise: 1 if less is better, else -1."""
        return 1 if self.is_error else -1


METRICS: dict[str, MetricName] = {
    "accuracy": MetricName(
        "Accuracy", "Share of texts that are right; with several labels, right in all of them"
    ),
    "balanced_accuracy": MetricName(
        "Balanced accuracy", "Mean of recall over the classes: small classes count like large ones"
    ),
    "macro_f1": MetricName("Macro-F1", "Mean of F1 over the classes, every class alike"),
    "micro_f1": MetricName(
        "Micro-F1", "F1 over all decisions; with one label per text it is the accuracy"
    ),
    "weighted_f1": MetricName("Weighted F1", "Mean of F1 over the classes, by their size"),
    "mcc": MetricName(
        "Matthews correlation",
        "Correlation of true and predicted class: 0 is guessing, 1 is perfect",
        is_share=False,
        task="single_label",
    ),
    "cohen_kappa": MetricName(
        "Cohen's kappa",
        "Agreement beyond chance: 0 is guessing by class size, 1 is perfect",
        is_share=False,
        task="single_label",
    ),
    **{
        f"top_{k}_accuracy": MetricName(
            f"Top-{k} accuracy",
            f"Share of texts whose class is among the {k} most probable",
            task="single_label",
            more_labels_than=k,
        )
        for k in TOP
    },
    "macro_roc_auc": MetricName(
        "ROC-AUC, macro",
        "Chance that a text of a class ranks above another text; 0.5 is guessing",
        is_share=False,
    ),
    "micro_roc_auc": MetricName(
        "ROC-AUC, micro",
        "The same over all pairs of text and label",
        is_share=False,
        task="multi_label",
    ),
    "macro_average_precision": MetricName(
        "Average precision, macro",
        "Mean precision on the way down the texts sorted by probability",
        is_share=False,
    ),
    "micro_average_precision": MetricName(
        "Average precision, micro",
        "The same over all pairs of text and label",
        is_share=False,
        task="multi_label",
    ),
    "label_ranking_average_precision": MetricName(
        "Label ranking (LRAP)",
        "How far up the labels of a text stand among all labels: 1 if they are the first",
        is_share=False,
        task="multi_label",
    ),
    "loss": MetricName(
        "Log loss",
        "Mean surprise at the true labels, in nats; being sure and wrong costs most",
        is_share=False,
        is_error=True,
    ),
    "brier": MetricName(
        "Brier score",
        "Mean squared distance of the probabilities from the truth; 0 is perfect",
        is_share=False,
        is_error=True,
    ),
    "hamming_loss": MetricName(
        "Hamming loss",
        "Share of the pairs of text and label that are wrong",
        is_error=True,
        task="multi_label",
    ),
}
"""Every figure by the name that scripts use, in the order in which figures are listed."""


RANKED = frozenset(
    f"{which}_{name}" for which in ("macro", "micro") for name in ("roc_auc", "average_precision")
)
"""Figures of the order of the rows, undefined where all have the same labels."""
VALIDATION = "validation_"
"""What the columns of the history begin with that hold figures of a validation."""


def metric_of(column: str) -> MetricName:
    """Return how the figure in a column of the history is shown.

    Example:
        >>> metric_of("validation_brier").title
        'Brier score'
    """
    return METRICS[column.removeprefix(VALIDATION)]


def metrics_of(task: Task, num_labels: int) -> tuple[str, ...]:
    """Return the names of the figures that are measured of a data set.

    Args:
        task: Whether a text has exactly one label or any number.
        num_labels: Labels of the data set, C.
    """
    return tuple(
        name
        for name, metric in METRICS.items()
        if metric.task in {None, task} and num_labels > metric.more_labels_than
    )


def value_text(name: str, value: float) -> str:
    """Return a figure as people read it.

    Example:
        >>> value_text("accuracy", 0.978), value_text("brier", 0.03417)
        ('97.8 %', '0.034')
    """
    return percent(value) if METRICS[name].is_share else f"{value:.3f}"


def interval_text(name: str, interval: Interval | None) -> str:
    """Return an interval as people read it, without its unit; nothing where there is none."""
    if interval is None:
        return ""
    scale, digits = (100, 1) if METRICS[name].is_share else (1, 3)
    return f"{scale * interval.low:.{digits}f}{_DASH}{scale * interval.high:.{digits}f}"


def metric_text(name: str, value: float, interval: Interval | None) -> str:
    """Return a figure with its interval as people read them."""
    where = interval_text(name, interval)
    return f"{value_text(name, value)} ({where})" if where else value_text(name, value)
