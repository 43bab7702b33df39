"""Attention as weights on the text: words with a background, clickable to look from them.

Words reach the page through `textContent` only, so nothing in a text can become markup.
"""

from collections.abc import Callable, Sequence

import streamlit as st

_CSS = """
.words { font-family: var(--st-font); font-size: 0.98rem; line-height: 2.05;
         color: var(--st-text-color); max-height: 340px; overflow-y: auto; }
.words button { font: inherit; color: inherit; border: 1px solid transparent; border-radius: 4px;
                padding: 0.08rem 0.22rem; margin: 0 0.06rem; cursor: pointer; background: none; }
.words button:hover, .words button:focus-visible { border-color: var(--st-primary-color);
                                                   outline: none; }
.words button.from { border-color: var(--st-text-color); }
.words button.special { font-family: var(--st-code-font); font-size: 0.82em; opacity: 0.75; }
"""

_JS = """
export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  let root = parentElement.querySelector(".words")
  if (!root) {
    root = document.createElement("div")
    root.className = "words"
    root.dir = "auto"
    parentElement.appendChild(root)
  }
  root.replaceChildren()
  data.words.forEach((word, position) => {
    const button = document.createElement("button")
    button.type = "button"
    button.textContent = word
    button.title = `${(100 * data.weights[position]).toFixed(2)} %`
    const share = data.largest > 0 && !data.special[position]
      ? data.weights[position] / data.largest : 0
    button.style.backgroundColor = `rgba(66, 105, 208, ${(0.62 * share).toFixed(3)})`
    if (position === data.from) button.classList.add("from")
    if (data.special[position]) button.classList.add("special")
    button.onclick = () => setTriggerValue("clicked", position)
    root.append(button, " ")
  })
}
"""

_component = st.components.v2.component("attention_text", css=_CSS, js=_JS)


def attention_text(
    words: Sequence[str],
    weights: Sequence[float],
    special: Sequence[bool],
    looks_from: int | None,
    on_click: Callable[[], None],
) -> None:
    """Show words with a background by weight; `on_click` finds the word in session state.

    Args:
        words: W words.
        weights: Attention each word receives, W numbers in [0, 1].
        special: Whether a word is a special token of the model.
        looks_from: Word that looks, marked with a border; None for the mean over all.
        on_click: Called after a click; `st.session_state["attention.text"].clicked` is the word.
    """
    ordinary = [w for w, is_special in zip(weights, special, strict=True) if not is_special]
    _component(
        key="attention.text",
        data={
            "words": list(words),
            "weights": list(weights),
            "special": list(special),
            "from": looks_from,
            "largest": max(ordinary, default=0.0),
        },
        on_clicked_change=on_click,
    )
