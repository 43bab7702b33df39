"""Texts whose words the tokenizer does not know."""

import pytest

from tests.mistakes.causes.cases import by_text, dataset_of, make_run
from textcls_core.errors import ModelError
from textcls_core.jobs.progress import ignore
from textcls_core.mistakes.causes.case import Case
from textcls_core.mistakes.causes.pieces import unknown_tokens

STRANGE = "the cat was here qqqqqq € old"
PLAIN = "the dog was here"


def look(workspace, model_dir, texts, train=("the cat was here", "a small dog")):
    rows = [(text, "ham", "train") for text in train] + [("snow and rain", "spam", "train")]
    rows += [(text, "ham", "test") for text in texts]
    run = make_run(workspace, dataset_of(rows), dict.fromkeys(texts, (0.1, 0.9)))
    if model_dir is not None:
        run.model_dir.symlink_to(model_dir)
    case = Case.open(workspace, run, "test")
    return by_text(case, unknown_tokens(case, ignore).evidence)


def test_unknown_and_broken_words_are_named(workspace, tiny_model_dir):
    found = look(workspace, tiny_model_dir, [STRANGE, PLAIN])

    assert found == {
        STRANGE: "2 of its 7 words are unknown to the tokenizer or in 4 pieces or more: "
        '"qqqqqq" and "€". That is 28.6 %; in 99 % of the training rows it is 0.0 % '
        "or less."
    }


def test_what_training_rows_have_too_is_no_cause(workspace, tiny_model_dir):
    train = ("qqqqqq xyzzyx €€€ abcdefg", "the cat was here")

    assert look(workspace, tiny_model_dir, [STRANGE], train) == {}


def test_one_broken_word_is_not_enough(workspace, tiny_model_dir):
    assert look(workspace, tiny_model_dir, ["the cat qqqqqq"]) == {}


def test_tokenizer_of_bytes_breaks_words_it_was_not_trained_on(workspace, tiny_models):
    train = ("the old", "was here", "the morning")
    texts = ["the qwxyz here jkvbz", "the morning"]

    assert list(look(workspace, tiny_models["gpt2"], texts, train)) == texts[:1]


def test_run_without_a_tokenizer_says_so(workspace):
    with pytest.raises(ModelError, match=r"has no tokenizer\.json"):
        look(workspace, None, [STRANGE])
