"""The data map among the label issues: how a run that recorded its dynamics learned each row."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from pages._app import controls, state
from pages._app.text import escape
from textcls_core.charts.dynamics import MAX_POINTS, DrawnRows, cartography_chart
from textcls_core.charts.map import make_hovers
from textcls_core.dataset.store import DatasetInfo
from textcls_core.embeddings.area import Area, drawn_area, parse_area
from textcls_core.mistakes.label_issues.dynamics import Cartography, cartography, recorded_runs
from textcls_core.mistakes.label_issues.queue import LabelIssues
from textcls_core.runs.run import Run
from textcls_core.wording import percent, plural, shorten

TABLE_ROWS = 500
_TOOLBAR = {
    "displayModeBar": True,
    "displaylogo": False,
    "modeBarButtons": [["select2d", "lasso2d"]],  # more would cover the title on a narrow screen
}


def choose_cartography(info: DatasetInfo, issues: LabelIssues) -> Cartography | None:
    """Return what the run in the URL knows about the queue, or the newest that knows something."""
    runs = {run.run_id: run for run in recorded_runs(state.workspace(), info.fingerprint)}
    if not runs:
        return None
    run_id = next(iter(runs))
    if len(runs) > 1:
        labels = controls.run_labels(runs)
        run_id = state.choose("issues_run", "Learned by", labels, default=run_id)
    found = _read(runs[run_id], issues)
    return found if found is not None and len(found.places) else None


def _read(run: Run, issues: LabelIssues) -> Cartography | None:
    facts = issues.facts
    modified = run.dynamics_dir.stat().st_mtime_ns
    return _cartography(str(run.folder), modified, (facts.fingerprint, facts.source), issues)


@st.cache_resource(max_entries=4, show_spinner="Reading how the run learned")
def _cartography(
    folder: str,
    modified: int,  # noqa: ARG001 - the key
    queue: tuple[str, str],  # noqa: ARG001 - the key
    _issues: LabelIssues,
) -> Cartography | None:
    run = Run(Path(folder))
    dynamics = run.dynamics
    return None if dynamics is None else cartography(_issues, dynamics, run.config.title)


def chosen_area(found: Cartography | None) -> Area | None:
    """Return the area in the URL, if there is a map to which it belongs."""
    return parse_area(state.parameter("issues_area")) if found is not None else None


def rows_inside(issues: LabelIssues, found: Cartography, area: Area) -> set[str]:
    """Return the ids of the rows in an area."""
    inside = found.places[area.contains(found.points)].tolist()
    return {issues.row_ids[place] for place in inside}


def show_cartography(issues: LabelIssues, found: Cartography, area: Area | None) -> None:
    """Show the map; a click opens a row, a line or box makes the queue a list of what is inside."""
    drawn = found.sample(MAX_POINTS)
    places = found.places[drawn]
    records = issues.records([issues.row_ids[place] for place in places.tolist()])
    texts = [record["text"] for record in records]
    heads = [", ".join(record["labels"]) or "no label" for record in records]
    rows = DrawnRows(
        found.points[drawn], found.correctness[drawn], places, make_hovers(texts, heads)
    )
    never = found.num_never_right
    title = f"{never:,} of {plural(len(found.places), 'label')} never predicted in training"
    with st.container(border=True):
        event = st.plotly_chart(
            cartography_chart(rows, title, area=area, is_dark=state.theme() == "dark"),
            key=f"issues.map.{area.text if area else ''}",
            on_select="rerun",
            selection_mode=("points", "box", "lasso"),
            config=_TOOLBAR,
            alt=f"Data map of {plural(len(drawn), 'row')} by variability and confidence: {title}",
        )
        _take_drawn(event["selection"], issues)
        st.caption(escape(_what_is_shown(found, len(drawn))))
        _show_twin(issues, found)


def _what_is_shown(found: Cartography, num_drawn: int) -> str:
    """Return what the points are, how to read them, and what was left out."""
    number = len(found.places)
    sampled = (
        f" {num_drawn:,} of {number:,} are drawn, chosen at random; an area selects among all."
        if num_drawn < number
        else ""
    )
    return (
        f"Training rows as {shorten(found.title)} learned them in {found.num_epochs:,} epochs. "
        "At the bottom left: labels it never came to believe, often wrong ones. At the right: rows "
        f"it changed its mind about.{sampled} Click a point to open it, or draw around several."
    )


def _take_drawn(selection: Mapping[str, Any], issues: LabelIssues) -> None:
    """Put a new line, box or click into the URL; the same one is not taken twice."""
    area = drawn_area(selection)
    points = [] if area is not None else list(selection.get("points") or ())
    place = next(iter(points[0].get("customdata") or ()), None) if points else None
    taken = area.text if area is not None else place
    if taken is None or taken == st.session_state.get("issues.map_taken"):
        return
    st.session_state["issues.map_taken"] = taken
    if area is not None:
        state.set_parameter("issues_area", area.text)
        st.rerun()
    elif isinstance(place, int) and 0 <= place < len(issues.row_ids):
        state.set_parameter("issue_row", issues.row_ids[place])


def show_selected(count: int) -> None:
    """Say that the list holds what was drawn around, with the way back."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{plural(count, 'row')} inside the area drawn on the map, reviewed or not.")
        if st.button("Clear the selection", key="issues.clear", icon=":material/close:"):
            state.set_parameter("issues_area", None)
            st.session_state.pop("issues.map_taken", None)  # the same line may be drawn again
            st.rerun()


def _show_twin(issues: LabelIssues, found: Cartography) -> None:
    """Offer the rows with the least confidence as a table."""
    lowest = found.points[:, 1].argsort(kind="stable")[:TABLE_ROWS].tolist()
    records = issues.records([issues.row_ids[int(found.places[row])] for row in lowest])
    rows = [
        {
            "label": ", ".join(record["labels"]),
            "confidence": percent(float(found.points[row, 1])),
            "variability": percent(float(found.points[row, 0])),
            "epochs right": percent(float(found.correctness[row])),
            "text": record["text"],
        }
        for row, record in zip(lowest, records, strict=True)
    ]
    cut = f", the first {len(rows):,} of {len(found.places):,}" if len(rows) == TABLE_ROWS else ""
    controls.table_twin(rows, f"Rows of the data map, least confidence first{cut}")
