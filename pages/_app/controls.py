"""Parts that several pages share: context chips, badges, empty states, metric cards."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._app import state
from pages._app.text import label
from textcls_core.dataset.store import DatasetInfo
from textcls_core.dataset.text_dataset import Split
from textcls_core.errors import NotFoundError
from textcls_core.jobs.progress import Report
from textcls_core.runs.run import Run, RunStatus
from textcls_core.wording import ago, percent, shorten

_EXAMPLE_COLUMNS = ("true", "predicted", "confidence", "loss", "text")
NO_TOOLBAR = {"displayModeBar": False}
_PANEL_WIDTH, _CARD_WIDTH, _TITLE_WIDTH = 400, 140, 300
_LONGEST_TITLE = 40
"""Of a run in characters, where it is one of several."""
_OPEN_PAGE = "view.of"
"""Session state: the page with views that was open last."""
_SPLIT_WIDTH = 130
"""Leaves the rest of the line to the names of runs, which are long."""
_TABLE_HEADER, _TABLE_ROW = 36, 33
_SHARE = st.column_config.ProgressColumn(format="%.1f %%", min_value=0, max_value=100, width=100)
RIGHT = st.column_config.TextColumn(alignment="right")
"""Column of figures that are words, such as "97.8 %"."""
_SCORE = st.column_config.NumberColumn(format="%.3f")
_BADGES: dict[RunStatus, tuple[str, str, str]] = {
    RunStatus.QUEUED: (":material/schedule:", "◷", "gray"),
    RunStatus.RUNNING: (":material/play_arrow:", "▶", "blue"),
    RunStatus.STOPPING: (":material/pause:", "‖", "orange"),
    RunStatus.COMPLETED: (":material/check:", "✓", "green"),
    RunStatus.STOPPED: (":material/stop:", "■", "violet"),
    RunStatus.FAILED: (":material/close:", "✕", "red"),
    RunStatus.INTERRUPTED: (":material/bolt:", "↯", "orange"),
}
"""Icon, the same as a character for tables, and colour of each state."""


def status_icon(status: RunStatus) -> str:
    """Return the icon of a state."""
    return _BADGES[status][0]


def status_badge(status: RunStatus) -> None:
    """Show a state as icon, word and colour."""
    icon, _, color = _BADGES[status]
    st.badge(status, icon=icon, color=color)  # type: ignore[arg-type]


def status_cell(status: RunStatus) -> list[str]:
    """Return a state for a table column made by `status_column`."""
    return [f"{_BADGES[status][1]} {status}"]


def status_column() -> Any:
    """Return the column that shows states as character, word and colour."""
    return st.column_config.MultiselectColumn(
        options=[status_cell(status)[0] for status in _BADGES],
        color=[color for *_, color in _BADGES.values()],
    )


def header(text: str, question: str) -> DeltaGenerator:
    """Show the page's title and what it answers; return the place for its context switchers."""
    line = st.grid(3, min_column_width=_TITLE_WIDTH, vertical_alignment="center")
    left, right = line.cell(), line.cell(column_span=2)
    left.title(text, anchor=False)
    left.caption(question)
    return right.container(
        horizontal=True, horizontal_alignment="right", vertical_alignment="bottom"
    )


def choose_view(page: str, views: Sequence[str]) -> str:
    """Return which view of a page is open, with a switcher; each page remembers its own.

    An address without a view opens the remembered one only for somebody who comes from elsewhere:
    on the page itself it means the first view, which addresses leave out.

    Args:
        page: Name of the page.
        views: Its views, the one that it opens with first.
    """
    own = f"view.{page}"
    given = st.query_params.get("panel")
    comes_from_elsewhere = st.session_state.get(_OPEN_PAGE) != page
    is_of_another_page = given not in views and given == st.session_state.get("url.panel")
    if is_of_another_page or (given is None and comes_from_elsewhere):
        known = st.session_state.get(own)
        state.set_parameter("panel", None if known == views[0] else known)
    st.session_state[_OPEN_PAGE] = page
    chosen = state.choose(
        "panel", "View", list(views), default=views[0],
        draw=st.segmented_control, label_visibility="collapsed",
    )  # fmt: skip
    st.session_state[own] = chosen
    return chosen


