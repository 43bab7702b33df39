"""What the Calibration view remembers of a run: its predictions as trained, and what follows."""

from pathlib import Path

import streamlit as st

from textcls_core.dataset.text_dataset import Split
from textcls_core.evaluation.by_task import AnyPredictions, with_temperature
from textcls_core.evaluation.calibration import Binning, Reliability, claims_of, reliability
from textcls_core.evaluation.calibration_figures import Calibration, calibration_of
from textcls_core.evaluation.temperature import TemperatureFit
from textcls_core.runs.run import Run
from textcls_core.runs.temperature import fitted_temperature


@st.cache_resource(max_entries=4, show_spinner="Reading predictions")
def _as_trained(folder: str, split: Split, modified: int) -> AnyPredictions:  # noqa: ARG001 - the key
    return Run(Path(folder)).raw_predictions(split)


@st.cache_resource(max_entries=4, show_spinner="Applying the temperature")
def _at(folder: str, split: Split, modified: int, temperature: float) -> AnyPredictions:
    return with_temperature(_as_trained(folder, split, modified), temperature)


@st.cache_resource(max_entries=16, show_spinner="Measuring calibration")
def _calibration(folder: str, split: Split, modified: int, temperature: float) -> Calibration:
    return calibration_of(_at(folder, split, modified, temperature))


@st.cache_resource(max_entries=64, show_spinner=False)
def _class_reliability(
    folder: str, split: Split, modified: int, temperature: float, label_id: int, binning: Binning
) -> Reliability:
    claims = claims_of(_at(folder, split, modified, temperature), label_id)
    return reliability(claims, binning=binning)


@st.cache_resource(max_entries=16, show_spinner="Fitting the temperature")
def _fit(folder: str, modified: int) -> TemperatureFit:  # noqa: ARG001 - the key
    return fitted_temperature(Run(Path(folder)))


def calibration(run: Run, split: Split, temperature: float) -> Calibration:
    """Return the calibration of a split at a temperature."""
    return _calibration(str(run.folder), split, _modified(run, split), temperature)


def reliability_of(
    run: Run, split: Split, temperature: float, label_id: int | None, binning: Binning
) -> Reliability:
    """Return the reliability of the predicted class, or of the probabilities of one class."""
    if label_id is None:
        return calibration(run, split, temperature).by_width_or_mass(binning)
    place = (str(run.folder), split, _modified(run, split))
    return _class_reliability(*place, temperature, label_id, binning)


def fit(run: Run) -> TemperatureFit | None:
    """Return what the validation rows say about the temperature, if there are any."""
    if "validation" not in run.splits:
        return None
    return _fit(str(run.folder), _modified(run, "validation"))


def _modified(run: Run, split: Split) -> int:
    """Return when the predictions were written: a run that goes on writes them again."""
    return run.predictions_file(split).stat().st_mtime_ns
