"""The verb `confusion`: what a run confuses, alone or beside another run."""

from typing import Annotated, Any

import typer

from textcls_core.cli.printing import Json, RunId, SplitName, emit, open_run, parse_split
from textcls_core.errors import InvalidArgumentError
from textcls_core.evaluation.class_order import ORDERS, ClassOrder, class_order
from textcls_core.evaluation.confusion import confusion_counts, pair_table, top_confusions
from textcls_core.evaluation.confusion_difference import confusion_difference
from textcls_core.evaluation.label_errors import (
    ERROR_PAIRS,
    OUTCOMES,
    error_pairs,
    outcome_counts,
    outcome_table,
    top_pairs,
)
from textcls_core.evaluation.multi_label import MultiLabelPredictions
from textcls_core.evaluation.predictions import Predictions
from textcls_core.wording import percent, shorten

_WIDTH = 30


def confusion(
    run_id: RunId,
    split: SplitName = "test",
    against: Annotated[
        str | None, typer.Option("--against", help="Another run: print the difference to it.")
    ] = None,
    order: Annotated[str, typer.Option("--order", help=", ".join(ORDERS))] = "label",
    limit: Annotated[int, typer.Option("--limit", min=1, help="Pairs to list.")] = 20,
    as_json: Json = False,
) -> None:
    """Print which classes a run confuses, or how its confusions differ from another run's."""
    chosen = next((known for known in ORDERS if known == order), None)
    if chosen is None:
        raise InvalidArgumentError(f'Expected an order ({", ".join(ORDERS)}), got "{order[:40]}".')
    kept = parse_split(split)
    predictions = open_run(run_id).predictions(kept)
    if against is not None:
        other = open_run(against).predictions(kept)
        if not isinstance(predictions, Predictions) or not isinstance(other, Predictions):
            raise InvalidArgumentError(
                "Expected two runs with one label per text to compare, got one with several. "
                "Leave out --against."
            )
        _print_difference(predictions, other, limit, as_json=as_json)
    elif isinstance(predictions, MultiLabelPredictions):
        _print_label_errors(predictions, limit, as_json=as_json)
    else:
        _print_matrix(predictions, chosen, limit, as_json=as_json)


def _print_matrix(
    predictions: Predictions, order: ClassOrder, limit: int, *, as_json: bool
) -> None:
    names = predictions.label_names
    counts = confusion_counts(
        predictions.true_label_ids, predictions.predicted_label_ids, len(names)
    )
    ids = class_order(counts, names, order)
    pairs = [(i, j) for i, j, _ in top_confusions(counts, limit)]
    value: dict[str, Any] = {
        "labels": [names[i] for i in ids],
        "counts": counts[ids][:, ids].tolist(),
        "pairs": pair_table(counts, names, pairs),
    }
    lines = [
        f"{record['rows']:>7,}  {percent(record['share']):>7}  {_words(record)}"
        for record in value["pairs"]
    ]
    header = f"{'rows':>7}  {'of true':>7}  true -> predicted"
    emit(as_json, value, [header, *lines] if lines else ["No mistakes."])


def _print_difference(
    predictions: Predictions, other: Predictions, limit: int, *, as_json: bool
) -> None:
    change = confusion_difference(predictions, other)
    pairs = [(i, j) for i, j, *_ in change.changed_confusions(limit)]
    value = {
        "labels": list(change.label_names),
        "difference": change.counts.tolist(),
        "pairs": [
            {
                **_pair(record),
                "rows": record["rows in this run"],
                "other_rows": record["in the other run"],
                "difference": record["difference"],
            }
            for record in change.table(pairs)
        ],
    }
    lines = [
        f"{record['difference']:>+7,}  {record['rows']:>7,}  {record['other_rows']:>7,}  "
        f"{_words(record)}"
        for record in value["pairs"]
    ]
    header = f"{'change':>7}  {'this':>7}  {'other':>7}  true -> predicted"
    emit(as_json, value, [header, *lines] if lines else ["No cell off the diagonal differs."])


def _print_label_errors(predictions: MultiLabelPredictions, limit: int, *, as_json: bool) -> None:
    names, counts = predictions.label_names, outcome_counts(predictions)
    labels = outcome_table(counts, names, range(len(names)))
    value: dict[str, Any] = {
        "labels": [{key.replace(" ", "_"): entry for key, entry in r.items()} for r in labels],
        "errors_together": [
            {"kind": pair, "first": names[i], "second": names[j], "rows": int(found[i, j])}
            for pair in ERROR_PAIRS
            for found in (error_pairs(predictions, pair),)
            for i, j in top_pairs(found, pair, limit)
        ],
    }
    header = f"{'label':<{_WIDTH + 1}}" + "".join(f"{name:>16}" for name in OUTCOMES)
    lines = [
        f"{shorten(record['label'], _WIDTH):<{_WIDTH + 1}}"
        + "".join(f"{record[name]:>16,}" for name in OUTCOMES)
        for record in labels
    ]
    together = [
        f"{r['rows']:>7,}  {r['kind']}: {shorten(r['first'], _WIDTH)}, "
        f"{shorten(r['second'], _WIDTH)}"
        for r in value["errors_together"]
    ]
    emit(as_json, value, [header, *lines, *together])


def _pair(record: dict[str, Any]) -> dict[str, str]:
    return {"true": record["true"], "predicted": record["predicted"]}


def _words(record: dict[str, Any]) -> str:
    return f"{shorten(record['true'], _WIDTH)} -> {shorten(record['predicted'], _WIDTH)}"
