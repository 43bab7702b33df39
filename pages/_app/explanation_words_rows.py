"""The rows behind a word that drives a class: their texts with the word marked, and where to go."""

from collections.abc import Sequence

import streamlit as st

from pages._app import controls, state
from pages._app.evaluation_cell import new_click
from pages._app.mistakes_link import open_mistakes
from pages._app.saving import note
from pages._app.text import cells, label
from pages._app.words_text import attribution_text
from textcls_core.dataset.text_dataset import Split, TextDataset
from textcls_core.dataset.word_pattern import whole_word
from textcls_core.explanation.driving_words import Answer, rows_with
from textcls_core.explanation.methods import Method
from textcls_core.reporting.explanation_page import Fact
from textcls_core.runs.run import Run
from textcls_core.wording import plural, quoted, shorten

_TABLE = "words.rows"
_SHOWN, _CHARACTERS, _HEIGHT = 100, 160, 213


def show_rows(
    run: Run,
    split: Split,
    method: Method,
    answers: Sequence[Answer],
    words: Sequence[str],
    given: str | None,
) -> None:
    """Show the rows that have a word, the strongest first, and one of them in full.

    Args:
        run: A finished run.
        split: Of the rows.
        method: That gave the answers.
        answers: Of the whole sample.
        words: Those that can be chosen, ranked; nothing is shown if there is none.
        given: The class that the rows were given; None for all.
    """
    if not words:
        return
    if state.parameter("drive_word") not in words:  # another class or sample ranks others
        state.set_parameter("drive_word", None)
    options = {word: shorten(word, 40) for word in words}
    word = state.choose("drive_word", "Rows with the word", options, default=words[0])
    found = rows_with(answers, word, given)[:_SHOWN]
    rows = state.dataset(run.config.dataset_fingerprint)
    answer = _choose_row(rows, word, found)
    st.caption(
        f"Orange words raise the score of {_asked(answer)}, blue words lower it; "
        f"“{label(word, 24)}” has a border."
    )
    note(Fact("Row", f"{answer.question.row_id}, {split}"), Fact("Word", word))
    attribution_text(
        answer.words,
        answer.scores.tolist(),
        [False] * len(answer.words),
        marked=answer.places(word),
    )
    with st.container(horizontal=True):
        if st.button("Open in Attributions", type="tertiary", icon=":material/format_color_text:"):
            _open_attributions(answer, method)
        if st.button("All rows with it on Mistakes", type="tertiary", icon=":material/search:"):
            link = {"predicted": given} if given else {}
            link |= {"pattern": whole_word(word)}
            open_mistakes(run=run.run_id, split=split, outcome="all", **link)


def _asked(answer: Answer) -> str:
    asked = answer.question
    against = f" over that of {label(asked.against, 40)}" if asked.against else ""
    return label(asked.label, 40) + against


def _choose_row(rows: TextDataset, word: str, found: Sequence[Answer]) -> Answer:
    """Show the rows as a table; return the one that was clicked, else the strongest."""
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
            "given": [answer.question.label for answer in found],
            "true": [names.strip('"') for names in true],
            "text": cells([shorten(record["text"], _CHARACTERS) for record in records]),
        },
        hide_index=True,
        key=_TABLE,
        height=controls.table_height(len(found), _HEIGHT),
        column_config={
            "adds": st.column_config.NumberColumn(format="%+.3f", width=70),
            "given": st.column_config.TextColumn(width=100),
            "true": st.column_config.TextColumn(width=100),
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
