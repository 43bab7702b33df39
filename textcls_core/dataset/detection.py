"""What a file says about itself: format, encoding, separator, header, sheets, splits."""

from pathlib import PurePath

from textcls_core.dataset.dialect import guess_delimiter
from textcls_core.dataset.encoding import (
    Survey,
    changed_lines,
    codec_of,
    detect_encoding,
    marked_encoding,
    survey,
)
from textcls_core.dataset.formats.archives import Unpacked
from textcls_core.dataset.formats.cells import HEADER_ROWS
from textcls_core.dataset.formats.delimited import read_delimited
from textcls_core.dataset.formats.excel import sheet_names
from textcls_core.dataset.formats.folders import class_folders
from textcls_core.dataset.formats.huggingface import split_folders
from textcls_core.dataset.formats.row_log import RowLog
from textcls_core.dataset.formats.source import Source
from textcls_core.dataset.formats.text import cut_to_lines
from textcls_core.dataset.reading_options import TEXT_FORMATS, Detected, Format, ReadingOptions
from textcls_core.dataset.sniffing import sniff
from textcls_core.errors import DatasetFormatError

_SURVEY_BYTES = 64 * 1024**2
"""Of a larger file only the beginning is judged; reading it checks every byte."""
_HEAD_BYTES = 1024**2
_TEXT_SUFFIXES = {".csv", ".tsv", ".tab", ".txt", ".json", ".jsonl", ".ndjson"}
_MEANT: dict[str, Format] = {
    ".csv": "csv", ".tsv": "csv", ".tab": "csv", ".json": "json", ".jsonl": "jsonl",
    ".ndjson": "jsonl", ".parquet": "parquet", ".arrow": "arrow", ".feather": "arrow",
    ".xlsx": "excel", ".xlsm": "excel",
}  # fmt: skip
_TITLES: dict[Format, str] = {
    "csv": "delimited text", "json": "JSON", "jsonl": "JSON Lines", "parquet": "a Parquet file",
    "arrow": "an Arrow file", "excel": "an Excel workbook", "folder": "a folder with classes",
    "huggingface": "a Hugging Face data set",
}  # fmt: skip


def choose_format(inner: Unpacked, outer: Source, options: ReadingOptions) -> Format:
    """Return the format to read: what was chosen if the content allows it, else what it is.

    Raises:
        DatasetFormatError: If the file is empty or foreign, its name hides that it is packed, or
            something binary was chosen to be read as text or the other way round.
    """
    found = sniff(inner.source)
    chosen = options.format or found
    is_text = found in TEXT_FORMATS and chosen in TEXT_FORMATS
    if chosen != found and not is_text:
        raise DatasetFormatError(
            f"{outer.name} is {_TITLES[found]} and cannot be read as {_TITLES[chosen]}. "
            "Leave the format to be detected."
        )
    suffix = PurePath(outer.name.casefold()).suffix
    if options.format is None and suffix in _TEXT_SUFFIXES:
        _refuse_disguise(inner, outer, found, suffix)
    if options.delimiter is not None and (
        len(options.delimiter) != 1 or options.delimiter in '"\r\n'
    ):
        raise DatasetFormatError(
            f"The separator has to be one character, not {options.delimiter[:20]!r}. "
            "Use for example a comma, a semicolon or a tab."
        )
    return chosen


def _refuse_disguise(inner: Unpacked, outer: Source, found: Format, suffix: str) -> None:
    """Refuse an archive or a workbook whose name says that it is text."""
    if inner.packing is None and found != "excel":
        return
    kind = _TITLES[found] if inner.packing is None else f"a {inner.packing} archive"
    right = ".xlsx" if inner.packing is None else {"zip": ".zip", "gzip": ".gz"}[inner.packing]
    raise DatasetFormatError(
        f"{outer.name} is {kind}, not {suffix[1:].upper()}. Give it a name that ends in {right}, "
        "or choose the right file."
    )


def name_notes(inner: Unpacked, outer: Source, format_: Format) -> tuple[str, ...]:
    """Return a note if the name of a file says something else than its content."""
    meant = _MEANT.get(PurePath((inner.member or outer.name).casefold()).suffix)
    if outer.is_folder or meant in (None, format_):
        return ()
    return (f"{outer.name} is {_TITLES[format_]}, whatever its name says; it was read as such.",)


def describe(inner: Unpacked, outer: Source) -> Detected:
    """Return what is known about a file without reading it as a whole.

    Raises:
        DatasetFormatError: If it holds no table.
    """
    format_ = choose_format(inner, outer, ReadingOptions())
    found = Detected(
        format=format_,
        compression=inner.packing,
        member=inner.member,
        size_bytes=outer.size_bytes,
        notes=name_notes(inner, outer, format_),
    )
    if format_ in TEXT_FORMATS:
        return _with_encoding(found, inner.source)
    return found.model_copy(update=_parts(inner.source, format_))


def _parts(source: Source, format_: Format) -> dict[str, tuple[str, ...]]:
    """Return the sheets or splits of what is not text."""
    if format_ == "excel":
        return {"sheets": sheet_names(source)}
    if format_ == "folder":
        found = class_folders(source.folder, source.name)
        return {"splits": tuple(sorted({item.split for item in found if item.split}))}
    if format_ == "huggingface":
        return {"splits": tuple(split for split in split_folders(source.folder) if split)}
    return {}


def _with_encoding(found: Detected, source: Source) -> Detected:
    """Return what the bytes of a text file add: encoding, separator and header."""
    head = Source(source.name, source.head(_SURVEY_BYTES))
    encoding = marked_encoding(head.head(4)) or "utf-8"
    news: dict[str, object] = {"encoding": encoding}
    if encoding == "utf-8" and not _is_utf8(head):
        news = _guess(survey(head.open(), encoding), head)
    codec = codec_of(head.head(4), source.name, str(news["encoding"]))
    if found.format == "csv":
        news |= _dialect(cut_to_lines(source, codec, _HEAD_BYTES))
    return found.model_copy(update=news)


def _is_utf8(source: Source) -> bool:
    """Tell whether bytes are UTF-8, apart from a character that their end cuts off."""
    data = source.head(_SURVEY_BYTES)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        return len(data) == _SURVEY_BYTES and error.start >= len(data) - 3
    return True


def _guess(found: Survey, source: Source) -> dict[str, object]:
    """Return the likely encoding of bytes that are not UTF-8, with lines that show the change."""
    unreadable = {
        "num_unreadable_lines": found.num_unreadable,
        "unreadable_lines": tuple(found.first_lines),
    }
    likely = None if found.is_mixed else detect_encoding(found.sample)
    if likely is None:
        return {"encoding": "utf-8", **unreadable}
    return {
        "encoding": likely,
        "encoding_is_guess": True,
        "changed_lines": changed_lines(source.open, likely),
        **unreadable,
    }


def _dialect(source: Source) -> dict[str, object]:
    """Return the separator and whether the first line is a header."""
    with source.open() as file:
        text = file.read().decode("utf-8", "replace")
    log = RowLog(source.name, skip_bad_rows=True, replace_unreadable=True)
    delimiter = guess_delimiter(text)
    options = ReadingOptions(encoding="utf-8", delimiter=delimiter, replace_unreadable=True)
    table = read_delimited(source, options, log, HEADER_ROWS)
    return {"delimiter": delimiter, "has_header": table.has_header}
