"""The first steps of the import wizard: which file, and how to read it."""

from typing import Any

import streamlit as st

from pages._app import controls, import_state, state
from pages._app.text import escape, show_text
from textcls_core.dataset.raw_table import RawTable
from textcls_core.dataset.reading import read_hub_table
from textcls_core.dataset.reading_options import (
    TEXT_FORMATS,
    Detected,
    ReadingOptions,
)
from textcls_core.dataset.server_files import (
    import_folder,
    list_server_files,
    resolve_server_path,
)
from textcls_core.dataset.uploads import keep_table, keep_upload
from textcls_core.wording import plural, shorten

_AS_DETECTED = ""
_FORMAT_NAMES = {
    "csv": "Delimited text (CSV, TSV)",
    "json": "JSON",
    "jsonl": "JSON Lines",
    "parquet": "Parquet",
    "arrow": "Arrow or Feather",
    "excel": "Excel workbook",
    "folder": "Folder with one class each",
    "huggingface": "Hugging Face data set",
}
_ENCODINGS = ["utf-8", "cp1252", "latin-1", "utf-16", "gb18030", "big5", "shift_jis"]
_SEPARATORS = {",": "Comma", ";": "Semicolon", "\t": "Tab", "|": "Pipe"}
_HEADERS = {True: "Names of the columns", False: "A row like the others"}
_PREVIEW_ROWS = 20
_SHORT_PREVIEW = 8


def show_file() -> bool:
    """Show the choice of files; return whether the next step can begin."""
    limit = st.get_option("server.maxUploadSize")
    st.caption(
        "CSV, TSV, JSON, JSON Lines, Parquet, Arrow, Excel, or a zip or gzip archive with one of "
        f"them. Up to {limit} MB can be uploaded; larger files, and folders with one sub-folder "
        "per class, are read from a path on the server."
    )
    place = st.segmented_control(
        "Where the file is", list(_CHOICES), key=import_state.key("place", "Upload"), required=True
    )
    left, right = controls.panels()
    for column, role, title in (
        (left, "main", "Training file"),
        (right, "test", "Test file (optional)"),
    ):
        with column:
            _CHOICES[place or "Upload"](role, title)
            _show_chosen(role)
    return import_state.source("main") is not None


def _choose_upload(role: str, title: str) -> None:
    """Keep an upload on disk, so that later steps find it when this one is not shown."""
    # Any name will do: what a file is shows its content, and not all have an extension.
    file = st.file_uploader(title, key=f"import.{role}")
    if file is None:
        return
    path = keep_upload(state.workspace(), file.getvalue())
    import_state.set_source(role, path, _clean(file.name))


def _choose_path(role: str, title: str) -> None:
    """Take a file of the import folder; nothing outside of it can be reached."""
    listed = list_server_files(state.workspace())
    path = st.selectbox(
        title,
        listed,
        index=None,
        key=f"import.path.{role}",
        accept_new_options=True,
        placeholder="Choose a file, or type its path",
    )
    if not listed:
        st.caption(f"The import folder is empty: {escape(str(import_folder(state.workspace())))}")
    if path and st.button("Use this file", key=f"import.use.{role}"):
        found = resolve_server_path(state.workspace(), path)
        import_state.set_source(role, found, _clean(found.name))


def _choose_hub(role: str, title: str) -> None:
    """Download a data set once; then it is a file like others."""
    name = st.text_input(
        f"{title}: name on the Hugging Face hub",
        key=f"import.hub.{role}",
        max_chars=200,
        placeholder="owner/name or owner/name:configuration",
    )
    if name.strip() and st.button("Download", key=f"import.download.{role}"):
        with st.spinner("Downloading"):
            table = read_hub_table(name)
        path = keep_table(state.workspace(), table.table)
        import_state.set_source(role, path, table.file_name)


def _clean(name: str) -> str:
    visible = "".join(character for character in name if character.isprintable())
    return " ".join(visible.split())[:80] or "The file"


_CHOICES = {
    "Upload": _choose_upload,
    "On the server": _choose_path,
    "Hugging Face hub": _choose_hub,
}


def _show_chosen(role: str) -> None:
    chosen = import_state.source(role)
    if chosen is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"Chosen: {shorten(chosen.name, 60)}")
        if st.button("Remove", key=f"import.remove.{role}", icon=":material/close:"):
            import_state.set_source(role, None)
            st.rerun()


