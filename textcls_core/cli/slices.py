"""The verb `slices`: how good a run is in parts of its rows, and which parts are weak."""

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
import typer

from textcls_core.arrays import Mask
from textcls_core.cli.printing import (
    Json,
    RunId,
    SplitName,
    answered_baselines,
    emit,
    open_run,
    parse_split,
)
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import Split
from textcls_core.embeddings.clusters import CLUSTER, NO_EMBEDDINGS, stored_cluster_facet
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.by_task import right_rows
from textcls_core.evaluation.fairness import RATES, Fairness, Rate
from textcls_core.evaluation.slices import KnownRight, SliceFigures
from textcls_core.runs.facets import Facet, make_facet
from textcls_core.runs.group_fairness import fairness_of
from textcls_core.runs.measured_slices import (
    MeasuredSlice,
    find_weak,
    measure_facet,
    micro_f1,
    shares_of_others,
)
from textcls_core.runs.run import Run
from textcls_core.runs.saved_slices import SavedSlices
from textcls_core.runs.slice_conditions import parse_condition, rows_meeting
from textcls_core.runs.slice_history import VERDICTS, SliceChange, measure_saved, previous_run
from textcls_core.runs.slice_rows import SliceRows
from textcls_core.wording import percent, plural, points, shorten
from textcls_core.workspace import Workspace

_Label = Annotated[str | None, typer.Option("--label", help="Only the yes or no of this class.")]


def slices(
    run_id: RunId,
    split: SplitName = "test",
    by: Annotated[str, typer.Option("--by", help="class, words, language or a column.")] = "",
    weak: Annotated[bool, typer.Option("--weak", help="Search for weak slices.")] = False,
    saved: Annotated[bool, typer.Option("--saved", help="Measure the saved slices.")] = False,
    fairness: Annotated[str, typer.Option("--fairness", help="Column with the groups.")] = "",
    positive: Annotated[str, typer.Option("--positive", help="With --fairness: a class.")] = "",
    label: _Label = None,
    save: Annotated[str, typer.Option("--save", help="Save --where under this name.")] = "",
    where: Annotated[
        list[str] | None, typer.Option("--where", help="COLUMN=VALUE or COLUMN=LOW..HIGH; repeat.")
    ] = None,
    delete: Annotated[str, typer.Option("--delete", help="Delete the slice of this name.")] = "",
    as_json: Json = False,
) -> None:
    """Print how good a run is in parts of its rows; without an option, by class."""
    wishes = [by, weak, saved, fairness, save, delete]
    if sum(map(bool, wishes)) > 1:
        raise InvalidArgumentError(
            "Expected one of --by, --weak, --saved, --fairness, --save and --delete, got several."
        )
    run, chosen = open_run(run_id), parse_split(split)
    kept = SavedSlices.of_run(Workspace.default(), run)
    if delete:
        kept.delete(delete)
        emit(as_json, {"deleted": delete}, [f"deleted {delete}"])
        return
    dataset = DatasetStore.open(Workspace.default()).load(run.config.dataset_fingerprint)
    rows = SliceRows.of_run(run, dataset, chosen, Workspace.default().cache_dir)
    facts = {"run_id": run.run_id, "split": split, **_row_facts(rows)}
    if save:
        value, lines = _save(kept, rows, save, where or [], label)
    elif saved:
        value, lines = _saved(run, chosen, kept, rows)
    elif fairness:
        value, lines = _fairness(rows, fairness, positive)
    else:
        right = right_rows(rows.predictions, label)
        beside = _baselines(run, chosen, rows, label)
        value, lines = (
            _weak(run, rows, right, beside)
            if weak
            else _by(run, rows, by or "class", right, beside)
        )
    emit(as_json, {**facts, **value}, lines)


Answer = tuple[dict[str, Any], list[str]]
Beside = dict[str, KnownRight]
"""Which rows each baseline has right, by its title."""


def _baselines(run: Run, split: Split, rows: SliceRows, label: str | None) -> Beside:
    known = answered_baselines(run, split)
    return {one.title: one.known_right(rows.facts.row_ids, label) for one in known}


def _row_facts(rows: SliceRows) -> dict[str, int]:
    return {"num_rows": len(rows) - rows.num_repeats, "num_repeats": rows.num_repeats}


def _by(run: Run, rows: SliceRows, name: str, right: Mask, beside: Beside) -> Answer:
    facet = _clusters(run, rows) if name == CLUSTER else make_facet(rows, name)
    if facet is None:
        raise InvalidArgumentError(NO_EMBEDDINGS)
    measured = measure_facet(rows, facet, right)
    records, shares = _records(rows, measured, beside)
    value = {"by": name, "num_more_values": facet.num_more_values, "slices": records}
    return value, _table(measured, shares)


Shares = list[dict[str, float | None]]
"""For each slice the accuracy of each baseline, by its title."""


