"""Splits that depend on seed and content, not on the order of rows.

Equal texts always get the same split, so a duplicate can never leak from training into test.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict, Field, model_validator

from textcls_core.arrays import Indices
from textcls_core.dataset.building import duplicate_key
from textcls_core.dataset.iterative_split import Units, split_units
from textcls_core.dataset.moments import parse_moments
from textcls_core.dataset.near_duplicates import near_duplicate_groups
from textcls_core.dataset.text_dataset import SCHEMA, SPLITS, Split, TextDataset
from textcls_core.errors import InvalidArgumentError, did_you_mean
from textcls_core.jobs.progress import Report, ignore
from textcls_core.wording import percent

VALIDATION_SHARE = 0.15
TEST_SHARE = 0.15
SplitBy = Literal["stratified", "duplicates", "near_duplicates", "group", "time"]
_DIGEST_BYTES = 16
_BLOCK = 65_536
_TRAIN, _VALIDATION, _TEST = range(len(SPLITS))

Strings: TypeAlias = Sequence[str | None] | pa.Array | pa.ChunkedArray


class SplitRecipe(BaseModel):
    """How to cut a data set into train, validation and test."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    by: SplitBy = "stratified"
    """`stratified` keeps the share of every class; `duplicates` also keeps texts together that
    differ in case and spaces only, `near_duplicates` those that share 80 % of their words as well,
    `group` rows with the same value; `time` puts the newest rows into test."""
    column: str | None = None
    """Column of the groups or of the time."""
    shares: tuple[float, float, float] = (0.7, VALIDATION_SHARE, TEST_SHARE)
    """Shares of train, validation and test, together 1."""
    seed: int = Field(default=0, ge=0, lt=2**32)
    """Another seed gives another split; a split by time has none."""

    @model_validator(mode="after")
    def _check(self) -> "SplitRecipe":
        is_whole = min(self.shares) >= 0 and abs(sum(self.shares) - 1) < 1e-6
        if not is_whole or not self.shares[_TRAIN]:
            given = ", ".join(f"{share:g}" for share in self.shares)
            raise ValueError(
                f"Expected three shares that add up to 1, with some rows for train, got {given}."
            )
        if (self.column is not None) != (self.by in {"group", "time"}):
            raise ValueError(
                f"A split by {self.by} "
                + ("needs a column." if self.column is None else "uses no column.")
            )
        return self

    @property
    def reason(self) -> str:
        """Why the version exists that this split makes."""
        how = {
            "stratified": "stratified by class",
            "duplicates": "with near-equal texts kept together",
            "near_duplicates": "with texts kept together that share most of their words",
            "group": f'with equal values of "{self.column}" kept together',
            "time": f'by time in "{self.column}", the newest rows for test',
        }[self.by]
        shares = " / ".join(percent(share, 0) for share in self.shares)
        seed = "" if self.by == "time" else f", seed {self.seed}"
        return f"split anew {how}: {shares}{seed}"


def resplit(
    dataset: TextDataset,
    recipe: SplitRecipe,
    groups: Indices | None = None,
    report: Report = ignore,
) -> TextDataset:
    """Return the same rows with splits made anew.

    Args:
        dataset: With one label per text or several.
        recipe: How to cut.
        groups: Ids of groups to keep together as well, shape (N,); only with `by="duplicates"` or
            `by="near_duplicates"`, which looks for its groups when none are given.
        report: Told how far the search for near-duplicates is; may raise to stop.

    Raises:
        InvalidArgumentError: If the column is missing, or holds no time where one is needed.
    """
    if recipe.column is not None and recipe.column not in dataset.extra_columns:
        raise InvalidArgumentError(
            f'Column "{recipe.column}" is not in this data set. '
            + did_you_mean(recipe.column, list(dataset.extra_columns))
        )
    if recipe.by == "near_duplicates" and groups is None:
        groups = near_duplicate_groups(dataset.table["text"], report)
    position = SCHEMA.get_field_index("split")
    column = split_column(_codes(dataset, recipe, groups))
    table = dataset.table.set_column(position, SCHEMA.field(position), column)
    return TextDataset(table, dataset.label_names, dataset.task)


