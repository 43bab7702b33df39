"""Two explanations side by side, each of a text under a run, with one scale of colours."""

from dataclasses import dataclass
from typing import Any

import streamlit as st

from pages._app import controls, explanation_cache, state
from pages._app.explanation_attributions import choose_method, label_names, say_if_no_answer
from pages._app.explanation_prediction import show_prediction
from pages._app.saving import caption, note
from pages._app.text import cells, escape, label
from pages._app.words_text import attention_text, attribution_text, largest_ordinary
from textcls_core.errors import InvalidArgumentError
from textcls_core.explanation.looked_at import LookedAt
from textcls_core.explanation.methods import Method
from textcls_core.explanation.side_by_side import word_changes
from textcls_core.reporting.explanation_page import Heading, Table
from textcls_core.runs.run import Run
from textcls_core.wording import shorten

_TABLE_HEIGHT = 380
_OF_EACH = "*each"
"""Instead of a class: each side explains its own answer."""


@dataclass(frozen=True, slots=True)
class Side:
    """A text under a run."""

    run: Run
    text: str
    title: str


@dataclass(frozen=True, slots=True)
class _Found:
    """What is shown of a side."""

    side: Side
    attribution: Any
    attention: Any

    @property
    def special(self) -> list[bool]:
        """Whether each word is a special token."""
        return list(self.attribution.read.special(by_token=False))

    @property
    def scores(self) -> list[float]:
        """Score of each word."""
        return list(self.attribution.word_scores.tolist())

    @property
    def scored(self) -> list[tuple[str, float]]:
        """The words of the text with their scores, special tokens left out."""
        words = zip(self.attribution.read.words, self.scores, self.special, strict=True)
        return [(word, score) for word, score, hidden in words if not hidden]


def show_sides(one: Side, other: Side) -> None:
    """Show prediction, attribution and attention of two sides, and how their words differ.

    Args:
        one: On the left.
        other: On the right.
    """
    choices = st.container(horizontal=True, vertical_alignment="bottom")
    with choices:
        method, wanted = _choose_question(one.run, other.run)
    try:
        found = _explain_both(one, other, method, wanted)
    except InvalidArgumentError as error:
        st.warning(escape(str(error)))
        return
    with choices:
        place_of_head = _choose_head(found)
    largest = max(largest_ordinary(each.scores, each.special) for each in found)
    for number, (place, each) in enumerate(zip(controls.panels(), found, strict=True)):
        with place:
            _show_side(each, number, largest)
            _show_attention(each, number, place_of_head)
    _show_changes(found)


def _choose_question(one: Run, other: Run) -> tuple[Method, str]:
    """Return method and class; only classes that both runs know are offered."""
    shared = label_names(other)
    names = {name: shown for name, shown in label_names(one).items() if name in shared}
    options = {"": "the first one's answer on both", _OF_EACH: "each one's own answer", **names}
    method = choose_method()
    return method, state.choose("sides_label", "Explain", options, default="", width=240)


def _explain_both(one: Side, other: Side, method: Method, wanted: str) -> list[_Found]:
    """Explain the same class on both sides, unless each is to explain its own answer.

    Raises:
        InvalidArgumentError: If the other run does not know the class.
    """
    if wanted == _OF_EACH:
        return [_explain(side, method, "") for side in (one, other)]
    first = _explain(one, method, wanted)
    answer = first.attribution.label
    if answer not in label_names(other.run):
        raise InvalidArgumentError(
            f"The first answer is {shorten(answer, 40)}, a class that the other run does not know. "
            "Under Explain, choose a class that both know, or each one's own answer."
        )
    return [first, _explain(other, method, answer)]


def _explain(side: Side, method: Method, wanted: str) -> _Found:
    return _Found(
        side,
        explanation_cache.attribution(side.run, side.text, method, wanted, ""),
        explanation_cache.attention(side.run, side.text),
    )


def _choose_head(found: list[_Found]) -> tuple[int | None, int | None]:
    """Return layer and head to look at on both sides, None for the mean."""
    layers = min(each.attention.num_layers for each in found)
    heads = min(each.attention.num_heads for each in found)
    mean = {"": "mean"}
    numbers = mean | {str(n): str(n + 1) for n in range(layers)}
    layer = state.choose("sides_layer", "Layer of the attention", numbers, default="", width=160)
    numbers = mean | {str(n): str(n + 1) for n in range(heads)}
    head = state.choose("sides_head", "Head", numbers, default="", width=110)
    return int(layer) if layer else None, int(head) if head else None


def _show_side(found: _Found, number: int, largest: float) -> None:
    attribution = found.attribution
    read = attribution.read
    names, values = attribution.label_names, attribution.probabilities.tolist()
    note(Heading(found.side.title))
    st.markdown(f"**{label(found.side.title, 90)}**")
    shares = dict(zip(names, values, strict=True))
    side = found.side
    looked_at = LookedAt(len(read.tokens), read.num_cut, side.run.config)
    show_prediction(side.run, side.text, shares, looked_at, f"sides.prediction.{number}")
    caption(
        f"What speaks for {shorten(attribution.label, 40)} (orange) and against it (blue); both "
        "sides have one scale."
    )
    say_if_no_answer(attribution.predicted)
    attribution_text(
        read.words, found.scores, found.special, key=f"sides.scores.{number}", largest=largest
    )


def _show_attention(found: _Found, number: int, place: tuple[int | None, int | None]) -> None:
    explanation = found.attention
    deciding = explanation.looks_from(by_token=False)
    words = explanation.read.words
    who = "all tokens look, of which the mean is classified"
    if deciding is not None:
        who = f"the token that is classified ({shorten(words[deciding], 20)}) looks"
    shown = "" if explanation.window is None else f" {explanation.window.title}."
    caption(f"Where {who}; not why the model decides.{shown}")
    attention_text(
        words,
        explanation.seen_from(explanation.word_matrix(*place), deciding).tolist(),
        explanation.read.special(by_token=False),
        deciding,
        None,
        key=f"sides.weights.{number}",
    )


def _show_changes(found: list[_Found]) -> None:
    """List the words of both sides, those whose scores differ most first."""
    one, other = (each.attribution for each in found)
    records = word_changes(*(each.scored for each in found))
    if not records:
        return
    title = "Words whose scores differ most"
    note(Table(title, records))
    st.subheader(title, anchor=False)
    st.caption(
        "Sum of the scores of all places of a word, in units of logits; None where a text does "
        "not have it, which counts as 0. "
        + (
            f"Both explain {label(one.label, 40)}."
            if one.label == other.label
            else f"The first explains {label(one.label, 40)}, the second {label(other.label, 40)}: "
            "choose one class to compare like with like."
        )
    )
    words = cells([str(record["word"]) for record in records])
    number = st.column_config.NumberColumn(format="%+.3f")
    st.dataframe(
        [{**record, "word": word} for record, word in zip(records, words, strict=True)],
        hide_index=True,
        height=controls.table_height(len(records), _TABLE_HEIGHT),
        column_config=dict.fromkeys(("first", "second", "second minus first"), number),
        alt="Words with their scores on both sides, the largest difference first",
    )
