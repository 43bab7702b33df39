"""`heads`: what every head of a run does over a split, or how far training moved it."""

from typing import Annotated, Any

import typer

from textcls_core.cli.printing import Json, Progress, RunId, SplitName, emit, open_run, parse_split
from textcls_core.errors import InvalidArgumentError, parse_choice
from textcls_core.explanation.head_job import (
    NUM_MOVED_TEXTS,
    NUM_TEXTS,
    ensure_moved,
    ensure_survey,
    moved_arguments,
    survey_arguments,
)
from textcls_core.explanation.head_report import HeadReport
from textcls_core.explanation.head_titles import STATISTICS, TITLES, Statistic, written
from textcls_core.explanation.looked_at import note_on_heads
from textcls_core.explanation.trust_job import sample_rows
from textcls_core.runs.run import Run
from textcls_core.wording import plural
from textcls_core.workspace import Workspace

_SAMPLE_HELP = f"Texts; default: {NUM_TEXTS}, with --moved {NUM_MOVED_TEXTS}."


def heads(
    run_id: RunId,
    split: SplitName = "test",
    sample: Annotated[int | None, typer.Option("--sample", min=1, help=_SAMPLE_HELP)] = None,
    seed: Annotated[int, typer.Option("--seed", help="Of the sample.")] = 0,
    by: Annotated[str | None, typer.Option("--by", help=", ".join(STATISTICS))] = None,
    moved: Annotated[
        bool, typer.Option("--moved", help="How far each head moved from the pretrained model.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Print what every head does over a split, most of a statistic first; counted from 0."""
    run, chosen = open_run(run_id), parse_split(split)
    if moved and by is not None:
        raise InvalidArgumentError("Expected --by or --moved, got both. Leave one out.")
    statistic = parse_choice(by or STATISTICS[0], STATISTICS, "a statistic")
    count = sample or (NUM_MOVED_TEXTS if moved else NUM_TEXTS)
    arguments = survey_arguments(
        run.require_model(),
        run.decision_key,
        run.config.dataset_fingerprint,
        sample_rows(run.predictions(chosen).row_ids, count, seed),
    )
    value, lines = _moved(run, arguments) if moved else _survey(arguments, statistic)
    said = note_on_heads(run.config)
    lines += [said] if said else []
    emit(as_json, {"run_id": run.run_id, "split": chosen, **value}, lines)


def _survey(arguments: dict[str, Any], by: Statistic) -> tuple[dict[str, Any], list[str]]:
    report = ensure_survey(Workspace.default(), arguments, Progress())
    places = [(int(row["layer"]) - 1, int(row["head"]) - 1) for row in report.records(by)]
    lines = [f"{plural(report.num_texts, 'text')}; layer, head, {TITLES[by].lower()}"]
    for layer, head in places:
        mean = written(by, report.values(layer, head)[by])
        lines.append(f"{layer:3} {head:3} {mean:>8}  {report.role(layer, head)}")
    value = {
        "num_texts": report.num_texts,
        "heads": [_head_json(report, layer, head) for layer, head in places],
    }
    return value, lines


def _head_json(report: HeadReport, layer: int, head: int) -> dict[str, Any]:
    deviations = {
        f"{name}_deviation": spread.deviation[layer][head]
        for name, spread in report.statistics.items()
    }
    return {
        "layer": layer,
        "head": head,
        "mostly": report.role(layer, head),
        **{str(name): mean for name, mean in report.values(layer, head).items()},
        **deviations,
        "kinds": [found.model_dump() for found in report.kinds[layer][head]],
        "words": [found.model_dump() for found in report.words[layer][head]],
    }


def _moved(run: Run, arguments: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    given = moved_arguments(**arguments, base=run.config.model)
    report = ensure_moved(Workspace.default(), given, Progress())
    records = [
        {**record, "layer": int(record["layer"]) - 1, "head": int(record["head"]) - 1}
        for record in report.records()
    ]
    lines = [f"{plural(report.num_texts, 'text')}, against {report.base}; 0 is equal, 1 disjoint"]
    lines += [f"{row['layer']:3} {row['head']:3} {row['moved']:8.3f}" for row in records]
    value = {"num_texts": report.num_texts, "base": report.base, "heads": records}
    return value, lines
