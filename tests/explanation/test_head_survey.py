"""Tests of heads over many texts: spread, words, movement, and the jobs that keep them."""

import numpy as np
import pytest

from tests.explanation.test_head_statistics import explanation
from textcls_core.errors import InvalidArgumentError, ModelError
from textcls_core.explanation import head_survey
from textcls_core.explanation.attention import attention_of, load_explainable
from textcls_core.explanation.head_job import (
    MOVED_ENTRY,
    SURVEY_ENTRY,
    ensure_moved,
    ensure_survey,
    head_file,
    moved_arguments,
    run_moved,
    run_survey,
    survey_arguments,
)
from textcls_core.explanation.head_report import HeadReport, MovedReport, Spread
from textcls_core.explanation.head_statistics import head_statistics
from textcls_core.explanation.head_survey import (
    head_movement,
    load_base,
    measure_moved,
    survey_heads,
)
from textcls_core.explanation.head_titles import STATISTICS, TITLES
from textcls_core.explanation.head_words import MIN_COUNT, WordTotals, word_kinds
from textcls_core.explanation.words import read_text

TEXTS = {"a": "the old cat was here.", "b": "This small dog, the old horse", "c": "12 cows!"}
ROWS = np.full((4, 4), 0.25)


@pytest.fixture(scope="module")
def bert(saved):
    return load_explainable(saved["bert"])


@pytest.fixture(scope="module")
def report(bert):
    return survey_heads(bert, TEXTS)


def test_survey_is_the_mean_and_spread_over_texts(bert, report):
    alone = [head_statistics(attention_of(bert, read_text(bert, text))) for text in TEXTS.values()]

    for name in STATISTICS:
        values = np.stack([getattr(each, name) for each in alone])
        spread = report.statistics[name]
        np.testing.assert_allclose(spread.means, values.mean(0), atol=1e-6)
        np.testing.assert_allclose(spread.deviation, values.std(0), atol=1e-6)
        first = values[:, 1, 0].argmin() if name == "entropy" else values[:, 1, 0].argmax()
        assert spread.examples[1][0][0] == first


def test_survey_names_its_rows_and_leaves_empty_texts_out(bert):
    found = survey_heads(bert, {**TEXTS, "empty": " \n"})

    assert found.row_ids == ("a", "b", "c")
    assert found.num_texts == 3
    assert found.shape == (2, 2)


def test_survey_of_no_text_is_refused(bert):
    with pytest.raises(InvalidArgumentError, match=r"Expected a text, got none\. Choose a split"):
        survey_heads(bert, {"a": "  "})


def test_survey_tells_how_far_it_is(bert):
    told = []

    survey_heads(bert, TEXTS, progress=lambda done, total, _: told.append((done, total)))

    assert told == [(0, 3), (1, 3), (2, 3), (3, 3)]


def test_spread_by_hand():
    values = np.arange(11.0).reshape(11, 1, 1)

    spread = Spread.of(values)

    assert (spread.mean, spread.low, spread.high) == (((5.0,),), ((1.0,),), ((9.0,),))
    assert spread.examples == (((10, 9, 8),),)
    assert Spread.of(values, least_first=True).examples == (((0, 1, 2),),)


def test_heads_with_least_entropy_come_first(report):
    entropy = [record["Entropy (bits)"] for record in report.records()]

    assert entropy == sorted(entropy)


@pytest.mark.parametrize(
    ("name", "place"), [("1.2", (0, 1)), ("2.2", (1, 1)), ("3.1", None), ("0.1", None),
                        ("", None), ("x", None), ("1.²", None), ("1" * 10_000, None)]
)  # fmt: skip
def test_a_head_is_found_by_its_name(report, name, place):
    assert report.statistics["entropy"].place(name) == place


def test_words_in_two_orders():
    rows = ROWS.copy()
    rows[1] = rows[2] = [0.1, 0.0, 0.5, 0.4]
    totals = WordTotals(1, 1)
    for _ in range(MIN_COUNT):
        totals.add(explanation([[rows]]))
    made = HeadReport(row_ids=(), statistics={}, words=((totals.words(0, 0),),), kinds=())

    assert [word.word for word in made.words_by("share", 0, 0)] == [".", "[SEP]", "[CLS]", "a"]
    assert [word.word for word in made.words_by("times", 0, 0, 2)] == [".", "[SEP]"]


