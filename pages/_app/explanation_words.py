"""Words: which of them drive each class over a split, and which drive its mistakes."""

from typing import Any

import streamlit as st

from pages._app import controls, saving, state
from pages._app import explanation_words_cache as cache
from pages._app.evaluation_cell import new_click
from pages._app.explanation_words_rows import show_rows
from pages._app.job_view import offer_job
from pages._app.number_choice import choose_number
from pages._app.sample_choice import choose_sample
from pages._app.text import cells, escape, label
from textcls_core.charts.explanation_words import driving_words_chart
from textcls_core.dataset.text_dataset import Split
from textcls_core.errors import InvalidArgumentError
from textcls_core.explanation.driving_words import (
    MIN_ROWS,
    NUM_ROWS,
    About,
    Answer,
    DrivingWord,
    DrivingWords,
)
from textcls_core.explanation.driving_words_job import ENTRY, WORD_METHODS, word_arguments
from textcls_core.explanation.methods import MEANINGS, TITLES, Method
from textcls_core.reporting.explanation_page import Fact, Sentence, Table
from textcls_core.runs.run import Run
from textcls_core.wording import plural, shorten

_ABOUT: dict[About, str] = {"classes": "Classes", "mistakes": "Mistakes"}
_SAMPLES = (50, 100, NUM_ROWS, 500, 1_000, 2_000)
_IN_OVERVIEW, _OVERVIEW_HEIGHT, _TABLE_HEIGHT = 8, 330, 380
_CHART = "words.chart"
_HOW = (
    "A word counts once per row; what its places in the row add to the score is summed, and the "
    "bar is the mean over the rows that have it, with its 95 % interval. Words are ranked by the "
    "lower end, so that one that is strong in a few rows by luck does not come first. Those whose "
    "mean is above zero have a bar."
)
_MISTAKES: dict[bool, str] = {
    True: (
        "Rows that were given a wrong class: what each word adds to the wrong class rather than "
        "the true one."
    ),
    False: (
        "Labels that were given wrongly: what each word adds to the score of the label. Labels "
        "that were missed are not asked for."
    ),
}


