"""The report of a run: one HTML file that needs nothing else and sends for nothing."""

from collections.abc import Sequence

from textcls_core.evaluation.confusion import top_confusions
from textcls_core.evaluation.evaluation import Evaluation
from textcls_core.evaluation.metric_names import METRICS, interval_text, value_text
from textcls_core.evaluation.multi_label import MultiLabelPredictions
from textcls_core.reporting.document import document
from textcls_core.reporting.drawings import MAX_CLASSES, matrix, reliability_diagram
from textcls_core.reporting.facts import (
    Facts,
    Setting,
    settings_of,
    without_places,
)
from textcls_core.reporting.markup import (
    Safe,
    definitions,
    element,
    foreign,
    table,
)
from textcls_core.reporting.sentences import (
    calibration_sentence,
    headline,
    limits_of,
    rule_sentences,
    slices_sentence,
)
from textcls_core.training.launch import command_line
from textcls_core.wording import duration, percent, plural, shorten

_TEXT_LENGTH = 400
_SLICES_SHOWN = 10
_CARDS = ("accuracy", "macro_f1", "weighted_f1", "loss")
_SECTIONS = {
    "figures": "Figures",
    "classes": "Classes",
    "confusions": "Confusions",
    "calibration": "Calibration",
    "slices": "Weak slices",
    "mistakes": "Worst mistakes",
    "limits": "Limits",
    "data": "Data",
    "training": "Training",
}


def html_report(facts: Facts) -> str:
    """Return the report as one HTML document."""
    bodies = {
        "figures": _figures(facts),
        "classes": _classes(facts),
        "confusions": _confusions(facts),
        "calibration": _calibration(facts),
        "slices": _slices(facts),
        "mistakes": _mistakes(facts),
        "limits": [element("ul", *(element("li", one) for one in limits_of(facts)))],
        "data": _data(facts),
        "training": _training(facts),
    }
    links = (element("a", title, href=f"#{name}") for name, title in _SECTIONS.items())
    sections = (
        element("section", element("h2", title), *bodies[name], id=name)
        for name, title in _SECTIONS.items()
    )
    main = element("main", *_head(facts), element("nav", *links), *sections)
    return document(f"{shorten(facts.title, 80)}: {facts.split} report", main)


def _head(facts: Facts) -> list[Safe]:
    cards = (
        element(
            "div",
            element("span", METRICS[name].title),
            element("b", value_text(name, facts.metrics.values[name].value)),
            *(element("span", note) for note in _card_notes(facts, name)),
            class_="card",
        )
        for name in _CARDS
    )
    written = facts.written_at.strftime("%Y-%m-%d %H:%M UTC")
    origin = f"{facts.model} on {facts.info.title}, run {facts.run.run_id}, written {written}"
    return [
        element("h1", foreign(facts.title)),
        element("p", headline(facts), class_="lead"),
        element("p", origin, class_="note"),
        element("div", *cards, class_="cards"),
    ]


def _card_notes(facts: Facts, name: str) -> list[str]:
    """Return the interval of a figure, and what the best baseline reaches."""
    notes = [interval_text(name, facts.metrics.values[name].interval) or "no interval"]
    best = facts.best_baseline
    baseline = getattr(best[1], name, None) if best else None
    return notes if baseline is None else [*notes, f"best baseline {value_text(name, baseline)}"]


def _figures(facts: Facts) -> list[Safe]:
    rows = [
        (
            METRICS[name].title,
            value_text(name, metric.value),
            interval_text(name, metric.interval) or "none",
            METRICS[name].meaning,
        )
        for name, metric in facts.metrics.values.items()
    ]
    drawn = plural(facts.metrics.num_groups, "different text")
    note = (
        f"95 % intervals: the same model on {facts.metrics.num_samples:,} samples of these "
        f"{drawn}, drawn anew. They say how far other texts of the same kind could move a figure."
    )
    parts = [
        table(("Figure", "Value", "95 % interval", "What it says"), rows, numbers=(1, 2)),
        _note(note),
    ]
    if facts.rule is not None:
        parts += [element("h3", "Decision rule"), element("p", rule_sentences(facts))]
    if not facts.baselines:
        return [*parts, _missing("No baseline was measured on these rows.")]
    known = [
        (one.title, percent(figures.accuracy), percent(figures.macro_f1), one.description)
        for one, figures in facts.baselines
    ]
    titles = ("Baseline", "Accuracy", "Macro-F1", "How it was made")
    return [*parts, element("h3", "Baselines"), table(titles, known, numbers=(1, 2))]


