"""Which weights learn, and how fast: freezing, low-rank additions, layer-wise learning rates."""

import copy
import re
from typing import Any

import torch

from textcls_core.config import RunConfig
from textcls_core.errors import TrainingError

_LAYER = re.compile(r"(?:^|\.)(?:layer|layers|h)\.(\d+)\.")
_EMBEDDING_NAMES = ("embeddings", "wte", "wpe", "embed_tokens", "word_embedding")
_ATTENTION_NAMES = (
    *("query", "key", "value", "q_lin", "k_lin", "v_lin", "Wqkv", "c_attn"),
    *("q_proj", "k_proj", "v_proj", "query_proj", "key_proj", "value_proj", "q", "k", "v"),
)
HEAD = -2
"""Depth of weights that belong to neither embeddings nor layers; they are trained in full."""
EMBEDDINGS = -1


def adapt(model: Any, config: RunConfig) -> None:
    """Freeze weights and add low-rank ones as the configuration says; the model is changed.

    Raises:
        TrainingError: If LoRA finds no weights in the model.
    """
    torch.manual_seed(config.seed)  # low-rank additions start with random numbers
    if config.lora_rank:
        _add_lora(model, config)
    freezes_embeddings = config.freeze_embeddings or config.freeze_layers > 0
    for name, parameter in model.named_parameters():
        depth = layer_depth(name)
        is_embedding = freezes_embeddings and depth == EMBEDDINGS
        if is_embedding or 0 <= depth < config.freeze_layers:
            parameter.requires_grad_(False)


def require_layers(model: Any, config: RunConfig) -> None:
    """Refuse to freeze more layers than there are.

    Raises:
        TrainingError: If the model has fewer layers than are to be frozen.
    """
    num_layers = max(layer_depth(name) for name, _ in model.named_parameters()) + 1
    if config.freeze_layers > num_layers:
        raise TrainingError(
            f"freeze_layers is {config.freeze_layers}, but {model.config.model_type} has "
            f"{num_layers} layers of its own. Set freeze_layers to {num_layers} or less."
        )


def layer_depth(name: str) -> int:
    """Return the layer a weight belongs to, from 0, or `EMBEDDINGS`, or `HEAD`.

    Example:
        >>> layer_depth("bert.encoder.layer.3.output.dense.weight")
        3
        >>> layer_depth("bert.embeddings.word_embeddings.weight"), layer_depth("classifier.bias")
        (-1, -2)
    """
    layer = _LAYER.search(name)
    if layer:
        return int(layer[1])
    is_embedding = any(part in _EMBEDDING_NAMES for part in name.split("."))
    return EMBEDDINGS if is_embedding else HEAD


def learning_rate_scale(name: str, num_layers: int, decay: float, head: float = 1.0) -> float:
    """Return the share of the learning rate for a weight: less, the further below the head.

    Args:
        name: Name of the weight.
        num_layers: Layers of the model.
        decay: Factor from one layer to the one below.
        head: Share for the head.

    Source:
        Howard and Ruder 2018, "Universal Language Model Fine-tuning", section 3.2.

    Example:
        >>> learning_rate_scale("bert.encoder.layer.5.x", 6, 0.9)
        0.9
        >>> learning_rate_scale("classifier.weight", 6, 0.9)
        1.0
    """
    depth = layer_depth(name)
    return head if depth == HEAD else float(decay ** (num_layers - depth))


def _add_lora(model: Any, config: RunConfig) -> None:
    """Put low-rank additions beside the attention weights and train them and the head only."""
    from peft import LoraConfig, inject_adapter_in_model

    body = model.base_model
    targets = [
        name
        for name, module in body.named_modules()
        if name.rsplit(".", 1)[-1] in _ATTENTION_NAMES
        and isinstance(getattr(module, "weight", None), torch.nn.Parameter)
    ]
    if not targets:
        raise TrainingError(
            f"LoRA finds no attention weights in {model.config.model_type}. Set lora_rank to 0."
        )
    before = {id(parameter) for parameter in body.parameters()}
    settings = LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        target_modules=targets,
    )
    inject_adapter_in_model(settings, body)
    for name, parameter in model.named_parameters():
        is_pretrained = id(parameter) in before and ".pooler." not in f".{name}"
        parameter.requires_grad_(not is_pretrained)


def merged(model: Any) -> Any:
    """Return a copy of the model in which low-rank additions are part of the weights."""
    from peft.tuners.lora import LoraLayer

    clone = copy.deepcopy(model)
    for name, module in list(clone.named_modules()):
        if isinstance(module, LoraLayer):
            module.merge()
            parent, _, child = name.rpartition(".")
            setattr(clone.get_submodule(parent), child, module.get_base_layer())
    return clone
