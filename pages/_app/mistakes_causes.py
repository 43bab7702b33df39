"""Causes on the Mistakes page: why the model is wrong, and what each action could mend."""

from collections.abc import Sequence

import streamlit as st

from pages._app import controls, run_cache, state
from pages._app.job_view import show_job
from pages._app.mistakes_cache import triage_of
from pages._app.mistakes_link import clear_filters
from pages._app.text import escape
from textcls_core.charts.mistakes_causes import actions_chart, causes_chart
from textcls_core.dataset.text_dataset import Split
from textcls_core.errors import NotFoundError
from textcls_core.jobs.job import job_id_of, read_job, start_job
from textcls_core.mistakes.causes.counts import ActionCount, action_counts, true_classes
from textcls_core.mistakes.causes.found import ACTIONS, CAUSES, Cause
from textcls_core.mistakes.causes.job import ENTRY, forget_triage, job_arguments
from textcls_core.mistakes.causes.triage import Triage
from textcls_core.runs.run import Run
from textcls_core.wording import duration, percent, plural, shorten

_CHART = "causes.chart"
_SHOWN_CLASSES = 3
_CARD_WIDTH = 380


def show_causes(run: Run, split: Split) -> None:
    """Show how many mistakes each cause explains, or offer to look for causes."""
    triage = triage_of(run, split)
    if offer_triage(run, split, is_there=triage is not None):
        return
    if triage is not None:
        _show_triage(run, split, triage)


def offer_triage(run: Run, split: Split, *, is_there: bool) -> bool:
    """Show the job at work, or the button that starts it if nothing is there; tell if it works.

    Args:
        run: A finished run.
        split: One of its splits.
        is_there: Whether its causes were looked for.
    """
    arguments = job_arguments(run, split)
    job_id = job_id_of(ENTRY, arguments)
    try:
        job = read_job(state.workspace(), job_id)
    except NotFoundError:
        job = None
    if job is not None and (job.is_active or not is_there):
        show_job(job_id, cancelled="Cancelled. The next search goes on where this one was.")
    if job is not None and job.is_active:
        return True
    if not is_there:
        with st.container(border=True):
            st.subheader("Why is the model wrong?", anchor=False)
            st.text(
                "This goes through the mistakes and asks: is the label right? Is there a training "
                "row like it, or a copy with another label? Would the model be right if it read "
                "more of the text, or without a misleading word? You see how many mistakes each "
                "cause explains, and what could mend them. A few hundred mistakes take some "
                "minutes."
            )
            if st.button("Look for causes", type="primary", icon=":material/troubleshoot:"):
                start_job(state.workspace(), ENTRY, arguments, again=True)
                st.rerun()
    return False


def _show_triage(run: Run, split: Split, triage: Triage) -> None:
    facts = triage.facts
    if not facts.num_mistakes:
        st.info("The model makes no mistake on this split.", icon=":material/done_all:")
        return
    actions = action_counts(triage)
    _show_figures(triage)
    left, right = controls.panels()
    with left, st.container(border=True, height="stretch"):
        _show_counts(triage)
    with right, st.container(border=True, height="stretch"):
        _show_actions(run, split, actions)
    _show_list(triage)
    _show_limits(triage)
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button("Look again", icon=":material/refresh:", key="causes.again"):
            forget_triage(state.workspace(), run, split)
            start_job(state.workspace(), ENTRY, job_arguments(run, split), again=True)
            st.rerun()
        st.caption(f"It took {duration(facts.seconds)}.")


def _show_figures(triage: Triage) -> None:
    facts, explained = triage.facts, len(triage.by_row)
    share = percent(facts.num_mistakes / max(facts.num_rows, 1))
    several = sum(len(found) > 1 for found in triage.by_row.values())
    unknown = facts.num_mistakes - explained
    share_unknown = unknown / max(facts.num_mistakes, 1)
    controls.metrics(
        [
            ("Mistakes", f"{facts.num_mistakes:,}", f"{share} of {facts.num_rows:,} rows"),
            ("With a likely cause", f"{explained:,}", f"{several:,} have several"),
            ("Without a likely cause", f"{unknown:,}", f"{percent(share_unknown)} of the mistakes"),
        ]
    )


