"""Uploaded files on disk while somebody decides what to make of them."""

import hashlib
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from textcls_core.files import temporary_sibling
from textcls_core.workspace import Workspace

_KEPT_SECONDS = 24 * 3600.0


def keep_upload(workspace: Workspace, data: bytes) -> Path:
    """Return a file with these bytes; uploads of the day before are removed.

    Its name is made of the content, never of the name that the browser sent.
    """
    folder = workspace.cache_dir / "uploads"
    file = folder / hashlib.sha256(data).hexdigest()[:32]
    with temporary_sibling(file) as temporary:
        temporary.write_bytes(data)
        temporary.replace(file)
    _remove_old(folder)
    return file


def keep_table(workspace: Workspace, table: pa.Table) -> Path:
    """Return a Parquet file with a table that was downloaded."""
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return keep_upload(workspace, sink.getvalue().to_pybytes())


def _remove_old(folder: Path) -> None:
    oldest = time.time() - _KEPT_SECONDS
    for file in folder.iterdir():
        if file.stat().st_mtime < oldest:
            file.unlink(missing_ok=True)
