"""The whole state of a training as tensors and plain numbers, written and read back exactly."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from textcls_core.errors import TrainingError
from textcls_core.files import read_json, write_json
from textcls_core.runs.checkpoint import Checkpoint, new_checkpoint
from textcls_core.training.averaging import WeightAverage
from textcls_core.training.optimizer import Optimizer

_TENSORS = "state.safetensors"
_FACTS = "state.json"


@dataclass(frozen=True, slots=True)
class TrainingState:
    """What a training needs to go on exactly where it was."""

    model: Any
    optimizer: Optimizer
    average: WeightAverage | None

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
        except (KeyError, RuntimeError, SafetensorError) as error:
            raise TrainingError(
                f"The checkpoint of step {checkpoint.step} does not fit this model "
                f"({str(error).splitlines()[0]}). Start a new run with the same settings."
            ) from error
        return facts

    def _tensors(self) -> dict[str, torch.Tensor]:
        average = self.average.weights if self.average else {}
        return {
            **{f"model/{name}": tensor for name, tensor in self.model.state_dict().items()},
            **{f"optimizer/{name}": tensor for name, tensor in self.optimizer.state().items()},
            **{f"average/{name}": tensor for name, tensor in average.items()},
        }


def _part(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }
