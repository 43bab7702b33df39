"""Cross-validation: train and validation rows cut anew into folds."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

import pyarrow as pa

from textcls_core.dataset.building import duplicate_key, shuffle_key
from textcls_core.dataset.text_dataset import SCHEMA, TextDataset
from textcls_core.errors import DatasetFormatError, InvalidArgumentError
from textcls_core.wording import plural, shorten

_NO_LABEL = -1
"""The stratum of rows without a label, which only multi-label sets have."""


def with_fold(dataset: TextDataset, *, num_folds: int, fold: int, seed: int = 0) -> TextDataset:
    """Return the same rows with fold `fold` as validation and the other folds as train.

    The rows of train and validation are dealt to the folds class by class; rows of test stay what
    they are. Over all folds every dealt row is a validation row exactly once. Equal texts (see
    `duplicate_key`) stay together, so a duplicate never leaks from training into validation. The
    result depends on texts, labels and seed, not on the order of the rows.

    Args:
        dataset: Any data set; several labels per row count as the rarest one.
        num_folds: Parts to cut into, at least 2.
        fold: The part that becomes validation, from 1 to `num_folds`.
        seed: Any integer; the runs of one cross-validation share it.

    Raises:
        InvalidArgumentError: If `num_folds` or `fold` is out of range.
        DatasetFormatError: If there are too few distinct texts, or a class would be missing from
            the training rows of some fold.
    """
    if num_folds < 2 or not 1 <= fold <= num_folds:
        raise InvalidArgumentError(
            "Expected at least 2 folds and a fold from 1 to their number, "
            f"got fold {fold} of {num_folds}."
        )
    splits = dataset.table["split"].to_pylist()
    rows = [position for position, split in enumerate(splits) if split != "test"]
    fold_of = _deal(dataset, rows, num_folds, seed)
    _require_every_class(dataset, rows, fold_of)
    for row in rows:
        splits[row] = "validation" if fold_of[row] == fold else "train"
    column = SCHEMA.get_field_index("split")
    table = dataset.table.set_column(column, SCHEMA.field(column), pa.array(splits, pa.string()))
    return TextDataset(table, dataset.label_names, dataset.task)


def _deal(dataset: TextDataset, rows: Sequence[int], num_folds: int, seed: int) -> dict[int, int]:
    """Return the fold of every row, from 1.

    Equal texts are dealt as one hand. Large hands go first, each to the fold with the fewest rows
    of its class, among those to the smallest fold: sizes then differ by little.
    """
    hands = _hands(dataset, rows)
    if len(hands) < num_folds:
        raise DatasetFormatError(
            f"{num_folds} folds need at least {num_folds} distinct texts in train and validation, "
            f"found {len(hands)}. Use fewer folds or add rows."
        )
    order = sorted(hands, key=lambda key: (-len(hands[key][0]), shuffle_key(seed, key)))
    order.sort(key=lambda key: hands[key][1])  # class by class, each in the order above
    in_class: Counter[tuple[int, int]] = Counter()
    sizes = [0] * num_folds
    fold_of: dict[int, int] = {}
    for key in order:
        hand, label_id = hands[key]
        best = min(range(num_folds), key=lambda k: (in_class[label_id, k], sizes[k], k))
        in_class[label_id, best] += len(hand)
        sizes[best] += len(hand)
        fold_of.update(dict.fromkeys(hand, best + 1))
    return fold_of


def _hands(dataset: TextDataset, rows: Sequence[int]) -> Mapping[str, tuple[list[int], int]]:
    """Return for each distinct text its rows and the rarest label on them."""
    texts, label_sets = dataset.texts(), dataset.label_sets
    frequency = Counter(label_id for row in rows for label_id in label_sets[row])
    rows_of: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        rows_of[duplicate_key(texts[row])].append(row)
    hands = {}
    for key, hand in rows_of.items():
        labels = {label_id for row in hand for label_id in label_sets[row]}
        rarest = min(
            labels, key=lambda label_id: (frequency[label_id], label_id), default=_NO_LABEL
        )
        hands[key] = (hand, rarest)
    return hands


def _require_every_class(
    dataset: TextDataset, rows: Sequence[int], fold_of: Mapping[int, int]
) -> None:
    """Refuse folds of which one holds all rows of a class, so that nobody could learn it."""
    label_sets = dataset.label_sets
    folds_of: dict[int, set[int]] = defaultdict(set)
    for row in rows:
        for label_id in label_sets[row]:
            folds_of[label_id].add(fold_of[row])
    lonely = sorted(label_id for label_id, folds in folds_of.items() if len(folds) == 1)
    if lonely:
        shown = ", ".join(f'"{shorten(dataset.label_names[label_id])}"' for label_id in lonely[:5])
        raise DatasetFormatError(
            f"{plural(len(lonely), 'class is', 'classes are')} too small to be cut into folds: "
            f"{shown}. All distinct texts of a class fell into one fold, which leaves none to "
            "learn from. Add rows, merge the class or leave it out."
        )
