"""The confusion matrix of a run, and the examples that a cell stands for."""

import streamlit as st

from pages._app import controls, state
from pages._app.text import escape, label
from textcls_core.charts.evaluation.matrix import ALL, confusion_chart, selected_cell
from textcls_core.dataset.text_dataset import Split
from textcls_core.evaluation.confusion import Normalisation, top_confusions
from textcls_core.evaluation.evaluation import Evaluation
from textcls_core.evaluation.figures import Figures
from textcls_core.mistakes.selection import Examples, Selection
from textcls_core.runs.run import Run
from textcls_core.wording import percent, plural

ROWS_SHOWN = 200
MODES: dict[str, Normalisation] = {"Counts": "counts", "Row share": "row", "Column share": "column"}


def show_matrix(run: Run, split: Split, figures: Figures) -> None:
    """Show matrix and examples side by side, or why there is no matrix."""
    if not isinstance(figures, Evaluation):
        st.info(
            "This run gives several labels per text. The confusion matrix and its examples come "
            "for single-label runs only so far.",
            icon=":material/info:",
        )
        return
    matrix, examples = controls.panels()
    with matrix:
        _show_cells(figures)
    with examples:
        _show_examples(run, split, figures)


def _show_cells(result: Evaluation) -> None:
    """Show the matrix; a click puts true and predicted class into the URL."""
    with st.container(horizontal=True, vertical_alignment="center"):
        mode = state.choose(
            "matrix", "Cells show", list(MODES), default="Counts",
            draw=st.segmented_control, label_visibility="collapsed",
        )  # fmt: skip
        errors_only = st.toggle("Mistakes only", key="evaluation.errors_only")
    is_dark = st.context.theme.type == "dark"
    figure = confusion_chart(result, MODES[mode], errors_only=errors_only, is_dark=is_dark)
    event = st.plotly_chart(
        figure,
        key="evaluation.confusion",
        on_select="rerun",
        selection_mode="points",
        config=controls.NO_TOOLBAR,
        alt=f"Confusion matrix, accuracy {percent(result.accuracy)}",
    )
    _remember_click(selected_cell(event["selection"]))
    st.caption("Click a cell, or a total at the end of a row or column, to see its examples.")
    _show_top_confusions(result)
    controls.table_twin(result.confusion_table(), "Confusion counts")


def _show_top_confusions(result: Evaluation) -> None:
    """Show the most frequent confusions as shortcuts to their cells."""
    with st.container(horizontal=True, gap="small"):
        for true, predicted, count in top_confusions(result.confusion, 3):
            names = result.label_names
            pair = f"{label(names[true], 20)} → {label(names[predicted], 20)}: {count:,}"
            if st.button(pair, key=f"pair.{true}.{predicted}"):
                _set_cell(names[true], names[predicted])
                st.rerun()


def _remember_click(cell: tuple[str, str] | None) -> None:
    """Put a new click into the URL; the same click is not taken twice."""
    if cell != st.session_state.get("evaluation.clicked"):
        st.session_state["evaluation.clicked"] = cell
        if cell is not None:
            _set_cell(*cell)


def _set_cell(true: str, predicted: str) -> None:
    """Select the examples of a cell, or of a whole row or column."""
    state.set_parameter("true", true or None)
    state.set_parameter("predicted", predicted or None)


def _show_examples(run: Run, split: Split, result: Evaluation) -> None:
    """Show the examples of the selected cell, or all mistakes."""
    true, predicted = _known(result, "true"), _known(result, "predicted")
    has_cell = bool(true or predicted)
    selection = Selection(
        outcome="all" if has_cell else "mistakes", true=true or None, predicted=predicted or None
    )
    shown: Examples = state.examples(run, split)
    positions = shown.select(selection)
    with st.container(horizontal=True, vertical_alignment="center"):
        sides = {"true": true, "predicted": predicted}
        parts = [f"{side} {label(name)}" for side, name in sides.items() if name]
        heading = ", ".join(parts) if has_cell else "all mistakes"
        st.markdown(f"**{plural(len(positions), 'row')}:** {heading}")
        if has_cell and st.button("Show all mistakes", key="evaluation.clear"):
            _set_cell(ALL, ALL)
            st.rerun()
    records = [shown.row(int(position)) for position in positions[:ROWS_SHOWN]]
    picked = controls.examples_table(records, f"evaluation.rows.{true}.{predicted}", 460)
    if len(positions) > ROWS_SHOWN:
        st.caption(f"Showing {ROWS_SHOWN} of {len(positions):,}.")
    for position in picked:
        link = {"run": run.run_id, "split": split, "row": records[position]["row_id"]}
        link |= {"outcome": "all"} if has_cell else {}
        st.switch_page("pages/mistakes.py", query_params=link)
    st.caption("Select a row to read it on the Mistakes page.")


def _known(result: Evaluation, name: str) -> str:
    """Return a class name from the URL, or nothing if this run does not know it."""
    value = state.parameter(name)
    if value and value not in result.label_names:
        st.toast(f"The link names a class that this run does not have: {escape(value[:60])}")
        state.set_parameter(name, None)
        return ALL
    return value
