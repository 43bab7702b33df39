"""Tests of what an import says about rows it could not take as they are."""

from tests.dataset.test_importing import from_csv, message_of


def test_import_leaves_out_and_lists_rows_without_text():
    imported = from_csv(b"text,label\na,x\n,y\n  ,x\nb,y\n")

    (finding,) = [f for f in imported.findings if f.kind == "missing_text"]
    assert finding.message == "2 rows of f.csv with no text left out."
    assert finding.examples == ("line 3", "line 4")
    assert imported.dataset.texts() == ["a", "b"]


def test_import_leaves_out_and_lists_rows_without_label():
    imported = from_csv(b"text,label\na,x\nb,\nc\nd,y\n")

    (finding,) = [f for f in imported.findings if f.kind == "missing_label"]
    assert finding.message == "2 rows of f.csv with no label left out."
    assert finding.examples == ("line 3", "line 4")
    assert imported.dataset.texts() == ["a", "d"]


def test_import_counts_short_rows():
    imported = from_csv(b"text,label,source\na,x,web\nb,y\n")

    assert message_of(imported, "short_rows") == (
        "1 row of f.csv with fewer cells than columns; the missing ones are empty."
    )


def test_import_counts_repaired_cells():
    imported = from_csv(b"text,label\na\0,x\nb,y\n")

    assert message_of(imported, "repaired_text") == (
        "1 cell of f.csv with NUL or broken characters: the first were removed, "
        "the others replaced by U+FFFD."
    )


def test_import_lists_rows_that_could_not_be_read():
    imported = from_csv(b"text,label\na,x\nb,y,z\nc,y\n", skip_bad_rows=True)

    (finding,) = [f for f in imported.findings if f.kind == "bad_rows"]
    assert finding.message == "1 row of f.csv could not be read; left out."
    assert finding.examples == ("line 3: 3 cells where 2 were expected",)


def test_import_says_that_there_was_no_header():
    imported = from_csv(b"ham,Hi there\nspam,Call now\nham,Ok then\nspam,Win big\n")

    assert message_of(imported, "no_header") == (
        "f.csv has no header line; its columns were named column_1, column_2."
    )
