"""How long texts are in characters and words, and whether the length alone tells the label."""

import numpy as np
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict

from textcls_core.arrays import Lengths
from textcls_core.audit.rows import AuditedRows, graded
from textcls_core.dataset.findings import Finding
from textcls_core.dataset.statistics import word_lengths
from textcls_core.wording import percent, plural, shorten

OUTLIER_TIMES = 10
_SMALL_EFFECT = 0.1
"""Share of the variance below which nothing is said."""
_QUANTILES = (0.0, 0.05, 0.5, 0.95, 0.99, 1.0)


class LengthSummary(BaseModel):
    """How long the texts are in one unit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: str
    """`characters`, `words`, or `tokens`."""
    mean: float
    shortest: int
    p5: int
    median: int
    p95: int
    p99: int
    longest: int
    num_measured: int
    """Texts measured: all of them, or a sample."""


def summarise(unit: str, lengths: Lengths) -> LengthSummary:
    """Return the quantiles of some lengths, shape (N,), N >= 1.

    Example:
        >>> summary = summarise("words", np.array([1, 2, 9]))
        >>> summary.median, summary.longest
        (2, 9)
    """
    shortest, p5, median, p95, p99, longest = np.quantile(lengths, _QUANTILES).round().astype(int)
    return LengthSummary(
        unit=unit,
        mean=round(float(lengths.mean()), 2),
        shortest=int(shortest),
        p5=int(p5),
        median=int(median),
        p95=int(p95),
        p99=int(p99),
        longest=int(longest),
        num_measured=len(lengths),
    )


def check_lengths(rows: AuditedRows) -> tuple[list[Finding], list[LengthSummary]]:
    """Report texts with no content or too much of it, and a length that tells the label."""
    if not rows.dataset.num_examples:
        return [], []
    characters = np.asarray(pc.utf8_length(rows.texts), dtype=np.int64)
    words = word_lengths(rows.dataset)
    summaries = [summarise("characters", characters), summarise("words", words)]
    return [
        *_very_short(rows),
        *_outliers(rows, characters),
        *_telling(rows, characters),
    ], summaries


def _very_short(rows: AuditedRows) -> list[Finding]:
    has_word = pc.match_substring_regex(rows.texts, r"[\pL\pN]{2}|[\p{Han}\p{Hangul}]")
    found = np.flatnonzero(~np.asarray(has_word))
    share = len(found) / rows.dataset.num_examples
    message = f"{plural(len(found), 'row')} without any word ({percent(share)})."
    return rows.finding("very_short_texts", found, message, share)


def _outliers(rows: AuditedRows, characters: Lengths) -> list[Finding]:
    usual = float(np.quantile(characters, 0.95))
    found = np.flatnonzero(characters > OUTLIER_TIMES * max(usual, 1))
    longest_first = found[np.argsort(-characters[found], kind="stable")]
    share = len(found) / len(characters)
    message = (
        f"{plural(len(found), 'row')} more than {OUTLIER_TIMES} times as long as 95 % of the texts "
        f"({usual:,.0f} characters)."
    )
    return rows.finding("length_outliers", longest_first, message, share)


def _telling(rows: AuditedRows, characters: Lengths) -> list[Finding]:
    """Report labels that explain much of the variance of the length, on a logarithmic scale."""
    names = rows.dataset.label_names
    if len(names) < 2:
        return []
    share, class_id = explained_variance(np.log1p(characters), *rows.flat_labels, len(names))
    if share < _SMALL_EFFECT:
        return []
    message = (
        f"The label explains {percent(share)} of the variance of the length; "
        f'"{shorten(names[class_id])}" stands out most.'
    )
    return graded("length_tells_label", 1, message, share, [shorten(names[class_id])])


def explained_variance(
    values: np.ndarray, label_rows: np.ndarray, label_ids: np.ndarray, num_labels: int
) -> tuple[float, int]:
    """Return how much of the variance of a number the labels explain, and the most unusual class.

    With one label per row this is the correlation ratio (eta squared). With several it is the
    largest squared correlation of the number with having a class.

    Args:
        values: A number per row, shape (N,).
        label_rows: Row of each label, shape (L,).
        label_ids: Class of each label, shape (L,).
        num_labels: C.
    """
    count = len(values)
    centred = values - values.mean()
    total = float((centred**2).sum())
    sizes = np.bincount(label_ids, minlength=num_labels).astype(float)
    sums = np.bincount(label_ids, centred[label_rows], minlength=num_labels)
    between = np.divide(sums**2, sizes, out=np.zeros(num_labels), where=sizes > 0)
    if total <= 1e-12 * count:
        return 0.0, 0
    is_single = len(label_rows) == count and bool((np.diff(label_rows) == 1).all())
    if is_single:
        return float(between.sum() / total), int(between.argmax())
    rest = np.maximum(count - sizes, 1)
    correlation = between * count / rest / total
    return float(min(correlation.max(initial=0.0), 1.0)), int(correlation.argmax())
