"""The verb `evaluate`: all figures of a finished run on one split."""

from textcls_core.cli.printing import (
    Json,
    RunId,
    SplitName,
    baselines_json,
    emit,
    measured_baselines,
    open_run,
    parse_split,
)
from textcls_core.cli.reporting import ModelCardFile, ReportFile, write_reports
from textcls_core.dataset.keys import RowKeys, equal_text_groups
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import NotFoundError
from textcls_core.evaluation.by_task import AnyPredictions, figures_of
from textcls_core.evaluation.figures import Figures
from textcls_core.evaluation.metric_names import METRICS, metric_text
from textcls_core.evaluation.metrics import Metrics, measure
from textcls_core.runs.run import Run
from textcls_core.wording import percent, plural, shorten
from textcls_core.workspace import Workspace

_CLASS_WIDTH, _FIGURE_WIDTH = 31, 10


def evaluate_run(
    run_id: RunId,
    split: SplitName = "test",
    report: ReportFile = None,
    model_card: ModelCardFile = None,
    as_json: Json = False,
) -> None:
    """Print all figures of a run on one split, with 95 % intervals."""
    run, chosen = open_run(run_id), parse_split(split)
    predictions = run.predictions(chosen)
    figures = figures_of(predictions)
    metrics = measure(predictions, _groups(run, predictions))
    known = measured_baselines([run.config], chosen)
    value = metrics.to_json(figures)
    if known:
        value["baselines"] = baselines_json(known)
    compared = [f"{b.title}: accuracy {percent(f.accuracy)}" for b, f in known]
    lines = [*_headlines(figures, metrics), *compared, *_class_lines(figures, metrics)]
    written = write_reports(run, chosen, report, model_card)
    emit(as_json, {**value, **written}, [*lines, *(f"written: {f}" for f in written.values())])


def _groups(run: Run, predictions: AnyPredictions) -> RowKeys | None:
    """Return which rows have equal texts; None if the data set is gone."""
    try:
        dataset = DatasetStore.open(Workspace.default()).load(run.config.dataset_fingerprint)
    except NotFoundError:
        return None
    return equal_text_groups(dataset, predictions.row_ids)


def _headlines(figures: Figures, metrics: Metrics) -> list[str]:
    """Return the figures over all classes, a line each."""
    lines = [
        f"{METRICS[name].title}: {metric_text(name, metric.value, metric.interval)}"
        for name, metric in metrics.values.items()
    ]
    lines[0] += f"; always the most frequent answer: {percent(figures.majority_accuracy)}"
    return [*lines, _interval_note(metrics)]


def _interval_note(metrics: Metrics) -> str:
    """Return what the brackets mean, and what the averages leave out."""
    drawn = plural(metrics.num_groups, "different text")
    note = f"In brackets: 95 % intervals, for {drawn} drawn anew and the same model."
    left_out = plural(len(metrics.classes_without_ranking), "class", "classes")
    if metrics.classes_without_ranking:
        note += f" ROC-AUC and average precision leave out {left_out} without rows of both kinds."
    return note


def _class_lines(figures: Figures, metrics: Metrics) -> list[str]:
    """Return a table with a line per class."""
    titles = ("precision", "recall", "f1", "roc_auc", "avg_prec", "support")
    lines = [f"{'class':<{_CLASS_WIDTH}}" + "".join(f"{t:>{_FIGURE_WIDTH}}" for t in titles)]
    for row, scores in zip(figures.per_class, metrics.per_class, strict=True):
        values = (row.precision, row.recall, row.f1, scores.roc_auc, scores.average_precision)
        cells = ["" if value is None else f"{value:.3f}" for value in values]
        shown = [*cells, str(row.support)]
        name = f"{shorten(row.label, 30):<{_CLASS_WIDTH}}"
        lines.append(name + "".join(f"{cell:>{_FIGURE_WIDTH}}" for cell in shown))
    return lines
