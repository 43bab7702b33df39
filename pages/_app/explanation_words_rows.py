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
from textcls_core.wording import plural, quoted, shorten

_TABLE = "words.rows"
_SHOWN, _CHARACTERS, _HEIGHT = 100, 160, 213


def show_rows(
    asked: Asked, choice: Choice, answers: Sequence[Answer], words: Sequence[str]
) -> None:
    """Show the rows that have a word, the strongest first, and one of them in full.

    Args:
        asked: What the view is about.
        choice: The classes that are looked at.
        answers: Of their rows.
        words: Those that can be chosen, ranked; nothing is shown if there is none.
    """
    if not words:
        return
    if state.parameter("drive_word") not in words:  # another class or sample ranks others
        state.set_parameter("drive_word", None)
    options = {word: shorten(word, 40) for word in words}
    word = state.choose("drive_word", "Rows with the word", options, default=words[0])
    found = rows_with(answers, word, lowers=asked.lowers)[:_SHOWN]
    answer = _choose_row(asked, word, found)
    st.caption(
        f"Orange words raise the score of {_score_of(answer)}, blue words lower it; "
        f"“{label(word, 24)}” has a border."
    )
    note(Fact("Row", f"{answer.question.row_id}, {asked.split}"), Fact("Word", word))
    attribution_text(
        answer.words,
        answer.scores.tolist(),
        [False] * len(answer.words),
        marked=answer.places(word),
    )
    with st.container(horizontal=True):
        if st.button("Open in Attributions", type="tertiary", icon=":material/format_color_text:"):
            _open_attributions(answer, asked.method)
        if st.button("All rows with it on Mistakes", type="tertiary", icon=":material/search:"):
            _open_mistakes(asked, choice, word)


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
        pattern=whole_word(word),
        **{name: value for name, value in link.items() if value},
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
    true = [quoted([rows.label_names[i] for i in record["label_ids"]]) for record in records]
    st.dataframe(
        {
            "adds": [answer.score_of(word) for answer in found],
            "given" if asked.is_single else "label": [answer.question.label for answer in found],
            "true": [names.strip('"') for names in true],
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
        alt="Rows that have the word, the one it adds most to first",
    )
    st.caption(f"{plural(len(found), 'row')}, the strongest first. Click one to read it.")
    return found[row_ids.index(chosen) if chosen in row_ids else 0]


def _open_attributions(answer: Answer, method: Method) -> None:
    """Open the row in the view of one text, asked the same question."""
    asked = answer.question
    wanted = {"panel": "Attributions", "row": asked.row_id, "method": method, "label": asked.label,
              "against": asked.against}  # fmt: skip
    for name, value in wanted.items():
        state.set_parameter(name, value)
    st.rerun()