def _classes(facts: Facts) -> list[Safe]:
    rows = [
        (
            foreign(one.label),
            percent(one.precision),
            percent(one.recall),
            percent(one.f1),
            "" if scores.roc_auc is None else f"{scores.roc_auc:.3f}",
            f"{one.support:,}",
        )
        for one, scores in zip(facts.figures.per_class, facts.metrics.per_class, strict=True)
    ]
    titles = ("Class", "Precision", "Recall", "F1", "ROC-AUC", "Rows")
    note = (
        "Precision: how many of the rows given this class have it. Recall: how many of the rows of "
        "this class were found. F1 is their harmonic mean."
    )
    return [table(titles, rows, numbers=(1, 2, 3, 4, 5)), _note(note)]


def _confusions(facts: Facts) -> list[Safe]:
    if isinstance(facts.predictions, MultiLabelPredictions):
        return _label_counts(facts.predictions)
    if not isinstance(facts.figures, Evaluation):
        return [_missing("There are no confusion counts for this task.")]
    names, confusion = facts.figures.label_names, facts.figures.confusion
    pairs = [
        (foreign(names[true]), foreign(names[predicted]), f"{count:,}")
        for true, predicted, count in top_confusions(confusion, 10)
    ]
    note = "Rows: true class. Columns: predicted class. Framed: right; blue: mistakes."
    if len(names) > MAX_CLASSES:
        note += (
            f" Of {len(names)} classes the {MAX_CLASSES} with most mistakes are shown; the others "
            "are taken together, right or wrong among themselves."
        )
    parts = [matrix(confusion, names), _note(note)]
    if not pairs:
        return [*parts, element("p", "No row is wrong.")]
    frequent = table(("True", "Predicted", "Rows"), pairs, numbers=(2,))
    return [*parts, element("h3", "Most frequent confusions"), frequent]


def _label_counts(predictions: MultiLabelPredictions) -> list[Safe]:
    """Return for every label how often it was given and right, given and wrong, and missed."""
    true, given = predictions.targets == 1, predictions.predicted
    columns = ((true & given), (~true & given), (true & ~given), (~true & ~given))
    counts = [column.sum(axis=0).tolist() for column in columns]
    rows = [
        (foreign(name), *(f"{count:,}" for count in row))
        for name, *row in zip(predictions.label_names, *counts, strict=True)
    ]
    titles = ("Label", "Given and right", "Given and wrong", "Missed", "Rightly not given")
    note = "A text may have several labels, so every label is judged by itself."
    return [table(titles, rows, numbers=(1, 2, 3, 4)), _note(note)]


def _calibration(facts: Facts) -> list[Safe]:
    whole, temperature = facts.calibration.equal_width, facts.run.decision.temperature
    noun, against = "rows", "how sure the model is against how often it is right"
    if facts.is_multi_label:
        noun = "labels of rows"
        against = "how probable the model finds a label against how often it is true"
    values = [
        ("Expected calibration error, equal width", percent(whole.expected_error)),
        (f"By chance alone, on so many {noun}", percent(whole.chance_error)),
        (
            "Expected calibration error, equal mass",
            percent(facts.calibration.equal_mass.expected_error),
        ),
        ("Largest error of a bin", percent(whole.maximum_error)),
    ]
    if temperature != 1.0:
        values.append(("Temperature kept with the model", f"{temperature:.2f}"))
        values.append(("Expected calibration error before", percent(facts.error_before)))
    caption = (
        f"The {noun}, in bins of similar probability: {against}, with 95 % intervals; on the "
        "dashed line both agree. Bars: share of them."
    )
    figure = element("figure", reliability_diagram(whole, noun), element("figcaption", caption))
    kept = "" if temperature != 1.0 else "No temperature is kept with the model."
    return [element("p", calibration_sentence(facts)), figure, definitions(values), _note(kept)]


