"""Words near a card number, in the languages that tickets are written in."""

from __future__ import annotations

import re

from models.redaction.recognizers.lowering import without_marks

_WITHIN = 40
"""Characters before a number in which a word announces it."""

CARD_WORD = re.compile(
    r"card|visa|master|amex|american express|maestro|discover|diners|rupay|unionpay|\bjcb\b|\bpan\b|\bcc\b|cvv|cvc|debit|credit|"
    r"tarjeta|cart[aã]o|carte\b|carta\b|karte|kartu|kart\b|kaart|карт|بطاق|"
    + without_marks("कार्ड|কার্ড|บัตร")
    + "|卡|カード|카드",
    re.IGNORECASE,
)
OTHER_WORD = re.compile(
    r"\b(?:prices|amounts|orders|totals|values|counts|readings|quantities|invoices|tickets|precios|preços|pedidos|preise|prix|"
    r"harga|rows?|columns?|years?|codes|items|skus?)\b",
    re.IGNORECASE,
)
"""A word that announces several numbers of another kind: one amount or one order is no list of four."""


PARTIAL_WORD = re.compile(
    r"(?:end(?:ing|s)?|last|final|termina(?:d[ao]|ndo)?|endet|letzten?|derniers?|últim[oa]s?|berakhir)\b[^0-9]{0,20}\Z",
    re.IGNORECASE,
)
"""A word before the last digits of a number, of which the others are not written."""


def card_word_before(text: str, start: int) -> bool:
    """Return whether a word that announces a card number is shortly before a position."""
    return CARD_WORD.search(text, max(0, start - _WITHIN), start) is not None


def partial_word_before(text: str, start: int) -> bool:
    """Return whether the words before a position announce the last digits of a number only."""
    return PARTIAL_WORD.search(text[max(0, start - _WITHIN) : start]) is not None


def other_word_before(text: str, start: int) -> bool:
    """Return whether a word that announces numbers of another kind is directly before a position."""
    return OTHER_WORD.search(text, max(0, start - _WITHIN // 2), start) is not None
