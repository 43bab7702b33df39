"""`label-next RUN --pool DATASET`: which rows without labels are worth a label first."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from textcls_core.arrays import Indices
from textcls_core.cli.dataset import dataset_json, dataset_lines
from textcls_core.cli.printing import Json, Progress, RunId, emit, open_run
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.embeddings.computing import MAX_ROWS
from textcls_core.mistakes.active_learning.job import compute_pool
from textcls_core.mistakes.active_learning.labelling import (
    give_labels,
    make_labelled_version,
    progress_of,
    proposed_labels,
)
from textcls_core.mistakes.active_learning.pool import PoolFilter
from textcls_core.mistakes.active_learning.predicted import PoolPredictions
from textcls_core.mistakes.active_learning.ranking import (
    MEASURES,
    STRATEGIES,
    Measure,
    parse_measure,
    parse_strategy,
)
from textcls_core.mistakes.annotations.store import Annotations
from textcls_core.wording import plural, shorten
from textcls_core.workspace import Workspace


def label_next(
    run_id: RunId,
    pool: Annotated[str, typer.Option("--pool", help="Data set whose rows are to get labels.")],
    split: Annotated[str, typer.Option("--split", help="Only rows of this split.")] = "",
    label: Annotated[str, typer.Option("--label", help="Only rows with this class.")] = "",
    column: Annotated[str, typer.Option("--column", help="Only rows where this column")] = "",
    value: Annotated[str, typer.Option("--value", help="holds this value.")] = "",
    strategy: Annotated[str, typer.Option("--strategy", help=", ".join(STRATEGIES))] = "both",
    measure: Annotated[str, typer.Option("--measure", help=", ".join(MEASURES))] = "margin",
    limit: Annotated[int, typer.Option("--limit", min=1, help="Rows to print.")] = 20,
    max_rows: Annotated[
        int, typer.Option("--max-rows", min=1, help="Of a larger pool, a sample is ranked.")
    ] = MAX_ROWS,
    predictions: Annotated[
        bool, typer.Option("--predictions", help="Print what the run says; it biases people.")
    ] = False,
    give: Annotated[
        list[str] | None,
        typer.Option("--give", metavar="ROW=LABEL", help="Keep a label instead; repeat."),
    ] = None,
    make_version: Annotated[
        bool, typer.Option("--make-version", help="Add the labelled rows to the data set instead.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Rank rows without labels by what a run can learn from them, label them, add them."""
    workspace = Workspace.default()
    run, info = open_run(run_id), DatasetStore.open(workspace).find(pool)
    if give:
        count = give_labels(workspace, run, info, give)
        line = f"{plural(count, 'row')} of {info.name} labelled"
        emit(as_json, {"pool": info.name, "num_labelled": count}, [line])
        return
    if make_version:
        made = make_labelled_version(workspace, run, info)
        emit(as_json, dataset_json(made), dataset_lines(made))
        return
    chosen, by = parse_strategy(strategy), parse_measure(measure)
    wanted = PoolFilter(split, label, column, value)
    dataset = DatasetStore.open(workspace).load(info.fingerprint)
    found = compute_pool(workspace, run, info.fingerprint, max_rows=max_rows, progress=Progress())
    order = found.ranked(dataset, wanted, chosen, by)
    said = Annotations.open(workspace, info.name).by_row()
    done = progress_of(dataset.row_ids(found.positions[order]), said)
    rows = _rows(dataset, found, order[:limit], by, proposed_labels(said))
    value_ = {
        "run_id": run.run_id,
        "pool": info.name,
        "fingerprint": info.fingerprint,
        "filter": wanted.title,
        "strategy": chosen,
        "measure": by,
        "num_ranked": len(order),
        "num_predicted": found.info.num_rows,
        "num_examples": found.info.num_examples,
        "num_labelled": len(done.labelled),
        "rows": rows if predictions else [_without_prediction(row) for row in rows],
    }
    head = f"{plural(len(order), 'row')} of {info.name} ranked, {len(done.labelled):,} labelled"
    emit(as_json, value_, [head, *(_line(row, show=predictions) for row in rows)])


def _rows(
    dataset: TextDataset,
    found: PoolPredictions,
    rows: Indices,
    measure: Measure,
    labels: Mapping[str, tuple[str, ...]],
) -> list[dict[str, Any]]:
    """Return rows of a pool as records, in this order."""
    positions = found.positions[rows]
    unsure = found.uncertainty(measure)[rows]
    names = dataset.row_ids(positions)
    return [
        {
            "row_id": row_id,
            "text": text,
            "uncertainty": float(score),
            "distance": float(distance),
            "labels": list(labels[row_id]) if row_id in labels else None,
            "probabilities": found.probabilities_of(position),
        }
        for row_id, text, score, distance, position in zip(
            names,
            dataset.texts(positions),
            unsure,
            found.distances[rows],
            positions,
            strict=True,
        )
    ]


def _without_prediction(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "probabilities"}


def _line(row: dict[str, Any], *, show: bool) -> str:
    probabilities: dict[str, float] = row["probabilities"]
    likely = max(probabilities, key=lambda name: probabilities[name])
    said = f"  {shorten(likely, 30)}" if show else ""
    return f"{row['uncertainty']:.3f}  {row['row_id']}{said}  {shorten(row['text'], 80)}"
