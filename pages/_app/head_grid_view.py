"""All heads as small pictures; a click opens one. Drawn in the browser from one string of bytes."""

import base64
from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from textcls_core.charts.theme import MAGNITUDE_RGB

_CSS = """
.grid { font-family: var(--st-font); color: var(--st-text-color); font-size: 0.78rem;
        max-height: 900px; overflow: auto; }
.by_place { display: grid; gap: 6px; width: max-content; max-width: 100%; }
.by_number { display: flex; flex-wrap: wrap; gap: 8px; }
.name { display: flex; align-items: center; justify-content: center;
        color: var(--st-gray-text-color, inherit); text-align: center; }
.grid button { display: block; padding: 2px; border: 1px solid var(--st-border-color);
               border-radius: 4px; background: none; color: inherit; font: inherit;
               cursor: pointer; min-width: 0; }
.grid button:hover, .grid button:focus-visible { outline: 2px solid var(--st-primary-color); }
.by_number button { width: 104px; }
.grid canvas { width: 100%; aspect-ratio: 1; display: block; image-rendering: pixelated; }
.grid small { display: block; font-size: 0.76rem; line-height: 1.3; padding-top: 2px; }
"""

_JS = """
function put(parent, tag, name, text) {
  const node = document.createElement(tag)
  if (name) node.className = name
  if (text !== undefined) node.textContent = text
  parent.append(node)
  return node
}

function picture(canvas, bytes, size, [red, green, blue]) {
  canvas.width = canvas.height = size
  const image = new ImageData(size, size)
  bytes.forEach((value, cell) => image.data.set([red, green, blue, value], 4 * cell))
  canvas.getContext("2d").putImageData(image, 0, 0)
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  parentElement.querySelector(".grid")?.remove()
  const grid = put(parentElement, "div", "grid")
  const area = put(grid, "div", data.by_place ? "by_place" : "by_number")
  const bytes = Uint8Array.from(atob(data.pictures), (letter) => letter.charCodeAt(0))
  const count = data.size * data.size
  if (data.by_place) {
    area.style.gridTemplateColumns = `4.2rem repeat(${data.num_heads}, minmax(24px, 72px))`
    put(area, "div", "name")
    for (let head = 1; head <= data.num_heads; head++) put(area, "div", "name", `head ${head}`)
  }
  let row = 0
  for (const { layer, head, note, title } of data.heads) {
    if (data.by_place) while (row < layer) {
      row += 1
      put(area, "div", "name", `layer ${row}`).style.gridColumn = 1
    }
    const button = put(area, "button")
    button.type = "button"
    button.title = title
    button.setAttribute("aria-label", title)
    if (data.by_place) Object.assign(button.style, { gridColumn: head + 1, gridRow: layer + 1 })
    const start = ((layer - 1) * data.num_heads + head - 1) * count
    picture(put(button, "canvas"), bytes.subarray(start, start + count), data.size, data.color)
    if (note) put(button, "small", "", note)
    button.onclick = () => setTriggerValue("opened", [layer - 1, head - 1])
  }
}
"""

_component = st.components.v2.component("head_grid", css=_CSS, js=_JS)


def head_grid_view(
    pictures: Any,
    heads: Sequence[tuple[int, int]],
    notes: Sequence[str],
    titles: Sequence[str],
    *,
    by_place: bool,
    on_click: Callable[[], None],
) -> None:
    """Show small pictures of heads; `on_click` finds the head in session state.

    Args:
        pictures: Bytes of shape (L, H, S, S).
        heads: Layer and head from 0 of those to show, in this order.
        notes: What stands below each picture; nothing where they stand by place.
        titles: What each picture is called.
        by_place: Layers below one another and heads side by side, instead of one after the other.
        on_click: Called after a click; `st.session_state["attention.grid"].opened` is the head.
    """
    _component(
        key="attention.grid",
        data={
            "pictures": base64.b64encode(pictures.tobytes()).decode(),
            "size": pictures.shape[-1],
            "num_heads": pictures.shape[1],
            "color": list(MAGNITUDE_RGB),
            "by_place": by_place,
            "heads": [
                {"layer": layer + 1, "head": head + 1, "note": note, "title": title}
                for (layer, head), note, title in zip(heads, notes, titles, strict=True)
            ],
        },
        on_opened_change=on_click,
    )
