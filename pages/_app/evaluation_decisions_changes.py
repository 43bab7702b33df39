"""What a decision rule changes: how many answers, and which."""

import streamlit as st

from pages._app import controls, state
from pages._app.mistakes_link import open_mistakes
from pages._app.text import cells
from textcls_core.dataset.text_dataset import Split
from textcls_core.evaluation.rule_figures import RuleResult
from textcls_core.runs.rules import changed_rows
from textcls_core.runs.run import Run
from textcls_core.wording import plural

_MOST_ROWS = 100
_HEIGHT = 420
_ANSWERS = ("true", "plain rule", "this rule")
_TITLES = {
    "fixed": "Wrong, now right",
    "broken": "Right, now wrong",
    "other": "Another answer",
    "no answer, was wrong": "No answer, was wrong",
    "no answer, was right": "No answer, was right",
}


def show_changes(run: Run, split: Split, result: RuleResult) -> None:
    """Show how many answers change beside the plain rule, with examples."""
    st.subheader("What changes", anchor=False)
    counts = result.change_counts
    options = {name: f"{title}: {counts[name]:,}" for name, title in _TITLES.items()
               if counts[name]}  # fmt: skip
    if state.parameter("decisions_change") not in {"", *options}:
        state.set_parameter("decisions_change", None)
    if not options:
        st.caption("Every text keeps the answer of the plain rule.")
        return
    kept = plural(counts["same"], "text keeps its answer", "texts keep their answers")
    st.caption(f"Beside the plain rule: {kept}.")
    change = state.choose(
        "decisions_change", "Show", options, default=next(iter(options)),
        draw=st.segmented_control, label_visibility="collapsed",
    )  # fmt: skip
    dataset = state.dataset(run.config.dataset_fingerprint)
    rows = changed_rows(result, dataset, change, _MOST_ROWS)
    picked = _table(rows, f"decisions.rows.{change}")
    if counts[change] > len(rows):
        st.caption(f"Showing the {len(rows)} surest of {counts[change]:,}.")
    for position in picked:
        link = {"run": run.run_id, "split": split, "row": rows[position]["row_id"]}
        open_mistakes(**link, outcome="all")
    st.caption("Select a row to read it on the Mistakes page.")


def _table(rows: list[dict[str, str]], key: str) -> list[int]:
    """Show the rows; return the position of the selected one, if any."""
    texts = cells([row["text"] for row in rows])
    shown = [
        {name: row[name] for name in (*_ANSWERS, "confidence")} | {"text": text}
        for row, text in zip(rows, texts, strict=True)
    ]
    event = st.dataframe(
        shown,
        hide_index=True,
        height=controls.table_height(len(rows), _HEIGHT),
        column_config={
            **dict.fromkeys(_ANSWERS, st.column_config.TextColumn(width=130)),
            "confidence": st.column_config.TextColumn(width=90),
            "text": st.column_config.TextColumn(width="large"),
        },
        on_select="rerun",
        selection_mode="single-row",
        key=key,
        alt="Texts whose answer changes, with the true label and both answers",
    )
    return list(event["selection"]["rows"])
