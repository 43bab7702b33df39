"""The verb `curves`: ROC and precision-recall curves of a run, class by class."""

from typing import Any

from textcls_core.cli.printing import (
    Json,
    RunId,
    SplitName,
    answered_baselines,
    emit,
    open_run,
    parse_split,
)
from textcls_core.evaluation.curves import Curve, Curves, curves_of
from textcls_core.training.baseline_answers import AnsweredBaseline
from textcls_core.wording import shorten

_WIDTH = 30


def curves(run_id: RunId, split: SplitName = "test", as_json: Json = False) -> None:
    """Print ROC-AUC and average precision of every class; with --json also the curves."""
    run, chosen = open_run(run_id), parse_split(split)
    predictions = run.predictions(chosen)
    beside = [_baseline(one) for one in answered_baselines(run, chosen) if one.has_probabilities]
    names, found = predictions.label_names, curves_of(predictions)
    records: list[dict[str, Any]] = [
        {
            "label": names[one.label_id],
            "support": one.num_positives,
            "roc_auc": one.roc.area,
            "average_precision": one.precision_recall.area,
            "roc": _points(one.roc, "false_positive_rate", "true_positive_rate"),
            "precision_recall": _points(one.precision_recall, "recall", "precision"),
        }
        for one in found.classes
    ]
    macro = _macro(found)
    lines = [
        f"{shorten(record['label'], _WIDTH):<{_WIDTH + 1}}{record['roc_auc']:>9.4f}"
        f"{record['average_precision']:>9.4f}{record['support']:>9}"
        for record in records
    ]
    header = f"{'class':<{_WIDTH + 1}}{'AUC':>9}{'AP':>9}{'support':>9}"
    means = [
        f"{'mean of the classes':<{_WIDTH + 1}}{value[0]:>9.4f}{value[1]:>9.4f}"
        for value in [tuple(macro.values())]
        if None not in value
    ]
    nothing = ["No class has a curve: each is in all rows of this split, or in none."]
    lines = [header, *means, *map(_baseline_line, beside), *lines] if records else nothing
    emit(as_json, {**macro, "baselines": beside, "per_class": records}, lines)


def _baseline(one: AnsweredBaseline) -> dict[str, Any]:
    """Return the mean areas of a baseline that gives probabilities."""
    areas = _macro(curves_of(one.predictions))
    return {"name": one.baseline.name, "title": one.title, **areas}


def _macro(found: Curves) -> dict[str, float | None]:
    """Return the mean areas over the classes; None where no class has a curve."""
    return {
        "macro_roc_auc": _area(found.macro_roc),
        "macro_average_precision": _area(found.macro_precision_recall),
    }


def _area(curve: Curve | None) -> float | None:
    return None if curve is None else curve.area


def _baseline_line(beside: dict[str, Any]) -> str:
    cells = (beside["macro_roc_auc"], beside["macro_average_precision"])
    shown = "".join(f"{'none' if cell is None else f'{cell:.4f}':>9}" for cell in cells)
    return f"{shorten('baseline ' + beside['title'], _WIDTH):<{_WIDTH + 1}}{shown}"


def _points(curve: Curve, x: str, y: str) -> dict[str, Any]:
    return {x: curve.x.tolist(), y: curve.y.tolist()}
