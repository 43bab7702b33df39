"""Attention: where the model looks while it reads one text."""

from functools import partial
from typing import Any

import streamlit as st

from pages._app import controls, frame, state
from pages._app.attention_text import attention_text
from pages._app.text import badge_label, escape, label, show_text
from textcls_core.charts.explanation import attention_chart
from textcls_core.charts.prediction import probabilities_chart
from textcls_core.runs.run import Run
from textcls_core.wording import percent

frame.require()

EXAMPLE = "Shares in the airline rose after it won the cup final sponsorship, the minister said."
NOTE = (
    "Attention shows where the model looks, not why it decides: other weights can give the same "
    "answer, so do not read it as an explanation."
)
MAX_CHARACTERS = 20_000


def choose_text(run: Run) -> str:
    """Return the text to look at: typed, or the row named in the URL."""
    row_id = state.parameter("row")
    start = row_text(run, row_id) if row_id else ""
    text = st.text_area(
        "Text",
        start or EXAMPLE,
        height=130,
        max_chars=MAX_CHARACTERS,
        key=f"attention.input.{run.run_id}.{row_id}",
    )
    return text or ""


def row_text(run: Run, row_id: str) -> str:
    """Return the text of a row of the run's data set, or nothing if it has none."""
    rows = state.dataset(run.config.dataset_fingerprint)
    if row_id not in rows.row_ids():
        state.ignore_parameter("row", "row")
        return ""
    position = rows.position(row_id)
    record = rows.table.slice(position, 1).to_pylist()[0]
    true = ", ".join(rows.label_names[label_id] for label_id in record["label_ids"])
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(f"true: {badge_label(true)}", color="gray")
        st.caption(f"Row {escape(row_id)}, {record['split']}")
        if st.button("Use a text of my own", type="tertiary"):
            state.set_parameter("row", None)
            st.rerun()
    return str(record["text"])


def choose_view(explanation: Any) -> tuple[int | None, int | None, bool]:
    """Return layer, head (None means the mean) and whether sub-tokens are shown."""
    mean = {"": "mean"}
    layers = mean | {str(i): str(i + 1) for i in range(explanation.num_layers)}
    heads = mean | {str(i): str(i + 1) for i in range(explanation.num_heads)}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        layer = state.choose("layer", "Layer", layers, default="")
        head = state.choose("head", "Head", heads, default="")
        tokens = st.toggle("Show sub-tokens", key="attention.tokens")
    return int(layer) if layer else None, int(head) if head else None, tokens


def take_click(view: str) -> None:
    """Look from the clicked word; a second click on it looks from the deciding token again."""
    clicked = st.session_state["attention.text"].clicked
    if clicked is not None:
        wanted = {"view": view, "position": clicked}
        is_again = st.session_state.get("attention.from") == wanted
        st.session_state["attention.from"] = None if is_again else wanted


def clicked_position(view: str) -> int | None:
    """Return the word that was clicked in this text and mode."""
    wanted = st.session_state.get("attention.from")
    return wanted["position"] if wanted and wanted["view"] == view else None


def show_explanation(explanation: Any) -> None:
    """Show the prediction, the weights on the text, and the matrix."""
    layer, head, by_token = choose_view(explanation)
    if by_token:
        names, matrix = explanation.tokens, explanation.matrix(layer, head)
    else:
        names, matrix = explanation.words, explanation.word_matrix(layer, head)
    deciding = explanation.deciding_position(by_token=by_token)
    view = f"{by_token} {explanation.text}"
    clicked = clicked_position(view)
    looks_from = deciding if clicked is None else clicked
    st.subheader("Weights on the text", anchor=False)
    source = "the token that is classified" if looks_from == deciding else "the clicked word"
    st.caption(
        f"Seen from {source} ({label(names[looks_from], 20)}). Click a word to look from it. "
        "Darker means more attention; special tokens are left out of the scale."
    )
    weights = matrix[looks_from].tolist()
    special = explanation.is_special(by_token=by_token)
    attention_text(names, weights, special, looks_from, partial(take_click, view))
    st.subheader("Who looks at whom", anchor=False)
    st.plotly_chart(
        attention_chart(matrix, names, special), alt="Attention weights; every row sums to 1"
    )


with controls.header("Attention", "Where the model looks while it reads a text."):
    chosen_run = controls.choose_run()
if chosen_run is None:
    controls.no_finished_run("see which words a model attends to, layer by layer and head by head")
else:
    st.info(NOTE, icon=":material/info:")
    text_column, bars = controls.panels()
    with text_column:
        typed = choose_text(chosen_run)
    if not typed.strip():
        show_text("Type or paste a text to look at.")
        st.stop()
    result = state.attention_of(chosen_run, typed)
    with bars:
        shares = dict(zip(result.label_names, result.probabilities.tolist(), strict=True))
        best = f"{result.predicted} with {percent(max(shares.values()))}"
        st.plotly_chart(
            probabilities_chart(shares), config=controls.NO_TOOLBAR, alt=f"Predicted {best}"
        )
        if result.num_cut:
            st.caption(f"Only the first {len(result.tokens):,} tokens are read.")
    show_explanation(result)