def panels(**arguments: Any) -> tuple[DeltaGenerator, DeltaGenerator]:
    """Return two places side by side, which stand below one another on a narrow screen."""
    grid = st.grid(2, min_column_width=_PANEL_WIDTH, **arguments)
    return grid.cell(), grid.cell()


def examples_table(
    rows: Sequence[dict[str, Any]],
    key: str,
    height: int,
    *,
    extra: Sequence[str] = (),
    hidden: Sequence[str] = (),
) -> list[int]:
    """Show examples with confidence bars; return the position of the selected one, if any.

    Args:
        rows: From `Examples.row`.
        key: Key of the widget; another selection of rows needs another one.
        height: Largest height; a short table is as high as its rows.
        extra: Further names in the rows, shown as columns after the predicted class.
        hidden: Columns that the surroundings make superfluous.
    """
    percent_rows = _in_percent(rows, ("confidence",))
    columns = (*_EXAMPLE_COLUMNS[:2], *extra, *_EXAMPLE_COLUMNS[2:])
    event = st.dataframe(
        [{name: row[name] for name in columns} for row in percent_rows],
        hide_index=True,
        height=table_height(len(rows), height),
        column_order=[name for name in columns if name not in hidden],
        column_config={
            "true": st.column_config.TextColumn(width=110),
            "predicted": st.column_config.TextColumn(width=110),
            "confidence": _SHARE,
            "loss": st.column_config.NumberColumn(format="%.3f"),
            "text": st.column_config.TextColumn(width="large"),
        },
        on_select="rerun",
        selection_mode="single-row",
        key=key,
        alt="Examples with true and predicted class, confidence and loss",
    )
    return list(event["selection"]["rows"])


def table_height(num_rows: int, most: int) -> int:
    """Return the height of a table that is as high as its rows, but no higher than `most`."""
    return min(most, _TABLE_HEADER + _TABLE_ROW * max(num_rows, 1))


def metrics(cards: Sequence[tuple[str, str, str]], *, card_width: int = _CARD_WIDTH) -> None:
    """Show a row of bordered figures.

    Args:
        cards: Label, value and a note (a baseline or unit) of each figure.
        card_width: Least width of a card; long values need more.
    """
    with st.grid(len(cards), min_column_width=card_width):
        for name, value, note in cards:
            st.metric(
                name,
                value,
                note or None,
                delta_color="off",
                delta_arrow="off",
                border=True,
                width="stretch",
            )


def shares_table(
    rows: Sequence[dict[str, Any]],
    shares: tuple[str, ...],
    summary: str,
    *,
    scores: tuple[str, ...] = (),
) -> None:
    """Show records with bars in the columns that hold shares in [0, 1].

    Args:
        rows: Records with equal keys.
        shares: Columns that hold shares.
        summary: What the table shows, for those who do not see it.
        scores: Columns of further numbers, with three digits.
    """
    st.dataframe(
        _in_percent(rows, shares),
        hide_index=True,
        column_config=dict.fromkeys(shares, _SHARE) | dict.fromkeys(scores, _SCORE),
        alt=summary,
    )