def test_kinds_of_one_head_share_all_attention(report):
    for layer in report.kinds:
        for kinds in layer:
            assert sum(kind.share for kind in kinds) == pytest.approx(1, abs=1e-4)
            assert {kind.kind for kind in kinds} == {"special", "punctuation", "number", "word"}


def test_words_by_hand():
    rows = ROWS.copy()
    rows[1] = rows[2] = [0.0, 0.0, 0.5, 0.5]
    totals = WordTotals(1, 1)
    for _ in range(MIN_COUNT):
        totals.add(explanation([[rows]]))

    words = {word.word: word for word in totals.words(0, 0)}

    assert words["."].model_dump() == {
        "word": ".", "kind": "punctuation", "count": 5, "share": 0.5, "times": 2.0
    }  # fmt: skip
    assert (words["a"].share, words["a"].kind) == (0.0, "word")
    assert words["[SEP]"].share == 0.5


def test_rare_words_are_left_out():
    totals = WordTotals(1, 1)
    for _ in range(MIN_COUNT - 1):
        totals.add(explanation([[ROWS]]))

    assert totals.words(0, 0) == ()


def test_more_words_than_there_was_room_for():
    totals = WordTotals(1, 1)
    names = tuple(f"w{n}" for n in range(600))
    even = np.full((1, 1, 600, 600), 1 / 600)
    for _ in range(MIN_COUNT):
        totals.add(explanation(even, names))

    (kind,) = totals.kinds(0, 0)

    assert (kind.count, kind.share, kind.times) == (600 * MIN_COUNT, 1.0, 1.0)
    assert all(word.times == 1 for word in totals.words(0, 0))


def test_words_are_of_four_kinds():
    found = explanation(np.zeros((1, 1, 6, 6)), ("[CLS]", "Cat", "12", "3-4", "…", "x1"))

    assert word_kinds(found) == ["special", "word", "number", "number", "punctuation", "word"]


def test_a_word_is_the_same_at_the_start_of_a_sentence():
    totals = WordTotals(1, 1)
    for word in ("The", "the", "THE", "tHe", "thE"):
        totals.add(explanation([[ROWS]], ("[CLS]", word, ".", "[SEP]")))

    assert {word.word: word.count for word in totals.words(0, 0)}["the"] == 5


def test_movement_by_hand():
    before, after = ROWS.copy(), ROWS.copy()
    before[1], after[1] = [1, 0, 0, 0], [0, 1, 0, 0]  # nothing in common: 1 bit

    moved = head_movement(explanation([[before]]), explanation([[after]]))

    assert moved == pytest.approx(np.array([[0.5]]))


def test_movement_is_symmetric_and_nothing_without_change(generator):
    one, other = (generator.dirichlet(np.ones(4), size=(2, 3, 4)) for _ in range(2))

    there = head_movement(explanation(one), explanation(other))

    np.testing.assert_allclose(there, head_movement(explanation(other), explanation(one)))
    np.testing.assert_allclose(head_movement(explanation(one), explanation(one)), 0, atol=1e-12)
    assert ((there > 0) & (there < 1)).all()


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "gpt2"])
def test_a_model_that_was_not_trained_has_not_moved(saved, tiny_models, family):
    tuned = load_explainable(saved[family])

    found = measure_moved(tuned, load_base(str(tiny_models[family]), tuned), TEXTS, family)

    np.testing.assert_allclose(found.moved.means, 0, atol=1e-5)


def test_only_the_layer_that_changed_and_those_above_have_moved(bert, saved):
    base = load_explainable(saved["bert"])
    base.model.bert.encoder.layer[1].attention.self.query.weight.data.mul_(-3)

    found = measure_moved(bert, base, TEXTS, "changed")

    assert found.moved.means[0] == pytest.approx([0, 0], abs=1e-6)
    assert (found.moved.means[1] > 0.001).all()
    assert found.verdict.startswith("Layer 2, head ")
    assert found.row_ids == ("a", "b", "c")


def test_a_model_of_another_shape_is_refused(bert, saved):
    with pytest.raises(ModelError, match=r"but other has model_type gpt2 and the run bert\."):
        measure_moved(bert, load_explainable(saved["gpt2"]), TEXTS, "other")


