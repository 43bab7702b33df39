import re

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from textcls_core.audit.personal import (
    PATTERNS,
    is_iban,
    mask_personal,
    passes_luhn,
    personal_rows,
)

MASKED = {
    "Mail ann.b+c@mail.example.co.uk now": "Mail [EMAIL] now",
    "<ann@example.org>": "<[EMAIL]>",
    "müller@beispiel.de": "[EMAIL]",
    "call 08712300220 now": "call [PHONE] now",
    "+49 (0)89 1234-5678": "[PHONE]",
    "+44 20 7946 0958.": "[PHONE].",
    "(555) 123-4567 or 555-123-4567": "[PHONE] or [PHONE]",
    "card 4111 1111 1111 1111": "card [CARD]",
    "4111-1111-1111-1111": "[CARD]",
    "378282246310005": "[CARD]",
    "IBAN: GB82 WEST 1234 5698 7654 32!": "IBAN: [IBAN]!",
    "DE89370400440532013000": "[IBAN]",
}
LEFT = [
    "meet @ 5 pm",
    "on 2020-01-02 at 03:04:05",
    "12/05/2023 10:30",
    "version 1.2.3.4",
    "1,000,000.00 euros",
    "0.123456789012",
    "pi is 3.14159265358979",
    "1999 2000 2001 2002",
    "4111 1111 1111 1112",
    "GB83 WEST 1234 5698 7654 32",
    "order 1234567",
    "你好",
    "",
]


def column(*texts: str) -> pa.ChunkedArray:
    return pa.chunked_array([list(texts)], pa.string())


@pytest.mark.parametrize("text", MASKED)
def test_mask_personal_masks(text):
    assert mask_personal(text) == MASKED[text]


@pytest.mark.parametrize("text", LEFT)
def test_mask_personal_leaves_alone(text):
    assert mask_personal(text) == text


@given(st.text(st.sampled_from("ab@.-+() 0123456789GBDE"), max_size=60))
def test_mask_personal_leaves_nothing_to_mask(text):
    once = mask_personal(text)

    assert mask_personal(once) == once


@given(st.text("0123456789", min_size=2, max_size=18))
def test_passes_luhn_for_exactly_one_check_digit(digits):
    passing = [digit for digit in "0123456789" if passes_luhn(digits + digit)]

    assert len(passing) == 1


def test_is_iban_refuses_every_single_wrong_digit():
    good = "DE89370400440532013000"
    wrong = [
        good[:place] + digit + good[place + 1 :]
        for place in range(4, len(good))
        for digit in "0123456789"
        if digit != good[place]
    ]

    assert is_iban(good)
    assert not any(map(is_iban, wrong))


@pytest.mark.parametrize("text", list(MASKED))
def test_hints_are_never_stricter_than_patterns(text):
    found = [kind for kind in PATTERNS if kind.mask in MASKED[text]]
    hinted = {kind: rows.tolist() for kind, rows in personal_rows(column("x", text)).items()}

    assert found
    assert all(hinted[kind.kind] == [1] for kind in found)


def test_personal_rows_name_every_row_once_per_kind():
    texts = column("a@b.co c@d.co", "nothing", "a@b.co or 0871 230 0220")

    found = personal_rows(texts)

    assert found["mail"].tolist() == [0, 2]
    assert found["phone"].tolist() == [2]
    assert found["card"].tolist() == []


def test_masks_are_not_personal_themselves():
    assert all(re.fullmatch(r"\[[A-Z]+\]", kind.mask) for kind in PATTERNS)
