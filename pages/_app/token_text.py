"""Texts as the model sees them: tokens, what is cut off, and what the model does not know.

Tokens and texts reach the page through `textContent` only, so nothing in a text can become markup.
"""

from collections.abc import Sequence
from dataclasses import asdict

import streamlit as st

from textcls_core.training.preview import PreviewRow
from textcls_core.wording import plural

_CSS = """
.rows { font-family: var(--st-font); font-size: 0.9rem; color: var(--st-text-color);
        max-height: 430px; overflow-y: auto; border: 1px solid var(--st-border-color);
        border-radius: 6px; }
.row { padding: 0.55rem 0.75rem; }
.row + .row { border-top: 1px solid var(--st-border-color); }
.head { display: flex; gap: 0.6rem; align-items: baseline; margin-bottom: 0.25rem; }
.label { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.note { color: var(--st-gray-text-color, inherit); font-size: 0.82rem; white-space: nowrap; }
.text { line-height: 1.75; overflow-wrap: anywhere; }
.token { border-bottom: 2px solid rgba(66, 105, 208, 0.45); margin-right: 1px; }
.token:nth-child(even) { border-bottom-color: rgba(66, 105, 208, 0.18); }
.special { font-family: var(--st-code-font); font-size: 0.82em; opacity: 0.75; border: none; }
.unknown { background: rgba(239, 177, 24, 0.30); border-bottom: 2px dotted currentColor; }
.cut { opacity: 0.7; text-decoration: line-through; }
.gap { font-size: 0.82rem; background: rgba(138, 144, 160, 0.22); border-radius: 4px;
       padding: 0.05rem 0.35rem; }
"""

_JS = """
function put(parent, tag, name, text, title) {
  const node = document.createElement(tag)
  node.className = name
  if (text !== undefined) node.textContent = text
  if (title) node.title = title
  parent.append(node)
  return node
}

function cutOff(parent, row) {
  if (!row.num_cut) return
  put(parent, "span", "gap", row.gap)
  parent.append(" ")
  put(parent, "span", "cut", row.cut_text, "The model never reads this")
  parent.append(" ")
}

export default function (component) {
  const { data, parentElement } = component
  parentElement.querySelector(".rows")?.remove()
  const rows = put(parentElement, "div", "rows")
  rows.tabIndex = 0
  rows.setAttribute("role", "list")
  for (const row of data.rows) {
    const item = put(rows, "div", "row")
    item.setAttribute("role", "listitem")
    const head = put(item, "div", "head")
    put(head, "span", "label", row.label, row.label)
    put(head, "span", "note", row.note)
    const text = put(item, "div", "text")
    text.dir = "auto"
    row.tokens.forEach((token, position) => {
      if (position === row.cut_at) { text.append(" "); cutOff(text, row) }
      if (position && !token.is_joined) text.append(" ")
      const title = token.kind === "unknown" ? "Unknown: the model sees no letters here" : ""
      put(text, "span", `token ${token.kind}`, token.text, title)
    })
    if (row.cut_at >= row.tokens.length) { text.append(" "); cutOff(text, row) }
  }
}
"""

_component = st.components.v2.component("token_text", css=_CSS, js=_JS)


def token_text(rows: Sequence[PreviewRow], key: str = "training.first_batch") -> None:
    """Show texts as tokens, with what is cut off in grey and struck through.

    Args:
        rows: What to show.
        key: Key of the element; each place on a page has its own.
    """
    shown = [
        {
            **asdict(row),
            "note": _note(row),
            "gap": f"cut off: {plural(row.num_cut, 'token')}",
        }
        for row in rows
    ]
    _component(key=key, data={"rows": shown})


def _note(row: PreviewRow) -> str:
    """Return in a few words how much of a text is read."""
    if row.num_windows > 1:
        return f"first of {row.num_windows} overlapping windows, {plural(len(row.tokens), 'token')}"
    unknown = sum(token.kind == "unknown" for token in row.tokens)
    known = f", {unknown} unknown" if unknown else ""
    return plural(len(row.tokens), "token") + known
