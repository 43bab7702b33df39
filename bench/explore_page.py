"""The app with a very large data set: first paint, bytes to the browser, memory of the server."""

import re
import subprocess
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from bench.pages import see_title, visited_app
from textcls_core.dataset.store import DatasetInfo

_PEAK = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)
_DONE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
_LINKS = (
    "view=Explore",
    "view=Explore&data_page=50000",
    "view=Explore&data_query=ka&data_split=train",
    "view=Explore&data_pattern=%5CbKa%5Cw%2B&data_class=class%2003",
    "view=Explore&data_characters=40..60&data_sort=-words",
)


def measure(info: DatasetInfo) -> dict[str, Any]:
    """Return what a visitor of a fresh server waits for and is sent, and what the server needs."""
    with visited_app() as (server, url, page):
        sent = _count_bytes(page)
        seconds, visits = [], []
        for link in ("view=Overview", *_LINKS):
            before = sum(sent)
            start = time.perf_counter()
            page.goto(f"{url}/dataset?dataset={info.dataset_id}&{link}")
            see_title(page, "Data")
            expect(page.get_by_test_id("stMetric").first).to_be_visible(timeout=60_000)
            seconds.append(time.perf_counter() - start)
            page.wait_for_selector(_DONE, timeout=60_000)
            visits.append(sum(sent) - before)
        return {
            "first_paint_seconds": round(seconds[0], 2),
            "bytes_sent": max(visits),
            "peak_memory_mb": round(_peak_bytes(server) / 2**20),
        }


def _count_bytes(page: Page) -> list[int]:
    """Return a list that grows by the size of every message the browser gets."""
    sizes: list[int] = []
    page.on(
        "websocket", lambda socket: socket.on("framereceived", lambda data: sizes.append(len(data)))
    )
    return sizes


def _peak_bytes(server: "subprocess.Popen[bytes]") -> int:
    """Return the largest resident memory that the server has had."""
    found = _PEAK.search(Path(f"/proc/{server.pid}/status").read_text())
    return int(found.group(1)) * 1024 if found else 0
