"""Live charts in a real browser: what was zoomed stays zoomed while the curves grow."""

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FloatRect, Locator, Page, expect

from tests.browser.conftest import App, Watch, settle
from tests.pages.conftest import make_baseline, make_run
from textcls_core.dataset.building import Rows, build_dataset
from textcls_core.dataset.store import DatasetStore
from textcls_core.dataset.text_dataset import Split, TextDataset
from textcls_core.files import write_json
from textcls_core.runs.history import append_rows
from textcls_core.runs.run import Run
from textcls_core.training.baselines import save_baseline

_PLACES = """
chart => [...chart.querySelectorAll("svg text")].map(text => {
  const { x, y, width, height } = text.getBoundingClientRect()
  return [text.textContent, { x, y, width, height }]
})
"""
"""Where all texts of a chart stand at one moment; the chart is drawn anew while one asks."""
pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def live_run(app: App, toy_dataset: TextDataset, hold_lock: Callable[[Path], Any]) -> Run:
    """A run at step 20 of 400 whose worker is this test."""
    run = make_run(app.workspace, "toy", toy_dataset, {})
    (run.folder / "finished.json").unlink()
    write_json(run.folder / "started.json", {"num_steps": 400})
    hold_lock(run.lock_file)
    return run


def train(page: Page, run: Run, step: int) -> None:
    """Do one step, with a validation, and wait until the page has seen it."""
    scores = {"validation_accuracy": 0.9, "validation_macro_f1": 0.5 + step / 1000}
    rows = [
        {"step": step, "epoch": 1, "train_loss": 0.5, "learning_rate": 1e-4, "train_seconds": 9.0},
        {"step": step, "epoch": 1, "validation_loss": 0.4, **scores},
    ]
    with run.history_file.open("a") as file:
        append_rows(file, rows)
    expect(page.get_by_text(f"{step} of 400")).to_be_visible()
    expect(page.get_by_test_id("stVegaLiteChart").first).to_be_visible()


def axes(chart: Locator) -> list[str]:
    """Return what stands at the axes."""
    return chart.locator(".role-axis-label text").all_text_contents()


def mark(chart: Locator) -> None:
    """Leave a sign in the chart that is lost when the chart is drawn anew."""
    chart.locator("svg").evaluate("svg => svg.dataset.mark = 'the same'")


def zoom(page: Page, chart: Locator) -> None:
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 150, box["y"] + 110)
    for _ in range(4):
        page.mouse.wheel(0, -200)


def test_zoom_stays_while_the_run_goes_on(
    app: App, page: Page, watch: Watch, live_run: Run
) -> None:
    page.goto(f"{app.url}/training?watch={live_run.run_id}")
    settle(page)
    charts = [page.get_by_test_id("stVegaLiteChart").nth(place) for place in (0, 1)]
    expect(charts[1].locator("svg")).to_be_visible()
    whole = [axes(chart) for chart in charts]

    for chart in charts:
        mark(chart)
        zoom(page, chart)
        page.wait_for_timeout(500)  # the wheel has no end that could be waited for
    zoomed = [axes(chart) for chart in charts]
    for step in (21, 22, 23):
        train(page, live_run, step)

    for chart, before, after in zip(charts, whole, zoomed, strict=True):
        assert after != before
        assert axes(chart) == after
        expect(chart.locator("svg")).to_have_attribute("data-mark", "the same")
    assert watch.problems == []


def test_names_of_baselines_and_of_curves_never_meet(app: App, page: Page, live_run: Run) -> None:
    fingerprint = live_run.config.dataset_fingerprint
    save_baseline(app.workspace, make_baseline(fingerprint, "frozen", 0.6))  # as the validation
    save_baseline(app.workspace, make_baseline(fingerprint, "majority", 0.3))
    page.goto(f"{app.url}/training?watch={live_run.run_id}")
    settle(page)
    chart = page.get_by_test_id("stVegaLiteChart").first

    for step in (60, 150, 165, 200, 260, 390):
        train(page, live_run, step)
        for width in (900, 1440):
            page.set_viewport_size({"width": width, "height": 1000})
            for _ in range(50):  # the chart is drawn a moment after the number of the step
                if not (together := names_that_meet(chart)):
                    break
                page.wait_for_timeout(100)
            assert not together, (step, width)


def names_that_meet(chart: Locator) -> list[tuple[str, str]]:
    """Return the names of baselines and curves that cover one another, or are not there."""
    places = chart.evaluate(_PLACES)
    pairs = product(("Frozen minilm", "Majority class"), ("training 0.", "validation 0.4"))
    return [pair for pair in pairs if not apart(*(place_of(places, name) for name in pair))]


def place_of(places: list[tuple[str, FloatRect]], words: str) -> FloatRect | None:
    """Return where the last text with some words stands."""
    return next((box for text, box in reversed(places) if words in text), None)


def apart(one: FloatRect | None, other: FloatRect | None) -> bool:
    """Tell whether two texts are there and do not cover one another."""
    return one is not None and other is not None and not meet(one, other)


def meet(one: FloatRect, other: FloatRect) -> bool:
    """Tell whether two texts cover one another by more than the empty pixels around letters."""
    return all(
        one[start] + one[size] - 3 > other[start] and other[start] + other[size] - 3 > one[start]
        for start, size in (("x", "width"), ("y", "height"))
    )


def test_form_is_as_it_was_left(app: App, page: Page) -> None:
    page.goto(f"{app.url}/training?dataset=toy")
    settle(page)
    page.get_by_text("All settings").click()
    page.get_by_label("num_epochs", exact=True).fill("7")
    page.get_by_label("num_epochs", exact=True).press("Enter")
    expect(page.get_by_text("--set num_epochs=7").first).to_be_visible()

    page.get_by_test_id("stSidebarNavLink").filter(has_text="Data").click()
    expect(page.get_by_role("heading", name="Data", exact=True)).to_be_visible()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Train").click()

    expect(page.get_by_text("--set num_epochs=7").first).to_be_visible()


def test_first_batch_shows_a_hostile_text_as_text(app: App, page: Page, watch: Watch) -> None:
    texts = [f"<img src=x onerror=alert(1)> ![h](http://192.0.2.1/h.png) {n}" for n in range(40)]
    labels = ["a" if n % 2 else "<b>b</b>" for n in range(40)]
    splits: list[Split] = ["train"] * 20 + ["validation"] * 10 + ["test"] * 10
    dataset = build_dataset(Rows(texts, labels, splits, extra={}))
    DatasetStore.open(app.workspace).save(dataset, "hostile", "for this test")

    page.goto(f"{app.url}/training?dataset=hostile")
    settle(page)

    expect(page.locator(".rows .text").first).to_contain_text("img src")
    expect(page.locator(".rows img, .rows b, .rows a")).to_have_count(0)
    assert watch.problems == []
