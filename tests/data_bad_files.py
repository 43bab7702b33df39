"""The bad inputs 1 to 36: what each file holds, and how it must be received."""

import gzip
import struct
from collections.abc import Callable
from dataclasses import dataclass, field

import pyarrow as pa

from tests.data_bad import BOM, wide_csv
from tests.data_files import arrow_bytes, parquet_bytes, workbook_bytes, zip_bytes
from textcls_core.dataset.reading_options import ReadingOptions

CSV = b"text,label\na,x\nb,y\n"
SKIP = ReadingOptions(skip_bad_rows=True)
REPLACE = ReadingOptions(replace_unreadable=True)
_MIXED = b"text,label\n" + "caf\u00e9,x\n".encode() * 5 + b"caf\xe9,y\n" * 2
_SHEET = workbook_bytes({"Data": [["text", "label"], ["a", "x"]]})


@dataclass(frozen=True)
class Refused:
    """A file that must be refused with a message that matches."""

    data: bytes
    message: str
    name: str = "f.csv"
    options: ReadingOptions = field(default_factory=ReadingOptions)


@dataclass(frozen=True)
class Accepted:
    """A file that must be read, and what its table must hold."""

    data: bytes
    expected: Callable[[object], bool]
    name: str = "f.csv"
    options: ReadingOptions = field(default_factory=ReadingOptions)


def texts(table) -> list:
    """Return the column `text`."""
    return table.values("text")


