"""Mistakes that are mended when the rest of the text is read."""

import pytest

from tests.mistakes.causes.cases import WordModel, by_text, make_case, make_run
from textcls_core.errors import ModelError
from textcls_core.jobs.progress import ignore
from textcls_core.mistakes.causes import reading
from textcls_core.mistakes.causes.case import Case
from textcls_core.mistakes.causes.reading import cut_off, truncated

TRAIN = [("a", "ham", "train"), ("b", "spam", "train")]
MODEL = WordModel({"lamp": 0, "gift": 1}, 2, length=4)
HEAD = "we had one gift"


def look(workspace, texts, confidence=0.95, cut=None):
    rows = [*TRAIN, *((text, "ham", "test") for text in texts)]
    case = make_case(workspace, rows, dict.fromkeys(texts, (1 - confidence, confidence)))
    return case, truncated(
        case, dict.fromkeys(range(len(texts)), 20) if cut is None else cut, MODEL, ignore
    )


def test_text_that_becomes_right_when_read_whole_is_truncated(workspace):
    case, found = look(workspace, [f"{HEAD} and then a lamp and a lamp"])

    assert list(by_text(case, found.evidence).values()) == [
        'Read on, the text gets "ham" (95.3 %); the first 16 tokens got "spam".'
    ]


def test_rest_read_alone_counts_if_it_is_surer_than_the_mistake(workspace):
    text = "we gift gift gift lamp and a lamp"

    case, found = look(workspace, [text], confidence=0.6)

    assert by_text(case, found.evidence)[text] == (
        'Read alone, the part that was cut off gets "ham" (99.8 %), more than the 60.0 % of the '
        "wrong answer."
    )


def test_rest_that_is_less_sure_than_the_mistake_does_not_count(workspace):
    _, found = look(workspace, ["we gift gift gift lamp and a lamp"], confidence=0.999)

    assert found.evidence == {}


def test_rest_without_evidence_is_no_cause(workspace):
    _, found = look(workspace, [f"{HEAD} and then nothing about it"])

    assert found.evidence == {}


def test_only_truncated_mistakes_are_read(workspace, monkeypatch):
    monkeypatch.setattr(reading, "MAX_MISTAKES", 1)
    texts = [f"{HEAD} and then a lamp and a lamp {n}" for n in range(3)]

    _, found = look(workspace, texts, cut={0: 20, 2: 20})

    assert len(found.evidence) == 1
    assert found.coverage.sentence == (
        "Truncated: looked for in 1 of 2 mistakes. Those with the largest loss."
    )


def test_text_that_is_not_read_to_its_end_is_said(workspace):
    _, found = look(workspace, [f"{HEAD} and then a lamp and a lamp"], cut={0: 5_000})

    assert found.coverage.sentence == "Truncated: Of 1 text the first 2,048 tokens were read."


def test_cut_off_are_the_texts_longer_than_the_run_reads(workspace, toy_dataset, tiny_model_dir):
    texts = toy_dataset.texts(toy_dataset.indices("test"))
    wrong = {text: [0.05, 0.05, 0.9] for text in texts}
    run = make_run(workspace, toy_dataset, wrong, max_length=8)
    run.model_dir.symlink_to(tiny_model_dir)
    case = Case.open(workspace, run, "test")

    cut = cut_off(case)

    assert {case.texts[place] for place in cut} == {
        text for text in case.texts if len(text.split()) > 6
    }
    assert cut


def test_cut_off_without_a_tokenizer_says_so(workspace):
    case = make_case(workspace, [*TRAIN, ("x", "ham", "test")], {"x": [0.1, 0.9]})

    with pytest.raises(ModelError, match=r"has no tokenizer\.json"):
        cut_off(case)
