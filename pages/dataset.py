"""Data: what is in a data set, and how to bring in another."""

import streamlit as st

from pages._app import controls, frame, state
from pages._app.baselines import show_dataset_baselines
from pages._app.dataset_audit import show_audit
from pages._app.dataset_label_issues import show_label_issues
from pages._app.import_form import show_import
from pages._app.text import badge_label, escape, show_text
from textcls_core.charts.dataset import class_counts_chart, lengths_chart
from textcls_core.dataset.search import RowFilter, describe_rows, find_rows
from textcls_core.dataset.statistics import class_counts, class_table, word_lengths
from textcls_core.dataset.store import DatasetInfo
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.errors import ModelError
from textcls_core.models.catalogue import EMBEDDED
from textcls_core.models.token_lengths import share_cut_off
from textcls_core.wording import percent, plural, shorten

frame.require()

PAGE_SIZE = 50
VIEWS = {"Audit": show_audit, "Label issues": show_label_issues}
ICONS = {"info": ":material/info:", "warning": ":material/warning:", "error": ":material/error:"}


def show_overview(info: DatasetInfo, rows: TextDataset) -> None:
    """Show class balance, lengths with the cut-off, what was noticed, and the baselines."""
    left, right = controls.panels()
    with left:
        with st.container(border=True):
            figure = class_counts_chart(rows.label_names, class_counts(rows))
            st.plotly_chart(figure, config=controls.NO_TOOLBAR, alt="Rows per class and split")
            controls.table_twin(class_table(rows), "Rows per class and split")
        show_findings(info)
    with right, st.container(border=True):
        show_lengths(info, rows)
    if info.task == "single_label":
        show_dataset_baselines(info.fingerprint)


def show_findings(info: DatasetInfo) -> None:
    """Show what was noticed when the data set was made."""
    st.subheader("What was noticed", anchor=False)
    for finding in info.findings:
        st.markdown(f"{ICONS[finding.severity]} {escape(finding.message)}")
        if finding.examples:
            st.caption(escape("For example: " + "; ".join(finding.examples)))


def show_lengths(info: DatasetInfo, rows: TextDataset) -> None:
    """Show lengths in words, or in tokens of a model with the share it would cut off."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        unit = st.segmented_control("Length in", ["tokens", "words"], default="tokens", key="unit")
        model = st.text_input("Tokens of model", EMBEDDED, key="lengths.model")
        limit = st.select_slider(
            "Cut off at (max_length)", [32, 64, 96, 128, 192, 256, 384, 512], 256, key="max_length"
        )
    if unit == "words":
        figure = lengths_chart(word_lengths(rows), "words")
        st.plotly_chart(figure, config=controls.NO_TOOLBAR, alt="Text lengths in words")
        return
    try:
        lengths = state.token_lengths(info.fingerprint, model or EMBEDDED)
    except ModelError as error:
        st.warning(escape(str(error)))
        return
    figure = lengths_chart(lengths, "tokens", limit)
    st.plotly_chart(figure, config=controls.NO_TOOLBAR, alt="Text lengths in tokens")
    of_texts, of_tokens = share_cut_off(lengths, limit)
    sampled = "" if len(lengths) == rows.num_examples else f" Measured on {len(lengths):,} texts."
    st.caption(
        f"At {limit} tokens, {percent(of_texts)} of the texts lose their end: "
        f"{percent(of_tokens)} of all tokens are never read.{sampled}"
    )


def show_examples(rows: TextDataset) -> None:
    """Show a filtered table of rows, and one row in full."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        splits = {"": "All splits"} | {str(name): name.capitalize() for name in rows.splits}
        split = state.choose("data_split", "Split", splits, default="")
        classes = {"": "All classes", **{name: shorten(name, 40) for name in rows.label_names}}
        name = state.choose("data_class", "Class", classes, default="")
        query = state.search("data_query", "Text contains")
    chosen = next((known for known in rows.splits if known == split), None)
    found = find_rows(rows, RowFilter(split=chosen, label=name or None, query=query))
    num_pages = max(-(-len(found) // PAGE_SIZE), 1)
    filters = f"{rows.fingerprint}.{split}.{name}.{query}"  # other filters start on page 1
    page = min(st.session_state.get(f"dataset.page.{filters}", 1), num_pages)
    shown = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    st.caption(f"{plural(len(found), 'row')} of {rows.num_examples:,}")
    records = describe_rows(rows, shown)
    event = st.dataframe(
        records,
        hide_index=True,
        height=420,
        on_select="rerun",
        selection_mode="single-row",
        key=f"dataset.table.{page}.{filters}",
        column_config={"text": st.column_config.TextColumn("text", width="large")},
        alt="Rows of the data set",
    )
    if num_pages > 1:
        st.pagination(num_pages, key=f"dataset.page.{filters}")
    for position in event["selection"]["rows"]:
        state.set_parameter("data_row", records[position]["row_id"])
    show_row(rows, state.parameter("data_row"))


def show_row(rows: TextDataset, row_id: str) -> None:
    """Show one row in full."""
    if row_id and row_id not in rows.row_ids():
        state.ignore_parameter("data_row", "row")
        row_id = ""
    if not row_id:
        st.caption("Select a row to read it in full.")
        return
    record = describe_rows(rows, [rows.position(row_id)])[0]
    with st.container(border=True):
        with st.container(horizontal=True):
            st.badge(badge_label(record["label"]), color="blue")
            st.badge(record["split"], color="gray")
            st.caption(escape(row_id))
        show_text(record["text"])


with controls.header("Data", "What is in the data set, and what a model would miss of it."):
    chosen_info = controls.choose_dataset()
table = state.dataset(chosen_info.fingerprint)
controls.metrics(
    [
        ("Rows", f"{chosen_info.num_examples:,}", controls.split_note(chosen_info)),
        ("Classes", f"{table.num_labels:,}", chosen_info.task.replace("_", "-")),
        ("Version", f"{chosen_info.version}", chosen_info.fingerprint[:12]),
    ]
)
view = state.choose(
    "view", "View", ["Overview", "Examples", *VIEWS, "Import"], default="Overview",
    draw=st.segmented_control, label_visibility="collapsed",
)  # fmt: skip
if view == "Overview":
    show_overview(chosen_info, table)
elif view == "Examples":
    show_examples(table)
elif view in VIEWS:
    VIEWS[view](chosen_info)
else:
    show_import()
