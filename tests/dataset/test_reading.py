import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.data_bad import (
    BOM,
    GOOD_RECORD,
    HOSTILE_TEXTS,
    wide_csv,
)
from tests.data_real import (
    SCRIPTS,
    banking77,
    banking77_stand_in,
    sib200,
    sib200_stand_in,
    sms_spam,
    sms_spam_stand_in,
)
from tests.tables import columns_of, read_bytes
from textcls_core.dataset.reading import preview, read_table
from textcls_core.dataset.reading_options import ReadingOptions
from textcls_core.errors import DatasetFormatError

TWO_ROWS = {"text": ["a", "b"], "label": ["x", "y"]}
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=30)


def quoted(cell: str) -> str:
    escaped = cell.replace('"', '""')
    return f'"{escaped}"'


def csv_of(cells) -> bytes:
    """Return a CSV file with a header and two quoted cells per row."""
    lines = ["the text,the label", *(f"{quoted(a)},{quoted(b)}" for a, b in cells)]
    return "\n".join(lines).encode()


# Separators, line breaks, marks


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
def test_reading_finds_the_separator(delimiter):
    data = f"text{delimiter}label\na{delimiter}x\nb{delimiter}y\n".encode()

    assert columns_of(read_bytes(data, "f.csv")) == TWO_ROWS


@pytest.mark.parametrize(
    "data",
    [
        b"text,label\na,x\nb,y\n",
        b"text,label\r\na,x\r\nb,y\r\n",
        b"text,label\ra,x\rb,y\r",
        b"text,label\r\na,x\rb,y\n",
        b"text,label\na,x\nb,y",
        b"\n\n\ntext,label\n\na,x\n , \nb,y\n\n",
        b"\n" * 100 + b"text,label\na,x\nb,y\n",
        BOM + b"text,label\na,x\nb,y\n",
        BOM + b'"text","label"\n"a","x"\n"b","y"\n',
        b"text,label,\na,x,\nb,y,\n",
        b"text,label\na,x,\nb,y,,\n",
        b" text ,label\na,x\nb,y\n",
    ],
    ids=["LF", "CRLF", "CR", "mixed", "no end", "blank lines", "100 blank lines", "mark",
         "mark and quotes", "trailing comma", "trailing comma in rows", "spaces in the header"],
)  # fmt: skip
def test_reading_accepts_csv_with(data):
    assert columns_of(read_bytes(data, "f.csv")) == TWO_ROWS


@pytest.mark.parametrize("line_break", [b"\n", b"\r\n", b"\r", b"\n\n"])
def test_reading_accepts_json_lines_with_any_line_break(line_break):
    records = [b'{"text": "a", "label": "x"}', b'{"label": "y", "text": "b"}']

    assert columns_of(read_bytes(line_break.join(records), "f.jsonl")) == TWO_ROWS


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("text", ["text,label\na,x\nb,y\n", '{"text":"a","label":"x"}\n'])
def test_reading_keeps_a_mark_out_of_the_first_column_name(encoding, text):
    table = read_bytes(text.encode(encoding), "f")

    assert list(columns_of(table)) == ["text", "label"]


@pytest.mark.parametrize("name", ["f.csv", "f.tsv", "f.jsonl", "f.txt", "f"])
def test_reading_goes_by_content_not_by_name(name):
    assert columns_of(read_bytes(GOOD_RECORD, name)) == {"text": ["a"], "label": ["x"]}


def test_reading_uses_the_encoding_of_the_options():
    data = "text,label\ncaf\u00e9,x\n".encode("cp1252")

    table = read_bytes(data, "f.csv", ReadingOptions(encoding="cp1252"))

    assert columns_of(table)["text"] == ["caf\u00e9"]


@pytest.mark.parametrize("text", HOSTILE_TEXTS)
def test_reading_keeps_hostile_text_in_csv_as_it_is(text):
    table = read_bytes(csv_of([(text, "x"), ("b", text)]), "f.csv")

    assert columns_of(table) == {"the text": [text, "b"], "the label": ["x", text]}


@settings(max_examples=60)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8))
def test_reading_returns_every_quoted_cell_unchanged(cells):
    kept = [pair for pair in cells if "".join(pair).strip()]

    table = read_bytes(csv_of([*cells, ("last", "row")]), "f.csv", ReadingOptions(has_header=True))

    assert list(zip(*columns_of(table).values(), strict=True)) == [*kept, ("last", "row")]


def test_reading_keeps_labels_that_look_like_numbers_or_nothing():
    data = b"text,label\na,01\nb,1\nc,1.0\nd,NA\ne,null\nf, x \ng,True\n"

    table = read_bytes(data, "f.csv")

    assert columns_of(table)["label"] == ["01", "1", "1.0", "NA", "null", " x ", "True"]


def test_reading_keeps_line_breaks_inside_quotes():
    table = read_bytes(b'text,label\n"a\r\nb",x\nc,y\n', "f.csv")

    assert columns_of(table)["text"] == ["a\nb", "c"]


def test_reading_says_on_which_line_each_row_starts():
    table = read_bytes(b'\ntext,label\n"a\nb",x\n\nc,y\n', "f.csv")

    assert table.line_numbers.to_pylist() == [3, 6]


# Quotes in tab-separated files


