"""The temperature of a run: fitted on its validation rows, kept beside its model."""

from textcls_core.errors import RunStateError
from textcls_core.evaluation.decision import Decision, write_decision
from textcls_core.evaluation.temperature import TemperatureFit, fit_temperature
from textcls_core.runs.run import Run


def fitted_temperature(run: Run) -> TemperatureFit:
    """Return what the validation rows of a run say about its temperature.

    Raises:
        RunStateError: If the run has no predictions for them.
    """
    _require_validation(run)
    return fit_temperature(run.raw_predictions("validation"))


def _require_validation(run: Run) -> None:
    if "validation" not in run.splits:
        raise RunStateError(
            f"Run {run.run_id} has no predictions for validation rows (status: {run.status}), and "
            "a temperature is fitted on nothing else. Train a run to its end on a data set with "
            "validation rows."
        )


def keep_temperature(run: Run, temperature: float) -> Decision:
    """Keep a temperature beside the model of a finished run; return what is kept now.

    Of two people who do so at once the later one wins. What else was chosen for the model was
    tuned on other probabilities and is dropped.

    Args:
        run: A run that nobody is training.
        temperature: From `fitted_temperature`, or 1 for the model as it was trained.

    Raises:
        RunStateError: If the run is not finished, or has no validation rows to fit a temperature.
        InvalidArgumentError: If the folder of the model is gone.
    """
    model_dir = run.require_model()
    if temperature != 1.0:
        _require_validation(run)
    decision = run.decision.with_temperature(temperature)
    write_decision(model_dir, decision)
    return decision


def shown_temperature(kept: float, fit: TemperatureFit | None) -> float:
    """Return the temperature to look at beside 1: the one in use, or else the one proposed.

    Args:
        kept: What is kept beside the model, 1 for nothing.
        fit: None if there are no validation rows.

    Example:
        >>> shown_temperature(1.4, None), shown_temperature(1.0, None)
        (1.4, 1.0)
    """
    return fit.temperature if kept == 1.0 and fit is not None else kept
