"""Inspect: filter, sort and read the examples of a run one by one."""

from typing import Any

import streamlit as st

from pages._app import controls, run_cache, state
from pages._app.mistakes_detail import show_example
from textcls_core.charts.mistakes import outcome_counts, outcomes_chart
from textcls_core.dataset.text_dataset import Split
from textcls_core.mistakes.selection import ORDERS, Examples, Outcome, Selection
from textcls_core.runs.run import Run
from textcls_core.wording import plural, shorten

ROWS_SHOWN = 1_000
OUTCOMES: dict[str, str] = {"mistakes": "Mistakes", "correct": "Correct", "all": "All"}


def choose_selection(shown: Examples) -> Selection:
    """Return the filters in the URL, with widgets to change them."""
    names = {name: shorten(name, 40) for name in shown.predictions.label_names}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        outcome = state.choose("outcome", "Show", OUTCOMES, default="mistakes")
        true = state.choose("true", "True class", {"": "Any", **names}, default="")
        predicted = state.choose("predicted", "Predicted class", {"": "Any", **names}, default="")
        sure = state.choose("sure", "Confidence", CONFIDENCES, default="0-100")
        order = state.choose("order", "Sort by", ORDERS, default="loss")
        query = state.search("query", "Text contains")
    kept: Outcome = next((o for o in ("mistakes", "correct", "all") if o == outcome), "mistakes")
    low, high = (int(bound) for bound in sure.split("-"))
    return Selection(
        outcome=kept,
        true=true or None,
        predicted=predicted or None,
        min_confidence=low / 100,
        max_confidence=high / 100,
        query=query,
        order=next(known for known in ORDERS if known == order),
    )


CONFIDENCES = {
    "0-100": "any",
    **{f"{low}-100": f"{low} % or more" for low in (99, 95, 90, 80, 70, 50)},
    **{f"0-{high}": f"{high} % or less" for high in (90, 70, 50)},
}


def show_table(shown: Examples, rows: list[dict[str, Any]], total: int) -> None:
    """Show the selected examples; choosing one puts it into the URL."""
    st.caption(f"{plural(total, 'row')} of {len(shown.predictions):,}")
    key = f"mistakes.table.{hash(tuple(row['row_id'] for row in rows))}"
    picked = [rows[position]["row_id"] for position in controls.examples_table(rows, key, 600)]
    if picked != st.session_state.get("mistakes.picked", []):
        st.session_state["mistakes.picked"] = picked
        if picked:
            state.set_parameter("row", picked[0])


def show_inspect(run: Run, split: Split) -> None:
    """Show outcomes, filters, table and the open example."""
    shown = run_cache.examples(run, split)
    counts = outcome_counts(shown.predictions)
    wrong = counts["wrong and sure"] + counts["wrong but unsure"]
    st.plotly_chart(
        outcomes_chart(shown.predictions),
        config=controls.NO_TOOLBAR,
        alt=f"{wrong} of {len(shown.predictions)} rows are wrong",
    )
    positions = shown.select(choose_selection(shown))
    rows = [shown.row(int(position)) for position in positions[:ROWS_SHOWN]]
    if len(positions) > ROWS_SHOWN:
        st.caption(f"Showing the first {ROWS_SHOWN:,} of {len(positions):,}.")
    table, detail = controls.panels()
    with table:
        show_table(shown, rows, len(positions))
    wanted = state.parameter("row")
    ids = shown.predictions.row_ids
    if wanted and wanted not in ids:
        state.ignore_parameter("row", "row")
    opened = wanted if wanted in ids else (rows[0]["row_id"] if rows else None)
    with detail:
        if opened is None:
            st.info("No example passes these filters.", icon=":material/filter_alt_off:")
        else:
            example = shown.row(ids.index(opened))
            show_example(run, example, [row["row_id"] for row in rows])
