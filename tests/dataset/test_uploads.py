import os
import time

import pyarrow as pa
import pyarrow.parquet as pq

from textcls_core.dataset.uploads import keep_table, keep_upload


def test_an_upload_is_kept_under_a_name_made_of_its_content(workspace):
    first, again = keep_upload(workspace, b"text"), keep_upload(workspace, b"text")

    assert first == again
    assert first.read_bytes() == b"text"
    assert first.parent == workspace.cache_dir / "uploads"
    assert first.name.isalnum()


def test_other_content_has_another_name(workspace):
    assert keep_upload(workspace, b"a") != keep_upload(workspace, b"b")


def test_old_uploads_are_removed(workspace):
    old = keep_upload(workspace, b"old")
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(old, (two_days_ago, two_days_ago))

    new = keep_upload(workspace, b"new")

    assert [file.name for file in new.parent.iterdir()] == [new.name]


def test_a_table_is_kept_as_parquet(workspace):
    table = pa.table({"text": ["a", None], "labels": [["x"], []]})

    assert pq.read_table(keep_table(workspace, table)).equals(table)
