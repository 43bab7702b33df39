"""Good files of every format, made in code."""

import io
import json
import zipfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

_NAMESPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
COLUMNS = {"text": ["a", "b"], "label": ["x", "y"]}


def parquet_bytes(table: pa.Table | dict, **options) -> bytes:
    """Return a Parquet file."""
    sink = pa.BufferOutputStream()
    pq.write_table(table if isinstance(table, pa.Table) else pa.table(table), sink, **options)
    return sink.getvalue().to_pybytes()


def arrow_bytes(table: pa.Table | dict, *, is_stream: bool = False) -> bytes:
    """Return an Arrow file, or a stream as Hugging Face writes them."""
    table = table if isinstance(table, pa.Table) else pa.table(table)
    sink = pa.BufferOutputStream()
    make = pa.ipc.new_stream if is_stream else pa.ipc.new_file
    with make(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def zip_bytes(members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return a zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def workbook_bytes(sheets: dict[str, list[list]]) -> bytes:
    """Return an Excel workbook; None leaves a cell out."""
    numbers = range(1, len(sheets) + 1)
    entries = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>'
        for n, name in zip(numbers, sheets, strict=True)
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATIONS}/worksheet" '
        f'Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    root = f'<Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
    parts = {
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}">{root}</Relationships>',
        "xl/workbook.xml": f'<workbook {_NAMESPACE} xmlns:r="{_RELATIONS}">'
        f"<sheets>{entries}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}">'
        f"{relations}</Relationships>",
    }
    for n, rows in zip(numbers, sheets.values(), strict=True):
        parts[f"xl/worksheets/sheet{n}.xml"] = sheet_xml(rows)
    return zip_bytes({name: part.encode() for name, part in parts.items()})


def sheet_xml(rows: list[list]) -> str:
    """Return a sheet with inline strings, numbers and truth values."""
    lines = [
        f'<row r="{number}">'
        + "".join(_cell(f"{chr(65 + c)}{number}", value) for c, value in enumerate(row))
        + "</row>"
        for number, row in enumerate(rows, 1)
    ]
    return f"<worksheet {_NAMESPACE}><sheetData>{''.join(lines)}</sheetData></worksheet>"


def _cell(place: str, value) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return f'<c r="{place}" t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | float):
        return f'<c r="{place}"><v>{value}</v></c>'
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>'


def save_huggingface(folder: Path, table: pa.Table, features: dict | None = None) -> Path:
    """Write a data set as `save_to_disk` does, in two files."""
    folder.mkdir(parents=True)
    names = ["data-00000-of-00002.arrow", "data-00001-of-00002.arrow"]
    half = table.num_rows // 2
    for name, part in zip(names, [table[:half], table[half:]], strict=True):
        (folder / name).write_bytes(arrow_bytes(part, is_stream=True))
    state = {"_data_files": [{"filename": name} for name in names], "_split": None}
    (folder / "state.json").write_text(json.dumps(state))
    (folder / "dataset_info.json").write_text(json.dumps({"features": features or {}}))
    return folder


def save_classes(folder: Path, texts: dict[str, dict[str, bytes]]) -> Path:
    """Write one folder per class with one file per text."""
    for label, files in texts.items():
        (folder / label).mkdir(parents=True)
        for name, data in files.items():
            (folder / label / name).write_bytes(data)
    return folder
