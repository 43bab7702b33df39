"""What filters of examples ask for beside the predictions: marks, saved slices and tokens."""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from textcls_core.arrays import Mask
from textcls_core.errors import InvalidArgumentError
from textcls_core.mistakes.example_filter import Sides
from textcls_core.mistakes.examples import Examples
from textcls_core.mistakes.marks import RowMarks
from textcls_core.runs.row_facts import RowFacts, facts_of
from textcls_core.runs.run import Run
from textcls_core.runs.saved_slices import SavedSlice
from textcls_core.runs.slice_conditions import rows_meeting
from textcls_core.runs.slice_rows import SliceRows
from textcls_core.workspace import Workspace

MOST_CHARACTERS = 2_000_000
"""Texts of so many characters in all are cut into tokens without being asked: about a second."""


def measure(
    workspace: Workspace, run: Run, examples: Examples, *, count_tokens: bool = False
) -> RowFacts:
    """Return the lengths of the texts of a run.

    Args:
        workspace: Where the counts of tokens are kept.
        run: A finished run.
        examples: Its examples of one split.
        count_tokens: Count the tokens even of many texts, which takes about a second per two
            million characters; otherwise only if they are few or were counted before.
    """
    most = None if count_tokens else MOST_CHARACTERS
    return facts_of(run, examples.dataset, examples.row_ids, workspace.cache_dir, most)


def can_count_tokens(run: Run) -> bool:
    """Tell whether the model of a run has the tokenizer that counting needs."""
    return (run.model_dir / "tokenizer.json").is_file()


def sides_of(
    examples: Examples, facts: RowFacts, marks: RowMarks, slices: Sequence[SavedSlice]
) -> Sides:
    """Return everything that filters ask for.

    Args:
        examples: N rows.
        facts: Their lengths, from `measure`.
        marks: Their causes, tags and reviewed marks.
        slices: Saved for the data set of the run.
    """
    return Sides(marks, facts, slice_masks(examples, facts, slices))


def slice_masks(
    examples: Examples, facts: RowFacts, slices: Sequence[SavedSlice]
) -> Mapping[str, Mask | None]:
    """Return the rows of every saved slice, shape (N,); None if they cannot be told."""
    splits = examples.dataset.table["split"].take(pa.array(examples.positions))
    rows = SliceRows(examples.predictions, facts, examples.texts, splits)
    return {saved.name: _rows_in(saved, rows) for saved in slices}


def _rows_in(saved: SavedSlice, rows: SliceRows) -> Mask | None:
    try:
        return rows_meeting(saved.conditions, rows)
    except InvalidArgumentError:  # a class, a column or tokens that are not there
        return None
