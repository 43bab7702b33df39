"""`bench attention`: how soon attention stands on the page, and how it follows the pointer.

View: from opening a link to the words of a text of a given length, on a server whose model is in
memory. Hover: from the event of a pointer that reaches a word to the next frame that the browser
draws. Layer: from the choice of a layer to the redrawn words. Medians and the worst of each.
"""

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from bench.machine import say
from bench.pages import visited_app
from bench.summary import spread
from textcls_core.runs.run import Run
from textcls_core.runs.store import RunStore
from textcls_core.workspace import Workspace

LENGTHS = (128, 400, 512)
_HOVERS = 60
_LAYERS = 4
_TIMEOUT = 120_000
_SENTENCE = "Shares in the airline rose after it won the cup final , the minister said . "
_WORD = ".left button[data-index]"
_DONE = '[data-testid="stApp"][data-test-script-state="notRunning"]'
_HOVER = """async (count) => {
  const seen = (root) => {
    const found = root.querySelector(".left button[data-index]")
    if (found) return root
    for (const node of root.querySelectorAll("*"))
      if (node.shadowRoot) { const inside = seen(node.shadowRoot); if (inside) return inside }
    return null
  }
  const root = seen(document)
  const words = [...root.querySelectorAll(".left button[data-index]")]
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))
  const times = []
  for (let turn = 0; turn < count; turn++) {
    const word = words[Math.floor((turn * 7919) % words.length)]
    word.scrollIntoView({ block: "center" })
    await frame(); await frame()
    const start = performance.now()
    word.dispatchEvent(new PointerEvent("pointerover", { bubbles: true, composed: true }))
    const work = performance.now() - start
    await frame()
    times.push([work, performance.now() - start])
  }
  return times
}"""
"""The time until the frame after the event is painted; a timer runs only after that."""


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Return seconds until the view stands, and milliseconds of hovering and choosing a layer."""
    run = _run(Workspace.default(), options.run)
    with visited_app() as (_, url, page):
        address = f"{url}/explanation?run={run.run_id}&layer=1&head=0"
        return {
            "attention": {
                "run": run.run_id,
                **{f"{length}_tokens": _measure(page, address, length) for length in LENGTHS},
            }
        }


def _run(workspace: Workspace, wanted: str) -> Run:
    """Return the finished run with an id, or the one that reads the longest texts."""
    runs = [run for run in RunStore.open(workspace).runs() if run.has_model]
    named = [run for run in runs if wanted in ("", run.run_id)]
    if not named:
        sys.exit(f"Expected a finished run {wanted} in {workspace.root}.")
    return max(named, key=lambda run: run.config.max_length)


def _measure(page: Page, address: str, length: int) -> dict[str, Any]:
    """Return the figures of a text of that many tokens, each of them a word."""
    say(f"{length} tokens")
    page.goto(address)
    page.wait_for_selector(_DONE, timeout=_TIMEOUT)
    expect(page.locator(_WORD).first).to_be_visible(timeout=_TIMEOUT)  # the model is loaded
    page.locator("textarea").first.fill(" ".join((_SENTENCE * length).split()[: length - 2]))
    view = _seconds(
        lambda: page.keyboard.press("Control+Enter"),
        lambda: expect(page.locator(_WORD)).to_have_count(length, timeout=_TIMEOUT),
    )
    page.wait_for_selector(_DONE, timeout=_TIMEOUT)
    work, painted = zip(*page.evaluate(_HOVER, _HOVERS), strict=True)
    layers = [_choose_layer(page, layer) for layer in range(2, 2 + _LAYERS)]
    return {
        "view_seconds": round(view, 2),
        "hover_ms": spread(painted, 1),
        "hover_script_ms": spread(work, 1),
        "layer_seconds": spread(layers, 2),
    }


def _choose_layer(page: Page, layer: int) -> float:
    """Return the seconds from the choice of a layer until its lines stand."""
    page.get_by_role("combobox", name="Layer").click()
    option = page.get_by_role("option", name=str(layer), exact=True)
    return _seconds(option.click, lambda: _see_layer(page, layer))


def _see_layer(page: Page, layer: int) -> None:
    expect(page.get_by_text(f"Layer {layer}, head 1.")).to_be_visible(timeout=_TIMEOUT)
    page.wait_for_selector(_DONE, timeout=_TIMEOUT)


def _seconds(act: Callable[[], Any], see: Callable[[], None]) -> float:
    start = time.perf_counter()
    act()
    see()
    return time.perf_counter() - start
