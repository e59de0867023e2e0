"""The kinds of sensitive data that redaction finds."""

from __future__ import annotations

from enum import StrEnum


class SensitiveKind(StrEnum):
    """What a finding is. The value is the placeholder that replaces it, without brackets."""

    CARD = "CARD"
    TRACK = "TRACK"
    CVV = "CVV"
    EXPIRY = "EXPIRY"
    PIN = "PIN"
    CODE = "CODE"
    IBAN = "IBAN"
    ACCOUNT = "ACCOUNT"
    NATIONAL_ID = "NATIONAL_ID"
    UPI = "UPI"
    EMAIL = "EMAIL"
    PHONE = "PHONE"
    IP = "IP"
    DEVICE = "DEVICE"
    PASSWORD = "PASSWORD"  # noqa: S105 (a name, not a secret)
    TOKEN = "TOKEN"  # noqa: S105 (a name, not a secret)
    CRYPTO = "CRYPTO"
    NAME = "NAME"
    ADDRESS = "ADDRESS"
