"""A text and its variant as coloured words: what is gone is struck through, what is new underlined.

Words reach the page through `textContent` only, so nothing in a text can become markup.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from pages._app.saving import note
from textcls_core.charts.theme import diverging_color
from textcls_core.reporting.explanation_page import ColouredWords, Sentence

_CSS = """
.words { font-family: var(--st-font); font-size: 0.98rem; line-height: 2.05;
         min-height: 4.2rem; max-height: 260px; color: var(--st-text-color); overflow-y: auto; }
.words .word { font: inherit; color: inherit; border: 1px solid transparent; border-radius: 4px;
               padding: 0.08rem 0.22rem; margin: 0 0.06rem; background: none; }
.words button.word { cursor: pointer; }
.words button.word:hover, .words button.word:focus-visible {
  border-color: var(--st-primary-color); outline: none; }
.words .picked { border-color: var(--st-text-color); }
.words .special { font-family: var(--st-code-font); font-size: 0.82em; opacity: 0.75; }
.words .gone { text-decoration: line-through 2px; border-style: dashed;
               border-color: var(--st-text-color); }
.words .new { text-decoration: underline 2px; text-underline-offset: 3px; font-weight: 600; }
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
  const scrolled = root.scrollTop
  root.replaceChildren()
  data.words.forEach((word, position) => {
    const isButton = data.clickable && !data.special[position]
    const node = document.createElement(isButton ? "button" : "span")
    if (isButton) {
      node.type = "button"
      node.onclick = () => setTriggerValue("clicked", position)
    }
    node.className = "word"
    node.textContent = word
    node.title = data.titles[position]
    node.style.backgroundColor = data.colors[position]
    if (data.changed[position]) node.classList.add(data.mark)
    if (position === data.picked) node.classList.add("picked")
    if (data.special[position]) node.classList.add("special")
    root.append(node, " ")
  })
  root.scrollTop = scrolled
}
"""

_component = st.components.v2.component("variant_text", css=_CSS, js=_JS)
_STRONGEST = 0.62
"""Share of the scale of colours that is used, so that words stay readable."""
VARIANT = "what_if.words"
"""Session state: the variant; `.clicked` is the word that was clicked."""


@dataclass(frozen=True, slots=True)
class ScoredWords:
    """W words of a text with what each does to a score."""

    words: Sequence[str]
    scores: Sequence[float]
    """How far each raises or lowers the score, in logits."""
    special: Sequence[bool]
    """Whether a word is a special token of the model."""
    changed: Sequence[bool]
    """Whether the other text does not have it."""

    @property
    def largest(self) -> float:
        """The strongest score of an ordinary word, whatever its sign."""
        ordinary = zip(self.scores, self.special, strict=True)
        return max((abs(score) for score, special in ordinary if not special), default=0.0)


def original_text(text: ScoredWords, largest: float) -> None:
    """Show the text as it is.

    Args:
        text: Its words.
        largest: Score of the strongest colour, the same for both texts.
    """
    still = {"mark": "gone", "clickable": False, "picked": None}
    shown = _colored(text, largest)
    note(Sentence("The text as it is"), shown)
    _component(key="what_if.original", data=_drawn(shown, text.changed) | still)


def variant_text(
    text: ScoredWords, largest: float, *, picked: int | None, on_click: Callable[[], None]
) -> None:
    """Show the variant; `on_click` finds the word that was clicked in session state.

    Args:
        text: Its words; special tokens cannot be clicked.
        largest: Score of the strongest colour, the same for both texts.
        picked: Word with a border, if there is one.
        on_click: Called after a click.
    """
    live = {"mark": "new", "clickable": True, "picked": picked}
    shown = _colored(text, largest)
    note(Sentence("The variant; changed words have a border"), shown)
    _component(key=VARIANT, data=_drawn(shown, text.changed) | live, on_clicked_change=on_click)


def _colored(text: ScoredWords, largest: float) -> ColouredWords:
    """Return the text as it is drawn, and as people save it."""
    shares = (
        0.0 if hidden else score / (largest or 1.0)
        for score, hidden in zip(text.scores, text.special, strict=True)
    )
    return ColouredWords(
        words=tuple(text.words),
        colors=tuple(diverging_color(_STRONGEST * share) for share in shares),
        titles=tuple(f"{score:+.3f}" for score in text.scores),
        special=tuple(text.special),
        marked=frozenset(place for place, changed in enumerate(text.changed) if changed),
    )


def _drawn(shown: ColouredWords, changed: Sequence[bool]) -> dict[str, object]:
    return {
        "words": list(shown.words),
        "titles": list(shown.titles),
        "colors": list(shown.colors),
        "special": list(shown.special),
        "direction": shown.direction,
        "changed": list(changed),
    }
