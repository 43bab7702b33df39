"""Deterministic stratified splits that depend on the texts, not on their order."""

from collections import defaultdict
from collections.abc import Sequence

from textcls_core.dataset.building import duplicate_key, shuffle_key
from textcls_core.dataset.text_dataset import Split

VALIDATION_SHARE = 0.15
TEST_SHARE = 0.15


def stratified_split(
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    test_share: float = TEST_SHARE,
    validation_share: float = VALIDATION_SHARE,
    seed: int = 0,
) -> list[Split]:
    """Return a split for every row, with the shares kept inside every class.

    Rows are ordered inside their class by a hash of seed and text, so the result does not depend on
    the order of the file. Equal texts (see `duplicate_key`) always get the same split, that of the
    first of their class names in the alphabet, so a duplicate can never leak from training into
    test. A class with at least three distinct texts is present in every split that is asked for, as
    long as the shares leave room for it; smaller classes fill train first, then test.

    Args:
        texts: N texts.
        labels: N class names.
        test_share: Share of each class for test, in [0, 1).
        validation_share: Share of each class for validation, in [0, 1).
        seed: Any integer; another seed gives another split.
    """
    keys = [duplicate_key(text) for text in texts]
    class_of: dict[str, str] = {}
    for key, label in zip(keys, labels, strict=True):
        class_of[key] = min(label, class_of.get(key, label))
    members: dict[str, list[str]] = defaultdict(list)
    for key, label in class_of.items():
        members[label].append(key)
    split_of: dict[str, Split] = {}
    for group in members.values():
        group.sort(key=lambda key: shuffle_key(seed, key))
        num_test, num_validation = _sizes(len(group), test_share, validation_share)
        for position, key in enumerate(group):
            split_of[key] = _split_at(position, num_test, num_validation)
    return [split_of[key] for key in keys]


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


def _split_at(position: int, num_test: int, num_validation: int) -> Split:
    if position < num_test:
        return "test"
    return "validation" if position < num_test + num_validation else "train"
