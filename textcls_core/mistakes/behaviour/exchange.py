"""Behavioural tests as JSON Lines: written out, and read back exactly as they were."""

import json
from collections.abc import Iterable

from textcls_core.dataset.store import DatasetInfo
from textcls_core.errors import DatasetFormatError, InvalidArgumentError
from textcls_core.mistakes.annotations.checking import require_known
from textcls_core.mistakes.behaviour.kinds import BehaviourTest, checked_test
from textcls_core.mistakes.behaviour.store import MAX_TESTS
from textcls_core.wording import shorten


def export_tests(tests: Iterable[BehaviourTest]) -> bytes:
    """Return tests as the bytes of a file, one JSON object a line."""
    lines = (json.dumps(test.to_json(), ensure_ascii=False) for test in tests)
    return "".join(f"{line}\n" for line in lines).encode()


def parse_tests(content: bytes, info: DatasetInfo) -> list[BehaviourTest]:
    """Return the tests of a file.

    Args:
        content: JSON Lines with `kind`, `text` and what the kind needs of `original`, `label` and
            `by`; `note` and `author` if there are any.
        info: The data set whose labels they may name.

    Raises:
        DatasetFormatError: If a line is not a test of this data set, with the line.
    """
    try:
        lines = content.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise DatasetFormatError(
            f"Expected a file in UTF-8, found a byte that is none at position {error.start:,}. "
            "Save it as UTF-8."
        ) from error
    given = [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    if len(given) > MAX_TESTS:
        raise DatasetFormatError(
            f"Expected at most {MAX_TESTS:,} tests, got {len(given):,}. Split the file."
        )
    return [_parse(number, line, info) for number, line in given]


def _parse(number: int, line: str, info: DatasetInfo) -> BehaviourTest:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DatasetFormatError(f"Line {number:,} is not JSON: {error}.") from error
    if not isinstance(record, dict):
        raise DatasetFormatError(
            f"Line {number:,}: expected a JSON object, got {shorten(line, 60)}."
        )
    try:
        return fitting_test(checked_test(record), info)
    except InvalidArgumentError as error:
        raise DatasetFormatError(f"Line {number:,}: {error}") from error


def fitting_test(test: BehaviourTest, info: DatasetInfo) -> BehaviourTest:
    """Return a test whose label a data set has.

    Raises:
        InvalidArgumentError: If the data set does not have it.
    """
    if test.label:
        require_known([test.label], info)
    return test
