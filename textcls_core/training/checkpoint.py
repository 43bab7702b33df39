"""The whole state of a training as tensors and plain numbers, written and read back exactly."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from textcls_core.errors import TrainingError
from textcls_core.files import read_json, replaced_directory, write_json
from textcls_core.runs.checkpoint import Checkpoint, new_checkpoint
from textcls_core.training.averaging import WeightAverage
from textcls_core.training.dynamics import DynamicsRecorder
from textcls_core.training.optimizer import Optimizer

_TENSORS = "state.safetensors"
_FACTS = "state.json"
_BEST = "best"


@dataclass(frozen=True, slots=True)
class TrainingState:
    """What a training needs to go on exactly where it was."""

    model: Any
    optimizer: Optimizer
    average: WeightAverage | None
    best_dir: Path | None = None
    """The best model so far, if there is one yet."""
    dynamics: DynamicsRecorder | None = None
    """What the epoch at work has found so far, if it is recorded."""

    def save(self, root: Path, step: int, facts: dict[str, Any]) -> None:
        """Write a checkpoint.

        Args:
            root: Folder of the run's checkpoints.
            step: Optimizer steps done.
            facts: Plain numbers and words of the loop.
        """
        with new_checkpoint(root, step) as folder:
            tensors = {name: tensor.contiguous() for name, tensor in self._tensors().items()}
            save_file(tensors, folder / _TENSORS)
            count = self.average.count if self.average else 0
            write_json(folder / _FACTS, {**facts, "average_count": count})
            if self.best_dir is not None and self.best_dir.exists():
                _link_files(self.best_dir, folder / _BEST)

    def load(self, checkpoint: Checkpoint) -> dict[str, Any]:
        """Take over a checkpoint; return its facts.

        Raises:
            TrainingError: If it belongs to another model or other settings.
        """
        try:
            facts: dict[str, Any] = read_json(checkpoint.folder / _FACTS)
            tensors = load_file(checkpoint.folder / _TENSORS)
            self.model.load_state_dict(_part(tensors, "model/"))
            self.optimizer.load(_part(tensors, "optimizer/"), checkpoint.step)
            if self.average is not None:
                self.average.count = facts["average_count"]
                for name, tensor in _part(tensors, "average/").items():
                    self.average.weights[name].copy_(tensor)
            if self.dynamics is not None:
                self.dynamics.load(_part(tensors, "dynamics/"))
        except (KeyError, RuntimeError, SafetensorError) as error:
            raise TrainingError(
                f"The checkpoint of step {checkpoint.step} does not fit this model "
                f"({str(error).splitlines()[0]}). Start a new run with the same settings."
            ) from error
        return facts

    def _tensors(self) -> dict[str, torch.Tensor]:
        average = self.average.weights if self.average else {}
        dynamics = self.dynamics.state() if self.dynamics else {}
        return {
            **{f"model/{name}": tensor for name, tensor in self.model.state_dict().items()},
            **{f"optimizer/{name}": tensor for name, tensor in self.optimizer.state().items()},
            **{f"average/{name}": tensor for name, tensor in average.items()},
            **{f"dynamics/{name}": tensor for name, tensor in dynamics.items()},
        }


def restore_best(checkpoint: Checkpoint, best_dir: Path) -> None:
    """Put the best model as it was at the checkpoint in place of a later one."""
    saved = checkpoint.folder / _BEST
    if not saved.exists():
        shutil.rmtree(best_dir, ignore_errors=True)  # there was none yet
        return
    with replaced_directory(best_dir) as folder:
        folder.rmdir()
        _link_files(saved, folder)


def _link_files(source: Path, target: Path) -> None:
    """Let the files of a folder, which never change, be in another one too."""
    target.mkdir()
    for file in source.iterdir():
        try:
            (target / file.name).hardlink_to(file)
        except OSError:  # not every file system knows links
            shutil.copyfile(file, target / file.name)


def _part(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
