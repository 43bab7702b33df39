"""A number that lives in the URL, with a field to change it."""

from typing import Any

import streamlit as st

from pages._app import state


def choose_number(
    name: str, title: str, default: float, low: float, high: float, **arguments: Any
) -> float:
    """Return the number in the URL under `name`, with a field to change it.

    Args:
        name: URL parameter.
        title: Label of the field.
        default: Value when the URL has none; it is left out of the URL.
        low: Smallest number.
        high: Largest number.
        **arguments: Further arguments of `st.number_input`.
    """
    value = _read(state.parameter(name), default)
    if not low <= value <= high:
        state.ignore_parameter(name, title.lower())
        value = default
    key = f"choose.{name}"
    st.session_state[key] = value
    st.number_input(
        title,
        low,
        high,
        format="%g",
        key=key,
        on_change=_remember,
        args=(name, key, default),
        **arguments,
    )
    return value


def _read(text: str, default: float) -> float:
    """Return a number from the URL; what is none is outside every range."""
    try:
        return float(text) if text else default
    except ValueError:
        return float("nan")


def _remember(name: str, key: str, default: float) -> None:
    value = st.session_state[key]
    is_default = value is None or value == default
    state.set_parameter(name, None if is_default else f"{value:.10g}")
