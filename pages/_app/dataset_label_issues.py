"""Label issues on the Data page: look for them, go through the queue, make a new version."""

from pathlib import Path
from typing import Any

import streamlit as st

from pages._app import controls, state
from pages._app.dataset_label_dynamics import (
    choose_cartography,
    chosen_area,
    rows_inside,
    show_cartography,
    show_selected,
)
from pages._app.dataset_label_issue import show_record
from pages._app.job_view import show_job
from pages._app.text import escape
from textcls_core.charts.label_issues import noise_pairs_chart
from textcls_core.dataset.store import DatasetInfo
from textcls_core.embeddings.computing import MAX_ROWS
from textcls_core.errors import NotFoundError, TextclsError
from textcls_core.jobs.job import job_id_of, read_job, start_job
from textcls_core.mistakes.label_issues.decisions import Decision, Decisions, count_kinds
from textcls_core.mistakes.label_issues.dynamics import Cartography
from textcls_core.mistakes.label_issues.folds import finished_cross_validations
from textcls_core.mistakes.label_issues.job import ENTRY, queue_dir
from textcls_core.mistakes.label_issues.queue import GROUP_PREFIX, LabelIssueFacts, LabelIssues
from textcls_core.mistakes.label_issues.review import (
    SHOWN,
    count_reviewed,
    make_version,
    reason_of,
    rows_to_show,
)
from textcls_core.models.catalogue import EMBEDDED
from textcls_core.wording import percent, plural, shorten

ROWS_SHOWN = 500
_TABLE_HEIGHT = 560
_ICONS = {"accept": "✓ accepted", "relabel": "✎ relabelled", "drop": "✕ dropped", "keep": "= kept"}


def show_label_issues(info: DatasetInfo) -> None:
    """Show the queue of a data set version, or offer to make it."""
    if len(info.label_names) < 2:
        few = "one label" if info.label_names else "no labels"
        st.info(f"A data set with {few} has no label issues: there is nothing to confuse.")
        return
    source = _choose_source(info)
    issues = _queue(info, source)
    if issues is None:
        _offer(info, source)
    else:
        _show_queue(info, issues)


def _choose_source(info: DatasetInfo) -> str:
    """Return where the opinions come from, with a switcher when there is a choice."""
    groups = finished_cross_validations(state.workspace(), info.fingerprint)
    labels = {EMBEDDED: "Frozen encoder minilm"} | {
        GROUP_PREFIX + group.group_id: f"Cross-validation {shorten(group.plan.title, 40)}"
        for group in groups
    }
    if len(labels) == 1:
        return EMBEDDED
    return state.choose("issues_source", "Opinions of", labels, default=EMBEDDED)


def _queue(info: DatasetInfo, source: str) -> LabelIssues | None:
    folder = queue_dir(state.workspace(), info.fingerprint, source)
    return _load(str(folder)) if (folder / "facts.json").exists() else None


@st.cache_resource(max_entries=4, show_spinner="Reading the queue")
def _load(folder: str) -> LabelIssues | None:
    return LabelIssues.load(Path(folder))


def _offer(info: DatasetInfo, source: str) -> None:
    """Say what will be done and how, with the button that starts it, or show it at work."""
    arguments = {"fingerprint": info.fingerprint, "source": source}
    try:
        is_active = read_job(state.workspace(), job_id_of(ENTRY, arguments)).is_active
    except NotFoundError:
        is_active = False
    else:
        show_job(job_id_of(ENTRY, arguments))
    if is_active:
        return
    with st.container(border=True):
        st.subheader("Which labels are probably wrong?", anchor=False)
        st.text(
            "Every row is judged by models that never saw it, and compared with the texts most "
            "similar to it. You get a list with the most suspect label first, and decide row by "
            "row. Nothing changes until you make a new version. "
            f"Ten thousand short texts take about a minute.{_sampled(info)}"
        )
        if st.button("Look for label issues", type="primary", icon=":material/search:"):
            start_job(state.workspace(), ENTRY, arguments, again=True)
            st.rerun()


def _sampled(info: DatasetInfo) -> str:
    if info.num_examples <= MAX_ROWS:
        return ""
    return (
        f" Of {info.num_examples:,} rows a random sample of {MAX_ROWS:,} is judged, spread over "
        "the classes."
    )


def _show_queue(info: DatasetInfo, issues: LabelIssues) -> None:
    decisions = Decisions.open(state.workspace(), info.fingerprint)
    decided = decisions.by_row()
    reviewed = count_reviewed(issues, decided)
    _show_figures(issues.facts, reviewed)
    if issues.facts.left_out:
        st.caption(issues.facts.left_out)
    total = issues.facts.num_suspects
    share = reviewed / total if total else 1.0
    st.progress(share, text=f"{reviewed:,} of {total:,} suspects reviewed")
    found = choose_cartography(info, issues)
    area = chosen_area(found)
    if found is not None:
        show_cartography(issues, found, area)
    show, label = _choose_rows(info)
    row_ids = rows_to_show(issues, decided, show if area is None else "all", label)
    if found is not None and area is not None:
        inside = rows_inside(issues, found, area)
        row_ids = [row_id for row_id in row_ids if row_id in inside]
        show_selected(len(row_ids))
    table, detail = controls.panels()
    with table:
        _show_table(issues, row_ids, decided)
    with detail:
        _show_detail(info, issues, decisions, row_ids, found)
    _show_version_maker(info, list(decided.values()))
    _show_pairs(issues.facts)


