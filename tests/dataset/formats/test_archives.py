import gzip
import re
import struct
import zipfile

import pytest

from tests.data_files import COLUMNS, parquet_bytes, workbook_bytes, zip_bytes
from tests.tables import columns_of, read_bytes
from textcls_core.dataset.formats import archives
from textcls_core.dataset.reading import detect, preview, read_table
from textcls_core.errors import DatasetFormatError

CSV = b"text,label\na,x\nb,y\n"
RECORDS = b'{"text": "a", "label": "x"}\n{"text": "b", "label": "y"}\n'
CONTENTS = {
    "CSV": CSV,
    "JSON Lines": RECORDS,
    "Parquet": parquet_bytes(COLUMNS),
    "Excel": workbook_bytes({"Data": [["text", "label"], ["a", "x"], ["b", "y"]]}),
}


def encrypted() -> bytes:
    """Return a zip archive whose member says that it is encrypted."""
    data = bytearray(zip_bytes({"f.csv": CSV}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(signature) + offset] |= 1
    return bytes(data)


def many_members(count: int) -> bytes:
    """Return an archive whose directory claims a number of files."""
    data = bytearray(zip_bytes({"f.csv": CSV}))
    struct.pack_into("<H", data, data.rfind(b"PK\x05\x06") + 10, count)
    return bytes(data)


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
@pytest.mark.parametrize(
    ("pack", "name"),
    [(gzip.compress, "f.gz"), (lambda data: zip_bytes({"data": data}), "f.zip")],
    ids=["gzip", "zip"],
)
def test_reading_and_preview_unpack(content, pack, name, tmp_path):
    (tmp_path / name).write_bytes(pack(content))

    assert columns_of(read_bytes(pack(content), name)) == COLUMNS
    assert columns_of(read_table(tmp_path / name)) == COLUMNS
    assert columns_of(preview(pack(content), name=name)) == COLUMNS


def test_detection_names_packing_and_member():
    found = detect(zip_bytes({"reviews.csv": CSV}), "f.zip")

    assert (found.format, found.compression, found.member) == ("csv", "zip", "reviews.csv")


def test_detection_reads_only_the_beginning_of_a_packed_text():
    found = detect(gzip.compress(CSV * 300_000), "f.csv.gz")

    assert (found.format, found.compression, found.member) == ("csv", "gzip", "f.csv")


def test_reading_leaves_out_what_macos_adds():
    data = zip_bytes({"f.csv": CSV, "__MACOSX/._f.csv": b"x", ".DS_Store": b"y"})

    assert columns_of(read_bytes(data, "f.zip")) == COLUMNS


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (zip_bytes({}), "expected exactly one data file in it, found none. Unpack it"),
        (zip_bytes({"a.csv": CSV, "b.csv": CSV}), "found 2 files. Unpack it and choose one file"),
        (zip_bytes({"folder/a.csv": CSV}), "holds its file in a folder (folder/a.csv)"),
        (zip_bytes({"../../x.csv": CSV}), "holds its file in a folder (../../x.csv)"),
        (zip_bytes({"..\\x.csv": CSV}), "holds its file in a folder"),
        (zip_bytes({"C:x.csv": CSV}), "holds its file in a folder (C:x.csv)"),
        (zip_bytes({"/etc/x.csv": CSV}), "holds its file in a folder"),
        (encrypted(), "is encrypted. Unpack it with its password"),
        (many_members(60_000), "is a zip archive of 60,000 files or more"),
        (zip_bytes({"in.zip": zip_bytes({"f.csv": CSV})}), "holds another archive"),
        (zip_bytes({"in.gz": gzip.compress(CSV)}), "holds another archive"),
        (gzip.compress(gzip.compress(CSV)), "holds another archive"),
        (gzip.compress(CSV)[:-9], "is a damaged gzip archive"),
        (gzip.compress(CSV)[:12] + b"\xff" * 20, "is a damaged gzip archive"),
        (zip_bytes({"f.csv": CSV * 50})[:60], "is a damaged zip archive"),
        (zip_bytes({"f.csv": CSV}, zipfile.ZIP_STORED).replace(b"a,x", b"a,z"), "is a damaged zip"),
        (gzip.compress(b"a,x\n" * 3_000_000), "unpacks to more than 1 MiB, 100 times its size"),
        (zip_bytes({"f.csv": b"a,x\n" * 3_000_000}), "unpacks to more than 1 MiB"),
    ],
    ids=["no member", "two members", "folder", "path up", "backslash", "drive", "absolute",
         "encrypted", "many", "zip in zip", "gzip in zip", "gzip in gzip", "cut gzip", "noise",
         "cut zip", "wrong checksum", "gzip bomb", "zip bomb"],
)  # fmt: skip
def test_reading_refuses_an_archive(data, message):
    with pytest.raises(DatasetFormatError, match=re.escape(message)):
        read_bytes(data, "f.packed")


def test_unpacking_stops_at_the_absolute_limit(monkeypatch):
    monkeypatch.setattr(archives, "MAX_UNPACKED_BYTES", 1_000)

    with pytest.raises(DatasetFormatError, match="unpacks to more than 0 MiB"):
        read_bytes(gzip.compress(CSV * 100), "f.gz")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (zip_bytes({"f.csv": CSV}), "f.csv is a zip archive, not CSV. Give it a name that ends"),
        (gzip.compress(CSV), "f.csv is a gzip archive, not CSV"),
        (
            CONTENTS["Excel"],
            "f.csv is an Excel workbook, not CSV. Give it a name that ends in .xlsx",
        ),
    ],
    ids=["zip", "gzip", "Excel"],
)
def test_reading_refuses_a_packed_file_that_is_named_like_text(data, message):
    with pytest.raises(DatasetFormatError, match=re.escape(message)):
        read_bytes(data, "f.csv")
