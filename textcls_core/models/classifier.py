"""Classifier: a transformer with its tokenizer and label names."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
import torch
from safetensors import SafetensorError

from textcls_core.arrays import Probabilities
from textcls_core.errors import ModelError
from textcls_core.models.batching import TokenizedTexts, batches_by_length, pad_batch, tokenize
from textcls_core.models.catalogue import check_folder
from textcls_core.models.device import Compute

MAX_TOKENS_PER_BATCH = 8_192
_ATTENTION_DROPOUT_NAMES = (
    "attention_probs_dropout_prob",  # BERT, RoBERTa, ELECTRA, ALBERT
    "attention_dropout",  # DistilBERT, ModernBERT, Llama
    "attn_pdrop",  # GPT-2
)
_POSITIONS_START_AT_TWO = {"roberta", "xlm-roberta", "camembert", "mpnet", "longformer"}
CPU = Compute("cpu", "fp32", ("CPU in fp32, so that every score is exact.",))
logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Classifier:
    """A model, its tokenizer and what its outputs mean.

    Saved as a plain Hugging Face folder: label names are in the model's configuration, the length
    in the tokenizer's.
    """

    model: Any
    """A `transformers` sequence-classification model."""
    tokenizer: Any
    """Its tokenizer, with a pad token."""
    max_length: int
    """Tokens kept of each text."""

    @classmethod
    def from_pretrained(
        cls,
        model_dir: Path,
        label_names: Sequence[str],
        *,
        max_length: int,
        attention_dropout: float = 0.0,
        seed: int = 0,
    ) -> Self:
        """Return a pretrained body with a new head for these labels.

        Args:
            model_dir: Folder checked by `models.catalogue`.
            label_names: C class names in the order of their ids.
            max_length: Tokens kept of each text; at most what the model was built for.
            attention_dropout: Share of attention weights dropped in training.
            seed: Decides the weights of the new head.

        Raises:
            ModelError: If the folder cannot be loaded or is built for shorter texts.
        """
        config = _load_config(model_dir, label_names)
        for name in _ATTENTION_DROPOUT_NAMES:
            if hasattr(config, name):
                setattr(config, name, attention_dropout)
        _require_length(config, max_length, model_dir)
        torch.manual_seed(seed)
        model, absent = _load_model(model_dir, config=config)
        _require_weights({key for key in absent if _is_body(key, model)}, model_dir)
        tokenizer = _load_tokenizer(model_dir, max_length)
        _check_vocabulary(model, tokenizer, model_dir)
        model.config.pad_token_id = tokenizer.pad_token_id
        return cls(model, tokenizer, max_length)

    @classmethod
    def load(cls, folder: Path, *, attention: Literal["sdpa", "eager"] = "sdpa") -> Self:
        """Return a saved classifier in evaluation mode.

        Args:
            folder: Written by `save`.
            attention: `eager` is slower and can return attention weights.

        Raises:
            ModelError: If the folder is missing or damaged.
        """
        check_folder(folder)
        model, absent = _load_model(folder, attn_implementation=attention)
        _require_weights(absent, folder)
        tokenizer = _load_tokenizer(folder, None)
        model.eval()
        return cls(model, tokenizer, int(tokenizer.model_max_length))

    @property
    def label_names(self) -> tuple[str, ...]:
        """Class names; a label id is a position in this tuple."""
        names = self.model.config.id2label
        return tuple(names[label_id] for label_id in range(len(names)))

    def save(self, folder: Path) -> None:
        """Write a folder that `AutoModelForSequenceClassification.from_pretrained` opens."""
        self.model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)

    def tokenize(self, texts: Sequence[str]) -> TokenizedTexts:
        """Return the token ids of each text, cut to `max_length`."""
        return tokenize(texts, self.tokenizer, self.max_length)

    def predict_probabilities(
        self, texts: Sequence[str] | TokenizedTexts, compute: Compute = CPU
    ) -> Probabilities:
        """Return class probabilities in the order of the texts, shape (N, C), float64.

        Texts of similar length share a batch, so little padding is computed.

        Args:
            texts: N texts, or their tokens.
            compute: Device, which must be the model's, and number format.
        """
        tokenized = texts if isinstance(texts, TokenizedTexts) else self.tokenize(texts)
        logits = np.zeros((len(tokenized), len(self.label_names)))
        was_training = self.model.training
        self.model.eval()
        with torch.inference_mode(), compute.autocast():
            for rows in batches_by_length(tokenized.lengths, MAX_TOKENS_PER_BATCH):
                batch = pad_batch(tokenized, rows, self.tokenizer)
                moved = {name: tensor.to(compute.device) for name, tensor in batch.items()}
                logits[rows] = self.model(**moved).logits.float().cpu().numpy()
        self.model.train(was_training)
        return softmax(logits)


def softmax(logits: np.ndarray) -> Probabilities:
    """Return probabilities from logits of shape (N, C); rows sum to 1."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def _load_config(folder: Path, label_names: Sequence[str]) -> Any:
    """Load the configuration of a model and give it C classes."""
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(
            folder,
            num_labels=len(label_names),
            id2label=dict(enumerate(label_names)),
            label2id={name: label_id for label_id, name in enumerate(label_names)},
            problem_type="single_label_classification",
            trust_remote_code=False,
            local_files_only=True,
        )
    except (OSError, ValueError, KeyError) as error:
        raise _cannot_load(folder, error) from error


def _load_model(folder: Path, **options: Any) -> tuple[Any, set[str]]:
    """Load a sequence-classification model from safetensors, never running foreign code.

    Returns:
        The model, and the names of its weights that the file does not have in their shape.
    """
    from transformers import AutoModelForSequenceClassification

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


def _is_body(weight: str, model: Any) -> bool:
    """Tell whether a weight must come from the file; head and pooler may be new."""
    return weight.startswith(f"{model.base_model_prefix}.") and ".pooler." not in weight


def _require_weights(absent: set[str], folder: Path) -> None:
    """Refuse a model in which these weights would be random numbers."""
    if absent:
        raise ModelError(
            f"The weights in {folder.name} do not fit its config.json ({len(absent)} missing or of "
            f"another shape, for example {min(absent)}). Download or save the model again."
        )


def _load_tokenizer(folder: Path, max_length: int | None) -> Any:
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


def _require_length(config: Any, max_length: int, model_dir: Path) -> None:
    """Refuse a length for which the model has no positions."""
    limit = getattr(config, "max_position_embeddings", None) or 0
    if config.model_type in _POSITIONS_START_AT_TWO:
        limit -= 2
    if 0 < limit < max_length:
        raise ModelError(
            f"max_length {max_length} is more than the {limit} tokens {model_dir.name} can read. "
            f"Set max_length to {limit} or less."
        )


def _check_vocabulary(model: Any, tokenizer: Any, model_dir: Path) -> None:
    """Refuse a tokenizer that can produce ids the model has no embedding for."""
    rows = model.get_input_embeddings().num_embeddings
    if len(tokenizer) > rows:
        raise ModelError(
            f"The tokenizer in {model_dir.name} has {len(tokenizer):,} tokens but the model only "
            f"{rows:,}. Model and tokenizer do not belong together."
        )
