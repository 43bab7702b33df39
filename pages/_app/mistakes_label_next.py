"""Label next: rows without labels that a run can learn most from, labelled one at a time."""

import streamlit as st

from pages._app import controls, mistakes_label_next_cache, state
from pages._app.job_view import offer_job
from pages._app.mistakes_label_row import show_row
from pages._app.text import escape, label
from textcls_core.dataset.history import newest_version
from textcls_core.dataset.store import DatasetInfo
from textcls_core.dataset.text_dataset import SPLITS, Split
from textcls_core.embeddings.computing import MAX_ROWS
from textcls_core.errors import TextclsError
from textcls_core.mistakes.active_learning.job import ENTRY
from textcls_core.mistakes.active_learning.labelling import make_labelled_version, progress_of
from textcls_core.mistakes.active_learning.pool import PoolFilter, has_labels
from textcls_core.mistakes.active_learning.predicted import PoolPredictions, find_pool
from textcls_core.mistakes.active_learning.ranking import (
    MAX_RANKED,
    MEASURES,
    STRATEGIES,
    Measure,
    Strategy,
    parse_measure,
    parse_strategy,
)
from textcls_core.mistakes.annotations.store import Annotations
from textcls_core.runs.run import Run
from textcls_core.wording import plural, shorten

_NO_POOL = (
    "Here a run picks the texts it would learn most from, and you label them one by one. Import "
    "texts without labels on the Data page first (tick There are no labels), or choose rows of a "
    "data set above."
)


def show_label_next(run: Run, split: Split) -> None:  # noqa: ARG001 - every view takes it
    """Show the next row to label, and what the labels given so far make."""
    trained_on = state.dataset_store().get(run.config.dataset_fingerprint)
    if trained_on is None:
        st.info("The data set version of this run was deleted, so no version of it can be made.")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pool = _choose_pool(trained_on)
        if pool is not None:
            wanted = _choose_rows(pool)
            strategy, measure = _choose_order()
    if pool is None:
        _show_no_pool()
        return
    _say_what_is_hidden(pool)
    found = find_pool(state.workspace(), run, pool.fingerprint)
    if found is None:
        _offer(run, pool)
        return
    ranked = mistakes_label_next_cache.ranked(found, wanted, strategy, measure)
    _show_queue(run, pool, trained_on, found, ranked)


def _choose_order() -> tuple[Strategy, Measure]:
    """Return in which order rows are labelled; how uncertainty is measured, where it counts."""
    chosen = state.choose("al_order", "Order", STRATEGIES, default="both", width=300)
    strategy = parse_strategy(chosen)
    if strategy not in {"both", "uncertainty"}:
        return strategy, "margin"
    by = state.choose("al_measure", "Uncertain by", MEASURES, default="margin", width=190)
    return strategy, parse_measure(by)


def _choose_pool(trained_on: DatasetInfo) -> DatasetInfo | None:
    """Return the data set that rows are labelled of; None before somebody chose."""
    infos = {info.name: info for info in reversed(state.dataset_infos())}  # the newest of a name
    infos = {**infos, trained_on.name: trained_on}
    by_id = {info.dataset_id: info for info in infos.values()}
    empty = [info.dataset_id for info in by_id.values() if not has_labels(info)]
    labels = {
        dataset_id: f"{shorten(info.name, 40)} · {_about(info)}"
        for dataset_id, info in by_id.items()
    }
    choices = labels if empty else {"": "Choose a data set", **labels}
    default = empty[-1] if empty else ""
    return by_id.get(state.choose("al_pool", "Rows of", choices, default=default, width=300))


def _about(info: DatasetInfo) -> str:
    rows = plural(info.num_examples, "row")
    return rows if has_labels(info) else f"{rows} without labels"


def _choose_rows(pool: DatasetInfo) -> PoolFilter:
    """Return which rows of the pool are ranked, with widgets for what can be chosen."""
    splits: dict[str, str] = {"": "Any"}
    splits.update((split, split) for split in SPLITS if split in pool.split_counts)
    names = {name: shorten(name, 40) for name in pool.label_names}
    columns = {name: shorten(name, 40) for name in pool.extra_columns}
    with st.popover("Which rows", icon=":material/filter_alt:"):
        split = state.choose("al_split", "Split", splits, default="")
        name = state.choose("al_class", "Class", {"": "Any", **names}, default="")
        column = state.choose("al_column", "Column", {"": "Any", **columns}, default="")
        value = state.search("al_value", "holds exactly", disabled=not column)
    return PoolFilter(split, name, column, value if column else "")


