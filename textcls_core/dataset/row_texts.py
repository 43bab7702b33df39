"""The texts of a data set in one file: read a few at once, or look through all of them."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from textcls_core.arrays import Indices, Mask

Test = Callable[[pa.Array], pa.Array]
"""Says of every text whether it passes."""
_BYTES, _OFFSETS = "texts.bin", "text_offsets.npy"
_BLOCK_ROWS = 100_000


class RowTextsWriter:
    """Takes texts batch by batch."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = (folder / _BYTES).open("wb")
        self._offsets = [np.zeros(1, np.int64)]

    def add(self, texts: pa.Array) -> None:
        """Take the next texts."""
        large = texts.cast(pa.large_string())
        _, offsets, letters = large.buffers()
        ends = np.frombuffer(offsets, np.int64)[large.offset : large.offset + len(large) + 1]
        if letters is not None:
            self._file.write(memoryview(letters)[ends[0] : ends[-1]])
        self._offsets.append(ends[1:] - ends[0] + self._offsets[-1][-1])

    def close(self) -> None:
        """Write where each text ends."""
        self._file.close()
        np.save(self._folder / _OFFSETS, np.concatenate(self._offsets))


@dataclass(frozen=True, slots=True)
class RowTexts:
    """The texts of a version in files; only those that are asked for come into memory."""

    file: Path
    offsets: np.ndarray
    """Where each text begins, and where the last one ends."""

    @classmethod
    def open(cls, folder: Path) -> "RowTexts":
        """Open what a `RowTextsWriter` wrote."""
        return cls(folder / _BYTES, np.load(folder / _OFFSETS))

    def at(self, positions: Iterable[int]) -> list[str]:
        """Return the texts of some rows."""
        with self.file.open("rb") as file:
            return [self._read(file, row, row + 1).decode() for row in positions]

    def passing(self, rows: Mask, test: Test) -> Indices:
        """Return those of some rows whose texts pass a test; all cores read."""
        starts = range(0, len(rows), _BLOCK_ROWS)
        with ThreadPoolExecutor() as pool:
            found = pool.map(lambda start: self._block(rows, start, test), starts)
            return np.concatenate([np.empty(0, np.int64), *found])

    def _block(self, rows: Mask, start: int, test: Test) -> Indices:
        """Return those of the rows of one block that pass."""
        wanted = np.flatnonzero(rows[start : start + _BLOCK_ROWS])
        if not len(wanted):
            return wanted
        first, last = start + int(wanted[0]), start + int(wanted[-1]) + 1
        offsets = self.offsets[first : last + 1] - self.offsets[first]
        with pa.memory_map(str(self.file)) as file:  # pages that nobody looks at are not read
            file.seek(int(self.offsets[first]))
            letters = file.read_buffer(int(offsets[-1]))
        buffers = [None, pa.py_buffer(offsets), letters]
        texts = pa.Array.from_buffers(pa.large_string(), last - first, buffers)
        if len(wanted) < last - first:
            texts = texts.take(pa.array(wanted - wanted[0]))
        passed: Indices = start + wanted[np.asarray(test(texts)).astype(bool)]
        return passed

    def _read(self, file: BinaryIO, first: int, last: int) -> bytes:
        """Return the letters of the texts from one row to before another."""
        file.seek(int(self.offsets[first]))
        return file.read(int(self.offsets[last] - self.offsets[first]))
