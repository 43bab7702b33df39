"""Numbers, shares and times as people read them, the same on every page and in every message."""

import datetime as dt
import unicodedata
from collections.abc import Sequence

_SPOKEN = {
    **{"macro_f1": "macro-F1", "micro_f1": "micro-F1", "_f1": " F1"},
    **{"mcc": "Matthews correlation", "cohen_kappa": "Cohen's kappa", "brier": "Brier score"},
    **{"_roc_auc": " ROC-AUC", "top_": "top-", "hamming": "Hamming", "_": " "},
}
"""What parts of the names of figures are called, in the order in which they are replaced."""


def plural(count: int, noun: str, many: str | None = None) -> str:
    """Return a count with its noun.

    Example:
        >>> plural(1, "row"), plural(1204, "row"), plural(2, "class", "classes")
        ('1 row', '1,204 rows', '2 classes')
    """
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def percent(share: float, digits: int = 1) -> str:
    """Return a share in [0, 1] as a percentage.

    Example:
        >>> percent(0.9784), percent(1, 0)
        ('97.8 %', '100 %')
    """
    return f"{100 * share:.{digits}f} %"


def points(share: float, reference: float) -> str:
    """Return how far a share is above or below another one, in percentage points.

    Example:
        >>> points(0.978, 0.962), points(0.95, 0.962)
        ('+1.6 points', '-1.2 points')
    """
    return f"{round(100 * (share - reference), 1) + 0.0:+.1f} points"  # + 0.0: never "-0.0"


def figure_name(name: str) -> str:
    """Return the name of a figure as people write it.

    Example:
        >>> figure_name("validation_macro_f1"), figure_name("balanced_accuracy")
        ('validation macro-F1', 'balanced accuracy')
    """
    for written, spoken in _SPOKEN.items():
        name = name.replace(written, spoken)
    return name


def capitalised(text: str) -> str:
    """Return text with its first letter large, the others as they are.

    Example:
        >>> capitalised("test macro-F1")
        'Test macro-F1'
    """
    return text[:1].upper() + text[1:]


def duration(seconds: float) -> str:
    """Return a time span with its two largest units.

    Example:
        >>> duration(4.2), duration(200), duration(7_260)
        ('4 s', '3 min 20 s', '2 h 1 min')
    """
    whole = max(round(seconds), 0)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {left} s" if minutes else f"{left} s"


def ago(moment: dt.datetime, now: dt.datetime | None = None) -> str:
    """Return how long ago a moment was, coarsely.

    Example:
        >>> ago(dt.datetime(2026, 1, 1, 10), dt.datetime(2026, 1, 1, 12, 5))
        '2 hours ago'
    """
    seconds = ((now or dt.datetime.now(moment.tzinfo)) - moment).total_seconds()
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            return f"{plural(int(seconds // size), unit)} ago"
    return "just now"


def shorten(text: str, limit: int = 60) -> str:
    """Return `text` on one line, cut with an ellipsis at `limit` characters.

    Example:
        >>> shorten("A long label", 7)
        'A long…'
    """
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def quoted(names: Sequence[str], *, nothing: str = "no label") -> str:
    """Return names as they stand in a sentence, long ones cut.

    Example:
        >>> quoted(["sport", "tech"]), quoted([])
        ('"sport" and "tech"', 'no label')
    """
    return " and ".join(f'"{shorten(name, 40)}"' for name in names) or nothing


def first_of(names: Sequence[str]) -> str:
    """Return the first name and how many more there are.

    Example:
        >>> first_of(["A"]), first_of(["A", "B", "C"])
        ('A', 'A and 2 more')
    """
    return f"{names[0]} and {len(names) - 1} more" if len(names) > 1 else names[0]


def is_right_to_left(text: str) -> bool:
    """Tell whether a text runs from right to left, by its first letter that says so.

    Example:
        >>> is_right_to_left("1. تأخرت"), is_right_to_left("late تأخرت")
        (True, False)
    """
    directions = (unicodedata.bidirectional(character) for character in text)
    first = next((found for found in directions if found in {"L", "R", "AL"}), "L")
    return first != "L"
