"""What users do, in a real browser on the running app."""

import json
import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App, Watch, settle
from textcls_core.config import RunConfig
from textcls_core.runs.run import Run
from textcls_core.runs.store import RunStore
from textcls_core.training.launch import start_run, wait

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = {
    "": "Home",
    "dataset": "Data",
    "training": "Train",
    "evaluation": "Evaluate",
    "mistakes": "Mistakes",
    "explanation": "Attention",
    "prediction": "Predict",
}
LOSS_CHART = '[aria-label*="validation loss by step"]'


def open_page(page: Page, app: App, path: str) -> None:
    page.goto(f"{app.url}/{path}")
    settle(page)


def shown_step(page: Page) -> int:
    """Return the step the run has reached, as its card says."""
    card = page.get_by_test_id("stMetric").filter(has_text=re.compile(r"^Step"))
    return int(card.get_by_test_id("stMetricValue").inner_text().split()[0].replace(",", ""))


def choose_model_folder(page: Page, folder: Path) -> None:
    field = page.get_by_role("combobox", name=re.compile("^(Selected .*)?Model"))
    field.click()
    field.fill(str(folder))
    field.press("Enter")
    settle(page)


def set_number(page: Page, name: str, value: str) -> None:
    field = page.get_by_label(name, exact=True)
    field.fill(value)
    field.press("Enter")
    settle(page)


def click_cell(page: Page, app_row: float, app_column: float) -> None:
    """Click the matrix at a share of its plotting area."""
    area = page.get_by_test_id("stPlotlyChart").locator(".nsewdrag").first
    box = area.bounding_box()
    assert box is not None
    area.click(position={"x": box["width"] * app_column, "y": box["height"] * app_row})


def import_file(page: Page, app: App, file: Path) -> None:
    """Lead a JSON Lines file through all steps of the import with what was guessed."""
    open_page(page, app, "dataset?view=Import")
    dropzone = page.get_by_test_id("stFileUploaderDropzoneInput").first
    dropzone.set_input_files(file)
    onwards = page.get_by_role("button", name="Next", exact=True)
    try:
        expect(onwards).to_be_enabled(timeout=10_000)
    except AssertionError:  # a file given while the page still repaints its uploader is lost
        dropzone.set_input_files(file)
    for step in ("Format", "Columns", "Labels", "Splits", "Checks", "Save"):
        onwards.click(timeout=40_000)
        expect(page).to_have_url(re.compile(f"step={step}"))
        settle(page)
    page.get_by_role("button", name="Import", exact=True).last.click(timeout=40_000)
    expect(page.get_by_test_id("stMetricValue").first).to_have_text("102", timeout=20_000)


def fill_training_form(page: Page, model: Path, **settings: str) -> None:
    """Choose a model folder and change settings by their field names."""
    choose_model_folder(page, model)
    page.get_by_text("All settings").click()
    for name, value in settings.items():
        set_number(page, name, value)


def stop_run(page: Page, run: Run) -> None:
    """Press Stop until the run is told; a click on a page that is just drawn anew is lost."""
    for _ in range(5):
        page.get_by_role("button", name="Stop and keep the best").click()
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            if run.stop_file.exists():
                return
            time.sleep(0.1)
    raise AssertionError("Stop was pressed five times, and the run was not told.")


def read_mistakes(page: Page, app: App, run_id: str) -> None:
    """Step through the mistakes of a run by button and by key; the open one is in the address."""
    open_page(page, app, f"mistakes?run={run_id}&outcome=all&true=food")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text(re.compile(r"^2 of \d+"))).to_be_visible()
    settle(page)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text(re.compile(r"^3 of \d+"))).to_be_visible()
    settle(page)
    page.keyboard.press("m")
    expect(page.get_by_role("button", name="Reviewed")).to_be_visible()
    page.reload()  # the open example and the filter are in the address
    expect(page.get_by_text(re.compile(r"^3 of \d+"))).to_be_visible()


