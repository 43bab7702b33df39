"""Annotations as files: read back exactly as they were, and refused with the line."""

import csv
import io
import json
import uuid
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import DatasetFormatError, InvalidArgumentError
from textcls_core.mistakes.annotations.annotation import Annotation
from textcls_core.mistakes.annotations.annotation_file import (
    FORMATS,
    export_annotations,
    parse_annotations,
)
from textcls_core.mistakes.annotations.importing import import_annotations
from textcls_core.mistakes.annotations.store import Annotations

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
VISIBLE = TEXTS.filter(str.strip)
FORMULAS = st.sampled_from(
    ["=1+1", "'=1", "''-2", "+", "@a", "\t=", "\r\n", "\uff1d1", "[]", '["a"]']
)
ROW_IDS = st.one_of(VISIBLE, FORMULAS)
TAGS = VISIBLE.map(lambda text: " ".join(text.split())).filter(bool)
ANNOTATIONS = st.builds(
    lambda tags, **fields: Annotation("", tuple(sorted(tags)), **fields),
    tags=st.sets(st.one_of(TAGS, st.sampled_from(["=1", "a;b", "[x"])), max_size=3),
    note=st.one_of(st.just(""), VISIBLE, FORMULAS.filter(str.strip)),
    proposed=st.none() | st.lists(VISIBLE, unique=True, max_size=3).map(tuple),
    is_dropped=st.booleans(),
    is_reviewed=st.booleans(),
).filter(lambda annotation: not annotation.is_empty)
SETS = st.dictionaries(ROW_IDS, ANNOTATIONS, max_size=5)


@pytest.fixture
def store(workspace, topics_dataset) -> DatasetStore:
    store = DatasetStore.open(workspace)
    store.save(topics_dataset, "topics", "made for the tests")
    return store


@pytest.fixture(scope="module")
def shared_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("exchange") / "annotations.sqlite"


def about(said):
    return {row_id: annotation.about(row_id) for row_id, annotation in said.items()}


@pytest.mark.parametrize("file_format", FORMATS)
@settings(max_examples=60)
@given(said=SETS)
@example(said={"=1": Annotation("", (), "a\r\nb\rc\n"), "'=1": Annotation("", (), "\uff1dx")})
def test_file_holds_what_was_said(file_format, said) -> None:
    content = export_annotations(about(said).values(), file_format)

    given_back, ignored = parse_annotations(content, file_format)

    assert ignored == []
    back = {row_id: Annotation(row_id, **fields) for row_id, fields in given_back.items()}
    assert back == about(said)


@pytest.mark.parametrize("file_format", FORMATS)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=SETS, before=SETS)
def test_import_of_an_export_says_the_same_again(
    shared_file, store, workspace, file_format, said, before
) -> None:
    name = f"set {uuid.uuid4().hex}"
    annotations = Annotations(shared_file, name)
    topics = store.load("topics")
    store.save(topics, name, "an alias")

    for content in (before, said):
        exported = export_annotations(about(content).values(), file_format)
        report = import_annotations(annotations, store, exported, file_format)
        assert set(report.unknown_rows) == set(content)

    assert annotations.by_row() == {**about(before), **about(said)}


def test_csv_is_safe_for_spreadsheets() -> None:
    said = [Annotation("=cmd", ("=tag",), "@note\n-1", ("+label",))]

    rows = list(csv.reader(io.StringIO(export_annotations(said, "csv").decode(), newline="")))

    assert rows[1] == ["'=cmd", '["=tag"]', "'@note\n-1", '["+label"]', "false", "false"]


def test_csv_written_by_hand_is_read_too(store, workspace) -> None:
    annotations = Annotations.open(workspace, "topics")
    known = store.load("topics").row_ids()[0]
    annotations.note([known], "stays")

    content = f"row_id;tags\n{known};x".replace(";", ",").encode("utf-8-sig")
    import_annotations(annotations, store, content, "csv")
    content = f"row_id,tags,reviewed,who\n{known},odd; two topics ;,yes,Ann\nnew,,,\n".encode()
    report = import_annotations(annotations, store, content, "csv", author="Ann")

    assert annotations.by_row() == {
        known: Annotation(known, ("odd", "two topics"), "stays", is_reviewed=True)
    }
    assert report.sentences == [
        "2 rows read, 1 changed.",
        "1 row id is not in the newest version (new). What is said about them is kept, and counts "
        "in a version that has them.",
        "Columns left out: who.",
    ]
    assert annotations.batches()[0].author == "Ann"


