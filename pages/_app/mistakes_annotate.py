"""Annotating: what people say about the open row, and about many rows at a time."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from pages._app import state
from pages._app.annotating import AUTHOR, annotations_of, author, keep, newest_of, show_undo
from pages._app.text import escape, label
from textcls_core.dataset.store import DatasetInfo
from textcls_core.errors import NotFoundError
from textcls_core.mistakes.annotations.annotation import (
    MAX_NOTE,
    Annotation,
    changes_to,
    checked_tag,
)
from textcls_core.mistakes.annotations.store import MAX_AUTHOR, Annotations
from textcls_core.runs.run import Run
from textcls_core.wording import ago, plural, shorten

_NOTE_HEIGHT = 80
_BULK: dict[str, str] = {
    "tag": "Tag",
    "untag": "Take a tag off",
    "propose": "Propose a label",
    "unpropose": "Take proposals back",
    "review": "Mark as reviewed",
    "unreview": "Mark as not reviewed",
    "drop": "Drop from the data set",
    "undrop": "Keep in the data set",
}
"""What can be said about many rows at a time."""


def show_annotation(run: Run, row_id: str) -> None:
    """Show what is said about a row, with the means to say more; every change is kept at once."""
    annotations, info = annotations_of(run), newest_of(run)
    said = annotations.about(row_id)
    with st.container(border=True):
        st.markdown("**What you say about the open row**")
        _show_marks(annotations, said)
        _choose_tags(annotations, said)
        if info.task == "single_label":
            _propose_one(annotations, said, info)
        else:
            _propose_several(annotations, said, info, run)
        _write_note(annotations, said)
        _show_last(annotations, row_id)


def _show_marks(annotations: Annotations, said: Annotation) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        done = said.is_reviewed
        _mark(
            "Reviewed" if done else "Mark as reviewed",
            "review",
            "M",
            ":material/task_alt:" if done else ":material/radio_button_unchecked:",
            (annotations, said, "review", not done),
        )
        _mark(
            "Will be dropped" if said.is_dropped else "Drop",
            "drop",
            "D",
            ":material/restore_from_trash:" if said.is_dropped else ":material/delete:",
            (annotations, said, "drop", not said.is_dropped),
        )
        show_undo(annotations, "annotate.undo", shortcut="U")


def _mark(name: str, key: str, shortcut: str, icon: str, args: tuple[Any, ...]) -> None:
    st.button(
        name,
        icon=icon,
        key=f"annotate.{key}",
        shortcut=shortcut,
        help="Press again to take it back.",
        on_click=_set_mark,
        args=args,
    )


def _set_mark(annotations: Annotations, said: Annotation, mark: str, holds: bool) -> None:
    say: Callable[..., int] = getattr(annotations, mark)
    keep(annotations, lambda: say([said.row_id], holds=holds, author=author()), said.row_id)


def _choose_tags(annotations: Annotations, said: Annotation) -> None:
    """Show the tags of the row; known ones are offered with how many rows have them."""
    counts = annotations.tag_counts()
    key = f"annotate.tags.{said.row_id}"
    st.session_state[key] = list(said.tags)
    st.multiselect(
        "Tags",
        list(counts),
        key=key,
        format_func=lambda tag: f"{tag} ({counts[tag]:,})" if tag in counts else str(tag),
        accept_new_options=True,
        placeholder="Choose a tag or type a new one",
        on_change=_set_tags,
        args=(annotations, said, key),
    )


def _set_tags(annotations: Annotations, said: Annotation, key: str) -> None:
    def say() -> int | None:
        tags = sorted({checked_tag(tag) for tag in st.session_state[key]})
        changes = changes_to(said, replace(said, tags=tuple(tags)))
        if not changes:  # a known tag was typed with other spaces
            return None
        return annotations.record(changes, f'tags "{shorten(", ".join(tags))}"', author=author())

    keep(annotations, say, said.row_id)


def _propose_one(annotations: Annotations, said: Annotation, info: DatasetInfo) -> None:
    names = _names(info, said.proposed or ())
    key = f"annotate.label.{said.row_id}"
    st.session_state[key] = said.proposed[0] if said.proposed else None
    st.selectbox(
        "Proposed label",
        list(names),
        index=None,
        key=key,
        format_func=names.__getitem__,
        placeholder="None: the label stays",
        on_change=_set_one,
        args=(annotations, said.row_id, key),
    )


def _set_one(annotations: Annotations, row_id: str, key: str) -> None:
    chosen = st.session_state[key]
    labels = None if chosen is None else [chosen]
    keep(annotations, lambda: annotations.propose([row_id], labels, author=author()), row_id)


def _propose_several(
    annotations: Annotations, said: Annotation, info: DatasetInfo, run: Run
) -> None:
    """Show the labels that the row has, or is to have; changing them proposes them."""
    has = _labels_of(said.row_id, info, run)
    shown = list(has if said.proposed is None else said.proposed)
    names = _names(info, shown)
    key = f"annotate.labels.{said.row_id}"
    st.session_state[key] = shown
    title = "Labels" if said.proposed is None else "Proposed labels"
    st.multiselect(
        title,
        list(names),
        key=key,
        format_func=names.__getitem__,
        placeholder="No label",
        help="Change them to propose other labels. The labels of the data set change when you make "
        "a new version.",
        on_change=_set_several,
        args=(annotations, said.row_id, key, has),
    )


def _set_several(annotations: Annotations, row_id: str, key: str, has: Sequence[str]) -> None:
    chosen = list(st.session_state[key])
    labels = None if set(chosen) == set(has) else chosen
    keep(annotations, lambda: annotations.propose([row_id], labels, author=author()), row_id)


def _labels_of(row_id: str, info: DatasetInfo, run: Run) -> list[str]:
    """Return the labels of a row in the newest version, or in the one of the run."""
    for fingerprint in (info.fingerprint, run.config.dataset_fingerprint):
        dataset = state.dataset(fingerprint)
        try:
            place = dataset.position(row_id)
        except NotFoundError:  # it was dropped since
            continue
        ids = dataset.table["label_ids"][place].as_py()
        return [dataset.label_names[label_id] for label_id in ids]
    return []


def _names(info: DatasetInfo, proposed: Sequence[str]) -> dict[Any, str]:
    """Return labels to choose from, with those that a file proposed and no version has."""
    every = dict.fromkeys((*info.label_names, *proposed))
    return state.distinct_labels({name: shorten(name, 60) for name in every})


def _write_note(annotations: Annotations, said: Annotation) -> None:
    key = f"annotate.note.{said.row_id}"
    st.session_state[key] = said.note
    st.text_area(
        "Note",
        key=key,
        height=_NOTE_HEIGHT,
        max_chars=MAX_NOTE,
        placeholder="What you see here",
        on_change=_set_note,
        args=(annotations, said.row_id, key),
    )


def _set_note(annotations: Annotations, row_id: str, key: str) -> None:
    note = st.session_state[key] or ""
    keep(annotations, lambda: annotations.note([row_id], note, author=author()), row_id)


def _show_last(annotations: Annotations, row_id: str) -> None:
    """Say what was done to the row last, and ask for a name."""
    with st.container(horizontal=True, vertical_alignment="center"):
        for batch in annotations.batches(1, row_id=row_id):
            by = f" by {batch.author}" if batch.author else ""
            st.caption(escape(f"Last: {batch.what}{by}, {ago(batch.at)}."))
        with st.popover(
            label(author(), 20) or "Your name", icon=":material/person:", type="tertiary"
        ):
            st.text_input(
                "Your name (optional)",
                key=AUTHOR,
                max_chars=MAX_AUTHOR,
                persist_state="session",
                help="Stands beside what you say, for others who work on this data set.",
            )


def show_bulk(run: Run, row_ids: Sequence[str]) -> None:
    """Show the bar that says something about many rows at a time.

    Args:
        run: A finished run.
        row_ids: The selected rows, or all that pass the filter.
    """
    annotations, info = annotations_of(run), newest_of(run)
    with st.container(border=True, horizontal=True, vertical_alignment="bottom"):
        kind = st.selectbox(
            "Do", list(_BULK), format_func=_BULK.__getitem__, key="annotate.bulk.kind", width=190
        )
        value = _choose_value(annotations, info, kind)
        what = "Propose no label" if value == [] else _BULK[kind]
        st.button(
            f"{what}: {plural(len(row_ids), 'row')}",
            key="annotate.bulk.apply",
            disabled=not row_ids or value is None,
            icon=":material/done_all:",
            on_click=_apply,
            args=(annotations, kind, value, tuple(row_ids)),
        )
        show_undo(annotations, "annotate.bulk.undo")


def _choose_value(annotations: Annotations, info: DatasetInfo, kind: str) -> Any:
    """Return the tag or the labels to use; None while nothing is chosen."""
    counts = annotations.tag_counts()
    if kind in {"tag", "untag"}:
        return st.selectbox(
            "Tag", list(counts), index=None, key=f"annotate.bulk.{kind}", width=220,
            format_func=lambda tag: f"{tag} ({counts[tag]:,})" if tag in counts else str(tag),
            accept_new_options=kind == "tag", placeholder="Choose or type a tag",
        )  # fmt: skip
    if kind != "propose":
        return True
    names = _names(info, ())
    if info.task == "multi_label":
        return st.multiselect(
            "Labels", list(names), key="annotate.bulk.labels", format_func=names.__getitem__,
            placeholder="No label", width=260,
        )  # fmt: skip
    one = st.selectbox(
        "Label", list(names), index=None, key="annotate.bulk.label", width=220,
        format_func=names.__getitem__, placeholder="Choose a label",
    )  # fmt: skip
    return None if one is None else [one]


def _apply(annotations: Annotations, kind: str, value: Any, row_ids: Sequence[str]) -> None:
    """Say it about all rows as one batch."""
    holds, who = not kind.startswith("un"), author()
    verb = kind.removeprefix("un")
    says: dict[str, Callable[[], int]] = {
        "tag": lambda: annotations.tag(row_ids, value, holds=holds, author=who),
        "propose": lambda: annotations.propose(row_ids, value if holds else None, author=who),
        "review": lambda: annotations.review(row_ids, holds=holds, author=who),
        "drop": lambda: annotations.drop(row_ids, holds=holds, author=who),
    }
    if keep(annotations, says[verb]):
        st.toast(f"{_BULK[kind]}: {plural(len(row_ids), 'row')}. Undo takes it back.")
