"""Fixtures shared by all tests: tiny models built on disk, a toy data set, a finished run."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"  # read by huggingface_hub when it is first imported
os.environ["OMP_NUM_THREADS"] = "1"  # tiny models lose more time on waiting threads than they gain

import itertools
import shutil
import string
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import settings

from textcls_core.config import RunConfig
from textcls_core.dataset.building import Rows, build_dataset, make_row_ids
from textcls_core.dataset.splitting import stratified_split
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import SCHEMA, TextDataset
from textcls_core.evaluation.by_task import figures_of, predictions_of
from textcls_core.files import write_json
from textcls_core.runs.run import Run
from textcls_core.runs.store import RunStore
from textcls_core.workspace import APP_DIR, Workspace

settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=50)
settings.register_profile("thorough", deadline=None, max_examples=1_000)
settings.load_profile("repeatable")

NOUNS = {
    "animals": ["cat", "dog", "horse", "bird", "cow", "sheep"],
    "food": ["bread", "soup", "apple", "cheese", "rice", "cake"],
    "weather": ["rain", "snow", "wind", "storm", "cloud", "sun"],
}
FIRST = ("the old", "a small", "this")
LAST = ("", "was here", "came in the morning and we all looked at it")
FOREIGN_CHARACTERS = "你好世界今天气很مرحبابكالطقسجيدوهنا"
HOLD_LOCK = """
import sys, time
from pathlib import Path
from textcls_core.jobs.lock import ProcessLock
lock = ProcessLock(Path(sys.argv[1]))
print(lock.acquire(), flush=True)
time.sleep(60)
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that no core waits for one of them at the end."""
    marks = ("slow", "browser")
    long = {item.path for item in items if any(item.get_closest_marker(mark) for mark in marks)}
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(autouse=True)
def _offline_and_seeded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep every test, and the processes it starts, off the network and repeatable."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


@pytest.fixture
def generator() -> np.random.Generator:
    """A seeded generator; tests use no other source of random numbers."""
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def toy_dataset() -> TextDataset:
    """162 short English texts in three classes that a tiny model can tell apart."""
    texts, labels = [], []
    for label, nouns in NOUNS.items():
        for noun, first, last in itertools.product(nouns, FIRST, LAST):
            texts.append(f"{first} {noun} {last}".strip())
            labels.append(label)
    splits = stratified_split(texts, labels, test_share=0.2, validation_share=0.2)
    return build_dataset(Rows(texts, labels, splits, extra={}))


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of random 2-layer, 32-wide models: `bert`, `distilbert`, `roberta`, `gpt2`."""
    root = tmp_path_factory.mktemp("tiny-models")
    builders = {
        "bert": build_bert,
        "distilbert": build_distilbert,
        "roberta": build_roberta,
        "gpt2": build_gpt2,
    }
    for family, build in builders.items():
        build(root / family)
    return {family: root / family for family in builders}


@pytest.fixture(scope="session")
def tiny_model_dir(tiny_models: dict[str, Path]) -> Path:
    """Folder of a random 2-layer, 32-wide, 2-head BERT for texts of up to 128 tokens."""
    return tiny_models["bert"]


@pytest.fixture(scope="session")
def minilm_dir() -> Path:
    """Folder of the embedded model, checked once."""
    from textcls_core.models.catalogue import locate

    return locate("minilm")


@pytest.fixture(scope="session")
def tiny_config(tiny_model_dir: Path) -> RunConfig:
    """Settings of a run on `toy` that takes a second and learns most of it; copy to change one."""
    return RunConfig.create(
        {
            "dataset": "toy",
            "model": str(tiny_model_dir),
            "num_epochs": 5,
            "max_length": 32,
            "learning_rate": 5e-3,
            "device": "cpu",
            "precision": "fp32",
        }
    )


