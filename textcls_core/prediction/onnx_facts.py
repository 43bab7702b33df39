"""What is known of an ONNX export: kept beside the graph, because the graph cannot say it.

Imports no torch, so pages can read it.
"""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from textcls_core.dataset.text_dataset import Task
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.evaluation.rule_words import rule_in_words
from textcls_core.files import read_model, write_json

GRAPH_FILE, FACTS_FILE, README_FILE = "model.onnx", "textcls_onnx.json", "README.md"
INPUTS = ("input_ids", "attention_mask")
"""Names of what the graph reads, both of shape (B, T), int64; the tokenizer gives the same."""
OUTPUT = "logits"
"""Name of what it gives, of shape (B, C), float32."""


class GraphCheck(BaseModel):
    """How far the logits of ONNX Runtime are from those of the app."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    num_texts: int
    """Texts of different length that were compared, together in one padded batch."""
    num_own_texts: int
    """How many of them are of the data set of the run; 0 if that is gone."""
    longest: int
    """Tokens of the longest one."""
    largest_difference: float
    """Largest absolute difference of two logits."""
    allowed_difference: float
    """From here on the export would have been refused."""


class OnnxExport(BaseModel):
    """An export: what the graph is of, and what whoever reads it has to do around it."""

    model_config = ConfigDict(frozen=True, extra="ignore")  # sentences are written, never read

    run_id: str
    version: str
    """Changes when the run goes on, or another temperature or rule is kept with its model."""
    family: str
    """Model type, as in `config.json`."""
    inputs: tuple[str, ...] = INPUTS
    output: str = OUTPUT
    label_names: tuple[str, ...]
    """C class names in the order of the logits."""
    task: Task
    pooling: Literal["head", "mean"]
    """What the head reads; the mean over the tokens is part of the graph."""
    max_length: int
    """Tokens read at once, special tokens included; the tokenizer cuts there."""
    long_documents: Literal["truncate", "head_tail", "windows"]
    """What the app does with longer texts."""
    max_windows: int
    """With `windows`: windows of each text at most."""
    window_stride: int
    """With `windows`: tokens that two neighbours share."""
    temperature: float
    """The logits are divided by it before they become probabilities."""
    decision_rule: DecisionRule
    """How probabilities become an answer."""
    check: GraphCheck
    files: tuple[str, ...] = ()
    """Names of everything in the folder."""

    @property
    def outside_the_graph(self) -> tuple[str, ...]:
        """What the app does to the text before, and to the logits afterwards, in sentences."""
        is_single = self.task == "single_label"
        turned = "a softmax over the classes" if is_single else "a sigmoid for each label"
        if self.temperature != 1.0:
            turned = f"division by the temperature {self.temperature:.6g}, then {turned}"
        return (
            self._reading,
            f"Logits become probabilities by {turned}.",
            rule_in_words(self.decision_rule, self.task),
        )

    @property
    def _reading(self) -> str:
        """How long texts are read, in a sentence or two."""
        if self.long_documents == "windows":
            return (
                f"Texts of more than {self.max_length:,} tokens are read in up to "
                f"{self.max_windows} windows of {self.max_length:,} tokens, of which neighbours "
                f"share {self.window_stride:,}; the logits of the windows are averaged. The graph "
                "reads one window per row. The tokenizer makes them with "
                f"return_overflowing_tokens=True and stride={self.window_stride}."
            )
        if self.long_documents == "head_tail":
            tail = self.max_length // 2
            return (
                f"Of texts of more than {self.max_length:,} tokens, special tokens included, the "
                f"first {self.max_length - tail:,} and the last {tail:,} are read; the tokenizer "
                "alone keeps the first ones."
            )
        return f"Texts are cut after {self.max_length:,} tokens, which the tokenizer does."

    def save(self, folder: Path) -> "OnnxExport":
        """Write the facts, with the names of all files in the folder; return them."""
        files = sorted({*(file.name for file in folder.iterdir()), FACTS_FILE})
        whole = self.model_copy(update={"files": tuple(files)})
        write_json(folder / FACTS_FILE, whole.to_json())
        return whole

    def to_json(self) -> dict[str, object]:
        """Return the facts as JSON values, with what is outside the graph in words."""
        return {
            **self.model_dump(mode="json"),
            "outside_the_graph": list(self.outside_the_graph),
        }


def read_export(folder: Path) -> OnnxExport | None:
    """Return the export that lies in a folder, or None if there is none of this version."""
    file = folder / FACTS_FILE
    if not (file.is_file() and (folder / GRAPH_FILE).is_file()):
        return None
    try:
        return read_model(file, OnnxExport, "ONNX export")
    except InvalidArgumentError:
        return None
