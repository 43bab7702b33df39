"""What the views of slices share: what counts as right, the table, the rows behind a slice."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from pages._app import baselines_cache, controls, state
from pages._app import evaluation_slices_cache as cache
from pages._app.mistakes_link import open_mistakes
from pages._app.text import cells, escape, label
from textcls_core.charts.evaluation.baselines import mark_words
from textcls_core.charts.evaluation.slices import MAX_DRAWN, clicked_slice, slices_chart
from textcls_core.charts.theme import rows_height
from textcls_core.dataset.text_dataset import Split
from textcls_core.errors import TextclsError
from textcls_core.evaluation.by_task import right_rows
from textcls_core.evaluation.predictions import Predictions
from textcls_core.evaluation.slices import MIN_ROWS, SliceFigures
from textcls_core.runs.measured_slices import (
    MeasuredSlice,
    micro_f1,
    shares_of_others,
    slice_examples,
)
from textcls_core.runs.run import Run
from textcls_core.runs.saved_slices import MAX_NAME, SavedSlices
from textcls_core.runs.slice_rows import SliceRows
from textcls_core.wording import percent, plural, points, shorten

ROWS_SHOWN = 200
BASELINE_SHARE = st.column_config.NumberColumn(format="%.1f %%", width=140)
"""Column of the accuracy of a baseline."""
_TABLE_HEIGHT = 420
_MARKS = "Grey marks: baselines on the same rows, as far as the axis reaches ({})."
NEEDED = f"Slices with fewer than {MIN_ROWS} rows get no verdict."


def choose_label(rows: SliceRows) -> str | None:
    """Return the class whose yes or no is looked at, with a switcher; None for the whole answer."""
    if isinstance(rows.predictions, Predictions):
        return None
    names = {"": "All labels of a text are right"}
    names |= {name: f"Right about {shorten(name, 40)}" for name in rows.predictions.label_names}
    return state.choose("slices_label", "What counts as right", names, default="") or None


def repeats_note(rows: SliceRows) -> str:
    """Return a sentence on repeats that were left out, or nothing."""
    if not rows.num_repeats:
        return ""
    return (
        f" {plural(rows.num_repeats, 'row')} with the text of another row left out: repeats are "
        "right or wrong together. So the figures of all rows may differ a little from the overview."
    )


def show_measured(
    run: Run,
    split: Split,
    measured: Sequence[MeasuredSlice],
    chosen: str | None,
    view: str,
    *,
    of_one_property: bool,
) -> None:
    """Show slices as a chart and a table, and the rows of the one that is picked.

    Args:
        run: A finished run.
        split: One of its splits.
        measured: At least one slice.
        chosen: The class whose yes or no is looked at; None for the whole answer.
        view: What is shown, for the URL and the keys of the widgets.
        of_one_property: Whether a value says enough, because the property stands above.
    """
    place = f"{view}.{chosen or ''}"
    rows = cache.rows_of(cache.key_of(run, split))
    overall = rows.accuracy(right_rows(rows.predictions, chosen))
    names = [one.name if of_one_property else one.title for one in measured]
    figures = [one.figures for one in measured]
    beside = baseline_shares(run, split, measured, chosen)
    chart, table = controls.panels()
    scrolled = rows_height(len(measured)) > _TABLE_HEIGHT
    with chart.container(height=_TABLE_HEIGHT + 16 if scrolled else "content", border=False):
        event = st.plotly_chart(
            slices_chart(names, figures, overall, beside, is_dark=state.theme() == "dark"),
            key=f"slices.chart.{place}",
            on_select="rerun",
            selection_mode="points",
            config=controls.NO_TOOLBAR,
            alt=f"Accuracy of {plural(len(measured), 'slice')}, all rows {percent(overall)}",
        )
        if len(measured) > MAX_DRAWN:
            st.caption(f"Showing {MAX_DRAWN} of {plural(len(measured), 'slice')}.")
    with table:
        scores = [micro_f1(rows, one.conditions) for one in measured]
        selected = slices_table(names, figures, scores, f"slices.table.{place}", beside)
        st.caption(
            "Select a slice in the chart or the table to see its rows. "
            + baselines_cache.note(run, split, _MARKS.format(mark_words(beside)))
        )
    number = pick(place, clicked_slice(event["selection"]), selected)
    if number is not None and number < len(measured):
        show_rows(run, split, measured[number], chosen, f"slices.{place}.{number}")


def baseline_shares(
    run: Run, split: Split, measured: Sequence[MeasuredSlice], chosen: str | None
) -> dict[str, list[float | None]]:
    """Return the accuracy of each baseline in each slice, by title."""
    rows = cache.rows_of(cache.key_of(run, split))
    known = baselines_cache.known_right(run, split, rows.facts.row_ids, chosen)
    shares = shares_of_others(rows, measured, list(known.values()))
    return dict(zip(known, shares, strict=True))


def slices_table(
    names: Sequence[str],
    figures: Sequence[SliceFigures],
    scores: Sequence[float | None],
    key: str,
    beside: Mapping[str, Sequence[float | None]],
) -> int | None:
    """Show slices as a table; return the number of the one that was selected just now, if any.

    Args:
        names: What each of S slices is.
        figures: Of each slice.
        scores: Micro-F1 of each slice; None where a text has one label.
        key: Key of the widget.
        beside: Accuracy of each baseline in each slice, by title.
    """
    records = [
        _record(name, one)
        | ({} if score is None else {"micro-F1": 100 * score})
        | {title: in_percent(shares[place]) for title, shares in beside.items()}
        for place, (name, one, score) in enumerate(zip(names, figures, scores, strict=True))
    ]
    event = st.dataframe(
        records,
        hide_index=True,
        height=controls.table_height(len(records), _TABLE_HEIGHT),
        column_config={
            "slice": st.column_config.TextColumn(width=145),
            "rows": st.column_config.NumberColumn(format="localized", width=55),
            "accuracy": st.column_config.NumberColumn(format="%.1f %%", width=75),
            "verdict": st.column_config.TextColumn(width=90),
            "micro-F1": st.column_config.NumberColumn(format="%.1f %%", width=80),
            "95 % interval": st.column_config.TextColumn(width=90),
            "to the rest": st.column_config.TextColumn(width=100),
            "adjusted p": st.column_config.NumberColumn(format="%.4f", width=90),
            "effect size": st.column_config.NumberColumn(format="%.2f", width=90),
            **dict.fromkeys(beside, BASELINE_SHARE),
        },
        on_select="rerun",
        selection_mode="single-row",
        key=key,
        alt="Slices with rows, accuracy, interval, difference to the rest and verdict",
    )
    return next(iter(event["selection"]["rows"]), None)


def verdict(figures: SliceFigures) -> str:
    """Return what the figures of a slice mean."""
    if figures.is_small:
        return "too few rows"
    if figures.is_weaker:
        return "weaker"
    return "not weaker" if figures.num_rest else "all rows"


def spread(low: float, high: float) -> str:
    """Return an interval of shares in percent, without the sign."""
    return f"{100 * low:.1f}\u2013{100 * high:.1f}"


def _record(name: str, found: SliceFigures) -> dict[str, Any]:
    low, high = found.accuracy_interval
    return {
        "slice": cells([name])[0],
        "rows": found.num_rows,
        "accuracy": 100 * found.accuracy,
        "95 % interval": spread(low, high),
        "verdict": verdict(found),
        "to the rest": points(found.accuracy, found.rest_accuracy),
        "adjusted p": found.adjusted_p,
        "effect size": found.effect_size,
    }


def in_percent(share: float | None) -> float | None:
    """Return a share in per cent, None where it is unknown."""
    return None if share is None else 100 * share


def pick(place: str, *clicks: int | None) -> int | None:
    """Return which slice of a view is open: a new click goes into the URL.

    Args:
        place: The view and what it shows; the number in the URL counts only with the same place.
        *clicks: What is selected in each of the widgets that select a slice.
    """
    key = f"slices.clicked.{place}"
    before = st.session_state.get(key, (None,) * len(clicks))
    fresh = [now for now, old in zip(clicks, before, strict=True) if now is not None and now != old]
    st.session_state[key] = clicks
    if fresh:
        state.set_parameter("slices_pick", f"{place}:{fresh[0]}")
    name, _, number = state.parameter("slices_pick").rpartition(":")
    return int(number) if name == place and number.isdecimal() and len(number) < 9 else None


def show_rows(
    run: Run,
    split: Split,
    one: MeasuredSlice,
    chosen: str | None,
    key: str,
    *,
    can_save: bool = True,
) -> None:
    """Show the rows of a slice, mistakes first, with ways to save it and to read on.

    Args:
        run: A finished run.
        split: One of its splits.
        one: The slice.
        chosen: The class whose yes or no is looked at; None for the whole answer.
        key: Begins the keys of the widgets.
        can_save: Whether it is not saved already.
    """
    rows = cache.rows_of(cache.key_of(run, split))
    right = right_rows(rows.predictions, chosen)
    examples = slice_examples(rows, one.conditions, right, ROWS_SHOWN)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{label(one.title, 120)}:** {plural(one.figures.num_rows, 'row')}, "
            f"{percent(one.figures.accuracy)} right"
        )
        if can_save:
            offer_save(run, one, chosen, key)
        info = state.dataset_store().get(run.config.dataset_fingerprint)
        if info is not None and examples:
            controls.link_to_rows(info, [record["row_id"] for record in examples])
    _show_examples(run, split, examples, key)
    if one.figures.num_rows > ROWS_SHOWN:
        st.caption(f"Showing {ROWS_SHOWN} of {one.figures.num_rows:,}, mistakes first.")


def _show_examples(run: Run, split: Split, examples: list[dict[str, Any]], key: str) -> None:
    texts = cells([record["text"] for record in examples])
    names = ("answer", "true", "predicted")
    event = st.dataframe(
        [
            {**{name: record[name] for name in names}, "text": text}
            for record, text in zip(examples, texts, strict=True)
        ],
        hide_index=True,
        height=controls.table_height(len(examples), 380),
        column_config={
            "answer": st.column_config.TextColumn(width=80),
            "true": st.column_config.TextColumn(width=130),
            "predicted": st.column_config.TextColumn(width=130),
            "text": st.column_config.TextColumn(width="large"),
        },
        on_select="rerun",
        selection_mode="single-row",
        key=f"{key}.rows",
        alt="Rows of the slice, mistakes first",
    )
    for position in event["selection"]["rows"]:
        link = {"run": run.run_id, "split": split, "row": examples[position]["row_id"]}
        open_mistakes(**link, outcome="all")
    st.caption("Select a row to read it on the Mistakes page.")


def offer_save(run: Run, one: MeasuredSlice, chosen: str | None, key: str) -> None:
    """Offer to keep a slice, to be measured on every later run."""
    with st.popover("Save this slice", icon=":material/bookmark_add:"):
        st.text("Every later run on this data set will be measured on it, under Saved.")
        name = st.text_input(
            "Name", shorten(one.title, MAX_NAME), max_chars=MAX_NAME, key=f"{key}.name"
        )
        wanted = st.button("Save", type="primary", key=f"{key}.save")
    if wanted:
        try:
            made = SavedSlices.of_run(state.workspace(), run).save(name, one.conditions, chosen)
        except TextclsError as error:
            st.error(escape(str(error)))
            return
        st.toast(f"Saved {label(made.name, MAX_NAME)}.")
