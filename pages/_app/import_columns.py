"""The middle steps of the import wizard: columns, labels, splits."""

from contextlib import suppress
from typing import Any

import pyarrow as pa
import streamlit as st

from pages._app import controls, import_state
from pages._app.import_file import reading_options
from pages._app.text import escape, show_text
from textcls_core.dataset.columns import ColumnChoice, choose_columns
from textcls_core.dataset.import_rows import join_texts
from textcls_core.dataset.import_splits import SplitPlan
from textcls_core.dataset.importing import checked
from textcls_core.dataset.labels import (
    LabelFormat,
    label_examples,
    names_in,
    settle_label_format,
)
from textcls_core.dataset.raw_table import RawTable
from textcls_core.dataset.splitting import SplitRecipe
from textcls_core.errors import DatasetFormatError, InvalidArgumentError
from textcls_core.wording import percent, shorten

_NONE = ""
_KINDS = {
    "single": "One label per row",
    "delimited": "Several, with a delimiter between them",
    "lists": "Several, written as a list",
    "columns": "One column per label",
}
_METHODS = {
    "stratified": "Stratified by class",
    "duplicates": "Keep near-equal texts together (case, spaces)",
    "near_duplicates": "Keep near-duplicates together (most words shared)",
    "group": "Keep rows with the same value of a column together",
    "time": "By time: the newest rows for the test",
}
_PREVIEW_ROWS = 6
_OWN, _NEW = "The file's own", "Made new"


def _head() -> RawTable:
    """Return the first rows of the training file."""
    file = import_state.source("main")
    if file is None:
        raise InvalidArgumentError("Choose a training file first.")
    return import_state.head(file, reading_options())


def column_choice() -> ColumnChoice:
    """Return which column is what: what was entered, and a guess before anything was."""
    guess = _guess(_head())
    return checked(
        ColumnChoice,
        text=tuple(import_state.get("text", guess.text)),
        label=() if _no_labels() else tuple(import_state.get("label", guess.label)),
        split=import_state.get("split", guess.split) or None,
        row_id=import_state.get("row_id", guess.row_id) or None,
        separator=import_state.get("joined_by", " "),
    )


def show_columns() -> bool:
    """Show which column is what, and how rows look then; return whether that works."""
    table = _head()
    names = table.column_names
    guess = _guess(table)
    left, right = controls.panels()
    with left:
        st.multiselect(
            "Text: one column, or several to join",
            names,
            key=import_state.key("text", list(guess.text), names),
        )
        if len(import_state.get("text", [])) > 1:
            st.text_input("Joined with", key=import_state.key("joined_by", " "), max_chars=20)
    with right:
        st.multiselect(
            "Label: one column, or one column per label",
            names,
            key=import_state.key("label", list(guess.label), names),
            disabled=_no_labels(),
        )
        st.checkbox("There are no labels", key=import_state.key("no_labels", False))
    with st.container(horizontal=True):
        _select("split", "Split (optional)", names, guess.split)
        _select("row_id", "Row id (optional, a different one in every row)", names, guess.row_id)
    choice = column_choice()
    if not choice.text or not (choice.label or _no_labels()):
        st.warning("Choose at least one text column and one label column.")
        return False
    has_labels = not _no_labels()
    choose_columns(table.table, choice, table.file_name, guess_split=False, has_labels=has_labels)
    kept = [name for name in names if name not in choice.used]
    st.caption(escape(f"Kept for slicing: {', '.join(kept[:12]) or 'no further column'}"))
    _show_chosen(table, choice)
    return True


def _no_labels() -> bool:
    """Tell whether somebody said that the rows have no labels."""
    return bool(import_state.get("no_labels"))


def _guess(table: RawTable) -> ColumnChoice:
    """Return which column seems to be what; without a likely label column, the others still."""
    for has_labels in (True, False):
        with suppress(DatasetFormatError):
            return choose_columns(
                table.table, ColumnChoice(), table.file_name, has_labels=has_labels
            )
    return ColumnChoice()


def _select(name: str, title: str, names: list[str], guess: str | None) -> None:
    options = [_NONE, *names]
    st.selectbox(
        title,
        options,
        key=import_state.key(name, guess or _NONE, options),
        format_func=lambda value: value or "(none)",
    )


def _show_chosen(table: RawTable, choice: ColumnChoice) -> None:
    """Show the first rows with the chosen columns only."""
    head = table.table.slice(0, _PREVIEW_ROWS)
    texts = join_texts([head[name] for name in choice.text], choice.separator)
    columns = {
        "text": texts,
        **{name: head[name] for name in choice.label},
        **{name: head[name] for name in (choice.split, choice.row_id) if name},
    }
    st.dataframe(
        pa.table(columns),
        hide_index=True,
        column_config={"text": st.column_config.TextColumn("text", width="large")},
        alt="First rows with the chosen columns",
    )


