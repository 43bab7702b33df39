"""Numbers on a text: words with a background that says how much, each with its number.

Words reach the page through `textContent` only, so nothing in a text can become markup.
"""

from collections.abc import Callable, Sequence

import streamlit as st

from pages._app.saving import note
from textcls_core.charts.theme import diverging_color, magnitude_color
from textcls_core.reporting.explanation_page import ColouredWords

_CSS = """
.words { font-family: var(--st-font); font-size: 0.98rem; line-height: 2.05;
         color: var(--st-text-color); max-height: 560px; overflow-y: auto; }
.words button { font: inherit; color: inherit; border: 1px solid transparent; border-radius: 4px;
                padding: 0.08rem 0.22rem; margin: 0 0.06rem; cursor: pointer; background: none; }
.words button:hover, .words button:focus-visible { border-color: var(--st-primary-color);
                                                   outline: none; }
.words button.marked { border-color: var(--st-text-color); }
.words button.special { font-family: var(--st-code-font); font-size: 0.82em; opacity: 0.75; }
"""

_JS = """
export default function (component) {
  const { data, parentElement, setTriggerValue } = component
  let root = parentElement.querySelector(".words")
  if (!root) {
    root = document.createElement("div")
    root.className = "words"
    parentElement.appendChild(root)
  }
  root.dir = data.direction
  root.replaceChildren()
  data.words.forEach((word, position) => {
    const button = document.createElement("button")
    button.type = "button"
    button.textContent = word
    button.title = data.titles[position]
    button.style.backgroundColor = data.colors[position]
    if (data.marked.includes(position)) button.classList.add("marked")
    if (data.special[position]) button.classList.add("special")
    button.onclick = () => setTriggerValue("clicked", position)
    root.append(button, " ")
  })
}
"""

_component = st.components.v2.component("words_text", css=_CSS, js=_JS)
_STRONGEST = 0.62
"""Share of the scale of colours that is used, so that words stay readable."""


def attention_text(
    words: Sequence[str],
    weights: Sequence[float],
    special: Sequence[bool],
    looks_from: int | None,
    on_click: Callable[[], None] | None,
    *,
    key: str = "attention.text",
) -> None:
    """Show words with a background by weight; `on_click` finds the word in session state.

    Args:
        words: W words.
        weights: Attention each word receives, W numbers in [0, 1].
        special: Whether a word is a special token of the model.
        looks_from: Word that looks, marked with a border; None for the mean over all.
        on_click: Called after a click; `st.session_state[key].clicked` is the word.
        key: Of the component.
    """
    shown = ColouredWords(
        words=tuple(words),
        colors=tuple(magnitude_color(_STRONGEST * share) for share in _shares(weights, special)),
        titles=tuple(f"{100 * weight:.2f} %" for weight in weights),
        special=tuple(special),
        marked=frozenset() if looks_from is None else frozenset({looks_from}),
    )
    _show(shown, key, on_click or _nothing)


def attribution_text(
    words: Sequence[str],
    scores: Sequence[float],
    special: Sequence[bool],
    *,
    key: str = "attribution.text",
    largest: float | None = None,
    marked: Sequence[int] = (),
) -> None:
    """Show words with a background that says how far each raises or lowers a score.

    Args:
        words: W words.
        scores: W signed numbers, in units of logits.
        special: Whether a word is a special token of the model.
        key: Of the component.
        largest: Score of the strongest colour, so that several texts share a scale; the largest one
            of an ordinary word without.
        marked: Positions of words with a border.
    """
    shares = _shares(scores, special, largest)
    shown = ColouredWords(
        words=tuple(words),
        colors=tuple(diverging_color(_STRONGEST * share) for share in shares),
        titles=tuple(f"{score:+.3f}" for score in scores),
        special=tuple(special),
        marked=frozenset(marked),
    )
    _show(shown, key, _nothing)


def largest_ordinary(values: Sequence[float], special: Sequence[bool]) -> float:
    """Return the largest absolute value that is not a special token's, 0 without any."""
    ordinary = (abs(v) for v, is_special in zip(values, special, strict=True) if not is_special)
    return max(ordinary, default=0.0)


def _show(shown: ColouredWords, key: str, on_click: Callable[[], None]) -> None:
    """Draw the words, and note them for the file that people save."""
    note(shown)
    data = {
        "words": list(shown.words),
        "titles": list(shown.titles),
        "colors": list(shown.colors),
        "special": list(shown.special),
        "marked": sorted(shown.marked),
        "direction": shown.direction,
    }
    _component(key=key, data=data, on_clicked_change=on_click)


def _shares(
    values: Sequence[float], special: Sequence[bool], largest: float | None = None
) -> list[float]:
    """Return each value as a share of the largest ordinary one; special tokens have no colour."""
    whole = largest_ordinary(values, special) if largest is None else largest
    return [
        0.0 if hidden else v / (whole or 1.0) for v, hidden in zip(values, special, strict=True)
    ]


def _nothing() -> None:
    """Take no notice of a click."""
