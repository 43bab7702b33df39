"""Words: which of them drive each class over a split, and which drive its mistakes."""

from typing import Any

import streamlit as st

from pages._app import controls, saving, state
from pages._app import explanation_words_cache as cache
from pages._app.evaluation_cell import new_click
from pages._app.explanation_words_choice import Asked, choose_asked, choose_classes
from pages._app.explanation_words_overview import show_overview, take_click
from pages._app.explanation_words_rows import show_rows
from pages._app.job_view import offer_job
from pages._app.number_choice import choose_number
from pages._app.text import cells, escape, label
from textcls_core.charts.explanation_words import driving_words_chart
from textcls_core.errors import InvalidArgumentError
from textcls_core.explanation.driving_questions import NUM_ROWS, About, Choice, Question
from textcls_core.explanation.driving_words import (
    MIN_ROWS,
    Answer,
    DrivingWord,
    DrivingWords,
    chosen_answers,
)
from textcls_core.explanation.driving_words_job import ENTRY
from textcls_core.explanation.methods import MEANINGS, TITLES
from textcls_core.reporting.explanation_page import Fact, Sentence, Table
from textcls_core.runs.run import Run
from textcls_core.wording import plural, shorten

_TABLE_HEIGHT = 380
_CHART = "words.chart"
_WHAT: dict[tuple[About, bool], str] = {
    ("classes", True): "Which words drive each class? Every row is asked which of its words speak "
    "for the class that the model gave it.",
    ("classes", False): "Which words drive each label? Every row is asked which of its words speak "
    "for each label that the model gave it.",
    ("mistakes", True): "Which words drive the mistakes? Every row that was given a wrong class is "
    "asked which of its words speak for it rather than for the true one.",
    ("mistakes", False): "Which words drive the labels that were given wrongly? Every row that has "
    "one is asked which of its words speak for it.",
    ("missed", False): "Which words drive labels away? Every row with a true label that it was not "
    "given is asked which of its words speak against it.",
}
_MEANING: dict[tuple[About, bool], str] = {
    ("mistakes", True): "Rows that were given a wrong class: what each word adds to the wrong "
    "class rather than the true one.",
    ("mistakes", False): "Labels that were given and are not true: what each word adds to the "
    "score of the label.",
    ("missed", False): "Labels that are true and were not given: what each word takes from the "
    "score of the label. A label is also missed where no word speaks for it; then few words are "
    "surely below zero.",
}


def show_words(run: Run) -> None:
    """Show the words that drive each class, or offer to ask a sample of rows for them."""
    asked = choose_asked(run)
    try:
        questions = asked.questions()
    except InvalidArgumentError as error:
        st.info(escape(str(error)))
        return
    arguments = asked.arguments(questions)
    answers = cache.answers(arguments)
    if answers is None:
        _offer(asked, questions, arguments)
        return
    take_click(asked, questions)
    _show(asked, questions, arguments, answers)


def _say_how(asked: Asked, answers: list[Answer], num_wanted: int) -> None:
    """Say what was asked, of which rows, and how.

    Args:
        asked: What the view is about.
        answers: Those that words are from.
        num_wanted: Questions to a sample of the chosen rows alone.
    """
    said = " ".join(_notes(asked, answers, num_wanted))
    saving.note(Fact("Method", TITLES[asked.method]), Sentence(said))
    st.caption(said)


def _notes(asked: Asked, answers: list[Answer], num_wanted: int) -> list[str]:
    count = _num_rows([answer.question for answer in answers])
    is_full = asked.size <= count < len(asked.predictions.row_ids)
    rows = f"{plural(count, f'{asked.split} row')}, "
    drawn = "drawn at random" if is_full or len(answers) < num_wanted else "all there are"
    meaning = _MEANING.get((asked.about, asked.is_single))
    return [
        f"Asked of {rows}{drawn}.",
        *filter(None, [meaning]),
        _how(asked),
        MEANINGS[asked.method],
    ]


def _how(asked: Asked) -> str:
    end, side = ("upper", "below") if asked.lowers else ("lower", "above")
    return (
        "A word counts once per row; what its places in the row add to the score is summed, and "
        "the bar is the mean over the rows that have it, with its 95 % interval. Words are ranked "
        f"by the {end} end, so that one that is strong in a few rows by luck does not come first. "
        f"Those whose mean is {side} zero have a bar."
    )


def _num_rows(questions: list[Question]) -> int:
    return len({question.row_id for question in questions})


