"""Recognizers, one module for each kind of sensitive data.

The order decides which placeholder replaces a text that could be two things. Secrets, addresses, accounts, the first track and tags of
chips come before cards because they may contain a card's digits, as do telephone numbers that are certain; the second track, expiry and
security code come after, because they need a card before them; other telephone numbers come last.
"""

from models.redaction.kinds import SensitiveKind
from models.redaction.marks import CARD_MARK, EXPIRY_MARK, OTHER_MARK
from models.redaction.recognizers import (
    account,
    card,
    code,
    crypto,
    device,
    doubtful_card,
    email,
    emv,
    expiry,
    iban,
    ip,
    national_id,
    password,
    phone,
    pin,
    security_code,
    token,
    track,
    upi,
)
from models.redaction.recognizers.recognizer import Recognizer

RECOGNIZERS: tuple[Recognizer, ...] = (
    Recognizer(SensitiveKind.TRACK, CARD_MARK, track.first_track_spans),
    Recognizer(SensitiveKind.TRACK, CARD_MARK, emv.emv_track_spans),
    Recognizer(SensitiveKind.CARD, CARD_MARK, emv.emv_number_spans),
    Recognizer(
        SensitiveKind.TOKEN,
        OTHER_MARK,
        token.token_spans,
        token.HINTS,
        needs_digit=False,
        hints_with_digit=token.HINTS_WITH_DIGIT,
    ),
    Recognizer(SensitiveKind.PASSWORD, OTHER_MARK, password.password_spans, password.HINTS, needs_digit=False),
    Recognizer(SensitiveKind.CRYPTO, OTHER_MARK, crypto.crypto_spans, crypto.HINTS, needs_digit=False),
    Recognizer(SensitiveKind.EMAIL, OTHER_MARK, email.email_spans, email.HINTS, needs_digit=False),
    Recognizer(SensitiveKind.UPI, OTHER_MARK, upi.upi_spans, upi.HINTS, needs_digit=False),
    Recognizer(SensitiveKind.IBAN, OTHER_MARK, iban.iban_spans),
    Recognizer(SensitiveKind.DEVICE, OTHER_MARK, device.device_spans, device.HINTS),
    Recognizer(SensitiveKind.IP, OTHER_MARK, ip.ip_spans),
    Recognizer(SensitiveKind.NATIONAL_ID, OTHER_MARK, national_id.national_id_spans),
    Recognizer(SensitiveKind.ACCOUNT, OTHER_MARK, account.account_spans),
    Recognizer(SensitiveKind.ACCOUNT, OTHER_MARK, account.swift_code_spans, account.SWIFT_HINTS, needs_digit=False),
    Recognizer(SensitiveKind.PHONE, OTHER_MARK, phone.certain_phone_spans),
    Recognizer(SensitiveKind.CARD, CARD_MARK, card.card_spans),
    Recognizer(SensitiveKind.CARD, CARD_MARK, doubtful_card.doubtful_card_spans, needs_digit=False, doubtful=True),
    Recognizer(SensitiveKind.TRACK, CARD_MARK, track.track_spans),
    Recognizer(SensitiveKind.EXPIRY, EXPIRY_MARK, emv.emv_expiry_spans),
    Recognizer(SensitiveKind.EXPIRY, EXPIRY_MARK, expiry.expiry_spans, expiry.HINTS),
    Recognizer(SensitiveKind.CVV, OTHER_MARK, security_code.security_code_spans, security_code.HINTS),
    Recognizer(SensitiveKind.PIN, OTHER_MARK, pin.pin_spans, pin.HINTS),
    Recognizer(SensitiveKind.CODE, OTHER_MARK, code.code_spans, code.HINTS),
    Recognizer(SensitiveKind.PHONE, OTHER_MARK, phone.phone_spans),
)

__all__ = ["RECOGNIZERS", "Recognizer"]
