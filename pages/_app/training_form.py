"""The form of the Train page: what to train, how long, and how."""

from typing import Any, get_args

import streamlit as st

from pages._app import controls, state
from textcls_core.config import PRESETS, BestMetric, RunConfig
from textcls_core.dataset.store import DatasetInfo
from textcls_core.models.catalogue import SUGGESTED
from textcls_core.runs.run import Run

_PRESET_NOTES = {
    "fast": "Fast: first impression in minutes",
    "balanced": "Balanced: a good model",
    "best": "Best: reads long texts, takes longest",
}
_LONG = ("num_epochs", "max_length", "batch_size", "gradient_accumulation_steps")
_HOW = ("learning_rate", "warmup_ratio", "weight_decay", "max_grad_norm", "attention_dropout")
_FORMATS = {"learning_rate": "%.1e"}


def show_form() -> tuple[DatasetInfo, dict[str, Any]]:
    """Return the chosen data set and the settings as they stand in the form."""
    template = _template()
    st.subheader("What", anchor=False)
    info = controls.choose_dataset(template.dataset_fingerprint if template else "")
    model = _choose_model(template)
    presets = {name: _PRESET_NOTES[name] for name in PRESETS}
    preset = state.choose(
        "preset", "Preset", presets, default=template.preset if template else "fast"
    )
    start = template or RunConfig.create({"dataset": info.name, "preset": preset})
    if start.preset != preset:
        start = RunConfig.create({"dataset": info.name, "preset": preset})
    settings: dict[str, Any] = {"dataset": _reference(info), "model": model, "preset": preset}
    suffix = f"{preset}.{template.seed if template else ''}"
    with st.expander("All settings"):
        st.markdown("**How long**")
        settings |= _numbers(_LONG, start, suffix)
        st.markdown("**How**")
        settings |= _numbers(_HOW, start, suffix)
        settings |= _numbers(("seed", "evaluation_steps", "early_stopping_patience"), start, suffix)
        settings |= _choices(start, suffix)
    name = st.text_input("Name (optional)", start.name, max_chars=80, key="training.name")
    return info, {**settings, "name": name or ""}


def _reference(info: DatasetInfo) -> str:
    """Return the name of a data set version, or its id if the name means a newer version."""
    newest = state.dataset_store().find(info.name)
    return info.name if newest.fingerprint == info.fingerprint else info.dataset_id


def _template() -> RunConfig | None:
    """Return the settings of the run named by `from` in the URL, to train again."""
    wanted = state.parameter("from")
    runs: list[Run] = [run for run in state.run_store().runs() if run.run_id == wanted]
    return runs[0].config if runs else None


def _choose_model(template: RunConfig | None) -> str:
    """Return a suggested name, or whatever folder or hub name was typed."""
    names = [model.name for model in SUGGESTED]
    if template is not None and template.model not in names:
        names.insert(0, template.model)
    descriptions = {model.name: f"{model.name}: {model.description}" for model in SUGGESTED}
    chosen = st.selectbox(
        "Model",
        names,
        names.index(template.model) if template else 0,
        format_func=lambda name: descriptions.get(name, name),
        accept_new_options=True,
        help="A suggested model, a folder with safetensors, or any Hugging Face name when online.",
        key="training.model",
    )
    return (chosen or names[0]).split(":")[0].strip() if chosen in descriptions else chosen or ""


def _numbers(names: tuple[str, ...], start: RunConfig, suffix: str) -> dict[str, Any]:
    """Show number fields in two columns; limits are checked by `RunConfig`."""
    values = {}
    columns = st.columns(2)
    for position, name in enumerate(names):
        field = RunConfig.model_fields[name]
        value = getattr(start, name)
        is_whole = isinstance(value, int)
        values[name] = columns[position % 2].number_input(
            name,
            value=value,
            step=1 if is_whole else value / 10 or 0.01,
            format=None if is_whole else _FORMATS.get(name, "%.3f"),
            help=field.description,
            key=f"training.{name}.{suffix}",
        )
    return values


def _choices(start: RunConfig, suffix: str) -> dict[str, Any]:
    """Show the settings that take one of a few words."""
    options = {
        "metric_for_best_model": list(get_args(BestMetric)),
        "precision": ["auto", "fp32", "bf16"],
        "device": ["auto", "cpu", "cuda", "mps"],
    }
    columns = st.columns(2)
    return {
        name: columns[position % 2].selectbox(
            name,
            values,
            values.index(getattr(start, name)),
            help=RunConfig.model_fields[name].description,
            key=f"training.{name}.{suffix}",
        )
        for position, (name, values) in enumerate(options.items())
    }
