"""Classes to become part of another one in the next version."""

import streamlit as st

from pages._app import state
from pages._app.annotating import author, keep
from pages._app.text import escape
from textcls_core.dataset.store import DatasetInfo
from textcls_core.mistakes.annotations.store import Annotations
from textcls_core.wording import shorten

_FROM, _INTO = "changes.merge.from", "changes.merge.into"


def show_merges(info: DatasetInfo, annotations: Annotations) -> None:
    """Show which classes are to be merged, with a form for another merge."""
    st.subheader("Merge classes", anchor=False)
    merges = {one: into for one, into in annotations.merges().items() if one in info.label_names}
    for one, into in merges.items():
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(escape(f"{shorten(one, 40)} becomes {shorten(into, 40)}"), width="stretch")
            st.button(
                "Take back",
                key=f"changes.merge.{one}",
                type="tertiary",
                icon=":material/undo:",
                on_click=_merge,
                args=(annotations, one, None),
            )
    names = state.distinct_labels({name: shorten(name, 60) for name in info.label_names})
    if len(names) - len(merges) < 2:
        st.caption("There are no two classes left to merge.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        left = [name for name in names if name not in merges]
        one = _choose("Class", _FROM, left, names)
        into = _choose("becomes part of", _INTO, [name for name in left if name != one], names)
        st.button(
            "Merge",
            key="changes.merge",
            icon=":material/merge:",
            disabled=one is None or into is None,
            on_click=_merge,
            args=(annotations, one, into),
        )


def _choose(title: str, key: str, options: list[str], names: dict[str, str]) -> str | None:
    if st.session_state.get(key) not in options:
        st.session_state[key] = None
    return st.selectbox(
        title, options, index=None, key=key, width=190, format_func=names.__getitem__,
        placeholder="Choose a class",
    )  # fmt: skip


def _merge(annotations: Annotations, one: str, into: str | None) -> None:
    if keep(annotations, lambda: annotations.merge(one, into, author=author())):
        st.session_state[_FROM] = st.session_state[_INTO] = None
