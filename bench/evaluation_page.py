"""The Evaluate page on a large run: figures, intervals, the matrix and the rows behind a cell."""

import re
import shutil
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page, expect, sync_playwright

from bench.errors import BenchError
from bench.pages import see_title, start_app
from textcls_core.runs.run import Run
from textcls_core.workspace import APP_DIR

_DONE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
_TIMEOUT = 120_000


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
    server, url = start_app(APP_DIR / "streamlit_app.py")
    try:
        with sync_playwright() as playwright:
            path = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
            page.goto(url)  # no visitor pays for the first session of a server
            see_title(page, "TextCLS Studio")
            found = _time_overview(page, f"{url}/evaluation?run={run.run_id}")
            again = _time_overview(page, f"{url}/evaluation?run={run.run_id}")
            found["reopen_seconds"] = again["intervals_seconds"]
            found |= _time_matrix(page, f"{url}/evaluation?run={wide.run_id}")
            browser.close()
        return {**found, "loads_torch": _has_loaded(server.pid, "libtorch")}
    finally:
        server.kill()


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
    cell = page.locator('[data-testid="stPlotlyChart"] .barlayer .point path').first
    drawn = _seconds(view.click, lambda: expect(cell).to_be_visible(timeout=_TIMEOUT))
    page.wait_for_selector(_DONE, timeout=_TIMEOUT)
    heading = page.get_by_text(re.compile(r"rows?: *true .*, predicted")).first
    opened = _seconds(
        lambda: _click_on(page, cell), lambda: expect(heading).to_be_visible(timeout=_TIMEOUT)
    )
    return {"matrix_seconds": drawn, "drill_down_seconds": opened}


def _click_on(page: Page, cell: Locator) -> None:
    """Click where a cell is drawn; the layer that takes clicks lies above it."""
    cell.scroll_into_view_if_needed()
    box = cell.bounding_box()
    if box is None:
        raise BenchError("Expected a cell of the matrix on the screen, found none.")
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def _seconds(act: Callable[[], None], see: Callable[[], None]) -> float:
    start = time.perf_counter()
    act()
    see()
    return time.perf_counter() - start


def _has_loaded(pid: int, library: str) -> bool:
    """Tell whether a process has a library in memory."""
    return library in Path(f"/proc/{pid}/maps").read_text()
