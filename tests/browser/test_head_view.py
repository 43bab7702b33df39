"""The head view in Chromium: it follows pointer and keys, and never reads a text as markup."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App, Watch, settle
from textcls_core.runs.run import Run
from textcls_core.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TEXT = "the old cat was here <img src=x>"
LOADING = 60_000
"""Milliseconds until torch and the model have arrived on a busy machine."""
WORDS = ".{side} button[data-index]"


@pytest.fixture(scope="module")
def app(finished_run: Run) -> Iterator[App]:
    """The app on the workspace of the finished run, which it only reads."""
    app = App(Workspace(finished_run.folder.parent.parent))
    app.start()
    yield app
    app.kill()


@pytest.fixture
def opened(app: App, page: Page, finished_run: Run) -> Page:
    """The head view of a hostile text, from one head."""
    page.goto(f"{app.url}/explanation?run={finished_run.run_id}&layer=1&head=0,1")
    # The offered text first: what is typed while the model still loads waits behind it.
    expect(page.locator(WORDS.format(side="left")).first).to_be_visible(timeout=LOADING)
    settle(page)
    page.locator("textarea").first.fill(TEXT)
    page.keyboard.press("Control+Enter")
    expect(word(page, "left", "src")).to_be_visible()
    settle(page)
    return page


def word(page: Page, side: str, text: str):
    return page.locator(WORDS.format(side=side)).filter(has_text=re.compile(f"^{text}")).first


def numbers(page: Page, side: str) -> list[float]:
    """Return the percentages beside the words of one side."""
    shown = page.locator(f".{side} small").all_inner_texts()
    return [float(text.removesuffix(" %")) for text in shown if text]


def test_head_view_follows_pointer_keys_and_clicks(opened: Page, watch: Watch) -> None:
    word(opened, "left", "old").hover()
    expect(opened.locator(".said")).to_have_text(re.compile("^old looks at .*%"))
    assert 93 <= sum(numbers(opened, "right")) <= 102
    assert opened.locator("svg g").last.locator("path").count() > 2

    word(opened, "right", "cat").hover()
    expect(opened.locator(".said")).to_have_text(re.compile("^cat is looked at by .*%"))
    assert numbers(opened, "left")

    word(opened, "left", "old").click()
    opened.mouse.move(5, 5)  # the click keeps it
    expect(opened.locator(".said")).to_have_text(re.compile("^old looks at"))

    opened.keyboard.press("ArrowDown")
    expect(word(opened, "left", "cat")).to_be_focused()
    expect(opened.locator(".said")).to_have_text(re.compile("^cat looks at"))
    opened.keyboard.press("Escape")
    expect(opened.locator(".said")).to_have_text(re.compile("^All lines"))

    opened.get_by_role("button", name="head 2").click()
    expect(opened.get_by_role("button", name="head 2")).to_have_attribute("aria-pressed", "false")
    assert watch.problems == []


def test_head_view_asks_the_server_nothing_while_it_is_pointed_at(opened: Page) -> None:
    sent: list[str] = []
    opened.on("request", lambda request: sent.append(request.url))
    opened.evaluate("""() => {
        const send = WebSocket.prototype.send
        window.sent = 0
        WebSocket.prototype.send = function (data) { window.sent += 1; send.call(this, data) }
    }""")

    words = ("old", "cat", "was", "here")
    for text in words:
        word(opened, "left", text).hover()
        expect(opened.locator(".said")).to_have_text(re.compile(f"^{text} looks at"))

    assert sent == []
    assert opened.evaluate("window.sent") < len(words)  # the app may send a message of its own


def test_picture_of_a_head_opens_it(app: App, page: Page, finished_run: Run, watch: Watch) -> None:
    page.goto(f"{app.url}/explanation?run={finished_run.run_id}&look=All+heads")
    picture = page.get_by_role("button", name="Open layer 2, head 1")
    expect(picture).to_be_visible(timeout=LOADING)
    picture.click()

    expect(page.get_by_text("Layer 2, head 1.")).to_be_visible()
    expect(page).to_have_url(re.compile("layer=1&head=0|head=0&layer=1"))
    expect(page.locator(WORDS.format(side="left")).first).to_be_visible()
    assert watch.problems == []
