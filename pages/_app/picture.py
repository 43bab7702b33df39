"""Pictures of a part of the page, made in the browser: charts by Plotly, all else from its boxes.

Nothing leaves the browser. Text reaches the picture through `textContent` only.
"""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

_CSS = """
.picture { display: flex; gap: 0.5rem; }
.picture button { flex: 1; font: 400 0.875rem var(--st-font); color: var(--st-text-color);
                  background: none; border: 1px solid var(--st-border-color); border-radius: 8px;
                  padding: 0.4rem 0.7rem; cursor: pointer; }
.picture button:hover, .picture button:focus-visible { border-color: var(--st-primary-color);
                                                       color: var(--st-primary-color); }
.said { font-family: var(--st-font); font-size: 0.85rem; color: var(--st-text-color); }
"""
_component = st.components.v2.component(
    "picture", css=_CSS, js=(Path(__file__).parent / "picture.js").read_text(encoding="utf-8")
)


def offer_pictures(place: str, name: str, title: str, lines: Sequence[str]) -> None:
    """Offer a part of the page as PNG and SVG.

    Args:
        place: Key of the container to draw.
        name: Of the file, without its kind.
        title: Stands on top of the picture.
        lines: Stand below the title.
    """
    data = {"place": f"st-key-{place}", "name": name, "title": title, "lines": list(lines)}
    _component(key="save.picture", data=data)
