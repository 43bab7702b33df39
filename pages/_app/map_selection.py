"""Below the map: texts similar to one, what is special about a selection, and one row in full."""

from typing import Any

import streamlit as st

from pages._app import controls, map_cache, state
from pages._app.text import badge_label, escape, label, show_text
from textcls_core.dataset.contrast import Contrast, Share
from textcls_core.dataset.store import DatasetInfo
from textcls_core.embeddings.area import Area, drawn_area
from textcls_core.embeddings.colouring import Colouring, group_table
from textcls_core.embeddings.projection import Layout
from textcls_core.embeddings.similar import Similar, position_of, records, similar_rows
from textcls_core.embeddings.store import StoredEmbeddings
from textcls_core.errors import ModelError
from textcls_core.wording import percent, plural

ROWS_SHOWN = 200
MAX_LINKED = 400
"""Row ids that fit into a link."""
_MAX_TYPED = 2_000
_COLUMNS = {
    "row_id": None,
    "similarity": st.column_config.NumberColumn(format="%.3f", width="small"),
    "label": st.column_config.TextColumn(width=130),
    "split": st.column_config.TextColumn(width=90),
    "text": st.column_config.TextColumn(width="large"),
}


def choose_similar(stored: StoredEmbeddings, info: DatasetInfo) -> Similar | None:
    """Return the rows similar to what was typed, or to the row in the URL; None if nothing is.

    What was typed stays in the session: it may be somebody's letter, which no link should hold.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        typed = st.text_input(
            "Find texts similar to", type="search", max_chars=_MAX_TYPED, key="map.text"
        ).strip()
        position = _similar_to(stored, info)
    vectors = map_cache.vectors(stored)
    if position is not None:
        return similar_rows(vectors, vectors[[position]], without=position)
    if not typed:
        return None
    try:
        return similar_rows(vectors, map_cache.text_vector(stored, typed))
    except ModelError as error:
        st.warning(escape(str(error)))
        return None


def _similar_to(stored: StoredEmbeddings, info: DatasetInfo) -> int | None:
    """Return the row in the URL whose likes are wanted, with a button to forget it."""
    row_id = state.parameter("map_similar")
    position = position_of(map_cache.rows(stored, info), row_id) if row_id else None
    if row_id and position is None:
        state.ignore_parameter("map_similar", "row")
    elif row_id and st.button("Forget the similar texts", key="map.forget"):
        state.set_parameter("map_similar", None)
        return None
    return position


def show_similar(stored: StoredEmbeddings, info: DatasetInfo, similar: Similar) -> None:
    """Show the similar rows with their cosines; a ring marks them on the map."""
    st.subheader("Similar texts", anchor=False)
    rows = records(map_cache.rows(stored, info), similar.rows)
    cosines = similar.cosines.tolist()
    shown = [{"similarity": cosine, **row} for cosine, row in zip(cosines, rows, strict=True)]
    _table(shown, f"map.similar.{state.parameter('map_similar')}", "Similar texts")
    st.caption("Similarity is the cosine of the vectors: 1 for the same, near 0 for unrelated.")


def show_groups(layout: Layout, colouring: Colouring) -> None:
    """Offer the map as a table, and a selection by numbers instead of the mouse."""
    with st.expander("As a table, and selecting by numbers"):
        st.dataframe(
            group_table(layout.points, colouring),
            hide_index=True,
            alt="Where the groups lie: the middle, and the middle half in brackets",
        )
        with (
            st.form("map.box", border=False),
            st.container(horizontal=True, vertical_alignment="bottom"),
        ):
            left, right = _range("Across", layout.points[:, 0].tolist())
            low, high = _range("Up", layout.points[:, 1].tolist())
            if st.form_submit_button("Select", icon=":material/select:"):
                area = drawn_area({"box": [{"x": [left, right], "y": [low, high]}]})
                state.set_parameter("map_area", area.text if area is not None else None)
                st.rerun()


def _range(title: str, values: list[float]) -> tuple[float, float]:
    """Ask for two numbers; without an answer, all points lie between them."""
    ends = min(values, default=0.0), max(values, default=0.0)
    asked = [
        st.number_input(
            f"{title}, {which}", value=round(end, 2), step=0.05, key=f"map.{title}.{which}"
        )
        for which, end in zip(("from", "to"), ends, strict=True)
    ]
    return asked[0], asked[1]


def show_selection(stored: StoredEmbeddings, info: DatasetInfo, layout: Layout, area: Area) -> None:
    """Show the rows in an area, and what is special about them."""
    inside = layout.rows[area.contains(layout.points)]
    with st.container(horizontal=True, vertical_alignment="center"):
        st.subheader(f"{plural(len(inside), 'text')} selected", anchor=False)
        if st.button("Clear the selection", key="map.clear", icon=":material/close:"):
            state.set_parameter("map_area", None)
            st.rerun()
        _link_to_explore(stored, info, inside.tolist())
    if not len(inside):
        st.caption("No text lies there.")
        return
    left, right = controls.panels()
    with left:
        rows = records(map_cache.rows(stored, info), inside[:ROWS_SHOWN])
        _table(rows, f"map.rows.{layout.method}.{area.text}", "The selected texts")
        if len(inside) > ROWS_SHOWN:
            st.caption(f"Showing {ROWS_SHOWN} of {len(inside):,}.")
    with right:
        if len(inside) == stored.info.num_rows:
            st.caption("Every text is selected, so there is nothing to compare with.")
            return
        chosen = f"{layout.method}.{area.text}"
        show_contrast(map_cache.selection_contrast(stored, info, chosen, inside))


def show_contrast(found: Contrast) -> None:
    """Show what is special about some rows: classes, words, lengths, against the others."""
    st.markdown(f"**What is special:** {escape(found.summary)}")
    lengths = found.lengths
    differs = "" if lengths.p_value <= 0.05 else " (no clear difference)"
    st.caption(
        f"Half of them have at most {lengths.median:,.0f} words, of the {found.num_others:,} "
        f"others {lengths.other_median:,.0f}{differs}."
    )
    _shares_table([item for item in found.classes if item.count], "class", "Classes")
    if found.words:
        _shares_table(list(found.words), "word", "Words used more often than elsewhere")
    else:
        st.caption("No word is clearly more frequent than in the others.")


def _shares_table(shares: list[Share], noun: str, summary: str) -> None:
    st.dataframe(
        [
            {
                noun: item.name,
                "texts": item.count,
                "here": percent(item.share),
                "others": percent(item.other_share),
                "p": "< 0.001" if item.p_value < 0.001 else f"{item.p_value:.3f}",
            }
            for item in shares
        ],
        hide_index=True,
        height="content",
        column_config={
            "here": controls.RIGHT,
            "others": controls.RIGHT,
            "p": st.column_config.TextColumn(
                alignment="right",
                help="Chance of such a difference if rows were chosen blindly, adjusted for all "
                "that were looked at",
            ),
        },
        alt=summary,
    )


def _link_to_explore(stored: StoredEmbeddings, info: DatasetInfo, inside: list[int]) -> None:
    if not 0 < len(inside) <= MAX_LINKED:
        return
    row_ids = [row["row_id"] for row in records(map_cache.rows(stored, info), inside)]
    controls.link_to_rows(info, row_ids)


def _table(rows: list[dict[str, Any]], key: str, summary: str) -> None:
    """Show rows; a selected one is opened below."""
    event = st.dataframe(
        rows,
        hide_index=True,
        height=420,
        on_select="rerun",
        selection_mode="single-row",
        key=key,
        column_config=_COLUMNS,
        alt=summary,
    )
    for position in event["selection"]["rows"]:
        state.set_parameter("data_row", rows[position]["row_id"])


def show_row(stored: StoredEmbeddings, info: DatasetInfo) -> None:
    """Show the row in the URL in full, if it is one of the embedded ones."""
    rows, row_id = map_cache.rows(stored, info), state.parameter("data_row")
    position = position_of(rows, row_id) if row_id else None
    if position is None:
        return
    record = records(rows, [position])[0]
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(badge_label(record["label"] or "no label"), color="blue")
            st.badge(record["split"], color="gray")
            st.caption(label(row_id))
            if st.button("Show similar texts", key="map.like", icon=":material/hub:"):
                state.set_parameter("map_similar", row_id)
                st.rerun()
        show_text(record["text"])