def label_format() -> LabelFormat:
    """Return how labels are read."""
    return checked(
        LabelFormat,
        kind="none" if _no_labels() else import_state.get("kind") or "guess",
        delimiter=import_state.get("delimiter") or ",",
        names=_names(),
        threshold=import_state.get("threshold", 0.5),
    )


def _names() -> tuple[str, ...]:
    text = str(import_state.get("names", ""))
    return names_in(text) if text.strip() else ()


def show_labels() -> bool:
    """Show how labels are read, with examples of what that gives."""
    if _no_labels():
        st.info(
            "The rows have no labels. They can be labelled on the Mistakes page under Label next, "
            "for the data set of a run. Until then nothing can be trained on them."
        )
        return True
    table, choice = _head(), column_choice()
    columns = [table.table[name] for name in choice.label]
    guess = settle_label_format(columns, LabelFormat())
    kinds = ["columns"] if len(columns) > 1 else list(_KINDS)
    left, right = controls.panels()
    with left:
        st.radio(
            "A row has",
            kinds,
            key=import_state.key("kind", guess.kind, kinds),
            format_func=_KINDS.__getitem__,
        )
        _choose_details(import_state.get("kind"), guess)
    with right:
        examples = label_examples(columns, choice.label, label_format())
        st.caption("What that gives")
        st.dataframe(
            [{"in the file": cell, "labels": labels} for cell, labels in examples],
            hide_index=True,
            column_config={"labels": st.column_config.ListColumn("labels", width="large")},
            alt="Cells of the file with the labels read from them",
        )
    return True


def _choose_details(kind: str, guess: LabelFormat) -> None:
    if kind == "delimited":
        st.text_input("Delimiter", key=import_state.key("delimiter", guess.delimiter), max_chars=10)
    if kind == "columns":
        st.slider(
            "A label is given from this value on",
            0.01,
            1.0,
            key=import_state.key("threshold", 0.5),
            help="Matters for fractions, for example the share of annotators who chose the label.",
        )
        return
    _take_names_file()
    st.text_area(
        "Label names, if cells hold positions (one per line, the first is 0)",
        key=import_state.key("names", ""),
        height=110,
        max_chars=1_000_000,
        placeholder="admiration\namusement\nanger",
    )


def _take_names_file() -> None:
    """Put the names in an upload into the field below, where they can be changed."""
    file = st.file_uploader("Names file (optional)", key="import.names", max_upload_size=1)
    if file is None or import_state.get("names_file") == file.file_id:
        return
    import_state.put("names_file", file.file_id)
    import_state.put("names", "\n".join(names_in(file.getvalue().decode("utf-8", "replace"))))


def split_plan() -> SplitPlan:
    """Return how rows get their split."""
    validation, test = (import_state.get(f"{name}_share", 15) for name in ("validation", "test"))
    method = import_state.get("method", "stratified")
    return checked(
        SplitPlan,
        use_own=import_state.get("use_own", _OWN) != _NEW,
        recipe=checked(
            SplitRecipe,
            by=method,
            column=import_state.get("method_column") if method in {"group", "time"} else None,
            shares=((100 - validation - test) / 100, validation / 100, test / 100),
            seed=import_state.get("seed", 0),
        ),
    )


def show_splits() -> bool:
    """Show how rows are divided into train, validation and test."""
    if _no_labels():
        st.info("Rows without labels need no split: they wait together to be labelled.")
        return True
    choice = column_choice()
    if choice.split:
        st.segmented_control(
            "Split", [_OWN, _NEW], key=import_state.key("use_own", _OWN), required=True
        )
        st.caption(_about_own(choice.split))
    elif import_state.source("test"):
        st.caption("The rows of the test file are the test split.")
    left, right = controls.panels()
    with left:
        _choose_method([name for name in _head().column_names if name not in choice.used])
    with right, st.container(horizontal=True):
        for name in ("validation", "test"):
            key = import_state.key(f"{name}_share", 15)
            st.number_input(f"{name.capitalize()} (%)", 0, 90, step=5, key=key)
        st.number_input("Seed", 0, 2**31, key=import_state.key("seed", 0))
    plan = split_plan()
    train = percent(plan.recipe.shares[0], 0)
    st.caption(f"{train} for training. Shares count where the file names no such rows.")
    return True


def _about_own(column: str) -> str:
    return escape(f'Column "{shorten(column)}" names the split. What it leaves open is made new.')


def _choose_method(columns: list[str]) -> None:
    st.selectbox(
        "How it is made",
        list(_METHODS),
        key=import_state.key("method", "stratified", list(_METHODS)),
        format_func=_METHODS.__getitem__,
    )
    if import_state.get("method") not in {"group", "time"}:
        return
    if not columns:
        show_text("The file has no further column.")
        return
    key: Any = import_state.key("method_column", columns[0], columns)
    st.selectbox("Column", columns, key=key)
