"""A report in a real browser: it opens from a file, sends for nothing, and follows the theme."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.pages.conftest import HOSTILE_CLASSES, make_run
from tests.reporting.cases import facts_of
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore
from textcls_core.reporting.saving import save_report
from textcls_core.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]
IMAGE = '<img src="http://127.0.0.1:9/x.png" onerror="document.title=1"> <script>alert(1)</script>'


@pytest.fixture
def report(workspace: Workspace, tmp_path: Path) -> Path:
    """A report whose names and texts would fetch and run something if they were markup."""
    labels = [HOSTILE_CLASSES[n % 2] for n in range(24)]
    splits = ["train"] * 8 + ["validation"] * 8 + ["test"] * 8
    dataset = build_dataset(Rows([f"{IMAGE} {n}" for n in range(24)], labels, splits, extra={}))
    DatasetStore.open(workspace).save(dataset, "hostile", IMAGE)
    mistakes = {HOSTILE_CLASSES[:2]: 2}
    run = make_run(workspace, "hostile", dataset, mistakes, name=IMAGE[:80])
    return save_report(facts_of(run), tmp_path / "report.html")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_report_opens_without_a_request(browser: Browser, report: Path, scheme: str) -> None:
    page = browser.new_page(color_scheme=scheme)
    requests, messages = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: messages.append(message.text))
    page.on("dialog", lambda dialog: messages.append(dialog.message))

    page.goto(report.as_uri())
    title, paper = page.title(), page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.close()

    assert requests == [report.as_uri()]
    assert messages == []
    assert title.startswith("<img src=")
    assert paper == {"light": "rgb(255, 255, 255)", "dark": "rgb(18, 22, 31)"}[scheme]
