"""Tokenizers of the families that cut text in other ways than BERT, trained on a few lines."""

from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from textcls_core.models.classifier import Classifier

LINES = [
    "the bus is late , is n ' t it ? the old horse was here . 3 . 14",
    "we all looked at the small cat and the rain in the morning",
    "\u4eca\u5929 \u5929\u6c14 \u5f88\u597d \u6211\u4eec \u53bb \u516c\u56ed",
    "\u062a\u0623\u062e\u0631\u062a \u0627\u0644\u062d\u0627\u0641\u0644\u0629",
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e",
    "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35 \u0e0a\u0e32\u0e27\u0e42\u0e25\u0e01",
]
PAD, UNKNOWN = "<pad>", "<unk>"
SPECIAL = [PAD, UNKNOWN, "<s>", "</s>"]


def _unigram(*, split: bool) -> Tokenizer:
    """Return pieces as XLM-R and ALBERT have them; split at spaces, or not, as newer ones are."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=150, special_tokens=SPECIAL, unk_token=UNKNOWN, show_progress=False
    )
    tokenizer.train_from_iterator(LINES, trainer)
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(split=split)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 2), ("</s>", 3)]
    )
    return tokenizer


def _llama() -> Tokenizer:
    """Return pieces of a text that is never split, unknown characters as bytes."""
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN, byte_fallback=True, fuse_unk=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.BpeTrainer(
        vocab_size=500,
        special_tokens=[*SPECIAL, *(f"<0x{byte:02X}>" for byte in range(256))],
        show_progress=False,
    )
    tokenizer.train_from_iterator(LINES[:2], trainer)
    tokenizer.pre_tokenizer = None
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 2)]
    )
    return tokenizer


def _bytes() -> Tokenizer:
    """Return pieces of bytes as GPT-2, RoBERTa and Qwen have them."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(LINES, trainer)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=True)
    return tokenizer


BUILDERS = {
    "unigram": lambda: _unigram(split=True),
    "unigram-whole": lambda: _unigram(split=False),
    "llama": _llama,
    "bytes": _bytes,
}


def reader(name: str) -> Classifier:
    """Return a classifier without a model, which is enough to read a text."""
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=BUILDERS[name](), pad_token=PAD, unk_token=UNKNOWN
    )
    return Classifier(None, tokenizer, max_length=512)
