"""Load models and tokenizers of transformers, and refuse what would not work or not be safe."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from textcls_core.dataset.text_dataset import Task
from textcls_core.errors import ModelError

MEAN_POOLED_WEIGHTS = "mean_pooling.safetensors"
"""Weights under this name are not found by other programs, which would pool differently."""


def load_config(folder: Path, label_names: Sequence[str], task: Task) -> Any:
    """Load the configuration of a model and give it C classes."""
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(
            folder,
            num_labels=len(label_names),
            id2label=dict(enumerate(label_names)),
            label2id={name: label_id for label_id, name in enumerate(label_names)},
            problem_type=f"{task}_classification",
            trust_remote_code=False,
            local_files_only=True,
        )
    except (OSError, ValueError, KeyError) as error:
        raise _cannot_load(folder, error) from error


def load_model(folder: Path, **options: Any) -> tuple[Any, set[str]]:
    """Load a sequence-classification model from safetensors, never running foreign code.

    Returns:
        The model, and the names of its weights that the file does not have in their shape.
    """
    from transformers import AutoModelForSequenceClassification
    from transformers.utils.logging import disable_progress_bar

    # nobody sees progress bars, and two threads of the app can wait for their lock
    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model, loading = AutoModelForSequenceClassification.from_pretrained(
            folder,
            use_safetensors=True,
            trust_remote_code=False,
            local_files_only=True,
            dtype=torch.float32,
            ignore_mismatched_sizes=True,  # `_require_weights` decides which may differ
            output_loading_info=True,
            **options,
        )
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        raise _cannot_load(folder, error) from error
    mismatched = {key for key, *_ in loading["mismatched_keys"]}
    return model, {*loading["missing_keys"], *mismatched}


def _cannot_load(folder: Path, error: Exception) -> ModelError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return ModelError(
        f"The model in {folder.name} cannot be loaded for classification: {reason.rstrip('.')}. "
        "Choose another model."
    )


def is_body(weight: str, model: Any) -> bool:
    """Tell whether a weight must come from the file; head and pooler may be new."""
    return weight.startswith(f"{model.base_model_prefix}.") and ".pooler." not in weight


def require_weights(absent: set[str], folder: Path) -> None:
    """Refuse a model in which these weights would be random numbers."""
    if absent:
        raise ModelError(
            f"The weights in {folder.name} do not fit its config.json ({len(absent)} missing or of "
            f"another shape, for example {min(absent)}). Download or save the model again."
        )


def load_tokenizer(folder: Path, max_length: int | None) -> Any:
    """Load a tokenizer with a pad token; GPT-like ones use their end token for it."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(
            folder, trust_remote_code=False, local_files_only=True
        )
    except Exception as error:  # the library `tokenizers` raises nothing more precise
        raise ModelError(
            f"The tokenizer in {folder.name} cannot be loaded. Save model and tokenizer together."
        ) from error
    if not tokenizer.is_fast:
        raise ModelError(
            f"The tokenizer in {folder.name} exists in Python only and has no tokenizer.json. "
            "Choose a model with a fast tokenizer."
        )
    if len(tokenizer) <= len(tokenizer.all_special_ids):  # made up by transformers
        raise ModelError(
            f"The tokenizer in {folder.name} has no vocabulary. Save model and tokenizer together."
        )
    if tokenizer.pad_token_id is None:
        if tokenizer.eos_token is None:
            raise ModelError(
                f"The tokenizer in {folder.name} has neither a pad nor an end token. "
                "Choose another model."
            )
        tokenizer.pad_token = tokenizer.eos_token
        tokenizer.padding_side = "right"  # GPT-2's head reads the last token before the padding
    if max_length is not None:
        tokenizer.model_max_length = max_length
    return tokenizer


def check_vocabulary(model: Any, tokenizer: Any, model_dir: Path) -> None:
    """Refuse a tokenizer that can produce ids the model has no embedding for."""
    rows = model.get_input_embeddings().num_embeddings
    if len(tokenizer) > rows:
        raise ModelError(
            f"The tokenizer in {model_dir.name} has {len(tokenizer):,} tokens but the model only "
            f"{rows:,}. Model and tokenizer do not belong together."
        )


def load_mean_pooled(folder: Path, **options: Any) -> Any:
    """Load a model that was saved with mean pooling, whose weights have a name of their own."""
    from transformers import AutoConfig, AutoModelForSequenceClassification

    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
        build: Any = AutoModelForSequenceClassification.from_config
        model = build(config, **options)
        model.load_state_dict(load_file(folder / MEAN_POOLED_WEIGHTS))
    except (OSError, ValueError, RuntimeError, KeyError, SafetensorError) as error:
        raise _cannot_load(folder, error) from error
    return model
