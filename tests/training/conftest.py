"""What several tests of training share."""

import pytest

from tests.fake_workers import FakeWorkers, quality
from textcls_core.training import search


@pytest.fixture
def workers(monkeypatch, minilm_dir):
    """Fake workers instead of real ones; they work while the coordinator sleeps."""
    fake = FakeWorkers(quality)
    # Leave out the checksum of the embedded model, half a second per run.
    monkeypatch.setattr("textcls_core.models.catalogue._embedded_folder", lambda: minilm_dir)
    monkeypatch.setattr("textcls_core.training.launch._start_worker", fake.start)
    monkeypatch.setattr("textcls_core.runs.run.is_locked", fake.is_alive)
    monkeypatch.setattr(search.time, "sleep", fake.work)
    return fake