def test_formulas_in_a_foreign_file_stay_as_they_are() -> None:
    content = b"row_id,note\na,=1+1\nb,'=quoted\n"

    found, _ = parse_annotations(content, "csv")

    assert found == {"a": {"note": "=1+1"}, "b": {"note": "'=quoted"}}


def test_import_is_undone_as_one(store, workspace) -> None:
    annotations = Annotations.open(workspace, "topics")
    annotations.tag(["a"], "mine")
    lines = [json.dumps({"row_id": row, "tags": ["theirs"], "dropped": True}) for row in "ab"]

    report = import_annotations(annotations, store, "\n".join(lines).encode(), "jsonl")

    assert report.num_changed == 2
    assert annotations.undo(report.batch_id)
    assert annotations.by_row() == {"a": Annotation("a", ("mine",))}


def test_import_of_what_is_said_already_changes_nothing(store, workspace) -> None:
    annotations = Annotations.open(workspace, "topics")
    annotations.tag(["a"], "odd")
    stamp = annotations.stamp

    content = export_annotations(annotations.by_row().values(), "csv")
    report = import_annotations(annotations, store, content, "csv")

    assert (report.num_changed, report.batch_id) == (0, None)
    assert annotations.stamp == stamp


def test_labels_that_would_be_new_are_named(store, workspace) -> None:
    annotations = Annotations.open(workspace, "topics")
    line = json.dumps({"row_id": "a", "proposed": ["food", "sports"]}).encode()

    report = import_annotations(annotations, store, line, "jsonl")

    assert report.unknown_labels == ("sports",)
    assert "1 proposed label is not in the newest version (sports)" in report.sentences[-1]
    assert annotations.by_row()["a"].proposed == ("food", "sports")


@pytest.mark.parametrize(
    ("content", "file_format", "message"),
    [
        (b"", "csv", "Expected the columns row_id, tags, .* found an empty file"),
        (b"id,tags\na,b\n", "csv", "which row_id must be there, each once; found id, tags"),
        (b"row_id,note\na\n", "csv", "Line 2: expected 2 cells, got 1"),
        (b'row_id,note\na,"b', "csv", "The file is not CSV: unexpected end of data"),
        (b"row_id,dropped\na,perhaps\n", "csv", "Line 2: Expected true or false in dropped"),
        (b"row_id,tags\na,[1]\n", "csv", r"Line 2: Expected a list of names in tags, got \[1\]"),
        (b"row_id\na\n\na\n", "csv", 'Line 4: row "a" is in the file twice'),
        (b'row_id\n""\n', "csv", "Line 2: Expected a row id of 1 to 200 characters"),
        (b"\xff\xfe", "csv", "Expected a file in UTF-8, found a byte that is none at position 0"),
        (b"{}", "jsonl", 'Line 1: expected a JSON object with "row_id"'),
        (b"\n[", "jsonl", "Line 2 is not JSON"),
        (b'{"row_id": 1}', "jsonl", "Line 1: Expected a text in row_id, got 1"),
        (b'{"row_id": "a", "tags": ["%s"]}' % (b"x" * 61), "jsonl", "Line 1: Expected a tag of 1"),
    ],
)
def test_file_that_holds_no_annotations_is_refused_as_a_whole(
    store, workspace, content, file_format, message
) -> None:
    annotations = Annotations.open(workspace, "topics")

    with pytest.raises(DatasetFormatError, match=message):
        import_annotations(annotations, store, content, file_format)

    assert annotations.batches() == []


def test_proposal_that_does_not_fit_the_data_set_is_refused(workspace) -> None:
    annotations = Annotations.open(workspace, "toy")
    line = json.dumps({"row_id": "a", "proposed": ["food", "animals"]}).encode()

    with pytest.raises(InvalidArgumentError, match=r"exactly one label, .* toy v1 .* got 2 labels"):
        import_annotations(annotations, DatasetStore.open(workspace), line, "jsonl")
