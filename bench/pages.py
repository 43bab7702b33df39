"""How soon the pages of the running app appear, in Chromium.

First paint: from the request of a deep link in a new browser context to the visible title of the
page, on a server that has served one page before, interleaved with an app that shows nothing but a
title. Switch: from a click in the menu to the visible
title of the next page. Figures are medians of several rounds.
"""

import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from bench.summary import spread
from textcls_core.runs.store import RunStore
from textcls_core.workspace import APP_DIR, Workspace

PAGES = {
    "": ("Home", "TextCLS Studio"),
    "dataset": ("Data", "Data"),
    "training": ("Train", "Train"),
    "evaluation": ("Evaluate", "Evaluate"),
    "mistakes": ("Mistakes", "Mistakes"),
    "explanation": ("Attention", "Attention"),
    "prediction": ("Predict", "Predict"),
}
ROUNDS = 5
MIN_FINISHED_RUNS = 3


def measure() -> dict[str, Any]:
    """Return seconds to first paint, its ratio to an empty app's, and seconds of a switch."""
    workspace = Workspace.default()
    finished = [run for run in RunStore.open(workspace).runs() if run.has_model]
    if len(finished) < MIN_FINISHED_RUNS:
        sys.exit(f"Expected {MIN_FINISHED_RUNS} finished runs in {workspace.root}.")
    with tempfile.TemporaryDirectory() as folder:
        empty = Path(folder) / "empty.py"
        empty.write_text(f'import streamlit as st\nst.title("{PAGES[""][1]}")\n')
        servers, urls = zip(*map(start_app, (APP_DIR / "streamlit_app.py", empty)), strict=True)
        try:
            with sync_playwright() as playwright:
                path = shutil.which("chromium")
                browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
                paint, ratios = first_paints(browser, *urls)
                switch = switches(browser, urls[0])
        finally:
            for server in servers:
                server.kill()
    return {
        "first_paint_seconds": paint,
        "ratio_empty_app": spread(ratios, digits=2),
        "switch_seconds": switch,
        "worst_first_paint": max(paint.values()),
        "worst_switch": max(switch.values()),
    }


@contextmanager
def visited_app() -> Iterator[tuple[subprocess.Popen[bytes], str, Page]]:
    """Give a fresh server of the app, its address, and a browser that has seen its home page.

    So no visitor that is timed pays for the first session of a server.
    """
    server, url = start_app(APP_DIR / "streamlit_app.py")
    try:
        with sync_playwright() as playwright:
            path = shutil.which("chromium")
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
            page.goto(url)
            see_title(page, PAGES[""][1])
            yield server, url, page
            browser.close()
    finally:
        server.kill()


def start_app(script: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start a Streamlit app on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = [f"--server.port={port}", "--server.headless=true"]
    server = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", script, *options],
        cwd=APP_DIR,
        env=dict(os.environ),
        stdout=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    while True:
        try:
            urllib.request.urlopen(f"{url}/_stcore/health", timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return server, url


def first_paints(browser: Browser, ours: str, empty: str) -> tuple[dict[str, float], list[float]]:
    """Return the median time of each page, and the ratios to the empty app asked in between."""
    open_page(browser, ours, "")  # neither server pays for its first session
    open_page(browser, empty, "")
    seconds, ratios = defaultdict(list), []
    for _ in range(ROUNDS):
        for name in PAGES:
            seconds[name or "home"].append(open_page(browser, ours, name))
            ratios.append(seconds[name or "home"][-1] / open_page(browser, empty, ""))
    return {name: round(statistics.median(values), 2) for name, values in seconds.items()}, ratios


def open_page(browser: Browser, url: str, name: str) -> float:
    """Return the seconds until the title of a page is visible."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    start = time.perf_counter()
    page.goto(f"{url}/{name}")
    see_title(page, PAGES[name][1])
    seconds = time.perf_counter() - start
    context.close()
    return seconds


def switches(browser: Browser, url: str) -> dict[str, float]:
    """Return the median time of a switch to each page by the menu."""
    page = browser.new_context(viewport={"width": 1440, "height": 1000}).new_page()
    page.goto(url)
    see_title(page, PAGES[""][1])
    seconds = defaultdict(list)
    for _ in range(ROUNDS):
        for name in [*list(PAGES)[1:], ""]:
            menu, title = PAGES[name]
            start = time.perf_counter()
            page.get_by_test_id("stSidebarNavLink").filter(has_text=re.compile(menu)).click()
            see_title(page, title)
            seconds[name or "home"].append(time.perf_counter() - start)
    return {name: round(statistics.median(values), 2) for name, values in seconds.items()}


def see_title(page: Page, title: str) -> None:
    """Wait until the page shows its title."""
    heading = page.get_by_test_id("stMain").get_by_role("heading", name=title, exact=True)
    expect(heading.first).to_be_visible(timeout=60_000)
