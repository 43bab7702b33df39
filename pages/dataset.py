"""Data: what is in a data set, and how to bring in another."""

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._app import controls, frame, state
from pages._app.dataset_audit import show_audit
from pages._app.dataset_explore import show_explore
from pages._app.dataset_import import show_import
from pages._app.dataset_label_issues import show_label_issues
from pages._app.dataset_map import show_map
from pages._app.dataset_overview import cut_off_card, show_overview
from pages._app.dataset_versions import show_versions
from pages._app.dataset_words import show_words
from textcls_core.dataset.store import DatasetInfo

frame.require()

VIEWS: dict[str, Callable[[DatasetInfo], None]] = {
    "Overview": show_overview,
    "Audit": show_audit,
    "Explore": show_explore,
    "Words": show_words,
    "Map": show_map,
    "Label issues": show_label_issues,
    "Versions": show_versions,
}
IMPORT = "Import"  # is about no data set yet
FORMER_NAMES = {"Examples": "Explore"}  # links from before a view had its name


def cards(info: DatasetInfo) -> list[tuple[str, str, str]]:
    """Return the figures that are known without reading a row."""
    found = {finding.kind: finding.count for finding in info.findings}
    return [
        ("Rows", f"{info.num_examples:,}", f"version {info.version}"),
        ("Classes", f"{len(info.label_names):,}", kind_of_labels(info)),
        ("Splits", f"{len(info.split_counts)}", split_shares(info)),
        ("Duplicates", f"{found.get('exact_duplicates', 0):,}", "repeated texts"),
    ]


def kind_of_labels(info: DatasetInfo) -> str:
    """Return how many labels a row has, in a word or two."""
    return info.task.replace("_", "-") if info.label_names else "no labels yet"


def split_shares(info: DatasetInfo) -> str:
    """Return the share of every split in a few characters."""
    total = max(info.num_examples, 1)
    return " / ".join(f"{100 * count / total:.0f}" for count in info.split_counts.values()) + " %"


def choose_view() -> str:
    """Return which view is open, with a switcher."""
    former = state.parameter("view")
    if former in FORMER_NAMES:
        state.set_parameter("view", FORMER_NAMES[former])
    return state.choose(
        "view", "View", [*VIEWS, IMPORT], default="Overview",
        draw=st.segmented_control, label_visibility="collapsed",
    )  # fmt: skip


def show_dataset(view: str, switcher: DeltaGenerator, place: DeltaGenerator) -> None:
    """Show one view of the chosen data set."""
    with switcher:
        chosen = controls.choose_dataset()
    known = cards(chosen)
    with place.container():
        controls.metrics([*known, ("Cut off", "…", "counting tokens")])
    VIEWS[view](chosen)
    with place.container():
        controls.metrics([*known, cut_off_card(chosen)])


header = controls.header("Data", "What is in the data set, and what a model would miss of it.")
figures = st.empty()
chosen_view = choose_view()
if chosen_view == IMPORT:
    show_import()
else:
    show_dataset(chosen_view, header, figures)