@pytest.fixture(scope="session")
def workspace_template(
    tmp_path_factory: pytest.TempPathFactory, toy_dataset: TextDataset
) -> Workspace:
    """A workspace with bbc-news and `toy`; copied by `workspace`, never changed."""
    template = Workspace(tmp_path_factory.mktemp("workspace-template"))
    DatasetStore.open(template).save(toy_dataset, "toy", "made for the tests")
    return template


@pytest.fixture
def workspace(tmp_path: Path, workspace_template: Workspace) -> Workspace:
    """A workspace of this test alone, with the data sets `bbc-news` and `toy` and no run."""
    return Workspace(shutil.copytree(workspace_template.root, tmp_path / "workspace"))


@pytest.fixture(scope="session")
def finished_run(
    tmp_path_factory: pytest.TempPathFactory,
    workspace_template: Workspace,
    tiny_config: RunConfig,
) -> Run:
    """A completed run on `toy`, trained by a real worker process. Read only; about 10 s."""
    from textcls_core.training.launch import start_run, wait

    root = tmp_path_factory.mktemp("finished") / "workspace"
    shutil.copytree(workspace_template.root, root)
    run = start_run(Workspace(root), tiny_config)
    wait(run)
    return run


@pytest.fixture
def hold_lock() -> Iterator[Callable[[Path], "subprocess.Popen[str]"]]:
    """Start a process that holds the lock on a file; it is killed when the test ends."""
    children: list[subprocess.Popen[str]] = []

    def start(path: Path) -> "subprocess.Popen[str]":
        child = subprocess.Popen(
            [sys.executable, "-c", HOLD_LOCK, str(path)],
            cwd=APP_DIR,
            stdout=subprocess.PIPE,
            text=True,
        )
        children.append(child)
        assert child.stdout is not None
        assert child.stdout.readline() == "True\n"
        return child

    yield start
    for child in children:
        child.kill()
        child.communicate()


