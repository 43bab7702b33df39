"""What the Report view remembers: the facts of a run, gathered when a file is first asked for."""

from pathlib import Path

import streamlit as st

from pages._app import state
from textcls_core.dataset.text_dataset import Split
from textcls_core.reporting.facts import Facts, gather
from textcls_core.reporting.model_card import model_card as card_of
from textcls_core.reporting.report import html_report
from textcls_core.reporting.saving import save_both
from textcls_core.runs.run import Run
from textcls_core.runs.seeds import seed_siblings
from textcls_core.workspace import Workspace


@st.cache_resource(max_entries=4, show_spinner="Gathering what is known about the run")
def _facts(
    root: str, run_id: str, split: Split, decision: str, beside: tuple[str, ...]  # noqa: ARG001 - the key
) -> Facts:  # fmt: skip
    return gather(Run(Path(root) / run_id), split, Workspace(Path(root).parent))


def _known(run: Run, split: Split) -> Facts:
    root, decision = str(run.folder.parent), state.decision_key(run)
    return _facts(root, run.run_id, split, decision, _beside(run, split))


def _beside(run: Run, split: Split) -> tuple[str, ...]:
    """Return what a report says of others: baselines measured and seeds trained until now."""
    known = (baseline.model_dump_json() for baseline in state.run_baselines(run, split))
    siblings = seed_siblings(run, state.run_store().runs())
    return (*known, *(one.run_id for one in siblings))


def report(run: Run, split: Split) -> str:
    """Return the HTML report."""
    return html_report(_known(run, split))


def model_card(run: Run, split: Split) -> str:
    """Return the model card."""
    return card_of(_known(run, split))


def saved_files(run: Run, split: Split) -> None:
    """Write both into the folder of the run."""
    save_both(_known(run, split))