def _show_no_pool() -> None:
    with st.container(border=True):
        st.subheader("No rows to label yet", anchor=False)
        st.text(_NO_POOL)
        if st.button("Import texts", type="primary", icon=":material/upload:"):
            st.switch_page("pages/dataset.py", query_params={"view": "Import"})


def _say_what_is_hidden(pool: DatasetInfo) -> None:
    if has_labels(pool):
        st.caption(
            "These rows have labels already. They are neither shown to you nor used for the "
            "ranking; what you say takes their place in the new version."
        )


def _offer(run: Run, pool: DatasetInfo) -> None:
    """Say what is needed to rank the rows, and start making it."""
    sampled = (
        f" Of {pool.num_examples:,} rows a random sample of {MAX_ROWS:,} is read."
        if pool.num_examples > MAX_ROWS
        else ""
    )
    with st.container(border=True):
        st.subheader("Which rows are worth a label?", anchor=False)
        st.text(
            f"The run has to read {plural(pool.num_examples, 'row')} once: how sure it is of each, "
            "and how much they resemble one another and what it was trained on. Ten thousand "
            f"short texts take about four minutes.{sampled}"
        )
        arguments = {"run_id": run.run_id, "fingerprint": pool.fingerprint}
        offer_job(ENTRY, arguments, "Rank the rows", key="al.start", icon=":material/sort:")


def _show_queue(
    run: Run,
    pool: DatasetInfo,
    trained_on: DatasetInfo,
    found: PoolPredictions,
    ranked: list[str],
) -> None:
    """Show the row to label now beside how far people are."""
    annotations = Annotations.open(state.workspace(), pool.name)
    done = progress_of(ranked, annotations.by_row())
    left, right = controls.panels()
    with left:
        if not ranked:
            st.info("No row is left: every text of this choice is in the data set of the run.")
        else:
            show_row(found, pool, trained_on, annotations, done)
    with right:
        given = len(done.labelled) + len(done.skipped)
        share = given / len(ranked) if ranked else 1.0
        st.progress(share, text=f"{given:,} of {plural(len(ranked), 'ranked row')} done")
        controls.metrics(
            [
                ("Labelled", f"{len(done.labelled):,}", "in this ranking"),
                ("Skipped", f"{len(done.skipped):,}", "without a label"),
                ("Left", f"{len(done.open):,}", "to look at"),
            ],
            card_width=110,
        )
        _show_version(run, pool, trained_on)
        _explain(found, len(ranked))


def _show_version(run: Run, pool: DatasetInfo, trained_on: DatasetInfo) -> None:
    """Offer the version that the labels make, and what to do with the one that was made."""
    newest = newest_version(state.dataset_store(), trained_on.name)
    pending = mistakes_label_next_cache.pending(pool, newest)
    with st.container(border=True):
        st.caption(
            f"Labels are kept at once. They join {label(newest.name)} when you make a version."
        )
        if st.button(
            f"Make a new version with {plural(len(pending), 'labelled row')}",
            icon=":material/library_add:",
            type="primary" if pending else "secondary",
            disabled=not pending,
            key="al.version",
        ):
            _make_version(run, pool)
        if newest.fingerprint != trained_on.fingerprint:
            st.caption(
                f"{label(newest.title, 60)} is newer than what this run was trained on: "
                f"{escape(newest.reason)}."
            )
            controls.link(
                "pages/training.py",
                "Train again",
                icon=":material/model_training:",
                dataset=newest.dataset_id,
            )


def _make_version(run: Run, pool: DatasetInfo) -> None:
    try:
        with st.spinner("Making the version"):
            made = make_labelled_version(state.workspace(), run, pool)
    except TextclsError as error:
        st.error(escape(str(error)))
        return
    st.toast(escape(f"Version {made.version} of {shorten(made.name)} is stored."))
    st.rerun()


def _explain(found: PoolPredictions, num_ranked: int) -> None:
    """Say how the rows are ranked, and what is sampled."""
    info = found.info
    sampled = (
        f" Read: a sample of {info.num_rows:,} of {info.num_examples:,} rows."
        if info.num_rows < info.num_examples
        else ""
    )
    st.caption(
        f"{plural(num_ranked, 'row')} ranked, {MAX_RANKED} at most; texts that the data set of "
        "this run has already are left out. The ranking stays as it is while you label. After a "
        f"few dozen labels, train again and rank with the new run.{sampled}"
    )
