"""Makes fine-tunings on toy texts that differ from one another in a few settings."""

import copy
import dataclasses
import functools
import signal

import numpy as np
import pytest
import torch

from tests.fake_workers import FakeWorkers, quality
from textcls_core.config import RunConfig
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.models.classifier import CPU, Classifier, Design
from textcls_core.runs.checkpoint import newest_whole
from textcls_core.runs.store import RunStore
from textcls_core.training import loop, search
from textcls_core.training.adaptation import adapt
from textcls_core.training.distributed import Ranks
from textcls_core.training.loop import FineTuning
from textcls_core.training.splits import TokenizedSplit
from textcls_core.training.steps import Stepper

TIMES = {"examples_per_second", "tokens_per_second", "train_seconds", "memory_mb"}
"""Columns that a clock or the machine decides."""
ALONE = Ranks()
NO_CHANGE = 1e-30
"""A learning rate that leaves every weight as it is."""


@pytest.fixture(autouse=True)
def _save_after_every_epoch(monkeypatch):
    """Save after epochs however short they are, so that tests know which steps are saved."""
    monkeypatch.setattr(loop, "_SHORT_EPOCH_SECONDS", 0.0)


@pytest.fixture(autouse=True)
def _own_signal_handler():
    """Put back what the worker does on SIGTERM."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


class Recorder:
    """An observer that keeps what it hears and asks for a stop or a pause after some steps."""

    def __init__(self, stop_after=None, pause_after=None) -> None:
        self.rows = []
        self.best_steps = []
        self.best_weights = {}
        self.validations = []
        self.dynamics = {}
        self.stop_after = stop_after
        self.pause_after = pause_after
        self.steps_asked = 0

    def on_rows(self, rows):
        self.rows.extend(rows)

    def on_validation(self, predictions):
        self.validations.append(predictions)

    def on_dynamics(self, epoch, row_ids, probability, correctness):
        self.dynamics[epoch] = (row_ids, probability, correctness)

    def on_best(self, classifier):
        self.best_steps.append(self.rows[-1]["step"])
        self.best_weights = copy.deepcopy(classifier.model.state_dict())

    def command(self):
        self.steps_asked += 1
        if self.steps_asked == self.stop_after:
            return "stop"
        return "pause" if self.steps_asked == self.pause_after else "go"

    @property
    def history(self):
        """Rows without what a clock decides."""
        return [
            {name: value for name, value in row.items() if name not in TIMES} for row in self.rows
        ]

    @property
    def notes(self):
        return [row["note"] for row in self.rows if "note" in row]

    def column(self, name):
        return [row[name] for row in self.rows if name in row]


@dataclasses.dataclass(frozen=True)
class Tuner:
    """Makes fine-tunings of one model on toy texts of all classes in turn."""

    model_dir: object
    dataset: object

    def split(self, classifier, name, num_examples):
        rows = self.dataset.indices(name)
        rows = rows[np.linspace(0, len(rows) - 1, num_examples).astype(int)]
        tokens = classifier.tokenize(self.dataset.texts(rows))
        row_ids = tuple(self.dataset.row_ids(rows))
        return TokenizedSplit(row_ids, tokens, self.dataset.targets[rows])

    def config(self, **settings):
        plain = {"num_epochs": 1, "max_length": 32, "learning_rate": 1e-3, "batch_size": 8}
        return RunConfig.create({"dataset": "toy", "head_learning_rate": 0, **plain, **settings})

    def classifier(self, config, *, exact=False, packed=True):
        design = Design(config.long_documents, config.max_windows, config.pooling)
        loaded = pretrained(
            self.model_dir,
            self.dataset.label_names,
            config.max_length,
            config.attention_dropout,
            config.seed,
        )
        classifier = Classifier(
            copy.deepcopy(loaded.model), loaded.tokenizer, config.max_length, design
        )
        if exact:
            make_exact(classifier.model)
        if packed:
            assert classifier.enable_packing().startswith("Packed")
        adapt(classifier.model, config)
        return classifier

    def make(
        self,
        *,
        num_train=40,
        exact=False,
        packed=False,
        compute=CPU,
        ranks=ALONE,
        root=None,
        stop_after=None,
        pause_after=None,
        **settings,
    ):
        config = self.config(**settings)
        classifier = self.classifier(config, exact=exact, packed=packed)
        train = self.split(classifier, "train", num_train)
        stepper = Stepper(classifier, train, config, compute, ranks)
        validation = self.split(classifier, "validation", 12)
        return FineTuning(stepper, validation, Recorder(stop_after, pause_after), root)

    def run(self, **settings):
        """Return a finished fine-tuning and its outcome."""
        tuning = self.make(**settings)
        return tuning, tuning.run()

    def resumed(self, root, **settings):
        """Return a fresh fine-tuning that goes on from the newest checkpoint."""
        tuning = self.make(root=root, **settings)
        checkpoint, _ = newest_whole(root)
        tuning.resume(checkpoint)
        return tuning

    def history(self, **settings):
        return self.run(num_train=16, **settings)[0].observer.history


@functools.cache
def pretrained(model_dir, label_names, max_length, attention_dropout, seed):
    """Load a classifier once; whoever trains it makes a copy."""
    return Classifier.from_pretrained(
        model_dir,
        label_names,
        max_length=max_length,
        attention_dropout=attention_dropout,
        seed=seed,
    )


def set_dropout(model, share):
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = share


def make_exact(model):
    """Leave out dropout, and compute in double precision.

    The gradient of a key bias is zero but for rounding, which Adam would blow up to full steps.
    """
    set_dropout(model, 0.0)
    model.double()


def weights_of(tuning):
    return {name: value.detach() for name, value in tuning.model.named_parameters()}


def copied_weights(tuning):
    return {name: value.clone() for name, value in weights_of(tuning).items()}


def largest_gap(actual, expected):
    return max(float((actual[name] - expected[name]).abs().max()) for name in expected)


@pytest.fixture(scope="session")
def long_dataset(toy_dataset):
    """Toy texts of 5 to 60 words, so that some of them need several windows of 32 tokens."""
    texts, labels = toy_dataset.texts(), np.array(toy_dataset.label_names)[toy_dataset.label_ids]
    longer = [" ".join([text] * (1 + row % 5)) for row, text in enumerate(texts)]
    splits = toy_dataset.table["split"].to_pylist()
    return build_dataset(Rows(longer, labels.tolist(), splits, extra={}))


@pytest.fixture
def long_tuner(tiny_model_dir, long_dataset):
    return Tuner(tiny_model_dir, long_dataset)


@pytest.fixture
def tuner(tiny_model_dir, toy_dataset):
    return Tuner(tiny_model_dir, toy_dataset)


@pytest.fixture
def store(workspace):
    return RunStore.open(workspace)


@pytest.fixture
def make_run(store, tiny_config):
    """Make a short run on toy; settings and id may be given."""

    def make(run_id=None, **settings):
        config = tiny_config.model_copy(update={"num_epochs": 1, "batch_size": 32, **settings})
        return store.create(config, run_id)[0]

    return make


@pytest.fixture
def workers(monkeypatch, minilm_dir):
    """Fake workers instead of real ones; they work while the coordinator sleeps."""
    fake = FakeWorkers(quality)
    # Leave out the checksum of the embedded model, half a second per run.
    monkeypatch.setattr("textcls_core.models.catalogue._embedded_folder", lambda: minilm_dir)
    monkeypatch.setattr("textcls_core.training.launch._start_worker", fake.start)
    monkeypatch.setattr("textcls_core.runs.run.is_locked", fake.is_alive)
    monkeypatch.setattr(search.time, "sleep", fake.work)
    return fake


@pytest.fixture
def embedded_unchecked(monkeypatch, minilm_dir):
    """Leave out the checksum of the embedded model, half a second per run."""
    monkeypatch.setattr("textcls_core.models.catalogue._embedded_folder", lambda: minilm_dir)


@pytest.fixture
def started(monkeypatch):
    """Keep workers from starting; the runs that would have one."""
    runs = []
    monkeypatch.setattr("textcls_core.training.launch._start_worker", runs.append)
    return runs


@pytest.fixture
def coordinators(monkeypatch):
    """Keep coordinators from starting; the folders of the groups that would have one."""
    folders = []
    monkeypatch.setattr(
        "textcls_core.training.groups._start_coordinator",
        lambda group: folders.append(group.folder),
    )
    return folders
