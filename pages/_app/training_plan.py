"""What a run will do before it starts: size, time, memory, the first texts, and the command."""

from typing import Any

import streamlit as st

from pages._app import controls, state
from pages._app.text import escape
from pages._app.token_text import token_text
from textcls_core.config import RunConfig
from textcls_core.dataset.store import DatasetInfo
from textcls_core.errors import DatasetFormatError, ModelError, TextclsError
from textcls_core.models.catalogue import position_limit, require_length
from textcls_core.models.gpus import visible_gpus
from textcls_core.training import launch
from textcls_core.training.estimate import Estimate, estimate
from textcls_core.training.trackers import require_trackers
from textcls_core.wording import duration, percent, plural

_MEASURED = "training.preflight"
_TEXTS_SHOWN = 8


def require_startable(config: RunConfig, info: DatasetInfo) -> None:
    """Refuse what the worker would refuse, as far as it can be known at once.

    Raises:
        DatasetFormatError: If the data set has no labels.
        TextclsError: If the model cannot read so many tokens, the metric is not measured for such
            data, or a tool of `report_to` is missing.
    """
    if not info.label_names:
        raise DatasetFormatError(
            "This data set has no labels, so nothing can be trained on it. Label rows on the "
            "Mistakes page under Label next: they join the data set of a run."
        )
    launch.require_measured(config, info.task, len(info.label_names))
    require_trackers(config.report_to)
    try:
        limit = position_limit(state.tokenizer_dir(config.model))
    except ModelError:
        return  # the plan says what is wrong with the model
    require_length(config.model, limit, config.max_length)


def show_plan(config: RunConfig, info: DatasetInfo) -> None:
    """Show steps, tokens and time, or why the model cannot be had."""
    try:
        lengths = state.token_lengths(info.fingerprint, config.model)
    except ModelError as error:
        st.warning(escape(str(error)), icon=":material/cloud_off:")
        return
    num_texts = state.epoch_size(config, info.fingerprint)
    plan = estimate(config, num_texts, lengths, state.run_store().runs())
    seconds = "unknown" if plan.seconds is None else duration(plan.seconds)
    controls.metrics(
        [
            ("Steps", *_steps(config, plan)),
            ("Tokens", f"{plan.num_tokens:,}", plural(config.num_epochs, "epoch")),
            ("Time", seconds, "training only"),
        ]
    )
    st.caption(escape(plan.basis))
    cut = float((lengths > config.max_length).mean())
    st.caption(f"{percent(cut)} of the texts are longer than {config.max_length} tokens.")
    if config.num_processes * config.num_nodes > 1:
        st.caption(_processes(config))
    if gpus := len(visible_gpus()):
        st.caption(
            f"Runs can use {plural(gpus, 'GPU')} here; num_processes gives one to each process."
        )


def show_first_batch(config: RunConfig, info: DatasetInfo) -> None:
    """Show the first texts as the model will see them."""
    with st.expander("First batch as the model sees it", expanded=True):
        try:
            step = state.first_step(config, info.fingerprint, _TEXTS_SHOWN)
        except ModelError as error:
            st.caption(escape(str(error)))
            return
        num_cut = sum(row.num_cut > 0 for row in step.rows)
        st.caption(
            f"Showing {len(step.rows)} of the {plural(step.num_texts, 'text')} of the first step; "
            f"{num_cut} of them cut off. Each underlined piece is one token."
        )
        token_text(step.rows)


def measure(config: RunConfig) -> None:
    """Take a dry step on the longest texts, and remember what it took."""
    with st.spinner("Measuring a step on the longest texts"):
        try:
            facts = launch.preflight(state.workspace(), config)
        except TextclsError as error:
            facts = {"error": str(error)}
    st.session_state[_MEASURED] = {"command": launch.command_line(config), "facts": dict(facts)}


def show_measured(config: RunConfig) -> None:
    """Show what `measure` found, as long as it is about the settings in the form."""
    measured = st.session_state.get(_MEASURED)
    if measured is None or measured["command"] != launch.command_line(config):
        return
    facts: dict[str, Any] = measured["facts"]
    if "error" in facts:
        st.error(escape(facts["error"]), icon=":material/error:")
        return
    most = facts["peak_memory_mb"] * (1 + facts["memory_margin"])
    controls.metrics(
        [
            ("Measured time", duration(facts["seconds"]), f"± {percent(facts['margin'], 0)}"),
            ("Peak memory", f"{facts['peak_memory_mb']:,.0f} MB", f"up to {most:,.0f} MB later"),
            ("Step", f"{facts['seconds_per_step']:.2f} s", "on average"),
            ("Largest step", f"{facts['longest_batch_tokens']:,}", "tokens"),
        ]
    )
    st.caption(escape(" ".join(facts["notes"])))


def show_command(config: RunConfig) -> None:
    """Show how to start the same run from a terminal."""
    st.caption("The same run from a terminal:")
    st.code(launch.command_line(config), language=None, wrap_lines=True)


def _steps(config: RunConfig, plan: Estimate) -> tuple[str, str]:
    """Return how many steps a run has, and how large they are."""
    if config.tokens_per_step:
        return f"about {plan.num_steps:,}", f"up to {config.tokens_per_step:,} tokens each"
    return f"{plan.num_steps:,}", f"{config.documents_per_step} texts each"


def _processes(config: RunConfig) -> str:
    """Return a sentence about the processes of a run."""
    if config.num_nodes == 1:
        return f"{config.num_processes} processes share each step."
    return (
        f"{config.num_nodes} machines with {plural(config.num_processes, 'process', 'processes')} "
        "each share every step. Once made, the run shows the command to start on each machine."
    )