@pytest.fixture
def pretend_gpus(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let the driver list so many GPUs, and torch be able to use them."""

    def pretend(count: int) -> None:
        monkeypatch.setattr("textcls_core.models.gpus.num_gpus", lambda: count)
        monkeypatch.setattr("textcls_core.models.gpus.is_built_for_cuda", lambda: True)
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")  # so that it is put back in the end
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES")

    return pretend


def word_vocabulary() -> dict[str, int]:
    """Words of the toy texts, and single characters, so that no text is unknown."""
    words = " ".join([*itertools.chain(*NOUNS.values()), *FIRST, *LAST]).split()
    characters = string.ascii_lowercase + string.digits + FOREIGN_CHARACTERS
    tokens = [
        *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"),
        *words,
        *characters,
        *string.punctuation,
        *(f"##{character}" for character in characters),
    ]
    return {token: position for position, token in enumerate(dict.fromkeys(tokens))}


def build_bert(folder: Path) -> None:
    """Save a tiny BERT body with a WordPiece tokenizer."""
    from transformers import BertConfig, BertModel, BertTokenizer

    tokenizer = BertTokenizer(vocab=word_vocabulary(), model_max_length=128)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=128,
        initializer_range=0.1,  # larger than usual, so that different texts get different scores
    )
    save_seeded(BertModel, config, tokenizer, folder)


def build_distilbert(folder: Path) -> None:
    """Save a tiny DistilBERT body with a WordPiece tokenizer."""
    from transformers import BertTokenizer, DistilBertConfig, DistilBertModel

    tokenizer = BertTokenizer(vocab=word_vocabulary(), model_max_length=128)
    config = DistilBertConfig(
        vocab_size=len(tokenizer),
        dim=32,
        n_layers=2,
        n_heads=2,
        hidden_dim=64,
        max_position_embeddings=128,
        initializer_range=0.1,
    )
    save_seeded(DistilBertModel, config, tokenizer, folder)


def build_roberta(folder: Path) -> None:
    """Save a tiny RoBERTa body with a byte-level BPE tokenizer that has a pad token."""
    from tokenizers.processors import TemplateProcessing
    from transformers import RobertaConfig, RobertaModel

    special = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    ends = [("<s>", 0), ("</s>", 2)]
    tokenizer = byte_level_tokenizer(special)
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>", special_tokens=ends
    )
    config = RobertaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=130,  # positions start at 2
        initializer_range=0.1,
    )
    save_seeded(RobertaModel, config, tokenizer, folder)


def build_gpt2(folder: Path) -> None:
    """Save a tiny GPT-2 body with a byte-level BPE tokenizer without pad token."""
    from transformers import GPT2Config, GPT2Model

    tokenizer = byte_level_tokenizer({"eos_token": "<|endoftext|>"})
    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=128,
        n_embd=32,
        n_layer=2,
        n_head=2,
        initializer_range=0.1,
        bos_token_id=0,
        eos_token_id=0,
    )
    save_seeded(GPT2Model, config, tokenizer, folder)


def byte_level_tokenizer(special: dict[str, str]):
    """Train a byte-level BPE tokenizer on the toy words; every byte has a token."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=list(special.values()),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([" ".join([*itertools.chain(*NOUNS.values()), *LAST])], trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, model_max_length=128, **special)


def save_seeded(model_class, config, tokenizer, folder: Path) -> None:
    """Save a model with random but repeatable weights, and its tokenizer."""
    import torch

    torch.manual_seed(0)
    model_class(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


@pytest.fixture(scope="session")
def topics_dataset() -> TextDataset:
    """168 short texts about one, two or none of three topics: a multi-label data set."""
    texts, label_ids = [], []
    for (first, one), (second, two) in itertools.combinations(enumerate(NOUNS.values()), 2):
        for pair in itertools.product(one, two):
            texts.append(" and ".join(pair))
            label_ids.append([first, second])
    for label_id, nouns in enumerate(NOUNS.values()):
        texts += [f"{first} {noun}" for noun, first in itertools.product(nouns, FIRST)]
        label_ids += [[label_id]] * (len(nouns) * len(FIRST))
    texts += [f"{first} {last}" for first, last in itertools.product(FIRST, LAST[1:])]
    label_ids += [[]] * (len(texts) - len(label_ids))
    turns = itertools.cycle(["train", "train", "train", "validation", "test"])
    columns = {
        "row_id": make_row_ids(texts),
        "text": texts,
        "label_ids": pa.array(label_ids, SCHEMA.field("label_ids").type),
        "split": list(itertools.islice(turns, len(texts))),
    }
    return TextDataset(pa.table(columns), tuple(NOUNS), "multi_label")


@pytest.fixture
def topics_run(workspace: Workspace, topics_dataset: TextDataset) -> Run:
    """A completed run on `topics`, without a model, that misses `weather` in every row."""
    info = DatasetStore.open(workspace).save(topics_dataset, "topics", "made for the tests")
    settings = {"dataset": "topics", "dataset_fingerprint": info.fingerprint}
    run, _ = RunStore.open(workspace).create(RunConfig.create(settings))
    run.predictions_file("test").parent.mkdir()
    figures = {}
    for split in topics_dataset.splits:
        rows = topics_dataset.indices(split)
        targets = topics_dataset.targets[rows]
        probabilities = np.where(targets == 1, [0.9, 0.8, 0.3], [0.2, 0.1, 0.3])
        row_ids = tuple(topics_dataset.row_ids(rows))
        predictions = predictions_of(row_ids, targets, probabilities, topics_dataset.label_names)
        predictions.save(run.predictions_file(split))
        names = ("loss", "accuracy", "macro_f1", "majority_accuracy")
        figures[split] = {name: getattr(figures_of(predictions), name) for name in names}
    facts = {"outcome": "completed", "train_seconds": 4.2, "tokens_per_second": 100.0}
    write_json(run.folder / "finished.json", {**facts, **figures})
    return run
