"""What the Attention page remembers of reports about all heads: they lie on disk."""

from pathlib import Path
from typing import Any

import streamlit as st

from pages._app import state
from textcls_core.dataset.text_dataset import Split
from textcls_core.explanation.head_job import head_file, moved_arguments, survey_arguments
from textcls_core.explanation.head_report import HeadReport, MovedReport
from textcls_core.explanation.trust_job import sample_rows
from textcls_core.runs.run import Run


def survey_of(run: Run, split: Split, num_texts: int) -> dict[str, Any]:
    """Return what identifies a survey of the heads of a run, for `head_job`."""
    rows = sample_rows(run.predictions(split).row_ids, num_texts)
    fingerprint = run.config.dataset_fingerprint
    return survey_arguments(run.require_model(), state.decision_key(run), fingerprint, rows)


def moved_of(run: Run, split: Split, num_texts: int) -> dict[str, Any]:
    """Return what identifies a comparison of a run with its pretrained model, for `head_job`."""
    return moved_arguments(**survey_of(run, split, num_texts), base=run.config.model)


@st.cache_resource(max_entries=4, show_spinner=False)
def _survey(file: str, modified: int) -> HeadReport | None:  # noqa: ARG001 - the key
    return HeadReport.load(Path(file))


def survey(arguments: dict[str, Any]) -> HeadReport | None:
    """Return a survey, None if it was not made yet."""
    file = head_file(state.workspace(), arguments)
    return _survey(str(file), file.stat().st_mtime_ns) if file.exists() else None


@st.cache_resource(max_entries=4, show_spinner=False)
def _moved(file: str, modified: int) -> MovedReport | None:  # noqa: ARG001 - the key
    return MovedReport.load(Path(file))


def moved(arguments: dict[str, Any]) -> MovedReport | None:
    """Return a comparison with the pretrained model, None if it was not made yet."""
    file = head_file(state.workspace(), arguments)
    return _moved(str(file), file.stat().st_mtime_ns) if file.exists() else None


@st.cache_resource(max_entries=1, show_spinner="Loading the pretrained model")
def _base(folder: str, name: str) -> Any:
    from textcls_core.explanation.attention import load_explainable
    from textcls_core.explanation.head_survey import load_base

    return load_base(name, load_explainable(Path(folder)))


@st.cache_resource(max_entries=4, show_spinner="Reading with the pretrained model")
def _base_attention(folder: str, name: str, text: str, window: int) -> Any:
    from textcls_core.explanation.attention import explain_attention

    return explain_attention(_base(folder, name), text, window=window)


def base_attention(run: Run, text: str, window: int) -> Any:
    """Return the attention weights of one text under the pretrained model that a run began with.

    Of a text in several windows they are those of one, counted from 0.

    Raises:
        RunStateError: If the run is not finished.
        InvalidArgumentError: If the text has no such window.
        ModelError: If the pretrained model is not there any more, or gives no weights.
    """
    return _base_attention(str(run.require_model()), run.config.model, text, window)
