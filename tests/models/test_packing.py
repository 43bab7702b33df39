"""Tests of packing: logits and gradients of sequences in one row equal those of each one alone."""

import copy
import itertools

import pytest
import torch
import transformers
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional
from transformers import AutoModelForSequenceClassification

from textcls_core.models.packed_attention import pack, runs_of_equal_length
from textcls_core.models.packing import PROVEN, Readout, first_position, packed_logits, packed_means

SIZES = {
    "vocab_size": 200,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
    "num_labels": 3,
    "initializer_range": 0.3,  # so large that texts get very different logits
}
AFTER_PAD = {**SIZES, "max_position_embeddings": 66, "pad_token_id": 1}
DISTILBERT = {"vocab_size": 200, "dim": 32, "n_layers": 3, "n_heads": 2, "hidden_dim": 64} | {
    name: SIZES[name] for name in ("max_position_embeddings", "num_labels", "initializer_range")
}
MODERNBERT = {
    **SIZES,
    **{"pad_token_id": 0, "bos_token_id": 1, "cls_token_id": 1},
    **{"eos_token_id": 2, "sep_token_id": 2},
    "local_attention": 8,  # each token sees four neighbours on either side
    "global_attn_every_n_layers": 3,
}
CONFIGS = {
    "bert": ("BertConfig", SIZES),
    "roberta": ("RobertaConfig", AFTER_PAD),
    "xlm-roberta": ("XLMRobertaConfig", AFTER_PAD),
    "camembert": ("CamembertConfig", AFTER_PAD),
    "electra": ("ElectraConfig", {**SIZES, "embedding_size": 16}),
    "distilbert": ("DistilBertConfig", DISTILBERT),
    "albert": ("AlbertConfig", {**SIZES, "embedding_size": 16}),
    "ernie": ("ErnieConfig", SIZES),
    "modernbert": ("ModernBertConfig", {**MODERNBERT, "classifier_pooling": "cls"}),
    "modernbert-mean": ("ModernBertConfig", {**MODERNBERT, "classifier_pooling": "mean"}),
}
LENGTHS = [
    (7, 7, 30, 12),
    (1, 1, 2, 40),
    (1,),
    (64,),
    (64, 9, 64, 64, 33),  # more tokens in all than the model has positions
    (5,) * 20,
]


@pytest.fixture(scope="module", params=CONFIGS)
def model(request):
    """A random model of each family in evaluation mode, not to be changed."""
    name, settings = CONFIGS[request.param]
    torch.manual_seed(0)
    config = getattr(transformers, name)(**settings)
    return AutoModelForSequenceClassification.from_config(config).eval()


@pytest.fixture(scope="module", params=["head", "mean"])
def pooling(request):
    return request.param


@pytest.fixture
def packable(model, pooling):
    """A copy of the model with its readout."""
    twin = copy.deepcopy(model)
    return twin, Readout(twin, pooling)


def random_ids(lengths):
    return [torch.randint(5, 200, (length,)) for length in lengths]


def packed_of(model, sequences):
    return pack(sequences, first_position(model.config), "cpu")


def head_of(model, vectors):
    """Return what each architecture's own head makes of one vector per sequence."""
    body, family = model.base_model, model.config.model_type
    if family in {"bert", "ernie"}:
        return model.classifier(body.pooler(vectors[:, None]))
    if family == "albert":
        return model.classifier(body.pooler_activation(body.pooler(vectors)))
    if family == "distilbert":
        return model.classifier(functional.relu(model.pre_classifier(vectors)))
    if family == "modernbert":
        return model.classifier(model.head(vectors))
    return model.classifier(vectors[:, None])


def logits_alone(model, sequences, pooling):
    """Return the logits of each sequence in a call of its own, without any of our code."""
    if pooling == "head":
        return torch.cat([model(input_ids=ids[None]).logits for ids in sequences])
    means = [model.base_model(input_ids=ids[None]).last_hidden_state.mean(1) for ids in sequences]
    return head_of(model, torch.cat(means))


def padded(model, sequences):
    """Return padded ids and their mask."""
    ids = torch.nn.utils.rnn.pad_sequence(
        sequences, batch_first=True, padding_value=model.config.pad_token_id
    )
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    return {"input_ids": ids, "attention_mask": (torch.arange(ids.shape[1]) < lengths[:, None]) + 0}


def test_all_proven_families_are_tested():
    assert {name.removesuffix("-mean") for name in CONFIGS} == PROVEN


@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_packed_logits_equal_those_of_each_sequence_alone(model, packable, pooling, lengths):
    sequences = random_ids(lengths)
    twin, readout = packable

    with torch.no_grad():
        expected = logits_alone(model, sequences, pooling)
        logits = packed_logits(twin, readout, packed_of(model, sequences))

    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=0)


def test_packed_logits_equal_padded_ones(packable):
    sequences = random_ids((7, 7, 30, 1, 12))
    twin, readout = packable
    batch = padded(twin, sequences)

    with torch.no_grad(), readout.averaging(batch["attention_mask"]):
        expected = twin(**batch).logits
    with torch.no_grad():
        logits = packed_logits(twin, readout, packed_of(twin, sequences))

    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=0)
    assert logits.std(0).max() > 0.1


def test_padded_logits_with_a_readout_equal_those_of_each_sequence_alone(model, packable, pooling):
    sequences = random_ids((7, 30, 1, 12))
    twin, readout = packable
    batch = padded(twin, sequences)

    with torch.no_grad(), readout.averaging(batch["attention_mask"]):
        logits = twin(**batch).logits

    with torch.no_grad():
        expected = logits_alone(model, sequences, pooling)
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=0)