def wait_for_step_after(page: Page, step: int) -> None:
    """Wait until the live page has moved on by more than 20 steps, or shows how the run ended."""
    page.wait_for_function(
        """step => document.body.innerText.includes("Test accuracy") ||
          [...document.querySelectorAll('[data-testid="stMetric"]')].some(card => {
            const found = card.innerText.match(/^Step\\s+([\\d,]+) of/)
            return found && Number(found[1].replaceAll(",", "")) > step + 20
        })""",
        arg=step,
        timeout=40_000,
    )


@pytest.fixture
def noisy_file(tmp_path: Path) -> Path:
    """102 texts whose noun decides the class, 12 of them with two nouns."""
    rows = [
        {"text": f"the {noun} number {i}", "label": label}
        for label, noun in (("animals", "cat"), ("food", "bread"), ("weather", "rain"))
        for i in range(30)
    ]
    rows += [{"text": f"the cat and the rain {i}", "label": "food"} for i in range(12)]
    file = tmp_path / "mine.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows))
    return file


def test_whole_job_from_import_to_attention(
    app: App, page: Page, watch: Watch, tiny_model_dir: Path, noisy_file: Path
) -> None:
    import_file(page, app, noisy_file)
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Train").click()
    settle(page)
    fill_training_form(
        page, tiny_model_dir, max_length="16", num_epochs="50", learning_rate="0.005"
    )
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.locator(LOSS_CHART).first).to_be_visible(timeout=40_000)
    wait_for_step_after(page, shown_step(page))
    page.reload()  # the run goes on, and the page finds it again
    expect(page.get_by_text("Test accuracy", exact=True)).to_be_visible(timeout=90_000)

    page.get_by_role("link", name="Evaluate").last.click()
    page.get_by_role("radio", name="Matrix").or_(page.get_by_role("button", name="Matrix")).click()
    expect(page.get_by_text("all mistakes")).to_be_visible()
    click_cell(page, 0.13, 0.13)
    expect(page.get_by_text("true animals, predicted animals")).to_be_visible()
    expect(page).to_have_url(re.compile("true=animals"))
    expect(page).to_have_url(re.compile("run="))  # also for the run shown by default

    run_id = re.search(r"run=([\w-]+)", page.url)
    assert run_id is not None
    read_mistakes(page, app, run_id[1])
    page.get_by_role("button", name="Look at its attention").click()
    expect(page.get_by_text("not why it decides")).to_be_visible()
    expect(page.locator("button.special", has_text="[CLS]").first).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)
    assert watch.problems == []


def test_run_survives_kill_of_the_app_and_the_tab_heals(
    app: App, page: Page, tiny_config: RunConfig
) -> None:
    config = tiny_config.model_copy(update={"num_epochs": 1000, "batch_size": 2})
    run = start_run(app.workspace, config)
    open_page(page, app, f"training?watch={run.run_id}")
    expect(page.locator(LOSS_CHART).first).to_be_visible(timeout=40_000)
    before = shown_step(page)

    app.kill()
    app.start()

    wait_for_step_after(page, before)
    stop_run(page, run)
    assert wait(run) == "stopped"


@pytest.mark.parametrize("path", PAGES)
def test_page_is_framed_when_it_is_the_first_request_after_a_restart(
    app: App, page: Page, watch: Watch, path: str
) -> None:
    open_page(page, app, path)

    expect(page.get_by_test_id("stSidebarNavLink")).to_contain_text(list(PAGES.values()))
    expect(page).to_have_title(f"{PAGES[path]} · TextCLS Studio")
    assert watch.problems == []


def test_two_quick_clicks_on_train_make_one_run(app: App, page: Page, tiny_model_dir: Path) -> None:
    open_page(page, app, "training?dataset=toy")
    fill_training_form(page, tiny_model_dir, max_length="32")

    page.get_by_role("button", name="Train", exact=True).dblclick(delay=20)

    expect(page.get_by_text("Test accuracy", exact=True)).to_be_visible(timeout=60_000)
    assert len(RunStore.open(app.workspace).runs()) == 1
