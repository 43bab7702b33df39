import pytest

from tests.data_files import sheet_xml, workbook_bytes, zip_bytes
from tests.tables import columns_of, read_bytes
from textcls_core.dataset.formats import excel
from textcls_core.dataset.reading import detect, preview, read_table
from textcls_core.dataset.reading_options import ReadingOptions
from textcls_core.errors import DatasetFormatError

ROWS = [["text", "label"], ["a", "x"], ["b", "y"]]


def test_reading_returns_the_rows_of_a_sheet():
    table = read_bytes(workbook_bytes({"Data": ROWS}), "f.xlsx")

    assert columns_of(table) == {"text": ["a", "b"], "label": ["x", "y"]}
    assert (table.place(0), table.has_header, table.notes) == ("row 2", True, ())


def test_reading_writes_cells_as_csv_would():
    rows = [["text", "n"], ["a", 1.0], ["b", 2.5], ["c", True], ["d", None]]

    table = read_bytes(workbook_bytes({"Data": rows}), "f.xlsx")

    assert columns_of(table)["n"] == ["1", "2.5", "true", ""]


def test_reading_skips_blank_rows_and_keeps_the_numbers_of_the_others():
    rows = [[], ["text", "label"], ["a", "x"], [], ["b", "y"]]

    table = read_bytes(workbook_bytes({"Data": rows}), "f.xlsx")

    assert table.line_numbers.to_pylist() == [3, 5]


def test_reading_takes_the_first_sheet_with_cells():
    table = read_bytes(workbook_bytes({"Empty": [], "Data": ROWS}), "f.xlsx")

    assert columns_of(table)["text"] == ["a", "b"]


def test_reading_takes_the_sheet_of_the_options():
    data = workbook_bytes({"One": ROWS, "Two": [["text", "label"], ["c", "z"]]})

    table = read_bytes(data, "f.xlsx", ReadingOptions(sheet="Two"))

    assert columns_of(table) == {"text": ["c"], "label": ["z"]}


def test_reading_refuses_a_sheet_that_does_not_exist():
    with pytest.raises(
        DatasetFormatError, match=r'Sheet "Two" is missing in f\.xlsx\. Known: "One'
    ):
        read_bytes(workbook_bytes({"One": ROWS}), "f.xlsx", ReadingOptions(sheet="Two"))


def test_reading_refuses_a_workbook_without_cells():
    with pytest.raises(DatasetFormatError, match=r"f\.xlsx has no rows"):
        read_bytes(workbook_bytes({"One": []}), "f.xlsx")


def test_detection_names_the_sheets():
    found = detect(workbook_bytes({"One": ROWS, "Two": []}), "f.xlsx")

    assert (found.format, found.sheets, found.encoding) == ("excel", ("One", "Two"), None)


def test_preview_returns_the_first_rows_of_a_sheet():
    rows = [["text", "label"], *([f"text {n}", "x"] for n in range(100))]

    table = preview(workbook_bytes({"Data": rows}), name="f.xlsx", num_rows=3)

    assert columns_of(table)["text"] == ["text 0", "text 1", "text 2"]


def test_reading_a_workbook_from_disk_gives_its_rows(tmp_path):
    (tmp_path / "f.xlsx").write_bytes(workbook_bytes({"Data": ROWS}))

    assert columns_of(read_table(tmp_path / "f.xlsx"))["label"] == ["x", "y"]


def test_reading_refuses_cells_at_the_far_corner_of_a_sheet():
    far = sheet_xml(ROWS).replace('r="B3"', 'r="ALL1048576"')
    data = zip_bytes({"xl/workbook.xml": b"<workbook/>", "xl/worksheets/s.xml": far.encode()})

    with pytest.raises(
        DatasetFormatError,
        match=r"A sheet of f\.xlsx spans 1,048,576 rows and 1,000 columns; at most 20,000,000",
    ):
        read_bytes(data, "f.xlsx")


def test_reading_refuses_more_columns_than_can_be_kept():
    wide = sheet_xml(ROWS).replace('r="B3"', 'r="ALM3"')
    data = zip_bytes({"xl/workbook.xml": b"<workbook/>", "xl/worksheets/s.xml": wide.encode()})

    with pytest.raises(DatasetFormatError, match=r"f\.xlsx has 1,001 columns; at most 1,000"):
        read_bytes(data, "f.xlsx")


def test_reading_refuses_a_workbook_that_unpacks_to_far_too_much():
    data = zip_bytes({"xl/workbook.xml": b"", "xl/sharedStrings.xml": b" " * 3_000_000})

    with pytest.raises(DatasetFormatError, match=r"f\.xlsx unpacks to more than 1 MiB"):
        read_bytes(data, "f.xlsx")


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml"])
def test_reading_refuses_a_workbook_with_a_broken_part(part):
    parts = {"xl/workbook.xml": b"<workbook", "xl/worksheets/sheet1.xml": b"<worksheet", part: b"<"}

    with pytest.raises(DatasetFormatError, match=r"f\.xlsx (is a damaged Excel|has no rows)"):
        read_bytes(zip_bytes(parts), "f.xlsx")


def test_a_panic_of_the_reader_is_a_message(monkeypatch):
    panic = type("PanicException", (BaseException,), {})

    def fail(_file):
        raise panic("index out of bounds")

    monkeypatch.setattr(excel.CalamineWorkbook, "from_filelike", fail, raising=True)

    with pytest.raises(DatasetFormatError, match="damaged Excel workbook"):
        read_bytes(workbook_bytes({"Data": ROWS}), "f.xlsx")
