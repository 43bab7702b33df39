"""`mistakes RUN`: the examples of a run with the filters of the page, their causes and notes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import typer

from textcls_core.arrays import Indices
from textcls_core.cli.printing import (
    Json,
    Progress,
    RunId,
    SplitName,
    emit,
    open_run,
    parse_split,
)
from textcls_core.dataset.row_filter import Range
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import Split
from textcls_core.errors import InvalidArgumentError, did_you_mean, parse_choice
from textcls_core.mistakes.annotations.annotation import Annotation
from textcls_core.mistakes.annotations.store import Annotations
from textcls_core.mistakes.causes.found import CAUSES, FoundCause
from textcls_core.mistakes.causes.triage import read_triage
from textcls_core.mistakes.example_filter import (
    NONE,
    OUTCOME_CODES,
    ExampleFilter,
    Sides,
    filter_examples,
)
from textcls_core.mistakes.examples import Examples
from textcls_core.mistakes.marks import RowMarks
from textcls_core.mistakes.order import ORDERS, Order, in_order, parse_order, sort_key
from textcls_core.mistakes.sides import measure, sides_of
from textcls_core.runs.run import Run
from textcls_core.runs.saved_slices import SavedSlices, dataset_name
from textcls_core.wording import percent, shorten
from textcls_core.workspace import Workspace


def mistakes(
    run_id: RunId,
    split: SplitName = "test",
    outcome: Annotated[str, typer.Option("--outcome", help=", ".join(OUTCOME_CODES))] = "mistakes",
    true: Annotated[str | None, typer.Option("--true", help="True class.")] = None,
    predicted: Annotated[str | None, typer.Option("--predicted", help="Predicted class.")] = None,
    min_confidence: Annotated[float, typer.Option("--min-confidence", help="From 0 to 1.")] = 0.0,
    max_confidence: Annotated[float, typer.Option("--max-confidence", help="From 0 to 1.")] = 1.0,
    loss: Annotated[str, typer.Option("--loss", help="LOW..HIGH, in nats.")] = "",
    words: Annotated[str, typer.Option("--words", help="LOW..HIGH words of the text.")] = "",
    tokens: Annotated[str, typer.Option("--tokens", help="LOW..HIGH tokens of the text.")] = "",
    truncated: Annotated[
        bool | None, typer.Option("--truncated/--read-whole", help="Cut off by the model, or not.")
    ] = None,
    cause: Annotated[str | None, typer.Option("--cause", help=", ".join([*CAUSES, NONE]))] = None,
    tag: Annotated[str | None, typer.Option("--tag", help=f"A tag, or {NONE}.")] = None,
    slice_name: Annotated[str | None, typer.Option("--slice", help="A saved slice.")] = None,
    query: Annotated[str, typer.Option("--query", help="Words in the text.")] = "",
    pattern: Annotated[str, typer.Option("--pattern", help="Regular expression (RE2).")] = "",
    unreviewed: Annotated[bool, typer.Option("--unreviewed", help="Not yet reviewed.")] = False,
    order: Annotated[str, typer.Option("--order", help=", ".join(ORDERS))] = "loss",
    limit: Annotated[int, typer.Option("--limit", min=1)] = 1_000,
    causes: Annotated[
        bool, typer.Option("--causes/--no-causes", help="Look for causes if nobody did yet.")
    ] = True,
    as_json: Json = False,
) -> None:
    """List the examples of a run, misclassified ones unless asked otherwise."""
    wanted = ExampleFilter(
        outcome=parse_choice(outcome, OUTCOME_CODES, "an outcome"),
        true=true,
        predicted=predicted,
        ranges=_ranges(min_confidence, max_confidence, loss=loss, words=words, tokens=tokens),
        is_truncated=truncated,
        cause=cause and parse_choice(cause, [*CAUSES, NONE], "a cause"),
        tag=tag,
        slice_name=slice_name,
        text=query,
        pattern=pattern,
        only_unreviewed=unreviewed,
    )
    run, part = open_run(run_id), parse_split(split)
    found = _find(run, part, wanted, parse_order(order), look=causes)
    rows = found.records(limit)
    value = {"run_id": run.run_id, "split": split, "count": len(found.places), "rows": rows}
    emit(as_json, value, [_line(row) for row in rows])


@dataclass(frozen=True, slots=True)
class _Found:
    """The rows that pass, with what was found and said about them."""

    examples: Examples
    places: Indices
    causes: Mapping[str, Sequence[FoundCause]]
    annotations: Mapping[str, Annotation]

    def records(self, limit: int) -> list[dict[str, Any]]:
        """Return the first rows in their stable form."""
        return [
            {
                **row,
                "causes": [one.cause for one in self.causes.get(row["row_id"], ())],
                "evidence": [one.evidence for one in self.causes.get(row["row_id"], ())],
                "annotation": self._said(row["row_id"]),
            }
            for row in self.examples.rows(self.places[:limit])
        ]

    def _said(self, row_id: str) -> dict[str, Any] | None:
        said = self.annotations.get(row_id)
        return None if said is None else said.to_json()


def _find(run: Run, split: Split, wanted: ExampleFilter, order: Order, *, look: bool) -> _Found:
    workspace = Workspace.default()
    dataset = DatasetStore.open(workspace).load(run.config.dataset_fingerprint)
    examples = Examples.of_run(run, dataset, split)
    said = Annotations.open(workspace, dataset_name(workspace, run)).by_row()
    sides = _sides(workspace, run, examples, wanted, RowMarks.of(examples.places, {}, said))
    _refuse_unknown(examples, wanted, sides)
    key = sort_key(examples, order, run.dynamics)
    causes = _causes(workspace, run, split, look=look or wanted.cause is not None)
    marks = RowMarks.of(examples.places, causes, said)
    filtered = filter_examples(examples, wanted, replace(sides, marks=marks))
    return _Found(examples, in_order(filtered.kept, key), causes, said)


def _refuse_unknown(examples: Examples, wanted: ExampleFilter, sides: Sides) -> None:
    """Refuse what is not there before causes are looked for, which may take minutes."""
    tags = sides.marks.tags
    if wanted.tag is not None and wanted.tag not in {*tags, NONE}:
        raise InvalidArgumentError(
            f'No row of this split has the tag "{shorten(wanted.tag)}". '
            f"{did_you_mean(wanted.tag, list(tags))}"
        )
    filter_examples(examples, wanted, sides)


def _sides(
    workspace: Workspace, run: Run, examples: Examples, wanted: ExampleFilter, marks: RowMarks
) -> Sides:
    """Return what the filter asks for; tokens are counted only if it may need them."""
    has_slice = wanted.slice_name is not None
    needs_tokens = wanted.is_truncated is not None or any(
        item.column == "tokens" for item in wanted.ranges
    )
    facts = measure(workspace, run, examples, count_tokens=needs_tokens or has_slice)
    slices = SavedSlices.of_run(workspace, run).all() if has_slice else []
    return sides_of(examples, facts, marks, slices)


def _causes(
    workspace: Workspace, run: Run, split: Split, *, look: bool
) -> Mapping[str, Sequence[FoundCause]]:
    """Return the causes on disk; if nobody looked for them yet, look now if that is wanted."""
    known = read_triage(workspace, run, split)
    if known is None and look:
        from textcls_core.mistakes.causes.job import ensure_triage  # brings what computes them

        known = ensure_triage(workspace, run, split, Progress())
    return {} if known is None else known.by_row


def _line(row: dict[str, Any]) -> str:
    answers = " -> ".join(_named(row[side]) for side in ("true", "predicted"))
    causes = f"  [{', '.join(row['causes'])}]" if row["causes"] else ""
    text = shorten(row["text"], 80)
    return f"{row['row_id']}  {answers}  {percent(row['confidence'])}{causes}  {text}"


def _named(answer: str | list[str]) -> str:
    return answer if isinstance(answer, str) else ", ".join(answer) or "no label"


def _ranges(low: float, high: float, **texts: str) -> tuple[Range, ...]:
    """Return the ranges asked for: of the confidence, and those written as LOW..HIGH."""
    ranges = [Range("confidence", low, high)] if (low, high) != (0.0, 1.0) else []
    for column, text in texts.items():
        found = Range.parse(column, text)
        if text and found is None:
            raise InvalidArgumentError(
                f'Expected --{column} LOW..HIGH, LOW.. or ..HIGH, got "{shorten(text)}".'
            )
        ranges += [found] if found is not None else []
    return tuple(ranges)
