"""The words that drive all classes, or all confusions, in one table; a click opens one."""

from typing import Any

import streamlit as st

from pages._app import controls, saving, state
from pages._app import explanation_words_cache as cache
from pages._app.evaluation_cell import new_click
from pages._app.explanation_words_choice import Asked
from pages._app.text import cells
from textcls_core.explanation.driving_questions import Choice, Question, choices_of
from textcls_core.reporting.explanation_page import Table

_TABLE = "words.overview"
_WORDS, _HEIGHT, _MOST = 8, 330, 100


def take_click(asked: Asked, questions: list[Question]) -> None:
    """Choose the class, or the confusion, whose row was clicked."""
    click, choices = new_click(_TABLE, "cells"), _choices(asked, questions)
    if click is not None and click[0] < len(choices):
        state.set_parameter("drive_class", choices[click[0]].label)
        state.set_parameter("drive_true", choices[click[0]].against)


def show_overview(
    asked: Asked, questions: list[Question], arguments: dict[str, Any], least: int
) -> None:
    """Show the first words of all classes, or of the confusions with the most rows.

    Args:
        asked: What the view is about.
        questions: Those of the sample.
        arguments: Of its measurement.
        least: Rows that must have a word.
    """
    choices = _choices(asked, questions)
    ranked = [cache.ranked(arguments, one, least, lowers=asked.lowers) for one in choices]
    lines = [" · ".join(word.word for word in found.driving[:_WORDS]) for found in ranked]
    side = f"words surely {'below' if asked.lowers else 'above'} zero"
    records = [
        {**names, "rows asked": found.num_rows, side: line or "none"}
        for names, found, line in zip(_names(asked, choices), ranked, cells(lines), strict=True)
    ]
    _show_table(asked, records, side)


def _names(asked: Asked, choices: list[Choice]) -> list[dict[str, str]]:
    """Return the first cells of each row of the table."""
    labels = cells([choice.label or "" for choice in choices])
    if not asked.has_true:
        return [{"class" if asked.is_single else "label": name} for name in labels]
    true = cells([choice.against or "" for choice in choices])
    return [{"given": name, "true": other} for name, other in zip(labels, true, strict=True)]


def _choices(asked: Asked, questions: list[Question]) -> list[Choice]:
    """Return the rows of the table: confusions, the most frequent first, or all classes."""
    if asked.has_true:
        return choices_of(questions)[:_MOST]
    return [Choice(name) for name in asked.predictions.label_names]


def _show_table(asked: Asked, records: list[dict[str, Any]], side: str) -> None:
    noun = "confusions" if asked.has_true else "classes" if asked.is_single else "labels"
    saving.note(Table(f"All {noun}", records))
    st.subheader(f"All {noun}", anchor=False)
    st.dataframe(
        records,
        hide_index=True,
        height=controls.table_height(len(records), _HEIGHT),
        column_config={side: st.column_config.TextColumn(width="large")},
        key=_TABLE,
        on_select="rerun",
        selection_mode="single-cell",
        alt=f"All {noun} with the {side}, the surest ones first",
    )
    rest = f" The {_MOST} with the most rows are shown." if len(records) == _MOST else ""
    st.caption(f"Of the random sample alone. Click a row to see its words above.{rest}")
