"""How many rows of a split are read: a few sizes to choose from, or all of them."""

from collections.abc import Sequence

from pages._app import state
from textcls_core.wording import plural

_ALL = "all"


def choose_sample(
    name: str, title: str, sizes: Sequence[int], default: int, total: int, width: int
) -> int:
    """Return how many rows to read; the choice lives in the URL under `name`.

    Args:
        name: URL parameter.
        title: Label of the field.
        sizes: Numbers to choose from; one that is larger than all rows means all of them.
        default: One of them.
        total: Rows that there are.
        width: Of the field, in pixels.
    """
    offered = {str(size): f"{size:,} rows" for size in sizes} | {_ALL: "all rows"}
    chosen = state.choose(name, title, offered, default=str(default), width=width)
    return total if chosen == _ALL else min(int(chosen), total)


def rows_read(count: int, total: int, split: str) -> str:
    """Return which rows were read, in words."""
    if count >= total:
        return f"all {plural(total, f'{split} row')}"
    return f"{plural(count, f'{split} row')}, a random sample of {total:,}"
