"""Tests of the fast answers of redaction: what is passed over without a search holds nothing."""

from __future__ import annotations

from itertools import islice

import pytest

from groundswell.demo import generate
from models.redaction import Redactor, SensitiveKind, is_ordinary, redact
from models.redaction.ordinary import possible_kinds
from models.redaction.redactor import replaced, strict_redactor
from models.redaction.scorecard.generator import ScorecardGenerator
from models.redaction.signs import NEAR_CARD


def _searched_by_all(text: str) -> str:
    """Redact a text by all recognizers, pass after pass, without any fast answer."""
    redactor = strict_redactor()
    while found := redactor.findings(text):
        text = replaced(text, found)
    return text


def _texts() -> list[str]:
    tickets = (event["data"] for event in generate(15).events if event["type"] == "ticket.created")
    ordinary = [f"{data['title']}\n{data['body']}" for data in islice(tickets, 200)]
    return ordinary + [one.text for one in ScorecardGenerator().texts(15, 8)]


def test_fast_answers_change_no_result() -> None:
    """Texts of the scorecard and of tickets are redacted as a search by every recognizer would redact them."""
    for text in _texts():
        assert redact(text).text == _searched_by_all(text)


def test_what_is_not_searched_for_is_not_in_a_text() -> None:
    """Every finding is of a kind that the signs and words of its text suggest, or next to a card."""
    narrowed = 0
    for text in _texts():
        kinds = possible_kinds(text)
        if kinds is not None:
            narrowed += 1
            found = {one.kind for one in strict_redactor().findings(text)}
            assert found <= (kinds | NEAR_CARD if SensitiveKind.CARD in kinds else kinds)
    assert narrowed > 200


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("my passport is AB12345", "NATIONAL_ID"),
        ("session key: abc-1234", "TOKEN"),
        ("signature: xy-98765", "TOKEN"),
        ("[CARD] 123", "CVV"),
        ("B1          ^DOE/JOHN^1234 567", "TRACK"),
        ("my number is 0151\n| 23456789", "PHONE"),
        ("mail me at 50% discount: anna at example dot com", "EMAIL"),
        ("paid £20 & lost my ifsc SBIN 0 ABC123", "ACCOUNT"),
    ],
)
def test_a_secret_with_few_signs_is_searched_for(text: str, kind: str) -> None:
    """A text with a secret of few digits, whose word resembles other words, is not passed over."""
    assert not is_ordinary(text)
    assert kind in redact(text).counts


@pytest.mark.parametrize(
    "text", ["paid 20 € of ₹500, 9 % fees", "‘no’ … said ze_da_viola", "it cost £7 for 26h or 14h"]
)
def test_currencies_and_quotation_marks_are_ordinary(text: str) -> None:
    """Signs of currencies, per cent and quotation marks alone do not make a text worth searching."""
    assert is_ordinary(text)


def test_kinds_that_are_off_stay_off_in_a_narrowed_search() -> None:
    """A text in which only a kind can be that is off is returned as it is."""
    text = "my passport is AB12345"
    settings = strict_redactor().settings.model_copy(update={"off": frozenset({"NATIONAL_ID"})})
    assert Redactor(settings).redact(text).text == text