def _in_percent(rows: Sequence[dict[str, Any]], shares: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return records whose shares are in percent, as the table's number format needs them."""
    return [{**row, **{name: 100 * row[name] for name in shares}} for row in rows]


def table_twin(rows: Sequence[dict[str, Any]], summary: str) -> None:
    """Offer the numbers of a chart as a table."""
    with st.expander("As a table"):
        st.dataframe(list(rows), hide_index=True, alt=summary)


def empty_state(heading: str, why: str, button: str, page: str) -> None:
    """Say what the page will show, why it cannot yet, and where to go."""
    with st.container(border=True):
        st.subheader(heading, anchor=False)
        st.text(why)
        if st.button(button, type="primary"):
            st.switch_page(page)


@contextmanager
def progress_bar() -> Iterator[Report]:
    """Show how far some work on the page is, from its first report until it ends."""
    place = st.empty()

    def report(done: int, total: int, message: str) -> None:
        place.progress(done / total, text=f"{message}: {done:,} of {total:,}")

    try:
        yield report
    finally:
        place.empty()


def choose_dataset(preferred: str = "") -> DatasetInfo:
    """Return the data set version in the URL, with a switcher.

    Args:
        preferred: Name or fingerprint of the one to show when the URL names none.
    """
    infos = {info.dataset_id: info for info in state.dataset_infos()}
    wanted = state.parameter("dataset", preferred)
    with suppress(NotFoundError):  # a link may name the data set instead of the version
        state.set_parameter("dataset", state.dataset_store().find(wanted).dataset_id)
    labels = {
        dataset_id: shorten(info.name, 40) + (f" · v{info.version}" if info.version > 1 else "")
        for dataset_id, info in infos.items()
    }
    return infos[state.choose("dataset", "Data set", labels, default=next(iter(infos)), pin=True)]


def split_note(info: DatasetInfo) -> str:
    """Return the rows per split in a few characters."""
    return " · ".join(f"{split} {count:,}" for split, count in info.split_counts.items())


def choose_run() -> Run | None:
    """Return the finished run in the URL, with a switcher; None if there is none yet.

    Raises:
        NotFoundError: If the URL names a run that does not exist.
    """
    runs = {run.run_id: run for run in state.run_store().runs() if run.has_model}
    wanted = state.parameter("run")
    if wanted and wanted not in runs:
        _explain_unknown_run(wanted)
        state.set_parameter("run", None)
    if not runs:
        return None
    labels = run_labels(runs)
    place = st.container(width="content")  # the data set stands before the run, known only after
    run = runs[state.choose("run", "Run", labels, default=next(iter(runs)), pin=True)]
    with place:
        dataset_link(run)
    return run


def link(page: str, words: str, *, icon: str | None = None, **query: str) -> None:
    """Lead to a page, in the colour of links; Streamlit draws such words like any others.

    Args:
        page: Its file.
        words: Markdown; foreign text in it is escaped.
        icon: Stands before the words.
        **query: What the address says.
    """
    st.page_link(page, label=f":blue[{words}]", icon=icon, query_params=query)


def dataset_link(run: Run) -> None:
    """Lead to the data set version that a run was trained on."""
    link(
        "pages/dataset.py",
        label(state.dataset_title(run), 60),
        icon=":material/table_rows:",
        dataset=run.config.dataset_fingerprint[:16] or run.config.dataset,
    )


def choose_split(run: Run) -> Split:
    """Return the split in the URL, with a switcher."""
    names = {split: split.capitalize() for split in run.splits}
    default = "test" if "test" in names else next(iter(names))
    chosen = state.choose("split", "Split", names, default=default, width=_SPLIT_WIDTH)
    return next(split for split in run.splits if split == chosen)


def run_label(run: Run, *, dated: bool = False) -> str:
    """Return name, test accuracy and age of a run; with `dated` when it was made, not its age."""
    title = shorten(run.config.title, _LONGEST_TITLE)
    accuracy = run.finished.get("test", {}).get("accuracy")
    figure = [percent(accuracy)] if accuracy is not None else []
    if dated:  # what tells them apart stands first: a narrow field cuts the end
        return " · ".join([title, f"{run.created_at:%Y-%m-%d %H:%M:%S} UTC", *figure])
    return " · ".join([title, *figure, ago(run.created_at)])


def run_labels(runs: Mapping[str, Run]) -> dict[str, str]:
    """Return labels that tell runs apart, by run id.

    Runs of the same title say when each was made instead of its age, to the second.
    """
    titles = {run_id: shorten(run.config.title, _LONGEST_TITLE) for run_id, run in runs.items()}
    counts = Counter(titles.values())
    return {
        run_id: run_label(run, dated=counts[titles[run_id]] > 1) for run_id, run in runs.items()
    }


def _explain_unknown_run(wanted: str) -> None:
    try:
        run = state.run_store().open_run(wanted)
    except NotFoundError:
        st.warning("The run in this link does not exist in this workspace. Showing the newest.")
        return
    st.warning(f"Run {label(run.config.title)} is {run.status}. Showing the newest finished run.")


def no_finished_run(what: str) -> None:
    """Say what a page will show of a finished run, and lead to training."""
    why = f"Here you will {what}."
    empty_state("No finished run yet", why, "Train a model", "pages/training.py")


def link_to_rows(info: DatasetInfo, row_ids: Sequence[str]) -> None:
    """Lead to some rows of a data set, among which one can filter and page."""
    view = {"dataset": info.dataset_id, "view": "Explore", "data_ids": ",".join(row_ids)}
    link("pages/dataset.py", "Open in Explore", icon=":material/table_rows:", **view)
