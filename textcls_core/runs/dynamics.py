"""Training dynamics: how sure a run was of the label of each row that it learned from, by epoch.

One Parquet file per finished epoch, `dynamics/epoch-0001.parquet`, with a line per training row.

Source:
    Toneva et al. 2019, "An Empirical Study of Example Forgetting during Deep Neural Network
    Learning", ICLR, section 3: a forgetting event is a row that was right when it was last looked
    at and is wrong now.
    Swayamdipta et al. 2020, "Dataset Cartography: Mapping and Diagnosing Datasets with Training
    Dynamics", EMNLP, section 2.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from textcls_core.arrays import Lengths, Losses
from textcls_core.files import temporary_sibling

MIN_EPOCHS = 2
"""One epoch has no spread."""
_RIGHT = 0.5
"""Share of the looks of an epoch from which a row counts as right; most are looked at once."""
_SCHEMA = pa.schema(
    [("row_id", pa.string()), ("probability", pa.float32()), ("correctness", pa.float32())]
)
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Dynamics:
    """What the epochs of a run say about each of its N training rows."""

    row_ids: tuple[str, ...]
    """Ids of the rows in the data set version of the run."""
    confidence: Losses
    """Probability of the given label, mean over the epochs, shape (N,), in [0, 1]."""
    variability: Losses
    """Its standard deviation over the epochs, shape (N,), in [0, 0.5]."""
    correctness: Losses
    """Share of the epochs in which the label was predicted, shape (N,), in [0, 1]."""
    num_epochs: int
    """Whole epochs; two at least."""
    num_forgotten: Lengths
    """Epochs in which a label was missed that the epoch before had right, shape (N,)."""

    @cached_property
    def share_above(self) -> Losses:
        """Share of the rows whose confidence is higher, shape (N,), in [0, 1)."""
        reached = np.searchsorted(np.sort(self.confidence), self.confidence, side="right")
        return np.asarray(1 - reached / max(len(self.row_ids), 1))


def save_epoch(
    folder: Path, epoch: int, row_ids: Sequence[str], probability: Losses, correctness: Losses
) -> None:
    """Write a whole epoch in one step; files of later epochs, of an attempt given up, go away.

    Args:
        folder: `dynamics` of a run.
        epoch: Counted from 1.
        row_ids: The N training rows.
        probability: Of the given label, shape (N,).
        correctness: 1 where the label was predicted, shape (N,); a mean for rows seen repeatedly.
    """
    folder.mkdir(exist_ok=True)
    table = pa.table([list(row_ids), probability, correctness], schema=_SCHEMA)
    with temporary_sibling(_file(folder, epoch)) as temporary:
        pq.write_table(table, temporary)
        temporary.replace(_file(folder, epoch))
    for file in _files(folder):
        if file > _file(folder, epoch):
            file.unlink()


def read_dynamics(folder: Path) -> Dynamics | None:
    """Return what the whole epochs say; None if there are fewer than two.

    An epoch whose file is damaged, or lists other rows than the first one, is left out.
    """
    tables = [table for table in map(_read, _files(folder)) if table is not None]
    tables = [table for table in tables if table["row_id"].equals(tables[0]["row_id"])]
    if len(tables) < MIN_EPOCHS:
        return None
    mean, squares = np.zeros(len(tables[0])), np.zeros(len(tables[0]))
    correctness, num_forgotten = np.zeros(len(tables[0])), np.zeros(len(tables[0]), np.int64)
    was_right = np.zeros(len(tables[0]), dtype=bool)
    for count, table in enumerate(tables, start=1):  # Welford: no difference of large sums
        probability = table["probability"].to_numpy().astype(float)
        gap = probability - mean
        mean += gap / count
        squares += gap * (probability - mean)
        share_right = table["correctness"].to_numpy()
        correctness += share_right
        is_right = share_right >= _RIGHT
        num_forgotten += was_right & ~is_right
        was_right = is_right
    spread = np.sqrt(squares / len(tables))
    row_ids = tuple(tables[0]["row_id"].to_pylist())
    return Dynamics(row_ids, mean, spread, correctness / len(tables), len(tables), num_forgotten)


def has_dynamics(folder: Path) -> bool:
    """Tell from the names of the files whether there are enough epochs."""
    return len(_files(folder)) >= MIN_EPOCHS


def _file(folder: Path, epoch: int) -> Path:
    return folder / f"epoch-{epoch:04d}.parquet"


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("epoch-[0-9][0-9][0-9][0-9].parquet"))


def _read(file: Path) -> pa.Table | None:
    try:
        return pq.read_table(file).cast(_SCHEMA)
    except (OSError, ValueError) as error:  # also pa.ArrowInvalid
        logger.warning("%s cannot be read (%s); this epoch is left out.", file.name, error)
        return None
