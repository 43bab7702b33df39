"""A whole fine-tuning inside one process: load, adapt, train or go on, predict every split."""

import datetime as dt
import logging
import os
import platform
from importlib.metadata import version
from typing import Any

from textcls_core.config import RunConfig
from textcls_core.dataset.audit import require_trainable
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import SPLITS, Split, TextDataset
from textcls_core.errors import TextclsError
from textcls_core.evaluation.by_task import figures_of
from textcls_core.files import write_json
from textcls_core.models.catalogue import locate
from textcls_core.models.classifier import Classifier, Design
from textcls_core.models.device import Compute
from textcls_core.models.token_store import stored_tokens
from textcls_core.runs.checkpoint import newest_whole, remove_newer
from textcls_core.runs.run import Run, RunStatus
from textcls_core.training.adaptation import adapt, require_layers
from textcls_core.training.baseline_fitting import Encoder, ensure_baselines
from textcls_core.training.baselines import Baseline
from textcls_core.training.distributed import Ranks
from textcls_core.training.loop import FineTuning, Observer, Outcome
from textcls_core.training.rows import in_folds
from textcls_core.training.splits import TokenizedSplit, predict
from textcls_core.training.steps import Stepper
from textcls_core.wording import duration, percent, plural
from textcls_core.workspace import Workspace

_PACKAGES = ("torch", "transformers", "tokenizers", "numpy", "streamlit")
_COMPILED_WIDTH = 64
"""Compiled models see widths that are multiples of this, so that few shapes occur."""
logger = logging.getLogger("textcls_core.worker")


def fine_tune(run: Run, observer: Observer, compute: Compute, ranks: Ranks) -> dict[str, Any]:
    """Train a run from the start or from its newest whole checkpoint.

    Args:
        run: Its folder is written to by the first process only.
        observer: Takes figures and the best model.
        compute: Device and number format.
        ranks: This process among those of the run.

    Returns:
        Facts for `finished.json`.

    Raises:
        TextclsError: If data set, model or settings cannot be used together.
    """
    workspace = Workspace(run.folder.parent.parent)
    stored = load_dataset(run.config, workspace)
    dataset = in_folds(run.config, stored)
    if ranks.is_first:
        _write_started(run, {"num_examples": len(dataset.indices("train"))})
    classifier, reasons = prepare(run.config, dataset, compute)
    if ranks.is_first:
        _write_environment(run, compute, reasons)
        _measure_baselines(workspace, stored, Encoder(run.config.model, classifier, compute), run)
    splits = tokenize_splits(classifier, dataset, workspace, ranks)
    adapt(classifier.model, run.config)
    stepper = Stepper(classifier, splits["train"], run.config, compute, ranks)
    tuning = FineTuning(stepper, splits["validation"], observer, run.checkpoints_dir, run.model_dir)
    if ranks.is_first:
        run.require_folder()
        logger.info("The run takes %s.", plural(tuning.plan.num_steps, "step"))
        _write_started(run, {"num_steps": tuning.plan.num_steps})
    _continue(tuning, run)
    logger.info("%s", " ".join((*compute.reasons, *reasons)))
    outcome = tuning.run()
    seconds = duration(outcome.train_seconds)
    logger.info("Trained %s in %s.", plural(outcome.steps, "step"), seconds)
    if outcome.error and ranks.is_first:
        logger.error("%s", outcome.error)
    if outcome.ended_by == "pause":
        return {**_outcome_facts(outcome), "paused": True}
    ranks.from_first(None)  # the best model is whole when the first process has come here
    best = Classifier.load(run.model_dir)
    best.model.to(compute.device)
    best.enable_packing(compute.exact())
    return {**_outcome_facts(outcome), **_predict_splits(run, best, splits, compute, ranks)}


def load_dataset(config: RunConfig, workspace: Workspace) -> TextDataset:
    """Return the data set version of a run."""
    store = DatasetStore.open(workspace)
    dataset = store.load(config.dataset_fingerprint or config.dataset)
    require_trainable(dataset)
    return dataset


def prepare(
    config: RunConfig, dataset: TextDataset, compute: Compute
) -> tuple[Classifier, tuple[str, ...]]:
    """Load the model and make it ready to learn; say how it will compute."""
    logger.info("Loading %s.", config.model)
    classifier = Classifier.from_pretrained(
        locate(config.model),
        dataset.label_names,
        max_length=config.max_length,
        attention_dropout=config.attention_dropout,
        seed=config.seed,
        design=Design(config.long_documents, config.max_windows, config.pooling, dataset.task),
    )
    require_layers(classifier.model, config)
    classifier.model.to(compute.device)
    packing = _choose_batches(classifier, config, compute)
    return classifier, (packing, _describe_dropout(config))


def _choose_batches(classifier: Classifier, config: RunConfig, compute: Compute) -> str:
    """Compute packed where possible; return why, or why not."""
    if config.torch_compile:
        classifier.width_multiple = _COMPILED_WIDTH
        return f"Padded to multiples of {_COMPILED_WIDTH} tokens, for the compiler."
    if config.packing == "off":
        return "Padded, as asked for."
    return classifier.enable_packing(compute)


