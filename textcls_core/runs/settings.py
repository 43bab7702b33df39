"""The settings of runs side by side: where two differ, and a copy of one with changes."""

from collections.abc import Mapping
from typing import Any

from textcls_core.config import PRESETS, RunConfig

Difference = tuple[str, Any, Any]
"""Name of a setting, and its two values."""


def config_diff(a: RunConfig, b: RunConfig) -> list[Difference]:
    """Return the settings in which two runs differ, in the order of `RunConfig`.

    Example:
        >>> one = RunConfig.create({"dataset": "toy"})
        >>> config_diff(one, one.model_copy(update={"seed": 7}))
        [('seed', 42, 7)]
    """
    values = ((name, getattr(a, name), getattr(b, name)) for name in RunConfig.model_fields)
    return [(name, one, other) for name, one, other in values if one != other]


def clone_config(config: RunConfig, changes: Mapping[str, Any]) -> RunConfig:
    """Return the settings of a run with changes, as a run of its own outside of any group.

    Another data set means its newest version; another preset brings its settings along.

    Args:
        config: Settings to start from.
        changes: Field names and values.

    Raises:
        InvalidArgumentError: For an unknown name, a value out of range or a contradiction.

    Example:
        >>> clone_config(RunConfig.create({"dataset": "toy"}), {"preset": "best"}).max_length
        512
    """
    base = {**config.model_dump(), "group": ""}
    if "dataset" in changes:
        base["dataset_fingerprint"] = ""
    preset = PRESETS.get(changes["preset"], {}) if "preset" in changes else {}
    return RunConfig.create({**base, **preset, **changes})
