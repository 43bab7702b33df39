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
        sizes: Numbers to choose from; those that are no fewer than all rows are left out, and mean
            all of them in a link.
        default: One of them.
        total: Rows that there are.
        width: Of the field, in pixels.
    """
    fewer = {str(size): f"{size:,} rows" for size in sizes if size < total}
    if state.parameter(name) in {str(size) for size in sizes if size >= total}:
        state.set_parameter(name, _ALL)
    usual = str(default) if default < total else _ALL
    chosen = state.choose(name, title, {**fewer, _ALL: "all rows"}, default=usual, width=width)
    return total if chosen == _ALL else int(chosen)


def rows_read(count: int, total: int, split: str) -> str:
    """Return which rows were read, in words."""
    if count >= total:
        return f"all {plural(total, f'{split} row')}"
    return f"{plural(count, f'{split} row')}, a random sample of {total:,}"