def _show_counts(triage: Triage) -> None:
    """Show the bar of each cause; a click opens its mistakes."""
    counts = [(cause, CAUSES[cause].title, count) for cause, count in triage.counts.items()]
    event = st.plotly_chart(
        causes_chart(counts, triage.facts.num_mistakes),
        key=_CHART,
        on_select="rerun",
        selection_mode="points",
        config=controls.NO_TOOLBAR,
        alt="Mistakes per cause: " + ", ".join(f"{title} {count:,}" for _, title, count in counts),
    )
    st.caption("A mistake can have several causes. Click a bar to read its mistakes.")
    controls.table_twin(
        [
            {"cause": title, "mistakes": count, "share": percent(count / triage.facts.num_mistakes)}
            for _, title, count in counts
        ],
        "Mistakes per cause",
    )
    points = event["selection"]["points"]
    if points:
        _open(points[0]["customdata"][0])


def _open(cause: str) -> None:
    """Open the mistakes with a cause."""
    if cause in CAUSES:
        _choose(cause)
        st.rerun()


def _choose(cause: str) -> None:
    """Show all mistakes with a cause, as many as its figure says, whatever was filtered before."""
    clear_filters()
    state.set_parameter("cause", cause)
    state.set_parameter("panel", None)
    state.set_parameter("row", None)


def _show_actions(run: Run, split: Split, actions: Sequence[ActionCount]) -> None:
    """Show what each action could mend at most, without promising a mistake twice."""
    counts = [(ACTIONS[a.action].title, len(a.row_ids), a.num_first) for a in actions]
    st.plotly_chart(
        actions_chart(counts),
        config=controls.NO_TOOLBAR,
        alt="Mistakes that each action could mend: "
        + ", ".join(f"{title} up to {most:,}" for title, most, _ in counts),
    )
    st.caption(
        "Upper bounds: no action mends all that it applies to. A mistake with several causes is "
        "solid in one bar only, that of the most specific cause; in the others it is hatched."
    )
    predictions = run_cache.predictions(run, split)
    controls.table_twin(
        [
            {
                "action": ACTIONS[action.action].title,
                "up to": len(action.row_ids),
                "first choice": action.num_first,
                "because of": ", ".join(CAUSES[cause].title for cause in action.causes),
                "true classes": _classes(true_classes(predictions, action.row_ids)),
            }
            for action in actions
        ],
        "Actions with the mistakes they could mend at most",
    )


def _classes(counts: Sequence[tuple[str, int]]) -> str:
    shown = [f"{shorten(name, 30)} {count:,}" for name, count in counts[:_SHOWN_CLASSES]]
    rest = len(counts) - len(shown)
    return ", ".join(shown) + (f" and {plural(rest, 'more', 'more')}" if rest else "")


def _show_list(triage: Triage) -> None:
    """Show what each cause means and what would help, with a button that opens its mistakes."""
    st.subheader("What the causes mean", anchor=False)
    grid = st.grid(2, min_column_width=_CARD_WIDTH)
    for cause, count in triage.counts.items():
        with grid.cell(), st.container(border=True, height="stretch"):
            _show_cause(cause, count)


def _show_cause(cause: Cause, count: int) -> None:
    words = CAUSES[cause]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{words.title}** · {plural(count, 'mistake')}")
        st.button(
            "Read them",
            key=f"causes.open.{cause}",
            icon=":material/arrow_forward:",
            type="tertiary",
            on_click=_choose,
            args=(cause,),
        )
    st.caption(escape(words.meaning))
    st.caption(f"**{words.action_title}**: {escape(words.advice)}")


def _show_limits(triage: Triage) -> None:
    """Say what was not looked at."""
    left_out = triage.facts.not_looked_at
    if left_out:
        with st.container(border=True):
            st.markdown("**What was not looked at**")
            for sentence in left_out:
                st.caption(escape(sentence))
