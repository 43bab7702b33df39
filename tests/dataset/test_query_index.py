"""Tests of the index that queries stand on."""

import pytest

from textcls_core.dataset.query import RowTable
from textcls_core.dataset.row_filter import RowFilter
from textcls_core.dataset.row_index import is_indexed, run_job
from textcls_core.dataset.store import DatasetStore
from textcls_core.errors import DatasetFormatError


def test_index_of_damaged_rows_is_a_message(workspace, toy_dataset):
    store = DatasetStore(workspace.datasets_dir)
    info = store.find("toy")
    store.path(info).write_bytes(b"PAR1")

    with pytest.raises(DatasetFormatError, match='The rows of data set "toy"'):
        is_indexed(workspace, info)


def test_index_is_made_once_and_shared(workspace, toy_dataset):
    info = DatasetStore(workspace.datasets_dir).find("toy")

    assert is_indexed(workspace, info)
    first, second = (RowTable.open(workspace, info) for _ in range(2))

    assert first.counts(RowFilter()) == second.counts(RowFilter())


def test_large_data_set_is_indexed_by_a_job(workspace, toy_dataset, monkeypatch):
    info = DatasetStore(workspace.datasets_dir).find("toy")
    monkeypatch.setattr("textcls_core.dataset.row_index.BUILT_AT_ONCE", 10)
    reports = []

    assert not is_indexed(workspace, info)
    run_job(workspace, {"dataset": info.fingerprint}, lambda *amount: reports.append(amount))

    assert is_indexed(workspace, info)
    assert reports[-1][0] == reports[-1][1] > 0
