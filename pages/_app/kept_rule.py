"""The decision rule that is kept in a model, said wherever its probabilities are shown."""

import streamlit as st

from pages._app import controls, state
from pages._app.text import escape
from textcls_core.dataset.text_dataset import Task
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.evaluation.rule_words import rule_in_words
from textcls_core.runs.rules import use_rule
from textcls_core.runs.run import Run


def note_kept_rule(run: Run, beginning: str) -> None:
    """Say in a sentence that a rule is kept, if one is, with a way to it.

    Args:
        run: A finished run.
        beginning: What that means for the page.
    """
    if run.decision.rule == DecisionRule():
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f":material/rule: {beginning}", width="content")
        controls.link("pages/evaluation.py", "Show the rule", run=run.run_id, panel="Decisions")


def show_kept_rule(run: Run, task: Task) -> None:
    """Show which rule new texts are answered by, and the way back to the plain one."""
    rule = run.decision.rule
    is_plain = rule == DecisionRule()
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        name = "In use: the plain rule." if is_plain else "In use: a rule kept in the model."
        st.markdown(f"**{name}** {escape(rule_in_words(rule, task))}", width="stretch")
        if not is_plain and st.button("Back to the plain rule", key="decisions.reset"):
            keep_rule(run, DecisionRule(), "New texts are answered by the plain rule again.")


def keep_rule(run: Run, rule: DecisionRule, said: str, tuned_at: float | None = None) -> None:
    """Keep a rule in the model, say so, and show the view again with it.

    Args:
        run: A finished run.
        rule: What to keep.
        said: What that means from now on.
        tuned_at: Temperature of the model when it was tuned; None for a rule that was not.

    Raises:
        TextclsError: If the run has no model any more, or its temperature is another one now.
    """
    use_rule(run, rule, tuned_at)
    state.set_parameter("decisions_kind", None)
    st.toast(said)
    st.rerun()
