"""Saved random classifiers of every family whose attention can be looked at."""

from pathlib import Path

import torch
import transformers

from tests.conftest import word_vocabulary
from tests.models.test_packing import CONFIGS
from textcls_core.explanation.attention import load_explainable
from textcls_core.models.classifier import Classifier, Design

LONG = 2_048
DEBERTA = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "relative_attention": True,
    "pos_att_type": ["p2c", "c2p"],
    "max_position_embeddings": LONG,
    "initializer_range": 0.3,
}
GPT2 = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": LONG, "initializer_range": 0.3}
LLAMA = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,  # each is shared by two queries
    "intermediate_size": 64,
    "max_position_embeddings": LONG,
    "initializer_range": 0.3,
}
XLNET = {"d_model": 32, "n_layer": 2, "n_head": 2, "d_inner": 64, "initializer_range": 0.3}
FAMILIES = CONFIGS | {
    "deberta-v2": ("DebertaV2Config", DEBERTA),
    "gpt2": ("GPT2Config", GPT2),
    "llama": ("LlamaConfig", LLAMA),
    "xlnet": ("XLNetConfig", XLNET),
}
BART = {
    "d_model": 32,
    **{f"{stack}_layers": 2 for stack in ("encoder", "decoder")},
    **{f"{stack}_attention_heads": 2 for stack in ("encoder", "decoder")},
    **{f"{stack}_ffn_dim": 64 for stack in ("encoder", "decoder")},
    "max_position_embeddings": 64,
    **{"eos_token_id": 3, "decoder_start_token_id": 3},  # the tokenizer's [SEP]
    "init_std": 0.3,
}
LONGFORMER = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "attention_window": 4,
    "max_position_embeddings": 66,
    "initializer_range": 0.3,
}
WITHOUT_WEIGHTS = {"bart": ("BartConfig", BART), "longformer": ("LongformerConfig", LONGFORMER)}
"""Families that give no weights among all tokens."""
OF_LONG_TEXTS = ("bert", "modernbert", "modernbert-mean", "gpt2")


def save_family(
    family: str,
    folder: Path,
    *,
    max_length: int = 64,
    pooling: str = "head",
    task: str = "single_label",
) -> Path:
    """Save a random classifier of a family, with a WordPiece tokenizer, and return its folder."""
    tokenizer = transformers.BertTokenizer(vocab=word_vocabulary(), model_max_length=max_length)
    name, settings = (FAMILIES | WITHOUT_WEIGHTS)[family]
    positions = {"max_position_embeddings": max_length + 2} if max_length > 64 else {}
    config = getattr(transformers, name)(
        **{**settings, **positions, "vocab_size": len(tokenizer), "num_labels": 3}
    )
    config.pad_token_id = tokenizer.pad_token_id
    config.id2label = dict(enumerate(("animals", "food", "weather")))
    config.label2id = {label: position for position, label in config.id2label.items()}
    torch.manual_seed(0)
    model = transformers.AutoModelForSequenceClassification.from_config(config).eval()
    Classifier(model, tokenizer, max_length, Design(pooling=pooling, task=task)).save(folder)
    return folder


def explainable(family: str, folder: Path, **options) -> tuple[Classifier, Classifier]:
    """Return a classifier that gives its weights, and the same as it is deployed."""
    saved = save_family(family, folder / family, **options)
    return load_explainable(saved), Classifier.load(saved)
