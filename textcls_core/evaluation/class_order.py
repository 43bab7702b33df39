"""In which order classes stand in a matrix, and which of many are worth a look."""

from typing import Literal

import numpy as np
from jaxtyping import Float

from textcls_core.arrays import Counts, LabelIds
from textcls_core.evaluation.confusion import top_confusions
from textcls_core.evaluation.figures import ratio
from textcls_core.evaluation.seriation import seriate

ClassOrder = Literal["label", "name", "size", "f1", "confusion"]
ORDERS: dict[ClassOrder, str] = {
    "label": "Data set",
    "name": "Name",
    "size": "Size, largest first",
    "f1": "F1, worst first",
    "confusion": "Confused ones together",
}


def class_order(confusion: Counts, label_names: tuple[str, ...], by: ClassOrder) -> LabelIds:
    """Return the ids of all classes in the order they are drawn in, shape (C,).

    Classes that are equal in what they are sorted by keep the order of their ids.

    Args:
        confusion: Counts, row = true class, column = predicted class, shape (C, C).
        label_names: C class names.
        by: `label` for the order of the data set, `name` whatever the case, `size` for the largest
            class first, `f1` for the worst first, `confusion` for confused classes side by side.
    """
    support, predicted = confusion.sum(axis=1), confusion.sum(axis=0)
    if by == "name":
        ids = range(len(label_names))
        return np.array(sorted(ids, key=lambda i: (label_names[i].casefold(), label_names[i], i)))
    if by == "size":
        return np.argsort(-support, kind="stable")
    if by == "f1":
        f1 = ratio(2 * confusion.diagonal(), support + predicted)
        return np.argsort(f1, kind="stable")
    if by == "confusion":
        return seriate(confusion_rates(confusion))
    return np.arange(len(label_names))


def confusion_rates(confusion: Counts) -> Float[np.ndarray, "C C"]:
    """Return how often two classes are taken for each other, shape (C, C); symmetric.

    It is the share of the rows of both classes that were given the other one's name:
    (n_ij + n_ji) / (n_i + n_j). The diagonal is 0.

    Example:
        >>> confusion_rates(np.array([[8, 2], [0, 10]])).tolist()
        [[0.0, 0.1], [0.1, 0.0]]
    """
    support = confusion.sum(axis=1)
    rates = ratio(confusion + confusion.T, support[:, None] + support[None, :])
    np.fill_diagonal(rates, 0)
    return rates


def most_confused(confusion: Counts, limit: int) -> LabelIds:
    """Return the ids of at most `limit` classes in the most frequent confusions, smallest id first.

    Pairs are taken from the most frequent one down, so both classes of a frequent confusion are
    there. Where the confusions name fewer classes, the largest of the others fill the rest.

    Example:
        >>> most_confused(np.array([[5, 0, 0], [0, 5, 2], [0, 0, 5]]), 2).tolist()
        [1, 2]
    """
    pairs = top_confusions(confusion, len(confusion) ** 2)
    named = [label_id for true, predicted, _ in pairs for label_id in (true, predicted)]
    by_size = np.argsort(-confusion.sum(axis=1), kind="stable").tolist()
    return np.array(sorted(list(dict.fromkeys([*named, *by_size]))[:limit]), dtype=np.int64)


def confused_with(confusion: Counts, label_id: int, limit: int) -> LabelIds:
    """Return a class and those it is most often confused with, smallest id first.

    Args:
        confusion: Counts, row = true class, column = predicted class, shape (C, C).
        label_id: The class.
        limit: Number of classes at most, the class itself among them.

    Example:
        >>> confused_with(np.array([[5, 0, 1], [0, 5, 2], [0, 0, 5]]), 1, 3).tolist()
        [1, 2]
    """
    rows = confusion[label_id] + confusion[:, label_id]
    rows[label_id] = 0
    order = [int(other) for other in np.argsort(-rows, kind="stable") if rows[other]]
    return np.array(sorted([label_id, *order[: limit - 1]]), dtype=np.int64)


def in_order(order: LabelIds, kept: LabelIds) -> LabelIds:
    """Return those of the ordered classes that are kept, in their order, shape (M,).

    Example:
        >>> in_order(np.array([2, 0, 1]), np.array([0, 2])).tolist()
        [2, 0]
    """
    return np.asarray(order[np.isin(order, kept)])
