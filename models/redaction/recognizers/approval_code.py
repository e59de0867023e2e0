"""Approval codes: what an issuer answers to a merchant, `auth code 045123`. They confirm nothing and help to find a payment."""

from __future__ import annotations

import re

_REACH = 70
"""Characters around the word in which others say whose code it is."""

_LONGEST_WORD = 25
_BEFORE = re.compile(r"(?<![^\W\d_])(?:auth|authori[sz]ation|approval)[\s\-_.]{0,2}\Z")
_INSIDE = re.compile(r"autoris|genehmig")
_AFTER = re.compile(r"[\s-]{0,2}(?:(?:de|da|do|di|d')\s?)?(?:l')?(?:autoriz|autoris|aprova|aproba|approb|авториз)")
_BY_ISSUER = re.compile(
    r"rrn|\barn\b|approv|acquir|issuer|terminal|merchant|\bstan\b|settle|captur|response|\b[mt]id\b|receipt|refund|batch|\bpos\b"
    r"|adquir|emisor|recibo|reembolso|emetteur"
)
_RECEIVED = re.compile(
    r"(?<![^\W\d_])(?:your|sms|text|texted|phone|enter|login|log in|sign in|2fa|share|verify|received|receive|got|sent"
    r"|tu|su|seu|votre|ihr|dein|anda|recib\w*|receb\w*|reçu|введите|смс)(?![^\W\d_])"
)


def is_approval(lower: str, start: int, end: int) -> bool:
    """Return whether the word for a code at [start, end) names the approval of a payment, and none that a person received.

    "Your auth code is 045123" is a one-time code; "auth code 045123, RRN 532416789012" is what an acquirer writes.
    """
    named = (
        _BEFORE.search(lower, max(0, start - _LONGEST_WORD), start)
        or _INSIDE.match(lower, start, end)
        or _AFTER.match(lower, end)
    )
    if named is None:
        return False
    around = lower[max(0, start - _REACH) : end + _REACH]
    return _RECEIVED.search(around) is None or _BY_ISSUER.search(around) is not None
