"""Saving a view in a real browser: pictures without a network, and a file that draws its charts."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import App, Watch, settle
from tests.pages.conftest import HOSTILE_TEXT, make_run, save_model
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.workspace import Workspace

pytestmark = [pytest.mark.browser, pytest.mark.slow]
TORCH_ARRIVES = 60_000
"""Milliseconds; the first explanation of an app waits for it."""


@pytest.fixture(scope="module")
def app(
    tmp_path_factory: pytest.TempPathFactory,
    workspace_template: Workspace,
    toy_dataset: TextDataset,
    tiny_model_dir: Path,
) -> Iterator[App]:
    """The app on a workspace with one run, which the tests only read; torch arrives once."""
    workspace = Workspace(tmp_path_factory.mktemp("saving") / "workspace")
    shutil.copytree(workspace_template.root, workspace.root)
    run = make_run(workspace, "toy", toy_dataset, {}, name="saved run")
    save_model(run.model_dir, toy_dataset, tiny_model_dir)
    app = App(workspace)
    app.start()
    yield app
    app.kill()


@pytest.fixture
def opened(app: App, page: Page) -> Page:
    """The Attributions view of a hostile text, with the Save control open."""
    page.goto(f"{app.url}/explanation?panel=Attributions&method=occlusion")
    write(page, HOSTILE_TEXT)
    expect(page.locator(".words button", has_text="onerror").first).to_be_visible(
        timeout=TORCH_ARRIVES
    )
    settle(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="SVG")).to_be_visible()
    return page


def write(page: Page, text: str) -> None:
    page.get_by_label("Text", exact=True).fill(text)
    page.get_by_label("Text", exact=True).press("Control+Enter")


def direction(page: Page) -> str:
    return str(page.locator(".words").evaluate("words => getComputedStyle(words).direction"))


def download(page: Page, kind: str, folder: Path) -> Path:
    with page.expect_download() as found:
        page.get_by_role("button", name=kind, exact=True).click()
    file = folder / found.value.suggested_filename
    found.value.save_as(file)
    return file


@pytest.fixture
def elsewhere(browser: Browser) -> Iterator[tuple[Page, list[str]]]:
    """A dark browser without a network, with all that it asks for, says or is told."""
    context = browser.new_context(color_scheme="dark", offline=True)
    page, events = context.new_page(), list[str]()
    page.on("request", lambda request: events.append(request.url))
    page.on("console", lambda message: events.append(message.text))
    page.on("dialog", lambda dialog: events.append(dialog.message))
    yield page, events
    context.close()


def test_pictures_are_made_without_a_network(
    opened: Page, watch: Watch, elsewhere: tuple[Page, list[str]], tmp_path: Path
) -> None:
    words = [text.strip() for text in opened.locator(".words button").all_text_contents()]
    opened.context.set_offline(True)

    svg, png = (download(opened, kind, tmp_path) for kind in ("SVG", "PNG"))

    opened.context.set_offline(False)
    reader, events = elsewhere
    reader.goto(svg.as_uri())
    texts = reader.locator("text").all_text_contents()
    assert texts[0] == "Attributions"
    assert texts[1].startswith("Run: saved run")
    assert " ".join(words) in " ".join(texts)
    assert reader.locator("svg svg").count() >= 2  # both charts
    assert events == [svg.as_uri()]
    assert png.read_bytes().startswith(b"\x89PNG")
    assert not [one for one in watch.problems if "foreign" in one]
    assert direction(opened) == "ltr"
    write(opened, "فاز الفريق بالمباراة الأخيرة")
    expect(opened.locator(".words button", has_text="فاز").first).to_be_visible()
    assert direction(opened) == "rtl"


def test_the_file_draws_its_charts_without_a_request(
    opened: Page, elsewhere: tuple[Page, list[str]], tmp_path: Path
) -> None:
    file = download(opened, "HTML", tmp_path)

    reader, events = elsewhere
    reader.goto(file.as_uri())
    expect(reader.locator(".plotly-graph-div .main-svg .bars").first).to_be_attached()

    ink = reader.evaluate("document.querySelector('.js-plotly-plot')._fullLayout.font.color")
    assert reader.locator(".js-plotly-plot").count() == 2
    assert ink == "#E8EBF1"
    assert events == [file.as_uri()]


def test_picture_of_the_head_view_has_all_its_words_in_the_frame_and_no_controls(
    opened: Page, elsewhere: tuple[Page, list[str]], tmp_path: Path, app: App
) -> None:
    opened.goto(f"{app.url}/explanation?layer=0&head=1")
    opened.get_by_label("Text", exact=True).fill("the old cat was here " * 10)
    opened.get_by_label("Text", exact=True).press("Control+Enter")
    expect(opened.locator(".left button", has_text="here")).to_have_count(10, timeout=TORCH_ARRIVES)
    settle(opened)
    opened.get_by_role("button", name="Save").click()
    svg = download(opened, "SVG", tmp_path)

    reader, _ = elsewhere
    reader.goto(svg.as_uri())
    texts = reader.locator("text").all_text_contents()
    assert "Heads: layer 1, head 2" in texts
    assert "lines" not in texts[: texts.index("looks")]
    bottoms = "nodes => nodes.map(node => node.getBoundingClientRect().bottom)"
    frames = reader.locator("rect[fill=none]").evaluate_all(bottoms)
    words = reader.locator("text", has_text="here").evaluate_all(bottoms)
    assert max(frames) > max(words)
