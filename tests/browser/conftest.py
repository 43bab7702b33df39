"""The running app and a Chromium page that notes everything suspicious."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from textcls_core.workspace import APP_DIR, Workspace

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-background-networking",
    "--force-color-profile=srgb",
]
HARMLESS = re.compile(r"/_stcore/(health|host-config)")
"""A deep link makes Streamlit look for these below the page's own path first; each gives a 404."""
START_SECONDS = 30.0
expect.set_options(timeout=20_000)  # a busy machine is no failure


@dataclass
class App:
    """The app as a process of its own, on a free port."""

    workspace: Workspace
    port: int = field(default_factory=lambda: free_port())
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "streamlit", "run", "streamlit_app.py"),
                *(f"--server.port={self.port}", "--server.headless=true"),
            ],
            cwd=APP_DIR,
            # One thread: two cores are shared by the app, its worker and the browser.
            env={**os.environ, "TEXTCLS_HOME": str(self.workspace.root), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1).close()
            except OSError:
                time.sleep(0.1)
            else:
                return
        raise TimeoutError("The app did not start.")

    def kill(self) -> None:
        """Kill the server as kill -9 does."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@dataclass
class Watch:
    """What the browser saw that it should not have seen."""

    problems: list[str] = field(default_factory=list)

    def on_console(self, message: ConsoleMessage) -> None:
        place = message.location.get("url", "")
        if message.type == "error" and not HARMLESS.search(place):
            self.problems.append(f"console: {message.text} {place}")

    def on_request(self, request: Request) -> None:
        is_local = request.url.startswith(("http://127.0.0.1:", "data:", "blob:"))
        if not is_local:
            self.problems.append(f"foreign request: {request.url}")

    def on_response(self, response: Response) -> None:
        if response.status >= 500:
            self.problems.append(f"status {response.status}: {response.url}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def settle(page: Page) -> None:
    """Wait until the script has run and the page is connected."""
    page.wait_for_selector(
        '[data-testid="stApp"][data-test-connection-state="CONNECTED"]'
        '[data-test-script-state="notRunning"]',
        timeout=30_000,
    )


@pytest.fixture
def app(workspace: Workspace) -> Iterator[App]:
    """The app on a workspace with `bbc-news` and `toy`."""
    app = App(workspace)
    app.start()
    yield app
    app.kill()
    # A run outlives the app by design; one that a failed test left behind must not.
    subprocess.run(["pkill", "-9", "-f", str(workspace.root)], check=False)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium; the message says how to get one."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("The browser tests need Chromium. On Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=CHROMIUM_FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def watch() -> Watch:
    """Collects problems; a test asserts that there are none."""
    return Watch()


@pytest.fixture
def page(browser: Browser, watch: Watch) -> Iterator[Page]:
    """A fresh browser context, 1440 pixels wide."""
    context = browser.new_context(
        viewport={"width": 1440, "height": 1000}, reduced_motion="reduce", locale="en-GB"
    )
    page = context.new_page()
    page.on("console", watch.on_console)
    page.on("request", watch.on_request)
    page.on("response", watch.on_response)
    page.set_default_timeout(20_000)
    yield page
    context.close()
