"""The temperature of a run: what the validation rows say, and the buttons that keep it."""

import streamlit as st

from pages._app.text import escape
from textcls_core.errors import TextclsError
from textcls_core.evaluation.temperature import TemperatureFit
from textcls_core.runs.run import Run
from textcls_core.runs.temperature import keep_temperature
from textcls_core.wording import percent, plural

_SAID = "calibration.said"
_WHAT = (
    "The scores of the model (logits) are divided by the temperature before they become "
    "probabilities. Answers stay the same; only how sure they sound changes."
)
_REACH = (
    "Evaluate, Mistakes, Attention, Predict and the command line use the temperature kept with the "
    "model. Other programs that open the model folder, such as a Hugging Face pipeline, do not "
    "know it: there, divide the logits by it."
)


def show_temperature(run: Run, fit: TemperatureFit | None) -> None:
    """Show which temperature is in use, what the validation rows say, and what can be done."""
    if _SAID in st.session_state:
        st.toast(escape(st.session_state.pop(_SAID)))
    kept = run.decision.temperature
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(_heading(kept, fit))
            _show_buttons(run, kept, fit)
        st.markdown(_facts(fit))
        if run.decision.has_more_than_temperature:
            st.caption(
                "The rule for decisions kept with this model was tuned on its present "
                "probabilities. Another temperature drops it; tune it again afterwards."
            )
        st.caption(_REACH)


def _show_buttons(run: Run, kept: float, fit: TemperatureFit | None) -> None:
    if fit is not None and fit.temperature not in (1.0, kept):
        st.button(
            "Use this temperature" if kept == 1 else f"Use {fit.temperature:.2f} instead",
            type="primary",
            key="calibration.use",
            on_click=_keep,
            args=(run, fit.temperature),
        )
    if kept != 1:
        st.button(
            "Go back to the model as trained",
            key="calibration.reset",
            on_click=_keep,
            args=(run, 1.0),
        )


def _heading(kept: float, fit: TemperatureFit | None) -> str:
    if kept != 1:
        is_fit = fit is not None and fit.temperature == kept
        other = "" if is_fit or fit is None else f"; the validation rows ask for {fit.optimum:.2f}"
        return f"**Temperature {kept:.2f} is in use**{other}"
    if fit is None:
        return "**No temperature can be fitted**"
    if fit.ending != "fitted":
        return "**The model stays as trained**"
    effect = "less" if fit.temperature > 1 else "more"
    return f"**Temperature {fit.temperature:.2f} would make the model sound {effect} sure**"


def _facts(fit: TemperatureFit | None) -> str:
    """Return what a temperature is, how it was found, and what it does to the validation rows."""
    if fit is None:
        return f"{_WHAT} It is fitted on validation rows, and this run has none."
    rows = f"the {plural(fit.num_examples, 'validation row')}"
    loss = f"{fit.loss_after:.3f} instead of {fit.loss_before:.3f}"
    errors = f"{percent(fit.error_after)} instead of {percent(fit.error_before)}"
    found = (
        f"At {fit.optimum:.2f}, log loss on {rows} is {loss}, and the calibration error there "
        f"{errors}."
    )
    return f"{_WHAT} {found} {fit.note}"


def _keep(run: Run, temperature: float) -> None:
    """Keep a temperature and say so; a refusal becomes a note."""
    try:
        kept = keep_temperature(run, temperature).temperature
        is_plain = kept == 1
        said = (
            "The model is as trained again." if is_plain else f"Temperature {kept:.2f} is in use."
        )
    except TextclsError as error:
        said = str(error)
    st.session_state[_SAID] = said
