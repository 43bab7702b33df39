"""What if: a text beside a variant of it, with what the model says and why of both."""

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._app import controls, explanation_cache, state
from pages._app.explanation_attributions import choose_method
from pages._app.explanation_behaviour import show_behaviour
from pages._app.explanation_what_if_cache import said
from pages._app.explanation_what_if_edit import (
    picked,
    show_swap,
    show_tools,
    take_click,
    variant_of,
)
from pages._app.explanation_what_if_flip import show_flip
from pages._app.saving import chart
from pages._app.text import escape, label
from pages._app.variant_text import ScoredWords, original_text, variant_text
from textcls_core.charts.explanation_what_if import (
    MAX_CLASSES,
    compared_probabilities_chart,
    shown_classes,
)
from textcls_core.explanation.edits import changed_words
from textcls_core.explanation.looked_at import LookedAt
from textcls_core.explanation.methods import Method
from textcls_core.mistakes.behaviour.judging import Said
from textcls_core.runs.run import Run
from textcls_core.wording import percent, points, quoted, shorten


def show_what_if(run: Run, text: str, place: DeltaGenerator) -> None:
    """Show a text beside its variant, the smallest edit that changes the answer, and tests.

    Args:
        run: A finished run.
        text: The text as it is.
        place: Where the probabilities of both stand.
    """
    variant = variant_of(text)
    before, after = said(run, text), said(run, variant)
    with place:
        _show_probabilities(before, after)
    st.subheader(escape(_headline(before, after, is_same=variant == text)), anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = choose_method()
        names = {name: shorten(name, 40) for name in before.probabilities}
        options = {"": "the predicted class", **names}
        wanted = state.choose("what_if_label", "Explain", options, default="")
    _show_both(run, text, variant, method, wanted)
    show_flip(run, text, list(before.probabilities))
    show_behaviour(run, text, variant, before)


def _headline(before: Said, after: Said, *, is_same: bool) -> str:
    """Return in a sentence what the edit did to the answer."""
    old, new = (quoted(one.labels, nothing="no answer") for one in (before, after))
    if is_same:
        return f"The answer is {old}. Change the variant to see what would change it."
    if set(before.labels) != set(after.labels):
        return f"The answer changes from {old} to {new}."
    if not before.labels:
        return "There is still no answer."
    name = before.labels[0]
    moved = points(after.probabilities[name], before.probabilities[name])
    return f"The answer stays {old}: {percent(after.probabilities[name])} ({moved})."


def _show_probabilities(before: Said, after: Said) -> None:
    names = shown_classes(before.probabilities, after.probabilities)
    chart(
        compared_probabilities_chart(before.probabilities, after.probabilities),
        config=controls.NO_TOOLBAR,
        key="what_if.probabilities",
        alt=f"As it is: {before.answer}. Variant: {after.answer}",
    )
    more = len(before.probabilities) - len(names)
    rest = f" The {MAX_CLASSES} most probable classes of either." if more else ""
    st.caption(f"Grey: the text as it is. Coloured: the variant, with the difference.{rest}")
    controls.table_twin(
        [
            {
                "class": name,
                "as it is": percent(before.probabilities[name]),
                "variant": percent(after.probabilities[name]),
                "difference": points(after.probabilities[name], before.probabilities[name]),
            }
            for name in before.probabilities
        ],
        "Probability of every class for the text as it is and for the variant",
    )


def _show_both(run: Run, text: str, variant: str, method: Method, wanted: str) -> None:
    """Show both texts word by word, coloured by how much each word speaks for the same class."""
    old = explanation_cache.attribution(run, text, method, wanted, "")
    new = explanation_cache.attribution(run, variant, method, old.label, "")
    gone, added = changed_words(old.read.words, new.read.words)
    before, after = _scored(old, gone), _scored(new, added)
    largest = max(before.largest, after.largest)
    st.caption(
        f"Orange words raise the score of {label(old.label, 40)}, blue words lower it, with the "
        "same scale in both texts. Words that are gone are struck through, new ones underlined."
    )
    left, right = controls.panels(gap="medium")
    with left:
        st.markdown("**As it is**")
        original_text(before, largest)
        _note_cut(run, old.read)
    with right:
        st.markdown("**Variant**")
        read = new.read
        variant_text(
            after,
            largest,
            picked=picked(read),
            on_click=lambda: take_click(text, read.text, list(read.spans)),
        )
        _note_cut(run, read)
    below_left, below_right = controls.panels(gap="medium")
    with below_left:
        show_swap(run, text, variant, read)
    with below_right:
        show_tools(text, variant)


def _scored(found: Any, changed: Sequence[bool]) -> ScoredWords:
    read = found.read
    scores = found.word_scores.tolist()
    return ScoredWords(read.words, scores, read.special(by_token=False), changed)


def _note_cut(run: Run, read: Any) -> None:
    if read.num_cut:
        st.caption(LookedAt(len(read.tokens), read.num_cut, run.config).sentence)