def show_words(run: Run) -> None:
    """Show the words that drive each class, or offer to ask a sample of rows for them."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        about = _choose_about()
        split = controls.choose_split(run)
        method = _choose_method()
        total = len(run.predictions(split).row_ids)
        size = choose_sample("drive_sample", "Rows asked", _SAMPLES, NUM_ROWS, total, width=140)
    try:
        questions = cache.questions(run, split, about, size)
    except InvalidArgumentError as error:
        st.info(escape(str(error)))
        return
    version, fingerprint = state.decision_key(run), run.config.dataset_fingerprint
    arguments = word_arguments(run.require_model(), version, fingerprint, method, questions)
    answers = cache.answers(arguments)
    count = len({question.row_id for question in questions})
    rows = plural(count, f"{split} row")
    if answers is None:
        _offer(arguments, about, rows)
        return
    _show(run, split, about, arguments, answers)
    drawn = "drawn at random" if count == size < total else "all there are"
    said = " ".join(_notes(about, f"{rows}, {drawn}", method, answers))
    saving.note(Fact("Method", TITLES[method]), Sentence(said))
    st.caption(said)


def _notes(about: About, rows: str, method: Method, answers: list[Answer]) -> list[str]:
    """Return what was asked, of which rows, and how."""
    is_single = any(answer.question.against for answer in answers)
    asked = [_MISTAKES[is_single]] if about == "mistakes" else []
    return [f"Asked of {rows}.", *asked, _HOW, MEANINGS[method]]


def _choose_about() -> About:
    chosen = state.choose(
        "drive_about", "What drives", _ABOUT, default="classes", draw=st.segmented_control
    )
    return "mistakes" if chosen == "mistakes" else "classes"


def _choose_method() -> Method:
    titles = {method: TITLES[method] for method in WORD_METHODS}
    chosen = state.choose("drive_method", "Method", titles, default=WORD_METHODS[0], width=220)
    return next(known for known in WORD_METHODS if known == chosen)


def _offer(arguments: dict[str, Any], about: About, rows: str) -> None:
    """Show the job that asks, or the button that starts it."""
    what = {
        "classes": "Which words drive each class? Every row is asked which of its words speak for "
        "the class that the model gave it.",
        "mistakes": "Which words drive the mistakes? Every row that was given a wrong class is "
        "asked which of its words speak for it.",
    }
    st.markdown(
        f"{what[about]} {rows} are asked. {TITLES['integrated_gradients']} takes some minutes for "
        f"{NUM_ROWS} rows on two cores, {TITLES['gradient_x_input'].lower()} seconds; you can "
        "leave the page meanwhile, and a cancelled measurement goes on where it was."
    )
    offer_job(ENTRY, arguments, "Measure", key="words.measure", icon=":material/speed:")
    st.caption(_HOW)


def _show(
    run: Run, split: Split, about: About, arguments: dict[str, Any], answers: list[Answer]
) -> None:
    """Show the words of one class beside the rows of a word, and the first words of all classes."""
    names = run.predictions(split).label_names
    everything = {"": "all classes"} if about == "mistakes" else {}
    options = everything | {name: shorten(name, 40) for name in names}
    left, right = controls.panels()
    with left, st.container(horizontal=True, vertical_alignment="bottom"):
        title = "Given class" if about == "mistakes" else "Class"
        chosen = state.choose("drive_class", title, options, default=next(iter(options)))
        least = choose_number(
            "drive_rows", "Least rows", float(MIN_ROWS), 2.0, 1_000.0, step=1.0, width=130
        )
    found = cache.ranked(arguments, chosen or None, int(least))
    with left:
        _show_class(found, about, chosen, int(least))
    with right:
        words = [word.word for word in found.words]
        show_rows(run, split, arguments["method"], answers, words, chosen or None)
    _show_overview(arguments, list(names), int(least))


def _show_class(found: DrivingWords, about: About, chosen: str, least: int) -> None:
    """Show the words of one class as bars and as a table; a click opens the rows of a word."""
    what = f"{'the wrong ' if about == 'mistakes' else ''}{label(chosen) if chosen else 'class'}"
    if not found.words:
        st.info(
            f"{plural(found.num_rows, 'row')} of the sample were given it, and no word is in "
            f"{least} of them. Ask more rows, or lower the least rows."
        )
        return
    st.subheader(
        f"“{label(found.words[0].word, 24)}” raises {what} most surely" if found.is_beyond_chance
        else "No word is reliably above zero on these rows",
        anchor=False,
    )  # fmt: skip
    saving.note(Fact("Class", chosen or "all classes"))
    axis = (chosen or "the class given") + (" over the true one" if about == "mistakes" else "")
    if found.raising:
        _show_bars(found.raising, axis)
    st.caption(_say_how_sure(found, least))
    _show_table(found.words)


def _show_bars(words: tuple[DrivingWord, ...], axis: str) -> None:
    """Show words that raise a score as bars; a click opens the rows of one."""
    click = new_click(_CHART, "points")
    if click is not None and click["point_number"] < len(words):
        state.set_parameter("drive_word", words[click["point_number"]].word)
    figure = driving_words_chart(
        words, shorten(axis, 50), selected=state.parameter("drive_word"),
        is_dark=state.theme() == "dark",
    )  # fmt: skip
    best = words[0]
    summary = f"The first word is {best.word}, which adds {best.mean:+.2f} to the score on average"
    saving.chart(
        figure, key=_CHART, on_select="rerun", selection_mode="points",
        config=controls.NO_TOOLBAR, alt=summary,
    )  # fmt: skip


def _say_how_sure(found: DrivingWords, least: int) -> str:
    """Say what stands beside the bars, what is not ranked, and what chance alone would do."""
    rare = f"{plural(found.num_rare, 'word')} in fewer than {least} rows are not ranked. "
    chance = (
        f"Of {plural(len(found.words), 'ranked word')} {found.num_driving} are surely above zero; "
        f"by chance alone it would be about {found.num_by_chance:.0f}."
    )
    return (
        f"From {plural(found.num_rows, 'row')}; beside a word how many have it. Click a bar to see "
        f"them. {rare if found.num_rare else ''}{chance}"
    )


def _show_table(words: tuple[DrivingWord, ...]) -> None:
    records = [
        {"word": name, "mean": word.mean, "low": word.low, "high": word.high, "rows": word.num_rows}
        for name, word in zip(cells([word.word for word in words]), words, strict=True)
    ]
    saving.note(Table("Ranked words", records))
    number = st.column_config.NumberColumn(format="%+.3f")
    with st.expander("As a table"):
        st.dataframe(
            records,
            hide_index=True,
            height=controls.table_height(len(records), _TABLE_HEIGHT),
            column_config=dict.fromkeys(("mean", "low", "high"), number),
            alt="Every ranked word with the mean, its interval, and the rows that have it",
        )


def _show_overview(arguments: dict[str, Any], names: list[str], least: int) -> None:
    """Show the first words of all classes."""
    found = [cache.ranked(arguments, name, least) for name in names]
    lines = [
        ", ".join(word.word for word in one.words[:_IN_OVERVIEW] if word.low > 0) for one in found
    ]
    records = [
        {"class": name, "rows asked": one.num_rows, "words surely above zero": line or "none"}
        for name, one, line in zip(cells(names), found, cells(lines), strict=True)
    ]
    saving.note(Table("All classes", records))
    st.subheader("All classes", anchor=False)
    st.dataframe(
        records,
        hide_index=True,
        height=controls.table_height(len(names), _OVERVIEW_HEIGHT),
        column_config={"words surely above zero": st.column_config.TextColumn(width="large")},
        alt="The words that raise the score of each class most surely",
    )
