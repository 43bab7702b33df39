"""RunConfig: every setting of one fine-tuning run, and the presets that fill it."""

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from textcls_core.errors import InvalidArgumentError

Preset = Literal["fast", "balanced", "best"]
_NEW_HEAD = {"head_learning_rate": 1e-3}
"""A head starts from random numbers and has further to go than pretrained layers."""
PRESETS: dict[Preset, dict[str, Any]] = {
    "fast": {"num_epochs": 2, "max_length": 128, "learning_rate": 1e-4, **_NEW_HEAD},
    "balanced": {"num_epochs": 3, "max_length": 256, "learning_rate": 1e-4, **_NEW_HEAD},
    "best": {"num_epochs": 4, "max_length": 512, "learning_rate": 1e-4, **_NEW_HEAD},
}
"""What each preset changes; everything else keeps its default."""

BestMetric = Literal[
    "validation_loss",
    "validation_accuracy",
    "validation_balanced_accuracy",
    "validation_macro_f1",
    "validation_weighted_f1",
    "validation_micro_f1",
    "validation_mcc",
    "validation_cohen_kappa",
    "validation_top_2_accuracy",
    "validation_top_3_accuracy",
    "validation_top_5_accuracy",
    "validation_macro_roc_auc",
    "validation_micro_roc_auc",
    "validation_macro_average_precision",
    "validation_micro_average_precision",
    "validation_label_ranking_average_precision",
    "validation_brier",
    "validation_hamming_loss",
]
"""Figures of a validation; `evaluation.metric_names` says what they mean, and for which task."""
Tracker = Literal["tensorboard", "mlflow"]

Share = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
MAX_MEMBERS = 32
"""Runs that a group queues at once, and so the folds of a cross-validation: each run waits as a
process of its own, with torch in its memory."""
MIN_WINDOW = 32
"""Tokens a window must have at least: fewer leave no text between the special tokens."""


def _split_words(value: object) -> object:
    """Read `a,b` from the command line as two words."""
    return (
        [word.strip() for word in value.split(",") if word.strip()]
        if isinstance(value, str)
        else value
    )


