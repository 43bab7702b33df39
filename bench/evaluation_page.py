"""The Evaluate page on a large run: figures, intervals, the matrix and the rows behind a cell."""

import re
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, Position, expect

from bench.errors import BenchError
from bench.pages import visited_app
from textcls_core.runs.run import Run

_DONE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
_TIMEOUT = 120_000
_FIRST_CELL = """canvas => {
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  for (let at = 0; at < pixels.length; at += 4)
    if (pixels[at + 3] > 150 && pixels[at + 2] - pixels[at] > 80)
      return [at / 4 % canvas.width + 3, at / 4 / canvas.width + 3]
        .map(value => value * canvas.clientWidth / canvas.width);
  return null;
}"""
"""Where a matrix has its first pixel in the blue of large counts, and a little inside of it."""


def measure(run: Run, wide: Run, repeats: int) -> dict[str, Any]:
    """Return how long a visitor of a fresh server waits for each view, and what it loaded.

    Args:
        run: Of many rows, for the figures.
        wide: Of many classes, for the matrix.
        repeats: Fresh servers; figures are medians over them.
    """
    visits = [_visit_fresh_server(run, wide) for _ in range(repeats)]
    loads_torch = any(visit.pop("loads_torch") for visit in visits)
    seconds = {
        name: round(statistics.median(visit[name] for visit in visits), 2) for name in visits[0]
    }
    return {**seconds, "loads_torch": loads_torch}


def _visit_fresh_server(run: Run, wide: Run) -> dict[str, float]:
    with visited_app() as (server, url, page):
        found = _time_overview(page, f"{url}/evaluation?run={run.run_id}")
        again = _time_overview(page, f"{url}/evaluation?run={run.run_id}")
        found["reopen_seconds"] = again["intervals_seconds"]
        found |= _time_matrix(page, f"{url}/evaluation?run={wide.run_id}")
        return {**found, "loads_torch": _has_loaded(server.pid, "libtorch")}


def _time_overview(page: Page, url: str) -> dict[str, float]:
    """Return the seconds until the figures stand, and until their intervals do."""
    start = time.perf_counter()
    page.goto(url)
    values = page.get_by_test_id("stMetricValue")
    expect(values.first).to_have_text(re.compile(r"\d"), timeout=_TIMEOUT)
    opened = time.perf_counter() - start
    intervals = page.get_by_test_id("stMetricDelta")
    expect(intervals.first).to_have_text(re.compile(r"\d"), timeout=_TIMEOUT)
    settled = time.perf_counter() - start
    page.wait_for_selector(_DONE, timeout=_TIMEOUT)
    return {"open_seconds": opened, "intervals_seconds": settled}


def _time_matrix(page: Page, url: str) -> dict[str, float]:
    """Return the seconds from a click on the view to its matrix, and from a cell to its rows."""
    page.goto(f"{url}&matrix_classes=all")
    expect(page.get_by_test_id("stMetricValue").first).to_be_visible(timeout=_TIMEOUT)
    page.wait_for_selector(_DONE, timeout=_TIMEOUT)
    view = page.get_by_role("radio", name="Matrix")
    matrix = page.locator('[data-testid="stVegaLiteChart"] canvas').first
    drawn = _seconds(view.click, lambda: _first_cell(matrix))
    page.wait_for_selector(_DONE, timeout=_TIMEOUT)
    heading = page.get_by_text(re.compile(r"rows?: *true .*, predicted")).first
    opened = _seconds(
        lambda: matrix.click(position=_first_cell(matrix)),
        lambda: expect(heading).to_be_visible(timeout=_TIMEOUT),
    )
    return {"matrix_seconds": drawn, "drill_down_seconds": opened}


def _first_cell(matrix: Locator) -> Position:
    """Return where the first cell of the drawn matrix is; wait until it has one.

    Raises:
        BenchError: If nothing is drawn.
    """
    expect(matrix).to_be_visible(timeout=_TIMEOUT)
    end = time.perf_counter() + _TIMEOUT / 1_000
    while time.perf_counter() < end:
        if (found := matrix.evaluate(_FIRST_CELL)) is not None:
            return {"x": found[0], "y": found[1]}
    raise BenchError("Expected a cell of the matrix on the screen, found none.")


def _seconds(act: Callable[[], object], see: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    see()
    return time.perf_counter() - start


def _has_loaded(pid: int, library: str) -> bool:
    """Tell whether a process has a library in memory."""
    return library in Path(f"/proc/{pid}/maps").read_text()
