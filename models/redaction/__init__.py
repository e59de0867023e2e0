"""Redaction: card numbers and contact data become typed placeholders before a text is stored or sent.

>>> redact("Card 4242 4242 4242 4242 declined, write to ana@example.com").text
'Card [CARD] declined, write to [EMAIL]'
"""

from typing import TYPE_CHECKING

from models.lazy import lazy_names

if TYPE_CHECKING:
    from models.redaction.excerpts import excerpt, listed, printable, quoted, shortened
    from models.redaction.keep import Place
    from models.redaction.kinds import SensitiveKind
    from models.redaction.ordinary import is_ordinary
    from models.redaction.recognizers.issuers import is_card
    from models.redaction.redactor import (
        Redacted,
        Redactor,
        SensitiveFinding,
        holds_card,
        may_hold,
        redact,
        sensitive_spans,
    )
    from models.redaction.settings import RedactionSettings
    from models.redaction.value import redact_fields, redact_value
    from models.redaction.view import fold

__all__ = [
    "Place",
    "Redacted",
    "RedactionSettings",
    "Redactor",
    "SensitiveFinding",
    "SensitiveKind",
    "excerpt",
    "fold",
    "holds_card",
    "is_card",
    "is_ordinary",
    "listed",
    "may_hold",
    "printable",
    "quoted",
    "redact",
    "redact_fields",
    "redact_value",
    "sensitive_spans",
    "shortened",
]

__getattr__ = lazy_names(
    __name__,
    {
        "excerpts": ("excerpt", "listed", "printable", "quoted", "shortened"),
        "keep": ("Place",),
        "kinds": ("SensitiveKind",),
        "ordinary": ("is_ordinary",),
        "recognizers.issuers": ("is_card",),
        "redactor": ("Redacted", "Redactor", "SensitiveFinding", "holds_card", "may_hold", "redact", "sensitive_spans"),
        "settings": ("RedactionSettings",),
        "value": ("redact_fields", "redact_value"),
        "view": ("fold",),
    },
)
