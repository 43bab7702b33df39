"""HTML that is safe by construction: whatever is not markup of ours is escaped."""

import html
import re
from collections.abc import Iterable, Sequence
from itertools import chain

_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
"""Characters that HTML or UTF-8 does not allow."""


class Safe(str):
    """Markup made by `element`; any other string is text."""

    __slots__ = ()


def text(value: object) -> Safe:
    """Return text as markup that shows it.

    Example:
        >>> text("<b> & 'c'")
        '&lt;b&gt; &amp; &#x27;c&#x27;'
    """
    return value if isinstance(value, Safe) else Safe(html.escape(cleaned(str(value))))


def element(name: str, *children: object, **attributes: object) -> Safe:
    """Return an element; children that are no markup are escaped, and so are attributes.

    Args:
        name: Name of the element; ours, never foreign text.
        *children: Markup, or anything to show as text.
        **attributes: Names with `_` for `-`, and a trailing `_` for words of Python.

    Example:
        >>> element("p", "a < b", class_="note")
        '<p class="note">a &lt; b</p>'
    """
    shown = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(cleaned(str(value)))}"'
        for key, value in attributes.items()
    )
    return Safe(f"<{name}{shown}>{''.join(map(text, children))}</{name}>")


def joined(parts: Iterable[Safe]) -> Safe:
    """Return markup one after another."""
    return Safe("".join(parts))


def foreign(value: str) -> Safe:
    """Return text of a data set in the direction that it runs, without effect on its neighbours."""
    return element("bdi", value)


def table(
    titles: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Sequence[int] = ()
) -> Safe:
    """Return a table.

    Args:
        titles: A title per column.
        rows: Cells of each row.
        numbers: Columns that hold numbers and stand on the right.
    """
    kinds = ["number" if place in numbers else "words" for place in range(len(titles))]
    head = element("tr", *(element("th", t, class_=k) for t, k in zip(titles, kinds, strict=True)))
    body = (
        element("tr", *(element("td", c, class_=k) for c, k in zip(row, kinds, strict=True)))
        for row in rows
    )
    parts = element("table", element("thead", head), element("tbody", *body))
    return element("div", parts, class_="scroll")


def definitions(pairs: Iterable[tuple[str, object]]) -> Safe:
    """Return names with their values."""
    parts = ((element("dt", name), element("dd", value)) for name, value in pairs)
    return element("dl", *chain.from_iterable(parts))


def cleaned(value: str) -> str:
    """Return text without the characters that neither HTML nor YAML allows."""
    return _FORBIDDEN.sub("\ufffd", value)
