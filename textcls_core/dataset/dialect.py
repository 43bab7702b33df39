"""How a delimited file is written: its separator, its quotes, its header; guesses from content."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain, islice

_MAX_NAME_CHARACTERS = 64


def first_lines(text: str, count: int) -> list[str]:
    """Return the first lines that are not blank."""
    return list(islice((line for line in io.StringIO(text) if line.strip()), count))


def is_quoted_tsv(lines: Iterable[str]) -> bool:
    """Tell whether quotes in a tab-separated file enclose cells, as some exporters write them.

    They do if the file can be read that way and no cell swallows a line break with a tab, which is
    how two unpaired quotes of prose look.
    """
    iterator = iter(lines)
    first = next((line for line in iterator if line.startswith('"') or '\t"' in line), None)
    if first is None:
        return False
    try:
        rows = csv.reader(chain([first], iterator), delimiter="\t", strict=True)
        return not any("\n" in cell and "\t" in cell for row in rows for cell in row)
    except csv.Error:
        return False


def guess_delimiter(text: str) -> str:
    """Return the separator found most evenly in the first lines; a comma when in doubt."""
    lines = first_lines(text, 50)
    if not lines:
        return ","
    best, best_score = ",", 0.0
    for candidate in "\t,;|":
        counts = [line.count(candidate) for line in lines]
        share = sum(count > 0 for count in counts) / len(counts)
        evenness = Counter(counts).most_common(1)[0][1] / len(counts)
        score = share * (1 + evenness) if counts[0] else 0.0
        if score > best_score:
            best, best_score = candidate, score
    return best


def looks_like_header(rows: Sequence[Sequence[str]]) -> bool:
    """Tell whether the first row names the columns.

    Names are short, not numbers, and do not appear again below; label values do. Some may be blank,
    as the name of an index column often is.
    """
    names = {i: cell.strip() for i, cell in enumerate(rows[0]) if cell.strip()}
    if len(names) < min(2, len(rows[0])):
        return False
    if any(len(name) > _MAX_NAME_CHARACTERS or _is_number(name) for name in names.values()):
        return False
    return all(
        name not in {row[position].strip() for row in rows[1:] if position < len(row)}
        for position, name in names.items()
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