class RunConfig(BaseModel):
    """Every setting of one run, named as in Hugging Face's `TrainingArguments` where possible."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    name: Annotated[str, Field(max_length=80)] = ""
    """A label for people; ids and paths never contain it."""
    dataset: Annotated[str, Field(min_length=1, max_length=200)]
    """Name or fingerprint of the data set."""
    dataset_fingerprint: str = ""
    """The exact version; filled in when the run is created."""
    model: Annotated[str, Field(min_length=1, max_length=500)] = "minilm"
    """`minilm`, a folder with safetensors, or a Hugging Face hub name."""
    preset: Preset = "balanced"
    """The preset the other settings started from."""

    num_epochs: Annotated[int, Field(ge=1, le=1000)] = 3
    """Passes over the training rows."""
    max_length: Annotated[int, Field(ge=8, le=8192)] = 256
    """Tokens read at once, special tokens included; see `long_documents` for the rest."""
    long_documents: Literal["truncate", "head_tail", "windows"] = "truncate"
    """Keep the start, keep start and end, or average the answers for overlapping windows."""
    max_windows: Annotated[int, Field(ge=2, le=64)] = 8
    """With `windows`: windows read of each text at most; they overlap by a quarter."""
    batch_size: Annotated[int, Field(ge=1, le=4096)] = 16
    """Texts per forward pass of one process."""
    max_tokens_per_batch: Annotated[int, Field(ge=0, le=10_000_000)] = 0
    """Tokens per forward pass at most: long texts travel in smaller groups; 0 sets no limit."""
    gradient_accumulation_steps: Annotated[int, Field(ge=1, le=4096)] = 1
    """Forward passes per optimizer step; the loss is averaged over all their texts."""
    tokens_per_step: Annotated[int, Field(ge=0, le=100_000_000)] = 0
    """Fill each optimizer step with as many texts as fit in so many tokens; 0 counts texts."""

    learning_rate: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] = 1e-4
    """Peak AdamW step size, dimensionless."""
    head_learning_rate: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] = 0.0
    """That of the classification head, which starts from random numbers; 0 is `learning_rate`."""
    lr_scheduler_type: Literal["linear", "cosine", "constant"] = "linear"
    """How the learning rate falls after the warm-up: in a line, in a half wave, or not."""
    warmup_ratio: Share = 0.1
    """Share of all steps with a linearly rising learning rate."""
    layer_wise_learning_rate_decay: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 1.0
    """Each layer learns at this multiple of the rate of the layer above it; 1 treats all alike."""
    weight_decay: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.01
    """Decoupled weight decay, not applied to biases and norms."""
    max_grad_norm: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    """Gradients are scaled down to this Euclidean norm."""
    attention_dropout: Share = 0.0
    """Dropout inside attention; 0 lets torch use its fused kernels."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 42
    """Decides the new head, the order of texts and dropout."""

    loss: Literal["cross_entropy", "focal"] = "cross_entropy"
    """`focal` gives less weight to texts that are already right."""
    focal_gamma: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] = 2.0
    """With `focal`: how strongly; 0 is cross-entropy."""
    label_smoothing_factor: Share = 0.0
    """Share of the target spread over all classes."""
    class_weights: Literal["none", "balanced"] = "none"
    """`balanced` weighs the loss of each class by the inverse of its frequency."""
    oversampling: bool = False
    """Show rows of rare classes several times per epoch, until all classes are equally frequent."""

    pooling: Literal["head", "mean"] = "head"
    """`head` is the architecture's own; `mean` averages all tokens: opens only here and as ONNX."""
    freeze_embeddings: bool = False
    """Leave the embeddings as they are."""
    freeze_layers: Annotated[int, Field(ge=0, le=1000)] = 0
    """Leave the first so many layers, and the embeddings, as they are."""
    lora_rank: Annotated[int, Field(ge=0, le=512)] = 0
    """Train low-rank additions to attention alone, often at 10 times the rate; 0 trains all."""
    lora_alpha: Annotated[int, Field(ge=1, le=4096)] = 16
    """With LoRA: the additions are scaled by alpha / rank."""
    lora_dropout: Share = 0.05
    """With LoRA: dropout before the additions."""
    ema_decay: Share = 0.0
    """Validate and keep an exponential moving average of the weights; 0 keeps the last ones."""

    evaluation_steps: Annotated[int, Field(ge=0)] = 0
    """Validate every this many steps as well as after each epoch; 0 only after each epoch."""
    early_stopping_patience: Annotated[int, Field(ge=0)] = 0
    """Stop after this many validations without improvement; 0 never stops early."""
    metric_for_best_model: BestMetric = "validation_macro_f1"
    """Which validation figure decides the model that is kept, and when to stop early."""
    checkpoint_steps: Annotated[int, Field(ge=0)] = 0
    """Save a checkpoint every this many steps; 0 every five minutes and after long epochs."""

    num_folds: Annotated[int, Field(ge=0, le=MAX_MEMBERS)] = 0
    """Cross-validation: parts that training and validation rows are cut into; 0 uses the splits."""
    fold: Annotated[int, Field(ge=0, le=MAX_MEMBERS)] = 0
    """Cross-validation: the part this run validates on, from 1."""
    group: Annotated[str, Field(max_length=40, pattern=r"^[0-9a-z-]*$")] = ""
    """Id of the group this run belongs to, if it is one of several."""
    record_dynamics: bool = False
    """Keep how sure each epoch was of every training label, for the map of label issues."""
    report_to: Annotated[tuple[Tracker, ...], BeforeValidator(_split_words)] = ()
    """Also write the figures for `tensorboard` or `mlflow` (or both, separated by a comma)."""

    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where to compute; `auto` takes the first accelerator that passes a self-check."""
    num_processes: Annotated[int, Field(ge=1, le=64)] = 1
    """Processes per machine, one per GPU."""
    num_nodes: Annotated[int, Field(ge=1, le=512)] = 1
    """Machines; above 1 the same command is started on each."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Number format of matrix products; `auto` measures which one is faster here."""
    packing: Literal["auto", "off"] = "auto"
    """`auto` computes no padding where the model passes a self-check; `off` pads."""
    torch_compile: bool = False
    """Compile the model first; pays off in long runs on a GPU. Pads to a few fixed lengths."""

    @model_validator(mode="after")
    def _refuse_contradictions(self) -> Self:
        """Refuse settings that are in range alone but make no sense together."""
        for is_wrong, message in _contradictions(self):
            if is_wrong:
                raise ValueError(message)
        return self

    @classmethod
    def create(cls, settings: Mapping[str, Any]) -> Self:
        """Return a checked configuration; the preset fills what `settings` leaves out.

        Args:
            settings: Field names and values; strings are converted to the field's type.

        Raises:
            InvalidArgumentError: For an unknown name or a value out of range.
        """
        unknown = [key for key in settings if key not in cls.model_fields]
        if unknown:
            raise InvalidArgumentError(_unknown_setting(unknown[0], list(cls.model_fields)))
        preset = settings.get("preset", "balanced")
        filled = {**(PRESETS[preset] if preset in tuple(PRESETS) else {}), **settings}
        try:
            return cls.model_validate(filled)
        except ValidationError as error:
            raise InvalidArgumentError(_explain(error)) from error

    @property
    def title(self) -> str:
        """The name, or what is trained on what."""
        return self.name or f"{self.model.rstrip('/').rsplit('/', 1)[-1]} on {self.dataset}"

    @property
    def documents_per_step(self) -> int:
        """Texts of one optimizer step over all processes, unless `tokens_per_step` decides."""
        processes = self.num_processes * self.num_nodes
        return self.batch_size * self.gradient_accumulation_steps * processes

    @property
    def has_plain_loss(self) -> bool:
        """Whether training minimises the cross-entropy itself, the unit of `validation_loss`."""
        is_focal = self.loss == "focal" and self.focal_gamma > 0
        return not is_focal and self.class_weights == "none" and not self.label_smoothing_factor


