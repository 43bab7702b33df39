"""From which share on a finding asks for a look, and from which on it fails. Shown on the page."""

from collections.abc import Mapping
from dataclasses import dataclass

from textcls_core.dataset.findings import Gate, Severity
from textcls_core.dataset.shift import CLEAR_EFFECT

_ANY = 1e-12


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where the gate of one kind of finding closes."""

    title: str
    """What was found, for people."""
    unit: str
    """Of what the share is."""
    warn: float | None
    """Share from which to look; None if a finding only informs."""
    fail: float | None
    """Share from which the gate is `fail`; None if it never is."""
    reason: str
    """Why these numbers."""

    def gate(self, share: float) -> Gate:
        """Return the gate of a share, or of a ratio where the unit says so."""
        if self.fail is not None and share >= self.fail:
            return "fail"
        return "warn" if self.warn is not None and share >= self.warn else "pass"


SEVERITY: Mapping[Gate, Severity] = {"pass": "info", "warn": "warning", "fail": "error"}

_COPIES = (
    "A text that is there twice counts twice in training and in every figure. Below one row in a "
    "hundred that changes no decision."
)
_LEAKS = (
    "The model has seen the answer. Every such row makes test figures better than they are; from "
    "one held-out row in twenty on they say more about memory than about the model."
)
_ENCODING = (
    "A damaged text splits words into pieces no model knows. From one row in twenty on the file "
    "was read in a wrong encoding and should be imported again."
)
_PERSONAL = "One is enough: what a model was trained on can come out again."

THRESHOLDS: Mapping[str, Threshold] = {
    "exact_duplicates": Threshold("Repeated texts", "rows", 0.01, None, _COPIES),
    "normalised_duplicates": Threshold(
        "Texts that differ in case, spaces or punctuation", "rows", 0.01, None, _COPIES
    ),
    "near_duplicates": Threshold("Nearly equal texts", "rows", 0.02, None, _COPIES),
    "leaked_texts": Threshold("Leaked texts", "held-out rows", _ANY, 0.05, _LEAKS),
    "leaked_normalised_texts": Threshold(
        "Leaked texts after normalising", "held-out rows", _ANY, 0.05, _LEAKS
    ),
    "leaked_near_duplicates": Threshold(
        "Leaked texts, nearly equal", "held-out rows", 0.01, 0.2,
        "Nearly equal texts give part of the answer away; forms and templates always share some.",
    ),
    "conflicting_labels": Threshold(
        "Conflicting labels", "rows", _ANY, 0.05,
        "Nobody can be right on both rows. From one row in twenty on the labels are not reliable.",
    ),
    "conflicting_near_duplicates": Threshold(
        "Nearly equal texts with other labels", "rows", 0.01, None,
        "Either one label is wrong, or one word decides: worth a look.",
    ),
    "class_imbalance": Threshold(
        "Imbalanced classes", "times the smallest class", 10.0, None,
        "Beyond 10 to 1 accuracy hides the small classes: look at macro-F1, or weigh the classes.",
    ),
    "few_training_rows": Threshold(
        "Classes with few training rows", "classes", _ANY, None,
        "With fewer than 10 training rows the figures of a class are mostly chance.",
    ),
    "shift_of_classes": Threshold(
        "Classes differ between splits", "Cramér's V", CLEAR_EFFECT["classes"], 0.5,
        "0.1 is a small effect by Cohen's convention, 0.5 a large one: then the other split is "
        "about other things than train.",
    ),
    "shift_of_lengths": Threshold(
        "Lengths differ between splits", "Kolmogorov-Smirnov distance", CLEAR_EFFECT["lengths"],
        None, "Texts of another length are often texts from another source.",
    ),
    "shift_of_words": Threshold(
        "Words differ between splits", "AUC of telling the splits apart", CLEAR_EFFECT["words"],
        None, "A model that can tell test rows from training rows says that they differ.",
    ),
    "very_short_texts": Threshold(
        "Texts with hardly any content", "rows", 0.01, None,
        "A text without a word gives a model nothing to read.",
    ),
    "length_outliers": Threshold(
        "Unusually long texts", "rows", 0.01, None,
        "Texts ten times as long as 95 % of the others are often several texts in one cell.",
    ),
    "length_tells_label": Threshold(
        "The length gives the label away", "variance of the length explained", 0.25, None,
        "A quarter is a large effect: a model may learn the length and not the content.",
    ),
    "cut_off_texts": Threshold(
        "Texts cut off", "tokens", 0.05, 0.5,
        "What is cut off is never read. Half of all tokens lost means another length or windows.",
    ),
    "unknown_tokens": Threshold(
        "Unknown tokens", "tokens", 0.01, 0.1,
        "Unknown tokens all look the same. One in ten means a model for another language.",
    ),
    "unknown_tokens_of_class": Threshold(
        "A class with many unknown tokens", "tokens of the class", 0.05, None,
        "Its rows are harder to read than others, and being unreadable may become their mark.",
    ),
    "empty_after_tokenisation": Threshold(
        "Texts without a known token", "rows", 0.001, 0.1,
        "The model sees the same nothing for each of them.",
    ),
    "wrong_encoding": Threshold("Wrong encoding", "rows", _ANY, 0.05, _ENCODING),
    "lost_characters": Threshold("Lost characters", "rows", 0.001, 0.05, _ENCODING),
    "control_characters": Threshold(
        "Control characters", "rows", 0.001, None, "They carry no meaning and cost tokens."
    ),
    "html_remnants": Threshold(
        "Remnants of HTML", "rows", 0.001, None,
        "Tags and entities cost tokens, and become the mark of whatever source they came from.",
    ),
    "personal_mail": Threshold("Mail addresses", "rows", _ANY, None, _PERSONAL),
    "personal_phone": Threshold("Phone numbers", "rows", _ANY, None, _PERSONAL),
    "personal_card": Threshold("Card numbers", "rows", _ANY, None, _PERSONAL),
    "personal_iban": Threshold("Bank account numbers", "rows", _ANY, None, _PERSONAL),
    "giveaway_words": Threshold(
        "Words that give the label away", "rows of the class with the word", 0.5, None,
        "From half of a class on, a model may learn this one word and nothing else. Whether it "
        "belongs to the task or leaked in, only people can tell.",
    ),
    "foreign_script": Threshold(
        "Texts in another script", "rows", 0.02, None,
        "Many models know one script only; two rows in a hundred begin to show in the figures.",
    ),
    "foreign_language": Threshold(
        "Texts in another language", "rows whose language is clear", 0.05, None,
        "A guess from the letters of a text; below one in twenty mostly names and borrowed words.",
    ),
    "outliers": Threshold(
        "Texts unlike all others", "rows", 0.01, None,
        "Far from its nearest neighbours: often another language, a wrong column, or noise.",
    ),
    "class_overlap": Threshold(
        "Classes that overlap", "neighbours of the other class", 0.3, None,
        "When a third of the nearest texts belong to another class, the two may mean the same.",
    ),
}  # fmt: skip
"""By kind of finding; kinds that are not here come with their own gate."""
