"""`bench mistakes`: the Inspect view on a large test split, on the server and in Chromium.

The run is the hand-made one of `bench evaluation`. On the server, the page runs in Streamlit's
AppTest: every figure is the work of one rerun, from a changed address to the last element.
"""

import argparse
import itertools
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest  # noqa: TID251 - what a page does is measured

from bench.errors import BenchError
from bench.evaluation import make_run
from bench.machine import say
from textcls_core.dataset.store import DatasetStore
from textcls_core.mistakes.annotations.store import Annotations
from textcls_core.mistakes.causes.found import CAUSES, FoundCause
from textcls_core.mistakes.causes.triage import Coverage, Triage, TriageFacts, triage_dir
from textcls_core.runs.run import Run
from textcls_core.runs.saved_slices import SavedSlices
from textcls_core.runs.slice_conditions import Condition
from textcls_core.workspace import APP_DIR, Workspace

_STEPS = 40
_TIMEOUT = 120
_TAGGED_SHARE = 0.1


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Make a finished run with causes, tags and a slice; time the page on it."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        os.environ["TEXTCLS_HOME"] = str(workspace.root)
        say(f"Making {options.rows:,} rows in {options.classes} classes")
        run = make_run(workspace, "many rows", options.rows, options.classes)
        add_marks(workspace, run)
        say("The work of the server")
        figures: dict[str, Any] = {"rows": options.rows, "classes": options.classes}
        figures |= time_server(workspace, run)
        if not options.no_browser:
            from bench import mistakes_page  # needs a browser library

            say("The page in Chromium")
            figures |= mistakes_page.measure(run, options.repeats)
    return figures


def add_marks(workspace: Workspace, run: Run) -> None:
    """Write made-up causes for all mistakes, a tag for a tenth of the rows, and a saved slice."""
    predictions = run.single_label_predictions("test", "The bench")
    wrong = np.flatnonzero(predictions.is_mistake).tolist()
    kinds = list(CAUSES)
    found = {
        predictions.row_ids[row]: (FoundCause(kinds[row % len(kinds)], "Made up."),)
        for row in wrong
    }
    facts = TriageFacts(
        run_id=run.run_id,
        split="test",
        num_rows=len(predictions),
        num_mistakes=len(wrong),
        coverage=tuple(Coverage(cause=kind, asked=1, looked=1) for kind in kinds),
        seconds=0.0,
    )
    place = triage_dir(workspace, run, "test")
    place.parent.mkdir(parents=True, exist_ok=True)
    Triage(facts, found).save(place)
    count = round(_TAGGED_SHARE * len(predictions))
    Annotations.open(workspace, "many rows").tag(predictions.row_ids[:count], "seen")
    condition = Condition(kind="words", low=10, high=20)
    SavedSlices.open(workspace, "many rows").save("ten to twenty words", [condition])


def time_server(workspace: Workspace, run: Run) -> dict[str, Any]:
    """Return milliseconds of opening the page, of reruns with another filter, and of steps."""
    app = AppTest.from_file(str(APP_DIR / "streamlit_app.py"), default_timeout=_TIMEOUT).run()
    app.query_params["run"] = run.run_id
    opened = _rerun(app.switch_page("pages/mistakes.py"))
    filters = []
    for wanted in filters_to_try(workspace, run):
        _follow(app, {"run": run.run_id, **wanted})
        filters.append(_rerun(app))
    _follow(app, {"run": run.run_id})
    _rerun(app)
    keys = itertools.islice(itertools.cycle(["next", "next", "previous"]), _STEPS)
    steps = [_press(app, f"mistakes.{key}") for key in keys]
    return {
        "server_open_ms": round(opened.passed),
        "server_open_processor_ms": round(opened.processor),
        "filters": len(filters),
        **_spread("server_filter", filters),
        **_spread("server_step", steps),
    }


def filters_to_try(workspace: Workspace, run: Run) -> Iterator[dict[str, str]]:
    """Yield different filters of every kind, as they stand in the address of the page."""
    dataset = DatasetStore(workspace.datasets_dir).load(run.config.dataset_fingerprint)
    first, second, *_ = dataset.label_names
    words = dataset.texts(np.array([0]))[0].split()
    for outcome in ("mistakes", "all", "correct", "wrong-and-sure", "right-but-unsure"):
        yield {"outcome": outcome}
        yield {"outcome": outcome, "true": first}
        yield {"outcome": outcome, "true": second, "predicted": first}
        yield {"outcome": outcome, "query": words[1]}
        yield {"outcome": outcome, "query": f'"{words[2]} {words[3]}"', "true": second}
        yield {"outcome": outcome, "pattern": f"{words[0][:3]}[a-z]+{words[0][-2:]}"}
        yield {"outcome": outcome, "sure": "70-90", "loss": "0.5.."}
        yield {"outcome": outcome, "words": "5..12"}
        yield {"outcome": outcome, "tag": "seen", "unreviewed": "yes"}
        yield {"outcome": outcome, "in_slice": "ten to twenty words"}
    for cause in ("rare_class", "truncated", "none"):
        yield {"cause": cause}
    for order in ("confidence", "margin", "entropy", "position"):
        yield {"outcome": "all", "order": order}


def _follow(app: AppTest, link: dict[str, str]) -> None:
    """Put a link into the address; what the page remembers of the one before goes."""
    for name in list(app.query_params):
        app.session_state[f"url.{name}"] = ""
    app.query_params.clear()
    for name, value in link.items():
        app.query_params[name] = value


@dataclass(frozen=True, slots=True)
class _Cost:
    """What a rerun took, in milliseconds."""

    passed: float
    processor: float
    """Of all threads: what a busy machine changes less."""


def _press(app: AppTest, key: str) -> _Cost:
    app.button(key=key).click()
    return _rerun(app)


def _rerun(app: AppTest) -> _Cost:
    start, processor = time.perf_counter(), time.process_time()
    app.run()
    cost = _Cost(1_000 * (time.perf_counter() - start), 1_000 * (time.process_time() - processor))
    if app.exception or app.error:
        raise BenchError("Expected the page without an error, got one.")
    return cost


def _spread(name: str, costs: list[_Cost]) -> dict[str, int]:
    passed = [cost.passed for cost in costs]
    processor = [cost.processor for cost in costs]
    return {
        f"{name}_median_ms": round(statistics.median(passed)),
        f"{name}_p95_ms": round(float(np.percentile(passed, 95))),
        f"{name}_processor_p95_ms": round(float(np.percentile(processor, 95))),
    }
