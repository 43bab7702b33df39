"""A text of which the model read only a part: what it never read is grey and dotted.

The text reaches the page through `textContent` only, so nothing in it can become markup.
"""

import streamlit as st

from textcls_core.mistakes.reading import ReadText
from textcls_core.wording import plural

_CSS = """
.text { font-family: var(--st-font); font-size: 0.95rem; line-height: 1.6;
        color: var(--st-text-color); white-space: pre-wrap; overflow-wrap: anywhere; }
.cut { opacity: 0.75; background: rgba(138, 144, 160, 0.16);
       text-decoration: underline dotted rgba(138, 144, 160, 0.9) 1px; text-underline-offset: 3px; }
.gap { display: inline-block; font-size: 0.82rem; background: rgba(138, 144, 160, 0.28);
       border-radius: 4px; padding: 0 0.4rem; margin: 0 0.25rem; }
"""

_JS = """
function put(parent, name, text, title) {
  const node = document.createElement("span")
  node.className = name
  node.textContent = text
  if (title) node.title = title
  parent.append(node)
}

export default function (component) {
  const { data, parentElement } = component
  parentElement.querySelector(".text")?.remove()
  const text = document.createElement("div")
  text.className = "text"
  text.dir = "auto"
  parentElement.append(text)
  for (const part of data.parts) {
    if (!part.is_read) put(text, "gap", data.gap)
    put(text, part.is_read ? "read" : "cut", part.text, part.is_read ? "" : data.title)
  }
}
"""

_component = st.components.v2.component("read_text", css=_CSS, js=_JS)


def read_text(text: ReadText, key: str) -> None:
    """Show a text with the part that the model never read marked as such.

    Args:
        text: The text in parts.
        key: Key of the element; each place on a page has its own.
    """
    parts = [{"text": part.text, "is_read": part.is_read} for part in text.parts]
    gap = f"cut off: {plural(text.num_cut, 'token')}"
    data = {"parts": parts, "gap": gap, "title": "The model never reads this"}
    _component(key=key, data=data)
