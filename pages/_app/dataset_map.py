"""The map of a data set: one point per text, near means similar."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages._app import controls, map_cache, map_selection, state
from pages._app.job_view import offer_job
from textcls_core.charts.map import MAX_POINTS, make_hovers, map_chart, zoom_to
from textcls_core.dataset.store import DatasetInfo
from textcls_core.dataset.text_dataset import TextDataset
from textcls_core.embeddings.area import drawn_area, parse_area
from textcls_core.embeddings.colouring import MAX_CATEGORIES, Categories, Colouring, highlighted
from textcls_core.embeddings.computing import MAX_ROWS
from textcls_core.embeddings.projection import MAX_UMAP_ROWS, Layout, drawn_part
from textcls_core.embeddings.similar import records
from textcls_core.embeddings.store import (
    MAX_TOKENS,
    StoredEmbeddings,
    find_embeddings,
    list_embeddings,
)
from textcls_core.models.catalogue import EMBEDDED, SUGGESTED
from textcls_core.runs.run import Run
from textcls_core.wording import plural, shorten

EMBED, ARRANGE = "textcls_core.embeddings.job:run_job", "textcls_core.embeddings.job:run_umap"
_ICON = ":material/map:"
METHODS = {"pca": "PCA, at once", "umap": "UMAP, shows groups"}
COLOURS = {
    "class": "Class",
    "split": "Split",
    "length": "Length in words",
    "outlier": "Distance from others",
    "predicted": "Predicted class",
    "outcome": "Right and wrong",
}
TOOLBAR = {
    "displayModeBar": True,
    "displaylogo": False,
    "scrollZoom": True,
    "modeBarButtonsToRemove": ["toImage", "autoScale2d"],
}


def show_map(info: DatasetInfo) -> None:
    """Show the map of a version, or offer to make it."""
    runs = _runs(info)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        source = state.choose("map_source", "Vectors of", _sources(info, runs), default=EMBEDDED)
        method = state.choose("map_layout", "Layout", METHODS, default="pca")
        name = state.choose("map_colour", "Colour by", _colours(info, runs), default="class")
        run = _choose_run(runs, source) if name in {"predicted", "outcome"} else None
    stored = find_embeddings(state.workspace(), info.fingerprint, source)
    if stored is None:
        _offer_vectors(info, source)
        return
    layout = map_cache.layout(stored, method)
    if layout is None:
        _offer_umap(stored)
        return
    colouring = _chosen_classes(map_cache.colouring(name, stored, info, run))
    _show_chart(info, stored, layout, colouring)


def _runs(info: DatasetInfo) -> dict[str, Run]:
    """Return the finished runs on this version, by id."""
    return {
        run.run_id: run
        for run in state.run_store().runs()
        if run.config.dataset_fingerprint == info.fingerprint and run.has_model
    }


def _sources(info: DatasetInfo, runs: dict[str, Run]) -> dict[str, str]:
    """Return the models whose vectors can be shown: pretrained ones, runs, and what is there."""
    names = {model.name: f"{model.name}, not fine-tuned" for model in SUGGESTED}
    stored = list_embeddings(state.workspace(), info.fingerprint)
    kept = {item.info.source: shorten(item.info.source, 40) for item in stored}
    return {**kept, **names, **controls.run_labels(runs)}


def _colours(info: DatasetInfo, runs: dict[str, Run]) -> dict[str, str]:
    columns = {f"column.{name}": shorten(name, 40) for name in info.extra_columns}
    kept = dict(COLOURS)
    if info.task != "single_label" or not runs:
        del kept["predicted"], kept["outcome"]
    return {**kept, **columns}


def _choose_run(runs: dict[str, Run], source: str) -> Run:
    labels = controls.run_labels(runs)
    default = source if source in runs else next(iter(runs))
    return runs[state.choose("map_run", "Run", labels, default=default)]


def _chosen_classes(colouring: Colouring) -> Colouring:
    """Return a colouring with few enough colours; of many classes people choose some."""
    if not isinstance(colouring, Categories) or len(colouring.names) <= MAX_CATEGORIES + 2:
        return colouring
    names = {str(code): shorten(name, 40) for code, name in enumerate(colouring.names)}
    chosen = state.choose_many(
        "map_classes", "Classes in colour", names, noun="class",
        placeholder="The ten most frequent ones",
    )  # fmt: skip
    return highlighted(colouring, [int(code) for code in chosen])


def _offer_vectors(info: DatasetInfo, source: str) -> None:
    """Say what the map needs, and start making it."""
    sampled = (
        f" A sample of {MAX_ROWS:,} of the {info.num_examples:,} rows, spread over the classes."
        if info.num_examples > MAX_ROWS
        else f" All {plural(info.num_examples, 'row')}."
    )
    with st.container(border=True):
        st.subheader("No map yet", anchor=False)
        st.text(
            "On the map texts with a similar meaning lie close together. It needs one vector per "
            f"text, made by a model from the first {MAX_TOKENS} tokens.{sampled}"
        )
        arguments = {"fingerprint": info.fingerprint, "source": source}
        offer_job(EMBED, arguments, "Make the map", key="map.start.:run_job", icon=_ICON)


def _offer_umap(stored: StoredEmbeddings) -> None:
    """Say what UMAP does, and start it."""
    number = min(stored.info.num_rows, MAX_UMAP_ROWS)
    with st.container(border=True):
        st.subheader("Not arranged yet", anchor=False)
        st.text(
            "UMAP arranges texts so that neighbours stay neighbours; groups become visible that "
            f"PCA lays on top of one another. {plural(number, 'text')}; distances between "
            "groups mean little."
        )
        arguments = {"fingerprint": stored.info.fingerprint, "source": stored.info.source}
        offer_job(ARRANGE, arguments, "Arrange by UMAP", key="map.start.run_umap", icon=_ICON)


def _show_chart(
    info: DatasetInfo, stored: StoredEmbeddings, layout: Layout, colouring: Colouring
) -> None:
    """Show the points, and below them what was found and what was selected."""
    area = parse_area(state.parameter("map_area"))
    similar = map_selection.choose_similar(stored, info)
    found = similar.rows if similar is not None else layout.rows[:0]
    drawn = drawn_part(layout, map_cache.order(stored, info), MAX_POINTS, found)
    shown = records(map_cache.rows(stored, info), drawn.rows)
    figure = map_chart(
        drawn,
        make_hovers([row["text"] for row in shown], [row["label"] for row in shown]),
        colouring.at(drawn.rows),
        area=area,
        ringed=found,
        is_dark=state.theme() == "dark",
    )
    if area is not None and _wants_zoom():
        zoom_to(figure, area)
    st.caption(_what_is_shown(stored, layout, drawn))
    event = st.plotly_chart(
        figure,
        key=f"map.chart.{layout.method}.{area.text if area else ''}",
        on_select="rerun",
        selection_mode=("points", "box", "lasso"),
        config=TOOLBAR,
        alt=f"Map of {plural(len(drawn.rows), 'text')} by {layout.method.upper()}",
    )
    _take_drawn(event["selection"], map_cache.rows(stored, info))
    map_selection.show_groups(drawn, colouring.at(drawn.rows))
    if similar is not None:
        map_selection.show_similar(stored, info, similar)
    if area is not None:
        map_selection.show_selection(stored, info, layout, area)
    else:
        st.caption("Draw a line around points, or a box, to see what is special about them.")
    map_selection.show_row(stored, info)


def _wants_zoom() -> bool:
    """Ask whether only the selection is shown; a zoom by mouse goes when the chart changes."""
    shown = {"": "The whole map", "1": "The selection"}
    return state.choose("map_zoom", "Show", shown, default="", draw=st.segmented_control) == "1"


def _what_is_shown(stored: StoredEmbeddings, layout: Layout, drawn: Layout) -> str:
    """Return what the points are, and what was left out."""
    total, embedded = stored.info.num_examples, stored.info.num_rows
    parts = [f"Showing {len(drawn.rows):,} of {plural(total, 'text')}"]
    if len(layout.rows) > len(drawn.rows):
        parts.append(f"a lasso selects among {len(layout.rows):,}")
    if embedded < total:
        parts.append(f"{embedded:,} have vectors")
    if len(drawn.rows) < total:
        parts.append("samples are spread over the classes")
    reading = f"The first {stored.info.num_tokens} tokens of each text are read."
    return f"{'; '.join(parts)}. {reading}"


def _take_drawn(selection: Mapping[str, Any], rows: TextDataset) -> None:
    """Put a new line, box or click into the URL; the same one is not taken twice."""
    area = drawn_area(selection)
    points = [] if area is not None else list(selection.get("points") or ())
    position = next(iter(points[0].get("customdata") or ()), None) if points else None
    taken = area.text if area is not None else position
    if taken is None or taken == st.session_state.get("map.taken"):
        return
    st.session_state["map.taken"] = taken
    if area is not None:
        state.set_parameter("map_area", area.text)
        st.rerun()
    elif isinstance(position, int) and 0 <= position < rows.num_examples:
        state.set_parameter("data_row", str(rows.table["row_id"][position]))
