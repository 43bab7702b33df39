"""Hand-made examples with the texts that go with them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from textcls_core.arrays import Mask
from textcls_core.dataset.statistics import words_per_text
from textcls_core.dataset.text_dataset import SCHEMA, TextDataset
from textcls_core.evaluation.by_task import AnyPredictions, task_of
from textcls_core.mistakes.example_filter import ExampleFilter, Filtered, Sides, filter_examples
from textcls_core.mistakes.examples import Examples
from textcls_core.mistakes.marks import RowMarks
from textcls_core.runs.row_facts import RowFacts


def make_examples(predictions: AnyPredictions, texts: Sequence[str] | None = None) -> Examples:
    """Return examples in a data set that holds their rows in reverse, all of them to be tested."""
    given = [f"text {row_id}" for row_id in predictions.row_ids] if texts is None else list(texts)
    columns = {
        "row_id": list(reversed(predictions.row_ids)),
        "text": list(reversed(given)),
        "label_ids": pa.array([[0]] * len(given), SCHEMA.field("label_ids").type),
        "split": ["test"] * len(given),
    }
    table = pa.table(columns, schema=SCHEMA)
    return Examples(predictions, TextDataset(table, predictions.label_names, task_of(predictions)))


def make_sides(
    examples: Examples,
    marks: RowMarks | None = None,
    num_tokens: Sequence[int] | None = None,
    slices: Mapping[str, Mask | None] | None = None,
) -> Sides:
    """Return what filters ask for; texts of more than 8 tokens are cut off."""
    tokens = None if num_tokens is None else np.array(num_tokens)
    facts = RowFacts(
        row_ids=examples.row_ids,
        positions=examples.positions,
        num_characters=np.zeros(len(examples), int),
        num_words=words_per_text(examples.texts),
        num_tokens=tokens,
        is_truncated=None if tokens is None else tokens > 8,
        columns={},
    )
    return Sides(marks or RowMarks.of(examples.places, {}, {}), facts, slices or {})


def filtered(examples: Examples, wanted: ExampleFilter, sides: Sides | None = None) -> Filtered:
    """Return what a filter keeps."""
    return filter_examples(examples, wanted, sides or make_sides(examples))
