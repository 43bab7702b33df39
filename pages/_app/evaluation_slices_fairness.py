"""Fairness: how often a class is given, and found, in each group of a column."""

from typing import Any

import streamlit as st

from pages._app import controls, state
from pages._app import evaluation_slices_cache as cache
from pages._app.evaluation_slices_table import spread
from pages._app.text import cells, escape, label
from textcls_core.charts.evaluation.slices import fairness_chart
from textcls_core.dataset.text_dataset import Split
from textcls_core.errors import TextclsError
from textcls_core.evaluation.fairness import RATES, Fairness, Gap, GroupRates, Rate
from textcls_core.evaluation.slices import MIN_ROWS
from textcls_core.runs.group_fairness import group_names, most_frequent_class
from textcls_core.runs.run import Run
from textcls_core.runs.slice_conditions import beside_ours
from textcls_core.wording import percent, plural, shorten

_LIMITS = (
    "What this does not show: whether the labels themselves treat groups alike, groups that no "
    "column names, people who are in no text, and what happens to them after a decision. Where "
    "groups differ in how often they have the class, no model that tells the class apart can make "
    "all three rates equal; which one matters is a choice for people."
)


def show_fairness(run: Run, split: Split) -> None:
    """Show the rates of a class in each group, the gaps, and what they do not mean."""
    key = cache.key_of(run, split)
    rows = cache.rows_of(key)
    names = {name: shorten(title, 40) for name, title in group_names(rows).items()}
    first = next((beside_ours(column) for column in rows.facts.columns), next(iter(names)))
    classes = rows.predictions.label_names
    with st.container(horizontal=True, vertical_alignment="bottom"):
        group = state.choose("slices_group", "Groups", names, default=first)
        labels = {name: shorten(name, 40) for name in classes}
        positive = state.choose(
            "slices_positive", "Class", labels, default=most_frequent_class(rows)
        )
    try:
        result = cache.fairness(key, group, positive)
    except TextclsError as error:
        st.info(escape(str(error)), icon=":material/info:")
        return
    _show_gaps(result)
    _show_rates(result)
    st.caption(_LIMITS)


def _show_gaps(result: Fairness) -> None:
    """Show the largest gap of each rate, against what chance explains."""
    if not result.gaps:
        st.info(
            f"No rate has two groups with at least {MIN_ROWS} rows, so there is no gap to judge.",
            icon=":material/info:",
        )
        return
    cards = [
        (f"{RATES[gap.rate]}: gap", f"{100 * gap.value:.1f} points", _gap_note(gap))
        for gap in result.gaps
    ]
    controls.metrics(cards, card_width=250)
    judged = {gap.rate for gap in result.gaps}
    missing = [title.lower() for name, title in RATES.items() if name not in judged]
    sentences = [
        f"{RATES[gap.rate]}: from {label(gap.lowest)} to {label(gap.highest)}, 95 % interval "
        f"{100 * gap.interval[0]:.1f} to {100 * gap.interval[1]:.1f} points."
        for gap in result.gaps
    ]
    st.caption(
        " ".join(sentences) + " A gap is never below 0, so chance alone makes some: the card says "
        "how much, from groups of the same sizes filled blindly."
        + (f" Too few rows to judge the {' and the '.join(missing)}." if missing else "")
    )


def _gap_note(gap: Gap) -> str:
    amount = f"{100 * gap.by_chance:.1f} points"
    return f"beyond chance ({amount})" if gap.is_beyond_chance else f"chance explains {amount}"


def _show_rates(result: Fairness) -> None:
    st.plotly_chart(
        fairness_chart(result),
        key="slices.fairness",
        config=controls.NO_TOOLBAR,
        alt=f"Rates of {plural(len(result.groups), 'group')}, each with its 95 % interval",
    )
    st.caption(
        f"Selection rate: rows that get {label(result.positive)}. True positive rate: of the rows "
        "that have it, those that get it. False positive rate: of the rows that do not have it, "
        f"those that get it all the same. Hollow dots stand for fewer than {MIN_ROWS} rows."
    )
    with st.expander("As a table"):
        st.dataframe(
            [_record(group) for group in result.groups],
            hide_index=True,
            alt="Rates of each group with interval and difference to all other groups",
        )


def _record(group: GroupRates) -> dict[str, Any]:
    record: dict[str, Any] = {"group": cells([group.group])[0], "rows": group.num_rows}
    for name, title in RATES.items():
        rate = group.rates[name]
        record |= {title: _shown(rate), f"{title} to the rest": _gap(rate)}
    return record


def _shown(rate: Rate) -> str:
    if rate.value is None or rate.interval is None:
        return "no rows"
    few = f", {rate.num_rows} rows" if rate.is_small else ""
    return f"{percent(rate.value)} ({spread(*rate.interval)}{few})"


def _gap(rate: Rate) -> str:
    if rate.gap is None or rate.gap_interval is None:
        return ""
    low, high = rate.gap_interval
    return f"{100 * rate.gap:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})"
