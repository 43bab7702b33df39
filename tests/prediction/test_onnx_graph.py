"""Tests of ONNX graphs: every family, any batch and length, and what is refused."""

import numpy as np
import pytest
import transformers

from tests.conftest import save_seeded
from textcls_core.errors import ModelError
from textcls_core.models.classifier import Classifier, Design
from textcls_core.prediction.onnx_facts import INPUTS, OUTPUT
from textcls_core.prediction.onnx_graph import check_graph, write_graph

onnxruntime = pytest.importorskip("onnxruntime", reason="it is in requirements-onnx.txt")

LABELS = ("animals", "food", "weather")
SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 130,
    "initializer_range": 0.1,
}
"""One layer, because the time that tracing takes grows with their number."""
DEBERTA = {**SIZES, "relative_attention": True, "pos_att_type": ["c2p", "p2c"]}
MODERN = {**SIZES, "num_hidden_layers": 2, "local_attention": 8, "global_attn_every_n_layers": 2}
GPT2 = {"n_embd": 32, "n_layer": 1, "n_head": 2, "n_positions": 128, "initializer_range": 0.1}
FAMILIES = {
    "roberta": ("Roberta", SIZES, "roberta"),
    "gpt2": ("GPT2", GPT2, "gpt2"),
    "deberta-v2": ("DebertaV2", DEBERTA, "bert"),
    "modernbert": ("ModernBert", MODERN, "bert"),
}
"""Name in transformers, sizes, and whose tokenizer it shares. BERT and DistilBERT are below."""
TEXTS = ["the old cat", "snow", "this storm came in the morning and we all looked at it"]


def build(family, tiny_models, folder):
    """Save a random model of a family; return its folder."""
    name, sizes, tokenizer_of = FAMILIES[family]
    tokenizer = transformers.AutoTokenizer.from_pretrained(tiny_models[tokenizer_of])
    pad = tokenizer.eos_token_id if tokenizer.pad_token_id is None else tokenizer.pad_token_id
    config = getattr(transformers, f"{name}Config")(
        vocab_size=len(tokenizer), pad_token_id=pad, **sizes
    )
    save_seeded(getattr(transformers, f"{name}Model"), config, tokenizer, folder)
    return folder


def classifier_of(folder, **design):
    return Classifier.from_pretrained(folder, LABELS, max_length=64, design=Design(**design))


def write(classifier, folder):
    """Write the graph of a saved copy, as an export does; return the file."""
    classifier.save(folder / "model")
    write_graph(Classifier.load(folder / "model", attention="eager"), folder / "model.onnx")
    return folder / "model.onnx"


def read(file, classifier, texts):
    """Return the logits of texts in one padded batch, tokenised without the product's own code."""
    words = classifier.tokenizer(texts, padding=True, return_tensors="np")
    session = onnxruntime.InferenceSession(file)
    return session.run([OUTPUT], {name: words[name] for name in INPUTS})[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_graph_of_a_family_gives_the_logits_of_each_text_alone(tiny_models, tmp_path, family):
    classifier = classifier_of(build(family, tiny_models, tmp_path / "body"))

    file = write(classifier, tmp_path)

    alone = np.concatenate([classifier.predict_logits([text]) for text in TEXTS])
    np.testing.assert_allclose(read(file, classifier, TEXTS), alone, atol=1e-5)
    np.testing.assert_allclose(read(file, classifier, TEXTS[:1]), alone[:1], atol=1e-5)
    assert np.ptp(alone, axis=0).max() > 0.01


@pytest.fixture(scope="module")
def classifier(tiny_model_dir):
    """A BERT whose head reads the mean over all tokens."""
    return classifier_of(tiny_model_dir, pooling="mean")


@pytest.fixture(scope="module")
def file(classifier, tmp_path_factory):
    """The graph of `classifier`."""
    return write(classifier, tmp_path_factory.mktemp("graph"))


def test_graph_averages_the_tokens_that_are_not_padding(classifier, file, tiny_model_dir):
    alone = np.concatenate([classifier.predict_logits([text]) for text in TEXTS])
    head = classifier_of(tiny_model_dir).predict_logits(TEXTS)

    np.testing.assert_allclose(read(file, classifier, TEXTS), alone, atol=1e-5)
    assert np.abs(alone - head).max() > 0.01


def test_graph_has_named_axes_of_any_size(file):
    session = onnxruntime.InferenceSession(file)

    shapes = {one.name: one.shape for one in (*session.get_inputs(), *session.get_outputs())}

    assert shapes == {
        "input_ids": ["batch", "length"],
        "attention_mask": ["batch", "length"],
        "logits": ["batch", len(LABELS)],
    }


def test_graph_names_no_file_of_this_machine(file):
    content = file.read_bytes()

    assert b".py" not in content
    assert b"site-packages" not in content


def test_check_says_what_was_compared(classifier, file):
    check = check_graph(classifier, file, TEXTS)

    assert (check.num_texts, check.num_own_texts) == (6, 3)
    assert check.longest == 64
    assert 0 < check.largest_difference < check.allowed_difference
    assert check.allowed_difference >= 1e-4


def test_check_of_other_weights_is_refused(tiny_model_dir, file):
    other = Classifier.from_pretrained(tiny_model_dir, LABELS, max_length=64, seed=1)

    with pytest.raises(ModelError, match=r"other logits than the app: they differ by \d.*kept"):
        check_graph(other, file, TEXTS)


def test_check_refuses_what_is_not_a_number(tiny_model_dir, file):
    broken = classifier_of(tiny_model_dir)
    broken.model.classifier.bias.data.fill_(float("nan"))

    with pytest.raises(ModelError, match="they differ by nan"):
        check_graph(broken, file, TEXTS)


def test_graph_of_a_model_that_looks_at_its_numbers_is_refused(
    tiny_model_dir, tmp_path, monkeypatch
):
    def looks(self, inputs):
        return self.model(**inputs, labels=None if inputs["input_ids"].sum() > 5 else 1)

    monkeypatch.setattr(Classifier, "output", looks)

    with pytest.raises(ModelError, match=r"A bert model cannot be written as ONNX: .*\. Use the"):
        write_graph(classifier_of(tiny_model_dir), tmp_path / "model.onnx")