def _contradictions(config: RunConfig) -> list[tuple[bool, str]]:
    """Return for each impossible combination whether it occurs, and what to do."""
    return [*_of_lora(config), *_of_texts(config)]


def _of_lora(config: RunConfig) -> list[tuple[bool, str]]:
    uses_lora = config.lora_rank > 0
    return [
        (
            uses_lora and (config.freeze_layers > 0 or config.freeze_embeddings),
            "LoRA already leaves all pretrained weights as they are; set lora_rank to 0, or "
            "freeze_layers to 0 and freeze_embeddings to false",
        ),
        (
            uses_lora and config.layer_wise_learning_rate_decay < 1,
            "layer_wise_learning_rate_decay has no pretrained layer to act on with LoRA; set it "
            "to 1, or lora_rank to 0",
        ),
    ]


def _of_texts(config: RunConfig) -> list[tuple[bool, str]]:
    """Return the contradictions in what is drawn, how it is read and what it counts."""
    return [
        (
            config.long_documents == "windows" and config.max_length < MIN_WINDOW,
            f"windows need a max_length of at least {MIN_WINDOW}, got {config.max_length}",
        ),
        (
            config.loss == "focal" and config.label_smoothing_factor > 0,
            "focal loss is not defined for smoothed labels; set label_smoothing_factor to 0, or "
            "loss to cross_entropy",
        ),
        (
            config.oversampling and config.class_weights == "balanced",
            "oversampling and balanced class_weights would count rare classes twice; choose one",
        ),
        (
            config.fold > config.num_folds or (config.num_folds > 0 and config.fold == 0),
            f"fold must be from 1 to num_folds ({config.num_folds}), got {config.fold}",
        ),
        (
            config.tokens_per_step > 0 and config.gradient_accumulation_steps > 1,
            "tokens_per_step alone decides the texts of a step, in as many forward passes as they "
            "take; set gradient_accumulation_steps to 1, or tokens_per_step to 0",
        ),
        (config.num_folds == 1, "num_folds must be 0 or at least 2, got 1"),
        (
            config.record_dynamics and config.num_processes * config.num_nodes > 1,
            "record_dynamics works with one process only; set num_processes and num_nodes to 1, or "
            "record_dynamics to false",
        ),
    ]


def _unknown_setting(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f'Did you mean "{near[0]}"?' if near else f"Settings: {', '.join(known)}."
    return f'"{name[:60]}" is not a setting of a run. {hint}'


def _explain(error: ValidationError) -> str:
    """Return one sentence per wrong setting, with the value that came."""
    parts = []
    for item in error.errors():
        if not item["loc"]:  # settings that contradict each other
            parts.append(str(item["ctx"]["error"]))
            continue
        name = ".".join(str(part) for part in item["loc"])
        message = item["msg"][0].lower() + item["msg"][1:]
        got = "" if item["type"] == "missing" else f", got {str(item['input'])[:60]!r}"
        parts.append(f"{name}: {message}{got}")
    return "Settings out of range. " + "; ".join(parts) + "."
