"""Classifier: a transformer with its tokenizer and label names."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import numpy as np
import torch
from pydantic import Field, TypeAdapter

from textcls_core.arrays import Indices, Probabilities
from textcls_core.dataset.text_dataset import Task
from textcls_core.errors import ModelError
from textcls_core.evaluation.decision import Decision, read_decision, write_decision
from textcls_core.files import read_json, to_json, write_json
from textcls_core.models import loading
from textcls_core.models.batching import batches_by_length, pad_batch
from textcls_core.models.catalogue import check_folder, require_length, usable_positions
from textcls_core.models.device import Compute, exact_products
from textcls_core.models.memory import in_fitting_parts
from textcls_core.models.packed_attention import PackedBatch, pack
from textcls_core.models.packing import (
    PROVEN,
    Readout,
    first_position,
    packed_logits,
    packing_gap,
)
from textcls_core.models.probabilities import sigmoid, softmax
from textcls_core.models.tokens import Reading, TokenizedTexts, tokenize
from textcls_core.wording import percent

MAX_TOKENS_PER_BATCH = 8_192
MAX_PACKING_GAP = {"fp32": 1e-4, "bf16": 5e-2}
"""Largest difference of packed and padded logits, as a share of the largest logit."""
_ATTENTION_DROPOUT_NAMES = (
    "attention_probs_dropout_prob",  # BERT, RoBERTa, ELECTRA, ALBERT
    "attention_dropout",  # DistilBERT, ModernBERT, Llama
    "attn_pdrop",  # GPT-2
)
_DESIGN_FILE = "textcls.json"
CPU = Compute("cpu", "fp32", ("CPU in fp32, so that every score is exact.",))
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Design:
    """What a classifier does beyond the plain Hugging Face model it is made of."""

    long_documents: Literal["truncate", "head_tail", "windows"] = "truncate"
    """What happens to texts longer than `max_length`."""
    max_windows: Annotated[int, Field(ge=1)] = 8
    """Windows read of each text at most."""
    pooling: Literal["head", "mean"] = "head"
    """What the classification head reads; see `RunConfig`."""
    task: Task = "single_label"
    """Whether a text has exactly one class or any number."""


@dataclass(slots=True)
class Classifier:
    """A model, its tokenizer and what its outputs mean.

    Saved as a plain Hugging Face folder: label names are in the model's configuration, the length
    in the tokenizer's. With mean pooling other programs would compute other scores, so the weights
    then have a name that they do not open.
    """

    model: Any
    """A `transformers` sequence-classification model."""
    tokenizer: Any
    """Its tokenizer, with a pad token."""
    max_length: int
    """Tokens read at once."""
    design: Design = Design()
    """What goes beyond the plain model."""
    readout: Readout | None = None
    """Set when something stands between body and head: packing or mean pooling."""
    is_packed: bool = False
    """Whether batches are computed without padding."""
    decision: Decision = field(default_factory=Decision)
    """What was chosen for it after training."""
    width_multiple: int = 1
    """Padded batches are as wide as a multiple of this."""
    halvings: int = 0
    """How often batches of predictions are halved because memory ran out."""

    def __post_init__(self) -> None:
        """Attach mean pooling, which padded batches need too."""
        if self.design.pooling == "mean":
            self.readout = self._make_readout()

    @classmethod
    def from_pretrained(
        cls,
        model_dir: Path,
        label_names: Sequence[str],
        *,
        max_length: int,
        attention_dropout: float = 0.0,
        seed: int = 0,
        design: Design = Design(),
    ) -> Self:
        """Return a pretrained body with a new head for these labels.

        Args:
            model_dir: Folder checked by `models.catalogue`.
            label_names: C class names in the order of their ids.
            max_length: Tokens read at once; at most what the model was built for.
            attention_dropout: Share of attention weights dropped in training.
            seed: Decides the weights of the new head.
            design: What goes beyond the plain model.

        Raises:
            ModelError: If the folder cannot be loaded or is built for shorter texts.
        """
        config = loading.load_config(model_dir, label_names, design.task)
        for name in _ATTENTION_DROPOUT_NAMES:
            if hasattr(config, name):
                setattr(config, name, attention_dropout)
        positions = getattr(config, "max_position_embeddings", None)
        limit = usable_positions(config.model_type, positions)
        require_length(model_dir.name, limit, max_length)
        torch.manual_seed(seed)
        model, absent = loading.load_model(model_dir, config=config)
        loading.require_weights({key for key in absent if loading.is_body(key, model)}, model_dir)
        tokenizer = loading.load_tokenizer(model_dir, max_length)
        loading.check_vocabulary(model, tokenizer, model_dir)
        model.config.pad_token_id = tokenizer.pad_token_id
        return cls(model, tokenizer, max_length, design)

    @classmethod
    def load(cls, folder: Path, *, attention: Literal["eager"] | None = None) -> Self:
        """Return a saved classifier in evaluation mode.

        Args:
            folder: Written by `save`.
            attention: `eager` is slower and can return attention weights; None takes the fastest
                that the model's family has.

        Raises:
            ModelError: If the folder is missing or damaged.
        """
        check_folder(folder)
        design = _read_design(folder)
        if design.pooling == "mean":
            model = loading.load_mean_pooled(folder, attn_implementation=attention)
        else:
            model, absent = loading.load_model(folder, attn_implementation=attention)
            loading.require_weights(absent, folder)
        tokenizer = loading.load_tokenizer(folder, None)
        model.eval()
        max_length, decision = int(tokenizer.model_max_length), read_decision(folder)
        return cls(model, tokenizer, max_length, design, decision=decision)

    @property
    def label_names(self) -> tuple[str, ...]:
        """Class names; a label id is a position in this tuple."""
        names = self.model.config.id2label
        return tuple(names[label_id] for label_id in range(len(names)))

    @property
    def averages_tokens(self) -> bool:
        """Whether the head reads the mean over all tokens, and not a single one."""
        own_pooling = getattr(self.model.config, "classifier_pooling", "")  # of ModernBERT
        return "mean" in (self.design.pooling, own_pooling, self._summary)

    @property
    def reads_last_token(self) -> bool:
        """Whether the configuration names the last token; a causal model reads it without that."""
        return self._summary in ("last", "cls_index")  # without an index, that is the last one too

    @property
    def _summary(self) -> str:
        """Which token is classified, as XLNet and XLM say it; empty for other families."""
        return str(getattr(self.model.config, "summary_type", ""))

    @property
    def reading(self) -> Reading:
        """How much of each text is read."""
        return Reading(self.max_length, self.design.long_documents, self.design.max_windows)

    def save(self, folder: Path) -> None:
        """Write a folder that `AutoModelForSequenceClassification.from_pretrained` opens."""
        self.model.save_pretrained(folder)
        self.tokenizer.save_pretrained(folder)
        facts = {name: getattr(self.design, name) for name in Design.__slots__}
        write_json(folder / _DESIGN_FILE, facts)
        if self.decision != Decision():
            write_decision(folder, self.decision)
        if self.design.pooling == "mean":
            (folder / "model.safetensors").rename(folder / loading.MEAN_POOLED_WEIGHTS)

    def tokenize(self, texts: Sequence[str]) -> TokenizedTexts:
        """Return the token ids of each text, as much of it as is read."""
        return tokenize(texts, self.tokenizer, self.reading)

    def enable_packing(self, compute: Compute = CPU) -> str:
        """Compute without padding if that gives the same logits; return why, or why not.

        Three sequences of different length are computed packed and padded, and compared.

        Args:
            compute: Device, which must be the model's, and number format to compare in.
        """
        family = self.model.config.model_type
        if family not in PROVEN:
            return f"Padded, because packing is not proven for {family} models."
        try:
            self.readout = self.readout or self._make_readout()
            with exact_products(), compute.autocast():
                gap = packing_gap(self.model, self.readout, self.tokenizer, self.max_length)
        except Exception as error:  # a check that cannot be done is a check not passed
            return f"Padded, because the self-check of packing failed: {error}."
        if not gap <= MAX_PACKING_GAP[compute.precision]:
            return f"Padded, because packed and padded logits differ by {percent(gap)}."
        self.is_packed = True
        return f"Packed without padding: packed and padded logits agree to {gap:.0e}."

    def logits(
        self,
        tokens: TokenizedTexts,
        rows: Indices | Sequence[int],
        device: str,
        forward: Callable[..., Any] | None = None,
    ) -> torch.Tensor:
        """Return the logits of some texts, shape (B, C); those of windows are averaged.

        Args:
            tokens: All texts.
            rows: B positions.
            device: Where the model is.
            forward: What to call instead of the model, for example its distributed wrapper.
        """
        sequences, owners = tokens.sequences(rows)
        logits = self.sequence_logits(sequences, device, forward)
        return logits if len(owners) == len(rows) else _mean_by_owner(logits, owners, len(rows))

    def sequence_logits(
        self,
        sequences: list[np.ndarray],
        device: str = "cpu",
        forward: Callable[..., Any] | None = None,
    ) -> torch.Tensor:
        """Return the logits of B sequences of token ids, shape (B, C).

        Args:
            sequences: What is read.
            device: Where the model is.
            forward: What to call instead of the model, for example its distributed wrapper.
        """
        if not self.is_packed:
            return self._padded_logits(sequences, device, forward)
        assert self.readout is not None  # noqa: S101 - set by enable_packing
        return packed_logits(self.model, self.readout, self.packed(sequences, device), forward)

    def embedded_logits(self, embedded: torch.Tensor) -> torch.Tensor:
        """Return the logits of B equally long texts whose words are embedded already, shape (B, C).

        Args:
            embedded: Embeddings of the tokens, shape (B, T, D), on the device of the model.
        """
        if not self.is_packed:
            return torch.as_tensor(self.output({"inputs_embeds": embedded}).logits)
        assert self.readout is not None  # noqa: S101 - set by enable_packing
        nothing = [np.zeros(embedded.shape[1])] * len(embedded)
        batch = self.packed(nothing, str(embedded.device))
        return packed_logits(self.model, self.readout, batch, embedded=embedded.flatten(0, 1)[None])

    def packed(self, sequences: list[np.ndarray], device: str) -> PackedBatch:
        """Return sequences of token ids as one row for this model."""
        ids = [torch.from_numpy(sequence.astype(np.int64)) for sequence in sequences]
        return pack(ids, first_position(self.model.config), device)

    def _padded_logits(
        self, sequences: list[np.ndarray], device: str, forward: Callable[..., Any] | None
    ) -> torch.Tensor:
        """Return the logits of sequences padded to the longest one, shape (B, C)."""
        batch = pad_batch(sequences, self.tokenizer, self.width_multiple)
        moved = {name: tensor.to(device) for name, tensor in batch.items()}
        return torch.as_tensor(self.output(moved, forward).logits)

    def output(self, inputs: Mapping[str, Any], forward: Callable[..., Any] | None = None) -> Any:
        """Return what the model says about a dense batch, whatever its head reads.

        Args:
            inputs: `input_ids` (B, T) or `inputs_embeds` (B, T, D), `attention_mask` if there is
                padding, and further arguments of the model.
            forward: What to call instead of the model, for example its distributed wrapper.

        Raises:
            ModelError: If there are only embeddings, and the family reads nothing but token ids.
        """
        if "inputs_embeds" in inputs:
            _require_embeddings(self.model.config)
        call = self.model if forward is None else forward  # a compiled model has no truth value
        if self.readout is None:
            return call(**inputs)
        given = inputs.get("input_ids", inputs.get("inputs_embeds"))
        assert given is not None  # noqa: S101 - a model reads one of both
        everything = given.new_ones(given.shape[:2])
        with self.readout.averaging(inputs.get("attention_mask", everything)):
            return call(**inputs)

    def predict_probabilities(
        self, texts: Sequence[str] | TokenizedTexts, compute: Compute = CPU
    ) -> Probabilities:
        """Return class probabilities in the order of the texts, shape (N, C), float64.

        Texts of similar length share a batch, so little padding is computed.

        Args:
            texts: N texts, or their tokens.
            compute: Device, which must be the model's, and number format.
        """
        return self.probabilities_of(self.predict_logits(texts, compute))

    def predict_logits(
        self, texts: Sequence[str] | TokenizedTexts, compute: Compute = CPU
    ) -> np.ndarray:
        """Return what `predict_probabilities` makes probabilities of, shape (N, C), float64."""
        tokenized = texts if isinstance(texts, TokenizedTexts) else self.tokenize(texts)
        logits = np.zeros((len(tokenized), len(self.label_names)))
        score = partial(self.logits, tokenized, device=compute.device)
        was_training = self.model.training
        self.model.eval()
        try:
            with torch.inference_mode(), exact_products(), compute.autocast():
                for rows in batches_by_length(tokenized.lengths, MAX_TOKENS_PER_BATCH):
                    logits[rows], self.halvings = in_fitting_parts(score, rows, self.halvings)
        finally:
            self.model.train(was_training)
        return logits

    def probabilities_of(self, logits: np.ndarray) -> Probabilities:
        """Return what logits mean, shape (N, C): shares of 1, or each label by itself."""
        scaled = logits / self.decision.temperature
        return softmax(scaled) if self.design.task == "single_label" else sigmoid(scaled)

    def _make_readout(self) -> Readout:
        """Put a readout between body and head.

        Raises:
            ModelError: If this architecture has no place for one.
        """
        try:
            return Readout(self.model, self.design.pooling)
        except LookupError as error:
            raise ModelError(
                f"Mean pooling is not possible: {error}. Set pooling to head."
            ) from error


def _require_embeddings(config: Any) -> None:
    """Raise a `ModelError` if a model reads token ids only: gradients of words need embeddings."""
    if config.is_encoder_decoder or config.model_type == "longformer":
        raise ModelError(
            f"Expected a model that reads embeddings of words, got {config.model_type}, which has "
            "no gradients of words. Attributions by leaving out words works."
        )


def _mean_by_owner(logits: torch.Tensor, owners: list[int], count: int) -> torch.Tensor:
    """Return the mean of the rows of each owner, shape (count, C)."""
    index = torch.tensor(owners, device=logits.device)
    sums = logits.new_zeros(count, logits.shape[1]).index_add(0, index, logits)
    sizes = torch.bincount(index, minlength=count)[:, None]
    return sums / sizes


def _read_design(folder: Path) -> Design:
    """Return what `save` noted; a folder from elsewhere is a plain model.

    Raises:
        ModelError: If the file is damaged.
    """
    file = folder / _DESIGN_FILE
    if not file.is_file():
        return Design()
    try:
        facts = read_json(file)
        unknown = set(facts) - set(Design.__slots__)
        if unknown:
            raise ValueError(f"unknown: {min(unknown)}")
        return TypeAdapter(Design).validate_json(to_json(facts), strict=True)
    except (TypeError, ValueError) as error:
        raise ModelError(f"{file.name} of this model is damaged. Train the run again.") from error
