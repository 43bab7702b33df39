"""Costs in the view of decisions: one for all mistakes, one per class, a matrix, or a file."""

from typing import Any

import streamlit as st

from pages._app import state
from pages._app.number_choice import choose_number
from pages._app.text import escape
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.costs import (
    costs_from_csv,
    costs_of_missing,
    costs_to_csv,
    uniform_costs,
)
from textcls_core.evaluation.rule import Costs
from textcls_core.runs.run import Run

MAX_MATRIX = 20
"""More classes than this have no matrix to type into."""
_MODES = {
    "same": "Every mistake costs 1",
    "class": "A cost per missed class",
    "matrix": "A cost per mistake",
    "file": "From a file",
}
_TABLE_HEIGHT = 420


def choose_costs(run: Run, label_names: tuple[str, ...]) -> dict[str, Any]:
    """Return the matrix of costs and the price of no answer, with what they are typed into."""
    is_small = len(label_names) <= MAX_MATRIX
    modes = {mode: text for mode, text in _MODES.items() if is_small or mode != "matrix"}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        mode = state.choose("decisions_costs", "What a mistake costs", modes, default="same",
                            width=260)  # fmt: skip
        never = state.choose("decisions_priced", "When every answer is too costly",
                             {"never": "Answer all the same", "cost": "No answer, at the price of"},
                             default="never", width=260)  # fmt: skip
        price = (
            choose_number("decisions_price", "Price of no answer", 0.3, 0.0, 1e9, width=170)
            if never == "cost"
            else None
        )
    costs = _costs(run, label_names, mode)
    st.download_button(
        "Download these costs as CSV",
        costs_to_csv(costs, label_names),
        file_name="costs.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="decisions.download",
    )
    return {"costs": costs, "abstain_cost": price}


def _costs(run: Run, label_names: tuple[str, ...], mode: str) -> Costs:
    if mode == "class":
        return _costs_per_class(run, label_names)
    if mode == "matrix":
        return _costs_per_mistake(run, label_names)
    if mode == "file":
        return _costs_of_file(run, label_names)
    return uniform_costs(len(label_names))


def _costs_per_class(run: Run, label_names: tuple[str, ...]) -> Costs:
    st.caption("What it costs to give another answer where this class is the true one.")
    records = [{"class": name, "cost": 1.0} for name in label_names]
    config = {
        "class": st.column_config.TextColumn("Class", disabled=True, width="medium"),
        "cost": _price_column("Cost of missing it"),
    }
    edited = _edit(f"decisions.class.{run.run_id}", records, config)
    return costs_of_missing([row["cost"] for row in edited])


def _costs_per_mistake(run: Run, label_names: tuple[str, ...]) -> Costs:
    st.caption("Rows are true classes, columns are answers. Right answers usually cost nothing.")
    columns = [f"c{position}" for position in range(len(label_names))]
    start = uniform_costs(len(label_names))
    records = [
        {"true": name, **dict(zip(columns, row, strict=True))}
        for name, row in zip(label_names, start, strict=True)
    ]
    config = {"true": st.column_config.TextColumn("True class", disabled=True, pinned=True)}
    config |= {
        column: _price_column(name) for column, name in zip(columns, label_names, strict=True)
    }
    edited = _edit(f"decisions.matrix.{run.run_id}", records, config)
    return tuple(tuple(row[column] for column in columns) for row in edited)


def _price_column(title: str) -> Any:
    return st.column_config.NumberColumn(title, min_value=0.0, required=True, format="plain")


def _edit(key: str, start: list[dict[str, Any]], config: dict[str, Any]) -> list[dict[str, Any]]:
    """Return records as edited; they outlive a visit to another page.

    The editor counts its changes from what it was first given, so that must stay while it is shown.

    Raises:
        InvalidArgumentError: If a cell was emptied.
    """
    first, last = f"{key}.first", f"{key}.last"
    if key not in st.session_state:
        st.session_state[first] = st.session_state.get(last, start)
    edited: list[dict[str, Any]] = st.data_editor(
        st.session_state[first],
        key=key,
        column_config=config,
        hide_index=True,
        num_rows="fixed",
        height="auto" if len(start) <= MAX_MATRIX else _TABLE_HEIGHT,
        alt="Costs to type in",
    )
    if any(value is None for row in edited for value in row.values()):
        raise InvalidArgumentError("Expected a cost in every cell. Fill the empty one, 0 for free.")
    st.session_state[last] = edited
    return edited


def _costs_of_file(run: Run, label_names: tuple[str, ...]) -> Costs:
    """Return the matrix of an uploaded file; it outlives a visit to another page."""
    remembered = f"decisions.file.{run.run_id}"
    file = st.file_uploader(
        "A CSV file with a row per true class and a column per answer", type=["csv", "tsv", "txt"],
        key="decisions.upload", max_upload_size=20,
    )  # fmt: skip
    if file is not None:
        try:
            text = file.getvalue().decode("utf-8-sig")
            st.session_state[remembered] = costs_from_csv(text, label_names)
        except UnicodeDecodeError:
            st.error("Expected UTF-8 text. Save the file as CSV in UTF-8.", icon=":material/error:")
        except InvalidArgumentError as error:
            st.error(escape(str(error)), icon=":material/error:")
    if remembered not in st.session_state:
        st.caption("Download the costs below, change them in a spreadsheet, and upload them here.")
        return uniform_costs(len(label_names))
    costs: Costs = st.session_state[remembered]
    return costs
