"""Outcomes: rows that are alike in what is true and what was answered, counted as one kind."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from textcls_core.evaluation.agreement import decision_table


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The K different outcomes of N rows: what is true, and what each of A models answered."""

    cells: Int[np.ndarray, " N"]
    """Which outcome each row has."""
    table: Float[np.ndarray, "K F"]
    """What an outcome adds to the counts of a `Tally`, F = A (3 C + 2): model after model."""

    @classmethod
    def of(cls, num_classes: int, true: np.ndarray, *answers: np.ndarray) -> "Outcomes":
        """Return the outcomes of N rows.

        Args:
            num_classes: C.
            true: Class ids (N,), or whether a row has each class (N, C).
            *answers: What each model predicted, in the same form.
        """
        columns = (true, *answers)
        if true.ndim == 1:
            keys = np.ravel_multi_index(columns, (num_classes,) * len(columns))
        else:
            bits = np.packbits(np.concatenate(columns, axis=1), axis=1)
            keys = bits.view(f"V{bits.shape[1]}").ravel()
        _, chosen, cells = np.unique(keys, return_index=True, return_inverse=True)
        first, *given = (_as_sets(values[chosen], num_classes) for values in columns)
        tables = [decision_table(first, sets) for sets in given]
        return cls(cells, np.concatenate(tables, axis=1))


def _as_sets(values: np.ndarray, num_classes: int) -> np.ndarray:
    """Return class ids as sets of one class; sets as they are."""
    return values if values.ndim == 2 else np.eye(num_classes, dtype=bool)[values]
