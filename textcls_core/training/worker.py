"""The process that trains one run: `python -m textcls_core.training.worker RUN_FOLDER`.

It is the only writer of the run's files while it lives, and holds the run's lock for that long.
"""

import datetime as dt
import logging
import os
import platform
import signal
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textcls_core.dataset.audit import require_trainable
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import SPLITS, Split, TextDataset
from textcls_core.errors import TextclsError
from textcls_core.evaluation.evaluation import evaluate
from textcls_core.files import replaced_directory, write_json
from textcls_core.runs.history import append_rows
from textcls_core.runs.lock import ProcessLock
from textcls_core.runs.run import Run, RunStatus
from textcls_core.runs.store import RunStore
from textcls_core.training.plan import steps_per_epoch
from textcls_core.wording import duration, percent, plural
from textcls_core.workspace import Workspace

if TYPE_CHECKING:
    from textcls_core.models.classifier import Classifier
    from textcls_core.models.device import Compute
    from textcls_core.training.loop import Outcome, TokenizedSplit

_QUEUE_POLL_SECONDS = 0.5
_LOCK_SECONDS = 5.0
_PACKAGES = ("torch", "transformers", "tokenizers", "numpy", "streamlit")
logger = logging.getLogger("textcls_core.worker")


class StoppedWhileQueuedError(Exception):
    """A stop was asked for before the device was free."""


class RunWriter:
    """Writes what the training loop reports into the run folder."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.was_terminated = False
        self._history = run.history_file.open("a", encoding="utf-8")

    def on_rows(self, rows: list[dict[str, Any]]) -> None:
        """Append metric rows and log validations."""
        append_rows(self._history, rows)
        for row in rows:
            if "validation_loss" in row:
                logger.info(
                    "epoch %d, step %d: validation accuracy %s, macro-F1 %s, loss %.4f",
                    row["epoch"],
                    row["step"],
                    percent(row["validation_accuracy"]),
                    percent(row["validation_macro_f1"]),
                    row["validation_loss"],
                )

    def on_best(self, classifier: "Classifier") -> None:
        """Replace the kept model by the present one, in one step."""
        with replaced_directory(self.run.model_dir) as folder:
            classifier.save(folder)

    def should_stop(self) -> bool:
        """Tell whether the stop file is there or the process was asked to end."""
        return self.was_terminated or self.run.stop_file.exists()


def main(run_folder: Path) -> int:
    """Train the run in `run_folder`; return the exit code."""
    run = Run(run_folder)
    lock = ProcessLock(run.lock_file)
    if not lock.acquire(_LOCK_SECONDS):
        logger.error("Another worker is at work on %s.", run.run_id)
        return 1
    writer = RunWriter(run)
    signal.signal(signal.SIGTERM, lambda *_: setattr(writer, "was_terminated", True))
    try:
        facts = _work(run, writer)
    except StoppedWhileQueuedError:
        facts = {"outcome": RunStatus.STOPPED}
    except TextclsError as error:
        logger.error("%s", error)
        facts = {"outcome": RunStatus.FAILED, "error": str(error)}
    except Exception as error:  # the outermost frame: the reason must reach the page
        logger.exception("The run failed.")
        facts = {"outcome": RunStatus.FAILED, "error": _explain(error)}
    write_json(run.folder / "finished.json", {**facts, "finished_at": _now()})
    logger.info("Run %s.", facts["outcome"])
    return 0 if facts["outcome"] != RunStatus.FAILED else 1


def _work(run: Run, writer: RunWriter) -> dict[str, Any]:
    """Do everything between start and end; return the facts for `finished.json`."""
    from textcls_core.models.device import choose_compute, choose_device

    device, _ = choose_device(run.config.device)
    write_json(run.folder / "environment.json", {"device": device})  # for those who wait behind
    slot = _wait_for_device(run, writer, device)
    try:
        # Only now: the number format is measured, which needs the device for itself.
        compute = choose_compute(run.config.device, run.config.precision)
        _write_environment(run, compute)
        return _train(run, writer, compute)
    finally:
        slot.release()


def _train(run: Run, writer: RunWriter, compute: "Compute") -> dict[str, Any]:
    """Load, fine-tune, predict every split with the best model."""
    from textcls_core.models.classifier import Classifier
    from textcls_core.training.loop import FineTuning

    config = run.config
    store = DatasetStore(Workspace(run.folder.parent.parent).datasets_dir)
    dataset = store.load(config.dataset_fingerprint or config.dataset)
    require_trainable(dataset)
    _write_started(run, len(dataset.indices("train")))
    classifier = _load_pretrained(run, dataset)
    splits = {split: _tokenize(classifier, dataset, split) for split in dataset.splits}
    tuning = FineTuning(classifier, splits["train"], splits["validation"], config, compute, writer)
    logger.info("%s", " ".join(compute.reasons))
    logger.info("Training %s.", plural(tuning.num_steps, "step"))
    outcome = tuning.run()
    seconds = duration(outcome.train_seconds)
    logger.info("Trained %s in %s.", plural(outcome.steps, "step"), seconds)
    best = Classifier.load(run.model_dir)
    best.model.to(compute.device)
    figures = _predict_splits(run, best, splits, compute.exact())
    return {**_outcome_facts(outcome), **figures}


def _write_started(run: Run, num_examples: int) -> None:
    """Say that the run has its device, and how many steps it will take."""
    per_epoch = steps_per_epoch(num_examples, run.config.documents_per_step)
    facts = {"num_steps": per_epoch * run.config.num_epochs, "num_examples": num_examples}
    write_json(run.folder / "started.json", {"started_at": _now(), **facts})


def _load_pretrained(run: Run, dataset: TextDataset) -> "Classifier":
    from textcls_core.models.catalogue import locate
    from textcls_core.models.classifier import Classifier

    config = run.config
    logger.info("Loading %s.", config.model)
    return Classifier.from_pretrained(
        locate(config.model),
        dataset.label_names,
        max_length=config.max_length,
        attention_dropout=config.attention_dropout,
        seed=config.seed,
    )


def _tokenize(classifier: "Classifier", dataset: TextDataset, split: Split) -> "TokenizedSplit":
    from textcls_core.training.loop import TokenizedSplit

    rows = dataset.indices(split)
    start = time.perf_counter()
    tokens = classifier.tokenize(dataset.texts(rows))
    seconds = duration(time.perf_counter() - start)
    logger.info("Tokenised %d %s texts in %s.", len(rows), split, seconds)
    return TokenizedSplit(tuple(dataset.row_ids(rows)), tokens, dataset.label_ids[rows])


def _predict_splits(
    run: Run,
    classifier: "Classifier",
    splits: dict[Split, "TokenizedSplit"],
    compute: "Compute",
) -> dict[str, Any]:
    """Write the predictions of every split, test first; return the headline figures."""
    from textcls_core.training.loop import predict

    (run.folder / "predictions").mkdir(exist_ok=True)
    figures = {}
    for split in reversed(SPLITS):
        if split not in splits or (split == "train" and run.stop_file.exists()):
            continue  # whoever stops a run does not wait for the largest split
        predictions = predict(classifier, splits[split], compute)
        predictions.save(run.predictions_file(split))
        result = evaluate(predictions)
        figures[str(split)] = {
            "loss": result.loss,
            "accuracy": result.accuracy,
            "macro_f1": result.macro_f1,
            "majority_accuracy": result.majority_accuracy,
        }
        logger.info("%s accuracy %s.", split.capitalize(), percent(result.accuracy))
    return figures


def _outcome_facts(outcome: "Outcome") -> dict[str, Any]:
    return {
        "outcome": RunStatus.STOPPED if outcome.was_stopped else RunStatus.COMPLETED,
        "stopped_early": outcome.stopped_early,
        "steps": outcome.steps,
        "train_seconds": round(outcome.train_seconds, 2),
        "tokens_per_second": round(outcome.tokens_per_second, 1),
    }


def _wait_for_device(run: Run, writer: RunWriter, device: str) -> ProcessLock:
    """Return the device's slot once no earlier run needs it; runs get it in order of their ids."""
    store = RunStore(run.folder.parent)
    slot = ProcessLock(store.slot_file(device))
    while not (_is_next(store, run, device) and slot.acquire()):
        if writer.should_stop():
            raise StoppedWhileQueuedError
        time.sleep(_QUEUE_POLL_SECONDS)
    return slot


