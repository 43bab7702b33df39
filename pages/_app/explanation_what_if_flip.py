"""The smallest edit of a text that gives it another answer, searched for on demand."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from pages._app import state
from pages._app.explanation_what_if_cache import flip
from pages._app.explanation_what_if_edit import set_variant
from pages._app.text import escape, show_text
from textcls_core.errors import TextclsError
from textcls_core.jobs.progress import Report
from textcls_core.runs.run import Run
from textcls_core.wording import plural, shorten

_WAYS = {
    "both": "either way",
    "drop": "dropping words",
    "swap": "swapping words",
}
_WORDS = {"": "all it knows", "dataset": "typical of classes"}
_ASKED, _FOUND = "what_if.flip", "what_if.found"
"""Session state: what was asked last; what was asked before with what was found."""


def show_flip(run: Run, text: str, names: list[str]) -> None:
    """Offer to search for the smallest edit, and show what was found.

    Args:
        run: A finished run.
        text: The text as it is.
        names: Names of all classes.
    """
    st.subheader("Smallest edit that changes the answer", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        options = {"": "any other answer", **{name: shorten(name, 40) for name in names}}
        to = state.choose("flip_to", "Answer wanted", options, default="")
        way = state.choose("flip_by", "By", _WAYS, default="both")
        words = ""
        if way != "drop":
            words = state.choose("flip_words", "Words to swap in", _WORDS, default="")
        asked = [run.run_id, state.decision_key(run), text, to, way, words]
        if st.button("Search", type="primary", icon=":material/search:", key="what_if.search"):
            st.session_state[_ASKED] = asked
    if st.session_state.get(_ASKED) != asked:
        st.caption(
            "Edits of the text as it is are tried until one changes the answer of the model, with "
            "the decision rule kept with it. With several labels per text, the label wanted comes "
            "in or goes out. Short texts take seconds; texts of hundreds of words may take minutes."
        )
        return
    try:
        found = _search(asked, partial(flip, run, text, to, way, words))
    except TextclsError as error:
        st.warning(escape(str(error)))
        return
    _show_found(found, text)


def _search(asked: list[str], search: Callable[[Report], Any]) -> Any:
    """Return what is found, at once if it was asked before; a click stops the search meanwhile."""
    before, found = st.session_state.get(_FOUND, (None, None))
    if before == asked:
        return found
    place = st.empty()
    with place.container(horizontal=True, vertical_alignment="center"):
        bar = st.progress(0.0, text="Getting ready")
        st.button("Cancel", key="what_if.cancel", on_click=_forget)

    def report(done: int, total: int, message: str) -> None:
        bar.progress(done / total, text=f"{message}: {done:,} of {total:,} at most")

    try:
        found = search(report)
    except BaseException:  # a click anywhere ends the script here: nobody waits for it any more
        _forget()
        raise
    finally:
        place.empty()
    st.session_state[_FOUND] = asked, found
    return found


def _forget() -> None:
    st.session_state.pop(_ASKED, None)


def _show_found(found: Any, text: str) -> None:
    with st.container(border=True):
        st.markdown(f"**{escape(found.headline)}**")
        if found.best is not None:
            show_text(found.best.text)
        st.caption(escape(found.proof))
        if found.read.num_cut:
            st.caption(
                f"Words among {plural(found.read.num_cut, 'token')} not looked at were not edited."
            )
        if found.best is not None:
            st.button(
                "Use it as the variant",
                icon=":material/edit:",
                key="what_if.use",
                on_click=set_variant,
                args=(text, found.best.text),
            )
