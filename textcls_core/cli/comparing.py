"""The verb `compare`: runs against a reference on the same rows."""

from typing import Annotated

import typer

from textcls_core.cli.printing import (
    Json,
    RunId,
    SplitName,
    baseline_lines,
    baselines_json,
    emit,
    measured_baselines,
    parse_split,
)
from textcls_core.dataset.store import DatasetStore
from textcls_core.evaluation.metric_names import METRICS, value_text
from textcls_core.runs.comparison import RunComparison, compare_runs
from textcls_core.runs.comparison_words import (
    difference_text,
    interval_text,
    left_out_sentence,
    reading,
    seeds_sentence,
    verdict,
)
from textcls_core.runs.store import RunStore
from textcls_core.wording import plural, shorten
from textcls_core.workspace import Workspace

_CLASSES_SHOWN = 10

Others = Annotated[
    list[str], typer.Argument(metavar="RUN...", help="Runs to compare with the first one.")
]


def compare(
    run_id: RunId, others: Others, split: SplitName = "test", as_json: Json = False
) -> None:
    """Compare runs on the same rows; the first one is the reference."""
    workspace = Workspace.default()
    store = RunStore.open(workspace)
    runs = [store.open_run(name) for name in (run_id, *others)]
    chosen = parse_split(split)
    found = compare_runs(runs, chosen, DatasetStore.open(workspace), known=store.runs())
    reference, num_examples = found[0].reference, found[0].num_reference_rows
    value = {
        "split": split,
        "num_examples": num_examples,
        "reference": {"run_id": reference.run_id, "name": reference.config.title},
        "comparisons": [comparison.to_json() for comparison in found],
    }
    known = measured_baselines([run.config for run in runs], chosen)
    if known:
        value["baselines"] = baselines_json(known)
    title = shorten(reference.config.title, 60)
    lines = [f"reference: {title} ({reference.run_id}), {plural(num_examples, f'{split} row')}"]
    lines += baseline_lines(known, chosen)
    emit(as_json, value, [*lines, *(line for one in found for line in _lines(one))])


def _lines(comparison: RunComparison) -> list[str]:
    """Return what a person reads about one run against the reference, the answer first."""
    result = comparison.result
    figures = [
        f"  {METRICS[change.name].title:<22}{value_text(change.name, change.reference):>9}"
        f"{value_text(change.name, change.other):>9}"
        f"{difference_text(change.name, change.difference):>15}"
        f"   ({interval_text(change)})  {reading(change)}"
        for change in result.figures
    ]
    settings = [f"  {name}: {one} -> {other}" for name, one, other in comparison.settings]
    test = result.mcnemar
    return [
        "",
        f"{comparison.other.run_id}  {verdict(comparison)}",
        *([left_out_sentence(comparison)] if comparison.left_out else []),
        seeds_sentence(comparison),
        f"fixed {test.fixed:,}, broken {test.broken:,}",
        *figures,
        *_class_lines(comparison),
        *(["settings that differ:", *settings] if settings else ["the settings are the same"]),
    ]


def _class_lines(comparison: RunComparison) -> list[str]:
    """Return the classes whose F1 changed for certain, the largest change first."""
    changed = [c for c in comparison.result.per_class if c.f1.outcome != "unclear"]
    changed.sort(key=lambda c: -abs(c.f1.difference))
    lines = [
        f"  {shorten(c.label, 30):<32}F1 {difference_text('f1', c.f1.difference)} "
        f"({interval_text(c.f1)})"
        for c in changed[:_CLASSES_SHOWN]
    ]
    return ["classes that changed:", *lines] if lines else ["no class changed beyond chance"]
