"""Texts that look as if they named a person: mail, phone, bank card and bank account numbers."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa

from textcls_core.arrays import Indices
from textcls_core.audit.damage import rows_matching

Kind = Literal["mail", "iban", "card", "phone"]

_CARD_NUMBERS = re.compile(
    r"4\d{12}(?:\d{3}){0,2}"  # Visa
    r"|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}"  # Mastercard
    r"|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|35\d{14}"  # American Express, Diners, JCB
    r"|6(?:011|5\d\d|4[4-9]\d)\d{12,15}"  # Discover
)
_COUNTRY_LENGTHS = range(15, 35)
_PHONE_DIGITS = range(8, 16)


def passes_luhn(digits: str) -> bool:
    """Tell whether the last digit is the check digit of the others (ISO/IEC 7812-1, annex B).

    Example:
        >>> passes_luhn("4111111111111111"), passes_luhn("4111111111111112")
        (True, False)
    """
    values = [int(digit) for digit in reversed(digits)]
    doubled = [sum(divmod(2 * value, 10)) for value in values[1::2]]
    return (sum(values[::2]) + sum(doubled)) % 10 == 0


def is_iban(text: str) -> bool:
    """Tell whether an account number has the check digits it should have (ISO 13616).

    Example:
        >>> is_iban("GB82 WEST 1234 5698 7654 32"), is_iban("GB83 WEST 1234 5698 7654 32")
        (True, False)
    """
    bare = text.replace(" ", "")
    if len(bare) not in _COUNTRY_LENGTHS:
        return False
    return int("".join(str(int(sign, 36)) for sign in bare[4:] + bare[:4])) % 97 == 1


def _is_card(text: str) -> bool:
    digits = re.sub(r"\D", "", text)
    return bool(_CARD_NUMBERS.fullmatch(digits)) and passes_luhn(digits)


def _is_phone(text: str) -> bool:
    return sum(sign.isdigit() for sign in text) in _PHONE_DIGITS


def _is_anything(text: str) -> bool:  # noqa: ARG001 - its pattern says all there is to say
    return True


@dataclass(frozen=True, slots=True)
class PersonalPattern:
    """One kind of personal content."""

    kind: Kind
    title: str
    """For people, in the plural."""
    mask: str
    """What stands in its place when it is masked."""
    hint: str
    """RE2 pattern that every text with such content matches; fast, and too generous."""
    pattern: re.Pattern[str]
    is_valid: Callable[[str], bool]
    """Whether what the pattern found is meant, by its check digits for example."""


PATTERNS = (
    PersonalPattern(
        "mail",
        "mail addresses",
        "[EMAIL]",
        r"[\pL\pN_]@[\pL\pN]",
        re.compile(
            r"(?<![\w.%+-])\w[\w.%+-]{0,63}@(?:[^\W_][\w-]{0,62}\.){1,8}[^\W\d_]{2,24}(?!\w)"
        ),
        _is_anything,
    ),
    PersonalPattern(
        "iban",
        "bank account numbers (IBAN)",
        "[IBAN]",
        r"[A-Z]{2}[0-9]{2} ?[A-Z0-9]{4}",
        re.compile(
            r"(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?"
            r"(?![A-Za-z0-9])",
            re.ASCII,
        ),
        is_iban,
    ),
    PersonalPattern(
        "card",
        "card numbers",
        "[CARD]",
        r"[0-9](?:[ -]?[0-9]){12}",
        re.compile(r"(?<![\d.-])\d(?:[ -]?\d){12,18}(?![\d-]|\.\d)", re.ASCII),
        _is_card,
    ),
    PersonalPattern(
        "phone",
        "phone numbers",
        "[PHONE]",
        r"[0-9](?:[ .()/-]{0,3}[0-9]){7}",
        re.compile(
            r"(?<![\w.+-])(?:"
            r"(?:\+|00)[1-9]\d{0,2}[ ./-]?(?:\(0\)[ ./-]?)?\(?\d{1,5}\)?(?:[ ./-]?\d{2,5}){1,5}"
            r"|(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[.-]\d{4}"
            r"|\(?0\d{2,4}\)?[ /-]?\d{3,4}[ -]?\d{3,4}"
            r")(?![\w]|[.,-]\d)",
            re.ASCII,
        ),
        _is_phone,
    ),
)
"""In the order of masking: a card number would be taken for a phone number."""


def mask_personal(text: str) -> str:
    """Return text with `[EMAIL]`, `[IBAN]`, `[CARD]` and `[PHONE]` in place of personal content.

    Example:
        >>> mask_personal("Write to ann@example.org or call +44 20 7946 0958.")
        'Write to [EMAIL] or call [PHONE].'
    """
    for kind in PATTERNS:
        text = _masked(text, kind)
    return text


def _masked(text: str, kind: PersonalPattern) -> str:
    return kind.pattern.sub(
        lambda found: kind.mask if kind.is_valid(found.group()) else found.group(), text
    )


def personal_rows(texts: pa.ChunkedArray) -> dict[Kind, Indices]:
    """Return for each kind of personal content the rows that have it.

    Args:
        texts: N texts.
    """
    candidates = rows_matching(texts, "|".join(kind.hint for kind in PATTERNS))
    rows: dict[Kind, list[int]] = {kind.kind: [] for kind in PATTERNS}
    for row, text in zip(
        candidates.tolist(), texts.take(pa.array(candidates)).to_pylist(), strict=True
    ):
        for kind in PATTERNS:
            masked = _masked(text, kind)
            if masked != text:
                rows[kind.kind].append(row)
            text = masked
    return {kind: np.array(found, dtype=np.int64) for kind, found in rows.items()}
