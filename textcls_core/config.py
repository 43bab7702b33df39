"""RunConfig: every setting of one fine-tuning run, and the presets that fill it."""

import difflib
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from textcls_core.errors import InvalidArgumentError

Preset = Literal["fast", "balanced", "best"]
PRESETS: dict[Preset, dict[str, Any]] = {
    "fast": {"num_epochs": 2, "max_length": 128, "learning_rate": 1e-4},
    "balanced": {"num_epochs": 3, "max_length": 256, "learning_rate": 7e-5},
    "best": {"num_epochs": 4, "max_length": 512, "learning_rate": 5e-5},
}
"""What each preset changes; everything else keeps its default."""

BestMetric = Literal["validation_loss", "validation_accuracy", "validation_macro_f1"]

Share = Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)]


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
    """Tokens kept of each text, special tokens included; the rest is cut off."""
    learning_rate: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] = 7e-5
    """Peak AdamW step size, dimensionless."""
    batch_size: Annotated[int, Field(ge=1, le=4096)] = 16
    """Texts per forward pass."""
    gradient_accumulation_steps: Annotated[int, Field(ge=1, le=4096)] = 1
    """Forward passes per optimizer step; the loss is averaged over all their texts."""
    warmup_ratio: Share = 0.1
    """Share of all steps with a linearly rising learning rate."""
    weight_decay: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.01
    """Decoupled weight decay, not applied to biases and norms."""
    max_grad_norm: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    """Gradients are scaled down to this Euclidean norm."""
    attention_dropout: Share = 0.0
    """Dropout inside attention; 0 lets torch use its fused kernels."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 42
    """Decides the new head, the order of texts and dropout."""

    evaluation_steps: Annotated[int, Field(ge=0)] = 0
    """Validate every this many steps as well as after each epoch; 0 only after each epoch."""
    early_stopping_patience: Annotated[int, Field(ge=0)] = 0
    """Stop after this many validations without improvement; 0 never stops early."""
    metric_for_best_model: BestMetric = "validation_macro_f1"
    """Which validation figure decides the model that is kept."""

    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    """Where to compute; `auto` takes the first accelerator that passes a self-check."""
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    """Number format of matrix products; `auto` measures which one is faster here."""

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
        """Texts that contribute to one optimizer step."""
        return self.batch_size * self.gradient_accumulation_steps


def _unknown_setting(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    hint = f'Did you mean "{near[0]}"?' if near else f"Settings: {', '.join(known)}."
    return f'"{name[:60]}" is not a setting of a run. {hint}'


def _explain(error: ValidationError) -> str:
    """Return one sentence per wrong setting, with the value that came."""
    parts = []
    for item in error.errors():
        name = ".".join(str(part) for part in item["loc"])
        message = item["msg"][0].lower() + item["msg"][1:]
        got = "" if item["type"] == "missing" else f", got {str(item['input'])[:60]!r}"
        parts.append(f"{name}: {message}{got}")
    return "Settings out of range. " + "; ".join(parts) + "."