def _is_next(store: RunStore, run: Run, device: str) -> bool:
    """Tell whether no earlier active run computes on `device` or has yet to choose."""
    return not any(
        other.environment.get("device", device) == device for other in store.waiting_behind(run)
    )


def _write_environment(run: Run, compute: "Compute") -> None:
    write_json(
        run.folder / "environment.json",
        {
            "device": compute.device,
            "precision": compute.precision,
            "reasons": list(compute.reasons),
            "python": platform.python_version(),
            "platform": platform.platform(),
            "num_cpus": os.cpu_count(),
            "packages": {name: version(name) for name in _PACKAGES},
        },
    )


def _explain(error: Exception) -> str:
    """Return one sentence for an error that nobody foresaw, with advice where there is some."""
    text = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if "out of memory" in text.lower() or isinstance(error, MemoryError):
        return "Out of memory. Halve batch_size and double gradient_accumulation_steps."
    if isinstance(error, OSError) and error.errno is not None:
        return f"The disk refused a write or read: {os.strerror(error.errno)}."
    return f"{type(error).__name__}: {text}"


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat()


if __name__ == "__main__":
    logging.basicConfig(
        level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(message)s", datefmt="%H:%M:%S"
    )
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
    # Read by huggingface_hub and transformers when they are imported: no progress bars in the log,
    # and no report that the head is new, because it always is.
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    sys.exit(main(Path(sys.argv[1]).resolve()))
