"""Findings about words and languages: words that give the label away, other scripts, languages."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict

from textcls_core.arrays import Indices
from textcls_core.audit.rows import EXAMPLES, AuditedRows
from textcls_core.dataset.findings import MAX_ROW_IDS, Finding
from textcls_core.dataset.giveaways import Giveaway, find_giveaways
from textcls_core.dataset.languages import (
    NO_SCRIPT,
    SCRIPTS,
    UNDETERMINED,
    ScriptIds,
    languages,
    script_ids,
)
from textcls_core.dataset.sampling import random_rows
from textcls_core.dataset.word_counts import count_words
from textcls_core.wording import percent, plural, shorten

MAX_COUNTED = 1_000_000
"""Rows whose words are counted at most; of more a fixed random sample is taken."""
MAX_LANGUAGE_ROWS = 1_000
"""Rows whose language is guessed at most; a share is then known to about three points."""


class Mix(BaseModel):
    """How many rows are of each script, or of each language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    of: str
    """`scripts` or `languages`."""
    counts: dict[str, int]
    """Rows by name, the most frequent first."""
    num_measured: int
    """Rows looked at: all of them, or a sample."""


def check_giveaways(rows: AuditedRows) -> list[Finding]:
    """Report words that almost alone tell a class."""
    counts = count_words(rows.dataset, max_rows=MAX_COUNTED, progress=rows.report)
    found = find_giveaways(counts)
    if not found:
        return []
    names = rows.dataset.label_names
    most = found[0]
    message = (
        f"{plural(len(found), 'word')} almost alone tell a class. "
        f'"{shorten(most.word)}" is in {percent(most.coverage)} of the rows of '
        f'"{shorten(names[most.label_id])}", and {percent(most.precision)} of the rows with it are '
        "of this class."
    )
    shown = [
        f'"{shorten(word.word, 30)}" → {shorten(names[word.label_id], 30)} '
        f"({percent(word.coverage, 0)} of the class)"
        for word in found[:EXAMPLES]
    ]
    finding = rows.finding(
        "giveaway_words", _rows_with(rows, most), message, most.coverage, count=len(found)
    )
    return [part.model_copy(update={"examples": tuple(shown)}) for part in finding]


def _rows_with(rows: AuditedRows, giveaway: Giveaway) -> Indices:
    """Return the first rows of a class that contain its word."""
    label_rows, label_ids = rows.flat_labels
    mine = label_rows[label_ids == giveaway.label_id][: MAX_ROW_IDS * 100]
    taken = rows.texts.take(pa.array(mine))
    has_word = pc.match_substring(taken, giveaway.word, ignore_case=True)
    return np.asarray(mine[np.flatnonzero(np.asarray(has_word))])


def check_languages(rows: AuditedRows) -> tuple[list[Finding], list[Mix]]:
    """Report rows in another script or language than most."""
    ids = script_ids(rows.texts, rows.report)
    sample = rows.sample(MAX_LANGUAGE_ROWS)
    codes = np.array(languages(rows.dataset.texts(sample), rows.report), dtype=object)
    scripts = _script_mix(ids)
    spoken = _mix("languages", codes.tolist())
    return [
        *_foreign_scripts(rows, ids, scripts),
        *_foreign_languages(rows, codes, sample, spoken),
    ], [
        scripts,
        spoken,
    ]


def mixes_of(texts: Sequence[str]) -> tuple[Mix, Mix]:
    """Return the scripts of all texts, and the languages of a fixed random sample of them.

    Example:
        >>> [mix.counts for mix in mixes_of(["Das Wetter ist heute schön.", "Привет"])]
        [{'Latin': 1, 'Cyrillic': 1}, {'de': 1, 'und': 1}]
    """
    sample = random_rows(len(texts), MAX_LANGUAGE_ROWS)
    spoken = _mix("languages", languages([texts[row] for row in sample.tolist()]))
    return _script_mix(script_ids(texts)), spoken


def _script_mix(ids: ScriptIds) -> Mix:
    return _mix("scripts", [SCRIPTS[i] for i in ids.tolist()])


def _mix(of: str, names: Sequence[str]) -> Mix:
    return Mix(of=of, counts=dict(Counter(names).most_common()), num_measured=len(names))


def _foreign_scripts(rows: AuditedRows, ids: np.ndarray, mix: Mix) -> list[Finding]:
    usual = [name for name in mix.counts if name != NO_SCRIPT][:1]
    known = [SCRIPTS.index(name) for name in (NO_SCRIPT, *usual)]
    found = np.flatnonzero(~np.isin(ids, known))
    share = len(found) / max(len(ids), 1)
    others = ", ".join(name for name in mix.counts if name not in {NO_SCRIPT, *usual})
    message = (
        f"{plural(len(found), 'row')} not in {''.join(usual)} letters but in {others} "
        f"({percent(share)})."
    )
    return rows.finding("foreign_script", found, message, share)


def _foreign_languages(
    rows: AuditedRows, codes: np.ndarray, sample: Indices, mix: Mix
) -> list[Finding]:
    clear = [code for code in mix.counts if code != UNDETERMINED]
    if not clear:
        return []
    found = sample[np.flatnonzero((codes != clear[0]) & (codes != UNDETERMINED))]
    share = len(found) / sum(mix.counts[code] for code in clear)
    shown = ", ".join(f"{code} ({mix.counts[code]:,})" for code in clear[1 : 1 + EXAMPLES])
    message = (
        f"{plural(len(found), 'row')} seem to be in another language than most ({clear[0]}): "
        f"{shown}; {percent(share)} of the rows whose language is clear, "
        f"measured on {len(sample):,} of {rows.dataset.num_examples:,}."
    )
    return rows.finding("foreign_language", found, message, share)
