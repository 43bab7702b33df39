"""The words of a data set: which set each class apart, and which classes use the same ones."""

from dataclasses import dataclass

import streamlit as st

from pages._app import controls, state
from pages._app.text import cells, label
from textcls_core.charts.words import class_similarity_chart, class_words_chart
from textcls_core.dataset.class_words import (
    MAX_ROWS,
    ClassWord,
    SimilarClasses,
    Similarity,
    class_similarity,
    most_similar,
    top_words,
)
from textcls_core.dataset.sampling import sample_version
from textcls_core.dataset.store import DatasetInfo
from textcls_core.dataset.word_counts import count_words
from textcls_core.wording import percent, shorten

_WORDS_IN_CHART, _WORDS_IN_TABLE = 15, 8
_TABLE_HEIGHT = 330


@dataclass(frozen=True, slots=True)
class _Words:
    """What the words of a data set say about its classes."""

    by_class: list[list[ClassWord]]
    similarity: Similarity
    similar: list[SimilarClasses]
    num_rows: int


@st.cache_resource(max_entries=8, show_spinner="Counting words")
def _words(root: str, fingerprint: str) -> _Words:  # noqa: ARG001 - the workspace is in the key
    store = state.dataset_store()
    rows = sample_version(store, store.find(fingerprint), MAX_ROWS)
    counts = count_words(rows, max_rows=MAX_ROWS)
    similarity = class_similarity(counts)
    return _Words(
        by_class=top_words(counts, _WORDS_IN_CHART),
        similarity=similarity,
        similar=most_similar(similarity, rows.label_names),
        num_rows=counts.num_rows,
    )


def class_words(info: DatasetInfo) -> list[list[ClassWord]]:
    """Return the words that set each class of a version apart, the heaviest first; C lists."""
    return _words(str(state.workspace().root), info.fingerprint).by_class


def show_words(info: DatasetInfo) -> None:
    """Show the words of each class, and how similar the classes are by their words."""
    if not info.label_names:
        st.info("No row has a label yet, so there are no classes that words could set apart.")
        return
    words = _words(str(state.workspace().root), info.fingerprint)
    st.subheader("Words that set classes apart", anchor=False)
    st.caption(
        "A word stands high if many rows of the class have it and few others do. "
        f"{_how_many(words.num_rows, info.num_examples)}"
    )
    _show_table(info, words)
    left, right = controls.panels()
    with left, st.container(border=True):
        _show_class(info, words)
    with right, st.container(border=True):
        _show_similarity(info, words)


def _how_many(num_read: int, num_all: int) -> str:
    if num_read == num_all:
        return f"Counted in all {num_all:,} rows."
    return f"Counted in a random sample of {num_read:,} of {num_all:,} rows."


def _show_table(info: DatasetInfo, words: _Words) -> None:
    """Show the first words of all classes."""
    lists = [", ".join(word.word for word in found[:_WORDS_IN_TABLE]) for found in words.by_class]
    rows = [
        {"class": name, "words": line or "none"}
        for name, line in zip(cells(info.label_names), cells(lists), strict=True)
    ]
    st.dataframe(
        rows,
        hide_index=True,
        height=controls.table_height(len(rows), _TABLE_HEIGHT),
        column_config={
            "class": st.column_config.TextColumn(width="medium"),
            "words": st.column_config.TextColumn(width="large"),
        },
        alt="The words that set each class apart, the heaviest first",
    )


def _show_class(info: DatasetInfo, words: _Words) -> None:
    """Show the words of one class with their shares."""
    names = {name: shorten(name, 40) for name in info.label_names}
    chosen = state.choose("words_class", "Words of class", names, default=info.label_names[0])
    label_id = info.label_names.index(chosen)
    found = words.by_class[label_id]
    if not found:
        st.caption(
            f"No word sets {label(chosen)} apart: its rows are too few, or use the words of all."
        )
        return
    figure = class_words_chart(found, chosen, label_id)
    summary = "Share of the rows with each word, in the class and elsewhere"
    st.plotly_chart(figure, config=controls.NO_TOOLBAR, alt=summary)
    controls.table_twin(
        [
            {
                "word": word.word,
                "weight": round(word.weight, 3),
                "rows of the class": word.num_rows,
                "in the class": percent(word.share),
                "in the others": percent(word.share_elsewhere),
            }
            for word in found
        ],
        summary,
    )


def _show_similarity(info: DatasetInfo, words: _Words) -> None:
    """Show how similar the classes are, as a picture and as the closest pairs."""
    if len(info.label_names) < 2:
        st.caption("There is one class only; nothing to compare it with.")
        return
    figure = class_similarity_chart(
        words.similarity, info.label_names, is_dark=state.theme() == "dark"
    )
    st.plotly_chart(figure, config=controls.NO_TOOLBAR, alt="Similarity of every two classes")
    st.caption("1 means the same words as often. Classes that share words are easily mixed up.")
    controls.table_twin(
        [
            {"class": pair.first, "and": pair.second, "similarity": round(pair.similarity, 3)}
            for pair in words.similar
        ],
        "The most similar classes",
    )
