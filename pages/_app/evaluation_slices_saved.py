"""Saved slices on this run, against the run before it, and what got worse."""

from typing import Any

import streamlit as st

from pages._app import controls, state
from pages._app import evaluation_slices_cache as cache
from pages._app.evaluation_slices_table import (
    BASELINE_SHARE,
    baseline_shares,
    in_percent,
    pick,
    repeats_note,
    show_rows,
)
from pages._app.text import badge_label, cells, escape, label
from textcls_core.dataset.text_dataset import Split
from textcls_core.errors import NotFoundError
from textcls_core.evaluation.slices import MIN_ROWS
from textcls_core.runs.measured_slices import MeasuredSlice
from textcls_core.runs.run import Run
from textcls_core.runs.saved_slices import MAX_NAME, SavedSlice, SavedSlices, dataset_name
from textcls_core.runs.slice_history import MARGIN, VERDICTS, SliceChange, measure_saved
from textcls_core.wording import percent

_TABLE_HEIGHT = 420
_SHARE = st.column_config.ProgressColumn(format="%.1f %%", min_value=0, max_value=100, width=120)


def show_saved(run: Run, split: Split) -> None:
    """Show every saved slice of the data set, and the rows of the one that is picked."""
    saved = SavedSlices.of_run(state.workspace(), run)
    slices = saved.all()
    if not slices:
        _show_empty(dataset_name(state.workspace(), run))
        return
    rows = cache.rows_of(cache.key_of(run, split))
    before = cache.run_before(run, split)
    changes = measure_saved(slices, rows, None if before is None else before[1])
    _show_flags([change for change in changes if change.verdict in {"worse", "lower"}])
    _show_comparison(run, before[0] if before is not None else None)
    selected = _show_table(changes, [_baselines(run, split, change) for change in changes])
    st.caption(
        "“Got worse” and “Got better” are changes that chance does not explain: McNemar's test at "
        f"5 %, each slice by itself, where both runs predicted at least {MIN_ROWS} of its rows. "
        f"“Lower, may be chance” is a fall by {100 * MARGIN:.0f} points or more without that."
        f"{repeats_note(rows)}"
    )
    number = pick("saved", selected)
    if number is not None and number < len(changes):
        _show_one(run, split, saved, changes[number])


def _show_empty(dataset: str) -> None:
    with st.container(border=True):
        st.subheader("No slice is saved yet", anchor=False)
        st.markdown(
            f"A saved slice of {label(dataset)} is measured on every later run and flagged when it "
            "gets worse. Pick a slice under By column or Weak slices, then Save this slice."
        )


def show_worse(run: Run, split: Split) -> None:
    """Show which saved slices got worse; nothing if none did."""
    slices = SavedSlices.of_run(state.workspace(), run).all()
    before = cache.run_before(run, split) if slices else None
    if before is None:
        return
    changes = measure_saved(slices, cache.rows_of(cache.key_of(run, split)), before[1])
    _show_flags([change for change in changes if change.verdict == "worse"])


def _show_flags(flagged: list[SliceChange]) -> None:
    """Show one badge for each of these slices."""
    with st.container(horizontal=True, vertical_alignment="center"):
        for change in flagged:
            is_sure = change.verdict == "worse"
            st.badge(
                f"{badge_label(change.saved.name)}: {VERDICTS[change.verdict].lower()}",
                icon=":material/trending_down:",
                color="red" if is_sure else "orange",
            )


def _show_comparison(run: Run, before: Run | None) -> None:
    if before is None:
        st.caption("There is no earlier finished run on this data set to compare with.")
        return
    title = controls.run_labels({run.run_id: run, before.run_id: before})[before.run_id]
    st.caption(f"Compared with the run before: {escape(title)}.")


def _baselines(run: Run, split: Split, change: SliceChange) -> dict[str, float | None]:
    """Return the accuracy of each baseline in a saved slice, in per cent, by title."""
    if change.figures is None:
        return {}
    one = MeasuredSlice(change.saved.conditions, change.figures)
    found = baseline_shares(run, split, [one], change.saved.label)
    return {title: in_percent(shares[0]) for title, shares in found.items()}


def _show_table(changes: list[SliceChange], beside: list[dict[str, float | None]]) -> int | None:
    titles = list(dict.fromkeys(title for shares in beside for title in shares))
    event = st.dataframe(
        [
            _record(change) | {title: shares.get(title) for title in titles}
            for change, shares in zip(changes, beside, strict=True)
        ],
        hide_index=True,
        height=controls.table_height(len(changes), _TABLE_HEIGHT),
        column_config={
            "name": st.column_config.TextColumn(width=180),
            "slice": st.column_config.TextColumn(width="medium"),
            "rows": st.column_config.NumberColumn(format="localized", width=70),
            "accuracy": _SHARE,
            "before": st.column_config.TextColumn(width=90),
            "change": st.column_config.TextColumn(width=110),
            "verdict": st.column_config.TextColumn(width=170),
            **dict.fromkeys(titles, BASELINE_SHARE),
        },
        on_select="rerun",
        selection_mode="single-row",
        key="slices.saved",
        alt="Saved slices with rows, accuracy, accuracy of the run before and verdict",
    )
    return next(iter(event["selection"]["rows"]), None)


def _record(change: SliceChange) -> dict[str, Any]:
    found, gap = change.figures, change.change
    names = cells([change.saved.name, change.saved.title])
    return {
        "name": names[0],
        "slice": names[1],
        "rows": None if found is None else found.num_rows,
        "accuracy": None if found is None else 100 * found.accuracy,
        "before": "" if change.previous_accuracy is None else percent(change.previous_accuracy),
        "change": "" if gap is None else f"{100 * gap:+.1f} points",
        "verdict": VERDICTS[change.verdict] + (f": {change.problem}" if change.problem else ""),
    }


def _show_one(run: Run, split: Split, saved: SavedSlices, change: SliceChange) -> None:
    """Show the rows of a saved slice, or why there are none, and offer to delete it."""
    if change.figures is None:
        st.info(escape(change.problem), icon=":material/info:")
    if st.button("Delete this slice", icon=":material/delete:", key="slices.delete"):
        _confirm_delete(saved, change.saved)
    if change.figures is not None:
        one = MeasuredSlice(change.saved.conditions, change.figures)
        key = f"slices.saved.{change.saved.slice_id}"
        show_rows(run, split, one, change.saved.label, key, can_save=False)


@st.dialog("Delete a slice")
def _confirm_delete(saved: SavedSlices, chosen: SavedSlice) -> None:
    """Ask once more, with the name."""
    st.markdown(
        f"**{label(chosen.name, MAX_NAME)}** ({label(chosen.title, 120)}). Later runs will not be "
        "measured on it."
    )
    with st.container(horizontal=True):
        if st.button("Delete", type="primary", key="slices.delete.yes"):
            try:
                saved.delete(chosen.name)
            except NotFoundError as error:
                st.toast(escape(str(error)))
            state.set_parameter("slices_pick", None)
            st.rerun()
        if st.button("Keep", key="slices.delete.no"):
            st.rerun()
