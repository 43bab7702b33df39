"""Predict: new texts through a finished run."""

from typing import TYPE_CHECKING

import streamlit as st

from pages._app import controls, frame, state
from pages._app.kept_rule import note_kept_rule
from pages._app.prediction_onnx import show_onnx
from pages._app.text import badge_label, label, show_text
from textcls_core.charts.prediction import probabilities_chart
from textcls_core.dataset.text_dataset import Task
from textcls_core.evaluation.rule_words import rule_in_words
from textcls_core.runs.run import Run
from textcls_core.wording import plural

if TYPE_CHECKING:
    from textcls_core.prediction.predict import TextPrediction

frame.require()

ONE, MANY = "One text", "One text per line"
MAX_CHARACTERS = 200_000


def show_one(prediction: "TextPrediction") -> None:
    """Show the answer for one text, and all probabilities as bars."""
    with st.container(border=True):
        with st.container(horizontal=True):
            for name in prediction.labels:
                st.badge(badge_label(name), color="blue")
            if not prediction.labels:
                st.badge("no answer" if prediction.abstained else "no label", color="gray")
        st.plotly_chart(
            probabilities_chart(prediction.probabilities),
            config=controls.NO_TOOLBAR,
            alt=prediction.answer,
        )
        if prediction.prediction_set is not None:
            names = ", ".join(label(name) for name in prediction.prediction_set)
            st.caption(f"Prediction set: {names or 'empty, no class fits well enough'}")


def show_many(predictions: list["TextPrediction"], task: Task) -> None:
    """Show a table of texts with their answers."""
    st.caption(plural(len(predictions), "text"))
    if task == "multi_label":
        answers = [{"labels": item.answer, "text": item.text} for item in predictions]
        controls.shares_table(answers, (), "Predicted labels with their probabilities")
        return
    controls.shares_table(
        [item.to_row() for item in predictions], ("confidence",), "Predicted classes"
    )


def show_run(run: Run) -> None:
    """Show the form and the answer of a run."""
    note_kept_rule(run, "A decision rule is kept in this model, and answers follow it.")
    mode = st.segmented_control("Input", [ONE, MANY], default=ONE, key="prediction.mode")
    with st.form("prediction.form"):
        text = st.text_area("Text", height=170, max_chars=MAX_CHARACTERS, key="prediction.text")
        asked = st.form_submit_button("Predict", type="primary")
    if not asked:
        return
    classifier = state.predicting_classifier(run)
    from textcls_core.prediction.predict import predict_texts, split_list  # brings torch along

    texts = split_list(text) if mode == MANY else [text]
    predictions = predict_texts(classifier, texts)
    task = classifier.design.task
    if mode == MANY:
        show_many(predictions, task)
    else:
        show_one(predictions[0])
    st.caption(rule_in_words(classifier.decision.rule, task))


def show_commands(run: Run) -> None:
    """Show how to ask the same from a terminal and from Python."""
    with st.expander("The same from a terminal or from Python"):
        st.code(
            f'python -m textcls_core predict {run.run_id} --text "…" --json',
            language=None,
            wrap_lines=True,
        )
        if run.config.pooling == "mean":
            show_text("The model averages all tokens: it opens only here and as ONNX, see below.")
        else:
            _show_pipeline(run)


def _show_pipeline(run: Run) -> None:
    """Show how transformers opens the model, and what they do not know of it."""
    show_text("The model is a plain Hugging Face folder:")
    snippet = f'pipeline("text-classification", model="{run.model_dir}", truncation=True)'
    st.code(snippet, language=None, wrap_lines=True)
    if run.decision.temperature != 1:
        show_text(
            f"It does not know the temperature {run.decision.temperature:.4g} kept with the "
            "model: its probabilities are those of the model as trained."
        )


with controls.header("Predict", "What a finished run says about texts it has never seen."):
    chosen = controls.choose_run()
if chosen is None:
    controls.no_finished_run("type or paste texts and see the probability of every class")
else:
    show_run(chosen)
    show_commands(chosen)
    show_onnx(chosen)