def _slices(facts: Facts) -> list[Safe]:
    rows = [
        (
            foreign(one.title),
            f"{one.figures.num_rows:,}",
            percent(one.figures.accuracy),
            percent(one.figures.rest_accuracy),
            f"{one.figures.adjusted_p:.4f}",
        )
        for one in facts.weak.slices[:_SLICES_SHOWN]
    ]
    parts = [element("p", slices_sentence(facts))]
    if rows:
        titles = ("Slice", "Rows", "Right", "Right in the rest", "Adjusted p")
        parts.append(table(titles, rows, numbers=(1, 2, 3, 4)))
    return [*parts, _note("A slice that is not listed is not thereby shown to be good.")]


def _mistakes(facts: Facts) -> list[Safe]:
    if not facts.mistakes:
        return [element("p", f"None of the {facts.figures.num_examples:,} rows is wrong.")]
    rows = [
        (foreign(one.true), foreign(one.predicted), f"{one.loss:.2f}", _quoted(one.text))
        for one in facts.mistakes
    ]
    shown = f"The {len(rows)} of {plural(facts.num_wrong, 'wrong row')} with the largest loss"
    note = f"{shown}: the model was surest of a wrong answer there, or the label is wrong."
    return [
        table(("True", "Predicted", "Loss", f"Text (cut at {_TEXT_LENGTH} characters)"), rows,
              numbers=(2,)),
        _note(note),
    ]  # fmt: skip


def _quoted(content: str) -> Safe:
    return element("div", shorten(content, _TEXT_LENGTH), dir="auto")


def _data(facts: Facts) -> list[Safe]:
    info = facts.info
    sizes = ", ".join(f"{split} {count:,}" for split, count in info.split_counts.items())
    values: list[tuple[str, object]] = [
        ("Name", foreign(info.name)),
        ("Version", info.version),
        ("Fingerprint", element("code", info.fingerprint)),
        ("Rows", f"{info.num_examples:,} ({sizes})"),
        ("Classes", len(info.label_names)),
        ("Labels per text", "any number" if facts.is_multi_label else "exactly one"),
        ("Origin", foreign(shorten(info.reason, 200))),
        ("Stored", info.created_at.strftime("%Y-%m-%d")),
    ]
    note = "The fingerprint is a SHA-256 digest of all rows in order, the class names and the task."
    return [definitions(values), _note(note)]


def _training(facts: Facts) -> list[Safe]:
    changed, others = settings_of(facts.run.config)
    finished, environment = facts.run.finished, facts.run.environment
    packages = environment.get("packages", {})
    versions = ", ".join(f"{name} {version}" for name, version in packages.items())
    values: list[tuple[str, object]] = [
        ("Pretrained model", facts.model),
        ("Steps", f"{finished.get('steps', facts.run.history.step):,}"),
        ("Time", duration(finished.get("train_seconds", 0.0))),
        ("Device", f"{environment.get('device', 'unknown')}, {environment.get('precision', '')}"),
        ("Python", environment.get("python", "unknown")),
        ("Packages", versions or "unknown"),
    ]
    return [
        definitions(values),
        element("h3", "Settings changed from their defaults"),
        _settings(changed, with_default=True),
        element("h3", "Other settings"),
        _settings(others, with_default=False),
        element("h3", "The same run again"),
        element("p", element("code", command_line(without_places(facts.run.config)))),
    ]


def _settings(settings: Sequence[Setting], *, with_default: bool) -> Safe:
    if not settings:
        return element("p", "None.")
    if not with_default:
        shown = ", ".join(f"{one.name} {_value(one.value)}" for one in settings)
        return element("p", shown, class_="note")
    rows = [(one.name, _value(one.value), _value(one.default)) for one in settings]
    return table(("Setting", "Value", "Default"), rows)


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value)


def _note(content: str) -> Safe:
    return element("p", content, class_="note")


def _missing(content: str) -> Safe:
    return element("p", content, class_="missing")
