"""A view of the Attention page as one HTML file that needs nothing else and sends for nothing."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import plotly.graph_objects as go

from textcls_core.charts.theme import INK
from textcls_core.dataset.languages import is_right_to_left
from textcls_core.reporting.document import document
from textcls_core.reporting.markup import Safe, definitions, element, foreign, joined, table

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:"
)
"""Scripts of the file itself draw its charts; the browser fetches nothing."""
_STYLE = """
.text { line-height: 2.05; margin: 12px 0; } .text span { border: 1px solid transparent;
  border-radius: 4px; padding: 1px 4px; } .text .marked { border-color: var(--ink); }
.text .special { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 13px;
  opacity: 0.75; }
"""
_CONFIG = {"displaylogo": False, "modeBarButtons": [["toImage"]], "responsive": True}
_AXES = {"automargin": True, "gridcolor": "rgba(138, 144, 160, 0.25)"}
"""What Streamlit gives to the axes of charts on a page."""
_FOLLOW_THEME = (
    'if (matchMedia("(prefers-color-scheme: dark)").matches)'
    ' for (const chart of document.querySelectorAll(".plotly-graph-div"))'
    f' Plotly.relayout(chart, {{"font.color": "{INK["dark"]}"}});'
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A name with its value, for the head of the file."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Heading:
    """What the parts below are about."""

    text: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a view says about what it shows."""

    text: str


@dataclass(frozen=True, slots=True)
class ColouredWords:
    """A text, word by word, with a background that says how much."""

    words: tuple[str, ...]
    colors: tuple[str, ...]
    """A CSS colour per word."""
    titles: tuple[str, ...]
    """The number of each word, as text."""
    special: tuple[bool, ...]
    """Whether a word is a special token of the model."""
    marked: frozenset[int] = frozenset()
    """Positions of words with a border."""

    @property
    def direction(self) -> Literal["ltr", "rtl"]:
        """Which way the text runs, whatever the special tokens around it are called."""
        own = (word for word, hidden in zip(self.words, self.special, strict=True) if not hidden)
        return "rtl" if is_right_to_left([" ".join(own)])[0] else "ltr"


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart."""

    figure: go.Figure
    summary: str
    """Its takeaway, for those who do not see it."""


@dataclass(frozen=True, slots=True)
class Table:
    """Records with equal keys."""

    title: str
    records: Sequence[Mapping[str, Any]]


Part = Fact | Heading | Sentence | ColouredWords | Drawing | Table


def explanation_page(title: str, parts: Sequence[Part], written_at: dt.datetime) -> str:
    """Return what a view shows as one HTML document.

    Facts stand on top, everything else below in its order. Text is escaped; words of a text are
    isolated, so that their direction turns nothing around them.

    Args:
        title: What the view is.
        parts: What it shows.
        written_at: Moment in UTC.
    """
    facts = [(part.name, foreign(part.value)) for part in parts if isinstance(part, Fact)]
    facts.append(("Written", Safe(written_at.strftime("%Y-%m-%d %H:%M UTC"))))
    has_charts = any(isinstance(part, Drawing) for part in parts)
    body = [_shown(part) for part in parts if not isinstance(part, Fact)]
    main = element(
        "main",
        element("h1", title),
        definitions(facts),
        *([_script(_plotly())] if has_charts else []),
        *body,
        *([_script(_FOLLOW_THEME)] if has_charts else []),
    )
    return document(title, main, policy=POLICY, style=_STYLE)


def _shown(part: Part) -> Safe:
    match part:
        case Heading():
            return element("h2", part.text)
        case Sentence():
            return element("p", part.text)
        case ColouredWords():
            return _words(part)
        case Drawing():
            return _drawing(part)
        case Table():
            return _table(part)
        case Fact():
            return element("p", part.value)


def _words(text: ColouredWords) -> Safe:
    spans = (
        element(
            "span",
            foreign(word),
            style=f"background-color: {text.colors[place]}",
            title=text.titles[place],
            class_=" ".join(
                name
                for name, is_so in (
                    ("special", text.special[place]),
                    ("marked", place in text.marked),
                )
                if is_so
            ),
        )
        for place, word in enumerate(text.words)
    )
    shown = joined(Safe(f"{span} ") for span in spans)
    return element("div", shown, class_="text", dir=text.direction)


def _drawing(part: Drawing) -> Safe:
    """Return a chart that draws itself; Plotly writes its JSON without `<`, `>` and `/`."""
    figure = go.Figure(part.figure)
    figure.update_layout(font_color=INK["light"])
    figure.update_xaxes(**_AXES).update_yaxes(**_AXES)
    drawn = figure.to_html(
        config=_CONFIG, include_plotlyjs=False, full_html=False,
        default_height=f"{figure.layout.height or 400}px",
    )  # fmt: skip
    return element("figure", Safe(drawn), element("figcaption", part.summary))


def _table(part: Table) -> Safe:
    if not part.records:
        return element("p", f"{part.title}: none.", class_="note")
    titles = list(part.records[0])
    numbers = [
        place for place, name in enumerate(titles)
        if all(isinstance(record[name], int | float) for record in part.records)
    ]  # fmt: skip
    rows = [[_cell(record[name]) for name in titles] for record in part.records]
    return joined([element("h2", part.title), table(titles, rows, numbers=numbers)])


def _cell(value: Any) -> Safe | str:
    return f"{value:.4g}" if isinstance(value, float) else foreign(str(value))


def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


def _script(code: str) -> Safe:
    return Safe(f"<script>{code}</script>")
