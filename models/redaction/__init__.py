"""Redaction: card numbers and contact data become typed placeholders before a text is stored or sent.

>>> redact("Card 4242 4242 4242 4242 declined, write to ana@example.com").text
'Card [CARD] declined, write to [EMAIL]'
"""

from models.redaction.card import is_card
from models.redaction.excerpt import excerpt, listed, printable, quoted, shortened
from models.redaction.folding import fold
from models.redaction.ordinary import is_ordinary
from models.redaction.text import Redacted, holds_card, may_hold, redact, sensitive_spans
from models.redaction.value import redact_value

__all__ = [
    "Redacted",
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
    "redact_value",
    "sensitive_spans",
    "shortened",
]
