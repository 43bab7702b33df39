"""The whole loop with real processes: spoil labels, correct them, train again, compare."""

import numpy as np
import pytest

from textcls_core.dataset.fixes import relabel
from textcls_core.dataset.store import DatasetStore
from textcls_core.mistakes.annotations.pending import make_version
from textcls_core.mistakes.annotations.store import Annotations
from textcls_core.runs.comparison import compare_runs
from textcls_core.runs.settings import clone_config
from textcls_core.runs.store import RunStore
from textcls_core.runs.successors import successors
from textcls_core.training.launch import start_run, wait


@pytest.mark.slow
def test_correcting_the_labels_and_training_again_is_shown_to_help(
    workspace, toy_dataset, tiny_config
) -> None:
    store = DatasetStore.open(workspace)
    names = toy_dataset.label_names
    food = [
        row
        for row in toy_dataset.indices("train")
        if toy_dataset.label_ids[row] == names.index("food")
    ]
    wrong = toy_dataset.row_ids(np.array(food))
    noisy = relabel(toy_dataset, dict.fromkeys(wrong[: len(wrong) * 3 // 4], "weather"))
    store.save(noisy, "noisy", "three of four training rows of food spoilt")
    before = start_run(
        workspace, tiny_config.model_copy(update={"dataset": "noisy", "num_epochs": 15})
    )
    wait(before)
    annotations = Annotations.open(workspace, "noisy")
    annotations.propose(wrong, ["food"])
    flawed = noisy.row_ids(noisy.indices("test")[:1])
    annotations.drop(flawed)

    made = make_version(workspace, store.find("noisy"))
    after = start_run(workspace, clone_config(before.config, {"dataset": made.dataset_id}))
    wait(after)

    known = RunStore.open(workspace).runs()
    (found,) = successors(before, known, store.versions())
    assert (found.run, found.info, found.differs_in) == (after, made, ())
    (comparison,) = compare_runs([before, after], "test", store)
    assert comparison.result.num_examples == 32
    assert comparison.left_out.only_reference == 1
    assert comparison.outcome == "better"
    assert comparison.result.mcnemar.fixed > comparison.result.mcnemar.broken
