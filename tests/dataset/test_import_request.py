"""Tests of what is imported and how, as plain values."""

import os

import pytest

from tests.data_files import parquet_bytes, save_classes
from textcls_core.dataset.import_request import LARGE_BYTES, ImportFile, ImportRequest, read_request
from textcls_core.dataset.importing import ImportPlan, import_tables
from textcls_core.dataset.reading import read_table
from textcls_core.dataset.reading_options import ReadingOptions
from textcls_core.errors import DatasetFormatError
from textcls_core.jobs.progress import JobCancelledError

GOOD = "text,label\n" + "".join(f"text number {n},{'ab'[n % 2]}\n" for n in range(40))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "upload"
    path.write_text(GOOD)
    return path


def request_for(*paths) -> ImportRequest:
    names = ("reviews.csv", "more.csv")
    files = [ImportFile.of(path, name) for path, name in zip(paths, names, strict=False)]
    return ImportRequest(files=tuple(files))


def test_request_gives_what_importing_its_tables_gives(file, tmp_path):
    other = tmp_path / "other"
    other.write_text("text,label\nnew one,a\nnew two,b\n")

    imported = read_request(request_for(file, other))

    expected = import_tables(read_table(file, None, "reviews.csv"), read_table(other))
    assert imported.dataset.fingerprint == expected.dataset.fingerprint
    assert imported.dataset.table["split"].to_pylist()[-2:] == ["test", "test"]


def test_request_survives_json(file):
    request = request_for(file)

    again = ImportRequest.model_validate_json(request.model_dump_json())

    assert again == request
    assert again.request_id == request.request_id


@pytest.mark.parametrize(
    "change",
    [
        {"plan": ImportPlan(fixes=("drop_duplicates",))},
        {"options": ReadingOptions(encoding="cp1252")},
        {"files": ()},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_request_has_another_id(file, change):
    request = request_for(file)

    assert request.model_copy(update=change).request_id != request.request_id


def test_reason_names_all_files(file):
    assert request_for(file, file).reason == "imported from reviews.csv and more.csv"


def test_file_that_changed_is_refused(file):
    request = request_for(file)
    file.write_text(GOOD + "one more,a\n")

    with pytest.raises(DatasetFormatError, match=r"reviews\.csv changed after it was chosen"):
        read_request(request)


def test_file_that_is_gone_is_refused(file):
    request = request_for(file)
    file.unlink()

    with pytest.raises(DatasetFormatError, match=r"reviews\.csv is gone\. Choose the file again"):
        read_request(request)


def test_reading_hears_that_it_is_cancelled(file):
    def cancel(_done, _total, message):
        if message == "Making splits":
            raise JobCancelledError

    with pytest.raises(JobCancelledError):
        read_request(request_for(file), cancel)


def test_reading_tells_rows_or_megabytes(file, tmp_path):
    table = tmp_path / "table"
    table.write_bytes(parquet_bytes({"text": ["one", "two"], "label": ["a", "b"]}))
    told = []

    for path in (file, table):
        read_request(request_for(path), lambda *amount: told.append(amount))

    assert (0, 0, "Reading megabytes") in told
    assert (0, 2, "Reading rows") in told
    assert [amount for amount in told if amount[1] == 5][:5] == [
        (0, 5, "Reading texts and labels"),
        (1, 5, "Putting right what was chosen"),
        (2, 5, "Making splits"),
        (3, 5, "Looking for faults"),
        (4, 5, "Putting the rows together"),
    ]


def grown(path, size):
    os.truncate(path, size)
    return path


def test_large_files_are_those_from_twenty_megabytes_on(file):
    assert not request_for(file).is_large
    assert not request_for(grown(file, LARGE_BYTES - 1)).is_large
    assert request_for(grown(file, LARGE_BYTES)).is_large


def test_two_files_are_large_together(file, tmp_path):
    half = grown(file, LARGE_BYTES // 2)
    other = tmp_path / "other"
    other.write_bytes(half.read_bytes())

    assert not request_for(half).is_large
    assert request_for(half, other).is_large


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\x1f\x8b\x08\x00", b"PAR1"])
def test_packed_files_count_four_times(tmp_path, start):
    path = tmp_path / "packed"
    path.write_bytes(start)

    assert request_for(grown(path, LARGE_BYTES // 4)).is_large
    assert not request_for(grown(path, LARGE_BYTES // 4 - 1)).is_large


def test_folder_is_as_large_as_its_files(tmp_path):
    folder = save_classes(tmp_path / "mails", {"spam": {"1.txt": b"buy"}, "ham": {"2.txt": b"hi"}})

    assert ImportFile.of(folder, "mails").size_bytes == 5