def _show_figures(facts: LabelIssueFacts, reviewed: int) -> None:
    suspects, judged = facts.num_suspects, facts.num_judged
    sampled = "" if judged == facts.num_examples else f"sampled of {facts.num_examples:,}"
    left = max(suspects - reviewed, 0)
    controls.metrics(
        [
            ("Suspect labels", f"{suspects:,}", f"{percent(suspects / max(judged, 1))} of rows"),
            ("Left to review", f"{left:,}", "suspects"),
            ("Rows judged", f"{judged:,}", sampled or "all of them"),
        ]
    )


def _choose_rows(info: DatasetInfo) -> tuple[Any, str]:
    """Return which rows of the queue are shown, and the label they must have."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        show = state.choose("issues_show", "Show", SHOWN, default="open")
        names = {name: shorten(name, 40) for name in info.label_names}
        label = state.choose(
            "issues_label", "Label, given or suggested", {"": "Any", **names}, default=""
        )
    return show, label


def _show_table(issues: LabelIssues, row_ids: list[str], decided: dict[str, Decision]) -> None:
    """Show the head of the list; choosing a row puts it into the URL."""
    shown = issues.records(row_ids[:ROWS_SHOWN])
    cut = f", the first {len(shown):,} shown" if len(shown) < len(row_ids) else ""
    st.caption(f"{plural(len(row_ids), 'row')}{cut}, the most suspect first")
    event = st.dataframe(
        [_cells(record, decided) for record in shown],
        hide_index=True,
        height=_TABLE_HEIGHT,
        on_select="rerun",
        selection_mode="single-row",
        key=f"issues.table.{hash(tuple(row_ids))}",
        column_config={
            "suspicion": st.column_config.ProgressColumn(
                format="%.1f %%", min_value=0, max_value=100, width=110
            ),
            "label": st.column_config.TextColumn(width=120),
            "suggested": st.column_config.TextColumn(width=120),
            "text": st.column_config.TextColumn(width="large"),
        },
        alt="Rows with their label, the suggested label and how suspect the label is",
    )
    picked = [shown[position]["row_id"] for position in event["selection"]["rows"]]
    if picked != st.session_state.get("issues.picked", []):
        st.session_state["issues.picked"] = picked
        if picked:
            state.set_parameter("issue_row", picked[0])


def _cells(record: dict[str, Any], decided: dict[str, Decision]) -> dict[str, Any]:
    decision = decided.get(record["row_id"])
    return {
        "suspicion": 100 * record["score"],
        "label": ", ".join(record["labels"]),
        "suggested": ", ".join(record["suggested_labels"]),
        "text": record["text"],
        "decision": _ICONS[decision.kind] if decision else "",
    }


def _show_detail(
    info: DatasetInfo,
    issues: LabelIssues,
    decisions: Decisions,
    row_ids: list[str],
    found: Cartography | None,
) -> None:
    wanted = state.parameter("issue_row")
    if wanted and wanted not in issues.positions:
        state.ignore_parameter("issue_row", "row")
        wanted = ""
    opened = wanted or (row_ids[0] if row_ids else "")
    if opened:
        show_record(info, issues, decisions, opened, row_ids, found)
    else:
        st.info("No row is left in this view.", icon=":material/done_all:")


def _show_version_maker(info: DatasetInfo, decisions: list[Decision]) -> None:
    """Offer the version that the decisions make."""
    counts = count_kinds(decisions)
    changes = counts["accept"] + counts["relabel"] + counts["drop"]
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.caption(
            escape(f"Decided so far: {reason_of(decisions).partition(': ')[2]}.")
            if decisions
            else "Decisions are kept at once. They change nothing until you make a new version."
        )
        if st.button(
            "Make a new version",
            icon=":material/library_add:",
            disabled=not changes,
            key="issues.version",
        ):
            _make_version(info)


def _make_version(info: DatasetInfo) -> None:
    try:
        with st.spinner("Making the version"):
            made = make_version(state.workspace(), info)
    except TextclsError as error:
        st.error(escape(str(error)))
        return
    st.toast(escape(f"Version {made.version} of {shorten(made.name)} is stored."))
    for name in ("issue_row", "issues_source", "issues_run", "issues_area"):
        state.set_parameter(name, None)
    state.set_parameter("dataset", made.dataset_id)
    st.rerun()


def _show_pairs(facts: LabelIssueFacts) -> None:
    """Show which classes are confused in the labels, as a chart and as a table."""
    if not facts.pairs:
        return
    pairs = [(pair.given, pair.likely, pair.rows, pair.share) for pair in facts.pairs]
    with st.container(border=True):
        figure = noise_pairs_chart(pairs)
        alternative = f"{pairs[0][0]} is most often confused with {pairs[0][1]} in the labels"
        st.plotly_chart(figure, config=controls.NO_TOOLBAR, alt=alternative)
        rows = [
            {
                "labelled": pair.given,
                "likely": pair.likely,
                "rows": round(pair.rows, 1),
                "of that label": percent(pair.share),
            }
            for pair in facts.pairs
        ]
        controls.table_twin(rows, "Estimated rows per given and likely label")
