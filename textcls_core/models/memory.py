"""What to do when memory runs out: tell that it did, and compute in smaller batches."""

import logging
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch

from textcls_core.arrays import Indices
from textcls_core.errors import ModelError

_NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")
logger = logging.getLogger(__name__)


def is_out_of_memory(error: Exception) -> bool:
    """Tell whether an error of torch means that there was too little memory, on any device."""
    is_cuda = isinstance(error, torch.OutOfMemoryError)
    return is_cuda or any(words in str(error).lower() for words in _NO_MEMORY)


def free_cached() -> None:
    """Give back memory of a GPU that torch keeps for later and does not use."""
    torch.cuda.empty_cache()  # does nothing where no GPU is in use


def halved(batches: Sequence[Indices], times: int) -> Iterator[Indices]:
    """Yield batches cut into 2^times parts, none of them empty."""
    for rows in batches:
        parts = np.array_split(rows, min(2**times, len(rows)))
        yield from parts


def in_fitting_parts(
    compute: Callable[[Indices], torch.Tensor], rows: Indices, halvings: int
) -> tuple[np.ndarray, int]:
    """Compute something for each text of a batch, in smaller parts if memory runs out.

    Args:
        compute: Takes B positions and returns B rows.
        rows: Positions of the batch.
        halvings: How often to halve the batch at once, as found for earlier ones.

    Returns:
        One row per position, and how often the batch was halved until it fitted.

    Raises:
        ModelError: If not even a single text fits.
    """
    while True:
        try:
            parts = [compute(part).float().cpu().numpy() for part in halved([rows], halvings)]
            return np.concatenate(parts), halvings
        except RuntimeError as error:
            if not is_out_of_memory(error):
                raise
            if 2**halvings >= len(rows):
                raise ModelError(
                    "Out of memory while a single text was predicted. Lower max_length, or choose "
                    "a smaller model."
                ) from error
        halvings += 1
        logger.warning("Memory ran out in a prediction: its batches are halved from now on.")
        free_cached()