def _describe_dropout(config: RunConfig) -> str:
    if config.attention_dropout:
        share = percent(config.attention_dropout, 0)
        return f"Attention dropout {share}, as asked for: fused attention kernels cannot be used."
    return "Attention dropout 0, because fused attention kernels know none."


def _measure_baselines(
    workspace: Workspace, dataset: TextDataset, encoder: Encoder, run: Run
) -> None:
    """Measure what a run is compared with, unless it is known; no baseline costs a run."""

    def log(baseline: Baseline) -> None:
        logger.info("Baseline %s measured in %s.", baseline.title, duration(baseline.seconds))

    def should_stop() -> bool:
        return run.stop_file.exists() or run.pause_file.exists()

    try:
        ensure_baselines(workspace, dataset, encoder, on_done=log, should_stop=should_stop)
    except (TextclsError, RuntimeError, OSError) as error:
        logger.warning("No baseline: %s", error)


def tokenize_splits(
    classifier: Classifier, dataset: TextDataset, workspace: Workspace, ranks: Ranks
) -> dict[Split, TokenizedSplit]:
    """Return tokens and targets of every split; the first process tokenises for all."""
    every = None
    for turn in (True, False):
        if ranks.is_first == turn:
            every = stored_tokens(
                dataset.texts(), classifier.tokenizer, classifier.reading, workspace.cache_dir
            )
        ranks.from_first(None)  # the others wait for the store
    assert every is not None  # noqa: S101 - one of the turns was this process's
    splits = {}
    for split in dataset.splits:
        rows = dataset.indices(split)
        ids = tuple(dataset.row_ids(rows))
        splits[split] = TokenizedSplit(ids, every.take(rows), dataset.targets[rows])
    return splits


def _continue(tuning: FineTuning, run: Run) -> None:
    """Go on from the newest whole checkpoint, if there is one; say so, and what was skipped."""
    checkpoint, notes = newest_whole(run.checkpoints_dir)
    if checkpoint is not None:
        tuning.resume(checkpoint)
        notes.append(f"Resumed from the checkpoint of step {checkpoint.step}.")
    elif run.history.rows:
        notes.append("Started again from the beginning: no checkpoint can be used.")
    notes += _other_processes(run.config, tuning.ranks.world_size)
    if notes and tuning.ranks.is_first:
        step = tuning.progress.step
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        row = {"step": step, "epoch": 0, "resumed_from": step, "time": now}
        tuning.observer.on_rows([{**row, "note": note} for note in notes])
        remove_newer(run.checkpoints_dir, step)  # they would count as newer than what comes now


def _other_processes(config: RunConfig, world_size: int) -> list[str]:
    """Return a note if another number of processes than that of the settings trains the run."""
    planned = config.num_processes * config.num_nodes
    if world_size == planned:
        return []
    return [
        f"Goes on with {plural(world_size, 'process', 'processes')} instead of {planned}; each "
        "step still has the same texts."
    ]


def _write_environment(run: Run, compute: Compute, reasons: tuple[str, ...]) -> None:
    write_json(
        run.folder / "environment.json",
        {
            **run.environment,  # its slots
            "device": compute.device.split(":")[0],
            "precision": compute.precision,
            "peak_gflops": round(compute.peak_gflops, 1),
            "reasons": [*compute.reasons, *reasons],
            "python": platform.python_version(),
            "platform": platform.platform(),
            "num_cpus": os.cpu_count(),
            "packages": {name: version(name) for name in _PACKAGES},
        },
    )


def _write_started(run: Run, facts: dict[str, int]) -> None:
    """Say that the run has its device, and what has become known of its size."""
    now = dt.datetime.now(dt.UTC).isoformat()
    write_json(run.folder / "started.json", {"started_at": now, **run.started, **facts})


def _predict_splits(
    run: Run,
    classifier: Classifier,
    splits: dict[Split, TokenizedSplit],
    compute: Compute,
    ranks: Ranks,
) -> dict[str, Any]:
    """Write the predictions of every split, test first; return the headline figures."""
    is_hurried = ranks.from_first(run.stop_file.exists())
    figures = {}
    for split in reversed(SPLITS):
        if split not in splits or (split == "train" and is_hurried):
            continue  # whoever stops a run does not wait for the largest split
        predictions = predict(classifier, splits[split], compute.exact(), ranks)
        result = figures_of(predictions)
        figures[str(split)] = {
            "loss": result.loss,
            "accuracy": result.accuracy,
            "macro_f1": result.macro_f1,
            "majority_accuracy": result.majority_accuracy,
        }
        if ranks.is_first:
            run.require_folder()
            predictions.save(run.predictions_file(split))
        logger.info("%s accuracy %s.", split.capitalize(), percent(result.accuracy))
    return figures


def _outcome_facts(outcome: Outcome) -> dict[str, Any]:
    is_whole = outcome.ended_by == "go"
    reason = {"error": outcome.error} if outcome.error else {}
    return {
        **reason,
        "outcome": RunStatus.COMPLETED if is_whole else RunStatus.STOPPED,
        "stopped_early": outcome.stopped_early,
        "steps": outcome.steps,
        "train_seconds": round(outcome.train_seconds, 2),
        "tokens_per_second": round(outcome.tokens_per_second, 1),
    }
