"""The options that describe a run, shared by `train`, `search` and `runs clone`."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from textcls_core.config import PRESETS, RunConfig
from textcls_core.errors import InvalidArgumentError
from textcls_core.files import read_json

DatasetName = Annotated[str | None, typer.Option("--dataset", help="Data set name.")]
ModelName = Annotated[str | None, typer.Option("--model", help="minilm, folder or hub name.")]
PresetName = Annotated[str | None, typer.Option("--preset", help=", ".join(PRESETS))]
Settings = Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE")]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="RunConfig as JSON.")]


def read_config(
    given: Mapping[str, str | None], settings: Sequence[str] | None, config_file: Path | None
) -> RunConfig:
    """Return the settings of a run: a file first, then named options, then `--set`."""
    values = _read_settings(config_file) if config_file else {}
    values |= {key: value for key, value in given.items() if value is not None}
    values |= parse_settings(settings)
    values.setdefault("dataset", "bbc-news")
    return RunConfig.create(values)


def parse_settings(items: Sequence[str] | None) -> dict[str, str]:
    """Return what `--set key=value` gives."""
    return dict(_setting(item) for item in items or [])


def _read_settings(file: Path) -> dict[str, Any]:
    """Return the settings in a JSON file."""
    try:
        values = read_json(file)
    except OSError as error:
        raise InvalidArgumentError(f"{file} cannot be read: {error.strerror}.") from error
    if not isinstance(values, dict):
        raise InvalidArgumentError(
            f"Expected one JSON object of settings in {file}, got {type(values).__name__}."
        )
    return values


def _setting(item: str) -> tuple[str, str]:
    key, equals, value = item.partition("=")
    if not equals:
        raise InvalidArgumentError(f'Expected --set key=value, got "{item[:60]}".')
    return key.strip(), value.strip()
