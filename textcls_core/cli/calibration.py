"""The verb `calibrate`: how far probabilities can be believed, and one number that mends them."""

from typing import Annotated, Any

import typer

from textcls_core.cli.printing import (
    Json,
    RunId,
    SplitName,
    answered_baselines,
    emit,
    open_run,
    parse_split,
)
from textcls_core.dataset.text_dataset import Split
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.by_task import with_temperature
from textcls_core.evaluation.calibration_figures import Calibration, calibration_of
from textcls_core.evaluation.temperature import TemperatureFit
from textcls_core.runs.temperature import fitted_temperature, keep_temperature, shown_temperature
from textcls_core.training.baseline_answers import AnsweredBaseline
from textcls_core.wording import percent, plural, shorten

DROPPED = "The rule for decisions was tuned on other probabilities and is dropped."
FIGURES = (
    "expected calibration error, equal width",
    "expected calibration error, equal mass",
    "maximum calibration error",
    "classwise calibration error",
    "error that chance alone gives",
    "log loss",
    "confidence minus accuracy of answers",
)


def calibrate(
    run_id: RunId,
    save: Annotated[
        bool, typer.Option("--save", help="Keep the fitted temperature with the model.")
    ] = False,
    reset: Annotated[
        bool, typer.Option("--reset", help="Go back to the model as it was trained.")
    ] = False,
    split: SplitName = "test",
    as_json: Json = False,
) -> None:
    """Fit a temperature on validation rows; print calibration without and with it."""
    if save and reset:
        raise InvalidArgumentError("Expected --save or --reset, got both. Leave one out.")
    run, chosen = open_run(run_id), parse_split(split)
    raw = run.raw_predictions(chosen)
    earlier = run.decision
    if save:
        keep_temperature(run, fitted_temperature(run).temperature)
    elif reset:
        keep_temperature(run, 1.0)
    fit = fitted_temperature(run) if "validation" in run.splits else None
    kept = run.decision.temperature
    shown = shown_temperature(kept, fit)
    before, after = calibration_of(raw), calibration_of(with_temperature(raw, shown))
    beside = [_baseline(one) for one in answered_baselines(run, chosen) if one.has_probabilities]
    has_dropped = earlier.has_more_than_temperature and not run.decision.has_more_than_temperature
    value = {
        "run_id": run.run_id,
        "split": chosen,
        "temperature": kept,
        "saved": save or reset,
        "dropped_rule": has_dropped,
        "fit": fit and fit.to_json(),
        "before": before.to_json(),
        "after": {"temperature": shown, **after.to_json()},
        "baselines": beside,
    }
    lines = [*_temperature_lines(kept, fit), *([DROPPED] if has_dropped else [])]
    emit(
        as_json,
        value,
        [
            *lines,
            *_figure_lines(chosen, before, after, shown),
            *map(_baseline_line, beside),
        ],
    )


def _baseline(one: AnsweredBaseline) -> dict[str, Any]:
    """Return how far the probabilities of a baseline can be believed."""
    found = calibration_of(one.predictions)
    error = found.equal_width.expected_error
    facts = {"name": one.baseline.name, "title": one.title}
    return {**facts, "expected_calibration_error": error, "loss": found.loss}


def _baseline_line(beside: dict[str, Any]) -> str:
    error, loss = percent(beside["expected_calibration_error"]), beside["loss"]
    return f"baseline {beside['title']}: calibration error {error}, log loss {loss:.4f}"


def _temperature_lines(kept: float, fit: TemperatureFit | None) -> list[str]:
    """Return which temperature is in use, and what the validation rows say."""
    in_use = f"temperature in use: {kept:.2f}" + ("" if kept != 1 else " (as trained)")
    if fit is None:
        return [in_use, "No temperature can be fitted: the run has no validation rows."]
    fitted = (
        f"fitted on {plural(fit.num_examples, 'validation row')}: {fit.optimum:.2f}, log loss "
        f"{fit.loss_before:.4f} -> {fit.loss_after:.4f}, calibration error "
        f"{percent(fit.error_before)} -> {percent(fit.error_after)}"
    )
    return [in_use, fitted, fit.note]


def _figure_lines(
    split: Split, before: Calibration, after: Calibration, temperature: float
) -> list[str]:
    """Return the figures of a split at temperature 1 and at another one, then its classes."""
    rows = [
        f"{name:<42}{old:>10}{new:>10}"
        for name, old, new in zip(FIGURES, *(_cells(one) for one in (before, after)), strict=True)
    ]
    classes = [
        f"{shorten(one.label, 30):<31}{percent(one.error):>11}{one.num_given:>8}  {one.verdict}"
        for one in after.per_class
    ]
    return [
        f"{split + ' rows':<42}{'T = 1':>10}{f'T = {temperature:.2f}':>10}",
        *rows,
        f"{'class':<31}{'ECE':>11}{'given':>8}  at T = {temperature:.2f}, where it is given",
        *classes,
    ]


def _cells(calibration: Calibration) -> list[str]:
    """Return the figures in the order of `FIGURES`."""
    width = calibration.equal_width
    errors = (
        width.expected_error,
        calibration.equal_mass.expected_error,
        width.maximum_error,
        calibration.classwise_error,
        width.chance_error,
    )
    gap = calibration.given and f"{100 * calibration.given.gap:+.1f} pt"
    return [*map(percent, errors), f"{calibration.loss:.4f}", gap or "none given"]