def reading_options() -> ReadingOptions:
    """Return how to read the files: what was detected, and what was changed."""
    header = import_state.get("header")
    return ReadingOptions(
        format=import_state.get("format") or None,
        encoding=import_state.get("encoding") or None,
        delimiter=import_state.get("separator") or None,
        has_header=header if isinstance(header, bool) else None,
        sheet=import_state.get("sheet") or None,
        skip_bad_rows=bool(import_state.get("skip")),
        replace_unreadable=bool(import_state.get("replace")),
    )


def show_format() -> bool:
    """Show what was detected, each value changeable, and what a change does to the rows."""
    file = import_state.source("main")
    if file is None:
        return False
    found = import_state.detected(file)
    st.markdown(f"**{escape(_describe(found))}**")
    for note in found.notes:
        st.info(escape(note))
    _show_encoding_notes(found)
    _choose_options(found)
    options = reading_options()
    table = import_state.head(file, options)
    _show_rows("First rows, read like this", table)
    if options != ReadingOptions():
        with st.expander("As it was detected, for comparison"):
            _show_rows("First rows without your changes", import_state.head(file, ReadingOptions()))
    return table.num_rows > 0


def _describe(found: Detected) -> str:
    """Return what was detected in one line."""
    packed = {"zip": " in a zip archive", "gzip": ", compressed with gzip"}
    parts = [
        _FORMAT_NAMES[found.format] + packed.get(found.compression or "", ""),
        found.encoding or "",
        _SEPARATORS.get(found.delimiter or "", found.delimiter or "").lower(),
        {True: "with a header line", False: "without a header line", None: ""}[found.has_header],
        f"sheets: {', '.join(found.sheets)}" if found.sheets else "",
        f"splits: {', '.join(found.splits)}" if found.splits else "",
    ]
    return "Detected: " + " · ".join(part for part in parts if part)


def _show_encoding_notes(found: Detected) -> None:
    """Show which lines another encoding would change, and which lines are in none."""
    if found.encoding_is_guess:
        st.warning(
            f"The file is not UTF-8. It looks like {escape(found.encoding or '')}: compare the "
            "lines below and choose that encoding if they are right."
        )
    if found.changed_lines:
        st.dataframe(
            [
                {"line": line.line, "as UTF-8": line.before, f"as {found.encoding}": line.after}
                for line in found.changed_lines
            ],
            hide_index=True,
            alt="Lines that the guessed encoding changes",
        )
    if found.num_unreadable_lines:
        shown = ", ".join(f"{line:,}" for line in found.unreadable_lines)
        st.warning(
            f"{plural(found.num_unreadable_lines, 'line')} mixed in another encoding "
            f"(line {shown}). Leave these rows out, or replace what cannot be read."
        )


def _choose_options(found: Detected) -> None:
    """Show the widgets that fit the format."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if found.format in TEXT_FORMATS:
            _select("format", "Format", {name: _FORMAT_NAMES[name] for name in TEXT_FORMATS})
            _select("encoding", "Encoding", {name: name for name in _ENCODINGS}, typed=True)
        if (import_state.get("format") or found.format) == "csv":
            _select("separator", "Separator", _SEPARATORS, typed=True)
        if (import_state.get("format") or found.format) in {"csv", "excel"}:
            _select("header", "First line", _HEADERS)
        if len(found.sheets) > 1:
            _select("sheet", "Sheet", {name: name for name in found.sheets})
    if found.format in TEXT_FORMATS:
        with st.container(horizontal=True):
            st.checkbox("Skip rows that cannot be read", key=import_state.key("skip", False))
            st.checkbox(
                "Replace what is not in the encoding", key=import_state.key("replace", False)
            )


def _select(name: str, title: str, labels: dict[Any, str], *, typed: bool = False) -> None:
    """Show one option; its first value leaves it to what was detected."""
    chosen = import_state.get(name, _AS_DETECTED)
    options = [_AS_DETECTED, *labels]
    if typed and chosen not in options:
        options.append(chosen)
    st.selectbox(
        title,
        options,
        key=import_state.key(name, _AS_DETECTED, options),
        format_func=lambda value: "As detected" if value == "" else labels.get(value, str(value)),
        accept_new_options=typed,
    )


def _show_rows(title: str, table: RawTable) -> None:
    st.caption(title)
    shown = table.table.slice(0, _PREVIEW_ROWS)
    st.dataframe(shown, hide_index=True, height=320, alt=title)
    if table.problems:
        show_text("Left out: " + "; ".join(table.problems[:_SHORT_PREVIEW]))
