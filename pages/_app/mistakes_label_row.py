"""One row without a label: its text, a button for every class, and what the run would say."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from pages._app import controls, mistakes_label_next_cache, state
from pages._app.annotating import author, keep, show_undo
from pages._app.text import label, show_text
from textcls_core.charts.prediction import probabilities_chart
from textcls_core.dataset.store import DatasetInfo
from textcls_core.mistakes.active_learning.labelling import Progress
from textcls_core.mistakes.active_learning.predicted import PoolPredictions
from textcls_core.mistakes.annotations.store import Annotations
from textcls_core.wording import percent, shorten

_TEXT_HEIGHT = 260
_KEYS = "123456789"
_MAX_BUTTONS = 20
_BUTTON_WIDTH = 150
_ROW = "al_row"
"""URL parameter: the row that is open."""


def show_row(
    found: PoolPredictions,
    pool: DatasetInfo,
    trained_on: DatasetInfo,
    annotations: Annotations,
    done: Progress,
) -> None:
    """Show the row to label now; each answer is on disk before the next row appears.

    Args:
        found: What the run says about the pool.
        pool: The version that the row belongs to.
        trained_on: Gives the classes.
        annotations: Of the pool.
        done: How far people are with the ranked rows.
    """
    row_id = _current(done)
    if row_id is None:
        st.info("Every ranked row has a label or was skipped.", icon=":material/done_all:")
        show_undo(annotations, "al.undo", shortcut="U")
        return
    after = _next(done.open, row_id)
    with st.container(border=True):
        with st.container(height=_TEXT_HEIGHT, border=False):
            dataset = state.dataset(pool.fingerprint)
            show_text(str(dataset.table["text"][dataset.position(row_id)]))
        if trained_on.task == "single_label":
            _show_classes(trained_on.label_names, annotations, row_id, after)
        else:
            _show_label_sets(trained_on.label_names, annotations, row_id, after)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Skip",
                icon=":material/skip_next:",
                shortcut="S",
                key="al.skip",
                on_click=_skip,
                args=(annotations, row_id, after),
            )
            show_undo(annotations, "al.undo", shortcut="U")
            is_shown = st.toggle(
                "Show the prediction",
                key=f"al.show.{row_id}",
                help="Hidden until you ask: who sees it first tends to agree with it.",
            )
        if is_shown:
            _show_prediction(found, row_id)


def _current(done: Progress) -> str | None:
    """Return the row in the URL if it is still open, else the first open one."""
    wanted = state.parameter(_ROW)
    if wanted in done.open:
        return wanted
    return done.open[0] if done.open else None


def _next(rows: Sequence[str], row_id: str) -> str | None:
    """Return the open row behind this one, or else the first other one."""
    place = rows.index(row_id)
    following = (*rows[place + 1 :], *rows[:place])
    return following[0] if following else None


def _show_classes(
    names: Sequence[str], annotations: Annotations, row_id: str, after: str | None
) -> None:
    """Show a button for each class, the first nine with a number key."""
    shown = names if len(names) <= _MAX_BUTTONS else names[: len(_KEYS)]
    with st.grid(3, min_column_width=_BUTTON_WIDTH):
        for place, name in enumerate(shown):
            st.button(
                label(name, 30),
                width="stretch",
                key=f"al.class.{place}",
                shortcut=_KEYS[place] if place < len(_KEYS) else None,
                on_click=_give,
                args=(annotations, row_id, [name], after),
            )
    if len(shown) < len(names):
        options = state.distinct_labels({name: shorten(name, 60) for name in names})
        chosen = st.selectbox(
            "Any class", list(options), index=None, key=f"al.any.{row_id}",
            format_func=options.__getitem__, placeholder="Type to find a class",
        )  # fmt: skip
        st.button(
            "Give this class",
            disabled=chosen is None,
            key="al.give",
            on_click=_give,
            args=(annotations, row_id, [chosen], after),
        )


def _show_label_sets(
    names: Sequence[str], annotations: Annotations, row_id: str, after: str | None
) -> None:
    """Let people choose any number of labels; number keys cannot say when they are done."""
    options = state.distinct_labels({name: shorten(name, 60) for name in names})
    chosen = st.multiselect(
        "Labels", list(options), key=f"al.labels.{row_id}", format_func=options.__getitem__
    )
    ordered = [name for name in names if name in chosen]
    st.button(
        "Give these labels" if ordered else "No label applies",
        shortcut="Enter",
        key="al.give",
        on_click=_give,
        args=(annotations, row_id, ordered, after),
    )


def _show_prediction(found: PoolPredictions, row_id: str) -> None:
    shares = mistakes_label_next_cache.probabilities(found, row_id)
    likely = max(shares, key=shares.__getitem__)
    alternative = f"{likely} is predicted with {percent(shares[likely])}"
    st.plotly_chart(probabilities_chart(shares), config=controls.NO_TOOLBAR, alt=alternative)


def _give(annotations: Annotations, row_id: str, labels: Sequence[str], after: str | None) -> None:
    """Keep a label on disk, then open the next row."""
    say = partial(annotations.propose, [row_id], labels, author=author())
    _go_on(say, annotations, row_id, after)


def _skip(annotations: Annotations, row_id: str, after: str | None) -> None:
    """Keep that somebody looked at a row without giving a label, then open the next one."""
    _go_on(partial(annotations.review, [row_id], author=author()), annotations, row_id, after)


def _go_on(
    say: Callable[[], int], annotations: Annotations, row_id: str, after: str | None
) -> None:
    """Open the next row once the answer is kept; the same row again if it could not be."""
    if keep(annotations, say, row_id, opens=_ROW):
        state.set_parameter(_ROW, after)
