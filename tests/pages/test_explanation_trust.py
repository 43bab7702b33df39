"""Tests of the Trust view: it offers to measure, and then says which method to believe."""

from pages._app import job_view
from tests.pages.conftest import chart, shown
from textcls_core.explanation.methods import JUDGED
from textcls_core.explanation.trust_job import (
    ENTRY,
    sample_rows,
    text_arguments,
    trust_arguments,
    trust_file,
)
from textcls_core.explanation.trust_report import Judgement, TrustReport


def arguments_of(run):
    row_ids = sample_rows(run.predictions("test").row_ids)
    return trust_arguments(run.model_dir, run.decision_key, run.config.dataset_fingerprint, row_ids)


def save_report(workspace, run, arguments=None, num_texts=20):
    judgements = tuple(
        Judgement(
            method=method,
            comprehensiveness=0.6 - 0.1 * place,
            sufficiency=0.1,
            score=0.5 - 0.1 * place,
            taken_out=(0.2, 0.8),
            kept=(0.3, 0.1),
            interval=(0.45 - 0.1 * place, 0.55 - 0.1 * place) if num_texts > 1 else None,
            beats_random=0.9,
            like_untrained=None,
        )
        for place, method in enumerate(JUDGED)
    )
    agreement = ((1.0,) * len(JUDGED),) * len(JUDGED)
    report = TrustReport(
        num_texts=num_texts,
        shares=(0.01, 0.5),
        random_score=0.01,
        judgements=judgements,
        agreement=agreement,
    )
    report.save(trust_file(workspace, arguments or arguments_of(run)))


def test_trust_offers_to_measure(open_page, runnable_run):
    app = open_page("explanation", panel="Trust")

    assert not app.exception
    assert "10 methods are compared on 20 texts of the test rows" in " ".join(shown(app.markdown))
    assert [button.label for button in app.button if button.label == "Measure"] == ["Measure"]


def test_trust_starts_the_job_of_this_sample(open_page, runnable_run, monkeypatch):
    started = []
    monkeypatch.setattr(job_view, "start_job", lambda *given, **_: started.append(given[1:]))
    app = open_page("explanation", panel="Trust")

    next(button for button in app.button if button.label == "Measure").click().run()

    assert started == [(ENTRY, arguments_of(runnable_run))]


def test_trust_measures_the_split_and_the_number_of_rows_that_are_chosen(
    open_page, runnable_run, monkeypatch
):
    started = []
    monkeypatch.setattr(job_view, "start_job", lambda *given, **_: started.append(given[1:]))
    app = open_page("explanation", panel="Trust", split="train", trust_texts="50")
    assert "10 methods are compared on 50 texts of the train rows" in " ".join(shown(app.markdown))

    next(button for button in app.button if button.label == "Measure").click().run()

    row_ids = sample_rows(runnable_run.predictions("train").row_ids, 50)
    assert len(row_ids) == 50
    assert started == [(ENTRY, arguments_of(runnable_run) | {"row_ids": row_ids})]


def test_trust_says_which_method_to_believe(open_page, runnable_run, workspace):
    save_report(workspace, runnable_run)

    app = open_page("explanation", panel="Trust")

    assert not app.exception
    assert shown(app.subheader)[0].startswith("Believe Integrated gradients first here")
    assert chart(app, 0)["data"][0]["x"][0] == 0.5
    table = app.dataframe[0].value
    assert table["method"].tolist()[0] == "Integrated gradients"
    assert len(table) == len(JUDGED)
    assert table["95 % interval"].tolist()[0] == "0.450 to 0.550"
    total = len(runnable_run.predictions("test").row_ids)
    said = f"Measured on 20 texts of 20 test rows, a random sample of {total}. Every method"
    assert said in " ".join(shown(app.caption))


def of_text(run, text):
    return text_arguments(run.model_dir, run.decision_key, text)


def test_trust_offers_to_judge_the_text(open_page, runnable_run, monkeypatch):
    started = []
    monkeypatch.setattr(job_view, "start_job", lambda *given, **_: started.append(given[1:]))
    app = open_page("explanation", panel="Trust")

    app.text_area[0].set_value("the old cat was here").run()
    next(button for button in app.button if button.label.startswith("Judge")).click().run()

    assert started == [(ENTRY, of_text(runnable_run, "the old cat was here"))]


def test_trust_shows_the_text_beside_the_sample(open_page, runnable_run, workspace):
    app = open_page("explanation", panel="Trust")
    save_report(workspace, runnable_run)
    save_report(workspace, runnable_run, of_text(runnable_run, app.text_area[0].value), 1)

    app.run()

    assert not app.exception
    table = app.dataframe[2].value
    assert table["score"].tolist() == table["on the sample"].tolist()
    assert table["without 50 %"].tolist() == [0.8] * len(JUDGED)
    assert "On this text Integrated gradients names the words" in " ".join(shown(app.markdown))


def test_trust_without_a_text_asks_for_one(open_page, runnable_run):
    app = open_page("explanation", panel="Trust")

    app.text_area[0].set_value(" ").run()

    assert "Type or paste a text to judge the methods on." in shown(app.caption)
