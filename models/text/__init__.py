"""Text: what people wrote, without the form that mail programs, helpdesks and exports give it."""

from typing import TYPE_CHECKING

from models.lazy import lazy_names

if TYPE_CHECKING:
    from models.text.boilerplate import TYPICAL_MACROS
    from models.text.plain import plain_value, to_plain
    from models.text.ticket import customers_words, ticket_text

__all__ = ["TYPICAL_MACROS", "customers_words", "plain_value", "ticket_text", "to_plain"]

__getattr__ = lazy_names(
    __name__,
    {
        "boilerplate": ("TYPICAL_MACROS",),
        "plain": ("plain_value", "to_plain"),
        "ticket": ("customers_words", "ticket_text"),
    },
)