def test_packed_gradients_equal_padded_ones(packable):
    sequences, targets = random_ids((7, 7, 30, 1, 12)), torch.tensor([0, 1, 2, 0, 1])
    twin, readout = packable
    batch = padded(twin, sequences)

    with readout.averaging(batch["attention_mask"]):
        functional.cross_entropy(twin(**batch).logits, targets).backward()
    expected = {name: weight.grad for name, weight in twin.named_parameters()}
    twin.zero_grad(set_to_none=True)
    logits = packed_logits(twin, readout, packed_of(twin, sequences))
    functional.cross_entropy(logits, targets).backward()

    gradients = {name: weight.grad for name, weight in twin.named_parameters()}
    largest = max(float(gradient.abs().max()) for gradient in expected.values())
    torch.testing.assert_close(gradients, expected, atol=1e-5 * largest, rtol=1e-4)
    assert largest > 0.01


def test_packed_logits_do_not_depend_on_the_neighbours(packable):
    before, text, after = random_ids((9, 14, 5))
    twin, readout = packable

    with torch.no_grad():
        logits = packed_logits(twin, readout, packed_of(twin, [before, text, after]))
        other = packed_logits(twin, readout, packed_of(twin, [*random_ids((9,)), text, after]))

    torch.testing.assert_close(other[1:], logits[1:], atol=1e-6, rtol=0)
    assert not other[0].equal(logits[0])


def test_packing_leaves_the_model_as_it_was(model, packable):
    [ids] = random_ids((11,))
    twin, readout = packable
    implementation = twin.config._attn_implementation

    with torch.no_grad():
        packed_logits(twin, readout, packed_of(twin, random_ids((3, 8))))
        logits = twin(input_ids=ids[None]).logits

    assert twin.config._attn_implementation == implementation
    torch.testing.assert_close(logits, model(input_ids=ids[None]).logits, atol=0, rtol=0)


def test_failed_packing_leaves_the_model_as_it_was(model, packable):
    [ids] = random_ids((11,))
    twin, readout = packable

    def fail(**_):
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        packed_logits(twin, readout, packed_of(twin, [ids]), forward=fail)

    assert twin.config._attn_implementation == model.config._attn_implementation
    with torch.no_grad():
        torch.testing.assert_close(
            twin(input_ids=ids[None]).logits, model(input_ids=ids[None]).logits, atol=0, rtol=0
        )


def test_packed_means_are_those_of_the_last_hidden_layer(model):
    sequences = random_ids((7, 7, 30, 1))

    with torch.no_grad():
        means = packed_means(model, packed_of(model, sequences))
        hidden = [model.base_model(input_ids=ids[None]).last_hidden_state for ids in sequences]

    expected = torch.cat([layer.mean(1) for layer in hidden])
    torch.testing.assert_close(means, expected, atol=1e-5, rtol=0)


# Parts


@pytest.fixture
def bert():
    torch.manual_seed(0)
    config = transformers.BertConfig(
        **SIZES, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.5
    )
    return AutoModelForSequenceClassification.from_config(config)


def test_attention_dropout_works_in_training_only(bert):
    readout, batch = Readout(bert, "head"), pack(random_ids((7, 7, 30)), 0, "cpu")

    trained = [packed_logits(bert.train(), readout, batch) for _ in range(2)]
    evaluated = [packed_logits(bert.eval(), readout, batch) for _ in range(2)]

    assert not trained[0].equal(trained[1])
    assert evaluated[0].equal(evaluated[1])


def test_last_layer_computes_first_tokens_only(bert):
    readout, widths = Readout(bert, "head"), []
    for layer in bert.bert.encoder.layer:
        layer.intermediate.register_forward_pre_hook(
            lambda _module, arguments: widths.append(arguments[0].shape[1])
        )

    packed_logits(bert, readout, pack(random_ids((7, 7, 30)), 0, "cpu"))

    assert widths == [44, 44, 3]


def test_packed_logits_call_the_forward_that_is_given(bert):
    readout, batch = Readout(bert, "head"), pack(random_ids((4, 5)), 0, "cpu")
    calls = []

    def wrapper(**inputs):
        calls.append(sorted(inputs))
        return bert(**inputs)

    packed_logits(bert, readout, batch, forward=wrapper)

    assert calls == [["input_ids", "packed", "position_ids"]]


def test_readout_refuses_a_model_whose_layers_end_elsewhere():
    config = transformers.GPT2Config(vocab_size=50, n_embd=16, n_layer=1, n_head=1, num_labels=2)
    model = AutoModelForSequenceClassification.from_config(config)

    with pytest.raises(LookupError, match="the layers of gpt2 have an unknown end"):
        Readout(model, "mean")


def test_pack_puts_sequences_behind_one_another():
    batch = pack([torch.tensor([5, 6, 7]), torch.tensor([8]), torch.tensor([9, 10])], 2, "cpu")

    assert batch.input_ids.tolist() == [[5, 6, 7, 8, 9, 10]]
    assert batch.position_ids.tolist() == [[2, 3, 4, 2, 2, 3]]
    assert batch.lengths == (3, 1, 2)
    assert batch.boundaries.tolist() == [0, 3, 4, 6]
    assert batch.boundaries.dtype == torch.int32
    assert batch.first_tokens.tolist() == [0, 3, 4]


@given(st.lists(st.integers(1, 4), max_size=30).map(tuple))
def test_runs_of_equal_length_are_the_lengths_in_short(lengths):
    runs = runs_of_equal_length(lengths)

    assert tuple(length for count, length in runs for _ in range(count)) == lengths
    assert all(one[1] != other[1] for one, other in itertools.pairwise(runs))
