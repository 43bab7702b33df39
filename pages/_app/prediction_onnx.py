"""A finished model as an ONNX file: what that is, writing it in the background, where it lies."""

import streamlit as st

from pages._app import state
from pages._app.job_view import offer_job
from pages._app.text import escape, show_text
from textcls_core.errors import InvalidArgumentError
from textcls_core.prediction.onnx_export import (
    ENTRY,
    export_arguments,
    export_folder,
    require_onnx,
    written_export,
)
from textcls_core.runs.run import Run
from textcls_core.wording import plural


def show_onnx(run: Run) -> None:
    """Offer the model of a run as a folder for ONNX Runtime, and say what lies there already."""
    with st.expander("The model as an ONNX file"):
        st.caption(
            "One folder with the graph, the tokenizer and a README, for programs without this app. "
            "It is kept only if ONNX Runtime computes the same with it."
        )
        try:
            require_onnx()
        except InvalidArgumentError as error:
            st.info(escape(str(error)))
            return
        is_written = _show_written(run)
        button = "Write the ONNX file again" if is_written else "Write the ONNX file"
        offer_job(
            ENTRY,
            export_arguments(run),
            button,
            key="prediction.onnx",
            icon=":material/save:",
            kind="secondary",
        )
        command = f"python -m textcls_core export {run.run_id} --format onnx --output FOLDER"
        st.code(command, language=None, wrap_lines=True)


def _show_written(run: Run) -> bool:
    """Say where the export lies, how exact it is and what it does not do, if there is one."""
    export = written_export(state.workspace(), run)
    if export is None:
        return False
    check = export.check
    show_text(f"Written to {export_folder(state.workspace(), run)}")
    st.caption(
        f"Its logits differ from those of the app by at most {check.largest_difference:.1e} on "
        f"{plural(check.num_texts, 'text')} ({check.allowed_difference:.1e} allowed). Not in the "
        f"graph: {escape(' '.join(export.outside_the_graph))}"
    )
    return True