def _codes(dataset: TextDataset, recipe: SplitRecipe, groups: Indices | None) -> np.ndarray:
    """Return the split of every row as a position in `SPLITS`, shape (N,)."""
    if recipe.by == "time":
        return time_codes(
            parse_moments(dataset.table[recipe.column], recipe.column or ""), recipe.shares
        )
    texts = dataset.table["text"]
    if recipe.by == "stratified" and dataset.task == "single_label":
        return stratified_codes(
            texts, dataset.label_ids, recipe.shares[_TEST], recipe.shares[_VALIDATION], recipe.seed
        )
    if recipe.by == "group":
        keys = _group_keys(dataset.table[recipe.column], texts)
    else:
        keys = map(duplicate_key if recipe.by == "stratified" else normalised_key, _strings(texts))
    group = group_equal(digests(keys, recipe.seed)).group
    if groups is not None:
        group = _joined(group, groups)
    return grouped_codes(dataset, group, recipe.shares)


def _group_keys(values: Strings, texts: Strings) -> Iterable[str]:
    """Yield what rows of one group share; a row without a value stands for its text alone."""
    for value, text in zip(_strings(values), _strings(texts), strict=True):
        yield f"group\0{value}" if value else f"text\0{duplicate_key(text)}"


def normalised_key(text: str) -> str:
    """Return what texts share that differ in case, spaces or the form of characters only.

    Example:
        >>> normalised_key("A  Text ") == normalised_key("a text")
        True
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def stratified_split(
    texts: Strings,
    labels: Strings,
    *,
    test_share: float = TEST_SHARE,
    validation_share: float = VALIDATION_SHARE,
    seed: int = 0,
) -> list[Split]:
    """Return a split for every row, with the shares kept inside every class.

    Rows are ordered inside their class by a hash of seed and text, so the result does not depend on
    the order of the file. Equal texts (see `duplicate_key`) always get the same split, that of the
    first of their class names in the alphabet. A class with at least three distinct texts is
    present in every split that is asked for, as long as the shares leave room for it; smaller
    classes fill train first, then test.

    Args:
        texts: N texts.
        labels: N class names.
        test_share: Share of each class for test, in [0, 1).
        validation_share: Share of each class for validation, in [0, 1).
        seed: Any integer; another seed gives another split.
    """
    if len(texts) != len(labels):
        raise InvalidArgumentError(
            f"Expected one label for each of {len(texts):,} texts, got {len(labels):,}."
        )
    strata = _alphabetical_ranks(labels)
    codes = stratified_codes(texts, strata, test_share, validation_share, seed)
    return [SPLITS[code] for code in codes.tolist()]


def _alphabetical_ranks(labels: Strings) -> np.ndarray:
    """Return for every label the place of its name in the alphabet, shape (N,)."""
    column = labels if isinstance(labels, pa.Array | pa.ChunkedArray) else pa.array(labels)
    names = pc.unique(column)
    order = pa.array(sorted(names.to_pylist()), column.type)
    return np.asarray(pc.index_in(column, value_set=order), dtype=np.int64)


def stratified_codes(
    texts: Strings, strata: np.ndarray, test_share: float, validation_share: float, seed: int
) -> np.ndarray:
    """Do what `stratified_split` does, for N strata numbers; return positions in `SPLITS`, (N,)."""
    keys = map(duplicate_key, _strings(texts))
    members = group_equal(digests(keys, seed))
    if not len(members.group):
        return np.zeros(0, np.int8)
    stratum = np.minimum.reduceat(strata[members.order], members.starts)
    order = np.argsort(stratum, kind="stable")  # class by class, each in the order of its hashes
    counts = np.bincount(stratum)
    firsts = np.cumsum(counts) - counts
    place = np.arange(len(order)) - firsts[stratum[order]]
    sizes = np.array([_sizes(int(count), test_share, validation_share) for count in counts])
    num_test, num_validation = sizes[stratum[order]].T
    codes = np.empty(len(order), np.int8)
    codes[order] = np.select(
        [place < num_test, place < num_test + num_validation], [_TEST, _VALIDATION], _TRAIN
    )
    return np.asarray(codes[members.group])


def _sizes(count: int, test_share: float, validation_share: float) -> tuple[int, int]:
    """Return how many of `count` distinct texts go to test and to validation."""
    num_test = _share(count, test_share, keep=1)
    num_validation = _share(count, validation_share, keep=1 + num_test)
    return num_test, num_validation


def _share(count: int, share: float, *, keep: int) -> int:
    """Return round(count * share), at least one if asked for, leaving `keep` for the others."""
    if share == 0:
        return 0
    return max(min(max(round(count * share), 1), count - keep), 0)


def grouped_codes(
    dataset: TextDataset, group: np.ndarray, shares: tuple[float, float, float]
) -> np.ndarray:
    """Return splits that keep groups together and the share of every class, shape (N,).

    Args:
        dataset: N rows.
        group: Group of every row, numbered in an order that does not depend on that of the rows.
        shares: Of train, validation and test.
    """
    if not dataset.num_examples:
        return np.zeros(0, np.int8)
    labels = dataset.table["label_ids"].combine_chunks()
    rows = np.asarray(pc.list_parent_indices(labels), dtype=np.int64)
    units = Units.of_rows(group, group[rows], np.asarray(pc.list_flatten(labels), dtype=np.int64))
    return np.asarray(split_units(units, dataset.num_labels, np.asarray(shares))[group])


def time_codes(moments: np.ndarray, shares: tuple[float, float, float]) -> np.ndarray:
    """Return splits with the oldest rows in train and the newest in test, shape (N,).

    Rows of the same moment stay together: a cut moves to the nearest change of the moment, and
    leaves a moment to each later split that is asked for, if there are enough.

    Args:
        moments: Numbers that grow with time, shape (N,).
        shares: Of train, validation and test.
    """
    if not len(moments):
        return np.zeros(0, np.int8)
    values, moment, counts = np.unique(moments, return_inverse=True, return_counts=True)
    ends = np.concatenate([[0], np.cumsum(counts)])
    cuts, least = [], 0
    for split, target in enumerate(np.cumsum(shares)[:2] * len(moments)):
        asked = [share > 0 for share in shares]
        least = min(least + asked[split], len(values))
        most = max(len(values) - sum(asked[split + 1 :]), least)
        nearest = int(np.abs(ends - target).argmin())
        least = min(max(nearest, least), most)
        cuts.append(least)
    of_moment = np.searchsorted(np.asarray(cuts), np.arange(len(values)), side="right")
    return np.asarray(of_moment[moment], dtype=np.int8)


def split_column(codes: np.ndarray) -> pa.Array:
    """Return positions in `SPLITS`, shape (N,), as the column of a data set."""
    return pa.array(SPLITS, pa.string()).take(pa.array(codes))


@dataclass(frozen=True, slots=True)
class Members:
    """Which rows belong together; groups are numbered in the order of their hashes."""

    group: np.ndarray
    """Group of every row, shape (N,)."""
    order: np.ndarray
    """Rows, group by group, shape (N,)."""
    starts: np.ndarray
    """Where each group begins in `order`, shape (G,)."""


def digests(keys: Iterable[str], seed: int) -> np.ndarray:
    """Return a 128-bit hash of seed and each key as two big-endian halves, shape (N, 2)."""
    prefix = f"{seed}\0".encode()
    hashes = (
        hashlib.blake2b(prefix + key.encode(), digest_size=_DIGEST_BYTES).digest() for key in keys
    )
    return np.frombuffer(b"".join(hashes), dtype=">u8").astype(np.uint64).reshape(-1, 2)


def group_equal(hashes: np.ndarray) -> Members:
    """Return the groups of rows with equal hashes, given in shape (N, 2)."""
    order = np.lexsort((hashes[:, 1], hashes[:, 0]))
    ordered = hashes[order]
    is_first = np.ones(len(order), bool)
    is_first[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    group = np.empty(len(order), np.int64)
    group[order] = np.cumsum(is_first) - 1
    return Members(group, order, np.flatnonzero(is_first))


def _joined(group: np.ndarray, others: Indices) -> np.ndarray:
    """Return larger groups: rows that share a group of either kind stay together, shape (N,)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if len(others) != len(group):
        raise InvalidArgumentError(
            f"Expected a group for each of {len(group):,} rows, got {len(others):,}."
        )
    columns = np.unique(others, return_inverse=True)[1]
    edges = coo_array((np.ones(len(group), bool), (group, columns + group.max(initial=0) + 1)))
    size = max(edges.shape)
    edges.resize((size, size))
    component = connected_components(edges, directed=False)[1][group]
    smallest = np.full(size, size)  # the numbers of components follow the order of rows
    np.minimum.at(smallest, component, group)
    return np.unique(smallest[component], return_inverse=True)[1]


def _strings(values: Strings) -> Iterable[Any]:
    """Yield the strings of a column without making a list of all of them."""
    if isinstance(values, pa.Array | pa.ChunkedArray):
        for start in range(0, len(values), _BLOCK):
            yield from values.slice(start, _BLOCK).to_pylist()
    else:
        yield from values
