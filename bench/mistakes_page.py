"""The Inspect view of a large run in Chromium: until an example stands, and until the next one."""

import re
import statistics
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from bench.pages import visited_app
from textcls_core.runs.run import Run

_DONE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
_TIMEOUT = 120_000
_STEPS = 10
_SETTLE = 2_000


def measure(run: Run, repeats: int) -> dict[str, Any]:
    """Return how long a visitor of a fresh server waits, medians of several servers.

    Args:
        run: Of many rows.
        repeats: Fresh servers.
    """
    visits = [_visit_fresh_server(run) for _ in range(repeats)]
    return {
        name: round(statistics.median(visit[name] for visit in visits), 2) for name in visits[0]
    }


def _visit_fresh_server(run: Run) -> dict[str, float]:
    with visited_app() as (_, url, page):
        return _time_visit(page, f"{url}/mistakes?run={run.run_id}")


def _time_visit(page: Page, url: str) -> dict[str, float]:
    opened = _seconds(lambda: page.goto(url), lambda: _see(page, 1))
    page.wait_for_selector(_DONE, timeout=_TIMEOUT)
    again = _seconds(lambda: page.goto(url), lambda: _see(page, 1))
    page.wait_for_selector(_DONE, timeout=_TIMEOUT)
    page.get_by_role("button", name="Next").wait_for(timeout=_TIMEOUT)
    page.wait_for_timeout(_SETTLE)  # a key is heard once the part of the app behind it is loaded
    steps = [_time_step(page, number) for number in range(2, 2 + _STEPS)]
    return {
        "first_paint_seconds": opened,
        "reopen_seconds": again,
        "step_seconds": statistics.median(steps),
    }


def _time_step(page: Page, number: int) -> float:
    """Return the seconds from the arrow key to the example with a number in the list."""
    found = _seconds(lambda: page.keyboard.press("ArrowRight"), lambda: _see(page, number))
    page.wait_for_selector(_DONE, timeout=_TIMEOUT)
    return found


def _see(page: Page, number: int) -> None:
    """Wait for the place of the open example in the list."""
    place = page.get_by_text(re.compile(rf"^{number} of [\d,]+$"))
    expect(place).to_be_visible(timeout=_TIMEOUT)


def _seconds(act: Callable[[], Any], see: Callable[[], None]) -> float:
    start = time.perf_counter()
    act()
    see()
    return time.perf_counter() - start
