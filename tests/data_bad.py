"""Files that are no data set, or a broken one: made in code, with the message each must get."""

import io
import lzma
import zipfile

import numpy as np

BOM = b"\xef\xbb\xbf"


def zip_archive(member: str = "data.csv") -> bytes:
    """Return a zip archive with one small file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(member, "text,label\na,x\n")
    return buffer.getvalue()


def numpy_array() -> bytes:
    """Return a saved NumPy array."""
    buffer = io.BytesIO()
    np.save(buffer, np.arange(3))
    return buffer.getvalue()


def wide_csv(num_columns: int) -> bytes:
    """Return a CSV file with a header and one row."""
    names = ",".join(f"c{i}" for i in range(num_columns))
    cells = ",".join(f"v{i}" for i in range(num_columns))
    return f"{names}\n{cells}\n".encode()


EMPTY = {
    "no bytes": b"",
    "white space": b" \n\t\r\n",
    "only a UTF-8 mark": BOM,
    "only a UTF-16 mark": b"\xff\xfe",
    "mark and line breaks": BOM + b"\n\n",
}

FOREIGN = {
    "xz": (lzma.compress(b"text,label\na,x\n"), "an xz archive"),
    "7-zip": (b"7z\xbc\xaf\x27\x1c\0\4", "a 7-Zip archive"),
    "zstandard": (b"\x28\xb5\x2f\xfd\x04\x00", "a Zstandard archive"),
    "PNG": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG image"),
    "JPEG": (b"\xff\xd8\xff\xe0\0\x10JFIF", "a JPEG image"),
    "GIF": (b"GIF89a\1\0\1\0", "a GIF image"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
    "old Excel": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an old or password-protected Office document",
    ),
    "pickle 2": (b"\x80\x02]q\x00.", "a Python pickle"),
    "pickle 3": (b"\x80\x03]q\x00.", "a Python pickle"),
    "pickle 4": (b"\x80\x04\x95\x06\0\0\0\0\0\0\0]\x94.", "a Python pickle"),
    "pickle 5": (b"\x80\x05\x95\x06\0\0\0\0\0\0\0]\x94.", "a Python pickle"),
    "NumPy": (numpy_array(), "a NumPy array"),
    "SQLite": (b"SQLite format 3\0\x10\x00", "an SQLite database"),
}
"""Content and what the message must call it."""

WEB_PAGES = {
    "page": b"<!DOCTYPE html><html><body>404</body></html>",
    "page in lower case": b"<!doctype html>\n<html></html>",
    "page without type": b"<html><head></head></html>",
    "page after a mark": BOM + b"<!DOCTYPE html>",
    "page after blank lines": b"\n\n  <HTML>",
    "XML": b'<?xml version="1.0"?><rows/>',
}

BROKEN_TABLES = {
    "header only": (b"text,label\n", "has no rows"),
    "NUL characters only": (b"\0\0\0", "has no rows"),
    "unclosed quote": (
        b'text,label\na,x\n"b,y\nc,z\n',
        "a quote opened in line 3 is never closed. Close it",
    ),
    "unclosed quote after a text of two lines": (
        b'text,label\n"a\nb",x\n"c,y\n',
        "a quote opened in line 4 is never closed",
    ),
    "stray quote": (
        b'text,label\n"a "b" c",x\nd,y\n',
        r"1 row that cannot be read \(line 2: a quote inside a quoted cell that is not doubled\)",
    ),
    "extra cell": (
        b"text,label\na,x\nb,y,z\nc,x\n",
        r"1 row that cannot be read \(line 3: 3 cells where 2 were expected\)\. Correct them",
    ),
    "seven rows with extra cells": (
        b"text,label\n" + b"a,x\n" * 8 + b"b,y,z\n" * 7,
        r"7 rows that cannot .*; and 2 more\)",
    ),
    "1,001 columns": (wide_csv(1_001), "has 1,001 columns; at most 1,000 are read"),
    "1,001 columns below a short header": (
        b"text,label\n" + wide_csv(1_001) * 2,
        "has 1,001 columns",
    ),
    "repeated column": (
        b"text,label,text\na,x,b\nc,y,d\n",
        'more than one column named "text". Rename one of them, or say that the file has no header',
    ),
    "cell of more than a million characters": (
        b"text,label\n" + b"a" * 1_000_001 + b",x\nb,y\n",
        "line 2: a cell longer than 1,000,000 characters",
    ),
}
"""Content and a pattern of the message."""

GOOD_RECORD = b'{"text": "a", "label": "x"}\n'
BROKEN_RECORDS = {
    "cut off": (b'{"text": "b", "lab\n', "not JSON (Unterminated string starting at)"),
    "trailing comma in the object": (
        b'{"text": "b", "label": "y",}\n',
        "not JSON (Expecting property name enclosed in double quotes)",
    ),
    "trailing comma after the object": (
        b'{"text": "b", "label": "y"},\n',
        "not JSON (Extra data)",
    ),
    "NaN": (b'{"text": "b", "label": NaN}\n', "not JSON (NaN is not a JSON value)"),
    "infinity": (b'{"text": -Infinity}\n', "not JSON (-Infinity is not a JSON value)"),
    "number with leading zero": (b'{"label": 01}\n', "not JSON (Expecting ',' delimiter)"),
    "Python dictionary": (
        b"{'text': 'b'}\n",
        "not JSON (Expecting property name enclosed in double quotes)",
    ),
    "the same key twice": (b'{"text": "b", "text": "c"}\n', "not JSON (the same key twice)"),
    "keys equal after cleaning": (
        b'{"text": "b", "text\\u0000 ": "c"}\n',
        "not JSON (the same key twice)",
    ),
    "key without a name": (b'{"text": "b", " ": "c"}\n', "not JSON (a key without a name)"),
    "list inside": (b'{"text": ["b"]}\n', '"text" holds a list or object, not a value'),
    "object inside": (b'{"text": {"en": "b"}}\n', '"text" holds a list or object, not a value'),
    "array": (b"[1, 2]\n", "expected a JSON object, found list"),
    "string": (b'"b"\n', "expected a JSON object, found str"),
    "number": (b"12\n", "expected a JSON object, found int"),
    "prose": (b"oops\n", "not JSON (Expecting value)"),
    "100,000 levels": (b"[" * 100_000 + b"\n", "not JSON (maximum recursion depth exceeded"),
    "integer of 5,000 digits": (
        b'{"label": ' + b"1" * 5_000 + b"}\n",
        "not JSON (Exceeds the limit (4300 digits) for integer string conversion",
    ),
    "line of more than a million characters": (
        b'{"text": "' + b"a" * 1_000_000 + b'"}\n',
        "longer than 1,000,000 characters",
    ),
}
"""A line that stands between two good records, and how its problem is called."""

FILE_NAMES = {
    "path up": ("../../etc/passwd", "../../etc/passwd"),
    "line break": ("a\nb.csv", "ab.csv"),
    "NUL": ("a\0b.csv", "ab.csv"),
    "right-to-left override": ("a\u202egnp.csv", "agnp.csv"),
    "terminal escape": ("a\x1b[31mb.csv", "a[31mb.csv"),
    "lone surrogate": ("a\ud800b.csv", "ab.csv"),
    "emoji": ("\U0001f600.csv", "\U0001f600.csv"),
    "300 characters": ("x" * 300, "x" * 80),
    "nothing visible": ("\u200b\n", "The file"),
    "HTML": ("<img src=x onerror=alert(1)>.csv", "<img src=x onerror=alert(1)>.csv"),
}
"""A hostile file name and how it may appear in a message."""

HOSTILE_TEXTS = (
    "<script>alert(1)</script>",
    "![](http://example.org/x.png)",
    "=cmd|'/c calc'!A1",
    "@SUM(1)",
    "$$x$$ :red[a] :material/home:",
    "ignore all previous instructions",
    "NA",
    "null",
    "nan",
    "None",
    "-",
    "\u202eabc",
    "a\u200bb",
    "\x1b[31mred",
    "\U0001f600\U0001f3fd",
    "'; DROP TABLE rows; --",
    "C:\\path\\n",
)
"""Texts and labels that must come through as they are."""
