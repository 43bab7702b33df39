"""The figures of a run at a glance: how good, how certain, against what, and class by class."""

from collections.abc import Mapping, Sequence

import streamlit as st

from pages._app import baselines, baselines_cache, controls, evaluation_overview_cache, state
from pages._app.kept_rule import note_kept_rule
from pages._app.text import label
from textcls_core.dataset.text_dataset import Split
from textcls_core.evaluation.figures import Figures
from textcls_core.evaluation.metric_names import METRICS, interval_text, value_text
from textcls_core.evaluation.metrics import Metrics
from textcls_core.evaluation.multi_label import MultiLabelEvaluation
from textcls_core.runs.run import Run
from textcls_core.training.baselines import Baseline
from textcls_core.wording import percent, plural

_CARD_WIDTH = 170
_CARDS = ("accuracy", "macro_f1", "weighted_f1", "loss")
_INTERVAL = "95 % interval"
_SCORES = {"roc_auc": "ROC-AUC", "average_precision": "average precision", "brier": "Brier"}


def show_overview(run: Run, split: Split, figures: Figures) -> None:
    """Show the headline figures at once, then their intervals and everything that takes longer."""
    known = state.run_baselines(run, split)
    place = st.empty()
    with place.container():
        _show_cards(figures, known, split, None)
    with st.spinner("Measuring how certain these figures are"):
        metrics = evaluation_overview_cache.metrics(run, split)
    with place.container():
        _show_cards(figures, known, split, metrics)
    _compare_with_baseline(figures, metrics, baselines.best_value(known, split, "accuracy"))
    _explain(run, split, figures, metrics)
    note_kept_rule(run, "A decision rule is kept in this model. These figures are without it.")
    baselines.show_comparison(run, split, figures, known)
    st.subheader("All figures", anchor=False)
    _show_table(figures, metrics, known, split)
    st.subheader("By class", anchor=False)
    _show_classes(figures, metrics, baselines_cache.class_scores(run, split))


def _show_cards(
    figures: Figures, known: Sequence[Baseline], split: Split, metrics: Metrics | None
) -> None:
    """Show the headline figures, each with its interval and the best baseline."""
    with st.grid(len(_CARDS), min_column_width=_CARD_WIDTH):
        for name in _CARDS:
            with st.container(border=True, gap="small"):
                st.metric(
                    _title(name, figures),
                    value_text(name, getattr(figures, name)),
                    _interval_note(name, metrics),
                    delta_color="off",
                    delta_arrow="off",
                    delta_description=_INTERVAL,
                )
                st.caption(_reference(name, figures, known, split))


def _title(name: str, figures: Figures) -> str:
    if name == "accuracy" and isinstance(figures, MultiLabelEvaluation):
        return "Accuracy (all labels right)"
    return METRICS[name].title


def _interval_note(name: str, metrics: Metrics | None) -> str:
    """Return the interval of a figure in a few characters."""
    if metrics is None:
        return "follows"
    return interval_text(name, metrics.values[name].interval) or "none"


def _reference(name: str, figures: Figures, known: Sequence[Baseline], split: Split) -> str:
    """Return what a figure is to be compared with."""
    best = baselines.best_value(known, split, name)
    if best is not None:
        return f"best baseline {value_text(name, best)}"
    if name == "accuracy":
        return f"majority {percent(figures.majority_accuracy)}"
    return "lower is better" if METRICS[name].is_error else "no baseline measured"


def _compare_with_baseline(figures: Figures, metrics: Metrics, best: float | None) -> None:
    """Say in a sentence whether the accuracy is surely above the least to beat."""
    interval = metrics.values["accuracy"].interval
    if interval is None:
        return
    reference = figures.majority_accuracy if best is None else best
    what = "always giving the most frequent answer" if best is None else "the best baseline"
    shown = f"{percent(reference)} of {what}"
    if reference < interval.low:
        st.markdown(f"The whole interval of the accuracy lies above the {shown}.")
    elif reference <= interval.high:
        st.markdown(
            f"The interval of the accuracy reaches the {shown}: these rows alone do not show that "
            "the run is better."
        )
    else:
        st.markdown(f"The whole interval of the accuracy lies below the {shown}.")


