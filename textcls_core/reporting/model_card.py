"""The model card of a run: README.md with the metadata that the Hugging Face Hub reads."""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from textcls_core.evaluation.metric_names import METRICS, interval_text, value_text
from textcls_core.models.catalogue import EMBEDDED
from textcls_core.reporting.facts import (
    Facts,
    settings_of,
)
from textcls_core.reporting.markup import cleaned
from textcls_core.reporting.sentences import (
    calibration_sentence,
    headline,
    limits_of,
    rule_sentences,
    slices_sentence,
)
from textcls_core.wording import percent, plural, shorten

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(/[\w.-]{1,96})?")
_EMBEDDED_HUB_NAME = "sentence-transformers/all-MiniLM-L6-v2"
_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~&!@$]|:(?=\S)|(?<=www)\.)", re.IGNORECASE)
"""Signs that mean something in Markdown as the Hub shows it, web addresses among it."""
_TEXT_LENGTH = 160
_CLASSES_SHOWN = 30
_SLICES_SHOWN = 10
_HUB_METRICS = {
    "accuracy": "accuracy",
    "macro_f1": "f1",
    "mcc": "matthews_correlation",
    "micro_f1": "f1",
}
"""Types of the metrics on the Hub."""


def model_card(facts: Facts) -> str:
    """Return the model card as Markdown with YAML front matter."""
    parts = [
        f"---\n{front_matter(facts)}\n---\n",
        f"# {markdown(facts.title)}\n",
        f"{markdown(headline(facts))}\n",
        _use(facts),
        _results(facts),
        _classes(facts),
        _calibration(facts),
        _slices(facts),
        _mistakes(facts),
        _section("Limits", _list(limits_of(facts))),
        _data(facts),
        _training(facts),
    ]
    return "\n".join(part for part in parts if part)


def front_matter(facts: Facts) -> str:
    """Return the metadata as YAML; only what is known, and names that the Hub takes."""
    from huggingface_hub import ModelCardData

    model, name = facts.run.config.model, facts.info.name
    base = _EMBEDDED_HUB_NAME if model == EMBEDDED else _hub_name(model)
    known = [key for key in _HUB_METRICS if key in facts.metrics.values]
    results = [_result(facts, key) for key in known if facts.is_multi_label or key != "micro_f1"]
    data = ModelCardData(
        license="unknown",
        library_name="transformers",
        pipeline_tag="text-classification",
        tags=["text-classification", "textcls-studio"],
        base_model=base or None,
        datasets=[name] if _hub_name(name) else None,
        metrics=list(dict.fromkeys(result.metric_type for result in results)),
        model_name=cleaned(shorten(facts.title, 96)),
        eval_results=results,
    )
    return str(data.to_yaml())


def _result(facts: Facts, name: str) -> "EvalResult":
    from huggingface_hub import EvalResult

    return EvalResult(
        task_type="text-classification",
        task_name="Text classification",
        dataset_type=_hub_name(facts.info.name) or "local",
        dataset_name=cleaned(shorten(facts.info.name, 96)),
        dataset_split=facts.split,
        dataset_revision=facts.info.fingerprint,
        metric_type=_HUB_METRICS[name],
        metric_name=METRICS[name].title,
        metric_value=round(facts.metrics.values[name].value, 6),
    )


def markdown(content: str) -> str:
    r"""Return text that Markdown shows as it is, on one line.

    Example:
        >>> print(markdown("a | [b](c): 97.8 %"))
        a \| \[b\](c): 97.8 %
    """
    return _SPECIAL.sub(r"\\\1", cleaned(" ".join(content.split())))


def _hub_name(name: str) -> str:
    """Return a name if the Hub would take it; nothing else may stand in the front matter."""
    return name if _HUB_NAME.fullmatch(name) and "--" not in name and ".." not in name else ""


def _use(facts: Facts) -> str:
    config, decision = facts.run.config, facts.run.decision
    if config.pooling == "mean":
        return _section(
            "How to use",
            "The head of this model averages all tokens, which transformers does not know: it "
            "opens with TextCLS Studio only, and as an ONNX file that it writes: "
            f"`python -m textcls_core export {facts.run.run_id} --format onnx --output FOLDER`.\n",
        )
    several = ", top_k=None" if facts.is_multi_label else ""
    code = (
        "```python\nfrom transformers import pipeline\n\n"
        f'classify = pipeline("text-classification", model="PATH_OF_THIS_FOLDER"{several})\n'
        'classify("A text to classify")\n```\n'
    )
    note = (
        f"Texts are cut at {config.max_length} tokens.\n"
        if config.long_documents == "truncate"
        else f"Texts were read {config.max_length} tokens at a time ({config.long_documents}); a "
        "pipeline reads the first ones only.\n"
    )
    if decision.temperature != 1.0:
        note += (
            f"\nThe probabilities below are those at temperature {decision.temperature:.3f}. A "
            "pipeline does not know it: divide the logits by it first.\n"
        )
    if facts.rule is not None:
        note += (
            f"\nA decision rule is kept with the model; a pipeline does not know it. "
            f"{markdown(rule_sentences(facts))}\n"
        )
    return _section("How to use", f"{code}\n{note}")