def _records(
    rows: SliceRows, measured: Sequence[MeasuredSlice], beside: Beside
) -> tuple[list[dict[str, Any]], Shares]:
    """Return what a script reads of each slice, and what baselines reach there."""
    columns = shares_of_others(rows, measured, list(beside.values()))
    shares = [
        {title: column[place] for title, column in zip(beside, columns, strict=True)}
        for place in range(len(measured))
    ]
    records = [
        _record(rows, one) | ({"baselines": reached} if reached else {})
        for one, reached in zip(measured, shares, strict=True)
    ]
    return records, shares


def _record(rows: SliceRows, one: MeasuredSlice) -> dict[str, Any]:
    score = micro_f1(rows, one.conditions)
    return one.to_json() | ({} if score is None else {"micro_f1": score})


def _clusters(run: Run, rows: SliceRows) -> Facet | None:
    return stored_cluster_facet(Workspace.default(), run.config.dataset_fingerprint, rows)


def _weak(run: Run, rows: SliceRows, right: Mask, beside: Beside) -> Answer:
    clusters = _clusters(run, rows)
    found = find_weak(rows, right, [] if clusters is None else [clusters])
    records, shares = _records(rows, found.slices, beside)
    for record, one in zip(records, found.slices, strict=True):
        record["num_similar"] = one.num_similar
    value = {
        "num_tried": found.num_tried,
        "num_single": found.num_single,
        "num_pairs": found.num_pairs,
        "num_weak": found.num_weak,
        "slices": records,
    }
    tried = (
        f"tried {plural(found.num_tried, 'slice')}: {plural(found.num_single, 'condition')} and "
        f"{plural(found.num_pairs, 'pair')}; {found.num_weak:,} weaker than the rest"
    )
    return value, [tried, *_table(found.slices, shares)]


def _table(measured: Sequence[MeasuredSlice], shares: Shares) -> list[str]:
    titles = "".join(f"{shorten(title, 20):>22}" for title in (shares[0] if shares else {}))
    header = (
        f"{'slice':<46}{'rows':>8}{'accuracy':>10}{'to the rest':>15}{'adjusted p':>12}{titles}"
    )
    lines = [
        f"{shorten(one.title, 45):<46}{one.figures.num_rows:>8,}{percent(one.figures.accuracy):>10}"
        f"{points(one.figures.accuracy, one.figures.rest_accuracy):>15}"
        f"{_verdict(one.figures):>12}"
        + "".join(
            f"{'none' if share is None else percent(share):>22}" for share in reached.values()
        )
        for one, reached in zip(measured, shares, strict=True)
    ]
    return [header, *lines]


def _verdict(found: SliceFigures) -> str:
    return "too small" if found.is_small else f"{found.adjusted_p:.3g}"


def _save(
    kept: SavedSlices, rows: SliceRows, name: str, where: Sequence[str], label: str | None
) -> Answer:
    conditions = [parse_condition(text) for text in where]
    right_rows(rows.predictions, label)  # refuses a class that does not exist
    inside = int(np.count_nonzero(rows_meeting(conditions, rows)))
    made = kept.save(name, conditions, label)
    line = f"saved {made.name}: {made.title}, {plural(inside, 'row')} of this split"
    return {"saved": made.name, "slice": made.title, "num_in_slice": inside}, [line]


def _saved(run: Run, split: Split, kept: SavedSlices, rows: SliceRows) -> Answer:
    earlier = previous_run(Workspace.default(), run, split)
    before = None if earlier is None else earlier.predictions(split)
    changes = measure_saved(kept.all(), rows, before)
    previous = None if earlier is None else earlier.run_id
    lines = [f"{shorten(change.saved.name, 30):<31}{_change(change)}" for change in changes]
    value = {"previous_run": previous, "slices": [change.to_json() for change in changes]}
    return value, lines or ["no slice is saved for this data set"]


def _change(change: SliceChange) -> str:
    verdict = VERDICTS[change.verdict]
    if change.figures is None:
        return f"{verdict}: {change.problem}"
    shown = f"{percent(change.figures.accuracy)} of {plural(change.figures.num_rows, 'row')}"
    if change.change is None:
        return f"{shown}  {verdict}"
    return f"{shown}, {100 * change.change:+.1f} points to the run before  {verdict}"


def _fairness(rows: SliceRows, column: str, positive: str) -> Answer:
    result = fairness_of(rows, column, positive)
    return {"by": column, **result.to_json()}, _fairness_lines(result)


def _fairness_lines(result: Fairness) -> list[str]:
    titles = "".join(f"{title:>22}" for title in RATES.values())
    lines = [f"{'group':<31}{'rows':>8}{titles}"]
    for group in result.groups:
        rates = "".join(f"{_rate(group.rates[name]):>22}" for name in RATES)
        lines.append(f"{shorten(group.group, 30):<31}{group.num_rows:>8,}{rates}")
    lines += [
        f"{RATES[gap.rate]}: gap {100 * gap.value:.1f} points, "
        f"{'more' if gap.is_beyond_chance else 'not more'} than chance explains "
        f"({100 * gap.by_chance:.1f})"
        for gap in result.gaps
    ]
    return lines


def _rate(rate: Rate) -> str:
    if rate.value is None:
        return "no rows"
    return percent(rate.value) + (" (few rows)" if rate.is_small else "")