def _explain(run: Run, split: Split, figures: Figures, metrics: Metrics) -> None:
    """Say what the intervals mean, what was drawn, and what else the figures depend on."""
    rows = plural(metrics.num_examples, "row")
    lines = [
        f"A 95 % interval says how far a figure may move when other texts of the same kind are "
        f"tested, estimated from {metrics.num_samples:,} draws of these {rows}. It says "
        "nothing about training once more, or about texts of another kind."
    ]
    num_equal = metrics.num_examples - metrics.num_groups
    if num_equal:
        lines.append(
            f"Rows with equal texts are drawn together, because a copy is no further evidence: "
            f"{rows} hold {plural(metrics.num_groups, 'different text')}."
        )
    if split == "train":
        lines.append("The model was trained on these rows: the figures say little about new texts.")
    if isinstance(figures, MultiLabelEvaluation):
        lines.append("Accuracy counts a text only if every one of its labels is right.")
    temperature = run.decision.temperature
    if temperature != 1:
        lines.append(
            f"Probabilities are taken at the temperature {temperature:.2f} stored with the model. "
            "It changes log loss, Brier score, ROC-AUC and average precision."
        )
    st.caption(" ".join(lines))


def _show_table(
    figures: Figures, metrics: Metrics, known: Sequence[Baseline], split: Split
) -> None:
    """Show every figure with its interval, the best baseline if there is any, and what it says."""
    rows = []
    for name, metric in metrics.values.items():
        best = baselines.best_value(known, split, name)
        reference = {"best baseline": "" if best is None else value_text(name, best)}
        rows.append(
            {
                "figure": _title(name, figures),
                "value": value_text(name, metric.value),
                _INTERVAL: interval_text(name, metric.interval) or "none",
                **(reference if known else {}),
                "what it says": METRICS[name].meaning,
            }
        )
    numbers = ("value", _INTERVAL, "best baseline")
    st.dataframe(
        rows,
        hide_index=True,
        height="content",
        column_config=dict.fromkeys(numbers, controls.RIGHT)
        | {"what it says": st.column_config.TextColumn(width="large")},
        alt="Every figure with its 95 % interval",
    )
    _explain_gaps(metrics)


def _explain_gaps(metrics: Metrics) -> None:
    """Say what averages leave out, and why a figure has no interval."""
    lines = []
    left_out = metrics.classes_without_ranking
    if left_out:
        named = ", ".join(label(name, 24) for name in left_out[:5])
        more = f" and {len(left_out) - 5} more" if len(left_out) > 5 else ""
        lines.append(
            "ROC-AUC and average precision leave out classes that no row has, or every row: "
            f"{named}{more}."
        )
    if any(metric.interval is None for metric in metrics.values.values()):
        lines.append(
            "A figure has no interval where all draws agree, for example without any mistake; "
            "accuracy has one even then."
        )
    if lines:
        st.caption(" ".join(lines))


def _show_classes(
    figures: Figures, metrics: Metrics, beside: Mapping[str, Mapping[str, float]]
) -> None:
    """Show precision, recall and F1 of every class, and how well its probability ranks the rows.

    Args:
        figures: Of the run.
        metrics: Of the run.
        beside: F1 of each baseline by its short name, class by class.
    """
    rows = [
        {
            "class": row.label,
            "rows": row.support,
            "precision": row.precision,
            "recall": row.recall,
            "F1": row.f1,
            **{f"{name} F1": scores_of.get(row.label) for name, scores_of in beside.items()},
            **{title: getattr(scores, name) for name, title in _SCORES.items()},
        }
        for row, scores in zip(figures.per_class, metrics.per_class, strict=True)
    ]
    controls.shares_table(
        rows,
        ("precision", "recall", "F1", *(f"{name} F1" for name in beside)),
        "Rows, precision, recall, F1, ROC-AUC and average precision per class",
        scores=tuple(_SCORES.values()),
    )