def _results(facts: Facts) -> str:
    rows = [
        (METRICS[name].title, value_text(name, metric.value), interval_text(name, metric.interval))
        for name, metric in facts.metrics.values.items()
    ]
    body = _table(("Figure", "Value", "95 % interval"), rows)
    body += (
        f"\nBootstrap over {plural(facts.metrics.num_groups, 'different text')} of the "
        f"{facts.split} split, {facts.metrics.num_samples:,} samples.\n"
    )
    if not facts.baselines:
        return _section("Results", f"{body}\nNo baseline was measured on these rows.\n")
    known = [
        (one.title, percent(figures.accuracy), percent(figures.macro_f1))
        for one, figures in facts.baselines
    ]
    return _section("Results", f"{body}\n{_table(('Baseline', 'Accuracy', 'Macro-F1'), known)}")


def _classes(facts: Facts) -> str:
    weakest = sorted(facts.figures.per_class, key=lambda one: one.f1)[:_CLASSES_SHOWN]
    rows = [
        (one.label, percent(one.precision), percent(one.recall), percent(one.f1), one.support)
        for one in weakest
    ]
    size = len(facts.figures.per_class)
    note = f"\nThe {_CLASSES_SHOWN} with the lowest F1 of {size}.\n" if size > len(rows) else ""
    return _section("Classes", _table(("Class", "Precision", "Recall", "F1", "Rows"), rows) + note)


def _calibration(facts: Facts) -> str:
    whole = facts.calibration.equal_width
    return _section(
        "Calibration",
        f"{calibration_sentence(facts)} Expected calibration error "
        f"{percent(whole.expected_error)} (equal width, {len(whole.bins)} bins with rows), "
        f"{percent(facts.calibration.equal_mass.expected_error)} (equal mass); chance alone would "
        f"give {percent(whole.chance_error)}.\n",
    )


def _slices(facts: Facts) -> str:
    rows = [
        (
            one.title,
            one.figures.num_rows,
            percent(one.figures.accuracy),
            percent(one.figures.rest_accuracy),
        )
        for one in facts.weak.slices[:_SLICES_SHOWN]
    ]
    body = f"{markdown(slices_sentence(facts))}\n"
    titles = ("Slice", "Rows", "Right", "Right in the rest")
    return _section("Weak slices", f"{body}\n{_table(titles, rows)}" if rows else body)


def _mistakes(facts: Facts) -> str:
    if not facts.mistakes:
        return _section("Worst mistakes", "No row is wrong.\n")
    rows = [(one.true, one.predicted, shorten(one.text, _TEXT_LENGTH)) for one in facts.mistakes]
    return _section("Worst mistakes", _table(("True", "Predicted", "Text (cut)"), rows))


def _data(facts: Facts) -> str:
    info = facts.info
    sizes = ", ".join(f"{split} {count:,}" for split, count in info.split_counts.items())
    return _section(
        "Data",
        _list(
            [
                f"Data set: {info.title}, {info.num_examples:,} rows ({sizes})",
                f"Fingerprint: {info.fingerprint}",
                f"Classes: {len(info.label_names)}; labels per text: "
                + ("any number" if facts.is_multi_label else "exactly one"),
                f"Origin: {shorten(info.reason, 200)}",
            ]
        ),
    )


def _training(facts: Facts) -> str:
    changed, _ = settings_of(facts.run.config)
    environment = facts.run.environment
    packages = ", ".join(f"{n} {v}" for n, v in environment.get("packages", {}).items())
    settings = [(one.name, one.value, one.default) for one in changed]
    facts_of_run = [
        f"Pretrained model: {facts.model}",
        f"Run: {facts.run.run_id}",
        f"Device: {environment.get('device', 'unknown')}, {environment.get('precision', '')}",
        f"Packages: {packages or 'unknown'}",
    ]
    table = _table(("Setting", "Value", "Default"), settings) if settings else ""
    return _section("Training", f"{_list(facts_of_run)}\n{table}")


def _section(title: str, body: str) -> str:
    return f"## {title}\n\n{body}"


def _list(items: Iterable[str]) -> str:
    return "".join(f"- {markdown(item)}\n" for item in items)


def _table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table whose cells show their content as it is."""
    head = f"| {' | '.join(titles)} |\n|{'---|' * len(titles)}\n"
    return head + "".join(
        f"| {' | '.join(markdown(str(cell)) for cell in row)} |\n" for row in rows
    )
