"""Numbers in a column of text."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


def numbers_of(column: pa.ChunkedArray) -> np.ndarray | None:
    """Return a column as numbers, NaN where it is empty; None if it holds something else.

    Args:
        column: N strings.
    """
    trimmed = pc.utf8_trim_whitespace(column)
    filled = pc.if_else(pc.equal(trimmed, ""), None, trimmed)
    try:
        numbers = np.asarray(filled.cast(pa.float64()).to_numpy(), dtype=np.float64)
    except pa.ArrowInvalid:
        return None
    return np.where(np.isfinite(numbers), numbers, np.nan)
