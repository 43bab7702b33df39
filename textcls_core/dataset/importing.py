"""Turn one file, or a training and a test file, into a data set with findings."""

import unicodedata
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from textcls_core.dataset.audit import MIN_ROWS_PER_CLASS, check_draft
from textcls_core.dataset.columns import ColumnChoice
from textcls_core.dataset.draft import Draft
from textcls_core.dataset.findings import Finding
from textcls_core.dataset.import_fixes import Fix, fix_leaks, fix_rows
from textcls_core.dataset.import_rows import read_rows, without_quotes
from textcls_core.dataset.import_splits import SplitPlan, complete_splits, keep_together
from textcls_core.dataset.labels import LabelFormat
from textcls_core.dataset.raw_table import RawTable
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.errors import DatasetFormatError, InvalidArgumentError
from textcls_core.jobs.progress import Report, ignore

MAX_NAME_CHARACTERS = 80
SPREADSHEETS = {"csv", "excel"}
"""Formats in which an export puts quotes before formulas."""
_STEPS = 5
Settings = TypeVar("Settings", bound=BaseModel)


class ImportPlan(BaseModel):
    """What to make of the columns of a file; what is left out is guessed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: ColumnChoice = ColumnChoice()
    labels: LabelFormat = LabelFormat()
    """How the label column is read."""
    splits: SplitPlan = SplitPlan()
    fixes: tuple[Fix, ...] = ()
    """What to put right on the way."""
    rare_below: int = Field(MIN_ROWS_PER_CLASS, ge=1)
    """A class is rare with fewer rows; for the fixes of rare classes."""
    unescape_formulas: bool = True
    """Take off the quotes before formulas if the columns and cells look like a CSV export of ours;
    off for files of other kinds, in which our exports put none."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A data set that is not stored yet, and what was noticed on the way."""

    dataset: TextDataset
    findings: tuple[Finding, ...]
    columns: ColumnChoice
    label_format: LabelFormat = field(default_factory=LabelFormat)

    @property
    def blocking(self) -> tuple[Finding, ...]:
        """What keeps the data set from being trained on."""
        return tuple(finding for finding in self.findings if finding.gate == "fail")


def clean_name(name: str) -> str:
    """Return a label for people: normalised, without control characters, at most 80 characters.

    Raises:
        InvalidArgumentError: If nothing is left.
    """
    normal = unicodedata.normalize("NFC", name)
    kept = "".join(c for c in normal if unicodedata.category(c) not in {"Cc", "Cf", "Cs"})
    cleaned = " ".join(kept.split())[:MAX_NAME_CHARACTERS].strip()
    if not cleaned:
        raise InvalidArgumentError("Expected a name with at least one visible character.")
    return cleaned


def checked(kind: type[Settings], /, **given: Any) -> Settings:
    """Return settings, or what is wrong with them as one sentence.

    Raises:
        InvalidArgumentError: If a value is not what the setting expects.
    """
    try:
        return kind(**given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        message = first["msg"].removeprefix("Value error, ")
        raise InvalidArgumentError(f"{where}: {message}." if where else message) from error


def import_tables(
    main: RawTable,
    test: RawTable | None = None,
    plan: ImportPlan | None = None,
    report: Report = ignore,
) -> Imported:
    """Return the data set in one table, or in a training and a test table.

    Without a split column or a test table the rows are split 70/15/15; with a test table, 15 % of
    the training rows become validation, unless a split column names validation rows. Rows without
    text or label are left out and listed.

    Args:
        main: Rows, of which some become validation and test if the file does not say which.
        test: Rows for the test.
        plan: What to make of the columns.
        report: Told before each of five steps; may raise to stop.

    Raises:
        DatasetFormatError: If columns are missing or no usable row is left.
    """
    plan = plan or ImportPlan()
    report(0, _STEPS, "Reading texts and labels")
    tables = [main] if test is None else [main, test]
    if plan.unescape_formulas:
        tables = [without_quotes(table) for table in tables]
    read = read_rows(tables, plan.columns, plan.labels, use_own_split=plan.splits.use_own)
    report(1, _STEPS, "Putting right what was chosen")
    draft, fixed = fix_rows(read.draft, plan.fixes, rare_below=plan.rare_below)
    _require_rows(draft, main.file_name, read.columns)
    report(2, _STEPS, "Making splits")
    if read.label_format.kind == "none":
        draft, split_finding = keep_together(draft)
    else:
        draft, split_finding = complete_splits(draft, plan.splits, report)
    draft, unleaked = fix_leaks(draft, plan.fixes)
    report(3, _STEPS, "Looking for faults")
    draft = draft.with_used_names()
    checks = check_draft(draft, rare_below=plan.rare_below)
    report(4, _STEPS, "Putting the rows together")
    return Imported(
        dataset=draft.build(),
        findings=(*read.findings, *fixed, split_finding, *unleaked, *checks),
        columns=read.columns,
        label_format=read.label_format,
    )


def _require_rows(draft: Draft, file_name: str, columns: ColumnChoice) -> None:
    if not draft.num_rows and not columns.label:
        raise DatasetFormatError(
            f'{file_name} has no row with a text. Check the column "{columns.text[0]}".'
        )
    if not draft.num_rows:
        names = " and ".join(f'"{name}"' for name in (*columns.text, *columns.label))
        raise DatasetFormatError(
            f"{file_name} has no row with both a text and a label. Check the columns {names}."
        )
