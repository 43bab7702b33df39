"""Behavioural tests: what a model must say about one text, by itself or beside another one.

The three kinds of Ribeiro, Wu, Guestrin and Singh 2020, "Beyond Accuracy: Behavioral Testing of NLP
Models with CheckList", ACL, section 2.2: minimum functionality (`label`), invariance (`same`) and
directional expectation (`more` and `less`).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from textcls_core.dataset.building import clean_text
from textcls_core.errors import InvalidArgumentError, parse_choice
from textcls_core.wording import percent, shorten

Kind = Literal["label", "same", "more", "less"]
KINDS: tuple[Kind, ...] = get_args(Kind)
TITLES: dict[Kind, str] = {
    "label": "must be the label",
    "same": "same answer as the original",
    "more": "more of the label than the original",
    "less": "less of the label than the original",
}
MAX_TEXT, MAX_NOTE, MAX_AUTHOR = 20_000, 1_000, 80
"""Characters of a text, a note and a name."""
_ID_CHARACTERS = 12


@dataclass(frozen=True, slots=True)
class BehaviourTest:
    """What a model must say about one text; made by `checked_test`."""

    kind: Kind
    text: str
    original: str = ""
    """The text it is compared with; empty for the kind `label`."""
    label: str = ""
    """The label that is spoken of; empty for the kind `same`."""
    by: float = 0.0
    """By how much more or less the probability must be at least, in [0, 1)."""
    note: str = ""
    author: str = ""
    """Who wrote it; empty if nobody gave a name."""

    @property
    def test_id(self) -> str:
        """Twelve characters that follow from what is tested: the same test is never there twice."""
        tested = [self.kind, self.text, self.original, self.label, self.by]
        digest = hashlib.sha256(json.dumps(tested, ensure_ascii=True).encode())
        return digest.hexdigest()[:_ID_CHARACTERS]

    @property
    def expected(self) -> str:
        """What a model must say, in a few words.

        Example:
            >>> BehaviourTest("more", "a b", "a", "food", 0.1).expected
            'more food than the original, by 10.0 % at least'
        """
        if self.kind == "label":
            return self.label
        if self.kind == "same":
            return TITLES["same"]
        least = f", by {percent(self.by)} at least" if self.by else ""
        return f"{self.kind} {shorten(self.label, 40)} than the original{least}"

    def to_json(self) -> dict[str, Any]:
        """Return the test in the stable form of the command line and of exports."""
        facts = {field.name: getattr(self, field.name) for field in fields(self)}
        return {"test_id": self.test_id, **facts}


def checked_test(given: Mapping[str, Any]) -> BehaviourTest:
    """Return a test from what somebody wrote; other keys than its own are left aside.

    Raises:
        InvalidArgumentError: If something is missing, superfluous or too long.

    Example:
        >>> checked_test({"kind": "label", "text": "a cat ", "label": "animals"}).expected
        'animals'
    """
    kind = parse_choice(_text(given, "kind"), KINDS, "a kind of test")
    test = BehaviourTest(
        kind=kind,
        text=_text(given, "text", MAX_TEXT),
        original=_text(given, "original", MAX_TEXT),
        label=_text(given, "label"),
        by=_share(given.get("by")),
        note=_text(given, "note", MAX_NOTE),
        author=_text(given, "author", MAX_AUTHOR),
    )
    _require("text", test.text, wanted=True, kind=kind)
    _require("original", test.original, wanted=kind != "label", kind=kind)
    _require("label", test.label, wanted=kind != "same", kind=kind)
    if test.by and kind not in ("more", "less"):
        raise InvalidArgumentError(
            f"Expected no amount (by) in a test of the kind {kind}, got {test.by}. Leave it out."
        )
    if test.original == test.text:
        raise InvalidArgumentError(
            "Expected two different texts, got the same twice. Change the variant first."
        )
    return test


def _require(name: str, value: str, *, wanted: bool, kind: Kind) -> None:
    """Refuse a part that a kind needs and does not have, or the other way round."""
    if bool(value.strip()) == wanted:
        return
    if wanted:
        raise InvalidArgumentError(
            f"Expected {name} in a test of the kind {kind} ({TITLES[kind]}), got nothing. Add it."
        )
    raise InvalidArgumentError(
        f'Expected no {name} in a test of the kind {kind}, got "{shorten(value, 40)}". Leave it '
        "out, or choose another kind."
    )


def _text(given: Mapping[str, Any], name: str, limit: int = 1_000) -> str:
    value = given.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidArgumentError(
            f"Expected a text as {name}, got {shorten(repr(value), 40)}. Put it in quotes."
        )
    cleaned = clean_text(value).strip()
    if len(cleaned) > limit:
        raise InvalidArgumentError(
            f"Expected at most {limit:,} characters as {name}, got {len(cleaned):,}. Shorten it."
        )
    return cleaned


def _share(value: Any) -> float:
    if value is None:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise InvalidArgumentError(
            f"Expected an amount (by) from 0 to below 1, got {shorten(repr(value), 40)}. "
            "0.1 means 10 percentage points."
        )
    return float(value)
