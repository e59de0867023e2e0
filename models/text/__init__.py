"""Text: what people wrote, without the form that mail programs, helpdesks and exports give it."""

from models.text.boilerplate import TYPICAL_MACROS
from models.text.plain import plain_value, to_plain
from models.text.ticket import customers_words, ticket_text

__all__ = ["TYPICAL_MACROS", "customers_words", "plain_value", "ticket_text", "to_plain"]
