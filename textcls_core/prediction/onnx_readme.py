"""The README beside an ONNX file: how to read it in a few lines, and what is not in it."""

from textcls_core.dataset.text_dataset import Task
from textcls_core.evaluation.multi_label import THRESHOLD
from textcls_core.evaluation.rule import DecisionRule
from textcls_core.prediction.onnx_facts import FACTS_FILE, GRAPH_FILE, GraphCheck, OnnxExport

_READ = f"""\
import json
import numpy as np
import onnxruntime
from transformers import AutoTokenizer

with open("{FACTS_FILE}", encoding="utf-8") as file:
    facts = json.load(file)
tokenizer = AutoTokenizer.from_pretrained(".")
session = onnxruntime.InferenceSession("{GRAPH_FILE}")
texts = ["A text to classify", "Another one, which may be longer"]
words = tokenizer(texts, padding=True, truncation=True, return_tensors="np")
logits = session.run([facts["output"]], dict(words))[0] / facts["temperature"]
"""
_ANSWER: dict[Task, str] = {
    "single_label": """\
shares = np.exp(logits - logits.max(axis=1, keepdims=True))
probabilities = shares / shares.sum(axis=1, keepdims=True)
print([facts["label_names"][row.argmax()] for row in probabilities])
""",
    "multi_label": f"""\
probabilities = 1 / (1 + np.exp(-logits))
print([[name for name, share in zip(facts["label_names"], row) if share >= {THRESHOLD}]
       for row in probabilities])
""",
}


def readme(export: OnnxExport) -> str:
    """Return the README as Markdown."""
    parts = (
        f"# Run {export.run_id} as ONNX",
        f"`{GRAPH_FILE}` turns token ids into logits. Its axes `batch` and `length` take any size "
        f"up to {export.max_length:,} tokens. `{FACTS_FILE}` names the classes in their order, "
        "the task, and all that is said here.",
        _pooling(export),
        "## Read it",
        "In this folder, with `pip install onnxruntime transformers`:",
        f"```python\n{code(export.task)}```",
        _kept_rule(export.decision_rule),
        "## What is not in the graph",
        "\n".join(f"- {sentence}" for sentence in export.outside_the_graph),
        "## How it was checked",
        _check(export.check),
    )
    return "\n\n".join(part for part in parts if part) + "\n"


def code(task: Task) -> str:
    """Return Python that reads the graph and prints the answers for two texts."""
    return _READ + _ANSWER[task]


def _pooling(export: OnnxExport) -> str:
    if export.pooling == "head":
        return ""
    return (
        "The head reads the mean over all tokens that are not padding. That is part of the graph; "
        "transformers alone would compute something else."
    )


def _kept_rule(rule: DecisionRule) -> str:
    if rule == DecisionRule():
        return ""
    return (
        "A decision rule is kept with this model, and these lines do not follow it: see "
        f"`decision_rule` in `{FACTS_FILE}`."
    )


def _check(check: GraphCheck) -> str:
    own = (
        f"{check.num_own_texts} of the data set" if check.num_own_texts else "none of the data set"
    )
    return (
        f"{check.num_texts} texts of up to {check.longest:,} tokens ({own}) went through ONNX "
        "Runtime in one padded batch, and one of them alone. The logits differ from those of the "
        f"app by at most {check.largest_difference:.1e}; {check.allowed_difference:.1e} was "
        "allowed."
    )