def _offer(asked: Asked, questions: list[Question], arguments: dict[str, Any]) -> None:
    """Show the job that asks, or the button that starts it."""
    rows = plural(_num_rows(questions), f"{asked.split} row")
    st.markdown(
        f"{_WHAT[asked.about, asked.is_single]} {rows} are asked. "
        f"{TITLES['integrated_gradients']} takes some minutes for "
        f"{NUM_ROWS} rows on two cores, {TITLES['gradient_x_input'].lower()} seconds; you can "
        "leave the page meanwhile, and a cancelled measurement goes on where it was."
    )
    offer_job(ENTRY, arguments, "Measure", key="words.measure", icon=":material/speed:")
    st.caption(_how(asked))


def _show(
    asked: Asked, questions: list[Question], arguments: dict[str, Any], answers: list[Answer]
) -> None:
    """Show the words of one class beside the rows of a word, and the first words of all classes."""
    left, right = controls.panels()
    with left, st.container(horizontal=True, vertical_alignment="bottom"):
        choice = choose_classes(asked)
        least = int(
            choose_number(
                "drive_rows", "Least rows", float(MIN_ROWS), 2.0, 1_000.0, step=1.0, width=130
            )
        )
    wanted = _wanted(asked, choice)
    known = sum(choice.takes(question) for question in questions)
    with left:
        measured = (_ask_more(asked, wanted, known) if len(wanted) > known else None) or arguments
    found = cache.ranked(measured, choice, least, lowers=asked.lowers)
    chosen = chosen_answers(cache.answers(measured) or answers, choice)
    with left:
        _show_class(asked, found, choice, least)
    with right:
        show_rows(asked, choice, chosen, [word.word for word in found.words])
    show_overview(asked, questions, arguments, least)
    _say_how(asked, chosen, len(wanted))


def _wanted(asked: Asked, choice: Choice) -> list[Question]:
    """Return what a sample of the chosen rows alone is asked; nothing if there is no such row."""
    try:
        return asked.questions(choice)
    except InvalidArgumentError:
        return []


def _ask_more(asked: Asked, wanted: list[Question], known: int) -> dict[str, Any] | None:
    """Return the measurement of chosen rows alone; offer it if it was not made.

    Args:
        asked: What the view is about.
        wanted: Questions to these rows.
        known: How many of them the sample of everything has.
    """
    arguments = asked.arguments(wanted)
    if cache.answers(arguments) is not None:
        return arguments
    st.caption(f"{plural(known, 'such row')} in the sample; {len(wanted):,} can be asked.")
    title = f"Ask {plural(len(wanted), 'such row')}"
    offer_job(ENTRY, arguments, title, key="words.more", kind="secondary")
    return None


def _show_class(asked: Asked, found: DrivingWords, choice: Choice, least: int) -> None:
    """Show the words of one class as bars and as a table; a click opens the rows of a word."""
    if not found.words:
        st.info(
            f"{plural(found.num_rows, 'row')} of the sample were asked for this, and no word is in "
            f"{least} of them. Ask more rows, or lower the least rows."
        )
        return
    verb, side = ("lowers", "below") if asked.lowers else ("raises", "above")
    first = label(found.words[0].word, 24)
    st.subheader(
        f"“{first}” {verb} {asked.score_words(choice, label)} most surely"
        if found.is_beyond_chance
        else f"No word is reliably {side} zero on these rows",
        anchor=False,
    )
    saving.note(Fact("Class", choice.label or "all"))
    if asked.has_true:
        saving.note(Fact("True class", choice.against or "all"))
    if found.leaning:
        axis = asked.score_words(choice, lambda name: shorten(name, 24))
        _show_bars(found.leaning, axis)
    st.caption(_say_how_sure(found, least))
    _show_table(found.words)


def _show_bars(words: tuple[DrivingWord, ...], axis: str) -> None:
    """Show words that raise or lower a score as bars; a click opens the rows of one."""
    click = new_click(_CHART, "points")
    if click is not None and click["point_number"] < len(words):
        state.set_parameter("drive_word", words[click["point_number"]].word)
    figure = driving_words_chart(
        words, axis, selected=state.parameter("drive_word"), is_dark=state.theme() == "dark"
    )
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
        f"Of {plural(len(found.words), 'ranked word')} {len(found.driving)} are surely "
        f"{'below' if found.lowers else 'above'} zero; "
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
