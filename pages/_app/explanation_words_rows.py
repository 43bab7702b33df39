"""The rows behind a word that drives a class: their texts with the word marked, and where to go."""

from collections.abc import Sequence

import streamlit as st

from pages._app import controls, state
from pages._app.evaluation_cell import new_click
from pages._app.explanation_words_choice import Asked
from pages._app.mistakes_link import open_mistakes
from pages._app.saving import note
from pages._app.text import cells, label
from pages._app.words_text import attribution_text
from textcls_core.dataset.word_pattern import whole_word
from textcls_core.explanation.driving_questions import Choice
from textcls_core.explanation.driving_words import Answer, rows_with
from textcls_core.explanation.methods import Method
from textcls_core.reporting.explanation_page import Fact
from textcls_core.wording import plural, shorten

_TABLE = "words.rows"
_SHOWN, _CHARACTERS, _HEIGHT = 100, 160, 213


def show_rows(
    asked: Asked, choice: Choice, answers: Sequence[Answer], words: Sequence[str]
) -> None:
    """Show the rows that have a word, the strongest first, and one of them in full.

    Args:
        asked: What the view is about.
        choice: The classes that are looked at.
        answers: Of their rows; nothing is shown if there is none.
        words: Those that can be chosen, ranked; without any all rows are shown.
    """
    if not answers:
        return
    word = _choose_word(words)
    found = (rows_with(answers, word, lowers=asked.lowers) if word else list(answers))[:_SHOWN]
    answer = _choose_row(asked, word, found)
    border = f"; “{label(word, 24)}” has a border" if word else ""
    st.caption(f"Orange words raise the score of {_score_of(answer)}, blue words lower it{border}.")
    note(Fact("Row", f"{answer.question.row_id}, {asked.split}"))
    if word:
        note(Fact("Word", word))
    attribution_text(
        answer.words,
        answer.scores.tolist(),
        [False] * len(answer.words),
        marked=answer.places(word),
    )
    with st.container(horizontal=True):
        if st.button("Open in Attributions", icon=":material/format_color_text:"):
            _open_attributions(answer, asked.method)
        title = f"All rows {'with it ' if word else ''}on Mistakes"
        if st.button(title, icon=":material/rule:"):
            _open_mistakes(asked, choice, word)


def _choose_word(words: Sequence[str]) -> str:
    """Return the word whose rows are shown; empty if no word is ranked."""
    if state.parameter("drive_word") not in words:  # another class or sample ranks others
        state.set_parameter("drive_word", None)
    if not words:
        return ""
    options = {word: shorten(word, 40) for word in words}
    return state.choose("drive_word", "Rows with the word", options, default=words[0])


def _open_mistakes(asked: Asked, choice: Choice, word: str) -> None:
    """Open all rows of the split that have the word and were asked for the same."""
    is_missed = asked.about == "missed"
    link = (
        {"true": choice.label} if is_missed else {"predicted": choice.label, "true": choice.against}
    )
    open_mistakes(
        run=asked.run.run_id,
        split=asked.split,
        outcome="all" if asked.about == "classes" else "mistakes",
        **{name: value for name, value in link.items() if value},
        **({"pattern": whole_word(word)} if word else {}),
    )


def _score_of(answer: Answer) -> str:
    asked = answer.question
    against = f" over that of {label(asked.against, 40)}" if asked.against else ""
    return label(asked.label, 40) + against


def _choose_row(asked: Asked, word: str, found: Sequence[Answer]) -> Answer:
    """Show the rows as a table; return the one that was clicked, else the strongest."""
    rows = state.dataset(asked.run.config.dataset_fingerprint)
    row_ids = [answer.question.row_id for answer in found]
    click = new_click(_TABLE, "cells")
    if click is not None and click[0] < len(found):
        state.set_parameter("drive_row", row_ids[click[0]])
    chosen = state.parameter("drive_row")
    records = rows.table.take(rows.positions(row_ids)).to_pylist()
    true = [", ".join(rows.label_names[i] for i in record["label_ids"]) for record in records]
    order = ", the strongest first" if word else ""
    adds = {"adds": [answer.score_of(word) for answer in found]} if word else {}
    st.dataframe(
        {
            **adds,
            "given" if asked.is_single else "label": [answer.question.label for answer in found],
            "true": true,
            "text": cells([shorten(record["text"], _CHARACTERS) for record in records]),
        },
        hide_index=True,
        key=_TABLE,
        height=controls.table_height(len(found), _HEIGHT),
        column_config={
            "adds": st.column_config.NumberColumn(format="%+.3f", width=70),
            **dict.fromkeys(("given", "label", "true"), st.column_config.TextColumn(width=100)),
            "text": st.column_config.TextColumn(width="medium"),
        },
        on_select="rerun",
        selection_mode="single-cell",
        alt=f"Rows that {'have the word' if word else 'were asked'}{order}",
    )
    st.caption(f"{plural(len(found), 'row')}{order}. Click one to read it.")
    return found[row_ids.index(chosen) if chosen in row_ids else 0]


def _open_attributions(answer: Answer, method: Method) -> None:
    """Open the row in the view of one text, asked the same question."""
    asked = answer.question
    wanted = {"panel": "Attributions", "row": asked.row_id, "method": method, "label": asked.label,
              "against": asked.against}  # fmt: skip
    for name, value in wanted.items():
        state.set_parameter(name, value)
    st.rerun()
