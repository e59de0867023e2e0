"""Texts in which brackets mark what redaction has to find: `my code is ⟦482913⟧`."""

from __future__ import annotations

import re

from models.redaction import RedactionSettings, Redactor, SensitiveKind
from models.redaction.settings import ALWAYS

_MARKED = re.compile(r"⟦(.*?)⟧", re.DOTALL)


def only(kind: SensitiveKind) -> Redactor:
    """Return a redactor that looks for one kind and for card data, which every redactor looks for."""
    return Redactor(RedactionSettings(off=frozenset(SensitiveKind) - ALWAYS - {kind}))


def unmarked(text: str) -> str:
    """Return the text as a person writes it."""
    return text.replace("⟦", "").replace("⟧", "")


def replaced(text: str, kind: SensitiveKind) -> str:
    """Return the text with the placeholder of a kind for what is between the brackets."""
    return _MARKED.sub(f"[{kind.value}]", text)


def secrets_of(text: str) -> list[str]:
    """Return what is between the brackets."""
    return _MARKED.findall(text)
