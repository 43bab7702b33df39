import huggingface_hub
import pytest

from tests.data_files import COLUMNS, parquet_bytes
from tests.tables import columns_of
from textcls_core.dataset.formats import hub
from textcls_core.dataset.formats.hub import choose_configuration, group_shards
from textcls_core.dataset.reading import read_hub_table
from textcls_core.errors import DatasetFormatError


@pytest.fixture
def fake_hub(monkeypatch, tmp_path):
    """Give a hub with one data set, that needs no network."""
    files: dict[str | None, list[str]] = {None: [], "refs/convert/parquet": []}
    (tmp_path / "part.parquet").write_bytes(parquet_bytes(COLUMNS))
    monkeypatch.setattr(hub, "why_unreachable", lambda: None)
    monkeypatch.setattr(hub, "_list_files", lambda _name, revision: files[revision])
    monkeypatch.setattr(hub, "_download", lambda *_: tmp_path / "part.parquet")
    return files


def test_reading_joins_the_splits_of_a_data_set(fake_hub):
    fake_hub[None] += ["data/train-00000-of-00001.parquet", "data/test-00000-of-00001.parquet"]

    table = read_hub_table("owner/name")

    assert columns_of(table) == {
        "text": ["a", "b"] * 2,
        "label": ["x", "y"] * 2,
        "split": ["test", "test", "train", "train"],
    }


def test_reading_takes_what_the_hub_converted(fake_hub):
    fake_hub[None] += ["data.csv"]
    fake_hub["refs/convert/parquet"] += ["default/train/0000.parquet"]

    assert read_hub_table("name").num_rows == 2


def test_reading_refuses_a_data_set_without_parquet(fake_hub):
    with pytest.raises(DatasetFormatError, match='"owner/name" has no Parquet files on the hub'):
        read_hub_table("owner/name")


def test_reading_refuses_at_once_without_network(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    with pytest.raises(
        DatasetFormatError,
        match=r'"owner/name" cannot be downloaded: HF_HUB_OFFLINE is set\. Connect to the network',
    ):
        read_hub_table("owner/name")


@pytest.mark.parametrize("name", ["", "a b", "../x", "a/b/c", "http://x/y", "a/..", "x" * 300])
def test_reading_refuses_what_is_no_name(name):
    with pytest.raises(
        DatasetFormatError, match=r"is not a name on the Hugging Face hub\. Expected"
    ):
        read_hub_table(name)


def test_reading_explains_what_the_hub_refuses(monkeypatch):
    def refuse(*_args, **_options):
        raise OSError("401 Client Error.\nmore")

    monkeypatch.setattr(hub, "why_unreachable", lambda: None)
    monkeypatch.setattr(huggingface_hub.HfApi, "list_repo_files", refuse)

    with pytest.raises(
        DatasetFormatError, match=r'"a/b" could not be downloaded: 401 Client Error'
    ):
        read_hub_table("a/b")


def test_shards_are_grouped_by_configuration_and_split():
    paths = ["en/train-00001-of-00002.parquet", "en/train-00000-of-00002.parquet",
             "de/test/0000.parquet", "README.md", "validation.parquet"]  # fmt: skip

    assert group_shards(paths) == {
        "en": {"train": ["en/train-00000-of-00002.parquet", "en/train-00001-of-00002.parquet"]},
        "de": {"test": ["de/test/0000.parquet"]},
        "default": {"validation": ["validation.parquet"]},
    }


def test_one_of_several_configurations_has_to_be_chosen():
    found = {"en": {"train": ["a"]}, "de": {"train": ["b"]}}

    assert choose_configuration(found, "de", "x/y") == {"train": ["b"]}
    with pytest.raises(DatasetFormatError, match=r'Known: "en", "de"\. Choose one: x/y:NAME'):
        choose_configuration(found, None, "x/y")
