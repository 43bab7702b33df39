"""What the style sheet of the frame overrides of Streamlit, whose names it depends on."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App, settle
from textcls_core.charts.theme import TICKS

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def rgb(color: str) -> str:
    return f"rgb({', '.join(str(int(color[place : place + 2], 16)) for place in (1, 3, 5))})"


def test_words_of_charts_and_the_chosen_view_can_be_read(app: App, page: Page) -> None:
    page.emulate_media(color_scheme="light")
    page.goto(f"{app.url}/dataset")
    settle(page)

    for words in (".xtick text", ".xtitle", ".ytitle"):
        expect(page.locator(words).first).to_have_css("fill", rgb(TICKS["light"]))

    page.emulate_media(color_scheme="dark")
    page.reload()
    settle(page)
    chosen = page.get_by_role("radio", name="Overview")
    expect(chosen).to_have_css("color", rgb("#93B1FF"))
