"""An array file that grows row by row, so that whoever is stopped goes on where he was."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from textcls_core.jobs.progress import Report

_PORTION = 1_024


def append_rows(
    file: Path,
    num_rows: int,
    width: int,
    make: Callable[[slice], np.ndarray],
    progress: Report,
    message: str,
) -> None:
    """Append the rows that an array file does not have yet; at most a thousand are lost on a kill.

    Args:
        file: An .npy file, float32, begun or not.
        num_rows: Rows it is to have.
        width: Numbers per row.
        make: Takes a span of rows and returns them, shape (B, width).
        progress: Told after every portion; may raise to stop.
        message: What is being done.
    """
    with file.open("ab+") as handle:
        done = _begin(handle, num_rows, width)
        for start in range(done, num_rows, _PORTION):
            progress(start, num_rows, message)
            rows = make(slice(start, min(start + _PORTION, num_rows)))
            handle.write(rows.astype("<f4").tobytes())
            handle.flush()
        os.fsync(handle.fileno())
    progress(num_rows, num_rows, message)


def _begin(handle: BinaryIO, num_rows: int, width: int) -> int:
    """Write the head of an array file, or keep the whole rows it has; return how many these are."""
    header = {"descr": "<f4", "fortran_order": False, "shape": (num_rows, width)}
    handle.seek(0)
    try:
        is_begun = _read_header(handle) == header
    except ValueError:
        is_begun = False
    if not is_begun:
        handle.truncate(0)
        np.lib.format.write_array_header_1_0(handle, header)
        return 0
    start, row_bytes = handle.tell(), width * 4
    done = (handle.seek(0, os.SEEK_END) - start) // row_bytes
    handle.truncate(start + done * row_bytes)
    return int(done)


def _read_header(handle: BinaryIO) -> dict[str, object]:
    """Return what the head of an array file says."""
    np.lib.format.read_magic(handle)
    shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(handle)
    return {"descr": dtype.str, "fortran_order": is_fortran, "shape": shape}
