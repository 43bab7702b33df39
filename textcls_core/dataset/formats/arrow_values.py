"""Arrow values of any type as strings, the way a CSV file would hold them."""

from collections.abc import Sequence
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from textcls_core.dataset.formats.cells import without_nul
from textcls_core.dataset.formats.row_log import RowLog
from textcls_core.dataset.raw_table import LISTS, STRINGS
from textcls_core.errors import DatasetFormatError

_BYTES = {pa.string(): pa.binary(), pa.large_string(): pa.large_binary()}
Kind = Literal["value", "list", "nested"]


def kind_of(arrow_type: pa.DataType) -> Kind:
    """Tell whether values of a type can be kept as strings, as lists of strings, or not at all."""
    if isinstance(arrow_type, pa.BaseExtensionType):
        return kind_of(arrow_type.storage_type)
    if pa.types.is_dictionary(arrow_type):
        return kind_of(arrow_type.value_type)
    if _is_list(arrow_type):
        return "list" if kind_of(arrow_type.value_type) == "value" else "nested"
    if pa.types.is_nested(arrow_type):
        return "nested"
    try:
        pc.cast(pa.nulls(0, arrow_type), STRINGS)
    except pa.ArrowNotImplementedError:
        return "nested"
    return "value"


def _is_list(arrow_type: pa.DataType) -> bool:
    return bool(
        pa.types.is_list(arrow_type)
        or pa.types.is_large_list(arrow_type)
        or pa.types.is_fixed_size_list(arrow_type)
    )


def as_strings(
    array: pa.Array, column: str, class_names: Sequence[str] | None, log: RowLog
) -> pa.Array:
    """Return values as strings; missing numbers (NaN) are null, numbered classes their names.

    Args:
        array: Values of a type that `kind_of` calls a value.
        column: Its name, for messages.
        class_names: Names of classes if the values number them; -1 means no class.
        log: Counts repaired cells.

    Raises:
        DatasetFormatError: If a number has no class name.
    """
    array = _plain(array)
    if class_names is not None and pa.types.is_integer(array.type):
        return _named(array, column, class_names)
    if pa.types.is_floating(array.type):
        array = pc.if_else(pc.is_nan(array), None, array)
    as_bytes = _BYTES.get(array.type)
    if as_bytes is not None:
        array = array.cast(as_bytes)  # without a look at the characters: those may be repaired
    array.validate(full=True)
    try:
        strings = array.cast(STRINGS)
    except pa.ArrowInvalid:
        return _repaired(array, log)
    return without_nul(strings, log)


def as_lists(
    array: pa.Array, column: str, class_names: Sequence[str] | None, log: RowLog
) -> pa.Array:
    """Return lists of values as lists of strings; see `as_strings`."""
    array = _plain(array)
    array.validate(full=True)
    lists = array.cast(pa.list_(array.type.value_type))
    items = as_strings(lists.flatten(), column, class_names, log)
    lengths = pc.fill_null(pc.list_value_length(lists), 0)
    ends = pc.cumulative_sum(lengths).cast(pa.int32())
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), ends])
    return pa.ListArray.from_arrays(offsets, items, LISTS, mask=lists.is_null())


def _plain(array: pa.Array) -> pa.Array:
    """Return an array without extension type and dictionary."""
    if isinstance(array.type, pa.BaseExtensionType):
        return _plain(array.storage)
    if not pa.types.is_dictionary(array.type):
        return array
    array.validate(full=True)
    return array.dictionary_decode()


def _named(array: pa.Array, column: str, class_names: Sequence[str]) -> pa.Array:
    highest = pc.max(array).as_py()
    if highest is not None and highest >= len(class_names):
        raise DatasetFormatError(
            f'Column "{column[:40]}" holds class number {highest:,}, but names exist for only '
            f"{len(class_names):,} classes. Write the file again."
        )
    known = pc.if_else(pc.less(array, 0), None, array)
    return pa.array(class_names, STRINGS).take(known.cast(pa.int64()))


def _repaired(array: pa.Array, log: RowLog) -> pa.Array:
    """Return bytes as strings with U+FFFD for what is not UTF-8."""
    values = array.cast(pa.large_binary()).to_pylist()
    strings = [None if value is None else value.decode("utf-8", "replace") for value in values]
    changed = zip(strings, values, strict=True)
    log.num_repaired += sum(text is not None and text.encode() != value for text, value in changed)
    return without_nul(pa.array(strings, STRINGS), log)