REFUSED = {
    "1 empty file": Refused(b"", r"^f\.csv is empty\. Choose a file with at least one row"),
    "1 only blanks": Refused(b" \n\n", "is empty"),
    "2 only a mark": Refused(BOM, "is empty"),
    "2 only a UTF-16 mark": Refused(b"\xff\xfe", "is empty"),
    "3 header only": Refused(b"text,label\n", "has no rows"),
    "5 zip": Refused(zip_bytes({"f.csv": CSV}), r"f\.csv is a zip archive, not CSV"),
    "5 gzip": Refused(gzip.compress(CSV), r"f\.csv is a gzip archive, not CSV"),
    "5 xlsx": Refused(_SHEET, r"f\.csv is an Excel workbook, not CSV"),
    "5 PNG": Refused(b"\x89PNG\r\n\x1a\n", r"f\.csv is a PNG image, not data in rows"),
    "5 HTML": Refused(b"<!DOCTYPE html><p>404", r"f\.csv is a web page or XML, not data"),
    "14 gzip bomb": Refused(gzip.compress(b"a,x\n" * 2_000_000), "unpacks to more than", "f.gz"),
    "14 zip bomb": Refused(zip_bytes({"f": b"a,x\n" * 2_000_000}), "unpacks to more than", "f.zip"),
    "15 nested zip": Refused(zip_bytes({"i": zip_bytes({"f": CSV})}), "another archive", "f.zip"),
    "15 zip slip": Refused(zip_bytes({"../../x": CSV}), "holds its file in a folder", "f.zip"),
    "15 many members": Refused(
        zip_bytes({f"{n}.csv": b"" for n in range(1_001)}), "of 1,001 files or more", "f.zip"
    ),
    "18 Latin-1": Refused(
        "text,label\nLe caf\u00e9 est ferm\u00e9 \u00e0 cause de la for\u00eat,x\n".encode(
            "cp1252"
        ),
        r'is not utf-8: 1 line cannot be read \(line 2\).* set the encoding to "cp125',
    ),
    "19 mixed": Refused(
        _MIXED,
        r"is not utf-8: 2 lines cannot be read \(line 7, 8\).* mixes encodings: .* skip bad rows "
        "or replace what is unreadable",
    ),
    "19 no readable row": Refused(b",\x80", "has no rows", "f", SKIP),
    "25 unclosed quote": Refused(
        b'text,label\na,x\n"b,y\nc,z\n', "a quote opened in line 3 is never closed"
    ),
    "26 extra fields": Refused(
        b"text,label\na,x\nb,y,z\n", "line 3: 3 cells where 2 were expected.* skip bad rows"
    ),
    "30 duplicate names": Refused(
        b"text,label,text\na,x,b\n", 'more than one column named "text". Rename one'
    ),
    "32 too many columns": Refused(wide_csv(200_001), "has 200,001 columns; at most 1,000"),
    "33 field of 1 MB": Refused(
        b"text,label\na,x\n" + b"b" * 1_000_001 + b",y\n", "line 3: a cell longer than 1,000,000"
    ),
    "33 line of 20 MB": Refused(b"text,label\n" + b"a" * 20_000_000, "line 2: a cell longer than"),
    "34 broken line": Refused(
        b'{"text": "a"}\n{"text": "b",}\n', r"line 2: not JSON .* skip bad rows", "f.jsonl"
    ),
    "34 NaN": Refused(b'{"text": "a"}\n{"text": NaN}\n', "line 2: not JSON .NaN", "f.jsonl"),
    "34 nested": Refused(
        b'{"text": "a"}\n{"text": {"x": 1}}\n', 'line 2: "text" holds a list or object', "f.jsonl"
    ),
    "35 depth": Refused(b'[{"a": ' + b"[" * 100_000, "nested too deeply", "f.json"),
    "35 huge integer": Refused(
        b'{"a": 1}\n{"a": ' + b"1" * 5_000 + b"}\n", "line 2: not JSON .Exceeds", "f.jsonl"
    ),
    "35 key twice": Refused(
        b'{"a": 1}\n{"a": 1, "a": 2}\n', "line 2: not JSON .the same key twice", "f.jsonl"
    ),
    "36 wrong footer": Refused(
        parquet_bytes({"text": ["a"]})[:-4] + b"oops", "is a damaged Parquet file", "f.parquet"
    ),
    "36 footer too long": Refused(
        parquet_bytes({"text": ["a"]})[:-8] + struct.pack("<I", 2**31) + b"PAR1",
        "is a damaged Parquet file",
        "f.parquet",
    ),
    "36 only nested": Refused(
        parquet_bytes({"meta": pa.array([{"a": 1}])}),
        "has no column of values; all of them hold objects",
        "f.parquet",
    ),
    "36 pickle": Refused(b"\x80\x04\x95\x06\0\0\0", "is a Python pickle, not data", "f.parquet"),
    "36 NumPy": Refused(b"\x93NUMPY\x01\0", "is a NumPy array, not data in rows", "f.npy"),
}
ACCEPTED = {
    "4 JSON Lines named csv": Accepted(
        b'{"text": "a"}\n',
        lambda t: texts(t) == ["a"] and "is JSON Lines, whatever its name says" in t.notes[0],
    ),
    "4 Parquet named csv": Accepted(
        parquet_bytes({"text": ["a"]}), lambda t: "is a Parquet file" in t.notes[0]
    ),
    "4 CSV named xlsx": Accepted(CSV, lambda t: "is delimited text" in t.notes[0], name="f.xlsx"),
    "7 name leads out": Accepted(CSV, lambda t: t.file_name == "../../x.csv", "../../x.csv"),
    "8 name with controls": Accepted(
        CSV, lambda t: t.file_name == "abgnp.csv", "a\0b\u202e\ngnp.csv"
    ),
    "8 long name": Accepted(CSV, lambda t: len(t.file_name) == 80, "x" * 300),
    "9 name with HTML": Accepted(
        CSV, lambda t: t.file_name == "<img src=x>.csv", "<img src=x>.csv"
    ),
    "16 UTF-8 mark": Accepted(BOM + CSV, lambda t: t.column_names == ["text", "label"]),
    "17 UTF-16": Accepted(CSV.decode().encode("utf-16"), lambda t: texts(t) == ["a", "b"]),
    "17 UTF-32": Accepted(CSV.decode().encode("utf-32"), lambda t: texts(t) == ["a", "b"]),
    "18 Latin-1 chosen": Accepted(
        "text,label\ncaf\u00e9,x\n".encode("cp1252"),
        lambda t: texts(t) == ["caf\u00e9"],
        options=ReadingOptions(encoding="cp1252"),
    ),
    "19 dropped": Accepted(_MIXED, lambda t: (t.num_rows, len(t.problems)) == (5, 2), options=SKIP),
    "19 replaced": Accepted(
        _MIXED, lambda t: (texts(t)[-1], t.num_repaired) == ("caf\ufffd", 2), options=REPLACE
    ),
    "20 NUL": Accepted(
        b"text,label\na\0b,x\n", lambda t: (texts(t), t.num_repaired) == (["ab"], 1)
    ),
    "21 lone surrogate": Accepted(
        b'{"text": "a\\ud800"}\n',
        lambda t: (texts(t), t.num_repaired) == (["a\ufffd"], 1),
        "f.jsonl",
    ),
    "22 controls": Accepted(
        "text,label\n\x1b[31ma\u200b\u202e,x\n".encode(),
        lambda t: texts(t) == ["\x1b[31ma\u200b\u202e"],
    ),
    "23 both forms": Accepted(
        "text,label\ncaf\u00e9,x\ncafe\u0301,x\n".encode(),
        lambda t: texts(t) == ["caf\u00e9", "cafe\u0301"],
    ),
    "24 CR": Accepted(CSV.replace(b"\n", b"\r"), lambda t: texts(t) == ["a", "b"]),
    "24 mixed": Accepted(b"text,label\r\na,x\rb,y\n", lambda t: texts(t) == ["a", "b"]),
    "26 skipped": Accepted(
        b"text,label\na,x\nb,y,z\n",
        lambda t: t.problems == ("line 3: 3 cells where 2 were expected",),
        options=SKIP,
    ),
    "27 missing fields": Accepted(
        b"text,label\na,x\nb\n", lambda t: (t.values("label"), t.num_short_rows) == (["x", None], 1)
    ),
    "28 semicolon": Accepted(CSV.replace(b",", b";"), lambda t: texts(t) == ["a", "b"]),
    "28 tab": Accepted(CSV.replace(b",", b"\t"), lambda t: texts(t) == ["a", "b"]),
    "28 pipe": Accepted(CSV.replace(b",", b"|"), lambda t: texts(t) == ["a", "b"]),
    "28 chosen": Accepted(
        CSV.replace(b",", b"^"),
        lambda t: texts(t) == ["a", "b"],
        "f",
        ReadingOptions(delimiter="^"),
    ),
    "29 no header": Accepted(
        b"ham,Hi\nspam,Call\nham,Ok\n",
        lambda t: (t.column_names, t.has_header) == (["column_1", "column_2"], False),
    ),
    "31 blank name": Accepted(
        b",text,label\n0,a,x\n1,b,y\n", lambda t: t.column_names == ["column_1", "text", "label"]
    ),
    "31 HTML in a name": Accepted(
        b"<b>text</b>,label\na,x\nb,y\n", lambda t: t.column_names == ["<b>text</b>", "label"]
    ),
    "33 long field skipped": Accepted(
        b"text,label\na,x\n" + b"b" * 1_000_001 + b",y\n",
        lambda t: (texts(t), len(t.problems)) == (["a"], 1),
        options=SKIP,
    ),
    "34 broken line skipped": Accepted(
        b'{"text": "a"}\noops\n{"text": "c"}\n', lambda t: texts(t) == ["a", "c"], "f", SKIP
    ),
    "36 dictionary": Accepted(
        parquet_bytes({"text": pa.array(["a", "b", "a"]).dictionary_encode()}),
        lambda t: texts(t) == ["a", "b", "a"],
        "f.parquet",
    ),
    "36 nested beside others": Accepted(
        arrow_bytes({"text": ["a"], "meta": pa.array([{"x": 1}])}),
        lambda t: t.column_names == ["text"] and len(t.notes) == 1,
        "f.arrow",
    ),
    "36 pandas metadata": Accepted(
        parquet_bytes(
            pa.table({"text": ["a"]}).replace_schema_metadata({"pandas": b"\x80\x04\x95cos\n"})
        ),
        lambda t: texts(t) == ["a"],
        "f.parquet",
    ),
}