@pytest.mark.parametrize("message", ['"Hello', 'Hello"', '"Hello" she said', 'a "b" c', '"'])
def test_reading_takes_quotes_in_messages_literally(message):
    data = f"ham\t{message}\nham\tOk\nspam\tBye\n".encode()

    table = read_bytes(data, "f")

    assert columns_of(table)["column_2"] == [message, "Ok", "Bye"]


def test_reading_unquotes_a_tsv_that_quotes_its_cells():
    data = b'label\ttext\nham\t"a ""b""\nc"\nspam\t"d"\n'

    table = read_bytes(data, "f.tsv")

    assert columns_of(table)["text"] == ['a "b"\nc', "d"]


# Headers


def test_reading_makes_up_names_without_a_header():
    table = read_bytes(b"ham\tHi\nspam\tCall\nham\tOk\n", "f")

    assert (list(columns_of(table)), table.has_header) == (["column_1", "column_2"], False)


@pytest.mark.parametrize(("has_header", "num_rows"), [(True, 2), (False, 3)])
def test_reading_does_what_the_options_say_about_the_header(has_header, num_rows):
    options = ReadingOptions(has_header=has_header)

    table = read_bytes(b"ham,Hi\nspam,Call\nham,Ok\n", "f.csv", options)

    assert (table.num_rows, table.has_header) == (num_rows, has_header)


def test_reading_names_a_blank_column():
    table = read_bytes(b",text,label\n0,a,x\n1,b,y\n", "f.csv")

    assert list(columns_of(table)) == ["column_1", "text", "label"]


@pytest.mark.parametrize("name", ["<img src=x>", "**b**", "a\nb", "\u202eb", "caf\u00e9"])
def test_reading_keeps_hostile_column_names(name):
    table = read_bytes(f"{quoted(name)},label\na,x\nb,y\n".encode(), "f.csv")

    assert list(columns_of(table)) == [name, "label"]


def test_reading_cleans_column_names():
    table = read_bytes(b"te\0xt,label\na,x\nb,y\n", "f.csv")

    assert list(columns_of(table)) == ["text", "label"]


def test_reading_takes_a_thousand_columns():
    assert len(columns_of(read_bytes(wide_csv(1_000), "f.csv"))) == 1_000


def test_reading_refuses_200_001_columns():
    data = wide_csv(200_001)

    with pytest.raises(DatasetFormatError, match="has 200,001 columns; at most 1,000 are read"):
        read_bytes(data, "f.csv")


def test_reading_refuses_json_lines_with_too_many_keys():
    record = ", ".join(f'"k{i}": 1' for i in range(1_001))

    with pytest.raises(DatasetFormatError, match=r"f has 1,001 columns; .* Check the separator"):
        read_bytes(f"{{{record}}}\n".encode(), "f")


# JSON values


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ('"01"', "01"),
        ("1", "1"),
        ("1.5", "1.5"),
        ("12345678901234567890", "12345678901234567890"),
        ("true", "true"),
        ("null", None),
        ('""', ""),
        ('"NA"', "NA"),
        ('"null"', "null"),
    ],
)
def test_reading_writes_json_values_as_csv_would(value, cell):
    table = read_bytes(f'{{"text": "a", "label": {value}}}\n'.encode(), "f.jsonl")

    assert columns_of(table)["label"] == [cell]


def test_reading_leaves_absent_keys_empty():
    data = b'{"text": "a"}\n{"label": "y"}\n{"text": "c", "label": "z"}\n'

    table = read_bytes(data, "f.jsonl")

    assert columns_of(table) == {"text": ["a", None, "c"], "label": [None, "y", "z"]}


def test_reading_does_not_take_a_template_for_json():
    data = b"{name} is here,x\n{name} is gone,y\nno name,x\n"

    table = read_bytes(data, "f.csv")

    assert columns_of(table)["column_1"] == ["{name} is here", "{name} is gone", "no name"]


# Files


def test_read_file_reads_what_read_bytes_reads(tmp_path):
    file = tmp_path / "f.csv"
    file.write_bytes(b"text,label\na,x\nb,y\n")

    assert columns_of(read_table(file)) == TWO_ROWS


# Public data sets


@pytest.mark.parametrize("get", [sms_spam, sms_spam_stand_in])
def test_reading_keeps_every_line_of_sms_spam(tmp_path, get):
    table = read_table(get(tmp_path))

    assert (table.num_rows, set(columns_of(table)["column_1"])) == (5_574, {"ham", "spam"})


@pytest.mark.parametrize("get", [banking77, banking77_stand_in])
def test_reading_keeps_every_row_of_banking77(tmp_path, get):
    train, test = map(read_table, get(tmp_path))

    assert (train.num_rows, test.num_rows) == (10_003, 3_080)
    assert len(set(columns_of(train)["category"])) == 77


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("get", [sib200, sib200_stand_in])
def test_reading_keeps_every_row_of_sib200(tmp_path, script, get):
    table = read_table(get(tmp_path, script))

    assert (table.num_rows, list(columns_of(table))) == (701, ["index_id", "category", "text"])


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-16-le"])
def test_preview_of_a_short_file_reads_the_encoding_that_was_chosen(encoding):
    data = ("text,label\n" + "Stra\u00dfe,x\nWeg,y\n" * 3).encode(encoding)

    table = preview(data, ReadingOptions(encoding=encoding), "f.csv", num_rows=1)

    assert table.values("text") == ["Stra\u00dfe"]
