"""The opponents: Hugging Face's Trainer as people use it.

P0 plain: the documented text-classification script. Batch 16, DataCollatorWithPadding, fp32,
   otherwise Trainer's defaults.
P1 tuned: P0 with bf16 (where it is the faster format here), length grouping and no NaN filter.
P2: P1 with attention dropout 0, so that torch can use its fused attention.
"""

import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import SequentialSampler
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainerCallback,
    TrainingArguments,
)

from bench import data
from bench.examiner import Examiner
from bench.flops import Encoder, work
from bench.jobs import Course, Engine, StepJob, TargetJob, Timing, TrainingJob
from bench.peak import synchronize
from textcls_core.dataset.text_dataset import Split, TextDataset

Features = list[dict[str, Any]]
_TUNED = {"train_sampling_strategy": "group_by_length", "logging_nan_inf_filter": False}
_EVALUATION_BATCH = 32


class FixedOrderTrainer(Trainer):
    """A Trainer that takes the texts as they come: the batches are drawn beforehand."""

    def _get_train_sampler(self, train_dataset: Any = None) -> SequentialSampler:
        texts: Any = self.train_dataset if train_dataset is None else train_dataset
        return SequentialSampler(texts)


class Stopwatch(TrainerCallback):
    """Times the steps after the warm-up, with everything that happens between them.

    Args:
        warmup_steps: Steps before the clock starts.
        num_steps: Steps of the whole training.
        device: Where the steps are computed.
    """

    def __init__(self, warmup_steps: int, num_steps: int, device: str) -> None:
        self.first, self.last, self.device = warmup_steps, num_steps, device
        self.seconds = 0.0
        self._started_at = 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Start the clock, in case there is no warm-up."""
        self._started_at = time.perf_counter()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Start or stop the clock."""
        if state.global_step in {self.first, self.last}:
            synchronize(self.device)
        if state.global_step == self.first:
            self._started_at = time.perf_counter()
        elif state.global_step == self.last:
            self.seconds = time.perf_counter() - self._started_at


class ExaminerCallback(TrainerCallback):
    """Looks at the test rows after each step at which the examiner wants to, and may end it.

    Args:
        examiner: Decides when, and keeps what was seen.
    """

    def __init__(self, examiner: Examiner) -> None:
        self.examiner = examiner

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Start the clock."""
        self.examiner.num_steps = state.max_steps
        self.examiner.start()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:  # noqa: ARG002
        """Look, and stop once the target is reached."""
        control.should_training_stop |= self.examiner.is_satisfied(state.global_step)


def time_steps(job: StepJob) -> Timing:
    """Time optimizer steps of a peer on given texts."""
    dataset = data.load(job.data)
    model, tokenizer = load(job, dataset)
    train = dataset.indices("train")
    order = [int(train[row]) for batch in job.batches for row in batch]
    features = tokenize(tokenizer, dataset, order, job.max_length)
    stopwatch = Stopwatch(job.warmup_steps, len(job.batches), job.place.device)
    options: dict[str, Any] = {"logging_steps": 1} if job.logs_losses else {}
    with tempfile.TemporaryDirectory() as folder:
        trainer = FixedOrderTrainer(
            model=model,
            args=TrainingArguments(folder, max_steps=len(job.batches), **options, **arguments(job)),
            train_dataset=features,
            data_collator=DataCollatorWithPadding(tokenizer),
            callbacks=[stopwatch],
        )
        trainer.train()
    lengths = np.array([len(feature["input_ids"]) for feature in features])
    per_step = lengths.reshape(len(job.batches), -1)[job.warmup_steps :]
    done = work(Encoder.of_model(Path(job.model_dir)), list(per_step), is_padded=True)
    logged = [row["loss"] for row in trainer.state.log_history if "loss" in row]
    losses = tuple(logged) if job.logs_losses else ()
    return Timing(seconds=stopwatch.seconds, work=done, losses=losses)


def train_to_target(job: TargetJob) -> Course:
    """Train a peer until the target accuracy on the test rows, or to the end."""
    dataset = data.load(job.data)
    model, tokenizer = load(job, dataset)
    train, test = (features_of(tokenizer, dataset, split, job) for split in ("train", "test"))
    collate = DataCollatorWithPadding(tokenizer)
    examiner = Examiner(job, 0, lambda: accuracy(model, test, collate))
    with tempfile.TemporaryDirectory() as folder:
        Trainer(
            model=model,
            args=TrainingArguments(
                folder,
                num_train_epochs=job.num_epochs,
                learning_rate=job.learning_rate,
                **arguments(job),
            ),
            train_dataset=train,
            data_collator=collate,
            processing_class=tokenizer,
            callbacks=[ExaminerCallback(examiner)],
        ).train()
    return examiner.course


def arguments(job: TrainingJob) -> dict[str, Any]:
    """Return what a peer sets besides Trainer's defaults; nothing is saved or validated."""
    return {
        "per_device_train_batch_size": job.batch_size,
        "seed": job.seed,
        "use_cpu": job.place.device == "cpu",
        "bf16": job.engine != "p0" and job.place.precision == "bf16",
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        **({} if job.engine == "p0" else _TUNED),
    }


def dropouts(engine: Engine) -> dict[str, float]:
    """Return the changes of a peer to the model's configuration."""
    return {"attention_probs_dropout_prob": 0.0} if engine == "p2" else {}


def load(job: TrainingJob, dataset: TextDataset) -> tuple[Any, Any]:
    """Return a fresh copy of the pretrained model with a new head, and its tokenizer."""
    folder = Path(job.model_dir)
    torch.manual_seed(job.seed)
    config = AutoConfig.from_pretrained(
        folder, num_labels=len(dataset.label_names), **dropouts(job.engine)
    )
    model = AutoModelForSequenceClassification.from_pretrained(
        folder, config=config, dtype=torch.float32
    )
    return model, AutoTokenizer.from_pretrained(folder)


def features_of(tokenizer: Any, dataset: TextDataset, split: Split, job: TrainingJob) -> Features:
    """Return the tokenised texts of a split."""
    return tokenize(tokenizer, dataset, dataset.indices(split).tolist(), job.max_length)


def tokenize(
    tokenizer: Any, dataset: TextDataset, rows: Sequence[int], max_length: int
) -> Features:
    """Return `input_ids`, `attention_mask`, `label` and what else the tokenizer gives, per row."""
    positions = np.asarray(rows)
    columns = tokenizer(dataset.texts(positions), truncation=True, max_length=max_length)
    labels = dataset.label_ids[positions].tolist()
    return [
        {**{name: values[place] for name, values in columns.items()}, "label": label}
        for place, label in enumerate(labels)
    ]


def accuracy(model: Any, features: Features, collate: Any) -> float:
    """Return the share of texts that a model classifies right, in fp32."""
    was_training = model.training
    model.eval()
    ordered = sorted(features, key=lambda feature: len(feature["input_ids"]))
    right = 0
    with torch.inference_mode():
        for start in range(0, len(ordered), _EVALUATION_BATCH):
            batch: Mapping[str, torch.Tensor] = collate(ordered[start : start + _EVALUATION_BATCH])
            moved = {name: tensor.to(model.device) for name, tensor in batch.items()}
            labels = moved.pop("labels")
            right += int((model(**moved).logits.argmax(1) == labels).sum())
    model.train(was_training)
    return right / len(features)
