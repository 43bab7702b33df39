"""Annotations as files: taken out, and taken in with a report on what did not fit."""

from collections.abc import Callable

import streamlit as st

from pages._app import state
from pages._app.annotating import author, remember
from pages._app.text import escape
from textcls_core.dataset.export import safe_name
from textcls_core.dataset.store import DatasetInfo
from textcls_core.errors import TextclsError
from textcls_core.mistakes.annotations.annotation_file import (
    FORMATS,
    AnnotationFormat,
    export_annotations,
)
from textcls_core.mistakes.annotations.importing import import_annotations
from textcls_core.mistakes.annotations.store import Annotations
from textcls_core.wording import shorten

_NOTES: dict[AnnotationFormat, str] = {"csv": "CSV", "jsonl": "JSON Lines"}
_READ, _REFUSED, _UPLOADER = "changes.read", "changes.refused", "changes.uploader"


def show_files(info: DatasetInfo, annotations: Annotations) -> None:
    """Offer all annotations as a file, and take such a file in."""
    st.subheader("Export and import annotations", anchor=False)
    with st.container(horizontal=True):
        for file_format in FORMATS:
            st.download_button(
                f"Download {_NOTES[file_format]}",
                _exported(annotations, file_format),
                file_name=f"{safe_name(info.name)}-annotations.{file_format}",
                icon=":material/download:",
                on_click="ignore",
                key=f"changes.download.{file_format}",
            )
    turn = st.session_state.get(_UPLOADER, 0)
    key = f"changes.upload.{turn}"
    st.file_uploader(
        "A file with row_id and any of tags, note, proposed, dropped, reviewed",
        type=list(FORMATS),
        key=key,
        on_change=_take_in,
        args=(annotations, key, turn),
    )
    for number, sentence in enumerate(st.session_state.get(_READ, [])):
        (st.caption if number else st.markdown)(escape(sentence))
    if st.session_state.get(_REFUSED):
        st.error(escape(st.session_state[_REFUSED]), icon=":material/error:")


def _exported(annotations: Annotations, file_format: AnnotationFormat) -> Callable[[], bytes]:
    """Return what makes the file, which is done only when somebody asks for it."""
    return lambda: export_annotations(annotations.by_row().values(), file_format)


def _take_in(annotations: Annotations, key: str, turn: int) -> None:
    """Take a file in and empty the uploader, so that the next run does not take it in again."""
    file = st.session_state[key]
    if file is None:
        return
    file_format: AnnotationFormat = "csv" if file.name.lower().endswith(".csv") else "jsonl"
    st.session_state[_READ], st.session_state[_REFUSED] = [], ""
    try:
        report = import_annotations(
            annotations, state.dataset_store(), file.getvalue(), file_format, author=author()
        )
    except TextclsError as error:
        st.session_state[_REFUSED] = f"{shorten(file.name)} was not taken in. {error}"
    else:
        st.session_state[_READ] = report.sentences
        if report.batch_id is not None:
            remember(annotations, report.batch_id)
    st.session_state[_UPLOADER] = turn + 1
