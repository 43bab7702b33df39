"""The import form of the Data page: file, columns, checks, save."""

from typing import Any

import streamlit as st

from pages._app import controls, state
from pages._app.text import escape, show_text
from textcls_core.dataset.columns import ColumnChoice, choose_columns
from textcls_core.dataset.importing import Imported, import_tables
from textcls_core.dataset.raw_table import RawTable
from textcls_core.dataset.reading import read_table
from textcls_core.dataset.reading_options import ReadingOptions
from textcls_core.errors import DatasetFormatError, TextclsError
from textcls_core.wording import plural

_ENCODINGS = ["detect", "utf-8", "cp1252", "latin-1", "utf-16", "gb18030", "big5", "shift_jis"]
_HEADERS = {"detect": None, "has a header line": True, "has no header line": False}
_PREVIEW_ROWS = 5


def show_import() -> None:
    """Show the form; every problem is a message beside what was already entered."""
    st.caption(
        "CSV or TSV with a text and a label column, or JSON Lines with `text` and `label`. "
        "One file is split 70/15/15; a second file becomes the test split."
    )
    left, right = controls.panels()
    # Any name will do: what a file is shows its content, and not all have an extension.
    main = left.file_uploader("Training file", key="import.main")
    test = right.file_uploader("Test file (optional)", key="import.test")
    options = _read_options()
    if main is None:
        return
    try:
        tables = [_read(file, options) for file in (main, test) if file is not None]
        _import(tables[0], tables[1] if test else None)
    except TextclsError as error:
        st.error(escape(str(error)), icon=":material/error:")


def _read_options() -> ReadingOptions:
    with st.expander("How to read the file"), st.container(horizontal=True):
        encoding = st.selectbox(
            "Encoding", _ENCODINGS, accept_new_options=True, key="import.encoding"
        )
        header = st.selectbox("First line", list(_HEADERS), key="import.header")
        skip = st.checkbox("Skip rows that cannot be read", key="import.skip")
    return ReadingOptions(
        encoding=None if encoding == "detect" else encoding,
        has_header=_HEADERS[header],
        skip_bad_rows=skip,
    )


def _read(file: Any, options: ReadingOptions) -> RawTable:
    return read_table(file.getvalue(), options, " ".join(file.name.split())[:80])


def _import(main: RawTable, test: RawTable | None) -> None:
    """Show columns, preview and checks; store the data set when asked to."""
    choice = _choose_columns(main)
    preview = main.table.slice(0, _PREVIEW_ROWS).to_pylist()
    st.dataframe(preview, hide_index=True, alt="First rows of the file")
    imported = import_tables(main, test, choice)
    _show_checks(imported)
    with st.form("import.save", border=False):
        name = st.text_input("Name", main.file_name.rsplit(".", 1)[0], max_chars=80)
        if st.form_submit_button("Import", type="primary"):
            _save(imported, name, main, test)


def _choose_columns(main: RawTable) -> ColumnChoice:
    """Return the columns of text, label and split, guessed and changeable."""
    names = main.column_names
    try:
        head = main.table.slice(0, 2_000).to_pydict()
        guess = choose_columns(head, ColumnChoice(), main.file_name)
    except DatasetFormatError:
        guess = ColumnChoice(text=names[0], label=names[-1])
    with st.container(horizontal=True):
        text = _column("Text column", names, guess.text)
        label_column = _column("Label column", names, guess.label)
        split = _column("Split column", ["", *names], guess.split or "")
    return ColumnChoice(text=text, label=label_column, split=split or None)


def _column(title: str, names: list[str], guess: str | None) -> str:
    position = names.index(guess) if guess in names else 0
    return st.selectbox(title, names, position, format_func=lambda name: name or "(none)")


def _show_checks(imported: Imported) -> None:
    dataset = imported.dataset
    classes = plural(dataset.num_labels, "class", "classes")
    st.markdown(f"**{plural(dataset.num_examples, 'row')}, {classes}**")
    for finding in imported.findings:
        draw = {"info": st.info, "warning": st.warning, "error": st.error}[finding.severity]
        draw(escape(finding.message))
        if finding.examples:
            show_text("For example: " + "; ".join(finding.examples))


def _save(imported: Imported, name: str, main: RawTable, test: RawTable | None) -> None:
    """Store the data set and open it."""
    files = " and ".join(table.file_name for table in (main, test) if table is not None)
    reason = f"imported from {files}"
    info = state.dataset_store().save(imported.dataset, name, reason, imported.findings)
    state.set_parameter("dataset", info.dataset_id)
    state.set_parameter("view", None)
    is_new = info.reason == reason
    st.toast(f"{'Imported' if is_new else 'Imported before'} as {escape(info.name)}.")
    st.rerun()
