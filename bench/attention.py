"""`bench attention`: how soon attention stands on the page, and how it follows the pointer.

View: from opening a link to the words of a text of a given length, on a server whose model is in
memory. Hover: from the event of a pointer that reaches a word to the next frame that the browser
draws. Layer: from the choice of a layer to the redrawn words. Medians and the worst of each.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from bench.machine import say
from bench.pages import visited_app
from textcls_core.runs.run import Run
from textcls_core.runs.store import RunStore
from textcls_core.workspace import Workspace

LENGTHS = (128, 400, 512)
_HOVERS = 60
_LAYERS = 6
_TIMEOUT = 120_000
_SENTENCE = "Shares in the airline rose after it won the cup final , the minister said . "
_WORDS = "document.querySelector('[data-testid=stMain]')"
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
    """Return milliseconds of hovering and choosing a layer, and seconds until the view stands."""
    workspace = Workspace.default()
    run = _run(workspace, options.run)
    with visited_app() as (_, url, page):
        address = f"{url}/explanation?run={run.run_id}&layer=1&head=0"
        page.goto(address)  # the model is loaded once
        _see_words(page)
        return {
            "attention": {
                "model": run.config.model,
                "max_length": run.config.max_length,
                **{str(length): _of_length(page, address, length) for length in LENGTHS},
            }
        }


def _run(workspace: Workspace, wanted: str) -> Run:
    """Return the finished run with a name, or the one that reads the longest texts."""
    runs = [run for run in RunStore.open(workspace).runs() if run.has_model]
    named = [run for run in runs if wanted in ("", run.run_id)]
    if not named:
        sys.exit(f"Expected a finished run {wanted} in {workspace.root}.")
    return max(named, key=lambda run: run.config.max_length)


def _of_length(page: Page, address: str, length: int) -> dict[str, Any]:
    """Return the figures of a text of about as many tokens."""
    say(f"{length} tokens")
    words = (_SENTENCE * length).split()[: length - 2]
    page.goto(address)
    _see_words(page)
    box = page.locator("textarea").first
    box.fill(" ".join(words))
    view = _seconds(lambda: page.keyboard.press("Control+Enter"), lambda: _see_words(page, length))
    page.wait_for_selector(_DONE, timeout=_TIMEOUT)
    times = page.evaluate(_HOVER, _HOVERS)
    layers = [_choose_layer(page, layer) for layer in range(2, 2 + _LAYERS)]
    work, painted = zip(*times, strict=True)
    return {
        "view_seconds": round(view, 2),
        "hover_ms": _summary(painted),
        "hover_script_ms": _summary(work),
        "layer_ms": _summary([1_000 * seconds for seconds in layers]),
    }