def test_roles_say_what_a_head_mostly_does(report):
    name = {key: [list(row) for row in spread.mean] for key, spread in report.statistics.items()}
    name["on_previous"][0][0], name["on_next"][0][1] = 0.7, 0.39
    for other in ("on_separators", "on_itself", "on_punctuation"):
        name[other][0] = [0.1, 0.1]
    name["on_next"][0][0] = name["on_previous"][0][1] = 0.1
    name["entropy"][0][1] = 3.0
    statistics = {
        key: spread.model_copy(update={"mean": tuple(map(tuple, name[key]))})
        for key, spread in report.statistics.items()
    }

    made = report.model_copy(update={"statistics": statistics})

    assert made.role(0, 0) == "looks at the token before (70 %)"
    assert made.role(0, 1) == "spreads over about 8 tokens"


def test_records_have_a_row_per_head_and_begin_with_most(report):
    records = report.records("on_next")

    assert sorted((record["layer"], record["head"]) for record in records) == [
        (1, 1), (1, 2), (2, 1), (2, 2)
    ]  # fmt: skip
    assert list(records[0]) == ["layer", "head", "mostly", *TITLES.values()]
    shares = [record["On the token after"] for record in records]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] == pytest.approx(100 * report.statistics["on_next"].means.max())


def test_spread_of_a_head_is_written_out(report):
    first = report.spread_records(0, 1)[0]

    spread = report.statistics["entropy"]
    assert first["statistic"] == "Entropy (bits)"
    assert first["mean"] == f"{spread.mean[0][1]:.2f}"
    assert first["8 of 10 texts"] == f"{spread.low[0][1]:.2f} to {spread.high[0][1]:.2f}"


def test_example_rows_begin_with_the_one_that_has_most(bert, report):
    rows = report.example_rows("on_punctuation", 1, 1)

    assert sorted(rows) == ["a", "b", "c"]
    found = {row: attention_of(bert, read_text(bert, text)) for row, text in TEXTS.items()}
    most = max(found, key=lambda row: head_statistics(found[row]).on_punctuation[1, 1])
    assert rows[0] == most


@pytest.fixture
def arguments(workspace, toy_dataset, saved):
    row_ids = toy_dataset.row_ids(toy_dataset.indices("test"))[:2]
    return survey_arguments(saved["bert"], "1", toy_dataset.fingerprint, row_ids)


def test_survey_job_is_done_once(workspace, arguments, monkeypatch):
    run_survey(workspace, arguments, lambda *_: None)
    monkeypatch.delattr(head_survey, "survey_heads")

    assert ensure_survey(workspace, arguments).num_texts == 2
    assert f"{run_survey.__module__}:{run_survey.__name__}" == SURVEY_ENTRY


def test_moved_job_is_done_once(workspace, arguments, tiny_models, monkeypatch):
    given = moved_arguments(*arguments.values(), base=str(tiny_models["bert"]))
    run_moved(workspace, given, lambda *_: None)
    monkeypatch.delattr(head_survey, "measure_moved")

    assert ensure_moved(workspace, given).base == str(tiny_models["bert"])
    assert f"{run_moved.__module__}:{run_moved.__name__}" == MOVED_ENTRY
    assert head_file(workspace, given) != head_file(workspace, arguments)


def test_another_base_model_in_the_same_folder_is_another_comparison(
    workspace, arguments, tmp_path
):
    weights = tmp_path / "model.safetensors"
    files = []
    for content in ("one", "another"):
        weights.write_text(content)
        given = moved_arguments(*arguments.values(), base=str(tmp_path))
        files.append(head_file(workspace, given))

    assert files[0] != files[1]


def test_a_base_model_that_is_gone_is_a_message(workspace, arguments, tmp_path):
    given = moved_arguments(*arguments.values(), base=str(tmp_path / "gone"))

    with pytest.raises(ModelError, match=r"gone is not a model folder: config\.json is missing"):
        ensure_moved(workspace, given)


@pytest.mark.parametrize("kind", [HeadReport, MovedReport])
def test_a_damaged_report_is_made_again(tmp_path, kind):
    file = tmp_path / "report.json"
    file.write_text('{"row_ids": [')

    assert kind.load(file) is None
