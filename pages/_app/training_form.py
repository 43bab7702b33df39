"""The form of the Train page: what to train, how long, and how."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal, get_args, get_origin

import streamlit as st

from pages._app import controls, state
from pages._app.text import escape
from textcls_core.config import PRESETS, RunConfig
from textcls_core.dataset.store import DatasetInfo
from textcls_core.errors import ModelError
from textcls_core.evaluation.metric_names import VALIDATION, metric_of, metrics_of
from textcls_core.models.catalogue import SUGGESTED, position_limit
from textcls_core.runs.run import Run

GROUPS: dict[str, tuple[str, ...]] = {
    "How long": (
        *("num_epochs", "early_stopping_patience", "batch_size", "gradient_accumulation_steps"),
        *("tokens_per_step", "max_tokens_per_batch"),
    ),
    "How": (
        *("learning_rate", "head_learning_rate", "lr_scheduler_type", "warmup_ratio"),
        *("layer_wise_learning_rate_decay", "weight_decay", "max_grad_norm"),
        *("attention_dropout", "seed"),
    ),
    "Long texts": ("max_length", "long_documents", "max_windows"),
    "Loss and rare classes": (
        *("loss", "focal_gamma", "label_smoothing_factor", "class_weights", "oversampling"),
    ),
    "What is trained": (
        *("pooling", "freeze_layers", "lora_rank", "lora_alpha", "lora_dropout", "ema_decay"),
        "freeze_embeddings",
    ),
    "Checkpoints and validation": (
        *("metric_for_best_model", "evaluation_steps", "checkpoint_steps", "report_to"),
        "record_dynamics",
    ),
    "Machine": (
        *("device", "precision", "num_processes", "num_nodes", "packing", "torch_compile"),
    ),
}
"""The settings by heading; each help text is the description of its field."""
_PRESET_NOTES = {
    "fast": "Fast: first impression in minutes",
    "balanced": "Balanced: a good model",
    "best": "Best: reads long texts, takes longest",
}
_NEEDS: dict[str, Callable[[dict[str, Any]], bool]] = {
    "focal_gamma": lambda settings: settings["loss"] == "focal",
    "max_windows": lambda settings: settings["long_documents"] == "windows",
    "lora_alpha": lambda settings: settings["lora_rank"] > 0,
    "lora_dropout": lambda settings: settings["lora_rank"] > 0,
}
"""Settings that mean something only beside another one."""
_DECIDED_BY_PRESET = tuple(PRESETS["fast"])
_FORMATS = {"learning_rate": "%.1e", "head_learning_rate": "%.1e", "ema_decay": "%.4f"}
_KEY = "training.set."
_DEFAULTS = RunConfig(dataset="any")
_FIELD_WIDTH = 190


def show_form() -> tuple[DatasetInfo, dict[str, Any]]:
    """Return the chosen data set and the settings as they stand in the form."""
    template = _template()
    st.subheader("What", anchor=False)
    info = controls.choose_dataset(template.config.dataset_fingerprint if template else "")
    model = _choose_model(template)
    presets = {name: _PRESET_NOTES[name] for name in PRESETS}
    preset = state.choose(
        "preset", "Preset", presets, default=template.config.preset if template else "fast"
    )
    start = RunConfig.create({"dataset": info.name, "preset": preset})
    if template is not None:
        decided = _DECIDED_BY_PRESET if preset != template.config.preset else ()
        kept = {name: getattr(start, name) for name in ("preset", *decided)}
        start = template.config.model_copy(update=kept)
    name = st.text_input(
        "Name (optional)",
        start.name,
        max_chars=80,
        key=f"{_KEY}name{_of_template(template)}",
        persist_state="session",
    )
    settings = {"dataset": _reference(info), "model": model, "preset": preset, "name": name or ""}
    settings |= _show_settings(start, info, model, _of_template(template))
    return info, settings | _fold(template)


def forget_settings() -> None:
    """Let the fields of the form start from the preset, or from the run to train again."""
    for key in [key for key in st.session_state if str(key).startswith(_KEY)]:
        del st.session_state[key]


def _show_settings(start: RunConfig, info: DatasetInfo, model: str, source: str) -> dict[str, Any]:
    """Show every setting under its heading; limits are checked by `RunConfig`."""
    settings: dict[str, Any] = {}
    with st.expander("All settings"):
        for heading, names in GROUPS.items():
            st.markdown(f"**{heading}**")
            grid = st.grid(2, min_column_width=_FIELD_WIDTH, vertical_alignment="bottom")
            for name in names:
                # What a preset decides is remembered for each preset, the rest for all of them.
                preset = f".{start.preset}" if name in _DECIDED_BY_PRESET else ""
                is_idle = name in _NEEDS and not _NEEDS[name](settings)
                key = f"{_KEY}{name}{preset}{source}"
                with grid.cell():
                    if name == "metric_for_best_model":
                        settings[name] = _choose_metric(start.metric_for_best_model, info, key)
                    else:
                        settings[name] = _field(name, getattr(start, name), key, is_idle)
            if heading == "Long texts":
                _say_limit(model)
        st.button("Set all back", key="training.reset", on_click=forget_settings)
    return settings


def _field(name: str, value: Any, key: str, is_idle: bool) -> Any:
    """Show the widget that fits the type of a setting; return its value."""
    field = RunConfig.model_fields[name]
    options: dict[str, Any] = {
        "help": field.description,
        "key": key,
        "disabled": is_idle,
        "persist_state": "session",
    }
    if field.annotation is bool:
        return st.toggle(name, value, **options)
    if get_origin(field.annotation) is Literal:
        words = list(get_args(field.annotation))
        return st.selectbox(name, words, words.index(value), **options)
    if get_origin(field.annotation) is tuple:
        words = list(get_args(get_args(field.annotation)[0]))
        return st.multiselect(name, words, list(value), placeholder="none", **options)
    is_whole = field.annotation is int
    step = 1 if is_whole else (getattr(_DEFAULTS, name) or value) / 10 or 0.01
    number_format = None if is_whole else _FORMATS.get(name, "%.3f")
    return st.number_input(name, value=value, step=step, format=number_format, **options)


def _choose_metric(value: str, info: DatasetInfo, key: str) -> str:
    """Choose one of the figures that are measured of such a data set, by their titles."""
    known = metrics_of(info.task, max(len(info.label_names), 1))  # perhaps nobody has labelled it
    columns = [f"{VALIDATION}{name}" for name in known]
    default = value if value in columns else _DEFAULTS.metric_for_best_model
    return st.selectbox(
        "metric_for_best_model",
        columns,
        columns.index(default),
        format_func=lambda column: metric_of(column).title,
        help=RunConfig.model_fields["metric_for_best_model"].description,
        key=f"{key}.{info.task}.{len(known)}",  # what is measured of another data set differs
        persist_state="session",
    )


def _say_limit(model: str) -> None:
    """Say how many tokens the model can read; without the model the plan says what is missing."""
    with suppress(ModelError):
        limit = position_limit(state.tokenizer_dir(model))
        if limit is not None:
            st.caption(f"{escape(model)} reads at most {limit:,} tokens at once.")


def _reference(info: DatasetInfo) -> str:
    """Return the name of a data set version, or its id if the name means a newer version."""
    newest = state.dataset_store().find(info.name)
    return info.name if newest.fingerprint == info.fingerprint else info.dataset_id


def _template() -> Run | None:
    """Return the run named by `from` in the URL, to train it again."""
    wanted = state.parameter("from")
    return next((run for run in state.run_store().runs() if run.run_id == wanted), None)


def _of_template(template: Run | None) -> str:
    """Return the end of the keys of fields that start from a run."""
    return f".{template.run_id}" if template else ""


def _fold(template: Run | None) -> dict[str, Any]:
    """Return the part of the cross-validation that a run to train again validated on."""
    if template is None or not template.config.num_folds:
        return {}
    config = template.config
    st.caption(f"Validates on part {config.fold} of {config.num_folds}, as the run before.")
    return {"num_folds": config.num_folds, "fold": config.fold}


def _choose_model(template: Run | None) -> str:
    """Return a suggested name, or whatever folder or hub name was typed."""
    names = [model.name for model in SUGGESTED]
    if template is not None and template.config.model not in names:
        names.insert(0, template.config.model)
    descriptions = {model.name: f"{model.name}: {model.description}" for model in SUGGESTED}
    chosen = st.selectbox(
        "Model",
        names,
        names.index(template.config.model) if template else 0,
        format_func=lambda name: descriptions.get(name, name),
        accept_new_options=True,
        help="A suggested model, a folder with safetensors, or any Hugging Face name when online.",
        key=f"{_KEY}model{_of_template(template)}",
        persist_state="session",
    )
    return (chosen or names[0]).split(":")[0].strip() if chosen in descriptions else chosen or ""
