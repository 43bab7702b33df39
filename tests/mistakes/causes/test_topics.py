"""Texts whose parts are given different classes."""

from tests.mistakes.causes.cases import WordModel, by_text, make_case, make_run
from textcls_core.errors import ModelError
from textcls_core.jobs.progress import ignore
from textcls_core.mistakes.causes import topics
from textcls_core.mistakes.causes.case import Case
from textcls_core.mistakes.causes.topics import ambiguous, cut_into_parts

TRAIN = [("a", "ham", "train"), ("b", "spam", "train")]
MODEL = WordModel({"lamp": 0, "gift": 1}, 2, length=100)
REST = " or not as it may be here and there again now"


def look(workspace, texts, load=lambda: MODEL):
    rows = [*TRAIN, *((text, "ham", "test") for text in texts)]
    case = make_case(workspace, rows, dict.fromkeys(texts, (0.01, 0.99)))
    return case, ambiguous(case, load, ignore)


def part(word: str) -> str:
    return " ".join([word, word, "is", "what", *REST.split()])


def test_text_about_both_classes_is_ambiguous(workspace):
    case, found = look(
        workspace, [f"{part('lamp')} {part('gift')}", f"{part('gift')} {part('gift')}"]
    )

    assert list(by_text(case, found.evidence).values()) == [
        'Of 2 parts of the text one is given "ham" (99.8 %) and one "spam" (99.8 %).'
    ]


def test_short_text_has_no_parts():
    assert cut_into_parts("a few words only " * 5) == []


def test_parts_together_are_the_text():
    text = " ".join(f"word{n}" for n in range(70))

    parts = cut_into_parts(text)

    assert len(parts) == 4
    assert " ".join(parts) == text


def test_model_that_is_missing_is_said_and_the_spread_still_counts(workspace):
    def load():
        raise ModelError("The model is gone.")

    rows = [("a", "ham", "train"), ("b", "spam", "train"), ("c", "news", "train")]
    rows += [("x", "ham", "test"), ("y", "spam", "test")]
    case = make_case(workspace, rows, {"x": [0.3, 0.4, 0.3]})

    found = ambiguous(case, load, ignore)

    assert list(by_text(case, found.evidence)) == ["x"]
    assert found.coverage.sentence == (
        "Ambiguous: Parts of texts were not read. The model is gone."
    )


def test_cap_is_said(workspace, monkeypatch):
    monkeypatch.setattr(topics, "MAX_MISTAKES", 1)

    _, found = look(workspace, [f"{part('lamp')} {part('gift')} {n}" for n in range(3)])

    assert len(found.evidence) == 1
    assert found.coverage.sentence == (
        "Ambiguous: Parts of texts were read in 1 mistake only, the largest loss first."
    )


def test_several_labels_per_text_are_left_out_and_said(workspace, topics_dataset):
    texts = topics_dataset.texts(topics_dataset.indices("test"))[:1]
    run = make_run(workspace, topics_dataset, {texts[0]: [0.5, 0.4, 0.5]})
    case = Case.open(workspace, run, "test")

    found = ambiguous(case, lambda: MODEL, ignore)

    assert found.evidence == {}
    assert found.coverage.sentence.startswith("Ambiguous: not looked for. A text may have several")
